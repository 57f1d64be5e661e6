"""Blocks of samples: what flows through the house.

A block is any run of consecutive arrivals. Results never depend on where one block ends and the next begins.
A scan that never arrived is not in any block: it shows as a jump in ``scan``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]
Uint16Array = NDArray[np.uint16]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScanBlock:
    """Raw scans, as the glove sent them."""

    scan: Int64Array
    """(N,) device scan index, unwrapped, strictly increasing."""
    counts: Uint16Array
    """(N, C) ADC counts, 0 .. full_scale."""

    def __len__(self) -> int:
        return len(self.scan)

    @classmethod
    def empty(cls, channels: int) -> ScanBlock:
        """A block of no scans for ``channels`` sensors."""
        return cls(np.empty(0, np.int64), np.empty((0, channels), np.uint16))


@dataclass(frozen=True, slots=True)
class ForceBlock:
    """Forces, row for row the scans they came from."""

    scan: Int64Array
    """(N,) device scan index, unwrapped."""
    time_s: Float64Array
    """(N,) seconds from the recording's first scan, on the device's clock."""
    newtons: Float32Array
    """(N, C) force on each sensor, N, unfiltered."""
    uncertainty_n: Float32Array
    """(N, C) half-width of the 95 % band of ``newtons``, N."""
    contact_n: Float32Array
    """(N,) force of the chosen contact, N, low-pass filtered (causal)."""
    contact_uncertainty_n: Float32Array
    """(N,) half-width of the 95 % band of ``contact_n``, N."""

    def __len__(self) -> int:
        return len(self.scan)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When scans came, one row for the frames that began to come with one read from the port."""

    scan: Int64Array
    """(M,) newest scan index in these frames."""
    host_ns: Int64Array
    """(M,) the host's clock just after the read that brought the first byte of the first of these frames, ns."""

    def __len__(self) -> int:
        return len(self.scan)

    @classmethod
    def none(cls) -> Arrivals:
        """No pairs."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))
