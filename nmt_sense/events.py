"""Things that happen at one instant during a recording: marks, buttons, cues, the link going and coming."""

from __future__ import annotations

import enum
import math

import msgspec


class EventKind(enum.StrEnum):
    """What happened. The values are the words stored in a recording's ``/events``."""

    MARKER = "marker"
    CLIENT_STOP = "client_stop"
    NRS = "nrs"
    CUE = "cue"
    LINK_LOST = "link_lost"
    LINK_RESTORED = "link_restored"
    NOTE = "note"


class Event(msgspec.Struct, frozen=True):
    """One event on the recording's time axis."""

    time_s: float
    """Seconds from the recording's first scan, on the device's clock."""
    kind: EventKind
    value: float = math.nan
    """A number that belongs to it (pain 0-10, newtons out of band), else NaN."""
    text: str = ""
    """A word that belongs to it (which cue, which key, why the link was lost)."""
