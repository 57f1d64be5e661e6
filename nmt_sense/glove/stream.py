"""DATA messages -> blocks of scans with unwrapped numbers, and every loss counted."""

from __future__ import annotations

import numpy as np

from nmt_sense.blocks import ScanBlock
from nmt_sense.glove.wire import Data

_WRAP = 1 << 32
_HALF = 1 << 31


class ScanStream:
    """Joins the DATA of one glove to one run of scan numbers that only ever grows.

    Scan numbers are 32 bits on the wire and are unwrapped here. A glove that starts anew from 0 is joined on with
    :meth:`resume_at`. Scans that come twice or late are dropped and counted.
    """

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.received = 0
        """Scans taken."""
        self.lost = 0
        """Scans that the numbering shows missing between those taken."""
        self.repeated = 0
        """Scans dropped because their number had already come, or because their number of channels was wrong."""
        self.newest = -1
        """Newest scan number taken, unwrapped; -1 before the first."""
        self._offset = 0
        self._fresh = True

    def feed(self, frames: list[Data]) -> ScanBlock:
        """The new scans in these frames as one block (possibly empty)."""
        pieces = [piece for frame in frames if (piece := self._take(frame)) is not None]
        if not pieces:
            return ScanBlock.empty(self.channels)
        scan = np.concatenate([numbers for numbers, _ in pieces])
        counts = np.concatenate([values for _, values in pieces])
        return ScanBlock(scan, counts.astype(np.uint16, copy=False))

    def resume_at(self, scan: int) -> None:
        """The next DATA comes from a glove that counts anew: number its first scan ``scan``, or later.

        ``scan`` is an estimate from the host's clock; it is raised to just after the newest scan if need be.
        """
        self._resume = max(scan, self.newest + 1)
        self._fresh = True

    _resume: int | None = None

    def _take(self, frame: Data) -> tuple[np.ndarray, np.ndarray] | None:
        n = len(frame.counts)
        if frame.counts.shape[1] != self.channels:
            self.repeated += n
            return None
        first = self._unwrap(frame.first_scan)
        late = min(n, max(0, self.newest + 1 - first)) if self.received else 0
        self.repeated += late
        if late == n:
            return None
        first += late
        if self.received:
            self.lost += first - self.newest - 1
        self.received += n - late
        self.newest = first + n - late - 1
        return np.arange(first, self.newest + 1, dtype=np.int64), frame.counts[late:]

    def _unwrap(self, number: int) -> int:
        if self._fresh:
            self._fresh = False
            target = number if self._resume is None else self._resume
            self._offset = target - number
            self._resume = None
            return target
        guess = number + self._offset
        laps = (self.newest - guess + _HALF) // _WRAP
        self._offset += laps * _WRAP
        return guess + laps * _WRAP

    def unwrap(self, number: int) -> int:
        """The unwrapped number for a recent 32-bit scan number in another message (a button's edge)."""
        guess = number + self._offset
        return guess + (self.newest - guess + _HALF) // _WRAP * _WRAP
