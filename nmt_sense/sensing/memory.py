"""What force and band owe to the past: hysteresis and creep undone, presses counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array, ScanBlock, Uint16Array
from nmt_sense.device import GloveInfo
from nmt_sense.sensing.ageing import TWO_SIDED_95, after_presses
from nmt_sense.sensing.conductance import Divider
from nmt_sense.sensing.creep import CreepFilter
from nmt_sense.sensing.hysteresis import Hysteresis, position
from nmt_sense.sensing.profile import Profile

PRESSED, RELEASED = 0.2, 0.1
"""Parts of a profile's range: a press begins above the one and has ended below the other."""
MOST_PRESSES = 10_000


class Memory:
    """State of all sensors. Results do not depend on how the stream is cut."""

    def __init__(self, info: GloveInfo, profiles: Sequence[Profile]) -> None:
        playing = [channel for channel, profile in enumerate(profiles) if profile.play is not None]
        self._plays = _Plays([(Divider.of(info, channel), profiles[channel]) for channel in playing])
        creeping = [channel for channel, profile in enumerate(profiles) if profile.creep]
        self._creep = CreepFilter([profiles[channel].creep for channel in creeping], info.period_s)
        fitted = [channel for channel, profile in enumerate(profiles) if profile.format_version > 1]
        self._presses = Presses([profiles[channel] for channel in fitted])
        self._playing, self._creeping, self._fitted = (
            _columns(some, len(profiles)) for some in (playing, creeping, fitted)
        )

    @property
    def needed(self) -> bool:
        """False when every profile is of version 1, which has no past, and whose parts all add."""
        return self._fitted is not None

    def feed(self, block: ScanBlock, newtons: Float32Array, apart: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Forces and own half-widths (N, C) in N, for those that the tables gave, which may be changed in place."""
        if not len(block):
            return newtons, apart
        if self._fitted is not None:
            force = newtons[:, self._fitted]
            apart[:, self._fitted] = np.hypot(apart[:, self._fitted], self._presses.feed(force) * force)
        if self._playing is not None:
            newtons[:, self._playing] *= self._plays.feed(block.counts[:, self._playing])
        if self._creeping is not None:
            newtons[:, self._creeping] = self._creep.feed(block.scan, newtons[:, self._creeping].astype(np.float64))
        return newtons, apart


def _columns(some: list[int], of: int) -> list[int] | slice | None:
    """How to name some of the columns: all of them by a slice, which copies nothing; None for none."""
    if not some:
        return None
    return slice(None) if len(some) == of else some


class _Plays:
    """The plays of the sensors that have one, from counts to what their forces are multiplied by."""

    def __init__(self, sensors: Sequence[tuple[Divider, Profile]]) -> None:
        plays = [profile.play for _, profile in sensors if profile.play is not None]
        tables = [
            position(divider.conductance_us(divider.middle(np.arange(divider.top_code + 1.0))), play)
            for (divider, _), play in zip(sensors, plays, strict=True)
        ]
        self._size = len(tables[0]) if tables else 0
        self._positions = np.concatenate([np.empty(0), *tables])
        self._offsets = self._size * np.arange(len(tables))
        self._weights = np.array([play.weight for play in plays])
        self._hysteresis = Hysteresis(plays)

    def feed(self, counts: Uint16Array) -> Float64Array:
        """(N, columns) factors for counts (N, columns)."""
        positions = self._positions.take(np.minimum(counts, self._size - 1) + self._offsets)
        return np.asarray(np.exp(self._weights * self._hysteresis.follow(positions)))


class Presses:
    """Counts presses on each sensor, and says by how much they widen its band."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        tops = np.array([profile.range_n[1] for profile in profiles], np.float32)
        self._high, self._low = PRESSED * tops, RELEASED * tops
        self._pressed = np.zeros(len(profiles), bool)
        self.count = np.zeros(len(profiles), np.int64)
        """(C,) presses so far."""
        widths = [np.expm1(TWO_SIDED_95 * after_presses(count)) for count in range(MOST_PRESSES + 1)]
        self._widths = np.array(widths, np.float32)

    def feed(self, newtons: Float32Array) -> Float32Array:
        """(N, C) half-width as a part of the force that is due to presses since the first scan, for forces (N, C)."""
        pressed = self._follow(newtons)
        before = np.concatenate([self._pressed[np.newaxis], pressed[:-1]])
        count = self.count + np.cumsum(pressed & ~before, axis=0)
        self._pressed, self.count = pressed[-1], count[-1]
        return np.asarray(self._widths.take(np.minimum(count, MOST_PRESSES)))

    def _follow(self, newtons: Float32Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """(N, C) true from above the higher until below the lower threshold."""
        told = (newtons > self._high) | (newtons < self._low)
        rows = np.where(told, np.arange(len(newtons))[:, np.newaxis], -1)
        last = np.maximum.accumulate(rows, axis=0)
        high = np.take_along_axis(newtons, np.maximum(last, 0), axis=0) > self._high
        return np.where(last >= 0, high, self._pressed)
