"""The rows of a journal that are what was written, in order; where the file is damaged, all that can still be read."""

from __future__ import annotations

import math
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from nmt_sense.session.header import RecordingHeader
from nmt_sense.session.journal_form import COMMIT_SPAN_S, piece_crc
from nmt_sense.session.journal_pages import JournalPages
from nmt_sense.session.spill import Spilled

Row = tuple[
    bytes, bytes, bytes, bytes | None, bytes | None, bytes | None, bytes | None, bytes | None
]  # fmt: skip
"""Runs, counts, arrivals, truth, events, counters, UTC, pings."""
Found = tuple[Any, ...]
"""Number of a row, its eight parts, CRC-32."""
COLUMNS = "rowid, runs, counts, arrivals, truth, events, counters, utc, pings, crc"
"""What to select to get :data:`Found`."""
Rare = Literal["events", "counters", "utc", "pings"]
"""Parts that few rows have."""
PARTS = 8
LARGEST_NUMBER = 1 << 62
IN_DOUBT_S = 2.0
"""A power cut may spoil so much at the end of a log: a second, and as much again for a slow disk."""
PLACES: dict[Rare, int] = {"events": 4, "counters": 5, "utc": 6, "pings": 7}


@dataclass(frozen=True, slots=True)
class RowForm:
    """How the rows of one journal are written."""

    seed: int
    """What the checksums of its rows start from, so that no other journal's rows are taken for its own."""

    def is_sound(self, found: Found) -> bool:
        """True when what was found is what was written."""
        number, parts, crc = found[0], found[1:9], found[9]
        if not 0 < number < LARGEST_NUMBER or not all(part is None or isinstance(part, bytes) for part in parts):
            return False
        return bool(crc == piece_crc(self.seed, number, parts))

    def sound_one(self, row: Found | None) -> Found | None:
        """What was found in a page, if it is a sound row of the table of pieces, whose first column is NULL."""
        if row is None or len(row) != 11 or row[1] is not None:
            return None
        found = (row[0], *row[2:])
        return found if self.is_sound(found) else None


class RowSource(Protocol):
    """Where rows are found, in order of their numbers (1, 2, 3 ... without holes unless something is lost)."""

    form: RowForm
    whole: bool
    """False when there may have been more at the end than can be found."""
    last: int
    """Number of the last row there is."""

    def rows(self, having: Rare | None = None) -> Iterator[Found]:
        """All rows, sound or not, or at least those that have this part."""


class TableRows:
    """The rows of a journal in which SQLite finds its way. Raises :class:`sqlite3.Error` when it does not."""

    def __init__(self, connection: sqlite3.Connection, form: RowForm) -> None:
        self.form, self.whole = form, True
        self._connection = connection
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != b"ok":
            raise sqlite3.DatabaseError(verdict.decode(errors="replace"))
        self.last = int(connection.execute("SELECT ifnull(max(rowid), 0) FROM piece").fetchone()[0])
        connection.execute(self._query("")).fetchone()

    def rows(self, having: Rare | None = None) -> Iterator[Found]:
        """All rows, or only those that have this part."""
        yield from self._connection.execute(self._query(f"WHERE {having} IS NOT NULL" if having else ""))

    def _query(self, condition: str) -> str:
        return f"SELECT {COLUMNS} FROM piece {condition} ORDER BY rowid"


class SalvagedRows:
    """The sound rows of a journal in which SQLite has lost its way."""

    whole = False

    def __init__(self, pages: JournalPages, form: RowForm) -> None:
        self.form = form
        self._pages = pages
        sound = ((found[0], place) for place, row in pages.rows() if (found := form.sound_one(row)) is not None)
        known = np.array(list(sound), np.int64).reshape(-1, 2)
        numbers, first = np.unique(known[:, 0], return_index=True)
        self._places = known[first, 1]
        self.last = int(numbers[-1]) if len(numbers) else 0

    def rows(self, having: Rare | None = None) -> Iterator[Found]:
        """All rows."""
        for place in self._places.tolist():
            if (found := self.form.sound_one(self._pages.row_at(place))) is not None:
                yield found


class WithSpilled:
    """The rows of a journal, and after them those that still waited beside it when the program was killed."""

    def __init__(self, source: RowSource, waiting: Spilled, header: RecordingHeader) -> None:
        self.form, self.whole, self.last = source.form, source.whole, source.last
        self._source = source
        self._waiting: list[Found] = []
        left = waiting.size
        for (number, parts, crc), size in waiting.rows:  # those before the last row have got into the journal
            found = (number, *parts, crc)
            if number > self.last + 1 or len(found) != 2 + PARTS or not self.form.is_sound(found):
                continue
            left -= size
            if number == self.last + 1:
                self._waiting.append(found)
                self.last = number
        if left > rows_in_doubt(header) * _row_bytes(header):  # else as after a power cut
            self.whole = False

    def rows(self, having: Rare | None = None) -> Iterator[Found]:
        """All rows, or at least those that have this part."""
        yield from self._source.rows(having)
        yield from self._waiting


def _row_scans(header: RecordingHeader) -> int:
    return max(1, math.floor(COMMIT_SPAN_S / header.period_s))


def _row_bytes(header: RecordingHeader) -> int:
    """Bytes of a row's counts, which is most of it."""
    return 2 * header.channels * _row_scans(header)


def rows_in_doubt(header: RecordingHeader) -> int:
    """How many rows stand for :data:`IN_DOUBT_S`."""
    return math.ceil(IN_DOUBT_S / (_row_scans(header) * header.period_s))


def log_goes_on(pages: JournalPages, rows: TableRows, in_doubt: int) -> bool:
    """True when the log holds rows from long after the last one that SQLite finds: something before them is damaged.

    SQLite takes the first bad byte for the log's end. After a power cut it is, or a second more at most was written.
    """
    newest = max(
        (found[0] for _, row in pages.log_rows() if (found := rows.form.sound_one(row)) is not None), default=0
    )
    return newest > rows.last + in_doubt


class JournalRows:
    """One pass over the sound rows."""

    def __init__(self, source: RowSource) -> None:
        self.newest = 0
        """Number of the last sound row so far."""
        self._source = source
        self._missing = 0
        self._unsound = 0

    @property
    def damaged(self) -> int:
        """Rows so far that are missing or not what was written. How many a lost end had is not known: it is one."""
        return self._missing + max(self._unsound, 0 if self._source.whole else 1)

    def __iter__(self) -> Iterator[Row]:
        for found in self._source.rows():
            if found[0] <= self.newest or not self._source.form.is_sound(found):
                self._unsound += 1
                continue
            self._missing += found[0] - self.newest - 1
            self._unsound = 0
            self.newest = found[0]
            yield found[1:9]


def values_of(source: RowSource, part: Rare) -> list[bytes]:
    """That part of all sound rows that have it, oldest first."""
    sound = (found for found in source.rows(part) if source.form.is_sound(found))
    return [value for found in sound if (value := found[1 + PLACES[part]]) is not None]


def stored_header(connection: sqlite3.Connection) -> tuple[bytes, int] | None:
    """The header and its checksum; None when it is not what was written."""
    return _sound_header(connection.execute("SELECT json, crc FROM header").fetchall())


def salvaged_header(pages: JournalPages) -> tuple[bytes, int] | None:
    """The same, of a journal in which SQLite has lost its way."""
    return _sound_header(row[1:] for _, row in pages.rows() if len(row) == 3)


def _sound_header(rows: Iterable[tuple[Any, ...]]) -> tuple[bytes, int] | None:
    for encoded, crc in rows:
        if isinstance(encoded, bytes) and crc == zlib.crc32(encoded):
            return encoded, crc
    return None
