"""What is asked of a recording that somebody sent, each as one call that a child can make."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from nmt_sense.coaching.own_hands import LoadMeter, RecordingLoad
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.template import Pressed, pressed
from nmt_sense.coaching.thresholds import Threshold, begun_early, threshold
from nmt_sense.derivation import derive
from nmt_sense.errors import TechniqueError
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import PRESSED, Hold
from nmt_sense.sensing.layout import CALIBRATED, Layout
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.session.header import RecordingHeader
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import Recording, open_recording
from nmt_sense.session.report import Report
from nmt_sense.session.verdict import DAMAGED


def report_on(path: Path) -> Report:
    """Verify a recording with a fresh computation. Raises :class:`RecordingError`."""
    return verify(path, derive)


class Held(msgspec.Struct, frozen=True):
    """The holds of a recording, and what is to be known of their forces."""

    holds: list[Hold]
    worth: str
    """What the calibration was worth on that day, in words; empty where nothing is wrong with it."""
    area: ContactArea | None
    """Declared for the contact."""
    early: list[int]
    """Numbers of the trials that began before the rest that the technique asks for was over."""
    damaged: bool = False
    """The file says of itself that it is: what is in it may be wrong."""


def holds_of(path: Path) -> Held:
    """The holds in a recording. Raises :class:`NmtError`."""
    with open_recording(path) as recording:
        header = recording.header
        area = Layout.from_toml(header.calibration_toml).area(header.contact)
        damaged = recording.integrity.verdict == DAMAGED
        return Held(recording.holds, worth_of(header), area, _early(recording), damaged)


def _early(recording: Recording) -> list[int]:
    """Numbers of the trials that began too early; none where the technique that would tell cannot be read."""
    try:
        phases = Technique.from_toml(recording.header.technique_toml).phases
    except TechniqueError:
        return []
    rests = {number: getattr(phase, "rest_s", None) for number, phase in enumerate(phases, 1)}
    return [row.number for row in recording.holds if begun_early(row, rests.get(row.phase))]


def worth_of(header: RecordingHeader) -> str:
    """What must be said of a recording's calibration; nothing of one that was in order."""
    return "" if header.calibration_verdict == CALIBRATED else header.calibration_verdict


class Presses(msgspec.Struct, frozen=True):
    """All presses of a recording, and what is needed to judge them by."""

    presses: list[Pressed]
    technique: str
    """Name of the technique."""
    technique_toml: str
    contact: str
    participant: str
    operator: str
    """Who recorded it: a code, or nothing."""
    calibration_verdict: str
    simulated: bool


def presses_of(path: Path) -> Presses:
    """The presses in a recording with their forces. Raises :class:`NmtError`."""
    with open_recording(path) as recording:
        time_s, contact_n, header = recording.time_s, recording.contact_n, recording.header
        rows = [hold for hold in recording.holds if hold.kind in PRESSED]
        return Presses(
            [pressed(time_s, contact_n, hold) for hold in rows],
            header.technique,
            header.technique_toml,
            header.contact,
            header.participant,
            header.operator,
            header.calibration_verdict,
            header.simulated,
        )


class Measured(msgspec.Struct, frozen=True):
    """What a recording says of a threshold."""

    path: str
    started_at: str
    participant: str
    threshold: Threshold | None
    calibration: str
    """Digest of glove and calibration: the same where an error of the sensor is."""
    worth: str = ""
    """What must be said of the calibration."""


def threshold_of(path: Path) -> Measured:
    """The pressure pain threshold that a recording measured. Raises :class:`NmtError`."""
    with open_recording(path) as recording:
        header = recording.header
        technique = Technique.from_toml(header.technique_toml)
        return Measured(
            str(path).encode(errors="replace").decode(),
            header.started_at,
            header.participant,
            _threshold(recording, technique),
            hashlib.sha256((header.calibration_toml + header.contact).encode()).hexdigest(),
            worth_of(header),
        )


def _threshold(recording: Recording, technique: Technique) -> Threshold | None:
    phase = technique.measurement
    if phase is None:
        return None
    return threshold(
        recording.holds,
        discard_first=phase.discard_first,
        published_n=phase.least_change_n,
        applied_by=technique.applied_by,
        rest_s=phase.rest_s,
    )


def load_of(path: Path) -> RecordingLoad:
    """What the practitioner's hand did in a recording. Raises :class:`RecordingError`."""
    with open_recording(path) as recording:
        header = recording.header
        meter = LoadMeter(header.sensors, header.period_s)
        for _, force in recording.blocks():
            meter.feed(force)
        holds = sum(hold.kind in PRESSED for hold in recording.holds)
        return RecordingLoad(
            header.started_at[:10],
            header.operator,
            header.contact,
            holds,
            meter.loads(),
            worth_of(header),
            header.simulated,
        )


class Heard(msgspec.Struct, frozen=True):
    """What sounded in a recording."""

    cues: list[Event]
    technique_toml: str
    duration_s: float


def heard_in(path: Path) -> Heard:
    """The cues of a recording. Raises :class:`RecordingError`."""
    with open_recording(path) as recording:
        cues = [event for event in recording.events if event.kind is EventKind.CUE]
        return Heard(cues, recording.header.technique_toml, recording.duration_s)
