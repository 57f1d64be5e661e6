"""Whether it was the contact that pressed, or other sensors all the time: from the forces in the file."""

from __future__ import annotations

from collections.abc import Sequence

from nmt_sense.coaching.own_hands import PRESSING_N
from nmt_sense.errors import RecordingError
from nmt_sense.session.recording import Recording


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
