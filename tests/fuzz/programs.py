"""What other programs say on a serial line: text of sketches, NMEA, raw samples, and telemetry much like our own."""

from __future__ import annotations

import binascii
import functools
from collections.abc import Callable

import numpy as np
from cobs import cobs

Chatter = Callable[[np.random.Generator, int], bytes]


def _lines(make: Callable[[np.random.Generator, int], str], rng: np.random.Generator, size: int) -> bytes:
    out = bytearray()
    i = 0
    while len(out) < size:
        out += make(rng, i).encode("utf-8")
        i += 1
    return bytes(out[:size])


def _sketch(rng: np.random.Generator, i: int) -> str:
    return f"A{i % 8}: {rng.integers(1024)}\r\n"


def _csv(rng: np.random.Generator, i: int) -> str:
    return ",".join(f"{value:.2f}" for value in rng.normal(10, 4, 9)) + "\n"


def _nmea(rng: np.random.Generator, i: int) -> str:
    body = f"GPGGA,{i % 240000:06d}.00,4807.{rng.integers(1000):03d},N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"
    return f"${body}*{functools.reduce(lambda a, b: a ^ b, body.encode()):02X}\r\n"


def _console(rng: np.random.Generator, i: int) -> str:
    return f"\x1b[{rng.integers(30, 38)}m[{i:8d}]\x1b[0m temperature … {rng.normal(20):.1f} °C \x07\r\n"


def _samples(rng: np.random.Generator, size: int) -> bytes:
    """Raw 16-bit samples: every other byte is 0 to 3."""
    return rng.integers(0, 1024, size // 2 + 1, dtype=np.uint16).tobytes()[:size]


def _midi(rng: np.random.Generator, size: int) -> bytes:
    """Firmata and MIDI: one byte with the high bit, two without."""
    raw = rng.integers(0, 128, size, dtype=np.uint8)
    raw[::3] |= 0x80
    return raw.tobytes()


def _other_cobs(rng: np.random.Generator, size: int) -> bytes:
    """Telemetry of somebody else: COBS as ours, with types as ours, and a CRC-16 of another kind (XMODEM's)."""
    out = bytearray()
    while len(out) < size:
        message = bytes([rng.integers(1, 7)]) + rng.bytes(int(rng.integers(1, 60)))
        out += cobs.encode(message + binascii.crc_hqx(message, 0).to_bytes(2, "little")) + b"\0"
    return bytes(out[:size])


def _constant(rng: np.random.Generator, size: int) -> bytes:
    """A line held low, a line of noise at one level, an erased flash."""
    return bytes([int(rng.choice([0x00, 0xFF, 0x55, 0xF0]))]) * size


def _random(rng: np.random.Generator, size: int) -> bytes:
    return rng.bytes(size)


PROGRAMS: dict[str, Chatter] = {
    "sketch": functools.partial(_lines, _sketch),
    "csv": functools.partial(_lines, _csv),
    "nmea": functools.partial(_lines, _nmea),
    "console": functools.partial(_lines, _console),
    "samples": _samples,
    "midi": _midi,
    "cobs": _other_cobs,
    "constant": _constant,
    "random": _random,
}
