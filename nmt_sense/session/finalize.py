"""From journal to recording.

Written beside, flushed, reopened, compared with the journal, renamed into place; only then does the journal go. One of
which a part cannot be read is kept under another name: somebody may get more out of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from filelock import FileLock

from nmt_sense.blocks import Arrivals, ForceBlock, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.holds import Hold
from nmt_sense.session import layout
from nmt_sense.session.durable import (
    fsync_file,
    fsync_folder,
    lock_journal,
    move_without_overwriting,
    numbered_names,
    remove_lock,
)
from nmt_sense.session.header import Counters, RecordingHeader
from nmt_sense.session.journal import checkpoint, connect
from nmt_sense.session.journal_reader import JournalReader
from nmt_sense.session.opening import Opened
from nmt_sense.session.placed import is_of
from nmt_sense.session.tidy import LOG, PART, beside, delete_journal, keep_damaged
from nmt_sense.session.writer import RecordingWriter

WRITING_SHARE = 0.85
"""Part of the whole that writing takes, for the progress; comparing is the rest."""


class Derivation(Protocol):
    """Force, holds and clock of one recording, computed by the code that runs live."""

    def feed(self, block: ScanBlock) -> ForceBlock:
        """Forces of the next scans, row for row."""

    def ping(self, pings: Arrivals) -> None:
        """Take all answered pings of the recording, before its first arrivals."""

    def arrive(self, arrivals: Arrivals) -> None:
        """Take the next pairs of scan and host time."""

    def finish(self) -> list[Hold]:
        """Holds of all scans fed, after the last one."""

    @property
    def drift_ppm(self) -> float:
        """Device clock against host clock over all pairs taken, parts per million."""

    @property
    def jitter_p99_ms(self) -> float:
        """99th percentile of the arrivals' lateness, ms."""


Derive = Callable[[RecordingHeader, Sequence[Event]], Derivation]
"""Starts a derivation from what was known at the start and the events of the whole recording (client's stops)."""
Progress = Callable[[float], None]


def finalize(
    journal: Path,
    target: Path | None,
    derive: Derive,
    *,
    lock: FileLock | None = None,
    recovered: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Turn a closed journal into a verified HDF5 recording and delete the journal; the recording's path.

    When a part of the journal cannot be read, the recording is made of the rest and marked ``damaged``, and the journal
    is not deleted but renamed: ``.damaged`` is put behind its name, so that nothing takes it for one to recover.

    ``target`` defaults to the journal's name ending in ``.h5``; when that name is taken a number is added, since
    nothing is ever overwritten. ``lock`` is the journal's, where the caller holds it already (see
    :meth:`nmt_sense.session.journal.Journal.close`); it is released in any case. ``progress`` is told the part done,
    0 .. 1. ``cancelled`` is asked between pieces.

    Raises :class:`RecordingError` when the journal is in use or unreadable, the file cannot be written or does not
    equal the journal, or when cancelled. The journal stays in each of these cases.
    """
    held = lock or lock_journal(journal, "it becomes a file when that ends")
    watch = _Watch(progress or (lambda part: None), cancelled or (lambda: False))
    try:
        with _opened(journal, held) as reader:
            placed = _write_and_place(reader, target or journal.with_suffix(".h5"), derive, recovered, watch)
        _put_away(journal, held, reader.damaged_rows > 0, placed)
    except sqlite3.Error as error:
        raise RecordingError(f"{journal} cannot be read ({error}); it is kept as it is.") from error
    except OSError as error:
        reason = error.strerror or error
        raise RecordingError(f"The recording cannot be written ({reason}); {journal} keeps it safe.") from error
    finally:
        held.release()
    watch.tell(1.0)
    return placed


def _put_away(journal: Path, held: FileLock, damaged: bool, placed: Path) -> None:
    """The journal goes, or is kept under another name when it is damaged. Raises :class:`RecordingError`."""
    try:
        if damaged:
            keep_damaged(journal, held)
        else:
            _take_in_log(journal)
            delete_journal(journal, held)
    except OSError as error:
        reason = error.strerror or error
        raise RecordingError(
            f"{placed} is written, but its journal {journal} cannot be put away ({reason})."
        ) from error


def _opened(journal: Path, held: FileLock) -> JournalReader:
    """The journal, open. Beside a file that is none no lock is left lying: it may be anybody's."""
    try:
        return JournalReader(journal)
    except RecordingError:
        remove_lock(journal, held)
        raise


def _take_in_log(journal: Path) -> None:
    """Move the log into the journal: deleted one after the other, neither leaves a shorter recording to a kill.

    Where it cannot be moved, that kill is the only thing to fear: the recording is in its place.
    """
    if beside(journal, LOG[0]).exists():
        with suppress(sqlite3.Error), closing(connect(journal, "FULL")) as connection:
            checkpoint(connection, "TRUNCATE")


class _Watch:
    """Tells the progress, and stops the work when asked to."""

    def __init__(self, progress: Progress, cancelled: Callable[[], bool]) -> None:
        self.tell = progress
        self._cancelled = cancelled

    def step(self, part: float) -> None:
        if self._cancelled():
            raise RecordingError("Writing the recording was cancelled; its journal is kept.")
        self.tell(part)


def _write_and_place(reader: JournalReader, wanted: Path, derive: Derive, recovered: bool, watch: _Watch) -> Path:
    part = beside(reader.path, PART)  # not of the file's own name: browsers call what they download a.h5.part
    part.unlink(missing_ok=True)  # of a program killed while writing it; the journal's lock is ours
    done = _already_placed(reader, wanted)
    if done is not None:
        return done
    try:
        _write(reader, part, derive, recovered, watch)
        fsync_file(part)
        _compare(reader, part, watch)
        return _place(part, wanted)
    finally:
        part.unlink(missing_ok=True)


def _write(reader: JournalReader, part: Path, derive: Derive, recovered: bool, watch: _Watch) -> None:
    header = reader.header
    events = reader.events()
    derivation, pings = derive(header, events), reader.pings()
    derivation.ping(pings)
    with RecordingWriter(part, header) as writer:
        for piece in reader.pieces():
            writer.add(piece.block, derivation.feed(piece.block), piece.arrivals, piece.truth)
            derivation.arrive(piece.arrivals)
            watch.step(WRITING_SHARE * reader.progress)
        writer.finish(
            events,
            derivation.finish(),
            _refitted(reader.counters(), derivation),
            recovered,
            unreadable_pieces=reader.damaged_rows,
            utc=reader.utc(),
            pings=pings,
        )


def _refitted(counters: Counters, derivation: Derivation) -> Counters:
    """The counters with drift and jitter as they follow from the stored pairs: those that were live may know others."""
    return msgspec.structs.replace(counters, drift_ppm=derivation.drift_ppm, jitter_p99_ms=derivation.jitter_p99_ms)


def _place(part: Path, wanted: Path) -> Path:
    for name in numbered_names(wanted):
        try:
            move_without_overwriting(part, name)
        except FileExistsError:
            continue
        fsync_folder(name.parent)
        return name
    raise AssertionError("names never run out")


def _already_placed(reader: JournalReader, wanted: Path) -> Path | None:
    """The finished file of this very journal, when the program was killed just before deleting the journal.

    What else has such a name may come from anybody, and is passed over.
    """
    return next((name for name in takewhile(Path.exists, numbered_names(wanted)) if is_of(name, reader)), None)


def _compare(reader: JournalReader, path: Path, watch: _Watch) -> None:
    """Read the file again and compare all that was measured with the journal, bit for bit."""
    opened = Opened(path)
    with opened.file:
        if opened.file.attribute("/", "recording_id") != reader.header.recording_id:
            raise _different(path)
        scans = reads = 0
        for piece in reader.pieces():
            scans += _same_scans(opened, piece.block, scans)
            reads += _same_arrivals(opened, piece.arrivals, reads)
            watch.step(WRITING_SHARE + (1.0 - WRITING_SHARE) * reader.progress)
        tables = (
            (layout.EVENTS, layout.table(Event, reader.events())),
            (layout.UTC, reader.utc()),
            (layout.PINGS, layout.pairs(reader.pings())),
        )
        same = all(name in opened.rows and opened.rows[name].read().tobytes() == own.tobytes() for name, own in tables)
        if not same or len(opened.rows[layout.COUNTS]) != scans or len(opened.rows[layout.ARRIVALS]) != reads:
            raise _different(path)


def _same_scans(opened: Opened, block: ScanBlock, start: int) -> int:
    rows = slice(start, start + len(block))
    same = np.array_equal(opened.rows[layout.COUNTS].read(rows), block.counts)
    if not same or not np.array_equal(opened.rows[layout.SCAN].read(rows), block.scan):
        raise _different(opened.file.path)
    return len(block)


def _same_arrivals(opened: Opened, arrivals: Arrivals, start: int) -> int:
    rows = opened.rows[layout.ARRIVALS].read(slice(start, start + len(arrivals)))
    if not np.array_equal(rows["scan"], arrivals.scan) or not np.array_equal(rows["host_ns"], arrivals.host_ns):
        raise _different(opened.file.path)
    return len(arrivals)


def _different(path: Path) -> RecordingError:
    return RecordingError(f"{path} does not read back as it was written; the journal is kept, check the disk.")
