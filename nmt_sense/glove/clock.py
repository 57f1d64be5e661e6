"""Host time against the glove's scan numbers: a minimum-delay envelope.

What a host sees of a scan is late by the wire, the adapter and the scheduler, and never early. So the truth lies along
the lower edge of the (scan, arrival) pairs, and a least-squares line would be biased by the mean delay. The earliest
arrival of each second is kept for a minute, and a line along the edge of those is the clock.

An answered ping bounds the same line from the other side: the moment the glove names lies after the host sent the
ping. On that way no adapter waits for a timer, so pings, where there are some, place the line.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from nmt_sense.blocks import Arrivals, Int64Array
from nmt_sense.glove.edge import MAX_SLOPE, Edge
from nmt_sense.units import NS_PER_SECOND

BUCKET_S = 1.0
"""Length over which one minimum is kept."""
MAX_BRAKE = 0.4
"""Fitted time that proves to be late may run so much slower until it is right, but never backwards."""
SPEED_AFTER_S = 5.0
"""Evidence needed before the speed is fitted: over fewer seconds a late frame would look like a fast clock."""
KEEP_SPEED_S = 30.0
"""After a pause a speed is given up only for one from as much evidence, or from so much."""
PAUSE_S = 0.5
"""Host time and scan numbers that both jump by so much: the glove was away, and may be numbered anew."""
NUMBERED_ANEW = 0
"""In place of a ping's host time: from this scan on the glove counts anew, and earlier pings say nothing of it."""
EARLY_NS = 1e6
"""An arrival so much before the fitted time is followed at once, not at the end of its second."""
_JITTER_STEP_NS = 50_000.0
_JITTER_STEPS = 4000


class HostClock:
    """Fits host monotonic time to scan number, online; the fitted time of newer scans never steps back.

    ``period_s`` is the glove's nominal scan period. All inputs are integers (scan numbers below 2^40, times below
    2^62 ns), and pauses are seen in the pairs themselves, so that the fit can be done again bit for bit from what is
    stored. Without pings the fitted time is late by what every scan needs: conversion, wire, and the adapter's
    shortest delay. With pings it is early by the shortest way out, under 1 ms.
    """

    def __init__(self, period_s: float, brake: float = MAX_BRAKE) -> None:
        """``brake``: see :data:`MAX_BRAKE`; infinite where right at once matters more than never to step back."""
        self._period_ns = period_s * NS_PER_SECOND
        self._max_brake = brake * self._period_ns
        self._bucket_scans = max(1, round(BUCKET_S / period_s))
        self._pause_scans = PAUSE_S / period_s
        self._keep_speed = KEEP_SPEED_S / period_s
        self._speed_after: float = SPEED_AFTER_S / period_s
        self._arrived = Edge(period_s)
        self._sent = Edge(period_s)  # upside down: pings bound from below
        self._pings: deque[tuple[int, int]] = deque()
        self._origin: tuple[int, int] | None = None
        self._newest = (0, 0)
        self._bucket = 0
        self._best = (0, 0.0)
        # the line in use: delay(scan) = level + slope * (scan - anchor) + slew * (at most a bucket of that), ns
        self._anchor, self._level, self._slope, self._slew = 0, 0.0, 0.0, 0.0
        self.arrival_lag_ns = 0.0
        """How much later than the fitted time even the earliest arrivals come: known, and not 0, once pings tell."""
        self._jitter = np.zeros(_JITTER_STEPS, np.int64)

    # -- evidence ------------------------------------------------------------------------------------------------

    def add(self, scan: int, host_ns: int) -> None:
        """A read that ended at ``host_ns`` completed scan number ``scan``; dropped when that is not a newer one."""
        if self._origin is None:
            self._origin = self._newest = (scan, host_ns)
        elif scan <= self._newest[0]:
            return
        x = scan - self._origin[0]
        delay = host_ns - self._origin[1] - x * self._period_ns
        self._enter(scan, host_ns, (x, delay))
        late = delay - self._line(x)
        self._jitter[int(min(max((late - self.arrival_lag_ns) / _JITTER_STEP_NS, 0.0), _JITTER_STEPS - 1.0))] += 1
        if late < (-EARLY_NS if self._arrived.points else 0.0):
            self._brake(x, late, scan - self._newest[0])
        if delay < self._best[1]:
            self._best = (x, delay)
        self._newest = (scan, host_ns)

    def add_many(self, scan: Int64Array, host_ns: Int64Array) -> None:
        """Many pairs at once, (M,) each: to the bit what as many calls of :meth:`add` do, and far faster."""
        if len(scan) and self._origin is None:
            self.add(int(scan[0]), int(host_ns[0]))
        newer = scan > np.maximum.accumulate(np.append(self._newest[0], scan))[:-1]
        scan, host_ns = scan[newer], host_ns[newer]
        for start, stop in self._runs(scan, host_ns):
            self.add(int(scan[start]), int(host_ns[start]))
            rest = slice(start + 1, stop)
            if not self._add_run(scan[rest], host_ns[rest]):
                for pair in zip(scan[rest].tolist(), host_ns[rest].tolist(), strict=True):
                    self.add(*pair)

    def add_ping(self, scan: int, host_ns: int) -> None:
        """Scan number ``scan`` did not start before ``host_ns``: a ping was sent then, and answered in that scan.

        ``host_ns`` is the host time just before the ping was sent, less the ticks that the answer adds to its scan
        number, in ns; or it is :data:`NUMBERED_ANEW`. Pings come in the order of their scans, each before the first
        pair of a newer scan or any time earlier: so all stored pings may be given first when a clock is fitted again.
        """
        self._pings.append((scan, host_ns))

    def add_pings(self, pings: Arrivals) -> None:
        """Many at once, as :meth:`add_ping` takes them."""
        self._pings.extend(zip(pings.scan.tolist(), pings.host_ns.tolist(), strict=True))

    def _runs(self, scan: Int64Array, host_ns: Int64Array) -> list[tuple[int, int]]:
        """Stretches of pairs, start and stop, that lie in one bucket and have no pause within."""
        if not len(scan):
            return []
        assert self._origin is not None
        away = (np.diff(scan) > self._pause_scans) & (np.diff(host_ns) > PAUSE_S * NS_PER_SECOND)
        turns = np.diff((scan - self._origin[0]) // self._bucket_scans) != 0
        starts = [0, *(np.flatnonzero(turns | away) + 1).tolist()]
        return list(zip(starts, [*starts[1:], len(scan)], strict=True))

    def _add_run(self, scan: Int64Array, host_ns: Int64Array) -> bool:
        """What :meth:`add` does, for pairs that end no bucket; false, and nothing done, when one moves the line."""
        if not len(scan) or not self._arrived.points:
            return not len(scan)
        assert self._origin is not None
        x = scan - self._origin[0]
        delay = host_ns - self._origin[1] - x * self._period_ns
        dx = x - self._anchor
        late = delay - (self._level + self._slope * dx + self._slew * np.minimum(dx, self._bucket_scans))
        if late.min() < -EARLY_NS:
            return False
        steps = np.clip((late - self.arrival_lag_ns) / _JITTER_STEP_NS, 0.0, _JITTER_STEPS - 1.0).astype(np.int64)
        self._jitter += np.bincount(steps, minlength=_JITTER_STEPS)
        least = int(delay.argmin())
        if delay[least] < self._best[1]:
            self._best = (int(x[least]), float(delay[least]))
        self._newest = (int(scan[-1]), int(host_ns[-1]))
        return True

    # -- the line ------------------------------------------------------------------------------------------------

    def _line(self, x: float) -> float:
        dx = x - self._anchor
        return self._level + self._slope * dx + self._slew * min(dx, self._bucket_scans)

    def _enter(self, scan: int, host_ns: int, point: tuple[int, float]) -> None:
        """Close the bucket before this pair, if it is the first of a new one or follows a pause."""
        bucket = point[0] // self._bucket_scans
        before, before_ns = self._newest
        if scan - before > self._pause_scans and host_ns - before_ns > PAUSE_S * NS_PER_SECOND:
            self._pause(scan, point[0])
        elif bucket != self._bucket:
            self._close_bucket(point[0], bucket * self._bucket_scans)
        else:
            return
        self._bucket, self._best = bucket, point

    def _pause(self, scan: int, x: int) -> None:
        """The glove has been away, and if it counts anew, this very clock has numbered it: only the speed is kept."""
        self._move(x, self._slope, 0.0)
        self._arrived.clear()
        self._sent.clear()
        while self._pings and self._pings[0][0] < scan:
            self._pings.popleft()

    def _close_bucket(self, x: int, begin: int) -> None:
        """The bucket that begins at ``begin`` opens with the pair at ``x``."""
        self._take_pings(begin)
        self._arrived.add(*self._best)
        self._refit(x)

    def _take_pings(self, before: int) -> None:
        assert self._origin is not None
        while self._pings and self._pings[0][0] - self._origin[0] < before:
            scan, host_ns = self._pings.popleft()
            x = scan - self._origin[0]
            if host_ns == NUMBERED_ANEW:
                self._sent.clear()
            elif not self._sent.points or x > self._sent.points[-1][0]:
                self._sent.add(x, -(host_ns - self._origin[1] - x * self._period_ns))

    def _refit(self, x: int) -> None:
        self._arrived.forget(x)
        self._sent.forget(x)
        slope, target = self._fit(x)
        limit = MAX_SLOPE * self._period_ns
        # reach the new line within one bucket, but never in a step
        slew = min(max((target - self._line(x)) / self._bucket_scans, -self._max_brake), limit)
        self._move(x, min(max(slope, -limit), limit), slew)

    def _fit(self, x: int) -> tuple[float, float]:
        """Slope, and delay at ``x``, that the evidence says."""
        slope = self._slope
        if self._arrived.span >= self._speed_after:
            self._speed_after = min(self._arrived.span, self._keep_speed)
            slope, level = self._arrived.line(x)
        else:
            level = self._arrived.level(x, slope) if self._arrived.points else self._line(x)
        self.arrival_lag_ns = 0.0
        if not self._sent.points:
            return slope, level
        if self._sent.span >= self._keep_speed:
            sent_slope, sent_level = self._sent.line(x)
        else:
            sent_slope, sent_level = -slope, self._sent.level(x, -slope)
        if -sent_level >= level:  # no way out takes so long: an arrival is never early
            return slope, level
        self.arrival_lag_ns = level + sent_level
        return -sent_slope, -sent_level

    def _move(self, x: int, slope: float, slew: float) -> None:
        """From ``x`` on another slope, without a step."""
        self._level = self._line(x)
        self._anchor, self._slope, self._slew = x, slope, slew

    def _brake(self, x: int, late_ns: float, scans: int) -> None:
        """Follow an early arrival down, but in ``scans`` scans no faster than the brake."""
        level = self._line(x) + max(late_ns, -self._max_brake * scans)
        self._move(x, self._slope, 0.0)
        self._level = level

    # -- answers -------------------------------------------------------------------------------------------------

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
        here = host_ns - self._origin[1] - self._anchor * self._period_ns - self._level
        speed = self._period_ns + self._slope
        dx = here / (speed + self._slew)
        if dx > self._bucket_scans:
            dx = (here - self._slew * self._bucket_scans) / speed
        return self._origin[0] + self._anchor + dx

    @property
    def drift_ppm(self) -> float:
        """Speed of the device's clock against the host's, parts per million; positive is a fast device."""
        return -self._slope / self._period_ns * 1e6

    @property
    def rate_hz(self) -> float:
        """Scans per host second."""
        return NS_PER_SECOND / (self._period_ns + self._slope)

    @property
    def jitter_p99_ms(self) -> float:
        """99th percentile of the arrivals' lateness above the fitted line, ms, in steps of 0.05 ms (at most 200)."""
        total = int(self._jitter.sum())
        if total == 0:
            return 0.0
        step = int(np.searchsorted(np.cumsum(self._jitter), 0.99 * total))
        return (step + 1) * _JITTER_STEP_NS / 1e6


def fit_arrivals(period_s: float, arrivals: Arrivals, pings: Arrivals | None = None) -> HostClock:
    """The clock fitted again from stored pairs, and pings if there were any: the same numbers as live."""
    clock = HostClock(period_s)
    if pings is not None:
        clock.add_pings(pings)
    clock.add_many(arrivals.scan, arrivals.host_ns)
    return clock
