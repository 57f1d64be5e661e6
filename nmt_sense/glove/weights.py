"""Known loads put on one sensor, one after the other and over again: what a bench does, for ``sim://?steps=...``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.glove.practitioner import SENSORS, smooth

CHANGE_S = 0.3
"""A load takes so long to be put on or off."""
STAND_S = 6.0
"""A load stands for so long where nothing else is said."""
MOST_N, MOST_S = 2000.0, 36_000.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Loads on one sensor, a pure function of time."""

    loads: tuple[tuple[float, float], ...]
    """Force in N and for how many seconds it stands, in order; after the last one the first comes again."""
    sensor: str = SENSORS[0]

    def sensor_newtons(self, time_s: Float64Array) -> Float64Array:
        """True force per sensor, N, (N, C) for times (N,) in seconds since the start."""
        newtons = np.zeros((len(time_s), len(SENSORS)))
        newtons[:, SENSORS.index(self.sensor)] = self.newtons(time_s)
        return newtons

    def newtons(self, time_s: Float64Array) -> Float64Array:
        """True force on the sensor, N, (N,)."""
        force, seconds = np.array(self.loads).T
        begins = np.cumsum(np.r_[0.0, seconds])
        within = np.mod(time_s, begins[-1])
        at = np.searchsorted(begins, within, side="right") - 1
        before = np.where((at == 0) & (time_s < begins[-1]), 0.0, force[at - 1])
        return np.asarray(before + (force[at] - before) * smooth((within - begins[at]) / CHANGE_S))


def weights(text: str, sensor: str) -> Weights:
    """The loads of ``5,10,20:90``: newtons, and seconds where a load stands for another time than usual.

    Raises ValueError with a sentence.
    """
    if sensor not in SENSORS:
        raise ValueError(f"there is no sensor {sensor}; known are {', '.join(SENSORS)}")
    loads = tuple(_load(part) for part in text.split(","))
    if not all(0 <= force <= MOST_N and 2 * CHANGE_S <= seconds <= MOST_S for force, seconds in loads):
        raise ValueError(f"steps must lie in 0-{MOST_N:g} N, and each stand {2 * CHANGE_S:g}-{MOST_S:g} s")
    return Weights(loads, sensor)


def _load(part: str) -> tuple[float, float]:
    force, _, seconds = part.partition(":")
    try:
        return float(force), float(seconds or STAND_S)
    except ValueError:
        raise ValueError(f"steps has {part!r}, which is not newtons or newtons:seconds") from None
