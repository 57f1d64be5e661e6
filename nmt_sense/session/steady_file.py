"""A file under HDF5 that never tells it that the disk is full.

After one failed write HDF5 can no longer close the file, and the program dies with a segmentation fault, at the latest
when it ends (h5py issue 914; seen again with HDF5 2.0). So failures stop here: the first is remembered for us to raise,
and HDF5 goes on in peace until it has closed a file that is then thrown away.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class SteadyFile(io.FileIO):
    """A new file, in the form that h5py asks of file-like objects.

    Raises :class:`OSError` when it cannot be made, and from :meth:`check` once any later write has failed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x+b")
        self._failure: OSError | None = None

    def check(self) -> None:
        """Raise the first failure, if there was one."""
        if self._failure is not None:
            raise self._failure

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill the whole buffer; what was never written reads as zeros."""
        view = memoryview(buffer).cast("B")
        view[:] = bytes(len(view))
        super().readinto(view)
        return len(view)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it, or remember why not."""
        rest = memoryview(data).cast("B")
        length = len(rest)
        try:
            while len(rest):
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._failure = self._failure or error
        return length

    def truncate(self, size: int | None = None, /) -> int:
        """Cut or extend the file, or remember why not."""
        try:
            return super().truncate(size)
        except OSError as error:
            self._failure = self._failure or error
            return size or 0
