"""Cutting force into runs: stretches of consecutive scans that lie in one zone, so that nobody looks at single samples.

Whatever works on runs must not care whether a run comes whole or in pieces; :class:`Dwell` is how time is counted so.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array, ForceBlock
from nmt_sense.coaching.technique import HoldPhase


class Zone(enum.IntEnum):
    """Where a force lies, from nothing to too much."""

    AWAY = 0
    """Below the release threshold."""
    SLACK = 1
    """Between the release and the contact threshold: contact goes on, but does not begin here."""
    LOW = 2
    BAND = 3
    """Inside the band, its edges included."""
    HIGH = 4


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


class RunCutter:
    """Cuts force blocks into runs, remembering the last scan of the block before."""

    def __init__(self, phase: HoldPhase) -> None:
        self._phase = phase
        self._last_scan: int | None = None

    def cut(self, block: ForceBlock) -> Iterator[Run]:
        """The runs of one block, in order."""
        if not len(block):
            return
        force = block.contact_n.astype(np.float64)
        uncertainty = block.contact_uncertainty_n.astype(np.float64)
        zones = self._zones(force)
        turns = np.flatnonzero((zones[1:] != zones[:-1]) | (block.scan[1:] - block.scan[:-1] != 1)) + 1
        bounds = [0, *turns.tolist(), len(block)]
        for begin, end in itertools.pairwise(bounds):
            first = int(block.scan[begin])
            missing = 0 if self._last_scan is None else first - self._last_scan - 1
            adjacent = self._last_scan is not None and missing == 0
            piece = slice(begin, end)
            self._last_scan = first + end - begin - 1
            yield Run(
                Zone(int(zones[begin])), first, missing, adjacent, block.time_s[piece], force[piece], uncertainty[piece]
            )

    def _zones(self, force: Float64Array) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        phase = self._phase
        zones = (force >= phase.release_n).astype(np.int8)
        zones += force >= phase.contact_n
        zones += force >= phase.low_n
        zones += force > phase.high_n
        return zones


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
        self.steps = first = (self.steps + run.adjacent) if inside and self.active else 0
        self.active = inside
        if inside:
            self.steps += len(run) - 1
        return first


def steps(seconds: float, period_s: float) -> int:
    """Scan periods nearest to a time, at least 1."""
    return max(1, round(seconds / period_s))
