"""Pressure: force over a declared contact area. It stays nominal, whatever the area.

A sensor knows force. What tissue feels depends on how it is spread, which no sensor of this kind sees: a thumb's pad is
larger than the sensor, and part of the load passes beside it.
"""

from __future__ import annotations

import msgspec

from nmt_sense.sensing.profile import ContactArea
from nmt_sense.units import STANDARD_GRAVITY

CM2_PER_M2 = 1e4


class NominalPressure(msgspec.Struct, frozen=True):
    """A force spread evenly over the declared area."""

    kpa: float
    kg_per_cm2: float
    area_cm2: float
    area_method: str

    @property
    def words(self) -> str:
        """As it may be shown: never without "nominal" and where the area comes from."""
        return (
            f"nominal {self.kpa:.0f} kPa ({self.kg_per_cm2:.2f} kg/cm²) on {self.area_cm2:g} cm² ({self.area_method})"
        )


def nominal_pressure(force_n: float, area: ContactArea | None) -> NominalPressure | None:
    """The nominal pressure of a force in N; None without a declared area.

    1 kPa is 0.1 N/cm²; 1 kg/cm² is 9.80665 N/cm².
    """
    if area is None:
        return None
    per_cm2 = force_n / area.cm2
    return NominalPressure(per_cm2 * CM2_PER_M2 / 1000.0, per_cm2 / STANDARD_GRAVITY, area.cm2, area.method)
