"""Curves that a fit tries: each rises, starts at zero, and is fitted by the same weighed least squares.

Errors are weighed by the force itself: a deviation counts as a part of the force plus a twentieth of the largest one.
That is how such sensors err, and how they are used; weighed in newtons, the largest loads alone would choose.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.curves import Curve, monotone_cubic, power_law
from nmt_sense.sensing.hysteresis import lag
from nmt_sense.sensing.pairs import Pairs
from nmt_sense.sensing.profile import SMALLEST, MonotoneCubic, Play, Point, PowerLaw

BINS = (8, 16, 24)
"""Numbers of bins that a monotone cubic is tried with."""
CUBIC = "monotone cubic"
LEAST_IN_BIN = 5
TOP_PART = 200
"""The last point is the mean of this part (one in so many) of the largest readings."""
GRID = 32
"""Points of a curve that is no cubic through bins but must be kept as one, on each of two scales."""
NEAREST_TO_END = 0.98
"""Of the conductance that a series resistance alone would have: no reading may be taken to lie closer to it."""
ENOUGH = 1e-5
"""Relative change of a fit that ends it; a sensor repeats to a hundredth."""
MOST_TRIES = 30

Model = Callable[[Pairs, float], "Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A fitted curve: what the profile stores of it, and the curve itself."""

    kind: PowerLaw | MonotoneCubic
    points: tuple[Point, ...]
    play: Play | None = None

    def curve(self) -> Curve:
        """Conductance in µS to force in N."""
        if isinstance(self.kind, PowerLaw):
            return power_law(self.kind.gain_us, self.kind.exponent)
        at, known = ([getattr(point, name) for point in self.points] for name in ("conductance_us", "force_n"))
        return monotone_cubic(at, known, proportional=True)

    def force(self, pairs: Pairs) -> Float64Array:
        """(N,) N, for the readings of some pairs."""
        force = self.curve()(pairs.conductance_us)
        if self.play is None:
            return np.asarray(force)
        return np.asarray(force * np.exp(self.play.weight * play_of(pairs, self.play)))


def weighed(error_n: Float64Array, force_n: Float64Array, small_n: float) -> Float64Array:
    """Errors as parts of the force, small forces as parts of ``small_n`` more."""
    return np.asarray(error_n / (np.maximum(force_n, 0.0) + small_n))


def memoryless() -> dict[str, Model]:
    """All of them, by their names."""
    return {
        "through-zero linear": _linear,
        "power law": _power,
        "series resistance": _series,
        **{f"{CUBIC}, {count} bins": cubic(count) for count in BINS},
    }


def _linear(pairs: Pairs, small: float) -> Shape:
    """F = G / gain, least squares of the weighed errors."""
    weight = 1.0 / (np.maximum(pairs.force_n, 0.0) + small)
    slope = np.sum((weight * pairs.conductance_us) * (weight * pairs.force_n)) / np.sum(
        (weight * pairs.conductance_us) ** 2
    )
    return Shape(PowerLaw(gain_us=max(1.0 / max(float(slope), 1e-9), SMALLEST), exponent=1.0), ())


def _power(pairs: Pairs, small: float) -> Shape:
    """F = (G / gain)^(1/exponent), least squares of the weighed errors in F."""
    from scipy.optimize import least_squares

    conductance, force = pairs.conductance_us, pairs.force_n
    middle = float(np.median(conductance))

    def errors(values: Float64Array) -> Float64Array:
        return weighed(np.exp(values[0]) * (conductance / middle) ** values[1] - force, force, small)

    start = [math.log(max(float(np.median(force)), small)), 1.0]
    found = least_squares(errors, start, bounds=([-20.0, 0.34], [20.0, 9.0]))
    at_middle, steepness = found.x.tolist()
    return Shape(
        PowerLaw(gain_us=max(middle * math.exp(-at_middle / steepness), SMALLEST), exponent=1.0 / steepness), ()
    )


def _series(pairs: Pairs, small: float) -> Shape:
    """F = a (G / (1 - r G))^b: a power law behind a series resistance r, which ends what conductance can be.

    Leads, dome and the sensor's own traces have one; it is seen where force goes on rising and conductance does not.
    """
    from scipy.optimize import least_squares

    conductance, force = pairs.conductance_us, pairs.force_n
    top, middle = float(conductance.max()), float(np.median(conductance))

    def law(values: Float64Array, at: Float64Array) -> Float64Array:
        return np.asarray(np.exp(values[0]) * (at / middle / (1.0 - values[2] * at / top)) ** values[1])

    def errors(values: Float64Array) -> Float64Array:
        return weighed(law(values, conductance) - force, force, small)

    bounds = ([-20.0, 0.34, 0.0], [20.0, 9.0, NEAREST_TO_END])
    start = math.log(max(float(np.median(force)), small))
    found = least_squares(errors, [start, 1.0, 0.5], bounds=bounds, ftol=ENOUGH, xtol=ENOUGH, max_nfev=MOST_TRIES)
    return as_points(lambda at: law(found.x, at), top)


def as_points(curve: Curve, top_us: float, more_us: Sequence[float] = ()) -> Shape:
    """A rising curve kept as the points of a cubic, up to the largest conductance."""
    at = np.unique(np.r_[np.geomspace(top_us / 1000.0, top_us, GRID), np.linspace(0.0, top_us, GRID + 1)[1:], more_us])
    return Shape(MonotoneCubic(), strictly_rising(at, np.maximum.accumulate(curve(at))))


def blended(shapes: Sequence[Shape], weights: Float64Array, top_us: float) -> Shape:
    """The weighed geometric mean of some curves without memory."""
    curves = [shape.curve() for shape in shapes]
    points = [point.conductance_us for shape in shapes for point in shape.points if point.conductance_us < top_us]
    return as_points(lambda at: geometric_mean([curve(at) for curve in curves], weights), top_us, points)


def geometric_mean(forces_n: Sequence[Float64Array], weights: Float64Array) -> Float64Array:
    """(N,) weighed geometric mean of forces (N,), N."""
    logs = np.log(np.maximum(np.stack(forces_n), SMALLEST))
    return np.asarray(np.exp(weights @ logs))


def cubic(count: int) -> Model:
    """A monotone cubic through the means of so many bins."""
    return lambda pairs, small: Shape(MonotoneCubic(), binned_points(pairs.conductance_us, pairs.force_n, count))


def binned_points(conductance_us: Float64Array, force_n: Float64Array, count: int) -> tuple[Point, ...]:
    """Mean force in bins of conductance, made to rise by isotonic regression; the last point is where the data end.

    Bins are even in the square root of conductance: narrower where little force makes much conductance.
    """
    from scipy.optimize import isotonic_regression

    at, known, weights = _bins(conductance_us, force_n, count)
    top = np.argsort(conductance_us, kind="stable")[-max(LEAST_IN_BIN, len(force_n) // TOP_PART) :]
    at, known, weights = np.r_[at, conductance_us[top[-1]]], np.r_[known, force_n[top].mean()], np.r_[weights, len(top)]
    rising = isotonic_regression(known, weights=weights).x
    return strictly_rising(at, rising)


def _bins(
    conductance_us: Float64Array, force_n: Float64Array, count: int
) -> tuple[Float64Array, Float64Array, Float64Array]:
    root = np.sqrt(conductance_us)
    number = np.minimum((root / root.max() * count).astype(int), count - 1)
    sizes = np.bincount(number, minlength=count)
    full = sizes >= LEAST_IN_BIN
    means = (np.bincount(number, values, minlength=count)[full] / sizes[full] for values in (conductance_us, force_n))
    return (*means, sizes[full].astype(np.float64))  # type: ignore[return-value]


def strictly_rising(conductance_us: Float64Array, force_n: Float64Array) -> tuple[Point, ...]:
    """Points of which each is a little above the last; those that hardly differ are left out."""
    points: list[Point] = []
    last_us = last_n = 0.0
    for at, known in zip(conductance_us.tolist(), force_n.tolist(), strict=True):
        if at < last_us * 1.0001 + 2.0 * SMALLEST:
            continue
        last_us, last_n = at, max(known, last_n * 1.0001 + 2.0 * SMALLEST)
        points.append(Point(conductance_us=last_us, force_n=last_n))
    if len(points) == 1:  # a line through zero has two
        points.insert(0, Point(conductance_us=last_us / 2.0, force_n=last_n / 2.0))
    return tuple(points)


def play_of(pairs: Pairs, play: Play) -> Float64Array:
    """(N,) the play's state for each row; each run starts anew."""
    out = np.empty(len(pairs))
    for rows in _runs(pairs):
        out[rows] = lag(pairs.conductance_us[rows], play)
    return out


def _runs(pairs: Pairs) -> Iterator[slice]:
    edges = [0, *(np.flatnonzero(np.diff(pairs.run)) + 1).tolist(), len(pairs)]
    return (slice(a, b) for a, b in itertools.pairwise(edges) if b > a)
