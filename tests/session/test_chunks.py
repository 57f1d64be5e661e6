"""Chunks compressed by us are what HDF5 would have made of them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.session import layout
from nmt_sense.session.chunks import ChunkWriter
from nmt_sense.strict.chunks import filtered, fletcher32

TYPES = [("<u2", (8,)), ("<f4", (3,)), ("<f8", ()), (layout.ARRIVAL_TYPE, ())]


def some(kind: object, shape: tuple[int, ...], seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    size = np.dtype(kind).itemsize * int(np.prod(shape))
    plain = random.integers(0, 50, size, np.uint8)
    return plain.view(kind).reshape(shape)


@pytest.mark.parametrize(("kind", "tail"), TYPES)
def test_hdf5_reads_what_was_compressed_outside_it_and_checks_the_same_sums(
    tmp_path: Path, kind: object, tail: tuple[int, ...]
) -> None:
    rows = layout.CHUNK_ROWS
    parts = [some(kind, (length, *tail), length) for length in (2 * rows, rows, 100, rows, 3)]
    writer = ChunkWriter(layout.GZIP_LEVEL)
    with h5py.File(tmp_path / "a.h5", "w", libver=layout.LIBVER) as file:
        dataset = layout.create(file, "a", kind, (0, *tail), "1")
        for part in parts:
            writer.append(dataset, part)
            writer.collect()
    writer.finish()
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["a"][:].tobytes() == b"".join(part.tobytes() for part in parts)
        made_by_hdf5 = file["a"].id.read_direct_chunk((3 * rows, *(0 for _ in tail)))[1]
    assert fletcher32(made_by_hdf5[:-4]).to_bytes(4, "little") == made_by_hdf5[-4:]


@given(st.binary(max_size=400))
def test_the_checksum_is_the_one_of_the_published_loop(data: bytes) -> None:
    first = second = 0
    padded = data + b"\0" * (len(data) % 2)
    for start in range(0, len(padded), 2):
        first += int.from_bytes(padded[start : start + 2], "big")
        second += first
    for _ in range(6):
        first, second = ((total & 0xFFFF) + (total >> 16) for total in (first, second))
    assert fletcher32(data) == second << 16 | first


def test_flipping_any_bit_of_a_chunk_changes_its_checksum() -> None:
    packed = filtered(some("<u2", (40, 3), 5), 1)[:-4]
    right = fletcher32(packed)
    for position in range(len(packed) * 8):
        flipped = bytearray(packed)
        flipped[position // 8] ^= 1 << position % 8
        assert fletcher32(bytes(flipped)) != right
