"""Frames with a valid CRC that no honest glove sends, to be put between true ones."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from nmt_sense.device import Button
from nmt_sense.glove import wire
from nmt_sense.glove.stream import CONFIRMED_WITHIN
from tests.fuzz.sent import Bytes, Sent

Evil = Callable[[np.random.Generator, Sent], bytes]
_LEAPS = (1 << 31, (1 << 31) - 1, (1 << 32) - 1, 250 * 3600, 1 << 16)


def _data(first: int, counts: np.ndarray) -> bytes:
    return wire.frame(wire.pack(wire.Data(first, 0xFF, counts)))


def leap(rng: np.random.Generator, sent: Sent) -> bytes:
    """Plausible counts hours ahead, far beyond anything the true frames reach."""
    far = len(sent.counts) + CONFIRMED_WITHIN + int(rng.choice([*_LEAPS, rng.integers(1 << 31)]))
    return _data(far, rng.integers(0, 2048, (3, sent.info.channels)).astype(np.uint16))


def replay(rng: np.random.Generator, sent: Sent) -> bytes:
    """The very first frames again."""
    first = 3 * int(rng.integers(5))
    return _data(first, sent.counts[first : first + 3])


def shape(rng: np.random.Generator, sent: Sent) -> bytes:
    """Other numbers of scans and sensors, also such as do not divide."""
    body = rng.bytes(int(rng.integers(0, 240)))
    head = bytes([wire.Kind.DATA]) + rng.bytes(5) + bytes([int(rng.choice([0, 1, 2, 3, 15, 255]))])
    message = head + body
    parsed = wire.parse(message)
    honest = isinstance(parsed, wire.Data) and parsed.counts.shape[1] == sent.info.channels
    return b"" if honest else wire.frame(message)


def saturated(rng: np.random.Generator, sent: Sent) -> bytes:
    """The next number, but counts above full scale."""
    counts = np.full((3, sent.info.channels), 0xFFFF, np.uint16)
    return _data(int(rng.integers(1 << 32)), counts)


def hello(rng: np.random.Generator, sent: Sent) -> bytes:
    """What no glove says of itself, escapes for the terminal in its name included."""
    change = [
        {"period_ticks": 0},
        {"name": "\x1b[2J\x07"},
        {"sensors": ()},
        {"full_scale": 65535},
        {"scans_per_frame": 255},
    ][int(rng.integers(5))]
    return wire.frame(wire.pack(wire.Hello(1, msgspec.structs.replace(sent.info, **change), True)))


def stranger(rng: np.random.Generator, sent: Sent) -> bytes:
    """Another glove, that might be there."""
    info = msgspec.structs.replace(sent.info, serial_number=int(rng.integers(1 << 32)))
    return wire.frame(wire.pack(wire.Hello(1, info, True)))


def small(rng: np.random.Generator, sent: Sent) -> bytes:
    """Counters that go back, presses from the future, answers to nothing."""
    u32, u16, u8 = (int(rng.integers(1 << bits)) for bits in (32, 16, 8))
    message = [
        wire.Status(u32, u32, u32, u32, u16, u16),
        wire.ButtonEdge(u8, Button.CLIENT_STOP, True, u32, u16),
        wire.Ack(u8, u8, wire.Result.DONE),
        wire.Pong(u8, u32, u32, u16),
        wire.Command(0x80 | u8 & 0x7F, u8, rng.bytes(int(rng.integers(200)))),
    ][int(rng.integers(5))]
    return wire.frame(wire.pack(message))


def unknown(rng: np.random.Generator, sent: Sent) -> bytes:
    """Types of a later version, and bodies too short or too long for their type."""
    return wire.frame(bytes([int(rng.integers(0, 0x80))]) + rng.bytes(int(rng.choice([0, 1, 2, 251]))))


def flood(rng: np.random.Generator, sent: Sent) -> bytes:
    """Zeros without end, a frame without end (closed, or the true one after it would be lost), the smallest frames."""
    n = int(rng.integers(1, 4000))
    return [bytes(n), b"\x55" * n + b"\0", b"\x01\0" * n, wire.frame(b"\x7f") * (n // 4)][int(rng.integers(4))]


EVILS: tuple[Evil, ...] = (leap, replay, shape, saturated, hello, stranger, small, unknown, flood)


def between(rng: np.random.Generator, sent: Sent, begin: int, end: int) -> Bytes:
    """The true frames from one offset to another (both where a frame begins), each now and then led by an evil one."""
    first, past = np.searchsorted(sent.starts, (begin, end))
    edges = [*sent.starts[first:past].tolist(), end]
    parts = [sent.stream[:0]]
    evil = rng.random(len(edges)) < np.exp(rng.uniform(np.log(0.01), 0))
    for a, b, led in zip(edges[:-1], edges[1:], evil[:-1].tolist(), strict=True):
        if led:
            parts.append(np.frombuffer(EVILS[int(rng.integers(len(EVILS)))](rng, sent), np.uint8))
        parts.append(sent.stream[a:b])
    return np.concatenate(parts)
