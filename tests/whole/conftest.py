from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lines import wait_for

from nmt_sense.live import Live
from nmt_sense.setup import default_setup
from nmt_sense.state import LinkPhase
from nmt_sense.workspace import Workspace

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that starts us in the background ignores Ctrl-C, and so would the programs that the tests interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the same under nohup

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace with the starting profiles."""
    shutil.copytree(REPOSITORY / "calibration", tmp_path / "calibration")
    (tmp_path / "recordings").mkdir()
    return Workspace(tmp_path)


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    before_or_shared = {*before, *(thread for thread in threading.enumerate() if thread.name == "apart")}
    left = [thread for thread in threading.enumerate() if thread not in before_or_shared and thread.is_alive()]
    assert not left, f"threads still running: {left}"


@pytest.fixture
def running(workspace: Workspace) -> Iterator[Callable[..., Live]]:
    """Starts pipelines that stream, and closes them afterwards."""
    started: list[Live] = []

    def start(port: str, hold_s: float = 5.0, reconnect: bool = False) -> Live:
        setup = default_setup(workspace, port)
        technique = setup.technique.with_target(hold_s=hold_s)
        live = Live(replace(setup, technique=technique, reconnect=reconnect), workspace)
        started.append(live)
        live.start()
        wait_for(lambda: live.state.phase is LinkPhase.STREAMING or live.failure is not None)
        return live

    yield start
    for live in started:
        live.close()
