"""What the window needs from the pipeline; :class:`nmt_sense.live.Live` is one."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.coaching.feedback import FeedbackPlan
from nmt_sense.coaching.state import Cue
from nmt_sense.coaching.words import Scale
from nmt_sense.errors import NmtError
from nmt_sense.events import EventKind
from nmt_sense.state import LiveState


class TraceSource(Protocol):
    """The newest samples."""

    def window(self, seconds: float) -> tuple[Float64Array, Float32Array, Float32Array]:
        """Times (N,) in s, contact forces (N,) and half-widths (N,) in N of the last ``seconds``, oldest first."""
        ...


class LiveSource(Protocol):
    """A running pipeline: one immutable state, a trace, cues, and a few commands."""

    @property
    def state(self) -> LiveState:
        """The newest picture of now."""
        ...

    @property
    def trace(self) -> TraceSource:
        """The newest samples."""
        ...

    @property
    def cues(self) -> queue.SimpleQueue[Cue]:
        """Every cue as it happens; whoever sounds them takes them out."""
        ...

    @property
    def full(self) -> threading.Event:
        """Set when the recording that goes on cannot go on."""
        ...

    @property
    def over(self) -> NmtError | None:
        """Why it cannot."""
        ...

    def start(self) -> None:
        """Begin to read."""
        ...

    def close(self) -> None:
        """Stop everything; may be called twice."""
        ...

    def start_recording(self, participant: str, operator: str = "", path: Path | None = None) -> None:
        """Begin to keep what comes. Raises ``NmtError``."""
        ...

    def stop_recording(self, progress: Callable[[float], None] | None = None) -> Path | None:
        """Write the recording's file; blocks, and reports a fraction 0..1. Raises ``NmtError``."""
        ...

    def report(self, kind: EventKind, value: float = math.nan, text: str = "") -> None:
        """Tell the coach, at this instant, what was reported or asked for. Returns at once."""
        ...

    def set_target(self, low_n: float, high_n: float, hold_s: float) -> None:
        """Another band and time; not while recording. Raises ``NmtError``."""
        ...

    def set_port(self, url: str) -> None:
        """Another port; not while recording. Raises ``NmtError``."""
        ...

    def set_safety(self, pain_ceiling: float | None = None, force_ceiling_n: float | None = None) -> None:
        """Other ceilings, those not None; not while recording. Raises ``NmtError``."""
        ...

    def set_references(self, **newtons: float | None) -> None:
        """What is known of the client; not while recording. Raises ``NmtError``."""
        ...

    def set_feedback(self, plan: FeedbackPlan) -> None:
        """Another schedule of feedback; not while recording. Raises ``NmtError``."""
        ...

    def scale_of(self, practitioner: str) -> Scale | None:
        """A practitioner's words for pressure, None without. Raises ``NmtError``."""
        ...

    def set_technique(self, name: str) -> None:
        """Another technique; not while recording. Raises ``NmtError``."""
        ...
