"""A first honest uncertainty: how wide the 95 % band of one sample is.

The half-width is a sum, not a root of squares: the parts come from the same sensor and may err in the same direction.

    half-width = floor_n + relative * F + half a step of the converter, through the curve's slope at F

* Below the profile's range the force is only known to lie between 0 and the range's low end, so the half-width is
  at least that.
* Above the range, and where the converter is at its top code, the force is at least what is shown and its upper bound
  is unknown: the half-width is **infinite**. Infinity survives float32, HDF5, sums and means, and cannot be mistaken
  for a measurement; a large finite number would vanish in the mean of a long hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.profile import Profile


def half_width_n(
    profile: Profile, force_n: Float64Array, half_count_n: Float64Array, saturated_high: NDArray[np.bool_]
) -> Float64Array:
    """Half-width of the 95 % band, N, for forces of shape (K,) as the profile's curve gives them.

    ``half_count_n`` (K,) is how far half a step of the converter moves the force; ``saturated_high`` (K,) is true at
    the top code.
    """
    low_n, high_n = profile.range_n
    terms = profile.uncertainty
    width = terms.floor_n + terms.relative * force_n + half_count_n
    width = np.where(force_n < low_n, np.maximum(width, low_n), width)
    return np.where((force_n > high_n) | saturated_high, np.inf, width)


def of_sum(half_widths_n: list[Float64Array]) -> Float64Array:
    """Half-width of the band of a sum of sensors, each (N,): the half-widths add.

    Exact when the sensors err together, as they do when they share one nominal profile (one wrong gain moves all of
    them); an upper bound when they err apart. Added in the order given, so the result never depends on the block.
    """
    total = np.zeros_like(half_widths_n[0])
    for width in half_widths_n:
        total = total + width
    return total
