"""The real ``nmt-sense record`` on a pseudo-terminal where the bytes are damaged, foreign or hostile for a while."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from nmt_sense.derivation import derive
from nmt_sense.events import EventKind
from nmt_sense.glove.fsr import Physics
from nmt_sense.glove.virtual import Script
from nmt_sense.glove.wire import Data, Decoder
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import Recording, open_recording
from tests.faults.row import Form, Row
from tests.fuzz import damage, hostile, uart
from tests.fuzz.programs import PROGRAMS
from tests.fuzz.sent import Bytes, sent
from tests.whole.lines import Chatter, GloveOnLine

REPOSITORY = Path(__file__).parents[2]
SECONDS = {Form.SHORT: 1.2, Form.FULL: 4.0}
CALM_SCANS = 60
"""How many scans at the start and end of a recording are left alone."""
RATE_HZ = 250
OFTEN = 0.15
"""Part of the frames that are damaged."""
STOP_WITHIN_S = 0.15
"""The client's stop, pressed for 0.2 s, is known by then, also when its message is lost."""
TRIALS = {Form.SHORT: 1, Form.FULL: 6}
AT_ONCE = 5
Spoil = Callable[[np.random.Generator, Bytes], Bytes]


def _damaged(rng: np.random.Generator, piece: Bytes) -> Bytes:
    ways = (damage.flip, damage.drop, damage.double, damage.burst, damage.shuffle)
    return ways[int(rng.integers(len(ways)))](rng, piece)[0]


def _misread(rng: np.random.Generator, piece: Bytes) -> Bytes:
    baud = int(rng.choice([rate for rate in uart.BAUDS if rate >= 115_200]))
    return uart.received(uart.on_the_line(piece, rng), baud, break_gives_zero=True)


def _talked_over(rng: np.random.Generator, piece: Bytes) -> Bytes:
    words = PROGRAMS[str(rng.choice(list(PROGRAMS)))](rng, int(rng.integers(200)))
    at = int(rng.integers(len(piece)))
    return np.concatenate([piece[:at], np.frombuffer(words, np.uint8), piece[at:]])


def _among_evil(rng: np.random.Generator, piece: Bytes) -> Bytes:
    """Whole frames before a true one.

    No flood: what does not fit a pseudo-terminal would be lost without a trace. No other glove: it is asked who it is,
    which takes a moment.
    """
    evil = [each for each in hostile.EVILS if each not in (hostile.flood, hostile.stranger)]
    frame = evil[int(rng.integers(len(evil)))](rng, sent(3))
    return np.concatenate([np.frombuffer(frame, np.uint8), piece])


WAYS: dict[str, Spoil] = {
    "record: damaged bytes": _damaged,
    "record: a wrong baud rate at times": _misread,
    "record: another program talks too": _talked_over,
    "record: hostile frames with valid CRCs": _among_evil,
}


class DamagedLine:
    """One recording, and what was damaged on its way."""

    def __init__(self, way: str, seed: int, folder: Path, form: Form) -> None:
        self._way, self._rng = WAYS[way], np.random.default_rng(seed)
        self._hurt: set[int] = set()
        self._clean = Decoder()
        self._spoilt_frames = 0
        self._calm = True
        self._seconds = SECONDS[form]
        self._scans = round(self._seconds * RATE_HZ)
        self._out = folder / f"{seed}.h5"
        self._stop_s = 0.5 * self._seconds
        script = Script(seed=seed, physics=Physics(noise_lsb=3.0), client_stop_s=(self._stop_s,))
        self._glove = GloveOnLine(script)

    def run(self, row: Row) -> None:
        """Record, and tell the row what came of it."""
        with self._glove as glove:
            glove.spoil = self._spoil
            done = _record(glove.port, self._out, self._seconds)
        row.tried += 1
        if done.returncode or "Traceback" in done.stderr or not self._out.exists():
            row.failures.append(f"exit code {done.returncode}: {done.stderr[-500:]}")
            return
        report = verify(self._out, derive)
        row.verdicts[report.verdict] += 1
        if report.verdict not in ("intact", "gaps"):
            row.failures.append(f"verify: {report}")
        with open_recording(self._out) as recording:
            self._compare(recording, row)

    def _spoil(self, piece: bytes) -> bytes:
        return b"".join(self._spoilt(whole + b"\0") for whole in piece.split(b"\0")[:-1])

    def _spoilt(self, frame: bytes) -> bytes:
        """One frame, or what becomes of it."""
        numbers = [message.first_scan for message in self._clean.feed(frame) if isinstance(message, Data)]
        if numbers:
            self._calm = not CALM_SCANS < numbers[0] < self._scans - CALM_SCANS
        if self._calm or self._rng.random() > OFTEN:
            return frame
        self._spoilt_frames += 1
        if self._way is not _among_evil:
            self._hurt.update(numbers)
        return self._way(self._rng, np.frombuffer(frame, np.uint8)).tobytes()

    def _compare(self, recording: Recording, row: Row) -> None:
        scan = recording.scan
        truth = self._glove.lives[0].counts
        row.wrong += sum(
            number not in truth or bool(np.any(truth[number] != counts))
            for number, counts in zip(scan.tolist(), recording.counts, strict=True)
        )
        missing = sorted(set(range(self._scans)) - set(scan.tolist()))
        row.lose(_longest(sorted({number // 3 for number in missing} - {number // 3 for number in self._hurt})))
        row.failures += self._miscounted(recording, len(missing))
        stops = [event.time_s for event in recording.events if event.kind is EventKind.CLIENT_STOP]
        if len(stops) != 1 or not -0.01 <= stops[0] - self._stop_s <= STOP_WITHIN_S:
            row.failures.append(f"the client pressed stop at {self._stop_s:.2f} s, the recording has {stops}")

    def _miscounted(self, recording: Recording, missing: int) -> Iterator[str]:
        if not self._spoilt_frames:
            yield "nothing was damaged"
        integrity = recording.integrity
        told = sum(gap.count for gap in recording.gaps)
        if (integrity.lost, told) != (missing, missing):
            yield f"{missing} scans are missing, {integrity.lost} counted as lost, {told} in the gaps"
        if self._hurt and not (integrity.lost or integrity.counters.crc_errors):
            yield f"{len(self._hurt)} frames were damaged and nothing says so"


def _longest(frames: list[int]) -> int:
    """The longest run of frames that are missing although nothing had touched them."""
    longest = run = 0
    for before, frame in zip([-2, *frames], frames, strict=False):
        run = run + 1 if frame == before + 1 else 1
        longest = max(longest, run)
    return longest


def _record(port: str, out: Path, seconds: float = 1.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", port, "--seconds", str(seconds)]
    return subprocess.run(
        [*command, "--json", "--out", str(out), "--workspace", str(out.parent)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _nobody(name: str, folder: Path, row: Row) -> None:
    """A port on which only another program talks is refused with a sentence."""
    words = PROGRAMS[name](np.random.default_rng(1), 1000)
    out = folder / f"{name}.h5"
    with Chatter(words) as port:
        done = _record(port, out)
    row.tried += 1
    row.verdicts["refused"] += done.returncode == 2
    if done.returncode != 2 or "Traceback" in done.stderr or "not an NMT Sense glove" not in done.stderr:
        row.failures.append(f"{name}: exit code {done.returncode}: {done.stderr[-500:]}")
    if left := [path.name for path in folder.glob(f"{name}*")]:
        row.failures.append(f"{name}: left behind {left}")


def recorded(form: Form) -> list[Row]:
    """One row for each way."""
    rows = {way: Row(way, lost_unit="frames", allowed=1) for way in WAYS}
    refused = Row("record: only another program talks")
    names = list(PROGRAMS) if form is Form.FULL else ["nmea"]
    with tempfile.TemporaryDirectory(prefix="nmt-bytes-") as name, ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(name)
        (folder / "recordings").mkdir()
        (folder / "calibration").symlink_to(REPOSITORY / "calibration")
        tasks = [pool.submit(_nobody, name, folder, refused) for name in names]
        for seed in range(TRIALS[form]):
            lines = [(DamagedLine(way, 100 * seed + i, folder, form), rows[way]) for i, way in enumerate(WAYS)]
            tasks += [pool.submit(line.run, row) for line, row in lines]
        for task in tasks:
            task.result()
    return [*rows.values(), refused]
