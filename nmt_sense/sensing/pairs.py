"""Pairs of conductance and reference force, made of two streams that were sampled apart: aligned, cleaned, in runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.bench_data import BenchData, BenchDataError
from nmt_sense.sensing.profile import Circuit

Mask = NDArray[np.bool_]

LONGEST_GAP = 10.0
"""Reference samples further apart than so many of their usual intervals are not joined by a line."""
LARGEST_LAG_S = 0.5
LAG_STEP_S = 0.02
WORTH = 0.01
"""A lag must make the spread about a curve smaller by this part; less is chance, and no lag is the simpler answer."""
LEAST_PAIRS = 30
MOST_RUNS = 1000
LEAST_LOAD_N, MOST_LOAD_N = 1.0, 1e5
"""Largest forces that can be a hand's, or a bench's."""
LEAST_US, MOST_US = 1e-4, 1e7
"""Conductance below which nothing is connected, and above which it is a short circuit."""
BINS = 40


@dataclass(frozen=True, slots=True)
class Pairs:
    """What a sensor read and what pressed on it, one row per usable reading, in time order within each run."""

    time_s: Float64Array
    """(N,) s."""
    conductance_us: Float64Array
    """(N,) µS."""
    force_n: Float64Array
    """(N,) reference, N."""
    run: NDArray[np.int64]
    """(N,) number of the uninterrupted run of the row; files and restarts of the clock begin another."""
    sitting: NDArray[np.int64]
    """(N,) number of the file of the row: between two of them the sensor may have been mounted again."""
    clipped: int = 0
    """Rows left out because one of the two instruments stood at its end."""

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, rows: Mask) -> Pairs:
        """Some of the rows."""
        return replace(
            self,
            time_s=self.time_s[rows],
            conductance_us=self.conductance_us[rows],
            force_n=self.force_n[rows],
            run=self.run[rows],
            sitting=self.sitting[rows],
        )

    def with_force(self, force_n: Float64Array) -> Pairs:
        """The same readings with other forces."""
        return replace(self, force_n=force_n)


def paired(
    data: Sequence[BenchData],
    circuit: Circuit | None,
    lag_s: float = 0.0,
    reference_max_n: float = math.inf,
    unloaded: bool = False,
) -> Pairs:
    """The usable pairs of some files, the reading taken as late by ``lag_s``, the reference below where it ends.

    Readings without any conductance tell nothing of the curve; ``unloaded`` keeps them, for what depends on the past.

    Raises :class:`BenchDataError` when a file has no reference force, or there are too few pairs.
    """
    parts, number = [], itertools.count()
    for sitting, one in enumerate(data):
        if not np.isfinite(one.force_n).any():
            raise BenchDataError(f"{one.path} has no force_n to compare with.")
        conductance = one.conductance_us(circuit)
        if len(runs(one.time_s)) > MOST_RUNS:
            raise BenchDataError(f"{one.path} cannot be used: its time falls back more than {MOST_RUNS} times.")
        parts += [
            _pairs_of_run(one, _usable(conductance, unloaded), rows, lag_s, (next(number), sitting))
            for rows in runs(one.time_s)
        ]
    pairs = _within(_joined(parts), reference_max_n)
    if len(pairs) < LEAST_PAIRS:
        where = ", ".join(str(one.path) for one in data)
        raise BenchDataError(
            f"{where}: only {len(pairs)} readings could be paired with a force, and {LEAST_PAIRS} are needed "
            f"({pairs.clipped} show no load, a short circuit, or a reference at its end); time_s should rise from row "
            "to row, and force_n be there all along."
        )
    _check_loads(pairs, str(data[0].path))
    return pairs


def _check_loads(pairs: Pairs, where: str) -> None:
    top = float(pairs.force_n.max())
    if top < LEAST_LOAD_N:
        raise BenchDataError(f"{where}: the reference never reaches {LEAST_LOAD_N:g} N, so nothing pressed.")
    if top > MOST_LOAD_N or float(np.max(np.abs(pairs.force_n))) > MOST_LOAD_N:
        raise BenchDataError(f"{where}: the reference goes beyond {MOST_LOAD_N:g} N; is force_n in newtons?")


def runs(time_s: Float64Array) -> list[slice]:
    """Where the clock runs without falling back."""
    ends = [0, *(np.flatnonzero(np.diff(time_s) < 0.0) + 1).tolist(), len(time_s)]
    return [slice(start, end) for start, end in itertools.pairwise(ends) if end > start]


def _pairs_of_run(
    data: BenchData, conductance_us: Float64Array, rows: slice, lag_s: float, numbers: tuple[int, int]
) -> Pairs:
    """Readings of a run with the reference at the time that they describe, by straight lines between its samples."""
    time_s, force, conductance = data.time_s[rows], data.force_n[rows], conductance_us[rows]
    known = np.isfinite(force)
    read = ~np.isnan(conductance)
    at, reading = time_s[read], conductance[read]
    if known.sum() < 2 or not len(at):
        return Pairs(np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    times, forces = time_s[known], force[known]
    when = at - lag_s
    reference = np.interp(when, times, forces)
    near = _between_samples(when, times)
    kept = near & (reading >= 0.0)
    return Pairs(
        at[kept],
        reading[kept],
        reference[kept],
        np.full(int(kept.sum()), numbers[0]),
        np.full(int(kept.sum()), numbers[1]),
        int(near.sum() - kept.sum()),
    )


def _between_samples(when: Float64Array, times: Float64Array) -> Mask:
    after = np.searchsorted(times, when)
    inside = (after > 0) & (after < len(times))
    gap = times[np.minimum(after, len(times) - 1)] - times[np.maximum(after - 1, 0)]
    longest = LONGEST_GAP * float(np.median(np.diff(times)))
    return np.asarray(np.isin(when, times) | (inside & (gap <= longest)))


def _usable(conductance_us: Float64Array, unloaded: bool) -> Float64Array:
    """Conductance with -1 for readings at an end of the instrument: one without limit, and none at all."""
    at_end = conductance_us > MOST_US
    if not unloaded:
        at_end |= conductance_us < LEAST_US
    return np.where(at_end, -1.0, conductance_us)


def _joined(parts: list[Pairs]) -> Pairs:
    return Pairs(
        np.concatenate([part.time_s for part in parts]),
        np.concatenate([part.conductance_us for part in parts]),
        np.concatenate([part.force_n for part in parts]),
        np.concatenate([part.run for part in parts]),
        np.concatenate([part.sitting for part in parts]),
        sum(part.clipped for part in parts),
    )


def _within(pairs: Pairs, reference_max_n: float) -> Pairs:
    below = pairs.force_n < reference_max_n
    kept = pairs.take(below)
    return replace(kept, clipped=pairs.clipped + int(np.count_nonzero(~below)))


def find_lag(data: Sequence[BenchData], circuit: Circuit | None) -> float:
    """By how much the readings come after the forces, s; 0 where no lag makes the curve sharper.

    Nor where rows lie further apart than any lag: steps that somebody wrote down one by one tell of none. Raises
    :class:`BenchDataError` as :func:`paired` does.
    """
    if any(np.median(np.abs(np.diff(one.time_s))) > LARGEST_LAG_S for one in data if len(one.time_s) > 1):
        return 0.0
    lags = np.arange(-LARGEST_LAG_S, LARGEST_LAG_S + LAG_STEP_S / 2, LAG_STEP_S)
    spreads = np.array([_spread(paired(data, circuit, float(lag))) for lag in lags])
    best, none = int(np.argmin(spreads)), int(np.argmin(np.abs(lags)))
    at_end = best in (0, len(lags) - 1)  # it would go on falling: no lag is found
    return 0.0 if at_end or spreads[best] > (1.0 - WORTH) * spreads[none] else round(float(lags[best]), 3)


def _spread(pairs: Pairs) -> float:
    """Mean absolute deviation of force within bins of conductance: small when rising and falling lie together."""
    order = np.argsort(pairs.conductance_us, kind="stable")
    bins = np.array_split(pairs.force_n[order], BINS)
    return float(np.mean([np.mean(np.abs(part - np.median(part))) for part in bins if len(part)]))
