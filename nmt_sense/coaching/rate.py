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
        self._last = math.nan, math.nan
        self.now = math.nan
        """Rate over the newest whole window, N/s."""
        self.windows = self.outside = 0

    def add(self, time_s: Float64Array, force_n: Float64Array) -> None:
        """Take the next samples (K,)."""
        ends = np.arange(-self._seen % self._every, len(time_s), self._every)
        self._seen += len(time_s)
        for time, force in zip(time_s[ends].tolist(), force_n[ends].tolist(), strict=True):
            before_s, before_n = self._last
            self._last = time, force
            if not math.isnan(before_s):
                self.now = (force - before_n) / (time - before_s)
                self.windows += 1
                self.outside += not self._slowest <= self.now <= self._fastest

    @property
    def out_share(self) -> float:
        """Part of the windows in which the rate was out of its limits; NaN without limits or windows."""
        return self.outside / self.windows if self._limited and self.windows else math.nan

    def judge(self, mean_n_per_s: float) -> int:
        """1 when a mean rate is out of the limits, 0 inside, -1 without limits or rate."""
        if not self._limited or math.isnan(mean_n_per_s):
            return -1
        return int(not self._slowest <= mean_n_per_s <= self._fastest)
