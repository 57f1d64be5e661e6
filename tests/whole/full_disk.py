"""A program for a test: records until no file may grow any more, then stops and says what became of it."""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
from pathlib import Path

from nmt_sense.live import Live
from nmt_sense.pipeline.recorder import Sitting
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace

LIMIT_BYTES = 60_000


def main(root: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a write fails as it does on a full disk
    workspace = Workspace(root)
    live = Live(default_setup(workspace, "sim://?rate=1000"), workspace)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, unlimited[1]))
    live.start(Sitting("P-001", "", workspace.recordings / "full.h5"))
    if not live.full.wait(20):
        raise SystemExit("the disk never got full")
    time.sleep(0.3)
    said = {"phase": live.state.phase.value, "problem": live.state.problem}
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)  # room again: now it can become a file
    path = live.stop_recording()
    live.close()
    print(json.dumps({**said, "path": str(path)}))


main(Path(sys.argv[1]))
