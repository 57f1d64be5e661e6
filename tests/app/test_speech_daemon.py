"""A real speech daemon hangs or dies in mid-recording; the program and its recording do not notice.

The daemon and the sound server are the test's own, in a folder of their own: nobody else's is touched.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from benchmarks.heard import RATE_HZ, SILENT, Recorder, sound_server
from benchmarks.row import Unmeasurable
from nmt_sense.app.mouth import BEGIN_S, CALL_S
from nmt_sense.session.recording import open_recording

PROGRAM = Path(__file__).with_name("speaking_window.py")
MISSING = [name for name in ("speech-dispatcher", "spd-say", "pulseaudio", "parec") if not shutil.which(name)]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"no {', '.join(MISSING)} here"),
    pytest.mark.slow,
]
QUIET_FOR_S = 1.0
SOON_S = 20.0
HUNG_S = 1.5
"""A pause between two reads of the port that no busy computer makes; a daemon that hung made one of many seconds."""


@pytest.fixture(scope="module")
def room() -> Iterator[dict[str, str]]:
    """Environment in which the system's speech is the test's own, and plays to nobody."""
    try:
        with sound_server() as server, tempfile.TemporaryDirectory(prefix="nmt-talk-") as folder:
            places = ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
            address = {"SPEECHD_ADDRESS": f"unix_socket:{folder}/speech"}
            yield server | dict.fromkeys(places, folder) | address | {"QT_QPA_PLATFORM": "offscreen"}
    except Unmeasurable as reason:
        pytest.skip(str(reason))


def voices(room: dict[str, str]) -> list[str]:
    listed = subprocess.run(["spd-say", "-O"], env=os.environ | room, capture_output=True, text=True, timeout=SOON_S)
    return [name for name in listed.stdout.split() if "espeak" in name]


@pytest.fixture
def daemon(room: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    socket = Path(room["SPEECHD_ADDRESS"].partition(":")[2])
    socket.unlink(missing_ok=True)
    command = ["speech-dispatcher", "--run-single", "--timeout", "0", "-c", "unix_socket", "-S", str(socket)]
    with subprocess.Popen(command, env=os.environ | room, stderr=subprocess.DEVNULL) as process:
        try:
            until(socket.exists)
            if not voices(room):
                pytest.skip("the speech daemon here has no voice (Debian: speech-dispatcher-espeak-ng)")
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()


class Program:
    """The program in a process of its own."""

    def __init__(self, room: dict[str, str], workspace: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(workspace)],
            env=os.environ | room, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, line: str, seconds: float = SOON_S) -> None:
        deadline = time.monotonic() + seconds
        while self._lines.get(timeout=max(deadline - time.monotonic(), 0.001)) != line:
            pass

    def mouth(self) -> psutil.Process:
        """The process that speaks."""
        (found,) = [p for p in psutil.Process(self.process.pid).children() if "nmt_sense.app.mouth" in p.cmdline()]
        return found


@contextlib.contextmanager
def program(room: dict[str, str], workspace: Path) -> Iterator[Program]:
    made = Program(room, workspace)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


class Ear(Recorder):
    """Also adds up how long anything sounded, s: words are longer than the tone in their place."""

    sounded_s = 0.0

    def _look(self, samples: np.ndarray, now_ns: int) -> None:
        super()._look(samples, now_ns)
        self.sounded_s += float(np.count_nonzero(np.abs(samples.astype(np.int32)) > SILENT)) / RATE_HZ


@pytest.fixture
def ear(room: dict[str, str]) -> Iterator[Ear]:
    made = Ear(room)
    made.start()
    yield made
    made.stop()


def until(reached, seconds: float = SOON_S) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def gone(process: psutil.Process) -> bool:
    """Nothing runs any more, whether or not anybody has taken note of its end."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def say(spoken: Program, ear: Ear, text: str) -> float:
    """How long a cue sounded, s, as words or as the tone in their place."""
    until(lambda: ear._silent_s > QUIET_FOR_S)  # the first phase is said by itself
    before, before_s = len(ear.onsets_ns), ear.sounded_s
    spoken.tell(f"say {text}")
    until(lambda: len(ear.onsets_ns) > before)
    time.sleep(1.0)
    return ear.sounded_s - before_s


def recorded(workspace: Path) -> tuple[float, int, int, str]:
    """Longest pause between two reads of the port, s; scans lost; scans; verdict."""
    (file,) = workspace.glob("recordings/*.h5")
    with open_recording(file) as recording:
        pauses = np.diff(recording.arrivals.host_ns) / 1e9
        return float(pauses.max()), recording.integrity.lost, len(recording), recording.integrity.verdict


@pytest.mark.parametrize("order", ["SIGSTOP", "SIGKILL"])
def test_a_daemon_that_hangs_or_dies_costs_no_scan_and_tones_take_over(room, daemon, ear, tmp_path, order):
    with program(room, tmp_path) as spoken:
        spoken.wait_for("voice on")
        words_s = say(spoken, ear, "Rest.")
        spoken.tell("record")
        spoken.wait_for("recording")
        time.sleep(1.5)
        daemon.send_signal(getattr(signal, order))
        spoken.tell("say Lost words.")
        spoken.wait_for("no voice")
        time.sleep(0.5)
        tone_s = say(spoken, ear, "Rest.")
        until(lambda: not psutil.Process(spoken.process.pid).children())
        spoken.process.terminate()
        assert spoken.process.wait(timeout=SOON_S) == 0
    pause_s, lost, scans, verdict = recorded(tmp_path)
    assert 0.0 < tone_s < 0.1 < words_s
    assert pause_s < HUNG_S
    assert (lost, verdict) == (0, "intact")
    assert scans > 250 * 3.0


def test_a_daemon_that_hangs_before_the_start_holds_up_neither_start_nor_end(room, daemon, ear, tmp_path):
    daemon.send_signal(signal.SIGSTOP)
    with program(room, tmp_path) as spoken:
        spoken.tell("record")
        spoken.wait_for("recording", BEGIN_S - 3.0)
        assert 0.0 < say(spoken, ear, "Rest.") < 0.1
        mouth = spoken.mouth()
        spoken.process.terminate()
        assert spoken.process.wait(timeout=SOON_S) == 0
        assert gone(mouth)
    assert recorded(tmp_path)[1] == 0


@pytest.mark.parametrize("hangs", [False, True])
def test_a_program_that_is_killed_leaves_no_voice_behind(room, daemon, tmp_path, hangs):
    with program(room, tmp_path) as spoken:
        spoken.wait_for("voice on")
        mouth = spoken.mouth()
        if hangs:
            daemon.send_signal(signal.SIGSTOP)
            spoken.tell("say Lost words.")
            time.sleep(0.3)
        spoken.process.kill()
        spoken.process.wait()
        until(lambda: gone(mouth), CALL_S + 5.0)  # the daemon hangs for ever
