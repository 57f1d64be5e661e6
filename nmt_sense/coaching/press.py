"""One press, from contact on: everything a hold is made of, gathered run by run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nmt_sense.coaching.band_statistics import BandStatistics
from nmt_sense.coaching.runs import Dwell, Run, Zone, steps
from nmt_sense.coaching.technique import HoldPhase
from nmt_sense.holds import Hold, HoldEnd

ROUNDING = 1e-6
"""Of a scan period: what division may be off by without another scan being asked for."""

LETTING_GO_S = 2.0
"""Assumed: the time that coming down from the band may take. Who is longer on the way has left the band (a lapse)."""


@dataclass(slots=True)
class _Mark:
    """Where the press would end, if it ended by release."""

    time_s: float
    steps: int
    missing: int
    outside: int
    """Received scan periods outside the band just before."""


class Press:
    """The press going on. Time counts only between neighbouring scans that were both received."""

    def __init__(self, phase: HoldPhase, period_s: float, first: Run) -> None:
        self._phase, self._period_s = phase, period_s
        self._grace_steps = steps(phase.grace_s, period_s)
        self._release_steps = steps(phase.release_s, period_s)
        self._letting_go_steps = steps(LETTING_GO_S, period_s)
        self._wanted_steps = max(1, math.ceil(phase.hold_s / period_s - ROUNDING))
        self.start_s, self._start_n = float(first.time_s[0]), float(first.force_n[0])
        self._start_scan = first.scan
        self._band_s = self._band_n = math.nan
        self.done_s = math.nan
        """Time at which the wanted time in the band was full; NaN before."""
        self.peak_n = 0.0
        self.steps = 0
        """Received scan periods since the start."""
        self.missing = 0
        self.lapses = 0
        self._in_band_steps = 0
        self._before: Zone | None = None
        self._outside, self._away = Dwell(), Dwell()
        self._away_mark: _Mark | None = None
        self._end_s = self.start_s
        self._statistics = BandStatistics()
        self._error_n = 0.0
        self.add(first)

    def add(self, run: Run) -> None:
        """Take the next run; the first one must begin with contact."""
        linked = run.adjacent and self._before is not None
        if self._before is not None:
            self.missing += run.missing
        self.steps += linked
        self._add_in_band(run, linked)
        self._add_away(run, self._add_outside(run))
        self.steps += len(run) - 1
        self.peak_n = max(self.peak_n, float(run.force_n.max()))
        self._end_s = float(run.time_s[-1])
        self._error_n = band_error_n(self._phase, float(run.force_n[-1]))
        self._before = run.zone

    def _add_in_band(self, run: Run, linked: bool) -> None:
        """The time from a sample in the band to the next one received counts as time in the band."""
        inside = run.zone is Zone.BAND
        earned = int(linked and self._before is Zone.BAND)
        before = self._in_band_steps
        self._in_band_steps += earned + (len(run) - 1 if inside else 0)
        if before < self._wanted_steps <= self._in_band_steps:
            self.done_s = float(run.time_s[self._wanted_steps - before - earned])
        if inside:
            if not self.entered:
                self._band_s, self._band_n = float(run.time_s[0]), float(run.force_n[0])
            position = np.arange(run.scan - self._start_scan, run.scan - self._start_scan + len(run), dtype=np.float64)
            self._statistics.add(position, run.force_n, run.uncertainty_n)

    def _add_away(self, run: Run, outside: int) -> None:
        fresh = not self._away.active
        self._away.add(run, run.zone is Zone.AWAY)
        if not self._away.active:
            self._away_mark = None
        elif fresh:
            self._away_mark = _Mark(float(run.time_s[0]), self.steps, self.missing, outside)

    def _add_outside(self, run: Run) -> int:
        """Count the time outside the band; the steps at which the run's first scan stands."""
        known = self._outside.steps > self._grace_steps
        first = self._outside.add(run, self.entered and run.zone is not Zone.BAND)
        if not known and self._outside.steps > self._grace_steps:
            self.lapses += 1
        return first

    @property
    def entered(self) -> bool:
        """The band has been entered."""
        return not math.isnan(self._band_s)

    @property
    def done(self) -> bool:
        """The wanted time in the band is full."""
        return not math.isnan(self.done_s)

    @property
    def lapsed(self) -> bool:
        """Outside the band now, for longer than the grace time."""
        return self._outside.steps > self._grace_steps

    @property
    def released(self) -> bool:
        """Below the release threshold for long enough: over."""
        return self._away.active and self._away.steps >= self._release_steps

    @property
    def in_band_s(self) -> float:
        """Time inside the band so far, missing time not counted."""
        return self._in_band_steps * self._period_s

    @property
    def missing_s(self) -> float:
        """Time for which scans are missing since the start."""
        return self.missing * self._period_s

    @property
    def mean_n(self) -> float:
        """Mean force inside the band so far; NaN without any."""
        return self._statistics.mean_n

    @property
    def error_n(self) -> float:
        """Newest force's distance from the band: negative below it, positive above it, 0 inside."""
        return self._error_n

    def is_touch(self) -> bool:
        """True when it was too short for a hold. Only after it ended."""
        lasted = self._away_mark.steps if self.released and self._away_mark else self.steps
        return lasted * self._period_s < self._phase.minimum_s

    def hold(self, number: int, end: HoldEnd) -> Hold:
        """The finished hold.

        A release ends it where the force first fell below the release threshold, and leaving the band on that way is
        no lapse when it took no longer than ``LETTING_GO_S``. Any other end is at the newest scan.
        """
        mark = _Mark(self._end_s, self.steps, self.missing, self._outside.steps)
        lapses = self.lapses
        if self.released and self._away_mark is not None:
            mark = self._away_mark
            lapses -= self.lapsed and mark.outside <= self._letting_go_steps
        phase = self._phase
        return Hold(
            number=number,
            start_s=self.start_s,
            band_s=self._band_s,
            end_s=mark.time_s,
            in_band_s=self.in_band_s,
            wanted_s=phase.hold_s,
            low_n=phase.low_n,
            high_n=phase.high_n,
            mean_n=self.mean_n,
            mean_uncertainty_n=self._statistics.mean_uncertainty_n,
            peak_n=self.peak_n,
            sag_n=self._statistics.change_n,
            ramp_n_per_s=self._ramp_n_per_s(),
            lapses=lapses,
            missing_s=mark.missing * self._period_s,
            end=end,
        )

    def _ramp_n_per_s(self) -> float:
        """From contact to first in the band; NaN when it never was, or was there at once."""
        took_s = self._band_s - self.start_s
        return (self._band_n - self._start_n) / took_s if took_s > 0 else math.nan


def band_error_n(phase: HoldPhase, force_n: float) -> float:
    """Newtons outside the band: negative below it, positive above it, 0 inside."""
    return min(0.0, force_n - phase.low_n) + max(0.0, force_n - phase.high_n)
