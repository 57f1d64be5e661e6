"""Host time against the glove's scan numbers: a minimum-delay envelope.

What a host sees of a scan is late by the wire, the adapter and the scheduler, and never early. So the truth lies along
the lower edge of the (scan, arrival) pairs, and a least-squares line would be biased by the mean delay. The
earliest arrival of each second is kept for a minute; the line that touches those minima from below is the clock.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from nmt_sense.blocks import Arrivals
from nmt_sense.units import NS_PER_SECOND

BUCKET_S = 1.0
"""Length over which one minimum is kept."""
MEMORY_S = 60.0
"""How long a minimum is remembered."""
MAX_SLOPE = 0.01
"""Largest credible difference between the two clocks' speeds (a ceramic resonator is good to 0.5 %)."""
TOUCH_AT = 0.7
"""Where along the remembered minute the line must touch: later follows a wandering clock sooner on fewer minima."""
SPEED_AFTER = 5
"""Minima needed before the speed is fitted: over fewer seconds a late frame would look like a fast clock."""
_JITTER_STEP_MS = 0.05
_JITTER_STEPS = 4000


class HostClock:
    """Fits host monotonic time to scan number, online; the fitted time never steps back.

    ``period_s`` is the glove's nominal scan period. All inputs are integers, so that the fit can be redone bit for bit
    from the stored pairs.
    """

    def __init__(self, period_s: float) -> None:
        self._period_ns = period_s * NS_PER_SECOND
        self._bucket_scans = max(1, round(BUCKET_S / period_s))
        self._minima: deque[tuple[int, float]] = deque(maxlen=round(MEMORY_S / BUCKET_S))
        self._origin: tuple[int, int] | None = None
        self._bucket = -1
        self._best: tuple[int, float] = (0, 0.0)
        # the line in use: delay(scan) = _level + _slope * (scan - _anchor), ns
        self._anchor, self._level, self._slope = 0, 0.0, 0.0
        self._fitted_slope = 0.0
        self._jitter = np.zeros(_JITTER_STEPS, np.int64)

    def add(self, scan: int, host_ns: int) -> None:
        """A read that ended at ``host_ns`` completed scan number ``scan``."""
        if self._origin is None:
            self._origin = (scan, host_ns)
            self._best = (0, 0.0)
            self._bucket = 0
        x = scan - self._origin[0]
        delay = host_ns - self._origin[1] - x * self._period_ns
        self._count_jitter(delay - self._line(x))
        bucket = x // self._bucket_scans
        if self._bucket < 0:  # after a restart nothing has been gathered yet
            self._bucket, self._best = bucket, (x, delay)
        elif bucket != self._bucket:
            self._minima.append(self._best)
            self._bucket, self._best = bucket, (x, delay)
            self._refit(x)
        elif delay < self._best[1]:
            self._best = (x, delay)
            if not self._minima:  # first second: follow the minimum itself
                self._anchor, self._level = x, delay

    def _line(self, x: float) -> float:
        return self._level + self._slope * (x - self._anchor)

    def restart(self) -> None:
        """The glove has been away and its scans were numbered by this very clock: fit anew, from the same speed on."""
        self._minima.clear()
        self._bucket = -1

    def _refit(self, x: int) -> None:
        slope, level = self._fitted_slope, 0.0
        if len(self._minima) >= SPEED_AFTER:
            slope, level = _touching_line(list(self._minima))
        else:
            level = min(delay - slope * at for at, delay in self._minima)
        slope = min(max(slope, -MAX_SLOPE * self._period_ns), MAX_SLOPE * self._period_ns)
        target = level + slope * x
        here = self._line(x)
        # reach the new line within one bucket, but never faster than the slope limit: no steps, never back
        slew = (target - here) / self._bucket_scans
        limit = MAX_SLOPE * self._period_ns
        self._anchor, self._level = x, here
        self._fitted_slope = slope
        self._slope = slope + min(max(slew, -limit), limit)

    def _count_jitter(self, late_ns: float) -> None:
        step = int(late_ns / 1e6 / _JITTER_STEP_MS)
        self._jitter[min(max(step, 0), _JITTER_STEPS - 1)] += 1

    def host_ns(self, scan: float) -> float:
        """Fitted host monotonic time of scan number ``scan``, ns. Raises ValueError before the first pair."""
        if self._origin is None:
            raise ValueError("no arrival yet")
        x = scan - self._origin[0]
        return self._origin[1] + x * self._period_ns + self._line(x)

    def scan_at(self, host_ns: float) -> float:
        """Scan number (with a fraction) at this host monotonic time. Raises ValueError before the first pair."""
        if self._origin is None:
            raise ValueError("no arrival yet")
        y = host_ns - self._origin[1]
        x = (y - self._level + self._slope * self._anchor) / (self._period_ns + self._slope)
        return self._origin[0] + x

    @property
    def drift_ppm(self) -> float:
        """Speed of the device's clock against the host's, parts per million; positive is a fast device."""
        return -self._fitted_slope / self._period_ns * 1e6

    @property
    def rate_hz(self) -> float:
        """Scans per host second."""
        return NS_PER_SECOND / (self._period_ns + self._fitted_slope)

    @property
    def jitter_p99_ms(self) -> float:
        """99th percentile of the arrivals' lateness above the fitted line, ms, in steps of 0.05 ms (at most 200)."""
        total = int(self._jitter.sum())
        if total == 0:
            return 0.0
        step = int(np.searchsorted(np.cumsum(self._jitter), 0.99 * total))
        return (step + 1) * _JITTER_STEP_MS


def fit_arrivals(period_s: float, arrivals: Arrivals) -> HostClock:
    """The clock refitted from stored pairs: the same numbers as live."""
    clock = HostClock(period_s)
    for scan, host_ns in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
        clock.add(scan, host_ns)
    return clock


def _touching_line(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Slope and level at 0 of the line that touches the points from below.

    Of all lines with no point below them, the highest at a given x is the edge of the lower convex hull that spans
    that x (a linear programme in two unknowns; its optimum is at that pair of vertices).
    """
    hull: list[tuple[int, float]] = []
    for point in points:
        while len(hull) >= 2 and _turns_right(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    if len(hull) == 1:
        return 0.0, hull[0][1]
    touch = points[0][0] + TOUCH_AT * (points[-1][0] - points[0][0])
    edge = next(i for i in range(1, len(hull)) if hull[i][0] >= touch)
    (x0, y0), (x1, y1) = hull[edge - 1], hull[edge]
    slope = (y1 - y0) / (x1 - x0)
    return slope, y0 - slope * x0


def _turns_right(a: tuple[int, float], b: tuple[int, float], c: tuple[int, float]) -> bool:
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])
