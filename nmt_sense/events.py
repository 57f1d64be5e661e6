"""Things that happen at one instant during a recording: marks, buttons, cues, the link going and coming."""

from __future__ import annotations

import enum
import math

import msgspec


class EventKind(enum.StrEnum):
    """What happened. The values are the words stored in a recording's ``/events``."""

    MARKER = "marker"
    CLIENT_STOP = "client_stop"
    """The client's stop. ``value``: seconds from the button to taking effect, NaN in the oldest files."""
    NRS = "nrs"
    """Pain. ``value``: 0-10."""
    THRESHOLD = "threshold"
    """The client says that pressure has just become pain. ``value``: as of CLIENT_STOP."""
    TOLERANCE = "tolerance"
    """The client can bear no more. ``value``: as of CLIENT_STOP."""
    EASED = "eased"
    """The client says that the pain has eased enough."""
    BARRIER = "barrier"
    """The practitioner felt the tissue give way."""
    NO_GAIN = "no_gain"
    """The practitioner found that another round gained nothing."""
    NEXT = "next"
    """The practitioner goes on to what comes next."""
    FEEDBACK = "feedback"
    """The practitioner asked for guidance in this hold."""
    UNDO = "undo"
    """The last mark was a mistake. ``text``: its kind; ``value``: its time."""
    CUE = "cue"
    LINK_LOST = "link_lost"
    LINK_RESTORED = "link_restored"
    RESTARTED = "restarted"
    """The glove started anew. ``value``: its boot counter; ``text``: the cause, as in its HELLO."""
    CLOCK_SET = "clock_set"
    """The computer's wall clock was set. ``value``: by how many seconds. No time in the recording depends on it."""
    SLEPT = "slept"
    """The computer slept. ``value``: for how many seconds."""
    DISK_LOW = "disk_low"
    """Room for a few minutes is left. ``value``: how many."""
    BROKEN_OFF = "broken_off"
    """The recording could not go on. ``text``: why."""
    CHECK = "check"
    """A pre-flight check was doubtful or wrong. ``text``: its sentence."""
    NOTE = "note"


COACHED = frozenset(
    {
        EventKind.MARKER,
        EventKind.CLIENT_STOP,
        EventKind.NRS,
        EventKind.THRESHOLD,
        EventKind.TOLERANCE,
        EventKind.EASED,
        EventKind.BARRIER,
        EventKind.NO_GAIN,
        EventKind.NEXT,
        EventKind.FEEDBACK,
        EventKind.UNDO,
    }
)
"""Kinds that coaching heeds, live and when a recording is computed again."""
STAYS = "stays: "
"""Before the kind of a mark in the text of an undo that came too late: what the mark led to is over."""
UNDOABLE = COACHED - {EventKind.CLIENT_STOP, EventKind.UNDO, EventKind.FEEDBACK}
"""Kinds that a person marks, and may mark by mistake. A stop is never taken back."""


class Event(msgspec.Struct, frozen=True):
    """One event on the recording's time axis."""

    time_s: float
    """Seconds from the recording's first scan, on the device's clock."""
    kind: EventKind
    value: float = math.nan
    """A number that belongs to it (pain 0-10, newtons out of band), else NaN."""
    text: str = ""
    """A word that belongs to it (which cue, which key, why the link was lost)."""
