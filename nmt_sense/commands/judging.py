"""What is asked of a recording that somebody sent, each as one call that a child can make."""

from __future__ import annotations

from pathlib import Path

from nmt_sense.derivation import derive
from nmt_sense.holds import Hold
from nmt_sense.session.integrity import Report, verify
from nmt_sense.session.recording import open_recording


def report_on(path: Path) -> Report:
    """Verify a recording with a fresh computation. Raises :class:`RecordingError`."""
    return verify(path, derive)


def holds_of(path: Path) -> list[Hold]:
    """The holds in a recording. Raises :class:`RecordingError`."""
    with open_recording(path) as recording:
        return recording.holds
