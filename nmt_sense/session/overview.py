"""The overview: smallest and largest force per bin of scans, at several bin widths, so that ten hours draw at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float32Array, ForceBlock, Int64Array

BASE_SCANS = 64
"""Scans per bin of the finest level; finer than that the forces themselves are quick to read."""
FACTOR = 4
FEW_BINS = 2048
"""No coarser level is made once one has so few bins: it fits the width of any screen."""


@dataclass(frozen=True, slots=True)
class Level:
    """One bin width. Bins without any scan are left out, so a gap costs nothing and cannot look like zero."""

    scans_per_bin: int
    scan: Int64Array
    """(B,) scan number at which the bin starts."""
    minimum: Float32Array
    """(B, C + 1) smallest force, N: the sensors, then the contact."""
    maximum: Float32Array
    """(B, C + 1) largest force, N."""


class OverviewBuilder:
    """Gathers the finest level block by block; keeps about 1/64 of the data in memory."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._first: int | None = None
        self._parts: list[tuple[Int64Array, Float32Array, Float32Array]] = []

    def feed(self, block: ForceBlock) -> None:
        """Take the next forces."""
        if not len(block):
            return
        if self._first is None:
            self._first = int(block.scan[0])
        forces = np.column_stack((block.newtons, block.contact_n))
        self._parts.append(_reduce((block.scan - self._first) // BASE_SCANS, forces, forces))

    def levels(self) -> list[Level]:
        """All levels, finest first; at least one, which is empty when nothing was fed."""
        nothing = np.empty((0, self._channels + 1), np.float32)
        parts = self._parts or [(np.empty(0, np.int64), nothing, nothing)]
        bins, low, high = (np.concatenate(column) for column in zip(*parts, strict=True))
        width = BASE_SCANS
        bins, low, high = _reduce(bins, low, high)  # a bin cut by two blocks is there twice
        levels = [Level(width, bins * width + (self._first or 0), low, high)]
        while len(bins) > FEW_BINS:
            width *= FACTOR
            bins, low, high = _reduce(bins // FACTOR, low, high)
            levels.append(Level(width, bins * width + (self._first or 0), low, high))
        return levels


def _reduce(bins: Int64Array, low: Float32Array, high: Float32Array) -> tuple[Int64Array, Float32Array, Float32Array]:
    """Join neighbouring rows of the same bin (``bins`` never decreases)."""
    if not len(bins):
        return bins, low, high
    starts = np.concatenate(([0], np.flatnonzero(np.diff(bins)) + 1))
    return bins[starts], np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
