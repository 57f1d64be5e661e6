"""Orders to end a program, one after the other: what was recorded becomes a file, and no process is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lines import wait_for
from test_commands import TOOL

from nmt_sense.cli import _save
from nmt_sense.commands.console import saving
from nmt_sense.ending import MEANT_AFTER_S, ended_well, noted_orders, undisturbed
from nmt_sense.errors import RecordingError
from nmt_sense.live import Live
from nmt_sense.session.recording import open_recording
from nmt_sense.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")

WINDOW_THAT_RECORDS = """
import sys
from PyQt5.QtCore import QTimer
import nmt_sense.app.main as main
from nmt_sense.cli import main as nmt_sense

class Window(main.LiveWindow):
    def __init__(self, *words):
        super().__init__(*words)
        self.begin = QTimer(self)
        self.begin.timeout.connect(self.record)
        self.begin.start(50)

    def record(self):
        if self.recording_switch.start("P-1"):
            self.begin.stop()

main.LiveWindow = Window
sys.exit(nmt_sense(["--port", "sim://", "--workspace", sys.argv[1]]))
"""


@pytest.mark.parametrize("order", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("apart_s", [0.03, 0.05, 0.08, 0.8])
def test_a_window_told_to_end_twice_ends_and_keeps_its_recording(
    order: str, apart_s: float, workspace: Workspace
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WINDOW_THAT_RECORDS, str(workspace.root)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(lambda: list(workspace.recordings.glob("*.nmtj")) != [], 30)
        time.sleep(0.5)
        for wait_s in (apart_s, 0.0):
            process.send_signal(getattr(signal, order))
            time.sleep(wait_s)
        _, complaint = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "Traceback" not in complaint
    (file,) = workspace.recordings.glob("*.h5")
    with open_recording(file) as recording:
        assert len(recording) > 0
    assert not list(workspace.recordings.glob("*.nmtj*"))


TOLD_WHILE_IT_DRAWS = """
import os, signal, sys
from pathlib import Path
from pyqtgraph import PlotCurveItem

drawn, seen = PlotCurveItem._getLineSegments, []

def draw(curve):
    if list(Path(sys.argv[1], "recordings").glob("*.nmtj")):
        seen.append(curve)
        if len(seen) == 30:
            os.kill(os.getpid(), signal.SIGTERM)
    return drawn(curve)

PlotCurveItem._getLineSegments = draw
"""


def test_a_window_told_to_end_while_it_draws_its_curve_ends_and_keeps_its_recording(workspace: Workspace) -> None:
    """The curve's painting swallows whatever is raised in it."""
    process = subprocess.Popen(
        [sys.executable, "-c", TOLD_WHILE_IT_DRAWS + WINDOW_THAT_RECORDS, str(workspace.root)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _, complaint = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "KeyboardInterrupt" not in complaint
    assert process.returncode == 0
    (file,) = workspace.recordings.glob("*.h5")
    with open_recording(file) as recording:
        assert recording.integrity.verdict == "intact"
    assert not list(workspace.recordings.glob("*.nmtj*"))


@pytest.mark.parametrize("apart_s", [0.0, 0.002, 0.02, 0.1])
@pytest.mark.parametrize("order", ["SIGHUP", "SIGTERM"])
def test_an_order_that_comes_twice_at_once_ends_a_recording_as_one_does(
    order: str, apart_s: float, workspace: Workspace
) -> None:
    """A terminal that is closed and its shell both send SIGHUP; ``timeout`` tells a program and its group."""
    out = workspace.recordings / "ended.h5"
    process = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://", "--out", str(out)], cwd=workspace.root, stdout=subprocess.DEVNULL
    )
    wait_for(out.with_suffix(".nmtj").exists, 30)
    time.sleep(0.5)
    for _ in range(3):
        process.send_signal(getattr(signal, order))
        time.sleep(apart_s)
    assert process.wait(30) in (0, -getattr(signal, order))  # told once more after it had done all
    with open_recording(out) as recording:
        assert recording.integrity.verdict == "intact"
    assert not out.with_suffix(".nmtj").exists()


def test_a_second_order_counts_when_it_is_meant_and_a_closed_terminal_never_is() -> None:
    with ended_well(), noted_orders() as noted:
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            signal.raise_signal(number)
        assert noted.is_set()
        time.sleep(MEANT_AFTER_S)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_while_a_pipeline_starts_takes_effect_once_it_can_be_closed() -> None:
    done: list[str] = []

    def start() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append("started")

    with ended_well(), pytest.raises(KeyboardInterrupt):
        start()
    assert done == ["started"]


@pytest.mark.parametrize("told", [(), (1.0,)])
def test_ctrl_c_before_the_first_piece_of_a_file_or_after_the_last_is_not_forgotten(told: tuple[float, ...]) -> None:
    def recover() -> None:
        with saving(quiet=True) as tell:
            for part in told:
                tell(part)
            signal.raise_signal(signal.SIGINT)
            done.append("recovered")

    done: list[str] = []
    with ended_well(), pytest.raises(KeyboardInterrupt):
        recover()
    assert done == ["recovered"]


def test_ctrl_c_while_a_journal_is_read_that_turns_out_to_be_none_is_not_forgotten(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def recover() -> None:
        with saving(quiet=True):
            signal.raise_signal(signal.SIGINT)
            raise RecordingError("This is no journal.")

    with ended_well(), pytest.raises(KeyboardInterrupt):
        recover()
    assert capsys.readouterr().err == "nmt-sense: This is no journal.\n"


def test_ctrl_c_once_the_file_is_written_does_not_say_that_it_is_not(
    workspace: Workspace, running: Callable[..., Live], capsys: pytest.CaptureFixture[str]
) -> None:
    class ToldAtTheEnd:
        def stop_recording(self, progress: Callable[[float], None]) -> Path | None:
            path = live.stop_recording(progress)
            signal.raise_signal(signal.SIGINT)
            return path

    live, out = running("sim://"), workspace.recordings / "a.h5"
    live.start_recording("P-1", path=out)
    wait_for(lambda: live.state.recording)
    with ended_well():
        assert _save(ToldAtTheEnd(), out, quiet=True) == out
    assert out.exists()
    assert capsys.readouterr().err == ""
