"""Ways to damage bytes. Each takes what was sent and gives what arrived, and from which sent byte on all is well."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.fuzz.sent import Bytes

Damage = Callable[[np.random.Generator, Bytes], tuple[Bytes, int]]
"""(what was sent) -> (what arrived, offset in what was sent of the first byte after the last bad one)."""
DENSEST, RAREST = 20, 5000
"""Bytes from one damage to the next, drawn anew for each piece, each scale as often as the other."""


def places(rng: np.random.Generator, size: int) -> np.ndarray:
    """Where damage falls, sorted: at least one place."""
    spacing = np.exp(rng.uniform(np.log(DENSEST), np.log(RAREST)))
    return np.sort(rng.choice(size, max(1, int(size / spacing)), replace=False))


def lengths(rng: np.random.Generator, n: int, mean: float) -> np.ndarray:
    """How long each damage is: mostly a byte or two, sometimes much longer."""
    return rng.geometric(1 / np.where(rng.random(n) < 0.8, 1.3, mean))


def noise(rng: np.random.Generator, n: int) -> Bytes:
    """Random bytes; half of the time without zeros, so that they run on into what follows."""
    return rng.integers(int(rng.random() < 0.5), 256, n, dtype=np.uint8)


def flip(rng: np.random.Generator, sent: Bytes) -> tuple[Bytes, int]:
    """Single bits flipped."""
    at = places(rng, len(sent))
    arrived = sent.copy()
    arrived[at] ^= (1 << rng.integers(8, size=len(at))).astype(np.uint8)
    return arrived, int(at[-1]) + 1


def drop(rng: np.random.Generator, sent: Bytes) -> tuple[Bytes, int]:
    """Bytes, and runs of bytes, that never arrived."""
    at = places(rng, len(sent))
    end = np.minimum(at + lengths(rng, len(at), 40), len(sent))
    gone = np.zeros(len(sent) + 1, np.int64)
    np.add.at(gone, at, 1)
    np.add.at(gone, end, -1)
    return sent[np.cumsum(gone[:-1]) == 0], int(end.max())


def double(rng: np.random.Generator, sent: Bytes) -> tuple[Bytes, int]:
    """Bytes, and runs of bytes such as a USB packet, that arrived twice."""
    at = places(rng, len(sent))
    end = np.minimum(at + lengths(rng, len(at), 62), len(sent))
    parts, done = [], 0
    for a, b in zip(at.tolist(), end.tolist(), strict=True):
        parts += [sent[done : max(done, b)], sent[a:b]]
        done = max(done, b)
    return np.concatenate([*parts, sent[done:]]), done


def burst(rng: np.random.Generator, sent: Bytes) -> tuple[Bytes, int]:
    """Garbage between the bytes, or instead of them."""
    at = places(rng, len(sent))
    size = lengths(rng, len(at), 300)
    instead = rng.random(len(at)) < 0.5
    parts, done = [], 0
    for a, n, swallow in zip(at.tolist(), size.tolist(), instead.tolist(), strict=True):
        parts += [sent[done : max(done, a)], noise(rng, n)]
        done = min(max(done, a + n if swallow else a), len(sent))
    return np.concatenate([*parts, sent[done:]]), done


def shuffle(rng: np.random.Generator, sent: Bytes) -> tuple[Bytes, int]:
    """All of it at once, one after the other."""
    end = len(sent)
    arrived = sent
    for way in rng.permutation(np.array([flip, drop, double, burst], dtype=object)).tolist():
        if len(arrived):
            arrived, _ = way(rng, arrived)
    return arrived, end
