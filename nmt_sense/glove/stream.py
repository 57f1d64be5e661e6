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
        self._expected: tuple[int, int] | None = None

    def feed(self, frames: list[Data]) -> ScanBlock:
        """The new scans in these frames as one block (possibly empty)."""
        pieces = [piece for frame in frames if (piece := self._take(frame)) is not None]
        if not pieces:
            return ScanBlock.empty(self.channels)
        scan = np.concatenate([numbers for numbers, _ in pieces])
        counts = np.concatenate([values for _, values in pieces])
        return ScanBlock(scan, counts.astype(np.uint16, copy=False))

    def resume_at(self, scan: int, tolerance: int) -> None:
        """The glove has been away: the next DATA is about number ``scan``, as the host's clock says.

        A glove that kept its numbering is believed when it agrees to within ``tolerance`` scans. One that counts anew
        goes on at ``scan``, or just after the newest scan if that is later.
        """
        self._expected = (max(scan, self.newest + 1), tolerance)

    def _take(self, frame: Data) -> tuple[np.ndarray, np.ndarray] | None:
        n = len(frame.counts)
        if frame.counts.shape[1] != self.channels:
            self.repeated += n
            return None
        if self._expected is not None:
            self._rejoin(frame.first_scan)
        first = self.unwrap(frame.first_scan)
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

    def _rejoin(self, number: int) -> None:
        """Number the first DATA of a glove that has been away."""
        assert self._expected is not None
        (scan, tolerance), self._expected = self._expected, None
        kept = self.unwrap(number)
        if not (kept > self.newest and abs(kept - scan) <= tolerance):
            self._offset = scan - number

    def unwrap(self, number: int) -> int:
        """The unwrapped number for a 32-bit scan number close to the newest one (also of a button's edge)."""
        guess = number + self._offset
        laps = (self.newest - guess + _HALF) // _WRAP if self.received else 0
        return guess + laps * _WRAP
