"""Many samples as one lowest and one highest value per pixel column, and the gaps between samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float64Array

GAP_PERIODS = 1.5
"""Neighbours further apart than this many periods have a gap between them."""


@dataclass(frozen=True, slots=True)
class Columns:
    """M columns that hold at least one sample, oldest first."""

    time_s: Float64Array
    """(M,) middle of the column, on the samples' own time axis."""
    low: Float64Array
    """(M,) lowest value."""
    high: Float64Array
    """(M,) highest value."""
    falling: NDArray[np.bool_]
    """(M,) True where the last value is below the first: the highest came first."""
    joined: NDArray[np.bool_]
    """(M,) True where no gap lies between this column's last sample and the next column's first; the last is False."""


def columns(time_s: Float64Array, value: NDArray[np.floating], column_s: float, period_s: float) -> Columns:
    """Reduce ``value`` (N,) at ``time_s`` (N,), increasing, to columns ``column_s`` wide.

    Columns are counted from time 0, not from the newest sample, so that a column keeps its look while it scrolls.
    """
    if len(time_s) == 0:
        empty, nothing = np.empty(0), np.empty(0, bool)
        return Columns(empty, empty, empty, nothing, nothing)
    index = np.floor(time_s / column_s).astype(np.int64)
    first = np.flatnonzero(np.diff(index, prepend=index[0] - 1))
    last = np.append(first[1:], len(index)) - 1
    joined = np.zeros(len(first), bool)
    joined[:-1] = time_s[first[1:]] - time_s[last[:-1]] <= GAP_PERIODS * period_s
    return Columns(
        time_s=np.asarray((index[first] + 0.5) * column_s, np.float64),
        low=np.minimum.reduceat(value, first),
        high=np.maximum.reduceat(value, first),
        falling=value[last] < value[first],
        joined=joined,
    )


def line(made: Columns, thicken: float = 0.0) -> tuple[Float64Array, Float64Array, NDArray[np.bool_]]:
    """Points of one line through the columns: x (2M,), y (2M,) and whether each is joined to the next (2M,).

    ``thicken`` is added above and below every column, in the unit of the values.
    """
    y = np.empty((len(made.low), 2))
    low, high = made.low - thicken, made.high + thicken
    y[:, 0] = np.where(made.falling, high, low)
    y[:, 1] = np.where(made.falling, low, high)
    joined = np.ones((len(made.low), 2), bool)
    joined[:, 1] = made.joined
    return np.repeat(made.time_s, 2), y.ravel(), joined.ravel()


def gaps(time_s: Float64Array, period_s: float) -> list[tuple[float, float]]:
    """Start and end of each stretch without samples, s."""
    before = np.flatnonzero(np.diff(time_s) > GAP_PERIODS * period_s)
    return [(float(time_s[k]), float(time_s[k + 1])) for k in before]
