"""How wide the 95 % band of one sample is, and of a sum of sensors.

A profile of format version 1 states its band itself. Its parts are added, not squared, for they come from the same
sensor and may err in the same direction:

    half-width = floor_n + relative * F + half a step of the converter, through the curve's slope at F

One of version 2 was fitted, and its band has two parts that have nothing to do with each other:

    own = spread * (floor_n + relative * F) + half a step
                                                    how the sensor repeats within a sitting (see ``conformal``)
    drift = F * (exp(1.96 * s) - 1)                 what is not known of its gain since it was checked (see ``ageing``)
    half-width = sqrt(own² + drift²)

The band in files made by ``calibrate apply`` reaches down by F * (1 - exp(-1.96 * s)) only; live there is one number
for both sides, the larger.

* Below the profile's range the force is only known to lie between 0 and the range's low end, so the half-width is
  at least that.
* Above the range, and where the converter is at its top code, the force is at least what is shown and its upper bound
  is unknown: the half-width is **infinite**. Infinity survives float32, HDF5, sums and means, and cannot be mistaken
  for a measurement; a large finite number would vanish in the mean of a long hold.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.sensing.ageing import TWO_SIDED_95, checked, gain_deviation, shared_drift
from nmt_sense.sensing.profile import Profile

BEYOND = 2.0
"""Forces are shown up to this many times the profile's upper range end: past it a curve is fantasy (a shorted sensor
would read kilonewtons), and the band is infinite anyway."""


@dataclass(frozen=True, slots=True)
class Band:
    """Half-widths of the 95 % band of one sensor, N, each (K,), in the parts that matter when sensors are summed."""

    together: Float64Array
    """What moves all sensors of a contact in the same direction, or may."""
    apart: Float64Array
    """What each sensor does for itself."""

    @property
    def half_width(self) -> Float64Array:
        """(K,) of the sensor alone."""
        return np.hypot(self.together, self.apart)


def band(
    profile: Profile,
    force_n: Float64Array,
    half_count_n: Float64Array,
    saturated_high: NDArray[np.bool_],
    on: datetime.date | None = None,
) -> Band:
    """The band for forces of shape (K,) as the profile's curve gives them, used ``on`` a day.

    ``half_count_n`` (K,) is how far half a step of the converter moves the force; ``saturated_high`` (K,) is true at
    the top code.
    """
    low_n, high_n = profile.range_n
    own = half_width_of_day_n(profile, force_n, on) + half_count_n
    own = np.where(force_n < low_n, np.maximum(own, low_n), own)
    own = np.where((force_n > high_n) | saturated_high, np.inf, own)
    nothing = np.zeros_like(own)
    if profile.format_version == 1:  # one nominal profile for many sensors: one wrong gain moves all of them
        return Band(own, nothing)
    drift = force_n * np.expm1(TWO_SIDED_95 * gain_deviation(profile, force_n, on))
    return Band(drift, own) if shared_drift(profile, on) else Band(nothing, np.hypot(own, drift))


def own_half_width_n(profile: Profile, force_n: Float64Array) -> Float64Array:
    """(K,) half-width within a sitting as the fit found it, N, without the converter's step."""
    return np.asarray(profile.uncertainty.floor_n + profile.uncertainty.relative * force_n)


def half_width_of_day_n(profile: Profile, force_n: Float64Array, on: datetime.date | None = None) -> Float64Array:
    """(K,) half-width within the sitting of a day (None: the check's), N, as the check of that day found it.

    Without such a check it is the fit's; the last check can only have made it wider.
    """
    spread = profile.spread if checked(profile, on) else max(profile.spread, 1.0)
    return spread * own_half_width_n(profile, force_n)


def sum_of(columns: Float32Array, channels: list[int]) -> Float64Array:
    """(N,) sum of some columns (N, C) in double precision, always added in channel order: no block changes a bit."""
    total = columns[:, channels[0]].astype(np.float64)
    for channel in channels[1:]:
        total = total + columns[:, channel]
    return total


def half_width_of_sum(together: Float32Array, apart: Float32Array | None, channels: list[int]) -> Float64Array:
    """(N,) half-width of the band of a sum of sensors, for their parts (N, C): the one adds, the other as squares."""
    common = sum_of(together, channels)
    return common if apart is None else np.hypot(common, np.sqrt(sum_of(apart * apart, channels)))
