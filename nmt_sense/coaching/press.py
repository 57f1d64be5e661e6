"""One press, from contact on: everything a hold is made of, gathered run by run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nmt_sense.coaching.band_statistics import BandStatistics
from nmt_sense.coaching.peak import Peak
from nmt_sense.coaching.phases import HoldPhase
from nmt_sense.coaching.rate import RateMeter
from nmt_sense.coaching.runs import Dwell, Edges, Run, Zone, steps
from nmt_sense.coaching.sums import ChunkedSums

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

    def __init__(self, phase: HoldPhase, edges: Edges, period_s: float, first: Run) -> None:
        self._phase, self._period_s = phase, period_s
        self.edges = edges
        self._grace_steps = steps(phase.grace_s, period_s)
        self._release_steps = steps(phase.release_s, period_s)
        self._letting_go_steps = steps(LETTING_GO_S, period_s)
        self.wanted_steps = max(1, math.ceil(phase.hold_s / period_s - ROUNDING))
        self.start_s, self._start_n = float(first.time_s[0]), float(first.force_n[0])
        self._start_scan = first.scan
        self._band_s = self._band_n = math.nan
        self.done_s = math.nan
        """Time at which the wanted time in the band was full; NaN before."""
        self.peak = Peak()
        self.steps = 0
        """Received scan periods since the start."""
        self.missing = 0
        self.lapses = 0
        self.in_band_steps = 0
        self._entered_steps = 0
        self._before: Zone | None = None
        self._outside, self._away = Dwell(), Dwell()
        self._away_mark: _Mark | None = None
        self._end_s = self.start_s
        self._statistics = BandStatistics()
        self._errors, self._outside_errors = ChunkedSums(3), ChunkedSums(3)
        self._impulse = ChunkedSums(2)
        self.rate = RateMeter(period_s, None, phase.fastest_n_per_s)
        self._tenth: tuple[float, float] | None = None
        self._nine_tenths: tuple[float, float] | None = None
        self._error_n = 0.0
        self.add(first)

    def set_band(self, edges: Edges) -> None:
        """A band where none was known before."""
        self.edges = edges

    def add(self, run: Run) -> None:
        """Take the next run; the first one must begin with contact."""
        linked = run.adjacent and self._before is not None
        if self._before is not None:
            self.missing += run.missing
        self.steps += linked
        if not self.entered:
            self._add_loading(run)
        self._add_in_band(run, linked)
        self._add_errors(run)
        self._add_away(run, self._add_outside(run))
        self.steps += len(run) - 1
        self.peak.add(run)
        self._end_s = float(run.time_s[-1])
        self._error_n = self.edges.error_n(float(run.force_n[-1]))
        self._before = run.zone

    def rows_until_released(self, run: Run) -> int:
        """Rows of this run after which letting go is certain; more than it has when that is not in it."""
        return self._away.rows_until(run, self._release_steps) if run.zone is Zone.AWAY else len(run) + 1

    def rows_until_in_band(self, run: Run, wanted: int) -> int:
        """Rows of this run after which so many steps in the band are full; more than it has when that is not in it."""
        left = wanted - self.in_band_steps - self._earned(run)
        if left <= 0:  # the last step leads out of the band: it is full with the first scan outside
            return 1
        return left + 1 if run.zone is Zone.BAND else len(run) + 1

    def _earned(self, run: Run) -> int:
        return int(run.adjacent and self._before is Zone.BAND)

    def _add_loading(self, run: Run) -> None:
        if run.zone is not Zone.BAND:
            self.rate.add(run.time_s, run.force_n)
        low_n = self.edges.low_n
        if math.isinf(low_n):
            return
        if self._tenth is None:
            self._tenth = _first_at(run, 0.1 * low_n)
        if self._nine_tenths is None:
            self._nine_tenths = _first_at(run, 0.9 * low_n)

    def _add_in_band(self, run: Run, linked: bool) -> None:
        """The time from a sample in the band to the next one received counts as time in the band."""
        inside = run.zone is Zone.BAND
        earned = self._earned(run) if linked else 0
        before = self.in_band_steps
        self.in_band_steps += earned + (len(run) - 1 if inside else 0)
        if before < self.wanted_steps <= self.in_band_steps:
            self.done_s = float(run.time_s[self.wanted_steps - before - earned])
        if inside:
            if not self.entered:
                self._band_s, self._band_n = float(run.time_s[0]), float(run.force_n[0])
                self._entered_steps = self.steps
            position = np.arange(run.scan - self._start_scan, run.scan - self._start_scan + len(run), dtype=np.float64)
            self._statistics.add(position, run.force_n, run.uncertainty_n)

    def _add_errors(self, run: Run) -> None:
        """Errors from first entering the band on; outside it they wait until it is known whether this is the end."""
        if run.zone is not Zone.AWAY:
            self._impulse.add(run.force_n, run.uncertainty_n)
        if not self.entered:
            return
        if run.zone is Zone.BAND and self._outside_errors.count:
            self._errors.join(self._outside_errors)
            self._outside_errors = ChunkedSums(3)
        error = run.force_n - self.edges.middle_n
        (self._errors if run.zone is Zone.BAND else self._outside_errors).add(error, np.abs(error), error * error)

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
    def band_since_s(self) -> float:
        """When the band was entered; the beginning while it was not."""
        return self._band_s if self.entered else self.start_s

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
        return self.in_band_steps * self._period_s

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

    def fields(self) -> dict[str, Any]:
        """What the finished hold knows of it.

        A release ends it where the force first fell below the release threshold, and leaving the band on that way is
        no lapse when it took no longer than ``LETTING_GO_S``. Any other end is at the newest scan.
        """
        mark = _Mark(self._end_s, self.steps, self.missing, self._outside.steps)
        lapses, departed = self.lapses, False
        if self.released and self._away_mark is not None:
            mark = self._away_mark
            departed = mark.outside <= self._letting_go_steps
            lapses -= self.lapsed and departed
        ramp = self._ramp_n_per_s()
        impulse, width = (self._impulse.totals() * self._period_s).tolist()
        return {
            "start_s": self.start_s,
            "band_s": self._band_s,
            "end_s": mark.time_s,
            "in_band_s": self.in_band_s,
            "low_n": _plain(self.edges.low_n),
            "high_n": _plain(self.edges.high_n),
            "mean_n": self.mean_n,
            "mean_uncertainty_n": self._statistics.mean_uncertainty_n,
            **self.peak.fields(width),
            "sag_n": self._statistics.change_n,
            "slope_n_per_s": self._statistics.slope_n_per_step / self._period_s,
            "ramp_n_per_s": ramp,
            "ramp_10_90_n_per_s": self._ramp_10_90(),
            "rate_out_share": self.rate.out_share,
            "rate_out": self.rate.judge(ramp),
            "lapses": lapses,
            "missing_s": mark.missing * self._period_s,
            "overshoot_n": self._overshoot_n(),
            "impulse_ns": impulse,
            "impulse_uncertainty_ns": width,
            **self._error_fields(mark, departed),
        }

    def _error_fields(self, mark: _Mark, departed: bool) -> dict[str, float]:
        """Constant, absolute, variable and root mean square error; a quick final departure is left out."""
        if not self.entered:
            return {}
        errors = self._errors
        if self._outside_errors.count and not departed:
            errors = ChunkedSums(3)
            errors.join(self._errors)
            errors.join(self._outside_errors)
        held = mark.steps - self._entered_steps - (mark.outside if departed else 0)
        share = min(1.0, self.in_band_steps / held) if held > 0 else math.nan
        constant, absolute, square = (errors.totals() / errors.count).tolist()
        variable = math.sqrt(max(0.0, square - constant * constant))
        mean = self.edges.middle_n + constant
        return {
            "share_in_band": share,
            "ce_n": constant,
            "ae_n": absolute,
            "ve_n": variable,
            "rmse_n": math.sqrt(square),
            "cv": variable / mean if mean > 0 else math.nan,
        }

    def _overshoot_n(self) -> float:
        high_n = self.edges.high_n
        return max(0.0, self.peak.newtons - high_n) if math.isfinite(high_n) else math.nan

    def _ramp_n_per_s(self) -> float:
        """From contact to first in the band; NaN when it never was, or was there at once."""
        took_s = self._band_s - self.start_s
        return (self._band_n - self._start_n) / took_s if took_s > 0 else math.nan

    def _ramp_10_90(self) -> float:
        if self._tenth is None or self._nine_tenths is None:
            return math.nan
        (from_s, from_n), (to_s, to_n) = self._tenth, self._nine_tenths
        return (to_n - from_n) / (to_s - from_s) if to_s > from_s else math.nan


def _first_at(run: Run, force_n: float) -> tuple[float, float] | None:
    """Time and force of the first sample that reaches a force."""
    reached = run.force_n >= force_n
    if not reached.any():
        return None
    at = int(reached.argmax())
    return float(run.time_s[at]), float(run.force_n[at])


def _plain(newtons: float) -> float:
    return newtons if math.isfinite(newtons) else math.nan
