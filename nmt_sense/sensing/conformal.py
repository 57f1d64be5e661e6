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
BINS = 12
"""Equal parts of the readings, by force, whose median errors tell how the scale grows."""
SMALLEST_PART = 1e-3
"""Of the largest force: no floor is smaller."""


def scaled_band(said_n: Float64Array, error_n: Float64Array, coverage: float = COVERAGE) -> tuple[float, float]:
    """Floor in N and relative part of the half-width that holds ``coverage`` of these errors (N,), by what was said."""
    size, said = np.abs(error_n), np.maximum(said_n, 0.0)
    floor, relative = _scale(said, size)
    stretch = conformal_quantile(size / (floor + relative * said), coverage)
    return stretch * floor, stretch * relative


def _scale(said_n: Float64Array, size_n: Float64Array) -> tuple[float, float]:
    """Floor and relative part of the typical error: a line, neither part negative, through the medians of the bins."""
    from scipy.optimize import nnls

    bins = [part for part in np.array_split(np.argsort(said_n, kind="stable"), BINS) if len(part)]
    middle = np.array([np.median(said_n[part]) for part in bins])
    typical = np.array([np.median(size_n[part]) for part in bins])
    smallest = SMALLEST_PART * float(said_n.max()) + 1e-9
    weight = 1.0 / np.maximum(typical, smallest)  # each bin counts by how far the line is off as a part of it
    (floor, relative), _ = nnls(np.column_stack([weight, weight * middle]), weight * typical)
    return max(float(floor), smallest), float(relative)


def conformal_quantile(scores: Float64Array, coverage: float = COVERAGE) -> float:
    """The score that leaves ``coverage`` of new ones below, for N old ones: number ceil((N + 1) coverage) in order."""
    ordered = np.sort(scores)
    rank = min(len(ordered), math.ceil((len(ordered) + 1) * coverage))
    return float(ordered[rank - 1])
