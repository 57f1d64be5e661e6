"""What an unloaded sensor still reads after a load: without it, a hand that is off would be told to let go."""

from __future__ import annotations

import itertools
import math

import numpy as np

from nmt_sense.blocks import BoolArray, Float64Array, ForceBlock

SHARE = 0.04
"""Of what the sensor bore. Assumed: twice a creep of 2 % per decade (Interlink: below 5 % per decade), from a second of
load to a minute and a half of it."""
FALLS_N_PER_S = 1.0
"""Assumed: the load counts for so much less with every second since; 40 N are forgotten within 40 s."""
LINGERS_S = 0.5
"""Assumed: a hand that comes off passes so small a force in less."""


class Residue:
    """Tells a force that lingers near nothing after a load from a hand, scan by scan, however the stream is cut.

    A sensor that came down below ``rests_n`` has nothing left.
    """

    def __init__(self, rests_n: float) -> None:
        self._rests_n = rests_n
        self._line = -math.inf
        """Largest force since it rested, plus what that would have fallen by since time 0."""
        self._clear_s = -math.inf
        """Time of the newest scan that can be no residue."""

    def feed(self, block: ForceBlock) -> BoolArray:
        """Take the next forces; (N,) true where nothing but residue need be on the sensor."""
        force, time_s = block.contact_n, block.time_s
        fallen = FALLS_N_PER_S * time_s
        lines = self._lines(force + fallen, force < self._rests_n)
        small = force < SHARE * (lines - fallen)
        clear_s = np.maximum.accumulate(np.where(small, self._clear_s, time_s))
        self._line, self._clear_s = float(lines[-1]), float(clear_s[-1])
        lingers: BoolArray = small & (time_s - clear_s >= LINGERS_S)
        return lingers

    def _lines(self, own: Float64Array, rests: BoolArray) -> Float64Array:
        """The largest so far since the sensor rested; minus infinity where it rests."""
        if not rests.any():
            return np.maximum.accumulate(np.maximum(own, self._line))
        lines = np.where(rests, -math.inf, own)
        turns = [0, *(np.flatnonzero(rests[1:] != rests[:-1]) + 1).tolist(), len(own)]
        lines[0] = max(lines[0], -math.inf if rests[0] else self._line)
        for begin, end in itertools.pairwise(turns):
            np.maximum.accumulate(lines[begin:end], out=lines[begin:end])
        return lines
