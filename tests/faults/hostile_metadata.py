"""Forging HDF5's metadata: bytes changed under checksums made right again, which only HDF5 itself looks behind.

Each structure begins with four letters and ends with a checksum, lookup3 by Bob Jenkins (public domain), as
H5checksum.c has it. Where one ends is found by trying.
"""

from __future__ import annotations

import random
import re
import struct

_STRUCTURES = re.compile(rb"\x89HDF|OHDR|OCHK|FRHP|BTHD|BTLF|EAHD|EAIB")
LONGEST = 700
_MASK = 0xFFFFFFFF


def structures(data: bytes, most: int) -> list[tuple[int, int]]:
    """Start and length, without its checksum, of the first structures in a file whose end is found."""
    found = []
    for match in _STRUCTURES.finditer(data):
        length = _length(data, match.start())
        if length:
            found.append((match.start(), length))
        if len(found) == most:
            break
    return found


def _length(data: bytes, start: int) -> int:
    lengths = range(16, min(LONGEST, len(data) - start - 4))
    return next((n for n in lengths if data[start + n : start + n + 4] == checksum(data[start : start + n])), 0)


def forged(data: bytes, places: list[tuple[int, int]], seed: int) -> bytes:
    """The file with one to three bytes of a structure changed and its checksum right."""
    chance = random.Random(seed)
    changed = bytearray(data)
    start, length = chance.choice(places)
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = start + chance.randrange(4, length)
        changed[at] = chance.choice((changed[at] ^ 1 << chance.randrange(8), chance.randrange(256), 0, 1, 255))
    changed[start + length : start + length + 4] = checksum(bytes(changed[start : start + length]))
    return bytes(changed)


def checksum(data: bytes) -> bytes:
    """lookup3 with start value 0, four bytes, little-endian."""
    a = b = c = 0xDEADBEEF + len(data) & _MASK
    full = max(0, (len(data) - 1) // 12 * 12)
    for x, y, z in struct.iter_unpack("<III", data[:full]):
        a, b, c = _mixed(a + x & _MASK, b + y & _MASK, c + z & _MASK)
    if len(data) > full:
        x, y, z = struct.unpack("<III", data[full:].ljust(12, b"\0"))
        c = _last(a + x & _MASK, b + y & _MASK, c + z & _MASK)
    return struct.pack("<I", c)


def _turned(x: int, by: int) -> int:
    return (x << by | x >> 32 - by) & _MASK


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    for by in (4, 6, 8, 16, 19, 4):
        a = (a - c & _MASK) ^ _turned(c, by)
        c = c + b & _MASK
        a, b, c = b, c, a
    return a, b, c


def _last(a: int, b: int, c: int) -> int:
    for by in (14, 11, 25, 16, 4, 14, 24):
        c = (c ^ b) - _turned(b, by) & _MASK
        a, b, c = b, c, a
    return b
