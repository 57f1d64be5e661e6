"""Gaps: scans whose numbers show that they were made and never arrived."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Int64Array
from nmt_sense.session.layout import GAP_TYPE


class GapFinder:
    """Finds gaps in scan numbers fed block by block."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self.first = self.last = 0
        """First and last scan number fed, 0 before any."""
        self._parts: list[NDArray[Any]] = []
        self.received = 0
        """Scans fed so far."""
        self.gaps = 0
        """Gaps found so far."""

    def feed(self, scan: Int64Array) -> None:
        """Take the next scan numbers (strictly increasing)."""
        if not len(scan):
            return
        if not self.received:
            self.first = self.last = int(scan[0])
        self._find(np.concatenate((np.array([self.last], np.int64), scan)))
        self.last = int(scan[-1])
        self.received += len(scan)

    def _find(self, scan: Int64Array) -> None:
        before = np.flatnonzero(np.diff(scan) > 1)
        if not len(before):
            return
        found = np.zeros(len(before), GAP_TYPE)
        found["first_missing_scan"] = scan[before] + 1
        found["count"] = scan[before + 1] - scan[before] - 1
        found["start_s"] = (scan[before] + 1 - self.first) * self._period_s
        found["end_s"] = (scan[before + 1] - self.first) * self._period_s
        self._parts.append(found)
        self.gaps += len(found)

    @property
    def expected(self) -> int:
        """Scans from the first to the last that arrived."""
        return self.last - self.first + 1 if self.received else 0

    @property
    def lost(self) -> int:
        """Scans between the first and the last that did not arrive."""
        return self.expected - self.received

    def table(self) -> NDArray[Any]:
        """All gaps, one row each: first missing scan, how many, start and end in seconds from the first scan."""
        return np.concatenate([np.zeros(0, GAP_TYPE), *self._parts])
