"""Fitting a curve to pairs of conductance and force: candidates that rise, weighed by cross-validation in blocks.

On another day the candidates err apart, and which of them will err least cannot be known from the day of the fit: the
one that follows its own data best is often not it. So the profile gets their blend, each weighed by how it did on
pieces that it had not seen. On the public data the blend errs less than the best single candidate does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.candidates import (
    BINS,
    CUBIC,
    Model,
    Shape,
    blended,
    cubic,
    geometric_mean,
    memoryless,
    play_of,
    weighed,
)
from nmt_sense.sensing.pairs import Pairs
from nmt_sense.sensing.profile import SMALLEST, Play

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
PLAY_WIDTHS = (0.1, 0.3, 0.6)
"""Half-widths of the play tried, in natural logarithms of conductance."""
MORE_MUST_WIN = 0.10
"""Part by which a model with memory, or more bins, must lower the error on unseen presses ..."""
MEMORY_MUST_WIN_IN = 2 / 3
"""... and a memory in this part of the blocks. Within one sitting the palms of a glove gained 0-3 %, and lost 0-5 % in
the next one: what was learnt was where the load had lain (``python -m benchmarks.calibration`` prints it)."""
ROUNDS = 4
BLEND = "blend"
CHANCE = 0.03
"""Is added, as a square, to the errors that weigh the blend. Which of two candidates is ahead by less than a sensor
repeats at best is chance: 2 % of a single part (Interlink FSR Integration Guide 94-00004), 2 to 3 % on the public
data."""


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
    parts, models = blocks(pairs), memoryless()
    unseen = {name: _unseen(pairs, model, parts, small) for name, model in models.items()}
    scores = {name: _candidate(name, pairs, said, parts, small) for name, said in unseen.items()}
    best = min(scores, key=lambda name: scores[name].error)
    weights = _weights(scores)
    blend = _name_of(weights)
    unseen[blend] = geometric_mean([unseen[name] for name in weights], np.array(list(weights.values())))
    models[blend] = _blend(weights)
    scores[blend] = _candidate(blend, pairs, unseen[blend], parts, small)
    for name, model in _with_play(models[best]).items():
        unseen[name] = _unseen(pairs, model, parts, small)
        scores[name] = _candidate(name, pairs, unseen[name], parts, small)
        models[name] = model
    chosen = _with_memory_if_it_wins(scores, best, blend)
    return Fit(models[chosen](pairs, small), chosen, tuple(scores.values()), pairs, unseen[chosen])


def _weights(scores: dict[str, Candidate]) -> dict[str, float]:
    """What each candidate counts for in the blend: one over its squared error. Of the cubics one is in it."""
    best = _cubic_of_choice(scores)
    kept = {name: one for name, one in scores.items() if name == best or not name.startswith(CUBIC)}
    trust = {name: 1.0 / (one.error**2 + CHANCE**2) for name, one in kept.items()}
    return {name: one / sum(trust.values()) for name, one in trust.items()}


def _cubic_of_choice(scores: dict[str, Candidate]) -> str:
    """The one with fewest bins, unless more of them lower the error by as much as is asked of a memory."""
    chosen, *finer = [name for name in scores if name.startswith(CUBIC)]
    for name in finer:
        if scores[name].error < (1.0 - MORE_MUST_WIN) * scores[chosen].error:
            chosen = name
    return chosen


def _name_of(weights: dict[str, float]) -> str:
    return f"{BLEND}: " + ", ".join(f"{100.0 * part:.0f} % {name}" for name, part in weights.items())


def _blend(weights: dict[str, float]) -> Model:
    models = memoryless()

    def fitted(pairs: Pairs, small: float) -> Shape:
        shapes = [models[name](pairs, small) for name in weights]
        return blended(shapes, np.array(list(weights.values())), float(pairs.conductance_us.max()))

    return fitted


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
        said = cubic(BINS[0])(pairs.with_force(force), small).force(pairs)
        off = np.log((np.maximum(pairs.force_n, 0.0) + small) / (np.maximum(said, 0.0) + small))
        loaded = pairs.force_n > 2.0 * small  # below that the ratio is that of two small numbers
        rows = [loaded & (pairs.sitting == one) for one in range(len(found))]
        found = np.array([np.median(off[these]) if these.any() else 0.0 for these in rows])
        found -= found.mean()
    return np.asarray(found[pairs.sitting])


def _unseen(pairs: Pairs, model: Model, parts: list[NDArray[np.bool_]], small: float) -> Float64Array:
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


def _with_memory_if_it_wins(scores: dict[str, Candidate], base: str, blend: str) -> str:
    """The play that wins against the very curve that it was added to, and against the blend; else the blend."""
    plain = scores[base]
    winners = [
        name
        for name, found in scores.items()
        if name.startswith("play")
        and found.error < (1.0 - MORE_MUST_WIN) * plain.error
        and found.error < scores[blend].error
        and np.mean(found.in_blocks < plain.in_blocks) >= MEMORY_MUST_WIN_IN
    ]
    return min(winners, key=lambda name: scores[name].error, default=blend)


def _with_play(model: Model) -> dict[str, Model]:
    return {f"play {width:g} on the best single one": _played(model, width) for width in PLAY_WIDTHS}


def play_fitted(found: Fit, width: float) -> Shape:
    """The fit's best curve without memory, fitted again with a play of a half-width, whether it had won or not."""
    plain = {one.name: one.error for one in found.candidates if one.name in memoryless()}
    model = memoryless()[min(plain, key=lambda name: plain[name])]
    return _played(model, width)(found.pairs, SMALL * float(found.pairs.force_n.max()))


def _played(model: Model, width: float) -> Model:
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
