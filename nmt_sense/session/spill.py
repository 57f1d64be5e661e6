"""Rows that must wait: nobody may write to a journal while its log is started over or another program has locked it.

They are kept in a plain file beside it meanwhile, so that a kill costs no more than at any other moment. It is never
forced to the medium: what it holds is soon in the journal, and only a program's end is to be survived, not the
computer's.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from nmt_sense.errors import RecordingError
from nmt_sense.session.tidy import SPILL, beside

Numbered = tuple[int, tuple[bytes | None, ...], int]
"""Number of a row, its blobs, their checksum."""
_HEAD = struct.Struct("<I")
MOST = 64 << 20
"""Bytes that may wait: an hour of the fastest glove, three of 250 Hz. A longer file is none of ours."""
MOST_BROKEN = 100
"""So many records of which nothing can be made, and the rest is not looked at."""
AT_ONCE = 200
"""Rows that go into the journal together: seven seconds, so that an hour is taken in within half a minute."""


class Spill:
    """What waits, oldest first. Belongs to the thread that writes the journal. Everything raises :class:`OSError`."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._path = beside(journal, SPILL)
        self._file: int | None = None
        self._begin = self._end = 0
        """Where in the file what waits begins and ends."""
        self._unwritten: list[Numbered] = []
        """Waits behind it, in memory: the file did not take it, which ends the recording."""

    @property
    def waits(self) -> bool:
        """Something is not in the journal yet."""
        return self._begin < self._end or bool(self._unwritten)

    def keep(self, row: Numbered) -> None:
        """Keep a row for later. It is kept, too, where this raises: :class:`RecordingError` when too much waits."""
        record = msgspec.msgpack.encode(row)
        piece = _HEAD.pack(len(record)) + record
        try:
            if self._end + len(piece) > MOST:
                raise RecordingError(
                    f"Another program has kept {self._journal} locked for too long, so the recording has ended; what "
                    "was recorded is kept. Close what has it open, a database browser perhaps."
                )
            self._write(piece)
        except BaseException:
            self.keep_in_memory(row)
            raise
        self._end += len(piece)

    def keep_in_memory(self, row: Numbered) -> None:
        """Keep a row for a last try when the recording ends."""
        self._unwritten.append(row)

    def _write(self, piece: bytes) -> None:
        if self._unwritten:  # nothing may come between
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._file = os.open(self._path, flags, 0o666)
        os.lseek(self._file, self._end, os.SEEK_SET)
        try:
            if os.write(self._file, piece) < len(piece):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise

    def oldest(self) -> tuple[list[Numbered], int]:
        """Up to :data:`AT_ONCE` of the rows that wait, and what to tell :meth:`stored` of them."""
        if self._begin == self._end:
            return self._unwritten[:AT_ONCE], 0
        assert self._file is not None
        os.lseek(self._file, self._begin, os.SEEK_SET)
        rows: list[Numbered] = []
        at = self._begin
        while at < self._end and len(rows) < AT_ONCE:
            (length,) = _HEAD.unpack(os.read(self._file, _HEAD.size))
            rows.append(msgspec.msgpack.decode(os.read(self._file, length), type=Numbered))
            at += _HEAD.size + length
        return rows, at

    def stored(self, rows: list[Numbered], at: int) -> None:
        """These rows, which :meth:`oldest` gave, are in the journal."""
        if not at:
            del self._unwritten[: len(rows)]
            return
        self._begin = at
        if at == self._end:
            assert self._file is not None
            os.ftruncate(self._file, 0)
            self._begin = self._end = 0

    def close(self) -> None:
        """Remove the file, unless something still waits in it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            if self._begin == self._end:
                self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Spilled:
    """What was found beside a journal; whoever reads it judges the checksums."""

    rows: list[tuple[Numbered, int]]
    """All that can be told apart, in the order in which they were kept, and the bytes that each takes."""
    size: int
    """Bytes in all: more than those of the rows where a row was being written, or something is damaged."""


def spilled(journal: Path) -> Spilled:
    """What waits beside a journal. Raises :class:`OSError`."""
    path = beside(journal, SPILL)
    if not path.is_file():  # opening a pipe would wait for ever
        return Spilled([], 0)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return Spilled([] if size > MOST else list(_told_apart(file.read())), size)


def _told_apart(content: bytes) -> Iterator[tuple[Numbered, int]]:
    at = broken = 0
    while at + _HEAD.size <= len(content) and broken < MOST_BROKEN:
        (length,) = _HEAD.unpack_from(content, at)
        begin, at = at, at + _HEAD.size + length
        try:
            row = msgspec.msgpack.decode(content[begin + _HEAD.size : at], type=Numbered)
        except msgspec.MsgspecError:  # changed, and those behind it may be whole; or cut short at the end
            broken += 1
        else:
            yield row, at - begin
