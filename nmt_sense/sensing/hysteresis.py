"""Hysteresis: a play operator on the logarithm of conductance, exact however the stream is cut.

A play (backlash) of half-width r follows its input only when pushed: y[n] = min(max(y[n-1], x[n] - r), x[n] + r). It is
the element of the Prandtl-Ishlinskii model (Krejci & Kuhnen, IEE Proc. Control Theory Appl. 148:185, 2001). What it lags
behind, x - y, is near +r while the load rises and near -r while it falls.
"""

from __future__ import annotations

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.profile import Play


class Hysteresis:
    """One sensor's play. State is carried; only comparisons are made of it, so cutting cannot change a bit."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._state: float | None = None

    def feed(self, conductance_us: Float64Array) -> Float64Array:
        """(N,) what the play lags behind, in natural logarithms, for conductances (N,) in µS."""
        return self.follow(position(conductance_us, self._play))

    def follow(self, positions: Float64Array) -> Float64Array:
        """(N,) the same for positions (N,), see :func:`position`."""
        if not len(positions):
            return positions
        start = float(positions[0]) if self._state is None else self._state
        followed = _clamped_in_turn(start, positions - self._play.width, positions + self._play.width)
        self._state = float(followed[-1])
        return np.asarray(positions - followed)


def position(conductance_us: Float64Array, play: Play) -> Float64Array:
    """Where the play's input stands: natural logarithm of conductance, small ones pushed together."""
    return np.asarray(np.log(conductance_us + play.floor_us))


def _clamped_in_turn(start: float, low: Float64Array, high: Float64Array) -> Float64Array:
    """(N,) y[n] = min(max(y[n-1], low[n]), high[n]), low never above high.

    Clamping twice is clamping once to other bounds, so the bounds of 1, 2, 4 ... steps are made from each other
    (a scan in log2 N passes) and then applied to the start.
    """
    low, high = low.copy(), high.copy()
    step = 1
    while step < len(low):
        later_low, later_high = low[step:].copy(), high[step:].copy()
        np.clip(low[:-step], later_low, later_high, out=low[step:])
        np.clip(high[:-step], later_low, later_high, out=high[step:])
        step *= 2
    return np.asarray(np.clip(start, low, high))
