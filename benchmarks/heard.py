"""From a force at the port to the sound of it, through the real window, the real sound thread and a sound server.

A sound server of its own (PulseAudio, with an output that nobody hears) plays what the program sends; what comes out
of it is recorded beside. Waited for are the alarm of the force ceiling, which sounds with the first scan above it, and
the first pulse of too much force. That one a technique holds back for a moment on purpose (``quiet_s``), which is not
counted: the pulse belongs to the scan at its end. A loudspeaker adds its own: a few ms by wire, 100 ms and more by
radio.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.processes import feeding, run_module, screen
from benchmarks.row import Group, Options, Row, Unmeasurable
from nmt_sense.events import EventKind
from nmt_sense.session.recording import open_recording

RATE_HZ = 48_000
WATCHED_S = 40.0
CEILING_N = 20.0
BAND_N = (10.0, 18.0)
"""The practitioner presses with 32 N."""
HOLD_S = 1.0
"""Short holds: the force passes the ceiling every few seconds."""
QUIET_S = 0.15
"""Before an alarm nothing may sound, or it could not be told apart."""
LATEST_S = 0.5
SILENT = 30
"""Of 32 768: what is below this is nobody's tone."""
STARTS_S = 15.0
BUDGET_MS = 100.0


@dataclass(frozen=True)
class Heard:
    """What came of one run."""

    delays_ms: np.ndarray
    """(A,) from just before the frame was written to the sound."""
    filter_ms: float
    frame_ms: float


class Recorder(threading.Thread):
    """Takes what an output plays, and when it was read."""

    def __init__(self, server: dict[str, str]) -> None:
        super().__init__(daemon=True)
        options = ["--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1", "--latency-msec=5"]
        self._process = subprocess.Popen(
            ["parec", *options, "-d", "ear.monitor"], stdout=subprocess.PIPE, env=os.environ | server
        )
        self.onsets_ns: list[int] = []
        """Moments at which a sound began after a silence, as early as they can have been read."""
        self._silent_s = QUIET_S

    def run(self) -> None:
        assert self._process.stdout is not None
        while piece := os.read(self._process.stdout.fileno(), 1 << 16):
            now_ns = time.monotonic_ns()
            self._look(np.frombuffer(piece[: len(piece) // 2 * 2], "<i2"), now_ns)

    def _look(self, samples: np.ndarray, now_ns: int) -> None:
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SILENT)
        if len(loud) and self._silent_s + loud[0] / RATE_HZ >= QUIET_S:
            self.onsets_ns.append(now_ns)
        after = len(samples) - 1 - loud[-1] if len(loud) else len(samples)
        self._silent_s = after / RATE_HZ + (0.0 if len(loud) else self._silent_s)

    def stop(self) -> None:
        self._process.terminate()
        self.join()
        self._process.communicate()


@contextlib.contextmanager
def sound_server() -> Iterator[dict[str, str]]:
    """Environment of a sound server with one output that nobody hears. Raises :class:`Unmeasurable` without one."""
    if not (shutil.which("pulseaudio") and shutil.which("parec")):
        raise Unmeasurable("no PulseAudio here (Debian: pulseaudio and pulseaudio-utils)")
    with tempfile.TemporaryDirectory(prefix="nmt-ear-") as folder:
        address = Path(folder) / "socket"
        modules = [f"module-native-protocol-unix auth-anonymous=1 socket={address}", "module-null-sink sink_name=ear"]
        loads = [part for module in modules for part in ("-L", module)]
        command = ["pulseaudio", "--daemonize=no", "-n", "--exit-idle-time=-1", "--use-pid-file=no", *loads]
        home = {"HOME": folder, "XDG_RUNTIME_DIR": folder}
        with subprocess.Popen(command, env=os.environ | home, stderr=subprocess.DEVNULL) as server:
            try:
                deadline = time.monotonic() + STARTS_S
                while not address.exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
                if not address.exists():
                    raise Unmeasurable("PulseAudio did not start")
                yield {"PULSE_SERVER": f"unix:{address}"}
            finally:
                server.terminate()


def heard(_: Options) -> Iterator[Row]:
    with sound_server() as server, screen() as display:
        alarms = _listened("ceil", server | display, "--ceiling", CEILING_N)
        pulses = _listened("too_much", server | display, "--band", *BAND_N)
    yield _row("heard", "force above the ceiling → alarm heard, p95", alarms)
    yield _row("heard-pulse", "scan that calls for a pulse → pulse heard, p95", pulses)


def _listened(cue: str, environment: dict[str, str], *what: object) -> Heard:
    """What is heard of cues whose text begins so, while a virtual practitioner presses again and again."""
    with tempfile.TemporaryDirectory(prefix="nmt-bench-") as name:
        folder, recorder = Path(name), Recorder(environment)
        recorder.start()
        with feeding("glove", 250, folder / "stamps.npy", hold_s=HOLD_S) as port:
            options = [port, "--seconds", WATCHED_S, "--rate", 250, "--folder", folder, "--window", *what]
            run_module("benchmarks.subject", *options, display=environment)
        recorder.stop()
        (path,) = (folder / "recordings").glob("*.h5")
        return _delays(path, cue, np.load(folder / "stamps.npy"), recorder.onsets_ns)


def _row(name: str, what: str, found: Heard) -> Row:
    if not len(found.delays_ms):
        raise Unmeasurable("nothing was heard")
    p50, p95, worst = np.percentile(found.delays_ms, (50, 95, 100))
    note = (
        f"port → sound median {p50:.0f}, worst {worst:.0f} ms of {len(found.delays_ms)}; "
        f"the filter's {found.filter_ms:.0f} ms and a whole frame of {found.frame_ms:.0f} ms are added"
    )
    return Row(
        name=name, what=what, unit="ms", budget=BUDGET_MS, measured=p95 + found.filter_ms + found.frame_ms, note=note
    )


def _delays(path: Path, begins: str, sent: np.ndarray, onsets_ns: list[int]) -> Heard:
    """Of each cue whose text begins so, and that no other one came shortly before."""
    with open_recording(path) as recording:
        cues = sorted((event.time_s, event.text) for event in recording.events if event.kind is EventKind.CUE)
        period_s, first = recording.header.period_s, int(recording.scan[0])
        filter_ms = 1000.0 * recording.header.filter_delay_s
    alone = [
        time_s
        for (time_s, text), (before_s, _) in zip(cues, [(-LATEST_S, ""), *cues], strict=False)
        if text.startswith(begins) and time_s - before_s >= LATEST_S
    ]
    scans = [first + round(time_s / period_s) for time_s in alone]
    written_ns = sent[np.minimum(np.searchsorted(sent[:, 0], scans), len(sent) - 1), 1]
    onsets = np.array(onsets_ns, np.int64)
    found = [
        (onsets[at] - written) / 1e6
        for written in written_ns.tolist()
        if (at := int(np.searchsorted(onsets, written))) < len(onsets) and onsets[at] - written < LATEST_S * 1e9
    ]
    return Heard(np.array(found), filter_ms, 1000.0 * period_s * float(np.median(np.diff(sent[:, 0]))))


GROUPS = (Group(("heard", "heard-pulse"), heard),)
