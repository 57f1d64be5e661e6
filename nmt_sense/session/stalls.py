"""Stalls: times in which nothing came from the port although the recording went on."""

from __future__ import annotations

import numpy as np

from nmt_sense.blocks import Int64Array
from nmt_sense.units import NS_PER_SECOND

STALL_NS = NS_PER_SECOND // 4
"""A pause between two reads that brought scans is a stall when it is longer."""


class StallFinder:
    """Finds stalls in the host times of :class:`nmt_sense.blocks.Arrivals`, fed block by block."""

    def __init__(self) -> None:
        self._newest: Int64Array = np.empty(0, np.int64)
        self._longest_ns = 0
        self.stalls = 0
        """Pauses of more than a quarter of a second so far."""

    def feed(self, host_ns: Int64Array) -> None:
        """Take the next host times (never falling)."""
        pauses = np.diff(np.concatenate((self._newest, host_ns)))
        pauses = pauses[pauses > STALL_NS]
        self.stalls += len(pauses)
        self._longest_ns = int(pauses.max(initial=self._longest_ns))
        self._newest = host_ns[-1:] if len(host_ns) else self._newest

    @property
    def longest_s(self) -> float:
        """The longest stall, s; 0 when there was none."""
        return self._longest_ns / NS_PER_SECOND
