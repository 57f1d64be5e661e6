"""How sure the largest force of each row is, and whether it was the contact that pressed: from the forces in the file.

A row keeps the band of its mean only. The band of a force far above the mean is another part of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.coaching.own_hands import PRESSING_N
from nmt_sense.errors import RecordingError
from nmt_sense.holds import Hold
from nmt_sense.session import layout
from nmt_sense.session.recording import BLOCK_SCANS, Recording


def peak_half_widths_n(recording: Recording, rows: Sequence[Hold]) -> list[float]:
    """Half-width of the 95 % band at the largest contact force of each row, N; NaN where no force is kept.

    Empty where the forces cannot be read: a damaged file may have sound rows.
    """
    found = [(-math.inf, math.nan)] * len(rows)
    try:
        for start in range(0, len(recording) if rows else 0, BLOCK_SCANS):
            _look(recording, slice(start, start + BLOCK_SCANS), rows, found)
    except RecordingError:
        return []
    return [half for _, half in found]


def _look(recording: Recording, part: slice, rows: Sequence[Hold], found: list[tuple[float, float]]) -> None:
    """Take a stretch of the recording into account."""
    time_s: Float64Array = recording.read(layout.TIME, part)
    inside = [at for at, row in enumerate(rows) if row.start_s <= time_s[-1] and row.end_s >= time_s[0]]
    if not inside:
        return
    force: Float32Array = recording.read(layout.CONTACT, part)
    half: Float32Array = recording.read(layout.CONTACT_UNCERTAINTY, part)
    for at in inside:
        first = int(np.searchsorted(time_s, rows[at].start_s))
        last = int(np.searchsorted(time_s, rows[at].end_s, side="right"))
        if first < last:
            top = first + int(np.argmax(force[first:last]))
            found[at] = max(found[at], (float(force[top]), float(half[top])), key=lambda one: one[0])


def pressed_elsewhere(recording: Recording, contact: Sequence[str]) -> list[str]:
    """Sensors outside the contact's that carried force while the contact never did; none where all is as it should."""
    names = recording.header.sensors
    try:
        top = recording.overview_level(recording.overview_widths[-1]).maximum
    except (RecordingError, IndexError):
        return []
    if not len(top) or not float(top[:, -1].max()) < PRESSING_N:
        return []
    largest = top[:, :-1].max(axis=0)
    return [name for name, newtons in zip(names, largest, strict=True) if newtons >= PRESSING_N and name not in contact]
