"""Whether every scan in a recording is the one that the glove made at that time."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A run of consecutive scans of a recording."""

    start_s: float
    end_s: float
    """Of the first scan after it; both on the recording's axis."""
    scans: int
    life: int
    """Which of the glove's lives it is from; -1 when from none."""
    error_s: float
    """By how much later it stands than it was measured."""

    @property
    def wrong(self) -> int:
        """Scans that were not measured, or not then."""
        return self.scans if self.life < 0 or abs(self.error_s) > WITHIN_S else 0


def pieces(recording: Recording, lives: Sequence[Life]) -> list[Piece]:
    """All runs of consecutive scans of a recording, looked up among what the glove made."""
    scan, counts = recording.scan, recording.counts
    period_s = recording.header.period_s
    edges = [0, *(np.flatnonzero(np.diff(scan) != 1) + 1).tolist(), len(scan)]
    made = [_as_array(life, counts.shape[1]) for life in lives]
    # until the first loss a recording's numbers are the glove's own
    start, stop = int(scan[0]), int(scan[0]) + edges[1]
    first = next((k for k, rows in enumerate(made) if np.array_equal(rows[start:stop], counts[: edges[1]])), 0)
    zero_ns = lives[first].began_ns
    return [_piece(scan[a:b], counts[a:b], lives, made, zero_ns, period_s, start) for a, b in pairwise(edges)]


def _as_array(life: Life, channels: int) -> np.ndarray:
    made = np.full((max(life.counts, default=-1) + 1, channels), -1, np.int32)
    for number, row in life.counts.items():
        made[number] = row
    return made


def _piece(
    scan: np.ndarray,
    counts: np.ndarray,
    lives: Sequence[Life],
    made: list[np.ndarray],
    zero_ns: int,
    period_s: float,
    first: int,
) -> Piece:
    """The place where these counts were made, the nearest if there are several."""
    found: list[tuple[float, int]] = []
    for which, (life, rows) in enumerate(zip(lives, made, strict=True)):
        shown = scan[0] - (life.began_ns - zero_ns) * 1e-9 / period_s  # in the glove's own numbers
        far = LOOKED_FOR_S / period_s
        near = range(max(0, round(shown - far)), min(len(rows) - len(scan), round(shown + far)) + 1)
        same = (own for own in near if np.array_equal(rows[own], counts[0]))
        found += [
            ((shown - own) * period_s, which) for own in same if np.array_equal(rows[own : own + len(scan)], counts)
        ]
    error_s, which = min(found, key=lambda match: abs(match[0]), default=(0.0, -1))
    start_s = float(scan[0] - first) * period_s
    return Piece(start_s, start_s + len(scan) * period_s, len(scan), which, error_s)


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
