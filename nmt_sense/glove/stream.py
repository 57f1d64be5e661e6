"""DATA messages -> blocks of scans with unwrapped numbers, and every loss counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nmt_sense.blocks import ScanBlock, Uint16Array
from nmt_sense.glove.wire import Data

_WRAP = 1 << 32
_HALF = 1 << 31
CONFIRMED_WITHIN = 60_000
"""A doubted frame is believed when a later one follows it by at most so many scans: a minute at the fastest rate."""
DOUBTED = 4
"""Most frames that are held back."""

Piece = tuple[int, Uint16Array]
"""Unwrapped number of the first scan, and (n, C) counts."""


class ScanStream:
    """Joins the DATA of one glove to one run of scan numbers that only ever grows.

    Scan numbers are 32 bits on the wire and are unwrapped here. A glove that starts anew from 0 is joined on with
    :meth:`resume_at`. Scans that come twice or late are dropped and counted.

    A frame that does not continue the one before, the very first included, is **doubted**: it is held back until
    another frame follows it. For one damaged frame in 65536 passes its CRC, and a wrong scan number among them must not
    swallow the true scans after it (docs/decisions/0020-a-frame-that-leaps-is-doubted.md).
    """

    def __init__(self, channels: int, full_scale: int = 1 << 16) -> None:
        """``full_scale``: counts that no scan of this glove reaches."""
        self.channels = channels
        self.received = 0
        """Scans taken."""
        self.lost = 0
        """Scans that the numbering shows missing between those taken."""
        self.repeated = 0
        """Scans dropped because their number had already come."""
        self.refused = 0
        """Scans dropped because they cannot be true: another number of sensors, counts from ``full_scale`` up, numbers
        that cut into those before, or doubted frames that none followed."""
        self.newest = -1
        """Newest scan number taken, unwrapped; -1 before the first."""
        self._full_scale = full_scale
        self._offset = 0
        self._resume: tuple[int, int] | None = None
        self._expected: tuple[int, int] | None = None  # offset of a glove that counts anew, and tolerance
        self._doubted: dict[int, Data] = {}  # by their first scan as sent, oldest first

    def feed(self, frames: list[Data]) -> ScanBlock:
        """The new scans in these frames as one block (possibly empty)."""
        if self._resume is not None and frames:
            (scan, tolerance), self._resume = self._resume, None
            self._expected = scan - frames[0].first_scan, tolerance
        pieces = [piece for frame in frames for piece in self._take(frame)]
        if not pieces:
            return ScanBlock.empty(self.channels)
        blocks = [_block(*piece) for piece in pieces]
        if len(blocks) == 1:  # one frame at a time, as they nearly always come
            return blocks[0]
        return ScanBlock(
            np.concatenate([block.scan for block in blocks]), np.concatenate([block.counts for block in blocks])
        )

    def resume_at(self, scan: int, tolerance: int) -> None:
        """The glove has been away: the next frame fed belongs at number ``scan``, as the host's clock says.

        Should it turn out not to be believed, those after it are counted from it all the same. A glove that kept its
        numbering is believed when it agrees to within ``tolerance`` scans. One that counts anew goes on where the clock
        says, or just after the newest scan if that is later.
        """
        self._resume = scan, tolerance
        self._disbelieve()

    def unwrap(self, number: int) -> int:
        """The unwrapped number for a 32-bit scan number close to the newest one (also of a button's edge)."""
        guess = number + self._offset
        laps = (self.newest - guess + _HALF) // _WRAP if self.received else 0
        return guess + laps * _WRAP

    def _take(self, frame: Data) -> Iterator[Piece]:
        """What this frame adds: nothing, itself, or a doubted frame before it and itself."""
        n = len(frame.counts)
        if frame.counts.shape[1] != self.channels or frame.counts.max() >= self._full_scale:
            self.refused += n
        elif (ahead := self._ahead(frame)) is not None and ahead < 0:
            late = min(n, -ahead)
            self.repeated += late
            self.refused += n - late
        elif ahead == 0:
            self._disbelieve()
            yield self._add(frame)
        else:
            yield from self._doubt(frame)

    def _doubt(self, frame: Data) -> Iterator[Piece]:
        """Hold a frame that leaps, unless it follows one that is held: then both are true."""
        before = min(self._doubted.values(), key=lambda held: _between(held, frame), default=None)
        if before is not None and _between(before, frame) <= CONFIRMED_WITHIN:
            del self._doubted[before.first_scan]
            self._disbelieve()
            yield self._add(before)
            yield self._add(frame)
            return
        if (same := self._doubted.pop(frame.first_scan, None)) is not None:
            self.repeated += len(same.counts)
        self._disbelieve(keep=DOUBTED - 1)
        self._doubted[frame.first_scan] = frame

    def _disbelieve(self, keep: int = 0) -> None:
        """Drop all doubted frames but the newest few."""
        while len(self._doubted) > keep:
            self.refused += len(self._doubted.pop(next(iter(self._doubted))).counts)

    def _ahead(self, frame: Data) -> int | None:
        """Scans between the newest one and this frame; None when there is nothing to count from."""
        if not self.received or self._expected is not None:
            return None
        return self.unwrap(frame.first_scan) - self.newest - 1

    def _add(self, frame: Data) -> Piece:
        number = frame.first_scan
        first = self.unwrap(number) if self._expected is None else self._rejoined(number, *self._expected)
        self._expected = None
        if self.received:
            self.lost += first - self.newest - 1
        self.received += len(frame.counts)
        self.newest = first + len(frame.counts) - 1
        return first, frame.counts

    def _rejoined(self, number: int, offset: int, tolerance: int) -> int:
        """Where the first DATA of a glove that has been away belongs: at ``offset`` from its number, or as it counted.

        Offsets come from frames of which one may be wrong; so only what fits into 32 bits is believed of them.
        """
        ahead = (number + offset - self.newest - 1 + _HALF) % _WRAP - _HALF
        scan = self.newest + 1 + max(0, ahead)
        kept = self.unwrap(number)
        if kept > self.newest and abs(kept - scan) <= tolerance:
            return kept
        self._offset = scan - number
        return scan


def _block(first: int, counts: Uint16Array) -> ScanBlock:
    return ScanBlock(np.arange(first, first + len(counts), dtype=np.int64), counts.astype(np.uint16, copy=False))


def _between(before: Data, after: Data) -> int:
    """Scans from the end of one frame to the start of another, as numbers on the wire go."""
    return (after.first_scan - before.first_scan - len(before.counts)) % _WRAP
