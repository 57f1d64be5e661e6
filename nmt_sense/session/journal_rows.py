"""The rows of a journal, going on past pages that cannot be read."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any, Literal

from nmt_sense.session.journal import piece_crc

Row = tuple[bytes, bytes, bytes, bytes | None, bytes | None, bytes | None, int]
"""Runs, counts, arrivals, truth, events, counters, CRC-32."""

COLUMNS = "runs, counts, arrivals, truth, events, counters, crc"
PLACES = {"events": 4, "counters": 5}
SMALLEST_ROW_BYTES = 32
"""No row takes less; says how many there can be when the end of the table cannot be read."""


class JournalRows:
    """One pass over the rows that pass their checksum, in order of their numbers (1, 2, 3 ... without holes)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.damaged = 0
        """Rows so far that failed their checksum or could not be read. How many an unreadable end has is not known:
        it counts as one."""
        self.newest = 0
        """Number of the last row read."""
        self._connection = connection

    def __iter__(self) -> Iterator[Row]:
        query = f"SELECT id, {COLUMNS} FROM piece WHERE id > ? ORDER BY id"
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
        row: Row = found[1:]
        if is_sound(row):
            yield row
        else:
            self.damaged += 1

    def _next_readable(self) -> tuple[Any, ...] | None:
        """The next row, number first, that can be read whole; None when there is none."""
        query = f"SELECT id, {COLUMNS} FROM piece WHERE id = ?"
        for number in range(self.newest + 1, last_row(self._connection) + 1):
            with contextlib.suppress(sqlite3.Error):
                found: tuple[Any, ...] | None = self._connection.execute(query, (number,)).fetchone()
                if found is not None:
                    return found
        return None


def values_of(connection: sqlite3.Connection, column: Literal["events", "counters"]) -> list[bytes]:
    """That column of all sound rows that have it, oldest first."""
    place = PLACES[column]
    query = f"SELECT {COLUMNS} FROM piece WHERE {column} IS NOT NULL ORDER BY id"
    try:
        return [row[place] for row in connection.execute(query) if is_sound(row)]
    except sqlite3.Error:
        return [value for row in JournalRows(connection) if isinstance(value := row[place], bytes)]


def is_sound(row: Row) -> bool:
    """True when the row is what was written."""
    return piece_crc(row[:6]) == row[6]


def last_row(connection: sqlite3.Connection) -> int:
    """Number of the last row, or, when the end of the table cannot be read, one that it cannot exceed."""
    try:
        return int(connection.execute("SELECT ifnull(max(id), 0) FROM piece").fetchone()[0])
    except sqlite3.Error:
        return _pragma(connection, "page_count") * _pragma(connection, "page_size") // SMALLEST_ROW_BYTES


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
