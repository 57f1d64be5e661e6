"""The loading rate, window by window."""

from __future__ import annotations

import math

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.coaching.runs import steps

WINDOW_S = 0.25
"""Assumed: long enough to average a 10 Hz tremor, short enough to correct by."""


class RateMeter:
    """Slope between the ends of neighbouring windows of received scans, counted from the first sample on."""

    def __init__(self, period_s: float, slowest: float | None, fastest: float | None) -> None:
        """Limits in N/s; None where there is none."""
        self._every = steps(WINDOW_S, period_s)
        self._slowest = -math.inf if slowest is None else slowest
        self._fastest = math.inf if fastest is None else fastest
        self._limited = slowest is not None or fastest is not None
        self._seen = 0
        self._ends: tuple[tuple[float, float], ...] = ()
        """Time and force at the ends of the windows, the first sample included."""
        self.now = math.nan
        """Rate over the newest whole window, N/s."""
        self.windows = self.outside = 0

    def add(self, time_s: Float64Array, force_n: Float64Array) -> None:
        """Take the next samples (K,)."""
        ends = np.arange(-self._seen % self._every, len(time_s), self._every)
        self._seen += len(time_s)
        for time, force in zip(time_s[ends].tolist(), force_n[ends].tolist(), strict=True):
            before = self._ends[-1:]
            self._ends += ((time, force),)
            for before_s, before_n in before:
                self.now = (force - before_n) / (time - before_s)
                self.windows += 1
                self.outside += not self._slowest <= self.now <= self._fastest

    @property
    def out_share(self) -> float:
        """Part of the windows in which the rate was out of its limits; NaN without limits or windows."""
        return self.outside / self.windows if self._limited and self.windows else math.nan

    def from_10_to_90(self, time_s: float, force_n: float) -> float:
        """Rate between a tenth and nine tenths of a force reached then, N/s, along the ends of the windows.

        Whoever waits at the top presses no more slowly for it. NaN where the force was there at once, or is none.
        """
        times, forces = np.array((*self._ends, (time_s, force_n))).T
        rising = np.maximum.accumulate(forces)
        low_n, high_n = max(0.1 * force_n, float(forces[0])), 0.9 * force_n
        if not low_n < high_n:
            return math.nan
        first_s, last_s = (_reached(times, rising, level) for level in (low_n, high_n))
        return (high_n - low_n) / (last_s - first_s) if last_s > first_s else math.nan

    def judge(self, *rates: float) -> int:
        """1 when one of these rates is out of the limits, 0 when none is, -1 without limits or any rate."""
        known = [rate for rate in rates if not math.isnan(rate)]
        if not self._limited or not known:
            return -1
        return int(not all(self._slowest <= rate <= self._fastest for rate in known))


def _reached(time_s: Float64Array, rising_n: Float64Array, level_n: float) -> float:
    """When forces (K,) that never fall reach a level first, between two of them along a line."""
    at = int(np.searchsorted(rising_n, level_n))
    if at == 0:
        return float(time_s[0])
    share = (level_n - rising_n[at - 1]) / (rising_n[at] - rising_n[at - 1])
    return float(time_s[at - 1] + share * (time_s[at] - time_s[at - 1]))
