"""``nmt-sense record`` as a real process on a virtual glove, killed; what had arrived at it, and what came of it."""

from __future__ import annotations

import math
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from nmt_sense.derivation import derive
from nmt_sense.errors import NmtError
from nmt_sense.glove.virtual import Script
from nmt_sense.glove.wire import Data, Decoder
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import orphans, recover
from nmt_sense.workspace import open_workspace
from tests.faults.row import Row
from tests.faults.shim import Call, calls, environment
from tests.whole.lines import GloveOnLine

OWN = (".in-use.lock", ".in-use.toml", ".in-use.toml.new")
"""Left in the folder of recordings by a killed program, one of each at most; the next start takes them over."""
AS_USUAL = ("-m", "nmt_sense")
OFTEN_STARTED_OVER = (
    "-c",
    "import runpy, nmt_sense.session.upkeep as upkeep; upkeep.LOG_BYTES = 20_000; "
    "runpy.run_module('nmt_sense', None, '__main__')",
)
"""Starts the journal's log over about every half second."""


@dataclass(slots=True)
class Victim:
    """One recording that was killed, or ended."""

    recordings: Path
    wanted: int
    """Scans after which the recording takes no more."""
    period_s: float
    sent: dict[int, bytes] = field(default_factory=dict)
    """Counts of each scan as the glove sent it."""
    log: list[Call] = field(default_factory=list)
    """What the program did, and what it had read."""
    killed_ns: int = 0
    """When it was killed; 0: it ended by itself."""
    returncode: int = 0
    hung: bool = False
    """Still running long after it should have ended."""
    said: str = ""
    """On stderr."""

    @property
    def arrived(self) -> dict[int, Call]:
        """The call by which the program had read each scan of the recording."""
        decoder = Decoder()
        moments: dict[int, Call] = {}
        for call in self.log:
            for message in decoder.feed(call.data) if call.kind == "R" else ():
                if isinstance(message, Data):
                    moments |= dict.fromkeys(_numbers(message), call)
        return {scan: call for scan, call in moments.items() if scan < self.wanted}

    @property
    def ended_ns(self) -> int:
        """When it was killed, or made its last call."""
        return self.killed_ns or self.log[-1].time_ns

    @property
    def phase(self) -> str:
        """What the program was doing at the end."""
        if any(".nmtj.part" in call.path for call in self.log):
            return "writing"
        stored = any(call.kind == "W" and call.path.endswith("-wal") for call in self.log)
        return "recording" if stored and self.arrived else "starting"


def _numbers(message: Data) -> range:
    return range(message.first_scan, message.first_scan + len(message.counts))


@contextmanager
def workspace() -> Iterator[Path]:
    """A furnished workspace, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nmt-faults-") as folder:
        open_workspace(Path(folder))
        yield Path(folder)


def record(
    folder: Path,
    seconds: float,
    *,
    seed: int = 1,
    kill_after_s: float | None = None,
    streaming_s: float | None = None,
    kill_at: int = 0,
    start_from: str = "",
    launcher: tuple[str, ...] = AS_USUAL,
    rate_hz: int = 250,
    sync_ms: int = 0,
) -> Victim:
    """Record in a workspace, killed so many seconds after its start, after the first scan, or before a call.

    ``sync_ms``: by so much longer each sync takes.
    """
    recordings, log = folder / "recordings", folder / "log"
    victim = Victim(recordings, round(seconds * rate_hz), 1.0 / rate_hz)
    decoder = Decoder()

    def remember(out: bytes) -> bytes:
        for message in decoder.feed(out):
            if isinstance(message, Data):
                victim.sent |= zip(_numbers(message), (row.tobytes() for row in message.counts), strict=True)
        return out

    with GloveOnLine(Script(seed=seed, rate_hz=rate_hz)) as glove:
        glove.spoil = remember
        arguments = ["record", "--port", glove.port, "--seconds", str(seconds), "--workspace", str(folder), "--json"]
        process = subprocess.Popen(
            [sys.executable, *launcher, *arguments],
            env=environment(recordings, log, kill_at, start_from, sync_ms),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if streaming_s is not None:
            while not victim.sent and process.poll() is None:
                time.sleep(0.002)
            kill_after_s = streaming_s
        try:
            _, victim.said = process.communicate(timeout=seconds + 60 if kill_after_s is None else kill_after_s)
        except subprocess.TimeoutExpired:
            victim.killed_ns, victim.hung = time.monotonic_ns(), kill_after_s is None
            process.kill()
            _, victim.said = process.communicate()
    victim.log, victim.returncode = calls(log), process.returncode
    if victim.returncode != -signal.SIGKILL:
        victim.killed_ns = 0  # it had ended when the kill came
    elif not victim.killed_ns:
        victim.killed_ns = next(call.time_ns for call in reversed(victim.log) if call.kind == "K")
    log.unlink(missing_ok=True)
    return victim


_ROW = threading.Lock()


def judge(row: Row, what: str, victim: Victim, counts: bool = True) -> None:
    """Recover what the victim left, verify it, and count in the row what came of it.

    ``counts``: false for one that nothing was done to in the end: no trial, but it must be as promised all the same.
    """
    verdict, lost, wrong, complaints = _outcome(victim)
    _tell(row, what, verdict if counts else "", lost, wrong, complaints)


def judge_ended(row: Row, what: str, victim: Victim) -> None:
    """One that was not killed in time: no trial, and it must have ended as if nobody had tried."""
    verdict, lost, wrong, complaints = _outcome(victim)
    if verdict not in ("intact", "gaps"):
        complaints.append(f"ended by itself, and its recording is {verdict}")
    _tell(row, f"{what}, not killed", "", lost, wrong, complaints)


def _tell(row: Row, what: str, verdict: str, lost: float, wrong: int, complaints: list[str]) -> None:
    with _ROW:
        if verdict:
            row.tried += 1
            row.verdicts[verdict] += 1
        row.lose(lost)
        row.wrong += wrong
        if row.allowed is not None and not lost <= row.allowed:
            complaints.append(f"{lost:.3f} s lost")
        row.failures += [f"{what}: {complaint}" for complaint in complaints]


def _outcome(victim: Victim) -> tuple[str, float, int, list[str]]:
    """Verdict, seconds lost, wrong values, and what else was not as promised."""
    try:
        for journal in orphans(victim.recordings):
            recover(journal, derive)
        verdict, lost, wrong, complaints = _compared(victim, _files(victim))
    except NmtError as error:
        verdict, lost, wrong, complaints = "refused", math.inf, 0, [str(error)]
    return verdict, lost, wrong, [*complaints, *_misbehaved(victim)]


def _misbehaved(victim: Victim) -> Iterator[str]:
    """What a program does not do that is killed, or that ends."""
    if victim.hung:
        yield "still running a minute after it should have ended"
    if victim.returncode not in (0, -signal.SIGKILL):
        yield f"exit code {victim.returncode}: {victim.said[-300:]}"
    elif "Traceback" in victim.said:
        yield victim.said[-300:]


def _files(victim: Victim) -> list[Path]:
    return [path for path in victim.recordings.iterdir() if path.name not in OWN]


def _compared(victim: Victim, found: list[Path]) -> tuple[str, float, int, list[str]]:
    """Verdict, seconds lost, wrong values, and what else was not as promised."""
    if not found:
        return "none yet", _lost_s(victim, set()), 0, []
    if len(found) > 1 or found[0].suffix != ".h5":
        return "?", 0.0, 0, [f"left in the folder: {sorted(path.name for path in found)}"]
    report = verify(found[0], derive)
    with open_recording(found[0]) as recording:
        stored = dict(zip(recording.scan.tolist(), (row.tobytes() for row in recording.counts), strict=True))
    wrong = sum(victim.sent.get(scan) != counts for scan, counts in stored.items())
    complaints = []
    lost_on_line = report.verdict == "gaps" and not victim.arrived.keys() - stored.keys()
    if report.verdict not in ("recovered", "intact", "empty") and not lost_on_line:
        complaints.append(f"{report.verdict}: {report.findings}")
    span = max(stored) - min(stored) + 1 if stored else 0
    if report.verdict in ("intact", "gaps") and span != victim.wanted:
        complaints.append(f"called {report.verdict} with scans over {span} of {victim.wanted} periods")
    return report.verdict, _lost_s(victim, set(stored)), wrong, complaints


def _lost_s(victim: Victim, stored: set[int]) -> float:
    """Age of the oldest scan that is missing, when the program ended: all that it had read earlier is there."""
    arrived = victim.arrived
    missing = arrived.keys() - stored
    return max(((victim.ended_ns - arrived[scan].time_ns) * 1e-9 for scan in missing), default=0.0)


def copied(victim: Victim, folder: Path) -> Victim:
    """The same killed recording once more, in another workspace."""
    shutil.copytree(victim.recordings, folder / "recordings", dirs_exist_ok=True)
    return replace(victim, recordings=folder / "recordings")
