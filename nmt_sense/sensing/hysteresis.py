"""Hysteresis: a play operator on the logarithm of conductance, exact however the stream is cut.

A play (backlash) of half-width r follows its input only when pushed: y[n] = min(max(y[n-1], x[n] - r), x[n] + r). It
is the element of the Prandtl-Ishlinskii model (Krejci & Kuhnen, IEE Proc. Control Theory Appl. 148:185, 2001). What
it lags behind, x - y, is near +r while the load rises and near -r while it falls.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.profile import Play

PIECE = 512
"""Rows that are followed at a time: a scan takes log2 of it passes over them."""
FEW = 12
"""Rows up to which one after the other is faster."""


class Hysteresis:
    """The plays of some sensors. State is carried; only comparisons are made of it, so cutting cannot change a bit."""

    def __init__(self, plays: Sequence[Play]) -> None:
        """One play per column."""
        self._widths = np.array([play.width for play in plays])
        self._state: Float64Array | None = None

    def follow(self, positions: Float64Array) -> Float64Array:
        """(N, columns) what each play lags behind, in natural logarithms, for positions (N, columns)."""
        if not len(positions):
            return positions
        state = positions[0] if self._state is None else self._state
        low, high = positions - self._widths, positions + self._widths
        followed = np.empty_like(positions)
        for start in range(0, len(positions), PIECE):
            rows = slice(start, start + PIECE)
            followed[rows] = _clamped_in_turn(state, low[rows], high[rows])
            state = followed[rows][-1]
        self._state = state.copy()
        return np.asarray(positions - followed)


def position(conductance_us: Float64Array, play: Play) -> Float64Array:
    """Where the play's input stands: natural logarithm of conductance, small ones pushed together."""
    return np.asarray(np.log(conductance_us + play.floor_us))


def lag(conductance_us: Float64Array, play: Play) -> Float64Array:
    """(N,) what a play that starts here lags behind, in natural logarithms, for conductances (N,) in µS."""
    return Hysteresis([play]).follow(position(conductance_us, play)[:, np.newaxis])[:, 0]


def _clamped_in_turn(start: Float64Array, low: Float64Array, high: Float64Array) -> Float64Array:
    """(N, columns) y[n] = min(max(y[n-1], low[n]), high[n]), low never above high.

    Clamping twice is clamping once to other bounds, so the bounds of 1, 2, 4 ... steps are made from each other
    (a scan in log2 N passes) and then applied to the start.
    """
    if len(low) <= FEW:
        return _one_by_one(start, low, high)
    step = 1
    while step < len(low):
        later_low, later_high = low[step:].copy(), high[step:].copy()
        earlier_low, earlier_high = low[:-step].copy(), high[:-step].copy()
        np.minimum(np.maximum(earlier_low, later_low), later_high, out=low[step:])
        np.minimum(np.maximum(earlier_high, later_low), later_high, out=high[step:])
        step *= 2
    return np.asarray(np.minimum(np.maximum(start, low), high))


def _one_by_one(start: Float64Array, low: Float64Array, high: Float64Array) -> Float64Array:
    out = np.empty_like(low)
    for row in range(len(low)):
        start = np.minimum(np.maximum(start, low[row]), high[row])
        out[row] = start
    return out
