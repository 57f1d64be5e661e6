"""The pieces that read what somebody sent: bounded memory, no other file, one sentence."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sittings import Tenths, header, recorded, stream

from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.session import layout
from nmt_sense.session.finalize import finalize
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal
from nmt_sense.session.recording import open_recording
from nmt_sense.strict import heap
from nmt_sense.strict.chunks import filtered, fletcher32, unfiltered


def sealed(packed: bytes) -> bytes:
    return packed + struct.pack("<I", fletcher32(packed))


@given(st.binary(min_size=24, max_size=24), st.sampled_from(["<u2", "<f4", "<i8", "S6"]))
def test_a_chunk_comes_back_as_it_went_in(data: bytes, kind: str) -> None:
    chunk = np.frombuffer(data, kind)
    back = unfiltered(filtered(chunk, 1), chunk.dtype, chunk.shape)
    assert (back.dtype, back.tobytes()) == (chunk.dtype, data)


@pytest.mark.parametrize(
    "stored",
    [
        sealed(zlib.compress(bytes(2**20))),
        sealed(zlib.compress(bytes(31))),
        sealed(zlib.compress(bytes(32))[:-5]),
        sealed(b"no gzip at all"),
        filtered(np.zeros(8, "<f4"), 1)[:-1] + b"\1",
        b"",
        b"abc",
    ],
)
def test_a_chunk_with_more_or_less_or_other_than_it_should_have_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"chunk|checksum|compressed"):
        unfiltered(stored, np.dtype("<f4"), (8,))


def collection(*texts: bytes) -> bytes:
    """A collection as HDF5 writes it."""
    filled = b"".join(
        struct.pack("<HH4xQ", number, 1, len(text)) + text.ljust(-(-len(text) // 8) * 8, b"\0")
        for number, text in enumerate(texts, 1)
    )
    rest = 4096 - 16 - len(filled)
    free = struct.pack("<HH4xQ", 0, 0, rest) + bytes(rest - 16)
    return struct.pack("<4sB3xQ", b"GCOL", 1, 4096) + filled + free


def test_texts_are_found_in_a_heap() -> None:
    assert heap.objects(b"before" + collection(b"one", b"", b"P07"), 6) == {1: b"one", 2: b"", 3: b"P07"}
    heap.check_collections(b"GC" + collection(b"a") + collection(b"b"))


@pytest.mark.parametrize(
    ("at", "value"),
    [(4, 2), (9, 1), (16, 2), (24, 200), (25, 16), (31, 255), (40, 0), (72, 7), (73, 1)],
    ids=["version", "longer", "number", "length", "beyond", "negative", "free-for-text", "free-size", "free-size-too"],
)
def test_one_wrong_byte_in_a_heap_is_refused_and_nothing_hangs(at: int, value: int) -> None:
    broken = bytearray(collection(b"one", b"two"))
    broken[at] = value
    with pytest.raises(ValueError, match="texts"):
        heap.check_collections(bytes(broken))


def test_a_recording_whose_texts_are_broken_is_refused_where_hdf5_itself_would_hang(tmp_path: Path) -> None:
    scan, counts = stream(41, 200)
    path = recorded(tmp_path, scan, counts)
    data = bytearray(path.read_bytes())
    at = data.find(b"GCOL")
    while at >= 0:
        for place in range(at + 16, at + 4096 - 16):
            if data[place : place + 8] == b"\0" * 8:  # what is free
                continue
            data[place] = 0
        at = data.find(b"GCOL", at + 4)
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="texts cannot be read"):
        open_recording(path)


def test_true_forces_that_lie_in_another_file_are_refused_before_that_file_is_touched(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        assert sys.platform == "win32"
        return
    os.mkfifo(tmp_path / "waits-for-ever.h5")
    scan, counts = stream(42, 200)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        file["simulation"] = h5py.ExternalLink("waits-for-ever.h5", "/simulation")
    with pytest.raises(RecordingError, match="leads out of the file"):
        open_recording(path)


def test_rows_that_are_declared_but_not_stored_are_refused(tmp_path: Path) -> None:
    scan, counts = stream(43, 200)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        for column in layout.COLUMNS:
            file[column.path].resize(2**40, axis=0)
    with pytest.raises(RecordingError, match=r"declares more than it holds|no table of scans"):
        open_recording(path)


def test_a_megabyte_that_claims_a_gigabyte_is_not_unpacked(tmp_path: Path) -> None:
    scan, counts = stream(44, 200)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        file["time_s"].id.write_direct_chunk((0,), sealed(zlib.compress(bytes(2**26), 9)))
    report = verify(path, Tenths)
    assert report.verdict == "damaged"
    assert "Part of /time_s cannot be read: its checksum is wrong." in report.findings


@pytest.mark.parametrize("participant", ["../../x", "Anna Müller", "a/b", "\x1b[2J"])
def test_a_participant_who_is_no_code_is_refused(tmp_path: Path, participant: str) -> None:
    scan, counts = stream(45, 50)
    with pytest.raises(RecordingError, match=r"The recording cannot start\. A participant code has"):
        recorded(tmp_path, scan, counts, name="never.h5", participant=participant)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        file.attrs["participant"] = participant
    with pytest.raises(RecordingError, match="participant is no code"):
        open_recording(path)


def test_a_stall_is_counted_and_the_longest_is_told(tmp_path: Path) -> None:
    scan, counts = stream(46, 400)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    host_ns = 0
    for row, pause_ns in enumerate([4, 4, 251, 4, 250, 900, 4]):
        host_ns += pause_ns * 1_000_000
        rows = slice(row * 50, row * 50 + 50)
        newest = scan[rows][-1:]
        journal.add(ScanBlock(scan[rows], counts[rows]), Arrivals(newest, np.array([host_ns])))
    journal.add_utc(5, 1_700_000_000_000_000_000)
    journal.close()
    path = finalize(journal.path, None, Tenths)
    report = verify(path, Tenths)
    assert (report.verdict, report.stalls, report.longest_stall_s) == ("intact", 2, 0.9)
    with open_recording(path) as recording:
        assert (recording.integrity.stalls, recording.integrity.longest_stall_s) == (2, 0.9)
        assert recording.utc.tolist() == [[5, 1_700_000_000_000_000_000]]


def test_a_recording_from_before_stalls_were_kept_is_read_and_intact(tmp_path: Path) -> None:
    scan, counts = stream(47, 200)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        del file["raw/utc"]
    with pytest.raises(RecordingError, match="/raw/utc is missing"):
        open_recording(path)
    with h5py.File(path, "r+") as file:
        for name in ("stalls", "longest_stall_s", "restarts", "raw_sha256"):
            del file["integrity"].attrs[name]
        file["integrity"].attrs["units"] = layout.OLDEST_INTEGRITY_UNITS
    assert verify(path, Tenths).verdict == "intact"
    with open_recording(path) as recording:
        assert recording.utc.shape == (0, 2)
        assert recording.integrity.counters.restarts == 0
