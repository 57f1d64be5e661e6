"""Whether a model with memory wins on data that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import calibration_glove as glove
from nmt_sense.sensing.bench_data import read
from nmt_sense.sensing.candidates import memoryless, play_of
from nmt_sense.sensing.fitting import Fit, fit, play_fitted
from nmt_sense.sensing.pairs import Pairs, paired

WIDTH = 0.1
SITTINGS = (*glove.ROUNDS, glove.TARGET)


def rows_of(folder: Path, names: list[str]) -> Iterator[tuple[str, ...]]:
    for name in names:
        sittings = {one: _pairs(folder, one, name) for one in SITTINGS}
        fits = {one: fit(pairs) for one, pairs in sittings.items()}
        within = [_within(found) for found in fits.values()]
        across = [_across(fits[one], sittings[two]) for one in SITTINGS for two in SITTINGS if one != two]
        yield name, f"{WIDTH:g}", f"{_mean(within):.3f}", f"{_mean(across):.3f}"


def _pairs(folder: Path, sitting: str, name: str) -> Pairs:
    return paired([read(folder / f"{sitting}_{name}.csv.gz")], glove.CIRCUIT, 0.0, glove.REFERENCE_MAX_N)


def _within(found: Fit) -> float:
    plain = min(one.error for one in found.candidates if one.name in memoryless())
    return next(one.error for one in found.candidates if one.name.startswith(f"play {WIDTH:g}")) / plain


def _across(found: Fit, target: Pairs) -> float:
    """Error of the best memoryless curve of another sitting with its hysteresis undone as learnt here, over without."""
    shape = play_fitted(found, WIDTH)
    assert shape.play is not None
    factor = np.exp(shape.play.weight * play_of(target, shape.play))
    with_play = factor * _hindsight(target.conductance_us, target.force_n / factor)
    return _rms(with_play - target.force_n) / _rms(_hindsight(target.conductance_us, target.force_n) - target.force_n)


def _hindsight(conductance_us: np.ndarray, force_n: np.ndarray) -> np.ndarray:
    from scipy.optimize import isotonic_regression

    order = np.argsort(conductance_us, kind="stable")
    out = np.empty_like(force_n)
    out[order] = isotonic_regression(force_n[order]).x
    return out


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _mean(ratios: list[float]) -> float:
    return math.exp(float(np.mean(np.log(ratios))))
