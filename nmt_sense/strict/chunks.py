"""One chunk of a recording as HDF5 stores it: shuffle, gzip, fletcher32. To and from bytes, without HDF5.

Writing so uses all cores. Reading so keeps to the size that a chunk may have: HDF5's own filter inflates whatever it is
given, and a megabyte of gzip can claim a gigabyte.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILTERED_SLACK = 64
"""Bytes beyond a thousandth by which a chunk that cannot be compressed may grow (zlib's bound and the checksum)."""


def filtered(chunk: NDArray[Any], level: int) -> bytes:
    """A chunk as HDF5 stores it after shuffle, gzip and fletcher32, in this order."""
    planes = chunk.reshape(-1).view(np.uint8).reshape(-1, chunk.dtype.itemsize).T
    packed = zlib.compress(planes.tobytes(), level)
    return packed + struct.pack("<I", fletcher32(packed))


def unfiltered(stored: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The inverse of :func:`filtered`, in memory bounded by the shape.

    Raises :class:`ValueError` when the checksum is wrong or there is more or less in it than the shape says.
    """
    packed, checksum = stored[:-4], stored[-4:]
    if checksum != struct.pack("<I", fletcher32(packed)):
        raise ValueError("its checksum is wrong")
    size = math.prod(shape) * dtype.itemsize
    inflating = zlib.decompressobj()
    try:
        plain = inflating.decompress(packed, size + 1)
    except zlib.error as error:
        raise ValueError("it is not compressed data") from error
    if len(plain) != size or not inflating.eof:
        raise ValueError("a chunk holds more or less than it should")
    planes = np.frombuffer(plain, np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).reshape(-1).view(dtype).reshape(shape)


def largest_stored(size: int) -> int:
    """Bytes that a chunk of ``size`` bytes can take at most once filtered."""
    return size + size // 1000 + FILTERED_SLACK


def fletcher32(data: bytes) -> int:
    """Fletcher's checksum as HDF5 computes it (H5checksum.c): big-endian 16-bit words, sums modulo 65535.

    Sums are folded, not divided, so that a multiple of 65535 other than 0 is 65535.
    """
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2").astype(np.int64)
    first = int(words.sum())
    second = int(np.dot(words, np.arange(len(words), 0, -1)))
    return _folded(second) << 16 | _folded(first)


def _folded(total: int) -> int:
    return (total - 1) % 65535 + 1 if total else 0
