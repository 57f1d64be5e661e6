"""Where the scans of a glove belong that was away and counts anew: worked out from the host's clock.

A read is late and never early, so of the reads just after the return the one counts that puts the scans earliest. Scans
that have been numbered stay as they are; but how far the numbering turns out to be ahead is found in the seconds after,
and taken into account at the next return. So errors do not add up, however often a glove goes.
"""

from __future__ import annotations

import math
import statistics

from nmt_sense.glove.clock import HostClock
from nmt_sense.glove.wire import Data
from nmt_sense.units import NS_PER_SECOND

SETTLE_S = 0.03
"""For so long scans are held, so that one late read does not misplace all that follow. They are in memory only: with
the read before and the one after, a kill then costs less than the 0.1 s that it may cost at any time."""
SETTLE_AT_MOST_S = 0.6
"""The same on a computer that is too busy for the two earliest reads to agree."""
AGREE_S = 0.005
"""Behind an adapter that looks for bytes every 16 ms, frames of 12 ms come 0, 4 or 8 ms late by turns."""
REFINE_S = 2.0
"""How long after a return it is looked at how far ahead the numbering is."""
STRAY_S = 1.0
"""A read that says another place by so much had a damaged scan number."""


class Joining:
    """Host time against the numbering as it was at first, and the frames that still wait for their numbers."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._axis = HostClock(period_s, brake=math.inf)  # it places what comes, so it must be right at once
        self._ahead = 0.0
        """Scans by which the numbers in use are ahead of those that were true."""
        self._refine_until = -math.inf
        self._held: list[Data] = []
        self._offsets: list[float] = []
        self._held_since = 0

    def follow(self, scan: int, now_ns: int) -> None:
        """A read at ``now_ns`` completed the scan that has got this number."""
        if now_ns < self._refine_until:
            self._ahead = max(self._ahead, scan - self._axis.scan_at(now_ns))
        else:
            self._axis.add(scan - round(self._ahead), now_ns)

    def hold(self, frames: list[Data], now_ns: int) -> None:
        """Keep frames read at ``now_ns``, and what that says about their place."""
        if not frames:
            return
        if not self._held:
            self._held_since = now_ns
        self._held += frames
        self._offsets.append(self._axis.scan_at(now_ns) + 1 - frames[-1].first_scan - len(frames[-1].counts))

    def ready(self, now_ns: int) -> bool:
        """Enough is known to number what is held."""
        if not self._held:
            return False
        waited_s = (now_ns - self._held_since) / NS_PER_SECOND
        least = sorted(self._offsets)[:2]
        agree = len(least) == 2 and (least[1] - least[0]) * self._period_s < AGREE_S
        return waited_s > (SETTLE_S if agree else SETTLE_AT_MOST_S)

    def release(self, now_ns: int) -> tuple[list[Data], int]:
        """The frames held (perhaps none), and the number of the first scan in them."""
        frames, self._held = self._held, []
        offsets, self._offsets = self._offsets, []
        if not frames:
            return [], 0
        middle = statistics.median_low(offsets)
        offset = min(offset for offset in offsets if abs(offset - middle) * self._period_s < STRAY_S)
        self._ahead = round(offset) - offset
        self._refine_until = now_ns + REFINE_S * NS_PER_SECOND
        return frames, round(offset) + frames[0].first_scan
