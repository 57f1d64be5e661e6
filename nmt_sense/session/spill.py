"""Rows that must wait: nobody may write to a journal while its log is started over, and slow disks take their time.

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
from pathlib import Path

import msgspec

from nmt_sense.session.tidy import SPILL, beside

Numbered = tuple[int, tuple[bytes | None, ...], int]
"""Number of a row, its blobs, their checksum."""
_HEAD = struct.Struct("<I")
MOST = 64 << 20
"""Bytes that may wait: ten minutes of the fastest simulated glove. A longer file is none of ours."""


class Spill:
    """What waits. Belongs to the thread that writes the journal. Everything raises :class:`OSError`."""

    def __init__(self, journal: Path) -> None:
        self._path = beside(journal, SPILL)
        self._file: int | None = None
        self.waiting: list[Numbered] = []
        """What is not in the journal yet, oldest first."""
        self._filled = False

    def keep(self, row: Numbered) -> None:
        """Keep a row for later."""
        if self._file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            self._file = os.open(self._path, flags, 0o666)
        record = msgspec.msgpack.encode(row)
        if os.write(self._file, _HEAD.pack(len(record)) + record) < _HEAD.size + len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.waiting.append(row)
        self._filled = True

    def empty(self) -> None:
        """All that waited is in the journal."""
        self.waiting.clear()
        if self._file is not None and self._filled:
            os.ftruncate(self._file, 0)
            os.lseek(self._file, 0, os.SEEK_SET)
            self._filled = False

    def close(self) -> None:
        """Remove the file, unless something still waits in it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            if not self.waiting:
                self._path.unlink(missing_ok=True)


def spilled(journal: Path) -> Iterator[Numbered]:
    """What waits beside a journal, up to the first record that is not whole; whoever reads it judges the checksums."""
    path = beside(journal, SPILL)
    if not path.is_file():  # opening a pipe would wait for ever
        return
    with suppress(FileNotFoundError, msgspec.MsgspecError), path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > MOST:
            return
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            yield msgspec.msgpack.decode(file.read(_HEAD.unpack(head)[0]), type=Numbered)
