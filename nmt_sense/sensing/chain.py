"""The chain from scans to force: counts, conductance, curve, uncertainty, contact, low-pass."""

from __future__ import annotations

import datetime

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float32Array, Float64Array, ForceBlock, Int64Array, ScanBlock
from nmt_sense.device import GloveInfo
from nmt_sense.sensing.conductance import Divider
from nmt_sense.sensing.filters import LowPass
from nmt_sense.sensing.layout import Layout
from nmt_sense.sensing.memory import Memory
from nmt_sense.sensing.profile import Profile
from nmt_sense.sensing.uncertainty import BEYOND, Band, band, half_width_of_sum, sum_of


class ForceChain:
    """Turns the scans of one glove into forces. State is carried; results do not depend on how the stream is cut.

    A count is one of a few thousand whole numbers, so force and uncertainty are looked up in a table made once per
    sensor: exact, and the same for any curve. What depends on the past (creep, hysteresis, presses so far) comes after.
    """

    def __init__(self, info: GloveInfo, layout: Layout, contact: str) -> None:
        """Raises :class:`ProfileError` when the layout has no such contact or the glove lacks one of its sensors."""
        names = info.sensor_names
        self.contact_sensors = layout.contact_sensors(contact, names)
        self.verdict = layout.verdict(self.contact_sensors)
        """What the contact's calibration is worth today; a finished recording's own verdict is in its header."""
        self.contact_area = layout.area(contact)
        """What a nominal pressure needs; None where nobody has declared it."""
        self._channels = [channel for channel, name in enumerate(names) if name in self.contact_sensors]
        self._period_s = info.period_s
        self._filter = LowPass(info.period_s, columns=2)
        self.filter_name, self.filter_delay_s = self._filter.name, self._filter.delay_s
        self._unbounded = _Unbounded(info.period_s, self.filter_delay_s)
        profiles = [layout.profile(name) for name in names]
        tables = [
            sensor_table(Divider.of(info, channel), profile, layout.used_on) for channel, profile in enumerate(profiles)
        ]
        self._size = len(tables[0][0])
        self._newtons = _joined([force for force, _ in tables])
        self._together = _joined([width.together for _, width in tables])
        self._apart = _joined([width.apart for _, width in tables])
        self._memory = Memory(info, profiles)
        self._offsets: Int64Array = self._size * np.arange(len(names), dtype=np.int64)
        self._first_scan: int | None = None

    def feed(self, block: ScanBlock) -> ForceBlock:
        """Forces of the scans of one block, row for row; time counts from the first scan ever fed."""
        if self._first_scan is None and len(block):
            self._first_scan = int(block.scan[0])
        rows = np.minimum(block.counts, self._size - 1) + self._offsets
        newtons, together = self._newtons.take(rows), self._together.take(rows)
        apart = self._apart.take(rows) if self._memory.needed else None
        if apart is not None:
            newtons, apart = self._memory.feed(block, newtons, apart)
        contact_n, contact_uncertainty_n = self._contact(block.scan, newtons, together, apart)
        return ForceBlock(
            scan=block.scan,
            time_s=np.multiply(block.scan - (self._first_scan or 0), self._period_s, dtype=np.float64),
            newtons=newtons,
            uncertainty_n=together if apart is None else np.hypot(together, apart),
            contact_n=contact_n,
            contact_uncertainty_n=contact_uncertainty_n,
        )

    def _contact(
        self, scan: Int64Array, newtons: Float32Array, together: Float32Array, apart: Float32Array | None
    ) -> tuple[Float32Array, Float32Array]:
        """Sum of the contact's sensors and its half-width, both through the same filter."""
        columns = np.empty((len(scan), 2))
        columns[:, 0] = sum_of(newtons, self._channels)
        width = half_width_of_sum(together, apart, self._channels)
        unbounded = np.isinf(width)
        columns[:, 1] = np.where(unbounded, 0.0, width)
        filtered = self._filter.feed(scan, columns).astype(np.float32)
        contact_uncertainty_n = filtered[:, 1].copy()
        contact_uncertainty_n[self._unbounded.feed(scan, unbounded)] = np.inf
        return filtered[:, 0].copy(), contact_uncertainty_n


class _Unbounded:
    """Remembers a sample without an upper bound for as long as the low-pass does (infinity would never leave it)."""

    MEMORY_DELAYS = 6.0
    """After six times its delay two equal poles have forgotten all but (1 + 12) e^-12 < 0.01 % of a sample."""

    def __init__(self, period_s: float, delay_s: float) -> None:
        self._memory = int(np.ceil(self.MEMORY_DELAYS * delay_s / period_s))
        self._last: int = -(1 << 62)

    def feed(self, scan: Int64Array, unbounded: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(N,) true where a sample at or shortly before the scan had no upper bound."""
        if not unbounded.any():
            return np.asarray(scan - self._last <= self._memory)
        last = np.maximum.accumulate(np.where(unbounded, scan, self._last))
        self._last = int(last[-1])
        return np.asarray(scan - last <= self._memory)


def sensor_table(divider: Divider, profile: Profile, on: datetime.date | None = None) -> tuple[Float64Array, Band]:
    """Force in N and its 95 % band, used ``on`` a day, for the counts 0 .. top code, each (top_code + 1,)."""
    curve = profile.to_force()
    ceiling = BEYOND * profile.range_n[1]
    counts = np.arange(divider.top_code + 1, dtype=np.float64)
    middle, half = divider.middle(counts), divider.half_step
    upper = np.where(counts > 0, middle + half, 2.0 * half)
    within = np.minimum(upper, divider.full_scale - 0.5)  # the top code has no upper bound anyway
    force = np.minimum(curve(divider.conductance_us(middle)), ceiling)
    above = np.minimum(curve(divider.conductance_us(within)), ceiling)
    below = curve(divider.conductance_us(np.maximum(middle - half, 0.0)))
    half_count = np.maximum(above - force, force - np.minimum(below, ceiling))
    return force, band(profile, force, half_count, divider.saturated(counts) & (counts > 0), on)


def _joined(tables: list[Float64Array]) -> Float32Array:
    return np.concatenate(tables).astype(np.float32)
