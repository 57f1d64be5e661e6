"""The rows of a journal, going on past pages that cannot be read."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from nmt_sense.session.journal import piece_crc

Row = tuple[bytes, bytes, bytes, bytes | None, bytes | None, bytes | None, bytes | None]
"""Runs, counts, arrivals, truth, events, counters, UTC."""

PLACES = {"events": 4, "counters": 5, "utc": 6}
SMALLEST_ROW_BYTES = 32
"""No row takes less; says how many there can be when the end of the table cannot be read."""


@dataclass(frozen=True, slots=True)
class RowForm:
    """How the rows of one journal are written."""

    version: int
    seed: int
    """What the checksums of its rows start from, so that no other journal's rows are taken for its own."""

    @property
    def columns(self) -> str:
        """What to select: number, the seven parts of a row, CRC-32."""
        return f"id, runs, counts, arrivals, truth, events, counters, {'utc' if self.version > 1 else 'NULL'}, crc"

    def is_sound(self, found: tuple[Any, ...]) -> bool:
        """True when what was found is what was written."""
        number, parts, crc = found[0], found[1:8], found[8]
        if not all(part is None or isinstance(part, bytes) for part in parts):
            return False
        if self.version == 1:
            return bool(crc == zlib.crc32(b"".join(filter(None, parts))))
        return bool(crc == piece_crc(self.seed, number, parts))


class JournalRows:
    """One pass over the rows that pass their checksum, in order of their numbers (1, 2, 3 ... without holes)."""

    def __init__(self, connection: sqlite3.Connection, form: RowForm) -> None:
        self.damaged = 0
        """Rows so far that failed their checksum or could not be read. How many an unreadable end has is not known:
        it counts as one."""
        self.newest = 0
        """Number of the last row read."""
        self._connection = connection
        self._form = form

    def __iter__(self) -> Iterator[Row]:
        query = f"SELECT {self._form.columns} FROM piece WHERE id > ? ORDER BY id"
        while True:
            try:
                for found in self._connection.execute(query, (self.newest,)):
                    yield from self._checked(found)
                return
            except sqlite3.Error:  # the walk cannot go on, but rows on other pages can still be asked for by number
                next_row = self._next_readable()
            if next_row is None:
                self.damaged += 1
                return
            self.damaged += next_row[0] - self.newest - 1
            yield from self._checked(next_row)

    def _checked(self, found: tuple[Any, ...]) -> Iterator[Row]:
        self.newest = found[0]
        if self._form.is_sound(found):
            yield found[1:8]
        else:
            self.damaged += 1

    def _next_readable(self) -> tuple[Any, ...] | None:
        """The next row, number first, that can be read whole; None when there is none."""
        query = f"SELECT {self._form.columns} FROM piece WHERE id = ?"
        for number in range(self.newest + 1, last_row(self._connection) + 1):
            with contextlib.suppress(sqlite3.Error):
                found: tuple[Any, ...] | None = self._connection.execute(query, (number,)).fetchone()
                if found is not None:
                    return found
        return None


def values_of(
    connection: sqlite3.Connection, form: RowForm, column: Literal["events", "counters", "utc"]
) -> list[bytes]:
    """That column of all sound rows that have it, oldest first."""
    return [value for row in JournalRows(connection, form) if isinstance(value := row[PLACES[column]], bytes)]


def last_row(connection: sqlite3.Connection) -> int:
    """Number of the last row, or, when the end of the table cannot be read, one that it cannot exceed."""
    try:
        return int(connection.execute("SELECT ifnull(max(id), 0) FROM piece").fetchone()[0])
    except sqlite3.Error:
        return _pragma(connection, "page_count") * _pragma(connection, "page_size") // SMALLEST_ROW_BYTES


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
