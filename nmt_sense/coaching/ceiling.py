"""The force ceiling: an alarm with the first scan above it, whatever else goes on."""

from __future__ import annotations

import numpy as np

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.runs import steps
from nmt_sense.coaching.state import Cue, CueKind

AGAIN_S = 0.5
"""Assumed: between two alarms while the force stays above."""
CLEAR_S = 1.0
"""Assumed: below for so long, or without data, and the next alarm is a new one. Tremor at the ceiling is one and the
same."""
TOO_MUCH = "Too much. Ease off."
"""Said once, with the first alarm of those that go on."""


class CeilingWatch:
    """Looks at every scan."""

    def __init__(self, ceiling_n: float | None, period_s: float) -> None:
        self._ceiling = ceiling_n
        self._again, self._clear = steps(AGAIN_S, period_s), steps(CLEAR_S, period_s)
        self._next: int | None = None
        """Scan of the next alarm, of those that go on."""
        self._last = 0
        """The last scan above."""
        self.above = False
        """The newest scan is above the ceiling."""

    def look(self, block: ForceBlock) -> list[Cue]:
        """Alarms in these scans."""
        if self._ceiling is None:
            return []
        cues: list[Cue] = []
        above = block.contact_n > self._ceiling
        self.above = bool(above[-1])
        if not above.any():
            return []
        turns = np.flatnonzero(np.diff(above) | (np.diff(block.scan) != 1)) + 1
        for piece in np.split(np.arange(len(block)), turns):
            if above[piece[0]]:
                cues += self._alarms(block, piece)
        return cues

    def _alarms(self, block: ForceBlock, piece: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Cue]:
        """Alarms of a stretch above the ceiling, by scan number so that the cutting does not matter."""
        cues: list[Cue] = []
        first, last = int(block.scan[piece[0]]), int(block.scan[piece[-1]])
        if self._next is not None and first - self._last > self._clear:
            self._next = None
        self._last = last
        at = first if self._next is None else max(self._next, first)
        while at <= last:
            row = int(np.searchsorted(block.scan, at))
            newtons = float(block.contact_n[row])
            words = TOO_MUCH if self._next is None and not cues else ""
            cues.append(Cue(float(block.time_s[row]), CueKind.CEILING, newtons - (self._ceiling or 0.0), text=words))
            at = int(block.scan[row]) + self._again
        self._next = at
        return cues
