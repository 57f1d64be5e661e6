"""What the pipeline shows: one immutable picture of now, replaced as a whole by the acquisition thread."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from pathlib import Path

from nmt_sense.checks import Check
from nmt_sense.coaching.state import HoldProgress, Situation
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.totals import Totals
from nmt_sense.device import GloveInfo
from nmt_sense.events import Event
from nmt_sense.holds import Hold
from nmt_sense.sensing.profile import ContactArea


class LinkPhase(enum.Enum):
    """How things stand between glove and host."""

    CLOSED = "closed"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    STALLED = "stalled"
    """Connected, but nothing has come for a quarter of a second."""
    LOST = "lost"
    """Unplugged, silent for long, or never there: ``problem`` says which and what to do."""


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """How good the stream is, counted since it started."""

    rate_hz: float = 0.0
    """Scans per host second, from the clock fit; 0 before it is known."""
    received: int = 0
    lost: int = 0
    """Scans that the numbering shows missing."""
    crc_errors: int = 0
    """Frames dropped by the host: CRC, COBS or length wrong."""
    overruns: int = 0
    """Scans the glove could not start, as it reports."""
    repeated: int = 0
    """Scans dropped because their number had come before."""
    stalls: int = 0
    """Times nothing came for more than a quarter of a second, the cable being out included."""
    restarts: int = 0
    """Times the glove started anew."""
    drift_ppm: float = 0.0
    """Device clock against host clock, parts per million; positive is a fast device."""
    jitter_p99_ms: float = 0.0
    """99th percentile of arrival delay above the fitted envelope."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """Everything a window or a terminal needs to draw one moment."""

    phase: LinkPhase
    port: str
    progress: HoldProgress
    contact: str
    """Name of the contact whose force is coached."""
    technique: str
    """Title of the technique."""
    calibration: str
    """Verdict in words, e.g. ``nominal, uncalibrated``."""
    situation: Situation | None = None
    """Where in the technique things are; None only before any technique is known."""
    plan: Technique | None = None
    """The technique itself; None only before any is known."""
    events: tuple[Event, ...] = ()
    """The newest marks and reports, oldest first, as they took effect; on the axis of ``time_s``."""
    calibration_trusted: bool = False
    contact_area: ContactArea | None = None
    """Declared for the contact, so that a nominal pressure may be shown beside its force."""
    problem: str = ""
    """What is wrong and what to do, in one sentence; empty when nothing is."""
    info: GloveInfo | None = None
    time_s: float = 0.0
    """Device time of the newest scan, seconds since the first scan of this connection or recording."""
    newtons: tuple[float, ...] = ()
    """(C) force on each sensor, N, in channel order (``info.sensor_names``)."""
    uncertainty_n: tuple[float, ...] = ()
    """(C) half-width of the 95 % band of each, N."""
    contact_n: float = 0.0
    contact_uncertainty_n: float = 0.0
    contact_sensors: tuple[str, ...] = ()
    """Names of the sensors whose sum is the contact force."""
    newest_ns: int = 0
    """Host monotonic time at which the newest scan's force became readable, ns."""
    quality: LinkQuality = field(default_factory=LinkQuality)
    holds: tuple[Hold, ...] = ()
    """The newest hundred finished rows, oldest first."""
    totals: Totals = field(default_factory=Totals)
    """What all of them come to."""
    frozen: str = ""
    """Why the hold timer waits (``cable out``, ``no data``, ``glove restarting``); empty while it runs."""
    frozen_s: float = 0.0
    """For how long it has been waiting, s."""
    warning: str = ""
    """What will go wrong soon (disk, battery, calibration) and what to do; unlike ``problem`` nothing is lost yet."""
    checks: tuple[Check, ...] = ()
    """The pre-flight check, renewed every second while a glove streams and nothing is recorded."""
    recording: bool = False
    verdict: str = ""
    """The word that the recording would get if it ended now; empty while nothing is recorded."""
    room_s: float = math.inf
    """For how long the disk has room at this rate, s; infinite when not known."""
    recorded_s: float = 0.0
    path: Path | None = None
    """The finished file of the last recording, once written."""
    client_stop_down: bool = False
    marker_down: bool = False
