"""The newest seconds, of force for drawing (a ring that always reads as one slice) and of scans for calibrating."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array, ForceBlock, ScanBlock
from nmt_sense.device import GloveInfo

TRACE_SECONDS = 30.0
MAX_RATE_HZ = 1000
SCAN_BLOCKS = 1024
"""Reads that are remembered: some seconds at any rate."""


class Trace:
    """The newest samples of the contact force. One thread writes, any thread reads.

    Every sample is written twice, N apart, so that the newest N are one slice of a 2N array wherever the ring stands.
    """

    def __init__(self, capacity: int = int(TRACE_SECONDS * MAX_RATE_HZ)) -> None:
        self._capacity = capacity
        self._rows = np.zeros((2 * capacity, 3))
        self._written = 0

    def add(self, block: ForceBlock) -> None:
        """Append a block; of a block longer than the ring only the end is kept."""
        rows = np.column_stack((block.time_s, block.contact_n, block.contact_uncertainty_n))[-self._capacity :]
        at = self._written % self._capacity
        for start in (at, at + self._capacity):
            self._rows[start : start + len(rows)] = rows[: 2 * self._capacity - start]
        wrapped = at + len(rows) - self._capacity
        if wrapped > 0:
            self._rows[:wrapped] = rows[-wrapped:]
        self._written += len(rows)

    def clear(self) -> None:
        """Forget everything: another clock begins."""
        self._written = 0

    def window(self, seconds: float) -> tuple[Float64Array, Float32Array, Float32Array]:
        """Times (N,) in s, contact forces (N,) and half-widths (N,) in N of the last ``seconds``, oldest first."""
        written = self._written
        n = min(written, self._capacity)
        end = (written - 1) % self._capacity + 1 + self._capacity if n else 0
        rows = self._rows[end - n : end].copy()
        if n:
            rows = rows[np.searchsorted(rows[:, 0], rows[-1, 0] - seconds) :]
        return rows[:, 0], rows[:, 1].astype(np.float32), rows[:, 2].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Taken:
    """The scans of one read, and the glove that they came from."""

    block: ScanBlock
    info: GloveInfo
    run: int
    """Counts the runs of scan numbers: another one begins when numbering does, or another glove has come."""


class Scans:
    """The newest scans, as they came. One thread writes, any thread reads."""

    def __init__(self) -> None:
        self._newest: deque[tuple[int, Taken]] = deque(maxlen=SCAN_BLOCKS)
        self._number = 0
        self._run = 0

    def add(self, block: ScanBlock, info: GloveInfo) -> None:
        """Append a block."""
        self._newest.append((self._number, Taken(block, info, self._run)))
        self._number += 1

    def begin(self) -> None:
        """Another run of scan numbers begins."""
        self._run += 1

    def since(self, mark: int) -> tuple[list[Taken], int]:
        """What has come since a mark that this gave before (0: everything still known), and the next mark."""
        kept = self._newest.copy()  # in one go: the other thread may append at any time
        found = [taken for number, taken in kept if number >= mark]
        return found, kept[-1][0] + 1 if kept else mark
