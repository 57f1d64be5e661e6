"""A serial line bit by bit: what a receiver set to another baud rate makes of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmt_sense.glove.wire import BAUD
from tests.fuzz.sent import Bytes

BAUDS = (9600, 57_600, 115_200, 230_400, 250_000, 460_800, 475_000, 490_000, 510_000, 525_000, 921_600, 1_000_000)
"""What people try, and half of what a bad resonator does."""
NEAR = 0.02
"""A receiver this close reads everything: the last bit of ten is sampled 0.2 bit off."""
_IDLE_BITS = 200


def on_the_line(sent: Bytes, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The line's level for each bit time: start bit low, eight bits with the lowest first, stop bit; high when idle."""
    bits = np.ones((len(sent), 10), np.bool_)
    bits[:, 0] = False
    bits[:, 1:9] = np.unpackbits(sent[:, None], axis=1, bitorder="little")
    pauses = np.zeros(len(sent), np.int64)  # a glove is silent between two frames, here for shorter than in truth
    pauses[sent == 0] = rng.integers(0, _IDLE_BITS, int((sent == 0).sum()))
    at = np.arange(len(sent)) * 10 + np.cumsum(pauses) - pauses
    line = np.ones(int(at[-1] + 10 + pauses[-1]), np.bool_)
    line[at[:, None] + np.arange(10)] = bits
    return line


def received(line: NDArray[np.bool_], baud: int, break_gives_zero: bool) -> Bytes:
    """What a UART at ``baud`` reads off a line at ``BAUD``: it waits for a falling edge, then samples mid-bit.

    A byte whose stop bit is low is a framing error: systems hand it on as it is, or as 0.
    """
    bit = BAUD / baud
    falls = np.flatnonzero(line[:-1] & ~line[1:]) + 1
    if not line[0]:
        falls = np.concatenate([[0], falls])
    samples = ((np.arange(10) + 0.5) * bit).tolist()
    steps = falls.tolist()
    padded = np.concatenate([line, np.ones(int(11 * bit) + 2, np.bool_)])
    starts, free_at = [], 0.0
    for edge in steps:
        if edge >= free_at:
            starts.append(edge)
            free_at = edge + samples[9]
    seen = padded[(np.array(starts)[:, None] + np.array(samples)).astype(np.int64)]
    seen = seen[~seen[:, 0]]  # a start bit that is gone by its middle was a spike
    value = np.packbits(seen[:, 1:9], axis=1, bitorder="little")[:, 0]
    return np.where(seen[:, 9] | (not break_gives_zero), value, 0).astype(np.uint8)
