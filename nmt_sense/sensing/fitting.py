"""Fitting a curve to pairs of conductance and force: candidates that rise, chosen by cross-validation in blocks.

Errors are weighed by the force itself: a deviation counts as a part of the force plus a twentieth of the largest one.
That is how such sensors err, and how they are used; weighed in newtons, the largest loads alone would choose.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.curves import Curve, monotone_cubic, power_law
from nmt_sense.sensing.hysteresis import lag
from nmt_sense.sensing.pairs import Pairs
from nmt_sense.sensing.profile import SMALLEST, MonotoneCubic, Play, Point, PowerLaw

SMALL = 0.05
"""Part of the largest force below which a deviation is weighed in newtons."""
BLOCKS = 24
"""Pieces of the data in time, some seconds each: neighbouring samples err alike, so what tests a curve must lie apart
from what made it."""
MOST_ROWS = 5000
"""Of more readings every second, third ... one is used: neighbours tell the same, and a fit should take a second."""
LEAST_STEPS, MOST_STEPS = 6, 100
PAUSE = 25.0
"""Usual intervals that make a pause."""
POINTS = (8, 16, 24)
"""Numbers of bins that a monotone cubic is tried with."""
LEAST_IN_BIN = 5
TOP_PART = 200
"""The last point is the mean of this part (one in so many) of the largest readings."""
PLAY_WIDTHS = (0.1, 0.3, 0.6)
"""Half-widths of the play tried, in natural logarithms of conductance."""
MEMORY_MUST_WIN = 0.10
"""Part by which a model with memory must lower the error on unseen presses ..."""
MEMORY_MUST_WIN_IN = 2 / 3
"""... and in this part of the blocks. Within one sitting the palms of a glove gained 7-10 %, and lost 2-16 % in the
next one: what was learnt was where the load had lain (``python -m benchmarks.calibration`` prints it)."""
ROUNDS = 4

Model = Callable[[Float64Array, Float64Array], PowerLaw | tuple[Point, ...]]


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


@dataclass(frozen=True, slots=True)
class Candidate:
    """How one model did on data it had not seen."""

    name: str
    error: float
    """Root mean square of the weighed errors, 1."""
    in_blocks: Float64Array
    """(blocks,) the same of each block."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The chosen curve, how it was chosen, and how it errs."""

    shape: Shape
    chosen: str
    candidates: tuple[Candidate, ...]
    pairs: Pairs
    unseen_n: Float64Array
    """(N,) what curves that had not seen the row's block said, N."""


def fit(pairs: Pairs) -> Fit:
    """The best of the candidates for these pairs.

    Each file is a sitting of its own, whose gain may differ: the shape is fitted to all, each brought to their common
    gain (the middle one of their logarithms). How far sittings differ is the business of ``ageing``.
    """
    pairs = pairs.take(np.arange(len(pairs)) % math.ceil(len(pairs) / MOST_ROWS) == 0)
    small = SMALL * float(pairs.force_n.max())
    pairs = pairs.with_force(pairs.force_n * np.exp(-gains(pairs, small)))
    parts = blocks(pairs)
    unseen = {name: _unseen(pairs, model, parts, small) for name, model in _memoryless().items()}
    scores = {name: _candidate(name, pairs, said, parts, small) for name, said in unseen.items()}
    best = min(scores, key=lambda name: scores[name].error)
    models = dict(_memoryless())
    for name, model in _with_play(models[best]).items():
        unseen[name] = _unseen(pairs, model, parts, small)
        scores[name] = _candidate(name, pairs, unseen[name], parts, small)
        models[name] = model
    chosen = _with_memory_if_it_wins(scores, best)
    return Fit(models[chosen](pairs, small), chosen, tuple(scores.values()), pairs, unseen[chosen])


def blocks(pairs: Pairs) -> list[NDArray[np.bool_]]:
    """Rows to leave out in turn: the steps that a person measured one by one, or else ``BLOCKS`` pieces in time.

    A step is what lies between two pauses in the readings.
    """
    order = np.arange(len(pairs))
    steps = np.split(order, np.flatnonzero(_pauses(pairs.time_s)) + 1)
    parts = steps if LEAST_STEPS <= len(steps) <= MOST_STEPS else np.array_split(order, BLOCKS)
    return [(order >= part[0]) & (order <= part[-1]) for part in parts if len(part)]


def _pauses(time_s: Float64Array) -> NDArray[np.bool_]:
    apart = np.diff(time_s)
    return np.asarray((apart < 0.0) | (apart > PAUSE * float(np.median(np.abs(apart)))))


def gains(pairs: Pairs, small: float) -> Float64Array:
    """(N,) logarithm of the gain of each row's sitting, about their mean; zero when there is but one."""
    found = np.zeros(int(pairs.sitting.max(initial=0)) + 1)
    if len(found) == 1:
        return np.zeros(len(pairs))
    for _ in range(ROUNDS):
        force = pairs.force_n * np.exp(-found[pairs.sitting])
        said = _cubic(POINTS[0])(pairs.with_force(force), small).force(pairs)
        off = np.log((np.maximum(pairs.force_n, 0.0) + small) / (np.maximum(said, 0.0) + small))
        loaded = pairs.force_n > 2.0 * small  # below that the ratio is that of two small numbers
        rows = [loaded & (pairs.sitting == one) for one in range(len(found))]
        found = np.array([np.median(off[these]) if these.any() else 0.0 for these in rows])
        found -= found.mean()
    return np.asarray(found[pairs.sitting])


def weighed(error_n: Float64Array, force_n: Float64Array, small_n: float) -> Float64Array:
    """Errors as parts of the force, small forces as parts of ``small_n`` more."""
    return np.asarray(error_n / (np.maximum(force_n, 0.0) + small_n))


def _unseen(
    pairs: Pairs, model: Callable[[Pairs, float], Shape], parts: list[NDArray[np.bool_]], small: float
) -> Float64Array:
    said = np.full(len(pairs), np.nan)
    for part in parts:
        said[part] = model(pairs.take(~part), small).force(pairs)[part]
    return said


def _candidate(
    name: str, pairs: Pairs, said_n: Float64Array, parts: list[NDArray[np.bool_]], small: float
) -> Candidate:
    squares = weighed(said_n - pairs.force_n, pairs.force_n, small) ** 2
    in_blocks = np.sqrt([squares[part].mean() for part in parts])
    return Candidate(name, math.sqrt(float(squares.mean())), in_blocks)


def _with_memory_if_it_wins(scores: dict[str, Candidate], best: str) -> str:
    plain = scores[best]
    winners = [
        name
        for name, found in scores.items()
        if name.startswith("play")
        and found.error < (1.0 - MEMORY_MUST_WIN) * plain.error
        and np.mean(found.in_blocks < plain.in_blocks) >= MEMORY_MUST_WIN_IN
    ]
    return min(winners, key=lambda name: scores[name].error, default=best)


def _memoryless() -> dict[str, Callable[[Pairs, float], Shape]]:
    cubics = {f"monotone cubic, {count} bins": _cubic(count) for count in POINTS}
    return {"through-zero linear": _linear, "power law": _power, **cubics}


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


def _cubic(count: int) -> Callable[[Pairs, float], Shape]:
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


def _with_play(model: Callable[[Pairs, float], Shape]) -> dict[str, Callable[[Pairs, float], Shape]]:
    return {f"play {width:g} on the best of these": _played(model, width) for width in PLAY_WIDTHS}


def play_fitted(found: Fit, width: float) -> Shape:
    """The fit's best curve without memory, fitted again with a play of a half-width, whether it had won or not."""
    plain = {one.name: one.error for one in found.candidates if one.name in _memoryless()}
    model = _memoryless()[min(plain, key=lambda name: plain[name])]
    return _played(model, width)(found.pairs, SMALL * float(found.pairs.force_n.max()))


def _played(model: Callable[[Pairs, float], Shape], width: float) -> Callable[[Pairs, float], Shape]:
    """Curve and weight of the play in turn, until both stand: the weight is a regression of what the curve leaves."""

    def fitted(pairs: Pairs, small: float) -> Shape:
        floor_us = float(np.quantile(pairs.conductance_us, 0.1))
        play = Play(width=width, floor_us=max(floor_us, SMALLEST), weight=0.0)
        state = play_of(pairs, play)
        weight = 0.0
        for _ in range(ROUNDS):
            shape = model(pairs.with_force(pairs.force_n * np.exp(-weight * state)), small)
            left = np.log((np.maximum(pairs.force_n, 0.0) + small) / (np.maximum(shape.force(pairs), 0.0) + small))
            weight = float(np.clip(left @ state / max(float(state @ state), 1e-9), 0.0, 2.0))
        return Shape(shape.kind, shape.points, Play(width=width, floor_us=play.floor_us, weight=weight))

    return fitted
