"""The real pipeline, noting when each force became readable; and what the process took meanwhile."""

from __future__ import annotations

import time

from nmt_sense.live import Live
from nmt_sense.pipeline.acquisition import Acquisition
from nmt_sense.setup import Setup
from nmt_sense.state import LiveState
from nmt_sense.workspace import Workspace


class _WatchedAcquisition(Acquisition):
    """The acquisition, whose picture of now is a property, so that each change of it is noticed."""

    readable: list[tuple[float, int]]
    _picture: LiveState

    @property
    def state(self) -> LiveState:
        return self._picture

    @state.setter
    def state(self, state: LiveState) -> None:
        self._picture = state
        self.readable.append((state.time_s, time.monotonic_ns()))


class WatchedLive(Live):
    """The pipeline, noting when each newest force became readable."""

    def __init__(self, setup: Setup, workspace: Workspace) -> None:
        super().__init__(setup, workspace)
        self.readable: list[tuple[float, int]] = []
        """Device time of the newest scan (s), and the monotonic time (ns) after which anyone could read it."""
        watched = _WatchedAcquisition.__new__(_WatchedAcquisition)
        watched.readable = self.readable
        for name, value in vars(self._acquisition).items():
            setattr(watched, name, value)
        self._acquisition = watched


class Usage:
    """Share of one core between two moments."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.monotonic()
        self.began_ns = time.monotonic_ns()

    def stop(self) -> None:
        """The moment at which measuring ends."""
        self.share = (time.process_time() - self._cpu) / (time.monotonic() - self._wall)
        self.ended_ns = time.monotonic_ns()
