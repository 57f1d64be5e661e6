"""What is asked of a recording that somebody sent, each as one call that a child can make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from nmt_sense.analysis.pressed_elsewhere import pressed_elsewhere
from nmt_sense.coaching.change import Circumstances
from nmt_sense.coaching.metrics import score_caveat, with_scaled_bands
from nmt_sense.coaching.own_hands import LoadMeter, RecordingLoad
from nmt_sense.coaching.protocol import protocol_of
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.template import Pressed, pressed
from nmt_sense.coaching.thresholds import (
    Threshold,
    begun_early,
    by_course,
    other_tip,
    published,
    threshold,
    with_courses,
)
from nmt_sense.derivation import derive
from nmt_sense.device import GloveInfo
from nmt_sense.errors import ProfileError, RecordingError, TechniqueError
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import PRESSED, Hold
from nmt_sense.participant import known_code
from nmt_sense.sensing.layout import CALIBRATED, FILE_NAME, NOMINAL, Layout
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.session.header import RecordingHeader
from nmt_sense.session.integrity import verify
from nmt_sense.session.layout import HOLDS
from nmt_sense.session.recording import Recording, open_recording
from nmt_sense.session.report import Report
from nmt_sense.session.verdict import DAMAGED
from nmt_sense.strict import toml


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
    caveat: str = ""
    """What must be said beside the scores."""
    damaged: bool = False
    """The file says of itself that it is: what is in it may be wrong."""
    simulated: bool = False
    elsewhere: str = ""
    """What must be said where other sensors pressed all the time and the contact never."""


def holds_of(path: Path) -> Held:
    """The holds in a recording. Raises :class:`NmtError`."""
    with open_recording(path) as recording:
        header, rows = recording.header, _rows(recording)
        known = Layout.from_toml(header.calibration_toml)
        return Held(
            rows,
            worth_of(header),
            known.area(header.contact),
            _early(recording),
            score_caveat(rows, Technique.from_toml(header.technique_toml)),
            damaged=recording.integrity.verdict == DAMAGED,
            simulated=header.simulated,
            elsewhere=_elsewhere(recording, known),
        )


def _rows(recording: Recording) -> list[Hold]:
    """Its rows; those of an older format version with bands of peaks and reports as they were told then."""
    rows, kept = recording.holds, recording.tables[HOLDS]
    return rows if "course" in kept else with_courses([with_scaled_bands(row) for row in rows])


def _elsewhere(recording: Recording, known: Layout) -> str:
    """In one sentence: which sensors carried force while the contact did not, and how another contact is chosen."""
    contact = recording.header.contact
    try:
        strange = pressed_elsewhere(recording, known.contact_sensors(contact, recording.header.sensors))
    except ProfileError:  # the file's layout lacks it
        return ""
    if not strange:
        return ""
    with_them = [name for name, sensors in known.contacts.items() if sensors == "all" or set(sensors) & set(strange)]
    others = f" ({' or '.join(with_them)})" if with_them else ""
    return (
        f"Nothing pressed with the contact {contact}, but {', '.join(strange)} carried force: name another contact"
        f"{others} as default_contact in {FILE_NAME}, and record again."
    )


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
    """A code, or nothing where nobody is named."""
    operator: str
    """Who recorded it: a code, or nothing."""
    calibration_verdict: str
    simulated: bool


def presses_of(path: Path) -> Presses:
    """The presses in a recording with their forces. Raises :class:`NmtError`."""
    with open_recording(path) as recording:
        time_s, header = recording.time_s, recording.header
        contact_n, half_n = recording.contact_n, recording.contact_uncertainty_n
        rows = [hold for hold in _rows(recording) if hold.kind in PRESSED]
        return Presses(
            [pressed(time_s, contact_n, half_n, hold) for hold in rows],
            header.technique,
            header.technique_toml,
            header.contact,
            known_code(header.participant),
            header.operator,
            header.calibration_verdict,
            header.simulated,
        )


class Measured(msgspec.Struct, frozen=True):
    """What a recording says of a threshold."""

    path: str
    started_at: str
    participant: str
    """A code, or nothing where nobody is named."""
    threshold: Threshold | None
    circumstances: Circumstances
    worth: str = ""
    """What must be said of the calibration."""
    simulated: bool = False
    other_tip: str = ""
    """What must be said where the limits of the rate are for another area than the declared one."""
    course: int = 1
    """Which of the courses in which something was reported, 1 the first."""
    courses: int = 1
    """So many the recording has. Each may be of another spot."""


def thresholds_of(path: Path) -> list[Measured]:
    """The pressure pain threshold of each course of a recording; one without any has a single None.

    Raises :class:`NmtError`.
    """
    with open_recording(path) as recording:
        header = recording.header
        technique = Technique.from_toml(header.technique_toml)
        layout = Layout.from_toml(header.calibration_toml)
        area = layout.area(header.contact)
        courses = by_course(_rows(recording)) if technique.measurement is not None else []
        found = [_threshold(rows, technique, area) for rows in courses] or [None]
        return [
            Measured(
                str(path).encode(errors="replace").decode(),
                header.started_at,
                known_code(header.participant),
                one,
                _circumstances(header, layout, technique),
                worth_of(header),
                header.simulated,
                _other_tip(technique, area),
                number,
                len(found),
            )
            for number, one in enumerate(found, 1)
        ]


def _other_tip(technique: Technique, area: ContactArea | None) -> str:
    phase = technique.measurement
    return "" if phase is None else other_tip(phase, _cm2(area))


def _threshold(rows: Iterable[Hold], technique: Technique, area: ContactArea | None) -> Threshold | None:
    phase = technique.measurement
    if phase is None:
        return None
    return threshold(
        rows,
        protocol_of(phase),
        studies=published(phase, _cm2(area)),
        applied_by=technique.applied_by,
    )


def _cm2(area: ContactArea | None) -> float | None:
    return None if area is None else area.cm2


def _circumstances(header: RecordingHeader, layout: Layout, technique: Technique) -> Circumstances:
    """Whoever applied it to themselves is the participant. The day on which a layout was used is none of its own."""
    area = layout.area(header.contact)
    known = msgspec.structs.replace(layout, used_on=None).to_toml()
    glove = toml.decode(header.device_toml, GloveInfo, "The recording's description of its glove", RecordingError)
    return Circumstances(
        day=header.started_at[:10],
        calibration=hashlib.sha256(f"{glove.serial_number} {header.contact} {known}".encode()).hexdigest(),
        calibrated=NOMINAL not in header.calibration_verdict,
        operator=known_code(header.participant if technique.applied_by == "self" else header.operator),
        area_cm2=_cm2(area),
    )


def load_of(path: Path) -> RecordingLoad:
    """What the practitioner's hand did in a recording. Raises :class:`RecordingError`."""
    with open_recording(path) as recording:
        header = recording.header
        meter = LoadMeter(header.sensors, header.period_s)
        for _, force in recording.blocks():
            meter.feed(force)
        return RecordingLoad(
            header.started_at[:10],
            header.operator,
            header.contact,
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
