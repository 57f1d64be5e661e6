"""Cutting force into runs: stretches of consecutive scans that lie in one zone, so that nobody looks at single samples.

Whatever works on runs must not care whether a run comes whole or in pieces; :class:`Dwell` is how time is counted so.
"""

from __future__ import annotations

import bisect
import enum
import math
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import BoolArray, Float64Array, ForceBlock, Int64Array


class Zone(enum.IntEnum):
    """Where a force lies, from nothing to too much."""

    AWAY = 0
    """Below the release threshold, or nothing but residue."""
    SLACK = 1
    """Between the release and the contact threshold: contact goes on, but does not begin here."""
    LOW = 2
    BAND = 3
    """Inside the band, its edges included."""
    HIGH = 4


@dataclass(frozen=True, slots=True)
class Edges:
    """The forces between the zones, N. Without a band ``low_n`` is infinite: all contact is LOW."""

    release_n: float
    contact_n: float
    low_n: float = math.inf
    high_n: float = math.inf

    def error_n(self, force_n: float) -> float:
        """Newtons outside the band: negative below it, positive above it, 0 inside and where there is none."""
        below = 0.0 if math.isinf(self.low_n) else min(0.0, force_n - self.low_n)
        return below + max(0.0, force_n - self.high_n)

    @property
    def middle_n(self) -> float:
        """The middle of the band; NaN without one."""
        return (self.low_n + self.high_n) / 2 if math.isfinite(self.high_n) else math.nan


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive scans in one zone (or a part of them)."""

    zone: Zone
    scan: int
    """Number of the first scan."""
    missing: int
    """Scans missing just before it."""
    adjacent: bool
    """The scan before the first one was received (whatever its zone)."""
    time_s: Float64Array
    force_n: Float64Array
    uncertainty_n: Float64Array

    def __len__(self) -> int:
        return len(self.time_s)

    def first(self, rows: int) -> Run:
        """Its first rows, or all of it."""
        return self.piece(0, rows)

    def piece(self, begin: int, end: int) -> Run:
        """Its rows from ``begin`` on, ``end`` and beyond not included."""
        if begin == 0 and end >= len(self):
            return self
        cut = slice(begin, end)
        return Run(
            self.zone,
            self.scan + begin,
            0 if begin else self.missing,
            self.adjacent or begin > 0,
            self.time_s[cut],
            self.force_n[cut],
            self.uncertainty_n[cut],
        )

    def rows_until(self, time_s: float) -> int:
        """Rows up to and including the first one not earlier than a time; more than there are when none is."""
        return int(self.time_s.searchsorted(time_s, side="left")) + 1


class RunCutter:
    """Cuts force blocks into runs, one after the other, so that the edges may change after any scan."""

    def __init__(self) -> None:
        self._last_scan: int | None = None
        self._edges: Edges | None = None
        self._residue: BoolArray = np.empty(0, np.bool_)
        self._row = 0
        self._scan: Int64Array = np.empty(0, np.int64)
        self._time_s: Float64Array = np.empty(0)
        self._force: Float64Array = np.empty(0)
        self._uncertainty: Float64Array = np.empty(0)
        self._zones = np.empty(0, np.int8)
        self._turns: list[int] = []

    def load(self, block: ForceBlock, residue: BoolArray) -> None:
        """Take the next block, and where (N,) it is nothing but residue; the one before must have been used up."""
        self._residue = residue
        self._scan, self._time_s = block.scan, block.time_s
        self._force = block.contact_n.astype(np.float64)
        self._uncertainty = block.contact_uncertainty_n.astype(np.float64)
        self._row, self._edges = 0, None

    def run(self, edges: Edges) -> Run | None:
        """The run that begins at the next scan; None at the end of the block."""
        if self._row == len(self._scan):
            return None
        if edges != self._edges:
            self._cut(edges)
        begin = self._row
        end = self._turns[bisect.bisect_right(self._turns, begin)]
        first = int(self._scan[begin])
        missing = 0 if self._last_scan is None else first - self._last_scan - 1
        adjacent = self._last_scan is not None and missing == 0
        rows = slice(begin, end)
        zone = Zone(int(self._zones[begin]))
        return Run(zone, first, missing, adjacent, self._time_s[rows], self._force[rows], self._uncertainty[rows])

    def used(self, rows: int) -> None:
        """So many scans of the run last given are done with."""
        self._row += rows
        self._last_scan = int(self._scan[self._row - 1])

    def _cut(self, edges: Edges) -> None:
        self._edges = edges
        force, scan = self._force, self._scan
        zones = (force >= edges.release_n).astype(np.int8)
        zones += force >= edges.contact_n
        zones += force >= edges.low_n
        zones += force > edges.high_n
        if self._residue.any():
            zones[self._residue & (force < edges.low_n)] = Zone.AWAY  # a band is never out of reach
        turns = np.flatnonzero((zones[1:] != zones[:-1]) | (scan[1:] - scan[:-1] != 1)) + 1
        self._zones, self._turns = zones, [*turns.tolist(), len(scan)]


class Dwell:
    """Received time spent in a condition without leaving it, in scan periods.

    Counts pairs of neighbouring scans that were both received, so a gap adds nothing and does not break it off.
    """

    __slots__ = ("active", "steps")

    def __init__(self) -> None:
        self.active = False
        self.steps = 0

    def add(self, run: Run, inside: bool) -> int:
        """Count a run that fulfils the condition, or start afresh with one that does not.

        Returns the steps at which the run's first scan stands.
        """
        self.steps = first = self._first(run) if inside else 0
        self.active = inside
        if inside:
            self.steps += len(run) - 1
        return first

    def rows_until(self, run: Run, wanted: int) -> int:
        """Rows of a run that fulfils the condition until so many steps are full."""
        return max(1, wanted - self._first(run) + 1)

    def _first(self, run: Run) -> int:
        return self.steps + run.adjacent if self.active else 0


def steps(seconds: float, period_s: float) -> int:
    """Scan periods nearest to a time, at least 1."""
    return max(1, round(seconds / period_s))
