"""A check against known loads: is the profile still right, and if not, what is the best that can be made of it?

How far a profile is off is a curve over force: d(F) = ln(true force / force shown). Before the check it is thought to
be a Gaussian process around zero: a common gain, plus a part that wanders with the logarithm of force (``ageing`` has
the numbers). Each level of load that was checked says something of it, as surely as a sensor repeats itself. The
posterior mean is the correction, and the posterior deviation goes into the band (kriging; Rasmussen & Williams,
Gaussian Processes for Machine Learning, 2006, ch. 2). So an update is weighed against its own uncertainty: a sensor
that repeats badly is hardly moved by a short check, a good one follows it, and both stay uncertain where nobody
checked. What is found at small loads alone moves nothing: it would be carried to all the larger ones. Nor does what
a sensor might have done anyway, from one visit to the next: the curve is left as it was, and as the posterior mean lies
beside it, that goes into the band as well (a mean square error is variance plus the square of the bias).

A sensor that has rested runs in: each press reads a little more than the last. Where the presses of a check
differ by more than the sensor repeats, the trend is carried on a few presses (``running_in``).
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, fields
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.ageing import COMMON, PRESSES_AHEAD, TREND, TWO_SIDED_95, WANDER, WANDER_OVER, wander
from nmt_sense.sensing.candidates import Shape, strictly_rising
from nmt_sense.sensing.conformal import conformal_quantile
from nmt_sense.sensing.curves import Curve
from nmt_sense.sensing.pairs import Pairs
from nmt_sense.sensing.profile import (
    MOST_DEVIATION,
    REPEATS,
    SMALLEST,
    Check,
    Drift,
    MonotoneCubic,
    Profile,
    Visits,
)
from nmt_sense.sensing.uncertainty import own_half_width_n

LEVEL = 0.25
"""Width of one level of load, natural logarithm of force."""
LEAST_AT_LEVEL = 3
VISIT_GAP = 10
"""Usual intervals without readings after which a load that is there again is another visit: samples of one visit err
alike. Counted in time, for a sensor without any load often reads nothing, and such rows make no pairs."""
LEAST_VISITS = 2
"""Fewer presses tell no trend; and so many loads, as the check of the day has, do not make a band narrower."""
PRIOR_VISITS = 5
"""So many more visits weigh as much as the fit does, when it comes to how wide the band of the sitting is."""
NARROWEST = 0.25
"""No check makes that band narrower than this part of what the fit said ..."""
WIDEST = 1000.0
"""... nor wider than so many times it: by then it says nothing any more."""
SMALLEST_FORCE = 0.5
"""N; below it such sensors do not respond reliably."""
STALE = 0.25
"""A profile that was off by more than this part is called stale: a practised hand varies by 14-35 % itself."""
LOADED = 0.1
"""Forces above this part of the largest count for how far a profile is off."""
DECIDING = 0.5
"""Levels above this part of the largest load decide whether the curve is moved at all."""
A_LITTLE_ABOVE = 1.05
"""A load for the end of a profile's range need not be exact."""
GRID = 32
RIGHT = 0.03
"""Part within which a profile is called right."""
WORTH_MENDING = 0.1
"""Deviations above this part that chance may explain are worth another visit ..."""
MORE_VISITS = 3
"""... or two: the noise of so many is less than that."""

Verdict = Literal["ok", "rescaled", "stale"]


@dataclass(frozen=True, slots=True)
class Levels:
    """What a check found at its levels of load, one entry per level."""

    log_force: Float64Array
    deviation: Float64Array
    """d at the level."""
    noise: Float64Array
    """Standard deviation of that."""
    loaded: NDArray[np.bool_]
    """True for the levels above half of the largest load."""
    visits: NDArray[np.int64]
    """How often a person would say that it was come to: a hand that trembles over its edge has not left it."""
    load_n: Float64Array
    """True force there, N."""

    @property
    def within_noise(self) -> bool:
        """True when nothing was found under load that such a sensor would not do anyway."""
        usual = np.abs(self.deviation) <= TWO_SIDED_95 * self.noise
        return bool(np.all(usual[self.loaded]))

    @property
    def tells(self) -> float:
        """The d that every level under load is sure to tell; infinite where there is none."""
        return TWO_SIDED_95 * float(self.noise[self.loaded].max()) if self.loaded.any() else math.inf

    def beside(self, others: Levels) -> Levels:
        """These and what was found at others, each as it was judged among its own."""
        return Levels(**{one.name: np.r_[getattr(self, one.name), getattr(others, one.name)] for one in fields(Levels)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check, and the profile as it is best used from now on (its next version)."""

    check: Check
    profile: Profile
    left_below: float | None = None
    """Where the curve was left as it was: the d from which on it is sure to move (:attr:`Levels.tells`); else None."""

    @property
    def words(self) -> str:
        """The verdict in one sentence, and what it does not tell; parts are of the true force (``Check.shown_off``)."""
        high, top = self.check.range_n[1], self.profile.range_n[1]
        far = " Of loads far above them it says nothing." if high < DECIDING * top else ""
        above = f" The profile ends at {top:.3g} N: forces above have no band." if high > A_LITTLE_ABOVE * top else ""
        return f"{self._verdict}{far}{above}"

    @property
    def _verdict(self) -> str:
        low, high = self.check.range_n
        span = f"between {low:.3g} and {high:.3g} N the profile"
        showed = f"{span} showed {self.check.shown_words}"
        if self.check.verdict == "ok" and abs(self.check.found) < RIGHT:
            return f"ok: {span} is right; its curve was left as it was."
        if self.check.verdict == "ok":
            return f"ok: {showed}, which may be chance: {self._done}, with a band wide enough for both{self._more}."
        if self.check.verdict == "rescaled":
            return f"rescaled: {showed}; {self._done}."
        before = len(self.profile.checks) > 1
        wrong = "forces since the last check are wrong" if before else "the forces it gave are wrong"
        return f"stale: {showed}, so {wrong}; {self._done}{self._more}. Recalibrate."

    @property
    def _done(self) -> str:
        """What became of the curve, and why."""
        if self.left_below is None:
            return f"after the update it is off by {100.0 * self.check.left:.0f} % there"
        least = -math.expm1(-self.left_below) if self.check.found > 0 else math.expm1(self.left_below)
        tells = f"only what is off by {100.0 * least:.0f} % or more" if math.isfinite(self.left_below) else "nothing"
        return f"what was pressed at the larger loads is sure to tell {tells}, so its curve was left as it was"

    @property
    def _more(self) -> str:
        """What to do where a deviation worth mending would have been taken for chance."""
        few = self.left_below is not None and self.left_below > TWO_SIDED_95 * WORTH_MENDING
        worth = abs(self.check.found) > WORTH_MENDING
        return f"; go to the same load {MORE_VISITS} times or more to tell" if few and worth else ""


def check(
    profile: Profile,
    pairs: Pairs,
    on: datetime.date,
    parent: str | None = None,
    operator: str | None = None,
    fitted: Pairs | None = None,
) -> Outcome:
    """Compare a profile with known loads. It is not changed itself: what comes back is its next version.

    ``fitted`` are the loads that the curve was made of, where that was in this very sitting: they say as well what the
    sensor does today, but nothing of how well the curve foretells what it has not seen.
    """
    small = smallest_force(profile)
    judged = _levels_of(profile, pairs)
    levels = judged if fitted is None else judged.beside(_levels_of(profile, fitted))
    grid = np.geomspace(small, 2.0 * profile.range_n[1] + small, GRID)
    (mean, _), (_, deviation) = (posterior(levels, np.log(grid), size) for size in (WANDER, wander(profile)))
    ahead, unsure = running_in(profile, shape_of(profile).force(pairs), pairs.force_n)
    mean, deviation = mean + ahead, np.hypot(deviation, unsure)
    left = judged.within_noise
    shape = shape_of(profile) if left else corrected(profile, grid, mean)
    if left:  # the truth lies where the mean is, and the force shown beside it
        deviation = np.hypot(deviation, mean)
    deviation = np.minimum(deviation, MOST_DEVIATION)
    entry = _entry(profile, shape, pairs, judged, on, operator)
    drift = tuple(Drift(force_n=at, deviation=of) for at, of in zip(grid.tolist(), deviation.tolist(), strict=True))
    new = msgspec.structs.replace(
        profile,
        format_version=2,
        curve=shape.kind,
        points=shape.points,
        range_n=_range(profile, shape),
        drift=drift,
        spread=_spread(profile, judged, pairs.force_n, shape.force(pairs), np.interp(pairs.force_n, grid, deviation)),
        checks=(*profile.checks, entry),
        version=profile.version + 1,
        parent=parent,
    )
    return Outcome(entry, new, judged.tells if left else None)


def shape_of(profile: Profile) -> Shape:
    """The curve of a profile and its hysteresis."""
    return Shape(profile.curve, profile.points, profile.play)


def smallest_force(profile: Profile) -> float:
    """Force in N that is added to both sides of a ratio: where the profile's floor hides what the gain is."""
    return max(profile.uncertainty.floor_n / TWO_SIDED_95, SMALLEST_FORCE)


def _levels_of(profile: Profile, pairs: Pairs) -> Levels:
    return find_levels(profile, shape_of(profile).force(pairs), pairs.force_n, pairs.time_s)


def find_levels(profile: Profile, said_n: Float64Array, true_n: Float64Array, time_s: Float64Array) -> Levels:
    """Levels of load in a check, by the forces shown and true (N,) at times (N,) s.

    Levels are sorted by the true force: sorted by the force shown, whatever noise lifted would be found at the top.
    """
    small = smallest_force(profile)
    shown, true = (np.log(np.maximum(force, 0.0) + small) for force in (said_n, true_n))
    number = np.floor(true / LEVEL).astype(int)
    rows = [np.flatnonzero(number == level) for level in np.unique(number)]
    rows = [at for at in rows if len(at) >= LEAST_AT_LEVEL]
    middle = np.array([np.median(shown[at]) for at in rows])
    away_s = (VISIT_GAP + 0.5) * float(np.median(np.abs(np.diff(time_s))))
    own = own_half_width_n(profile, np.maximum(np.exp(middle) - small, 0.0)) / np.exp(middle) / TWO_SIDED_95
    deviation = np.array([np.median((true - shown)[at]) for at in rows])
    load = np.array([np.median(true_n[at]) for at in rows])
    visits = np.array([_visits(true - np.log(max(at, 0.0) + small), time_s, away_s) for at in load])
    loaded = load > DECIDING * float(true_n.max())
    return Levels(middle, deviation, np.maximum(own, REPEATS) / np.sqrt(visits), loaded, visits, load)


def _visits(apart: Float64Array, time_s: Float64Array, away_s: float) -> int:
    """Stretches near a load, by the logarithms of force over it and times, each (N,): left when a whole level away."""
    gap = np.diff(time_s)
    stretch = np.cumsum(np.r_[False, (gap < 0.0) | (gap > away_s)])
    near, far = np.abs(apart) <= LEVEL / 2.0, np.abs(apart) > LEVEL
    told = np.flatnonzero(near | far)
    fresh = far[told][:-1] | (np.diff(stretch[told]) > 0)
    return max(1, int(np.count_nonzero(near[told] & np.r_[True, fresh])))


def posterior(levels: Levels, at: Float64Array, wanders: float) -> tuple[Float64Array, Float64Array]:
    """Mean and standard deviation of d at logarithms of force (K,), of a sensor that ``wanders`` by so much."""
    known = _covariance(levels.log_force, levels.log_force, wanders) + np.diag(levels.noise**2)
    across = _covariance(at, levels.log_force, wanders)
    weights = np.linalg.solve(known, across.T).T
    variance = COMMON**2 + wanders**2 - np.sum(weights * across, axis=1)
    return weights @ levels.deviation, np.sqrt(np.maximum(variance, 0.0))


def _covariance(one: Float64Array, other: Float64Array, wanders: float) -> Float64Array:
    apart = np.abs(one[:, np.newaxis] - other[np.newaxis, :])
    return np.asarray(COMMON**2 + wanders**2 * np.exp(-apart / WANDER_OVER))


def corrected(profile: Profile, grid_n: Float64Array, mean: Float64Array) -> Shape:
    """The profile's curve with the correction ``mean`` at forces ``grid_n`` in it, as points of a monotone cubic."""
    old, small = shape_of(profile), smallest_force(profile)
    curve = old.curve()
    top = conductance_at(curve, profile.range_n[1])
    at = np.unique(np.r_[np.geomspace(top / 1000.0, top, GRID), [point.conductance_us for point in old.points]])
    force = curve(at)
    moved = (force + small) * np.exp(np.interp(np.log(force + small), np.log(grid_n), mean)) - small
    # No load shows no force, whatever the correction is there.
    rising = np.maximum.accumulate(np.maximum(moved, 0.01 * force))
    return Shape(MonotoneCubic(), strictly_rising(at, rising), old.play)


def conductance_at(curve: Curve, force_n: float) -> float:
    """Where a rising curve reaches a force, µS, to one part in 10^9."""
    low, high = math.log(1e-6), math.log(1e9)
    while high - low > 1e-9:
        middle = (low + high) / 2.0
        below = float(curve(np.array([math.exp(middle)]))[0]) < force_n
        low, high = (middle, high) if below else (low, middle)
    return math.exp(high)


def find_presses(force_n: Float64Array) -> list[slice]:
    """Presses in a reference force (N,): from above three tenths of the largest one to below a tenth."""
    top = float(force_n.max())
    told = np.flatnonzero((force_n > 0.3 * top) | (force_n < 0.1 * top))
    edges = np.diff(np.r_[0, (force_n[told] > 0.3 * top).astype(int), 0])
    ends = np.r_[told, len(force_n)]
    return [
        slice(int(ends[a]), int(ends[b]))
        for a, b in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True)
    ]


def count_presses(force_n: Float64Array) -> int:
    """Presses in a reference force (N,)."""
    return len(find_presses(force_n))


def running_in(profile: Profile, said_n: Float64Array, true_n: Float64Array) -> tuple[float, float]:
    """What d will change by over the next presses if the trend of a check's own presses goes on, and how sure that is.

    The trend is per tenfold number of presses, found where presses come to the topmost level of load, and weighed
    against none: its deviation before the check is ``TREND``, and one press says as much as the sensor repeats.
    """
    small = smallest_force(profile)
    off = np.log((np.maximum(true_n, 0.0) + small) / (np.maximum(said_n, 0.0) + small))
    top = true_n > math.exp(-LEVEL) * float(true_n.max())
    visits = [(number, off[one][top[one]]) for number, one in enumerate(find_presses(true_n), 1) if top[one].any()]
    if len(visits) < LEAST_VISITS:
        return 0.0, 0.0
    decades = np.log10([number for number, _ in visits])
    spread = decades - decades.mean()
    noise = float(own_half_width_n(profile, true_n[top]).mean() / true_n[top].mean()) / TWO_SIDED_95
    trust = 1.0 / TREND**2 + float(spread @ spread) / noise**2
    trend = float(spread @ [np.median(values) for _, values in visits]) / noise**2 / trust
    ahead = math.log10(visits[-1][0] + PRESSES_AHEAD) - float(decades.mean())
    return trend * ahead, ahead / math.sqrt(trust)


def _range(profile: Profile, shape: Shape) -> tuple[float, float]:
    low, high = profile.range_n
    top = shape.points[-1].force_n if isinstance(shape.kind, MonotoneCubic) else high
    return (min(low, top / 2.0), top)


def _entry(
    profile: Profile,
    shape: Shape,
    pairs: Pairs,
    levels: Levels,
    on: datetime.date,
    operator: str | None,
) -> Check:
    found = _typical(shape_of(profile).force(pairs), pairs.force_n, smallest_force(profile))
    left = _typical_size(shape.force(pairs), pairs.force_n)
    changed: Verdict = "ok" if levels.within_noise else "rescaled"
    return Check(
        date=on,
        verdict="stale" if abs(found) > math.log1p(STALE) else changed,
        found=math.expm1(found),
        left=left,
        range_n=(max(float(pairs.force_n.min()), 0.0), float(pairs.force_n.max())),
        presses=count_presses(pairs.force_n),
        operator=operator,
        loads=tuple(
            Visits(force_n=max(at, 0.0), times=times)
            for at, times in zip(levels.load_n.tolist(), levels.visits.tolist(), strict=True)
        ),
    )


def _loaded(true_n: Float64Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(true_n > LOADED * float(true_n.max()))


def _typical(said_n: Float64Array, true_n: Float64Array, small_n: float) -> float:
    rows = _loaded(true_n)
    return float(np.median(np.log((true_n[rows] + small_n) / (np.maximum(said_n[rows], 0.0) + small_n))))


def _typical_size(said_n: Float64Array, true_n: Float64Array) -> float:
    rows = _loaded(true_n)
    return float(np.median(np.abs(said_n[rows] - true_n[rows]) / true_n[rows]))


def _spread(
    profile: Profile, levels: Levels, true_n: Float64Array, said_n: Float64Array, deviation: Float64Array
) -> float:
    """How wide the band within this sitting is, as a part of the fit's: as the updated curve errs in the check.

    Wider at once, narrower only as far as many visits tell: the samples of one visit err alike, so the part that would
    hold 95 % of the check's readings counts as so many visits, and the fit as ``PRIOR_VISITS``.
    """
    half = np.hypot(own_half_width_n(profile, said_n), said_n * np.expm1(TWO_SIDED_95 * deviation))
    needed = conformal_quantile(np.abs(said_n - true_n) / np.maximum(half, SMALLEST))
    if needed >= 1.0:
        return min(needed, WIDEST)
    visits = max(int(levels.visits.sum()) - LEAST_VISITS, 0)
    return float(max(needed ** (visits / (visits + PRIOR_VISITS)), NARROWEST))
