"""What a journal looks like: its tables, and the rows that are read back after a crash."""

from __future__ import annotations

import sqlite3
import struct
import zlib

import numpy as np

from nmt_sense.blocks import Int64Array

APPLICATION_ID = 0x4E4D_544A
"""``NMTJ`` in the file's header, so that other programs can tell what the file is."""
JOURNAL_VERSION = 4
"""Versions 1 to 3, which no release wrote, had no ``pings``, or could not tell that their log was lost."""
PAGE_BYTES = 1024
COMMIT_SPAN_S = 0.036
"""Scans wait at most this long in memory."""

SCHEMA = """
CREATE TABLE header (json BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE header_again (json BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE log (     -- which log comes next, and which one has begun: see misses_log
    next INTEGER NOT NULL,
    begun INTEGER NOT NULL
);
INSERT INTO log VALUES (0, 0);
CREATE TABLE piece (
    id INTEGER PRIMARY KEY,
    runs BLOB NOT NULL,      -- int64 pairs: first scan, number of consecutive scans
    counts BLOB NOT NULL,    -- uint16, scans x sensors
    arrivals BLOB NOT NULL,  -- int64 pairs: scan, host ns
    truth BLOB,              -- float32, scans x sensors, newtons; virtual gloves only
    events BLOB,             -- MessagePack list, which unlike JSON knows NaN
    counters BLOB,           -- JSON, only when they changed
    utc BLOB,                -- int64 pairs: host ns, UTC ns
    pings BLOB,              -- int64 pairs: scan, host ns; about one a second
    crc INTEGER NOT NULL     -- see piece_crc
);
"""
ANNOUNCE_LOG = "UPDATE log SET next = next + 1"
"""The last write of a log that is then moved into the database."""
BEGIN_LOG = "UPDATE log SET begun = next"
"""The first write of the one after it: this makes the new log's header, and syncs it."""
INSERT = "INSERT INTO piece VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def piece_crc(seed: int, number: int, blobs: tuple[bytes | None, ...]) -> int:
    """CRC-32 over a row: its number, how long each of its eight blobs is (-1: absent), and what is in them.

    ``seed`` is the checksum of the journal's header, so that rows of another journal are never taken for this one's.
    """
    lengths = [-1 if blob is None else len(blob) for blob in blobs]
    return zlib.crc32(b"".join(filter(None, blobs)), zlib.crc32(struct.pack("<q8i", number, *lengths), seed))


def runs_of(scan: Int64Array) -> list[int]:
    """First scan and length of each run of consecutive numbers in ``scan`` (N,), one after the other.

    Raises :class:`ValueError` when the numbers do not increase.
    """
    numbers = scan.tolist()
    if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return [numbers[0], len(numbers)]
    steps = np.diff(scan)
    if steps.min() <= 0:
        raise ValueError("scan numbers do not increase")
    starts = np.concatenate(([0], np.flatnonzero(steps != 1) + 1))
    lengths = np.diff(starts, append=len(scan))
    return [int(value) for value in np.column_stack((scan[starts], lengths)).flat]


def packed(integers: list[int]) -> bytes:
    """Little-endian int64."""
    return struct.pack(f"<{len(integers)}q", *integers)


def misses_log(connection: sqlite3.Connection) -> bool:
    """True when a journal that has no log must have had one; rows may be lost with it that nobody can count.

    What moves a log into the database, be it another program that opens and closes the journal, moves its first write
    with it: this one says that the log which the last write before it announced has begun.
    """
    following, begun = connection.execute("SELECT next, begun FROM log").fetchone()
    return bool(following != begun)
