"""Counts to conductance: the divider between sensor and resistor, undone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nmt_sense.blocks import Float64Array
from nmt_sense.device import GloveInfo

MICRO = 1e6
"""Microsiemens per siemens."""


@dataclass(frozen=True, slots=True)
class Divider:
    """One channel: sensor from supply to the ADC pin, resistor from the pin to ground, supply = ADC reference."""

    divider_ohm: float
    full_scale: int
    """Counts that stand for the whole reference voltage."""
    top_code: int
    """The largest count the channel can give: every conversion at its last code, summed and shifted."""
    half_step: float = 0.5
    """Half of what one count can stand for, in counts."""

    @classmethod
    def of(cls, info: GloveInfo, channel: int) -> Divider:
        """The divider of one channel of a glove."""
        return cls(info.sensors[channel].divider_ohm, info.full_scale, top_code(info), half_step(info))

    def middle(self, counts: ArrayLike) -> Float64Array:
        """The middle of what each count can stand for, in counts; 0 stays 0, because no load must show no force.

        A converter cuts off: its code n stands for n .. n + 1 of its steps. A sum of conversions lacks half a step for
        each of them. With enough noise to reach all codes the shift cuts off up to another half count, which lies
        within the band of ± ``half_step``.
        """
        values = np.asarray(counts, dtype=np.float64)
        return np.where(values > 0, values + self.half_step, 0.0)

    def conductance_us(self, counts: ArrayLike) -> Float64Array:
        """Conductance in µS for counts of any shape, fractions of a count allowed, below ``full_scale``.

        With r = counts / full_scale = R / (R + 1/G) the sensor's conductance is G = r / (R (1 - r)). The supply
        cancels, because it is also the converter's reference.
        """
        ratio = np.asarray(counts, dtype=np.float64) / self.full_scale
        return MICRO * ratio / (self.divider_ohm * (1.0 - ratio))

    def reading_us(self, counts: ArrayLike) -> Float64Array:
        """Conductance in µS of whole counts as they came, each in its middle; at the end of the scale still finite."""
        return self.conductance_us(np.minimum(self.middle(counts), self.full_scale - 0.5))

    def saturated(self, counts: ArrayLike) -> NDArray[np.bool_]:
        """True where the count stands at an end of the scale: 0 (less than can be seen) or ``top_code`` (more)."""
        values = np.asarray(counts)
        return (values <= 0) | (values >= self.top_code)


def top_code(info: GloveInfo) -> int:
    """The full-scale code of a glove: (2**adc_bits - 1) * samples_per_value >> shift.

    It is a little less than ``full_scale``: a converter of *n* bits ends at 2**n - 1, one code below its reference.
    """
    return ((1 << info.adc_bits) - 1) * info.samples_per_value >> info.shift


def half_step(info: GloveInfo) -> float:
    """Half a step of one conversion, in counts of the sum after the shift; half a count where the shift is coarser."""
    return max(0.5, 0.5 * info.samples_per_value / (1 << info.shift))
