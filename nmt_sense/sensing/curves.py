"""Curves from conductance to force: both rise, start at zero, and never fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nmt_sense.blocks import Float64Array

Curve = Callable[[Float64Array], Float64Array]
"""Conductance in µS (any shape, 0 or more) to force in N (same shape)."""


def power_law(gain_us: float, exponent: float) -> Curve:
    """The curve whose inverse is G = gain_us * F**exponent (G in µS, F in N).

    A force-sensing resistor's conductance grows roughly in proportion to force (Interlink FSR Integration Guide
    94-00004); an exponent a little below 1 describes how it flattens.
    """

    def force_n(conductance_us: Float64Array) -> Float64Array:
        return np.asarray((conductance_us / gain_us) ** (1.0 / exponent))

    return force_n


def monotone_cubic(conductance_us: Sequence[float], force_n: Sequence[float], *, proportional: bool = False) -> Curve:
    """The piecewise cubic through zero and the points that never falls between them.

    Fritsch and Carlson, SIAM J. Numer. Anal. 17:238 (1980), as scipy's ``PchipInterpolator`` has it. Beyond the last
    point it goes on as the straight line through the last two (the cubic's own slope may be zero there, which would
    make every larger force look the same), or, ``proportional``, in proportion to conductance: the last two points of
    a fitted curve may lie so close that a line through them is chance. A profile's range says where that begins.
    """
    from scipy.interpolate import PchipInterpolator  # slow to import, and only profiles with points need it

    at, known = np.array([0.0, *conductance_us]), np.array([0.0, *force_n])
    cubic = PchipInterpolator(at, known)
    last_us, last_n = at[-1], known[-1]
    slope = last_n / last_us if proportional else (known[-1] - known[-2]) / (at[-1] - at[-2])

    def force(conductance: Float64Array) -> Float64Array:
        inside = cubic(np.minimum(conductance, last_us))
        return np.asarray(np.where(conductance > last_us, last_n + slope * (conductance - last_us), inside))

    return force
