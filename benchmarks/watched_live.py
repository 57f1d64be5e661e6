"""The real pipeline, noting when each force became readable; and what the process took meanwhile."""

from __future__ import annotations

import time

from nmt_sense.live import Live
from nmt_sense.setup import Setup
from nmt_sense.state import LiveState
from nmt_sense.workspace import Workspace


class WatchedLive(Live):
    """The pipeline, noting when each newest force became readable."""

    def __init__(self, setup: Setup, workspace: Workspace) -> None:
        self.readable: list[tuple[float, int]] = []
        """Device time of the newest scan (s), and the monotonic time (ns) after which anyone could read it."""
        super().__init__(setup, workspace)

    @property
    def state(self) -> LiveState:
        """The newest picture of now."""
        return self._newest

    @state.setter
    def state(self, state: LiveState) -> None:
        self._newest = state
        self.readable.append((state.time_s, time.monotonic_ns()))


class Usage:
    """Share of one core between two moments."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.monotonic()
        self.began_ns = time.monotonic_ns()

    def stop(self) -> None:
        """The moment at which measuring ends."""
        self.share = (time.process_time() - self._cpu) / (time.monotonic() - self._wall)
        self.ended_ns = time.monotonic_ns()
