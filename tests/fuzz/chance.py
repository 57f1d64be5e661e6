"""How often a damaged frame is accepted: as often as sixteen bits of CRC allow, counted over millions."""

from __future__ import annotations

import numpy as np
from cobs import cobs
from numpy.typing import NDArray
from scipy.stats import poisson

from nmt_sense.glove.wire import unframe
from tests.fuzz.sent import Bytes, Sent, sent

CERTAIN = 0.9999
"""An honest CRC exceeds the bound once in ten thousand runs."""
FEWEST = 3
"""Bytes damaged in a frame at least: up to two neighbouring ones a CRC-16 always sees."""
_AT_ONCE = 20_000


def most(candidates: int) -> int:
    """The most of so many damaged frames that may be accepted by chance."""
    return int(poisson.ppf(CERTAIN, candidates / 65_536))


def accepted(wanted: int, seed: int) -> tuple[int, int]:
    """(damaged frames that COBS and length let pass, those of them that the CRC let pass)."""
    rng = np.random.default_rng(seed)
    frames, codes = _frames(sent())
    candidates = passed = 0
    while candidates < wanted:
        damaged = _damaged(rng, frames, codes)
        size = damaged.shape[1]
        raw = damaged.tobytes()
        candidates += len(damaged)
        passed += sum(unframe(raw[at : at + size]) is not None for at in range(0, len(raw), size))
    return candidates, passed


def _frames(true: Sent) -> tuple[Bytes, NDArray[np.bool_]]:
    """All frames of scans as rows, without their zeros, and which of their bytes are COBS's own."""
    starts = true.starts[true.numbers >= 0]
    size = int(np.argmax(true.stream[starts[0] :] == 0))
    rows = true.stream[starts[:, None] + np.arange(size)]
    bodies = np.array([list(cobs.decode(row.tobytes())) for row in rows], np.uint8)
    return rows, np.concatenate([np.ones((len(rows), 1), np.bool_), bodies == 0], axis=1)


def _damaged(rng: np.random.Generator, frames: Bytes, codes: NDArray[np.bool_]) -> Bytes:
    """Frames with some or nearly all bytes replaced, except those that COBS would see."""
    which = rng.integers(len(frames), size=_AT_ONCE)
    share = np.exp(rng.uniform(np.log(0.05), 0, _AT_ONCE))
    hit = (rng.random((_AT_ONCE, frames.shape[1])) < share[:, None]) & ~codes[which]
    arrived = frames[which]
    arrived[hit] = rng.integers(1, 256, int(hit.sum()))
    return arrived[(arrived != frames[which]).sum(axis=1) >= FEWEST]
