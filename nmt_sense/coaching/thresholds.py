"""Pressure pain thresholds: mean of the trials, how sure it is, and which change of it is real.

Within one sitting the standard deviation s of k trials is the error of a single trial. The mean of k then has the
standard error of measurement SEM = s / sqrt(k), and two such means differ really when they are more than
1.96 * sqrt(2) * SEM apart (Weir 2005, J Strength Cond Res 19:231, "minimal difference"; from memory). From two or three
trials s is poorly known, and it says nothing of finding the same spot again on another day. So the smallest real change
is never less than the one the technique names from a published study.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

import msgspec

from nmt_sense.errors import NmtError
from nmt_sense.holds import Hold, HoldEnd, Kind

ROUNDING_S = 1e-6
REAL = 1.96 * math.sqrt(2)


def counted(rows: Iterable[Hold], discard_first: bool) -> list[Hold]:
    """The trials that count: reported (a maximum: completed), without the first where that is discarded."""
    ended = [row for row in rows if row.kind is Kind.RAMP and row.end in (HoldEnd.REPORTED, HoldEnd.COMPLETED)]
    return ended[1:] if discard_first else ended


class Threshold(msgspec.Struct, frozen=True):
    """A pressure pain threshold of one sitting. Forces in N."""

    trials: int
    """Trials that count."""
    discarded: int
    """Trials that were left out because they were the first."""
    mean_n: float
    sd_n: float
    """Standard deviation of the trials (denominator k - 1); NaN for one trial."""
    sem_n: float
    """Standard error of measurement of the mean; NaN for one trial."""
    least_change_n: float
    """Smallest real change from or to another sitting; NaN when neither trials nor technique tell."""
    uncertainty_n: float
    """Half-width of the 95 % band of the mean that the calibration gives; common to all trials."""
    rate_out: int
    """Trials of these whose loading rate was out of its limits."""
    applied_by: str
    """Who pressed: ``practitioner`` or ``self``."""
    rest_short: int = 0
    """Trials of these that began before the rest that the technique asks for was over."""


def begun_early(row: Hold, rest_s: float | None) -> bool:
    """A trial that was not the first began before a rest of ``rest_s`` was over: its threshold may be lower for it."""
    asked = rest_s is not None and row.kind is Kind.RAMP and row.repetition > 1
    return asked and row.rest_before_s < (rest_s or 0.0) - ROUNDING_S


def threshold(
    rows: Iterable[Hold],
    *,
    discard_first: bool = False,
    published_n: float | None = None,
    applied_by: str = "practitioner",
    rest_s: float | None = None,
) -> Threshold | None:
    """The threshold that these trials give; None when none counts."""
    rows = list(rows)
    reported = counted(rows, discard_first=False)
    used = counted(rows, discard_first=discard_first)
    if not used:
        return None
    forces = [row.report_n for row in used]
    sd = statistics.stdev(forces) if len(forces) > 1 else math.nan
    sem = sd / math.sqrt(len(forces))
    known = [change for change in (REAL * sem, published_n) if change is not None and not math.isnan(change)]
    return Threshold(
        trials=len(used),
        discarded=len(reported) - len(used),
        mean_n=statistics.fmean(forces),
        sd_n=sd,
        sem_n=sem,
        least_change_n=max(known, default=math.nan),
        uncertainty_n=max(_relative(row) * row.report_n for row in used),
        rate_out=sum(row.rate_out == 1 for row in used),
        applied_by=applied_by,
        rest_short=sum(begun_early(row, rest_s) for row in used),
    )


def _relative(row: Hold) -> float:
    return row.mean_uncertainty_n / row.mean_n if row.mean_n > 0 else math.nan


class Change(msgspec.Struct, frozen=True):
    """What became of a threshold between two sittings."""

    newtons: float
    least_n: float
    """Smallest change that would be real."""
    word: str
    """``higher``, ``lower``, or ``no real change``."""


def change(before: Threshold, after: Threshold, *, same_calibration: bool = True) -> Change:
    """The change from one sitting to the next; one below the smallest real change is none.

    With ``same_calibration`` an error of the sensor is the same in both and falls out of the difference; otherwise both
    bands are added to what must be exceeded. Raises :class:`NmtError` when the two were applied by different people.
    """
    if before.applied_by != after.applied_by:
        raise NmtError(
            "A threshold applied by oneself is about 40 % higher than one applied by another (Lalouni 2021, "
            "doi 10.1097/j.pain.0000000000002151); the two cannot be compared."
        )
    newtons = after.mean_n - before.mean_n
    bands = 0.0 if same_calibration else math.hypot(before.uncertainty_n, after.uncertainty_n)
    least = _larger(before.least_change_n, after.least_change_n)
    least = math.nan if math.isnan(least) else math.hypot(least, bands)
    if math.isnan(least) or abs(newtons) <= least:
        return Change(newtons, least, "no real change")
    return Change(newtons, least, "higher" if newtons > 0 else "lower")


def _larger(one: float, other: float) -> float:
    return max((value for value in (one, other) if not math.isnan(value)), default=math.nan)
