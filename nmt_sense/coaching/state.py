"""What coaching says at this instant: the state of the hold, one word of advice, and cues."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from nmt_sense.holds import HoldEnd


class HoldState(enum.Enum):
    """Where in a hold the practitioner is."""

    IDLE = "idle"
    """No contact."""
    LOADING = "loading"
    """In contact, the band not yet entered."""
    IN_BAND = "in band"
    """Inside the band, or outside it for less than the grace time."""
    LEFT_BAND = "left the band"
    """Outside the band for longer than the grace time, still in contact."""
    RELEASED = "released"
    """Contact has just ended; back to idle with the next contact."""


class Advice(enum.Enum):
    """What to do, in one word."""

    READY = "READY"
    MORE = "MORE"
    HOLD = "HOLD"
    LESS = "LESS"
    DONE = "DONE"
    """The wanted time is reached: release."""
    WAIT = "WAIT"
    """Data are missing; what is shown is old."""


class CueKind(enum.StrEnum):
    """Something sounded or shown to guide. The values are the words stored in a recording's ``/events``."""

    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    DONE = "done"
    DATA_LOST = "data_lost"
    DATA_BACK = "data_back"
    CEILING = "ceiling"
    """The force is above the ceiling that the user set: an alarm, whatever the schedule of feedback."""
    LET_GO = "let_go"
    """Something else than letting go has ended a press, and the hand is still on; repeated, whatever the schedule."""
    SAY = "say"
    """Words to be spoken (``text``): a phase, a countdown."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue: a single pulse, chime or warning."""

    time_s: float
    kind: CueKind
    error_n: float = math.nan
    """Newtons outside the band, 0 or more; NaN where it has no meaning."""
    strength: float = 1.0
    """0..1, grows with the error: loudness of the pulse."""
    text: str = ""
    """What to say."""


@dataclass(frozen=True, slots=True)
class HoldProgress:
    """The hold going on now, or the last one."""

    state: HoldState
    advice: Advice
    low_n: float
    high_n: float
    wanted_s: float
    number: int = 0
    """Number of the hold going on, or of the last one; 0 before the first."""
    in_band_s: float = 0.0
    error_n: float = 0.0
    """Newtons outside the band: negative below it, positive above it, 0 inside."""
    mean_n: float = math.nan
    lapses: int = 0
    missing_s: float = 0.0


class PhaseKind(enum.StrEnum):
    """Kinds of phases, as in a technique's file."""

    HOLD = "hold"
    RAMP = "ramp"
    TIMED = "timed"
    STROKES = "strokes"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True)
class Situation:
    """Where in the technique things are. Numbers count from 1; what is unknown is NaN."""

    kind: PhaseKind
    title: str
    """Of the phase."""
    say: str
    """What to do now, in a sentence."""
    phase: int
    phases: int
    round: int
    rounds: int
    repetition: int
    """The one going on, or that comes next."""
    repetitions: int
    """0: without limit."""
    course: int = 1
    """The technique has begun anew so many times, and once more."""
    level: int = 1
    levels: int = 1
    searching: bool = False
    """Patient-led: the force rises until the client reports; there is no band yet."""
    left_s: float = math.nan
    """Until the phase, or the longest time that a hold may take, is over."""
    rest_left_s: float = 0.0
    """Of the rest before the next repetition."""
    rate_n_per_s: float = math.nan
    """Newest loading rate, while loading."""
    slowest_n_per_s: float = math.nan
    fastest_n_per_s: float = math.nan
    target_n: float = math.nan
    """Where the force should be now, when following a template or a ramp."""
    strokes_per_min: float = math.nan
    """Of the last two strokes."""
    last_end: HoldEnd | None = None
    """Why the last row ended."""
    halted: HoldEnd | None = None
    """Why nothing goes on until the practitioner does: the client's stop, or pain; None while it goes on."""
    let_go: bool = False
    """Something else than letting go has ended the press: the hand should come off."""
    match: float = math.nan
    """Part of the press going on that was within the tolerance of its template, 0-1."""
    last_report_n: float = math.nan
    """Force at the last report of a measurement."""
    threshold_n: float = math.nan
    tolerance_n: float = math.nan
    maximum_n: float = math.nan
    pain: float = math.nan
    """Newest pain report, 0-10."""
    above_ceiling: bool = False
    """The force is above the ceiling."""
    guided: bool = True
    """This hold is guided by cues."""
    blinded: bool = False
    """Force and target must not be shown now."""
    schedule: str = "constant"
    finished: bool = False
    """Every phase is done; NEXT begins anew."""
