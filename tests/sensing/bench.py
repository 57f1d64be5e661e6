"""A bench with a sensor whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nmt_sense.sensing.bench_data import BenchData
from nmt_sense.sensing.creep import TIMES_S

RATE_HZ = 20.0


def times(seconds: float, rate_hz: float = RATE_HZ) -> np.ndarray:
    return np.arange(0.0, seconds, 1.0 / rate_hz)


def staircase(top_n: float = 50.0, steps: int = 10, step_s: float = 5.0) -> np.ndarray:
    """Force up and down in steps, with a ramp of half a second between."""
    levels = top_n * np.r_[np.arange(steps + 1), np.arange(steps)[::-1]] / steps
    at = times(len(levels) * step_s)
    knots = np.repeat(np.arange(len(levels)) * step_s, 2)
    knots[1::2] += step_s - 0.5
    return np.interp(at, knots, np.repeat(levels, 2))


def presses(seed: int, count: int = 12, top_n: float = 50.0, press_s: float = 6.0) -> np.ndarray:
    """Presses of different heights, held with a hand's tremor."""
    rng = np.random.default_rng(seed)
    at = times(count * press_s)
    shape = np.interp((at % press_s) / press_s, [0.0, 0.1, 0.25, 0.75, 0.9, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    heights = np.repeat(rng.uniform(0.2, 1.0, count) * top_n, len(at) // count)
    return shape * heights * (1.0 + 0.03 * np.sin(2 * np.pi * 1.3 * at))


def creeping(force_n: np.ndarray, rate_hz: float, per_decade: float) -> np.ndarray:
    """What a sensor makes of a force that it creeps under, straight from the differential equations."""
    out, state = np.empty_like(force_n), np.full(len(TIMES_S), force_n[0])
    decay = np.exp(-1.0 / (rate_hz * np.array(TIMES_S)))
    for row, value in enumerate(force_n):
        state = value + decay * (state - value)
        out[row] = value + per_decade * state.sum()
    return out


def conductance(force_n: np.ndarray, gain: float = 1.0, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """µS of a sensor that flattens, off by a gain in force, with noise as a part of the reading."""
    clean = 30.0 * np.maximum(gain * force_n, 0.0) ** 0.8
    return clean * (1.0 + noise * np.random.default_rng(seed).standard_normal(len(clean)))


def bench_data(force_n: np.ndarray, conductance_us: np.ndarray, name: str = "bench.csv") -> BenchData:
    return BenchData(Path(name), "conductance_us", times(len(force_n) / RATE_HZ), conductance_us, force_n)


def measured(force_n: np.ndarray, gain: float = 1.0, noise: float = 0.03, seed: int = 0) -> BenchData:
    return bench_data(force_n, conductance(force_n, gain, noise, seed))
