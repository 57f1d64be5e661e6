"""Whether a file that has a recording's name is the recording of that journal: what was measured, as checksums.

Such a file may come from anybody, so it is a child process that reads it (see :mod:`nmt_sense.strict.apart`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.session import layout
from nmt_sense.session.journal_reader import JournalReader
from nmt_sense.session.opening import Opened
from nmt_sense.session.recording import open_recording
from nmt_sense.session.verdict import DAMAGED
from nmt_sense.strict.apart import apart

MEASURED = (layout.COUNTS, layout.SCAN, layout.ARRIVALS, layout.EVENTS, layout.UTC, layout.PINGS)
ROWS = 1 << 16
Part = tuple[str, NDArray[Any]]


class Measured(msgspec.Struct, frozen=True):
    """What was measured in one recording."""

    recording_id: str
    sums: list[str]
    """SHA-256 of the bytes of each of :data:`MEASURED`."""


def is_of(path: Path, reader: JournalReader) -> bool:
    """True when this file can be read, and holds what the journal does, bit for bit."""
    try:
        found = apart("nmt_sense.session.placed:measured_in", path, Measured)
    except RecordingError:
        return False
    return found.recording_id == reader.header.recording_id and found == measured_by(reader)


def measured_in(path: Path) -> Measured:
    """What a sound file holds. Raises :class:`RecordingError`: one that was spoilt must not cost its journal."""
    from nmt_sense.session.integrity import verify  # which knows of the making of files, and that of this

    with open_recording(path) as recording:
        made_of_rest = recording.integrity.unreadable_pieces > 0  # damaged from its beginning
    if not made_of_rest and verify(path).verdict == DAMAGED:
        raise RecordingError(f"{path} is damaged.")
    opened = Opened(path)
    with opened.file:
        return Measured(str(opened.file.attribute("/", "recording_id")), _sums(_stored(opened)))


def _stored(opened: Opened) -> Iterator[Part]:
    for name in MEASURED:
        rows = opened.rows.get(name)
        for start in range(0, 0 if rows is None else len(rows), ROWS):
            assert rows is not None
            yield name, rows.read(slice(start, start + ROWS))


def measured_by(reader: JournalReader) -> Measured:
    """What a journal holds. Raises :class:`RecordingError`."""
    return Measured(reader.header.recording_id, _sums(_journalled(reader)))


def _journalled(reader: JournalReader) -> Iterator[Part]:
    for piece in reader.pieces():
        yield layout.COUNTS, piece.block.counts.astype("<u2", copy=False)
        yield layout.SCAN, piece.block.scan.astype("<i8", copy=False)
        yield layout.ARRIVALS, layout.pairs(piece.arrivals)
    yield layout.EVENTS, layout.table(Event, reader.events())
    yield layout.UTC, np.array([tuple(pair) for pair in reader.utc().tolist()], layout.UTC_TYPE)
    yield layout.PINGS, layout.pairs(reader.pings())


def _sums(parts: Iterator[Part]) -> list[str]:
    sums = {name: hashlib.sha256() for name in MEASURED}
    for name, rows in parts:
        sums[name].update(np.ascontiguousarray(rows).view(np.uint8).data)
    return [digest.hexdigest() for digest in sums.values()]
