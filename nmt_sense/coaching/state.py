"""What coaching says at this instant: the state of the hold, one word of advice, and cues."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue: a single pulse, chime or warning."""

    time_s: float
    kind: CueKind
    error_n: float = math.nan
    """Newtons outside the band, 0 or more; NaN where it has no meaning."""
    strength: float = 1.0
    """0..1, grows with the error: loudness of the pulse."""


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
