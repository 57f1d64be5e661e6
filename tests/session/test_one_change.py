"""Whatever single thing is changed in a recording, with HDF5's checksums right, verification does not call it good."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sittings import EVENTS, PINGS, Tenths, header, read_of, stream

from nmt_sense.blocks import ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.session.finalize import finalize
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording with everything in it: gaps, events, true forces, readings of the wall clock, answered pings."""
    scan, counts = stream(31, 3000, lost=0.01)
    journal = Journal.create(tmp_path_factory.mktemp("sitting") / "a.nmtj", header())
    for start in range(0, len(scan), 50):
        block = ScanBlock(scan[start : start + 50], counts[start : start + 50])
        journal.add(block, read_of(block), block.counts.astype(np.float32))
    for event in EVENTS:
        journal.add_event(event)
    for second in range(3):
        journal.add_utc(10**9 * second, 10**9 * (1_700_000_000 + second))
        journal.add_ping(*PINGS[second])
    journal.set_counters(crc_errors=2, overruns=1, dropped_scans=3, restarts=1)
    journal.close()
    return finalize(journal.path, None, Tenths)


@pytest.fixture(scope="module")
def places(sitting: Path) -> list[tuple[str, str]]:
    """Every attribute (place, name) and every field of every dataset (place, field or nothing)."""
    found: list[tuple[str, str]] = []

    def look(name: str, item: Any) -> None:
        found.extend((name, f"@{attribute}") for attribute in item.attrs)
        if isinstance(item, h5py.Dataset):
            found.extend((name, field) for field in item.dtype.names or ("",))

    with h5py.File(sitting) as file:
        look("/", file)
        file.visititems(look)
    return found


def other(value: Any) -> Any:
    """Another value of the same kind, near enough to be overlooked."""
    if isinstance(value, np.ndarray):
        return np.array([other(value[0]), *value[1:]], dtype=object)
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, str):
        return value[:-1] if len(value) > 1 else "x"
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1, *value[1:]]) if value else b"x"
    return value + type(value)(1)


def test_an_untouched_copy_is_good(sitting: Path) -> None:
    assert verify(sitting, Tenths).verdict == "gaps"


@settings(max_examples=120)
@given(data=st.data())
def test_one_change_is_noticed(
    sitting: Path, places: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place, name = data.draw(st.sampled_from(places))
    copy = tmp_path_factory.getbasetemp() / "changed.h5"
    shutil.copyfile(sitting, copy)
    with h5py.File(copy, "r+") as file:
        if name.startswith("@"):
            attributes = file[place].attrs
            attributes[name[1:]] = other(attributes[name[1:]])
        elif file[place].shape == ():
            text = file[place][()].decode()
            file[place][()] = text[:-2] + "#\n"
        else:
            rows = file[place][:]
            column = rows[name] if name else rows
            at = tuple(data.draw(st.integers(0, length - 1)) for length in column.shape)
            column[at] = 1.0 if column[at] != column[at] else other(column[at])
            file[place][:] = rows
    try:
        report = verify(copy, Tenths)
    except RecordingError:
        return
    assert report.verdict == "damaged", (place, name)
    assert report.findings
