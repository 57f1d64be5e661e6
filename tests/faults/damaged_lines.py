"""The real ``nmt-sense record`` on a pseudo-terminal where the bytes are damaged, foreign or hostile for a while."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
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
from tests.whole.lines import Chatter, GloveOnLine, Plug

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
SEEDS_FROM = 41_000
"""So that no other test's glove is taken for one of these."""
ATTEMPTS = 3
"""A computer that is too busy to take the first scans in time has shown nothing."""
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
    """Whole frames before a true one."""
    frame = hostile.EVILS[int(rng.integers(len(hostile.EVILS)))](rng, sent(3))
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
        self._out = _workspace(folder) / "damaged.h5"
        self._stop_s = 0.5 * self._seconds
        script = Script(seed=SEEDS_FROM + seed, physics=Physics(noise_lsb=3.0), client_stop_s=(self._stop_s,))
        self._glove = GloveOnLine(script)

    def record(self) -> bool:
        """Have it recorded; False when the computer was too busy to begin in time."""
        with self._glove as glove:
            assert glove._plug is not None
            glove._plug.exchange = self._patient(glove._plug)
            glove.spoil = self._spoil
            self._done = _record(glove.port, self._out, self._seconds)
        if self._done.returncode or "Traceback" in self._done.stderr or not self._out.exists():
            return True  # no matter of time: to be told
        with open_recording(self._out) as recording:
            return not len(recording) or int(recording.scan[0]) < CALM_SCANS

    def tell(self, row: Row) -> None:
        """Tell the row what came of it."""
        row.tried += 1
        done = self._done
        if done.returncode or "Traceback" in done.stderr or not self._out.exists():
            row.failures.append(f"exit code {done.returncode}: {done.stderr[-500:]}")
            return
        report = verify(self._out, derive)
        row.verdicts[report.verdict] += 1
        if report.verdict not in ("intact", "gaps"):
            row.failures.append(f"verify: {report}")
        with open_recording(self._out) as recording:
            self._compare(recording, row)

    def _patient(self, plug: Plug) -> Callable[[bytes], bytes]:
        """An exchange that waits for a busy host to read: what is lost here, is lost on purpose."""
        exchange, side = plug.exchange, plug._line._side

        def patiently(out: bytes) -> bytes:
            while out and not self._glove._stop.is_set():
                with contextlib.suppress(BlockingIOError):
                    out = out[os.write(side, out) :]
                    continue
                time.sleep(0.005)
            return exchange(b"")

        return patiently

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


def _workspace(folder: Path) -> Path:
    """A new one: one program at a time records into each."""
    workspace = Path(tempfile.mkdtemp(dir=folder))
    (workspace / "recordings").mkdir()
    (workspace / "calibration").symlink_to(REPOSITORY / "calibration")
    return workspace


def _record(port: str, out: Path, seconds: float = 1.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", port, "--seconds", str(seconds)]
    return subprocess.run(
        [*command, "--json", "--out", str(out), "--workspace", str(out.parent)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _try(way: str, seed: int, folder: Path, form: Form, row: Row) -> None:
    for _ in range(ATTEMPTS):
        line = DamagedLine(way, seed, folder, form)
        if line.record():
            break
    line.tell(row)


def _nobody(name: str, folder: Path, row: Row) -> None:
    """A port on which only another program talks is refused with a sentence."""
    words = PROGRAMS[name](np.random.default_rng(1), 1000)
    out = _workspace(folder) / "nothing.h5"
    with Chatter(words) as port:
        done = _record(port, out)
    row.tried += 1
    row.verdicts["refused"] += done.returncode == 2
    if done.returncode != 2 or "Traceback" in done.stderr or "not an NMT Sense glove" not in done.stderr:
        row.failures.append(f"{name}: exit code {done.returncode}: {done.stderr[-500:]}")
    if left := [path.name for path in out.parent.glob("nothing*")]:
        row.failures.append(f"{name}: left behind {left}")


def recorded(form: Form) -> list[Row]:
    """One row for each way."""
    rows = {way: Row(way, lost_unit="frames", allowed=1) for way in WAYS}
    refused = Row("record: only another program talks")
    names = list(PROGRAMS) if form is Form.FULL else ["nmea"]
    with tempfile.TemporaryDirectory(prefix="nmt-bytes-") as name, ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(name)
        tasks = [pool.submit(_nobody, name, folder, refused) for name in names]
        for seed in range(TRIALS[form]):
            tasks += [
                pool.submit(_try, way, 100 * seed + i, folder, form, row) for i, (way, row) in enumerate(rows.items())
            ]
        for task in tasks:
            task.result()
    return [*rows.values(), refused]
