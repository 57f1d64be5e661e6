"""Looking a recording through without unpacking it: what a child does with a file that somebody sent."""

from __future__ import annotations

from pathlib import Path

from nmt_sense.session.labels import wrong_labels
from nmt_sense.session.recording import Recording, open_recording


def look_through(path: Path) -> Recording:
    """Open a recording and fetch all of it that whoever verifies it will fetch. Raises :class:`RecordingError`."""
    recording = open_recording(path)
    for _ in wrong_labels(recording):
        pass
    recording.fetch_all()
    return recording
