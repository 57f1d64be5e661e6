"""The coach: force blocks in, holds and cues out."""

from __future__ import annotations

import bisect
import math

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.cues import CueMaker
from nmt_sense.coaching.hold import HoldTracker
from nmt_sense.coaching.runs import RunCutter
from nmt_sense.coaching.state import Cue, HoldProgress
from nmt_sense.coaching.technique import Technique
from nmt_sense.holds import Hold


class Coach:
    """Follows one stream of contact force. No clock, no window; results do not depend on how the stream is cut."""

    def __init__(self, technique: Technique, period_s: float) -> None:
        self._cutter = RunCutter(technique.hold)
        self._tracker = HoldTracker(technique.hold, period_s)
        self._cues = CueMaker(technique.hold, period_s)
        self._stops: list[float] = []
        self._newest_s = -math.inf

    @property
    def progress(self) -> HoldProgress:
        """The hold going on, or the last one, after the newest scan."""
        return self._tracker.progress

    @property
    def holds(self) -> list[Hold]:
        """Finished holds, oldest first."""
        return self._tracker.holds

    def feed(self, block: ForceBlock) -> list[Cue]:
        """Take the next forces; returns the cues that fall into them, in order."""
        if not self._stops:
            return self._advance(block)
        cues: list[Cue] = []
        while self._stops and len(block) and self._stops[0] < block.time_s[-1]:
            before = int(block.time_s.searchsorted(self._stops.pop(0), side="right"))
            cues += self._advance(_part(block, slice(None, before)))
            self._tracker.stop()
            block = _part(block, slice(before, None))
        cues += self._advance(block)
        self._stop_now()
        return cues

    def client_stop(self, time_s: float) -> float:
        """The client pressed stop at this device time: the press going on ends, the next one needs a release first.

        It takes effect after the last scan whose time is not later than ``time_s``. May be called ahead, even before
        the first block (as when a recording is read again), or late: scans already fed cannot be taken back, so the
        time used is then that of the newest scan. Returns the time used. **Record that one**, and reading the
        recording again gives the same holds.
        """
        effective_s = max(time_s, self._newest_s)
        bisect.insort(self._stops, effective_s)
        self._stop_now()
        return effective_s

    def finish(self, time_s: float) -> None:
        """The stream ended at ``time_s``: a stop pressed until then counts, else a hold going on ends with the stream.

        Either way it ends at the newest scan: a hold never covers time that was not measured.
        """
        if self._stops and self._stops[0] <= time_s:
            self._tracker.stop()
        self._stops.clear()
        self._tracker.finish()

    def _stop_now(self) -> None:
        while self._stops and self._stops[0] <= self._newest_s:
            self._stops.pop(0)
            self._tracker.stop()

    def _advance(self, block: ForceBlock) -> list[Cue]:
        cues: list[Cue] = []
        for run in self._cutter.cut(block):
            cues += self._cues.add(run, self._tracker.add(run))
        if len(block):
            self._newest_s = float(block.time_s[-1])
        return cues


def _part(block: ForceBlock, rows: slice) -> ForceBlock:
    return ForceBlock(
        scan=block.scan[rows],
        time_s=block.time_s[rows],
        newtons=block.newtons[rows],
        uncertainty_n=block.uncertainty_n[rows],
        contact_n=block.contact_n[rows],
        contact_uncertainty_n=block.contact_uncertainty_n[rows],
    )
