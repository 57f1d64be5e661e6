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

from nmt_sense.coaching.phases import RampPhase
from nmt_sense.coaching.protocol import ONE_TRIAL, Protocol
from nmt_sense.holds import Hold, HoldEnd, Kind

ROUNDING_S = 1e-6
REAL = 1.96 * math.sqrt(2)
ANOTHER_TIP = 1.25
"""Assumed: an area that is larger or smaller by more than this factor is another tip than the technique's. The limits
of the rate lie 30 % around theirs, so a tip within a quarter still shares most of them."""


def counted(rows: Iterable[Hold], discard_first: bool) -> list[Hold]:
    """The trials that count: reported (a maximum: completed), without the first where that is discarded.

    A first trial that pain or a limit ended was the first all the same.
    """
    ended = [row for row in rows if row.kind is Kind.RAMP and row.end in (HoldEnd.REPORTED, HoldEnd.COMPLETED)]
    return [row for row in ended if row.repetition > 1] if discard_first else ended


def by_course(rows: Iterable[Hold]) -> list[list[Hold]]:
    """The trials that were reported, one list for each course that has any."""
    courses: dict[int, list[Hold]] = {}
    for row in counted(rows, discard_first=False):
        courses.setdefault(row.course, []).append(row)
    return list(courses.values())


def with_courses(rows: Iterable[Hold]) -> list[Hold]:
    """Rows that were kept without their course: a trial that had been reported before begins the next one."""
    course, seen, found = 1, set[tuple[int, int, int]](), []
    for row in rows:
        if counted([row], discard_first=False):
            place = row.phase, row.round, row.repetition
            if place in seen:
                course += 1
                seen.clear()
            seen.add(place)
        found.append(msgspec.structs.replace(row, course=course))
    return found


class Published(msgspec.Struct, frozen=True):
    """Smallest real changes that studies found, N; NaN where none is known."""

    same_rater_n: float = math.nan
    other_rater_n: float = math.nan
    """Where not the same person pressed in both sittings."""


def published(phase: RampPhase, area_cm2: float | None) -> Published:
    """What a technique names, in proportion to the declared area where there is one and the technique's own is known.

    Studies state pressures, kg/cm2; the newtons in a technique are those on its ``probe_cm2``.
    """
    larger = area_cm2 / phase.probe_cm2 if area_cm2 is not None and phase.probe_cm2 is not None else 1.0
    named = (phase.least_change_n, phase.other_rater_change_n)
    return Published(*(math.nan if newtons is None else newtons * larger for newtons in named))


def other_tip(phase: RampPhase, area_cm2: float | None) -> str:
    """That the limits of the rate are for another area than the declared one, in words; empty where that is not so.

    A rate in N/s is another one in kPa/s on another area, and another rate gives other thresholds.
    """
    limits = (phase.slowest_n_per_s, phase.fastest_n_per_s)
    if area_cm2 is None or phase.probe_cm2 is None or limits == (None, None):
        return ""
    if 1.0 / ANOTHER_TIP <= area_cm2 / phase.probe_cm2 <= ANOTHER_TIP:
        return ""
    return f"limits of the loading rate are for {phase.probe_cm2:g} cm², not for {area_cm2:g} cm²"


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
    """Smallest real change from or to a sitting of the same person's; NaN when neither trials nor technique tell."""
    other_rater_n: float
    """The same when another person presses; NaN when the technique does not tell."""
    uncertainty_n: float
    """Half-width of the 95 % band of the mean that the calibration gives; common to all trials."""
    rate_out: int
    """Trials of these whose loading rate was out of its limits."""
    applied_by: str
    """Who pressed: ``practitioner`` or ``self``."""
    rest_short: int = 0
    """Trials of these that began before the rest that the technique asks for was over."""
    protocol: Protocol = ONE_TRIAL
    """What its technique asks for."""

    @property
    def short(self) -> bool:
        """Fewer trials count than the technique asks for: how far apart the missing ones were, nobody knows."""
        return self.trials < self.protocol.counting


def begun_early(row: Hold, rest_s: float | None) -> bool:
    """A trial that was not the first began before a rest of ``rest_s`` was over: its threshold may be lower for it."""
    asked = rest_s is not None and row.kind is Kind.RAMP and row.repetition > 1
    return asked and row.rest_before_s < (rest_s or 0.0) - ROUNDING_S


def threshold(
    rows: Iterable[Hold],
    protocol: Protocol = ONE_TRIAL,
    *,
    studies: Published | None = None,
    applied_by: str = "practitioner",
) -> Threshold | None:
    """The threshold that these trials give; None when none counts."""
    rows = list(rows)
    reported = counted(rows, discard_first=False)
    used = counted(rows, protocol.discard_first)
    if not used:
        return None
    known = studies or Published()
    forces = [row.report_n for row in used]
    sd = statistics.stdev(forces) if len(forces) > 1 else math.nan
    sem = sd / math.sqrt(len(forces))
    least = larger(REAL * sem, known.same_rater_n)
    return Threshold(
        trials=len(used),
        discarded=len(reported) - len(used),
        mean_n=statistics.fmean(forces),
        sd_n=sd,
        sem_n=sem,
        least_change_n=least,
        other_rater_n=larger(least, known.other_rater_n) if known.other_rater_n > 0 else math.nan,
        uncertainty_n=max(row.report_uncertainty_n for row in used),
        rate_out=sum(row.rate_out == 1 for row in used),
        applied_by=applied_by,
        rest_short=sum(begun_early(row, protocol.rest_s) for row in used),
        protocol=protocol,
    )


def larger(one: float, other: float) -> float:
    """The larger of two numbers, of which NaN is none."""
    return max((value for value in (one, other) if not math.isnan(value)), default=math.nan)
