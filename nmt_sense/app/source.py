"""What the window needs from the pipeline; :class:`nmt_sense.live.Live` is one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.coaching.state import Cue
from nmt_sense.errors import NmtError
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

    def mark(self, text: str = "marker") -> None:
        """Keep a mark at the newest scan."""
        ...

    def set_target(self, low_n: float, high_n: float, hold_s: float) -> None:
        """Another band and time; not while recording. Raises ``NmtError``."""
        ...

    def set_port(self, url: str) -> None:
        """Another port; not while recording. Raises ``NmtError``."""
        ...

    def set_technique(self, name: str) -> None:
        """Another technique; not while recording. Raises ``NmtError``."""
        ...
