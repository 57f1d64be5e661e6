"""Mean and slope of the samples inside the band, in bounded memory and with the same bits however they came in."""

from __future__ import annotations

import math

import numpy as np

from nmt_sense.blocks import Float64Array

CHUNK = 4096
"""Samples gathered before they are summed up. Sums are cut by sample count only, never by block."""


class BandStatistics:
    """Least squares over samples (position, force, uncertainty), chunk by chunk.

    Chunks are joined by the pairwise update of Chan, Golub and LeVeque (The American Statistician 37:242, 1983), which
    stays exact where plain running sums of squares would cancel.
    """

    def __init__(self) -> None:
        self._chunk: Float64Array = np.empty((3, CHUNK))
        self._filled = 0
        self._sums = _Sums()
        self._first = math.nan
        self._last = math.nan

    def add(self, position: Float64Array, force_n: Float64Array, uncertainty_n: Float64Array) -> None:
        """Add samples (K,); positions rise."""
        if math.isnan(self._first):
            self._first = float(position[0])
        self._last = float(position[-1])
        start = 0
        while start < len(position):
            end = min(len(position), start + CHUNK - self._filled)
            room = slice(self._filled, self._filled + end - start)
            for row, values in enumerate((position, force_n, uncertainty_n)):
                self._chunk[row, room] = values[start:end]
            self._filled = room.stop
            start = end
            if self._filled == CHUNK:
                self._sums = self._sums.joined(_Sums.of(self._chunk))
                self._filled = 0

    @property
    def mean_n(self) -> float:
        """Mean force, N; NaN without samples. Asked for with every block, so only this one sum is made."""
        sums, filled = self._sums, self._filled
        if not filled:
            return sums.mean_y
        newest = float(self._chunk[1, :filled].mean())
        return newest if not sums.count else sums.mean_y + (newest - sums.mean_y) * (filled / (sums.count + filled))

    @property
    def mean_uncertainty_n(self) -> float:
        """Mean half-width, N; NaN without samples."""
        total = self._total()
        return total.width / total.count if total.count else math.nan

    @property
    def change_n(self) -> float:
        """Least-squares slope times the span from first to last position, N; 0 for one sample, NaN for none."""
        total = self._total()
        if not total.count:
            return math.nan
        return total.xy / total.xx * (self._last - self._first) if total.xx > 0 else 0.0

    @property
    def slope_n_per_step(self) -> float:
        """Least-squares slope, N per unit of position; 0 for one sample, NaN for none."""
        total = self._total()
        if not total.count:
            return math.nan
        return total.xy / total.xx if total.xx > 0 else 0.0

    def _total(self) -> _Sums:
        if not self._filled:
            return self._sums
        return self._sums.joined(_Sums.of(self._chunk[:, : self._filled]))


class _Sums:
    """Count, means and central sums of some samples."""

    __slots__ = ("count", "mean_x", "mean_y", "width", "xx", "xy")

    def __init__(self) -> None:
        self.count = 0
        self.mean_x = self.mean_y = math.nan
        self.xx = self.xy = self.width = 0.0

    @classmethod
    def of(cls, samples: Float64Array) -> _Sums:
        """Sums of (3, K) samples, K >= 1."""
        sums = cls()
        x, y, width = samples
        sums.count = len(x)
        sums.mean_x, sums.mean_y = float(x.mean()), float(y.mean())
        dx = x - sums.mean_x
        sums.xx, sums.xy = float((dx * dx).sum()), float((dx * (y - sums.mean_y)).sum())
        sums.width = float(width.sum())
        return sums

    def joined(self, other: _Sums) -> _Sums:
        """Sums of both; the order matters for the last bit."""
        if not self.count:
            return other
        both = _Sums()
        both.count = self.count + other.count
        share = other.count / both.count
        apart_x, apart_y = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        both.mean_x = self.mean_x + apart_x * share
        both.mean_y = self.mean_y + apart_y * share
        both.xx = self.xx + other.xx + apart_x * apart_x * self.count * share
        both.xy = self.xy + other.xy + apart_x * apart_y * self.count * share
        both.width = self.width + other.width
        return both
