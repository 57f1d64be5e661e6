"""What opens the files of ``hostile``: the real command line, many trials in one process with little memory.

Reads trials as JSON lines, tells what came of each as a JSON line. Of a hang or a crash the parent takes care.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nmt_sense import cli

MEMORY = 2 << 30
"""Bytes of address space, of which Python and its libraries take 600 MB before anything is opened."""


def main() -> None:
    warm_up(json.loads(sys.stdin.readline()))
    _limit_memory()
    print("ready", flush=True)
    for line in sys.stdin:
        trial = json.loads(line)
        began, before = time.monotonic(), _peak_kb()
        told = played(trial["file"]) if trial["arguments"] == ["play"] else ran(trial["arguments"])
        told |= {"seconds": time.monotonic() - began, "grown_kb": _peak_kb() - before}
        print(json.dumps(told), flush=True)


def warm_up(arguments: list[list[str]]) -> None:
    """Load all that is loaded late, so that it does not count as a trial's memory."""
    for command in arguments:
        played(command[1]) if command[0] == "play" else ran(command)


def ran(arguments: list[str]) -> dict[str, Any]:
    """What a command printed and how it ended."""
    return _caught(lambda: cli.main(arguments))


def played(file: str) -> dict[str, Any]:
    """What came of opening a recording as a glove."""

    def play() -> int:
        import serial

        import nmt_sense.glove  # noqa: F401  registers replay://

        try:
            serial.serial_for_url(f"replay://{file}?speed=max").close()
        except serial.SerialException as error:
            print(f"nmt-sense: {error}", file=sys.stderr)
            return 2
        return 0

    return _caught(play)


def _caught(work: Callable[[], int]) -> dict[str, Any]:
    out, err = io.StringIO(), io.StringIO()
    code, escaped = -1, ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = work()
        except Exception:
            escaped = traceback.format_exc(limit=-3)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue(), "escaped": escaped}


def _limit_memory() -> None:
    """No more than so much. Windows has no such call: there the peak alone is looked at."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _peak_kb() -> int:
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
