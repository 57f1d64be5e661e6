"""A damaged journal, page by page: SQLite's own way in leads along a tree of pages of which one may be missing.

Every page of the file and of its log is looked at for rows (https://www.sqlite.org/fileformat2.html, sections 1.5, 1.6,
2.1 and 4.2). What only looks like a row fails its checksum, and what is found is one pass over the file, however much
of it is damaged.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from nmt_sense.session.journal_form import PAGE_BYTES

TABLE_LEAF = 0x0D
LOG_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
LARGEST_LOCAL = PAGE_BYTES - 35
"""A longer row goes on in overflow pages."""
SMALLEST_LOCAL = (PAGE_BYTES - 12) * 32 // 255 - 23
OVERFLOW_BYTES = PAGE_BYTES - 4
INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
"""By serial type."""
LEAST_ROW = 16
"""Bytes that a row takes in its page at least: where it lies, its number, and a type for each of eleven columns."""
TIMES_READ = 16
"""How often a page in which a row goes on is read in one pass, on average, at most. A log holds the page in which rows
begin again each time one is added, up to nine that go on elsewhere: 5 times. More, and rows were made to share them."""
AT_ONCE = 1024
"""Pages looked at together, whether there is anything in them."""

Found = tuple[Any, ...]
"""Number of a row and its values."""


class JournalPages:
    """All rows in the pages of a journal and of its log. Neither is changed.

    Raises :class:`OSError` when it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb", buffering=0)
        self._log: BinaryIO | None = None
        log = path.with_name(path.name + "-wal")
        if log.is_file():
            self._log = log.open("rb", buffering=0)
        self._newest = self._newest_in_log()
        self._size = _size(self._file) + (0 if self._log is None else _size(self._log))
        self._to_follow = 0

    def close(self) -> None:
        """Close both files."""
        self._file.close()
        if self._log is not None:
            self._log.close()

    def rows(self) -> Iterator[tuple[int, Found]]:
        """Whatever looks like a row, with the place from which :meth:`row_at` gets it again."""
        self._begin_pass()
        for offset in _places(self._file, 0, PAGE_BYTES):
            yield from self._rows_of(offset, _read(self._file, offset))
        yield from self.log_rows()

    def log_rows(self) -> Iterator[tuple[int, Found]]:
        """The same, of the log alone."""
        self._begin_pass()
        for offset, _ in self._frames():
            yield from self._rows_of(-offset, _read(self._log, offset))

    def _begin_pass(self) -> None:
        """Pages in which rows go on are read so often and no more, whatever rows that somebody forged may share."""
        self._to_follow = TIMES_READ * (self._size // PAGE_BYTES + AT_ONCE)

    def row_at(self, place: int) -> Found | None:
        """The row at a place that :meth:`rows` gave; None when it cannot be read any more."""
        offset, cell = divmod(abs(place), PAGE_BYTES)
        page = _read(self._log if place < 0 else self._file, offset)
        self._begin_pass()
        with contextlib.suppress(IndexError, ValueError, struct.error):
            return self._row(page, cell)
        return None

    def _rows_of(self, where: int, page: bytes) -> Iterator[tuple[int, Found]]:
        if len(page) != PAGE_BYTES or page[0] != TABLE_LEAF:
            return
        (cells,) = struct.unpack_from(">H", page, 3)
        for cell in struct.unpack_from(f">{min(cells, PAGE_BYTES // LEAST_ROW)}H", page, 8):
            with contextlib.suppress(IndexError, ValueError, struct.error):
                place = abs(where) * PAGE_BYTES + cell
                yield (-place if where < 0 else place), self._row(page, cell)

    def _row(self, page: bytes, cell: int) -> Found:
        length, at = _varint(page, cell)
        number, at = _varint(page, at)
        return number, *_values(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        if length > self._size:
            raise ValueError("longer than the file")
        if length <= LARGEST_LOCAL:
            return page[at : at + length]
        local = SMALLEST_LOCAL + (length - SMALLEST_LOCAL) % OVERFLOW_BYTES
        local = local if local <= LARGEST_LOCAL else SMALLEST_LOCAL
        parts = [page[at : at + local]]
        follow = page[at + local : at + local + 4]
        pages = -(-(length - local) // OVERFLOW_BYTES)
        self._to_follow -= pages
        if self._to_follow < 0:
            raise ValueError("rows share what they go on in")
        for _ in range(pages):
            overflow = self._page(int.from_bytes(follow, "big"))
            follow = overflow[:4]
            parts.append(overflow[4:])
            if len(overflow) != PAGE_BYTES:
                raise ValueError("an overflow page is missing")
        return b"".join(parts)[:length]

    def _page(self, number: int) -> bytes:
        """The newest content of a page, the first being number 1."""
        if number in self._newest:
            return _read(self._log, self._newest[number])
        return _read(self._file, (number - 1) * PAGE_BYTES) if number else b""

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        """Where the log's pages begin, and the salt that each carries, also those of a generation before.

        Rows never change, so that an old page is as good as a new one.
        """
        if self._log is None:
            return
        step, size = FRAME_HEADER_BYTES + PAGE_BYTES, _size(self._log)
        for offset in _places(self._log, LOG_HEADER_BYTES, step):
            if offset + step <= size:
                yield offset + FRAME_HEADER_BYTES, _read(self._log, offset, FRAME_HEADER_BYTES)[8:16]

    def _newest_in_log(self) -> dict[int, int]:
        """Where the newest content of each page is, by its number; pages in which a row goes on do change."""
        present = self._present_salt()
        return {
            int.from_bytes(_read(self._log, offset - FRAME_HEADER_BYTES, 4), "big"): offset
            for offset, salt in self._frames()
            if salt == present
        }

    def _present_salt(self) -> bytes:
        """The salt of the present generation: the header's or the first frame's, unless no other frame carries it."""
        carried = Counter(salt for _, salt in self._frames())
        likely = [_read(self._log, 0, LOG_HEADER_BYTES)[16:24], *carried]
        ((most_common, _),) = carried.most_common(1) or [(b"", 0)]
        return next((salt for salt in likely[:2] if carried[salt] > 1), most_common)


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _places(file: BinaryIO, first: int, step: int) -> Iterator[int]:
    """Where the records of a file begin, ``step`` bytes from each to the next, without long stretches of zeros.

    A file can be said to have any length, and cost nothing but the time of whoever reads it.
    """
    zeros, size, following = bytes(AT_ONCE * step), _size(file), first
    for begin, end in _written(file, size):
        start = max(following, begin - (begin - first) % step)
        for offset in range(start, end, len(zeros)):
            following = offset + len(zeros)
            if _read(file, offset, len(zeros)) != zeros:
                yield from range(offset, min(following, size), step)


def _written(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """From where to where a file was ever written, where the system knows; else all of it (see lseek(2))."""
    end = 0
    while end < size:
        try:
            begin = file.seek(end, os.SEEK_DATA)
            end = file.seek(begin, os.SEEK_HOLE)
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", None) != errno.ENXIO:  # which says: nothing but a hole up to the end
                yield end, size
            return
        yield begin, end


def _read(file: BinaryIO | None, offset: int, length: int = PAGE_BYTES) -> bytes:
    """Bytes of a file; fewer at its end, none where the medium cannot read them."""
    if file is None:
        return b""
    try:
        file.seek(offset)
        return file.read(length)
    except OSError:
        return b""


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer and where the next thing begins."""
    value = 0
    for step in range(8):
        byte = page[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | page[at + 8], at + 9


def _values(record: bytes) -> Iterator[Any]:
    """The values of a record: None, integers and bytes. Raises :class:`ValueError` for any other."""
    end, at = _varint(record, 0)
    body = end
    while at < end:
        kind, at = _varint(record, at)
        if kind >= 12:
            length = (kind - 12) // 2
            value: Any = record[body : body + length]
        elif kind < len(INTEGER_BYTES):
            length = INTEGER_BYTES[kind]
            value = int.from_bytes(record[body : body + length], "big", signed=True) if kind else None
        elif kind in (8, 9):
            length, value = 0, kind - 8
        else:
            raise ValueError("no value of a journal")
        body += length
        yield value
