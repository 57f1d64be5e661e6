"""Text of variable length as HDF5 stores it: the global heap, looked at without HDF5.

The library (2.0) runs for ever in a heap with one wrong byte, and no checksum protects it. So each is looked through
here first. Layout: HDF5 File Format Specification 3.0, section III.E.
"""

from __future__ import annotations

import struct

SIGNATURE = b"GCOL"
REFERENCE = struct.Struct("<IQI")
"""What stands for one text: its length, where the heap begins, which object."""
_HEAD = struct.Struct("<4sB3xQ")
_OBJECT = struct.Struct("<HH4xQ")
_SMALLEST = 4096


def collection_size(data: bytes, at: int) -> int:
    """Length in bytes of the collection that begins at ``at``. Raises :class:`ValueError` when it is none."""
    if len(data) < at + _HEAD.size:
        raise ValueError("a text lies beyond the end")
    signature, version, size = _HEAD.unpack_from(data, at)
    if signature != SIGNATURE or version != 1 or not _SMALLEST <= size <= len(data) - at:
        raise ValueError("its texts cannot be read")
    return int(size)


def objects(data: bytes, at: int) -> dict[int, bytes]:
    """The objects of the collection at ``at``, by their number. Raises :class:`ValueError` for one that is broken."""
    end = at + collection_size(data, at)
    found: dict[int, bytes] = {}
    here = at + _HEAD.size
    while end - here >= _OBJECT.size:
        number, _, length = _OBJECT.unpack_from(data, here)
        if number == 0:  # the free rest, its own head included
            if length != end - here:
                raise ValueError("its texts cannot be read")
            break
        here += _OBJECT.size
        if number in found or length > end - here:
            raise ValueError("its texts cannot be read")
        found[number] = data[here : here + length]
        here += -(-length // 8) * 8
    return found


def check_collections(data: bytes) -> None:
    """Look through every collection in a stretch of a file. Raises :class:`ValueError` when one is broken."""
    at = data.find(SIGNATURE)
    while at >= 0:
        objects(data, at)
        at = data.find(SIGNATURE, at + len(SIGNATURE))
