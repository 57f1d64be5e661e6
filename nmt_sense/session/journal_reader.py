"""Reading a journal back, in large pieces and bounded memory."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np

from nmt_sense.blocks import Arrivals, Float32Array, Int64Array, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.session.header import Counters, RecordingHeader, header_problem
from nmt_sense.session.journal_form import APPLICATION_ID, JOURNAL_VERSION, SCHEMA, misses_log
from nmt_sense.session.journal_pages import JournalPages
from nmt_sense.session.journal_rows import (
    JournalRows,
    Rare,
    Row,
    RowForm,
    RowSource,
    SalvagedRows,
    TableRows,
    WithSpilled,
    log_goes_on,
    rows_in_doubt,
    salvaged_header,
    stored_header,
    values_of,
)
from nmt_sense.session.layout import LAST_NS, LAST_SCAN
from nmt_sense.session.spill import spilled
from nmt_sense.session.tidy import LOG, beside

SQLITE_MAGIC = b"SQLite format 3\0"
PIECE_SCANS = 1 << 16
"""Scans per piece; a multiple of the recording's chunk length."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some seconds or minutes of a journal."""

    block: ScanBlock
    truth: Float32Array | None
    """(N, C) true force of a virtual glove, N; NaN where it was not known; None when never known in this piece."""
    arrivals: Arrivals


class JournalReader:
    """A journal opened for reading, as a context manager. The caller holds its lock. Its content is never changed.

    Where SQLite finds it damaged, its pages are read one by one.

    Raises :class:`RecordingError` when the file is no journal or its beginning cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open_files = ExitStack()
        with ExitStack() as opened, self._reading():
            if not path.is_file():
                raise RecordingError(f"There is no journal {path}.")
            source, encoded = _open(path, opened)
            self.header = msgspec.json.decode(encoded, type=RecordingHeader)
            if problem := header_problem(self.header):
                raise ValueError(problem.rstrip("."))
            self._source = WithSpilled(source, spilled(path), self.header)
            self._pass = JournalRows(self._source)
            self._open_files = opened.pop_all()

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open_files.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, msgspec.MsgspecError) as error:
            reason = getattr(error, "strerror", None) or error
            raise RecordingError(f"{self.path} cannot be read as a journal ({reason}); it is kept as it is.") from error

    @property
    def damaged_rows(self) -> int:
        """Rows that failed their checksum or could not be read in the last pass of :meth:`pieces`."""
        return self._pass.damaged

    @property
    def progress(self) -> float:
        """How much of the present pass is done, 0 .. 1."""
        return min(1.0, self._pass.newest / self._source.last) if self._source.last else 1.0

    def counters(self) -> Counters:
        """The newest counters that can be read."""
        with self._reading():
            stored = values_of(self._source, "counters")
            return msgspec.json.decode(stored[-1], type=Counters) if stored else Counters()

    def events(self) -> list[Event]:
        """All events, in the order in which they were added."""
        with self._reading():
            stored = values_of(self._source, "events")
            return [event for row in stored for event in msgspec.msgpack.decode(row, type=list[Event])]

    def utc(self) -> Int64Array:
        """(K, 2) readings of both clocks: the host's monotonic clock and UTC, ns."""
        return self._pairs("utc")

    def pings(self) -> Arrivals:
        """Answered pings, in the order in which the clock took them."""
        pairs = self._pairs("pings")
        return Arrivals(pairs[:, 0], pairs[:, 1])

    def _pairs(self, part: Rare) -> Int64Array:
        with self._reading():
            return np.frombuffer(b"".join(values_of(self._source, part)), "<i8").reshape(-1, 2)

    def blocks(self, size: int = PIECE_SCANS) -> Iterator[tuple[ScanBlock, Float32Array | None]]:
        """Scans and true forces, ``size`` scans at a time, however they were cut when they were added."""
        for piece in self.pieces(size):
            yield piece.block, piece.truth

    def arrivals(self) -> Iterator[Arrivals]:
        """Arrival pairs, many at a time."""
        for piece in self.pieces():
            yield piece.arrivals

    def pieces(self, size: int = PIECE_SCANS) -> Iterator[Piece]:
        """Everything stored, ``size`` scans at a time (fewer in the last piece).

        A row that fails its checksum or cannot be read is left out, so that its scans become a gap, and is counted.
        """
        self._pass = JournalRows(self._source)
        gathered = _Gathering(self.header.channels)
        with self._reading():
            for row in self._pass:
                gathered.add(row)
                if gathered.scans >= size:
                    yield from gathered.take(size)
            yield from gathered.take_rest()


class _Gathering:
    """Joins small rows into large pieces."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._begin()

    def _begin(self) -> None:
        self.scans = 0
        self._runs: list[bytes] = []
        self._counts: list[bytes] = []
        self._arrivals: list[bytes] = []
        self._truths: list[tuple[int, bytes | None]] = []

    def add(self, row: Row) -> None:
        runs, counts, arrivals, truth = row[:4]
        scans = len(counts) // (2 * self._channels)
        self.scans += scans
        self._runs.append(runs)
        self._counts.append(counts)
        self._arrivals.append(arrivals)
        self._truths.append((scans, truth))

    def take(self, size: int) -> Iterator[Piece]:
        """As many pieces of exactly ``size`` scans as there are; the rest stays."""
        whole = self._join()
        self._begin()
        start = 0
        while len(whole.block) - start >= size:
            yield _cut(whole, start, start + size, with_arrivals=start == 0)
            start += size
        self._keep(_cut(whole, start, len(whole.block), with_arrivals=False))

    def take_rest(self) -> Iterator[Piece]:
        whole = self._join()
        if len(whole.block) or len(whole.arrivals):
            yield whole

    def _keep(self, piece: Piece) -> None:
        if len(piece.block):
            ones = np.ones_like(piece.block.scan)
            runs = np.column_stack((piece.block.scan, ones)).tobytes()
            truth = None if piece.truth is None else piece.truth.tobytes()
            self.add((runs, piece.block.counts.tobytes(), b"", truth, None, None, None, None))

    def _join(self) -> Piece:
        counts = np.frombuffer(b"".join(self._counts), "<u2").reshape(-1, self._channels)
        scan = _expand(np.frombuffer(b"".join(self._runs), "<i8").reshape(-1, 2), len(counts))
        pairs = np.frombuffer(b"".join(self._arrivals), "<i8").reshape(-1, 2)
        if np.any((pairs <= -LAST_NS) | (pairs >= LAST_NS)):
            raise ValueError("its times make no sense")
        return Piece(ScanBlock(scan, counts), self._join_truth(), Arrivals(pairs[:, 0], pairs[:, 1]))

    def _join_truth(self) -> Float32Array | None:
        if all(truth is None for _, truth in self._truths):
            return None
        unknown = np.float32(np.nan).tobytes() * self._channels
        joined = b"".join(unknown * scans if truth is None else truth for scans, truth in self._truths)
        return np.frombuffer(joined, "<f4").reshape(-1, self._channels)


def _expand(runs: Int64Array, scans: int) -> Int64Array:
    """Scan numbers of (R, 2) pairs of first scan and length.

    Raises :class:`ValueError` unless there are so many of them and they increase.
    """
    first, length = runs[:, 0], runs[:, 1]
    if ((length < 1) | (length > scans)).any() or length.sum() != scans or (first[1:] < (first + length)[:-1]).any():
        raise ValueError("its scan numbers make no sense")
    if len(first) and (first[0] < 0 or first[-1] > LAST_SCAN):
        raise ValueError("its scan numbers make no sense")
    before = np.cumsum(length) - length
    return np.repeat(first - before, length) + np.arange(scans)


def _cut(piece: Piece, start: int, stop: int, *, with_arrivals: bool) -> Piece:
    block = ScanBlock(piece.block.scan[start:stop], piece.block.counts[start:stop])
    truth = None if piece.truth is None else piece.truth[start:stop]
    nothing = np.empty(0, np.int64)
    return Piece(block, truth, piece.arrivals if with_arrivals else Arrivals(nothing, nothing))


def _open(path: Path, opened: ExitStack) -> tuple[RowSource, bytes]:
    """The rows of a journal and its header, as it was encoded."""
    identity = None
    damage: sqlite3.Error = sqlite3.DatabaseError("its log is damaged")
    try:
        log = beside(path, LOG[0])
        has_log = log.is_file()
        if has_log:  # Windows deletes no file that is open: there SQLite can lock what it only reads, and tidy up
            opened.enter_context(log.open("rb"))
        connection = opened.enter_context(closing(_connect(path)))
        identity = _identity(connection)
        rows = TableRows(connection, identity[0])
        rows.whole = has_log or not misses_log(connection)
        with closing(JournalPages(path)) as pages:
            if not log_goes_on(pages, rows, rows_in_doubt(msgspec.json.decode(identity[1], type=RecordingHeader))):
                return rows, identity[1]
    except sqlite3.Error as error:
        damage = error
    pages = opened.enter_context(closing(JournalPages(path)))
    identity = identity or _salvaged_identity(pages)
    if identity is None:
        raise damage
    return SalvagedRows(pages, identity[0]), identity[1]


def _connect(path: Path) -> sqlite3.Connection:
    with path.open("rb") as file:
        if file.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:  # SQLite would throw the log of an empty file away
            raise sqlite3.DatabaseError("it does not begin as one")
    # One that may write moves the log into the file when it closes, but only up to the first bad byte, and deletes it.
    connection = sqlite3.connect(_uri(path), uri=True, isolation_level=None, timeout=2.0)
    connection.text_factory = bytes  # damage can turn a blob into text
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def _uri(path: Path) -> str:
    """What SQLite opens only for reading, whatever signs and bytes the name has (https://www.sqlite.org/uri.html)."""
    place = path.absolute().as_posix()
    return f"file://{'' if place.startswith('/') else '/'}{quote(os.fsencode(place))}?mode=ro"


def _identity(connection: sqlite3.Connection) -> tuple[RowForm, bytes]:
    """How rows are written, and the header. Raises :class:`sqlite3.Error` when they cannot be read."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise sqlite3.DatabaseError("it is another program's")
    version = _pragma(connection, "user_version")
    if version > JOURNAL_VERSION:
        raise RecordingError("The journal was written by a newer version; update this program.")
    if version < JOURNAL_VERSION:
        raise RecordingError("The journal was written by a version of this program before its first release; use that.")
    if _declared(connection) != _tables():  # a view could compute for ever what a table only holds
        raise sqlite3.DatabaseError("its tables are not those of a journal")
    header = stored_header(connection)
    if header is None:
        raise sqlite3.DatabaseError("its header is damaged")
    return RowForm(header[1]), header[0]


def _salvaged_identity(pages: JournalPages) -> tuple[RowForm, bytes] | None:
    header = salvaged_header(pages)
    return header and (RowForm(header[1]), header[0])


def _declared(connection: sqlite3.Connection) -> list[Any]:
    """How the first few things in a database are declared, more than a journal has."""
    return connection.execute("SELECT sql FROM sqlite_schema ORDER BY name LIMIT 9").fetchall()


@cache
def _tables() -> list[Any]:
    """How those of a journal are."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.text_factory = bytes
        connection.executescript(SCHEMA)
        return _declared(connection)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
