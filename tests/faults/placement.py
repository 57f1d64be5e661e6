"""Whether every scan in a recording is the one that the glove made at that time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from nmt_sense.session.recording import Recording

WITHIN_S = 0.020
"""Scans joined on by the host's clock stand this close to their true time. More is a value at a time where it was not
measured. (Two clocks of one computer; a glove's own adds what its speed is not known by: docs/decisions/0023.)"""
LOOKED_FOR_S = 1.5
"""How far around the place they are looked for."""


class Life(Protocol):
    """What a glove measured between two resets."""

    began_ns: int
    """Host time of its scan 0."""
    counts: dict[int, np.ndarray]
    """By its own scan number."""


@dataclass(frozen=True)
class Piece:
    """Consecutive scans of a recording that were consecutive when they were measured."""

    start_s: float
    end_s: float
    """Of the first scan after it; both on the recording's axis."""
    scans: int
    life: int
    """Which of the glove's lives it is from; -1 when from none."""
    error_s: float
    """By how much later it stands than it was measured."""
    within_s: float

    @property
    def wrong(self) -> int:
        """Scans that were not measured, or not then."""
        return self.scans if self.life < 0 or abs(self.error_s) > self.within_s else 0


def pieces(recording: Recording, lives: Sequence[Life], within_s: float = WITHIN_S) -> list[Piece]:
    """A recording's scans, looked up among what the glove made."""
    return list(_Lookup(recording, lives, within_s).pieces())


class _Lookup:
    def __init__(self, recording: Recording, lives: Sequence[Life], within_s: float) -> None:
        self._scan, self._counts = recording.scan, recording.counts
        self._period_s = recording.header.period_s
        self._within_s = within_s
        self._lives = lives
        self._made = [_as_array(life, self._counts.shape[1]) for life in lives]
        self._zero_ns = lives[self._first_life()].began_ns

    def _first_life(self) -> int:
        """The life in which the recording began: until the first loss its numbers are the glove's own."""
        start, rows = int(self._scan[0]), self._counts[:20]
        own = slice(start, start + len(rows))
        return next((k for k, made in enumerate(self._made) if np.array_equal(made[own], rows)), 0)

    def pieces(self) -> Iterator[Piece]:
        """Run by run of consecutive scans; a run may hold the end of one life and the start of the next."""
        for a, b in pairwise([0, *(np.flatnonzero(np.diff(self._scan) != 1) + 1).tolist(), len(self._scan)]):
            while a < b:
                piece = self._piece(a, b)
                a += piece.scans
                yield piece

    def _piece(self, a: int, b: int) -> Piece:
        """The longest stretch from row ``a`` on that was measured so."""
        found = [
            (self._equal(made, own, a, b), -abs(shown - own), shown - own, k)
            for k, made in enumerate(self._made)
            for shown in [self._shown(a, k)]
            for own in self._near(made, shown, a)
        ]
        length, _, error, life = max(found, default=(1, 0.0, 0.0, -1))
        start_s = float(self._scan[a] - self._scan[0]) * self._period_s
        end_s = start_s + length * self._period_s
        return Piece(start_s, end_s, length, life, float(error) * self._period_s, self._within_s)

    def _shown(self, a: int, life: int) -> float:
        """The own number that a life would have at the time at which row ``a`` stands."""
        return float(self._scan[a] - (self._lives[life].began_ns - self._zero_ns) * 1e-9 / self._period_s)

    def _near(self, made: np.ndarray, shown: float, a: int) -> Iterator[int]:
        far = LOOKED_FOR_S / self._period_s
        near = range(max(0, round(shown - far)), min(len(made), round(shown + far) + 1))
        return (own for own in near if np.array_equal(made[own], self._counts[a]))

    def _equal(self, made: np.ndarray, own: int, a: int, b: int) -> int:
        """Rows from ``a`` on that equal what was made from ``own`` on."""
        n = min(b - a, len(made) - own)
        differ = (made[own : own + n] != self._counts[a : a + n]).any(axis=1)
        return int(differ.argmax()) if differ.any() else n


def _as_array(life: Life, channels: int) -> np.ndarray:
    made = np.full((max(life.counts, default=-1) + 1, channels), -1, np.int32)
    for number, row in life.counts.items():
        made[number] = row
    return made


def holds_not_flagged(recording: Recording) -> list[str]:
    """Holds that do not say how much of them is missing, or count some of it; or that nothing was tried on."""
    failures = []
    for hold in recording.holds:
        # what was let go during a gap ends with the first scan after it
        inside = [gap for gap in recording.gaps if hold.start_s < gap.start_s and gap.end_s < hold.end_s + 1e-9]
        missing_s = sum(gap.end_s - gap.start_s for gap in inside)
        if abs(hold.missing_s - missing_s) > 1e-6:
            failures.append(f"hold {hold.number}: {hold.missing_s} s missing, gaps of {missing_s} s")
        if hold.in_band_s > hold.end_s - hold.start_s - missing_s + 1e-6:
            failures.append(f"hold {hold.number} counts missing time: {hold}")
    if not any(hold.missing_s for hold in recording.holds):
        failures.append("no hold was interrupted, so nothing was tried")
    return failures


def missing_is_nan(recording: Recording) -> list[str]:
    """What a regular grid shows where nothing was measured, if it is not NaN, or NaN where something was."""
    _, grid = recording.regular("contact_n")
    there = np.zeros(len(grid), bool)
    there[recording.scan - recording.scan[0]] = True
    return [] if np.array_equal(np.isnan(grid), ~there) else ["a regular grid is not NaN just where scans are missing"]
