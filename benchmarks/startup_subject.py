"""``nmt-sense demo`` until the first force is painted; prints JSON with that moment (monotonic ns) and closes."""

from __future__ import annotations

import json
import sys
import time

from benchmarks.watched_window import WatchedWindow, open_watched
from nmt_sense import cli


def main() -> int:
    painted: list[int] = []

    def prepare(window: WatchedWindow) -> None:
        def first() -> None:
            painted.append(time.monotonic_ns())
            window.close()

        window.first_force_painted = first

    open_watched(prepare)
    code = cli.main(["demo", "--workspace", sys.argv[1]])
    print(json.dumps({"painted_ns": painted[0]}))
    return code


if __name__ == "__main__":
    sys.exit(main())
