"""What a virtual glove sent: its bytes, where each frame lies in them, and the counts behind every scan number."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Int64Array, Uint16Array
from nmt_sense.device import GloveInfo
from nmt_sense.glove import wire
from nmt_sense.glove.virtual import Script, VirtualGlove

Bytes = NDArray[np.uint8]
_PER_FRAME = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """One glove's stream of whole frames, without its HELLO."""

    info: GloveInfo
    stream: Bytes
    starts: Int64Array
    """(F,) where each frame begins; the next byte after the zero of the one before."""
    numbers: Int64Array
    """(F,) number of the first scan of each frame; -1 for a frame without scans."""
    counts: Uint16Array
    """(N, C) what was measured, by scan number."""
    messages: frozenset[bytes]
    """Every message, packed."""

    def section(self, rng: np.random.Generator, size: int) -> tuple[int, int]:
        """Offsets of a piece of about ``size`` bytes that begins anywhere and ends with a frame."""
        begin = int(rng.integers(len(self.stream) - size))
        end = int(np.searchsorted(self.starts, begin + size, "right"))
        return begin, int(self.starts[end]) if end < len(self.starts) else len(self.stream)

    def frames_between(self, begin: int, end: int) -> Int64Array:
        """First scan numbers of the frames of scans that lie wholly within these offsets."""
        first, past = np.searchsorted(self.starts, (begin, end))
        inside = self.numbers[first:past]
        return inside[inside >= 0]


@functools.cache
def sent(seconds: int = 60, seed: int = 1) -> Sent:
    """Scans 0 .. ``250 * seconds - 1`` of a virtual glove, with its counters and a button now and then."""
    glove = VirtualGlove(Script(seed=seed, marker_s=tuple(range(2, seconds, 5))))
    glove.receive(wire.frame(wire.pack(wire.Command(wire.Kind.START, 1))))
    glove.advance(0)
    raw = glove.advance(250 * seconds)
    bodies = [wire.unframe(encoded) for encoded in raw.split(b"\0")[:-1]]
    messages = [wire.parse(body) for body in bodies if body is not None]
    stream = np.frombuffer(raw, np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(stream == 0)[:-1] + 1]).astype(np.int64)
    assert len(messages) == len(starts)
    frames = [message for message in messages if isinstance(message, wire.Data)]
    assert all(len(frame.counts) == _PER_FRAME for frame in frames)
    numbers = [message.first_scan if isinstance(message, wire.Data) else -1 for message in messages]
    return Sent(
        glove.info,
        stream,
        starts,
        np.array(numbers, np.int64),
        np.concatenate([frame.counts for frame in frames]),
        frozenset(body for body in bodies if body is not None),
    )
