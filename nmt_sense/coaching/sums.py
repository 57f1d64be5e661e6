"""Sums over samples in bounded memory, with the same bits however the samples came in."""

from __future__ import annotations

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.coaching.band_statistics import CHUNK


class ChunkedSums:
    """Sums of R rows of samples. They are cut by sample count only, never by block."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._chunk: Float64Array | None = None
        self._filled = 0
        self._sums: Float64Array = np.zeros(rows)
        self.count = 0

    def add(self, *values: Float64Array) -> None:
        """Add samples, R arrays of (K,)."""
        if self._chunk is None:
            self._chunk = np.empty((self._rows, CHUNK))
        start, length = 0, len(values[0])
        self.count += length
        while start < length:
            end = min(length, start + CHUNK - self._filled)
            room = slice(self._filled, self._filled + end - start)
            for row, given in enumerate(values):
                self._chunk[row, room] = given[start:end]
            self._filled, start = room.stop, end
            if self._filled == CHUNK:
                self._close()

    def join(self, other: ChunkedSums) -> None:
        """Add what another has; the order matters for the last bit."""
        self._close()
        self._sums = self._sums + other.totals()
        self.count += other.count

    def totals(self) -> Float64Array:
        """(R,) sums so far."""
        if not self._filled or self._chunk is None:
            return self._sums
        total: Float64Array = self._sums + self._chunk[:, : self._filled].sum(axis=1)
        return total

    def _close(self) -> None:
        self._sums = self.totals()
        self._filled = 0
