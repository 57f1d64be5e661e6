"""Files cut short at every byte, and bytes changed: a killed program's journal, one at rest, a finished recording.

Each is refused with a sentence, or what is read of it is true and the verdict says what is missing. The trials run in
processes of their own, so that a library that crashes is one broken promise and not the end of the suite.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmt_sense.blocks import Arrivals, Int64Array, ScanBlock
from nmt_sense.derivation import derive
from nmt_sense.errors import NmtError
from nmt_sense.events import Event
from nmt_sense.session import layout
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import checkpoint, connect
from nmt_sense.session.journal_reader import JournalReader
from nmt_sense.session.journal_rows import IN_DOUBT_S, rows_in_doubt
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import recover
from tests.faults.row import Form, Row
from tests.faults.victim import record, workspace

LONGEST_S = 2.0
"""Of the processor's time; one trial must not take more."""
HANGS_S = 300
"""A batch that takes longer hangs, and is ended like one that crashes."""
BATCH = 400
HEADER_BYTES = 32
"""Of a log. Each is changed once, whatever else is: they decide over all of it."""
LOG_BYTES = 700_000
"""Of a log in which bytes are changed: ten seconds, and no part of it as long as that whose loss is allowed."""
SPILL_BYTES = 60_000
"""Of what waits beside a journal: five seconds, with the true forces of a virtual glove."""
WAITING = "what waits beside a locked journal"
WHOLE_WAY_EVERY = 50
"""So many cuts of a journal are only read; one is recovered and verified."""
Trial = tuple[str, int, str]
"""Verdict, wrong values, what else was not as promised (or nothing)."""
Harm = tuple[str, int]
"""``cut`` before this byte, or ``flip`` with this seed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Files that belong together, one of which is harmed."""

    words: str
    files: dict[str, bytes]
    """By name; the one to open is the first."""
    harmed: str
    ends_known: bool = True
    """True where what is missing at the end must be said. What is cut short ends where it ends, in a log or beside."""
    harmed_by: tuple[str, ...] = ("cut", "flip")
    every: int = 1
    """Bytes from one cut to the next."""

    @property
    def opened(self) -> str:
        """The file to open."""
        return next(iter(self.files))

    @property
    def _always(self) -> int:
        """So many bytes from the start are each changed."""
        return HEADER_BYTES if self.harmed.endswith("-wal") else 0

    def harms(self, form: Form) -> Iterator[tuple[str, list[Harm]]]:
        """Kinds of harm to try, with the words for them."""
        length = len(self.files[self.harmed])
        every = (
            range(0, length, self.every)
            if form is Form.FULL
            else (*range(0, length, 997), *range(max(0, length - 40), length))
        )
        flips = range(2000 if form is Form.FULL else 40)
        if "cut" in self.harmed_by:
            yield "cut short", [("cut", place) for place in every]
        if "flip" in self.harmed_by:
            yield "a byte changed", [("flip", seed) for seed in flips]

    def harmed_bytes(self, harm: Harm) -> bytes:
        """What becomes of the harmed file."""
        whole = self.files[self.harmed]
        kind, number = harm
        if kind == "cut":
            return whole[:number]
        chance = random.Random(number)
        place = number if number < self._always else chance.randrange(len(whole))
        return whole[:place] + bytes([whole[place] ^ chance.randrange(1, 256)]) + whole[place + 1 :]


def run(form: Form) -> list[Row]:
    """A row for each file and kind of harm."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        begun = [
            (Row(f"{sample.words}, {words}"), [(batch, pool.submit(tried, sample, batch)) for batch in _batches(harms)])
            for sample in _samples()
            for words, harms in sample.harms(form)
        ]
        for row, jobs in begun:
            for batch, job in jobs:
                _count(row, batch, job)
        return [row for row, _ in begun]


def _batches(harms: list[Harm]) -> list[list[Harm]]:
    return [harms[start : start + BATCH] for start in range(0, len(harms), BATCH)]


def _samples() -> list[Sample]:
    with (
        workspace() as left,
        workspace() as done,
        tempfile.TemporaryDirectory() as rest,
        ThreadPoolExecutor(1) as meanwhile,
    ):
        begun = [meanwhile.submit(_left, until) for until in (_long_log, _locked)]
        record(left, 1.0, kill_at=80)
        record(done, 0.5)
        killed = _files(left / "recordings", ".nmtj", ".nmtj-wal")
        journal, log = killed
        for name, content in killed.items():
            (Path(rest) / name).write_bytes(content)
        with closing(connect(Path(rest) / journal, "FULL")) as connection:
            checkpoint(connection, "TRUNCATE")
        return [
            Sample("journal of a killed program", killed, journal),
            Sample("log of a killed program's journal", killed, log, ends_known=False, harmed_by=("cut",)),
            Sample(
                "long log of a killed program's journal", long := begun[0].result(), list(long)[1], harmed_by=("flip",)
            ),
            Sample(WAITING, late := begun[1].result(), list(late)[2], ends_known=False, harmed_by=("cut",), every=16),
            Sample(WAITING, late, list(late)[2], harmed_by=("flip",)),
            Sample("journal at rest", _files(Path(rest), ".nmtj"), journal),
            Sample("recording (HDF5)", files := _files(done / "recordings", ".h5"), next(iter(files))),
        ]


def _long_log(recordings: Path, _: ExitStack) -> None:
    _wait_for(recordings, "-wal", LOG_BYTES)


def _locked(recordings: Path, held: ExitStack) -> None:
    """Another program has locked the journal, so that rows wait beside it."""
    log = _wait_for(recordings, "-wal", LOG_BYTES // 20)
    browser = sqlite3.connect(log.with_suffix(".nmtj"), isolation_level=None, timeout=10, check_same_thread=False)
    held.enter_context(closing(browser))
    browser.execute("BEGIN IMMEDIATE")
    _wait_for(recordings, "-spill", SPILL_BYTES)


def _left(until: Callable[[Path, ExitStack], None]) -> dict[str, bytes]:
    """What a program leaves that is killed while it records faster than in real time."""
    with ExitStack() as held, workspace() as folder:
        command = ["record", "--port", "sim://?seed=3&speed=30", "--workspace", str(folder), "--json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "nmt_sense", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # at this speed it says that data come late
        )
        try:
            until(folder / "recordings", held)
        finally:
            process.kill()
            process.wait()
        return _files(folder / "recordings", ".nmtj", ".nmtj-wal", ".nmtj-spill")


def _wait_for(recordings: Path, ending: str, size: int) -> Path:
    """A file that is longer than so many bytes."""
    for _ in range(3000):
        for path in recordings.glob(f"*.nmtj{ending}"):
            if path.stat().st_size > size:
                return path
        time.sleep(0.01)
    raise AssertionError(f"no {ending} of {size} bytes")


def _files(folder: Path, *endings: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for ending in endings for path in folder.glob(f"*{ending}")}


def _count(row: Row, batch: list[Harm], job: Future[list[Trial]]) -> None:
    try:
        trials = job.result()
    except BrokenProcessPool:
        row.failures.append(f"crashed or hung in {batch[0]} .. {batch[-1]}, or in a batch before it")
        return
    for harm, (verdict, wrong, complaint) in zip(batch, trials, strict=True):
        row.tried += 1
        row.verdicts[verdict] += 1
        row.wrong += wrong
        if complaint:
            row.failures.append(f"{harm}: {complaint}")


# -- in a process of its own ------------------------------------------------------------------------------------------


def tried(sample: Sample, harms: list[Harm]) -> list[Trial]:
    """What comes of each harm."""
    check = _Journal(sample) if sample.opened.endswith(".nmtj") else _Recording(sample)
    signal.alarm(HANGS_S)
    _timed(sample, check, ("cut", 0))  # what the first trial of all loads is not its own time
    trials = [_timed(sample, check, harm) for harm in harms]
    signal.alarm(0)
    return trials


def _timed(sample: Sample, check: Callable[[Path, Harm], Trial], harm: Harm) -> Trial:
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in sample.files.items():
            (Path(folder) / name).write_bytes(sample.harmed_bytes(harm) if name == sample.harmed else content)
        try:
            verdict, wrong, complaint = check(Path(folder) / sample.opened, harm)
        except NmtError:
            verdict, wrong, complaint = "refused", 0, ""
        except Exception as error:
            verdict, wrong, complaint = "?", 0, repr(error)
    took = time.process_time() - began
    return verdict, wrong, complaint if took < LONGEST_S else f"took {took:.1f} s of the processor"


@contextmanager
def _unharmed(sample: Sample) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in sample.files.items():
            (Path(folder) / name).write_bytes(content)
        yield Path(folder) / sample.opened


Contents = dict[str, set[Any]]
"""Everything that was measured, as sets of what can be compared."""


class _Journal:
    """Reads a harmed journal; recovers and verifies one in so many."""

    def __init__(self, sample: Sample) -> None:
        self._ends_known = sample.ends_known
        with _unharmed(sample) as path:
            self._all, _ = _read_journal(path)
            in_rows = _scans_in_rows(path)
            with JournalReader(path) as reader:
                in_doubt = rows_in_doubt(reader.header)
                scans_in_doubt = round(IN_DOUBT_S / reader.header.period_s)
        self._doubtful = {
            "-wal": sum(in_rows[-in_doubt:]),
            "-spill": scans_in_doubt,
        }.get(sample.harmed[sample.harmed.rindex(".nmtj") + 5 :], 0)
        assert len(self._all["scans"]) > 20, "a sample with nothing in it shows nothing"
        assert not self._ends_known or self._doubtful < len(self._all["scans"]) / 2, "all of it is in doubt"

    def __call__(self, path: Path, harm: Harm) -> Trial:
        if harm[1] % WHOLE_WAY_EVERY == 0:
            recording = recover(path, derive)
            verdict, found = verify(recording, derive).verdict, _read_recording(recording)
            damaged = verdict == "damaged"
        else:
            found, damaged = _read_journal(path)
            verdict = "damaged" if damaged else "recovered"
        wrong = sum(len(values - self._all[name]) for name, values in found.items())
        return verdict, wrong, self._complaint(found, damaged) if self._ends_known else ""

    def _complaint(self, found: Contents, damaged: bool) -> str:
        """What a log holds may be taken for what a power cut left, where few rows from its end a byte is wrong."""
        if not damaged and found != self._all and not self._only_the_end_is_missing(found):
            return "something is missing, and it is not said"
        return ""

    def _only_the_end_is_missing(self, found: Contents) -> bool:
        missing = self._all["scans"] - found["scans"]
        kept = max((number for number, _ in found["scans"]), default=-1)
        return 0 < len(missing) <= self._doubtful and all(number > kept for number, _ in missing)


def _scans_in_rows(path: Path) -> list[int]:
    """How many scans each row has, of a journal that nobody harmed."""
    with JournalReader(path) as reader:
        width = 2 * reader.header.channels
    with closing(sqlite3.connect(path)) as connection:
        return [length // width for (length,) in connection.execute("SELECT length(counts) FROM piece ORDER BY id")]


def _read_journal(path: Path) -> tuple[Contents, bool]:
    with JournalReader(path) as reader:
        pieces = list(reader.pieces())
        contents = _contents(
            [piece.block for piece in pieces],
            [piece.arrivals for piece in pieces],
            reader.pings(),
            reader.events(),
            reader.utc(),
        )
        return contents, reader.damaged_rows > 0


def _read_recording(path: Path) -> Contents:
    with open_recording(path) as recording:
        block = ScanBlock(recording.scan, recording.counts)
        utc = recording.read(layout.UTC)
        pairs = zip(utc["host_ns"].tolist(), utc["utc_ns"].tolist(), strict=True)
        return _contents([block], [recording.arrivals], recording.pings, recording.events, pairs)


def _contents(
    blocks: list[ScanBlock],
    arrivals: list[Arrivals],
    pings: Arrivals,
    events: list[Event],
    utc: Iterable[Iterable[int]],
) -> Contents:
    return {
        "scans": {pair for block in blocks for pair in _pairs(block.scan, [row.tobytes() for row in block.counts])},
        "arrivals": {pair for part in arrivals for pair in _pairs(part.scan, part.host_ns.tolist())},
        "pings": set(_pairs(pings.scan, pings.host_ns.tolist())),
        "events": {repr(event) for event in events},
        "utc": {tuple(int(value) for value in pair) for pair in utc},
    }


def _pairs(numbers: Int64Array, values: list[Any]) -> Iterable[tuple[int, Any]]:
    return zip(numbers.tolist(), values, strict=True)


class _Recording:
    """Opens and verifies a harmed recording; one that is not called damaged must hold everything, bit for bit."""

    def __init__(self, sample: Sample) -> None:
        with _unharmed(sample) as path:
            self._all = _everything(path)

    def __call__(self, path: Path, harm: Harm) -> Trial:
        verdict = verify(path, derive).verdict
        return verdict, int(verdict != "damaged" and _everything(path) != self._all), ""


def _everything(path: Path) -> tuple[Any, ...]:
    with open_recording(path) as recording:
        names = [*(column.path for column in layout.COLUMNS), *layout.TABLE_FIELDS]
        arrays = tuple(recording.read(name).tobytes() for name in names)
        levels = [
            (part.scan.tobytes(), part.minimum.tobytes(), part.maximum.tobytes()) for part in recording.overview()
        ]
        words = repr((recording.header, recording.integrity, recording.events, recording.holds, recording.recovered))
        return arrays, levels, words
