"""A press of which contact alone is known, without a band: a trial, a stroke, a press that follows a template."""

from __future__ import annotations

import math
from typing import Any

from nmt_sense.coaching.peak import Peak
from nmt_sense.coaching.runs import Dwell, Run, Zone, steps
from nmt_sense.coaching.sums import ChunkedSums


class Contact:
    """From contact to letting go. Time counts only between neighbouring scans that were both received."""

    def __init__(self, period_s: float, release_s: float, first: Run) -> None:
        """``release_s``: below the release threshold for so long is letting go; 0: with the first scan."""
        self._period_s = period_s
        self._release_steps = steps(release_s, period_s) if release_s > 0 else 0
        self.start_s, self.start_n = float(first.time_s[0]), float(first.force_n[0])
        self.peak = Peak()
        self.steps = 0
        """Received scan periods since the start."""
        self.missing = 0
        self._started = False
        self._away = Dwell()
        self._mark: tuple[float, int, int] | None = None
        self._end_s = self.start_s
        self._sums = ChunkedSums(2)
        self.add(first)

    def add(self, run: Run) -> None:
        """Take the next run; the first one must begin with contact."""
        if self._started:
            self.missing += run.missing
            self.steps += run.adjacent
        self._started = True
        away = run.zone is Zone.AWAY
        if not away:
            self._mark = None
            self._sums.add(run.force_n, run.uncertainty_n)
        elif self._mark is None:
            self._mark = float(run.time_s[0]), self.steps, self.missing
        self._away.add(run, away)
        self.steps += len(run) - 1
        self.peak.add(run)
        self._end_s = float(run.time_s[-1])

    def rows_until_released(self, run: Run) -> int:
        """Rows of this run after which letting go is certain; more than it has when that is not in it."""
        return self._away.rows_until(run, self._release_steps) if run.zone is Zone.AWAY else len(run) + 1

    @property
    def released(self) -> bool:
        """Below the release threshold for long enough: over."""
        return self._away.active and self._away.steps >= self._release_steps

    @property
    def lasted_s(self) -> float:
        """Received time in contact."""
        mark = self._mark if self.released else None
        return (self.steps if mark is None else mark[1]) * self._period_s

    @property
    def missing_s(self) -> float:
        """Time for which scans are missing since the start."""
        return self.missing * self._period_s

    @property
    def mean_n(self) -> float:
        """Mean force in contact, N."""
        return float(self._sums.totals()[0]) / self._sums.count

    def fields(self) -> dict[str, Any]:
        """What the finished row knows of it."""
        end_s, _, missing = self._mark if self.released and self._mark else (self._end_s, self.steps, self.missing)
        force, width = self._sums.totals().tolist()
        return {
            "start_s": self.start_s,
            "end_s": end_s,
            "mean_n": force / self._sums.count,
            "mean_uncertainty_n": width / self._sums.count,
            **self.peak.fields(width),
            "missing_s": missing * self._period_s,
            "impulse_ns": force * self._period_s,
            "impulse_uncertainty_ns": width * self._period_s,
        }

    def rate_to(self, time_s: float, force_n: float) -> float:
        """Mean loading rate from contact to a time and force, N/s; NaN when that is no time at all."""
        took_s = time_s - self.start_s
        return (force_n - self.start_n) / took_s if took_s > 0 else math.nan
