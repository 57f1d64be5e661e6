"""A band without assumptions: how far unseen readings were off, as a floor and a part of the force.

Split conformal prediction with a scaled score (Lei et al., J. Am. Stat. Assoc. 113:1094, 2018): the errors of curves
that had not seen a reading are divided by a scale that grows with force, and the band is the scale times that
quantile of the ratios which leaves 95 % of them inside. Neighbouring samples err alike, so the promise holds for
readings of sittings like those that made it; what another day adds is in ``ageing``.
"""

from __future__ import annotations

import math

import numpy as np

from nmt_sense.blocks import Float64Array

COVERAGE = 0.95
LOW_PART = 0.2
"""Forces up to this part of the largest make the floor."""


def scaled_band(said_n: Float64Array, error_n: Float64Array, coverage: float = COVERAGE) -> tuple[float, float]:
    """Floor in N and relative part of the half-width that holds ``coverage`` of these errors (N,), by what was said."""
    size = np.abs(error_n)
    low = said_n <= LOW_PART * float(said_n.max())
    floor = float(np.median(size[low])) if low.any() else 0.0
    over = np.maximum(size[~low] - floor, 0.0) / np.maximum(said_n[~low], 1e-9)
    relative = float(np.median(over)) if len(over) else 0.0
    scale = np.maximum(floor + relative * np.maximum(said_n, 0.0), 1e-3 * float(np.abs(said_n).max()) + 1e-9)
    stretch = conformal_quantile(size / scale, coverage)
    floor = max(floor, 1e-3 * float(np.abs(said_n).max()))
    return stretch * floor, stretch * relative


def conformal_quantile(scores: Float64Array, coverage: float = COVERAGE) -> float:
    """The score that leaves ``coverage`` of new ones below, for N old ones: number ceil((N + 1) coverage) in order."""
    ordered = np.sort(scores)
    rank = min(len(ordered), math.ceil((len(ordered) + 1) * coverage))
    return float(ordered[rank - 1])
