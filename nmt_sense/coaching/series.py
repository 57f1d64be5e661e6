"""What several rows have in common: how many, how even, in which rhythm. Formulas in ``docs/scores.md``."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

import msgspec

from nmt_sense.holds import Hold, Kind


class Series(msgspec.Struct, frozen=True):
    """Rows of one kind. CV is the standard deviation (denominator n - 1) over the mean, NaN for fewer than two."""

    kind: Kind
    count: int
    mean_n: float
    """Mean of the rows' mean forces, N."""
    mean_cv: float
    mean_uncertainty_n: float
    """Half-width of its 95 % band: an error of calibration is common to all rows and does not average out."""
    peak_n: float
    """Mean of their peaks, N."""
    peak_uncertainty_n: float
    peak_cv: float
    duration_s: float
    """Mean time from start to end."""
    duration_cv: float
    per_min: float
    """Rhythm: starts per minute over the median interval; NaN for fewer than two."""
    interval_cv: float
    """Unevenness of the rhythm."""
    impulse_ns: float
    """Force-time integral of all, N·s."""
    impulse_uncertainty_ns: float
    peaks_in_band: float
    """Part of the peaks inside the band, 0-1; NaN without a band."""
    score: float
    """Mean score of those that have one; NaN without."""


def series(rows: Sequence[Hold], kind: Kind) -> Series | None:
    """The rows of one kind taken together; None when there are none."""
    chosen = [row for row in rows if row.kind is kind]
    if not chosen:
        return None
    starts = [row.start_s for row in chosen]
    intervals = [later - earlier for earlier, later in itertools.pairwise(starts)]
    means, peaks = [row.mean_n for row in chosen], [row.peak_n for row in chosen]
    durations = [row.end_s - row.start_s for row in chosen]
    banded = [row for row in chosen if not math.isnan(row.high_n)]
    return Series(
        kind=kind,
        count=len(chosen),
        mean_n=_mean(means),
        mean_cv=_cv(means),
        mean_uncertainty_n=_mean([row.mean_uncertainty_n for row in chosen]),
        peak_n=_mean(peaks),
        peak_uncertainty_n=_mean([row.peak_uncertainty_n for row in chosen]),
        peak_cv=_cv(peaks),
        duration_s=_mean(durations),
        duration_cv=_cv(durations),
        per_min=60.0 / statistics.median(intervals) if intervals else math.nan,
        interval_cv=_cv(intervals),
        impulse_ns=sum(row.impulse_ns for row in chosen),
        impulse_uncertainty_ns=sum(row.impulse_uncertainty_ns for row in chosen),
        peaks_in_band=_mean([float(row.low_n <= row.peak_n <= row.high_n) for row in banded]),
        score=_mean([row.score for row in chosen]),
    )


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def _mean(values: Sequence[float]) -> float:
    known = _known(values)
    return statistics.fmean(known) if known else math.nan


def _cv(values: Sequence[float]) -> float:
    known = _known(values)
    mean = _mean(known)
    return statistics.stdev(known) / mean if len(known) > 1 and mean > 0 else math.nan
