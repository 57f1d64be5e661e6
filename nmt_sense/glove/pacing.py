"""A serial port made of software: bytes that fall due as time goes by, behind pyserial's interface.

Both ``sim://`` and ``replay://`` are this port with another source of bytes.
"""

from __future__ import annotations

import math
import threading
import time
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import serial
from serial.serialutil import PortNotOpenError, SerialBase

from nmt_sense.blocks import Float32Array
from nmt_sense.units import NS_PER_SECOND, SECONDS_PER_NS

MOST_UNREAD, LONGEST_STEP_S = 16384, 1.0
"""Bytes that may lie unread, and seconds that its time may jump, at a speed that the computer may not keep up with."""


class ByteSource(Protocol):
    """Something that plays a glove: bytes out as its scan timer advances, commands in."""

    @property
    def frame_s(self) -> float:
        """Seconds from one frame to the next."""

    def advance_to(self, elapsed_s: float) -> bytes:
        """The bytes that fall due up to this moment of its own time."""

    def receive(self, received: bytes) -> None:
        """Bytes from the host."""

    def true_newtons(self, first_scan: int, n: int) -> Float32Array | None:
        """True force behind these scans, N, (n, C), where it is known."""


class PacedSerial(SerialBase):  # type: ignore[misc]
    """A pyserial port fed by a :class:`ByteSource`, at ``speed`` times real time (``inf``: as fast as it is read).

    :meth:`clock_ns` is the clock that arrivals must be stamped with: the host's own at speed 1, and the same clock
    sped up otherwise, so that everything downstream sees a consistent world at any speed.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        self._source: ByteSource | None = None
        self._speed = 1.0
        self._buffer = bytearray()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        super().__init__(*args, **kwargs)

    def make_source(self, path: str, options: dict[str, str]) -> ByteSource:
        """The source that this URL names. Raises ValueError for options it does not know."""
        raise NotImplementedError

    def open(self) -> None:
        """Start the source's time at zero. Raises serial.SerialException when the URL cannot be used."""
        parts = urlsplit(self.portstr)
        try:
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query), keep_blank_values=True))
            self._speed = _speed(options.pop("speed", "1"))
            self._source = self.make_source(parts.netloc + parts.path, options)
        except (ValueError, TypeError) as error:
            raise serial.SerialException(f"{self.portstr}: {error}") from error
        self._began_ns = time.monotonic_ns()
        self._elapsed_s = self._waited_s = 0.0
        self._buffer.clear()
        self._cancelled.clear()
        self.is_open = True

    def close(self) -> None:
        """Stop; a blocked read returns."""
        self.is_open = False
        self._cancelled.set()

    def clock_ns(self) -> int:
        """The clock to stamp arrivals with, ns; at speed 1 it is ``time.monotonic_ns``."""
        if self._speed == 1.0:
            return time.monotonic_ns()
        return self._began_ns + round(self._elapsed_s * NS_PER_SECOND)

    def true_newtons(self, first_scan: int, n: int) -> Float32Array | None:
        """True force behind these scans, N, (n, C); None where it is not known."""
        return None if self._source is None else self._source.true_newtons(first_scan, n)

    def _pump(self, wanted: bool = False) -> None:
        """Collect what is due; at unlimited speed one more frame when bytes are wanted."""
        if self._source is None or not self.is_open:
            raise PortNotOpenError
        with self._lock:
            if not math.isinf(self._speed):
                self._keep_pace((time.monotonic_ns() - self._began_ns) * SECONDS_PER_NS * self._speed)
            elif wanted and not self._buffer:
                self._elapsed_s += self._source.frame_s
            self._buffer += self._source.advance_to(self._elapsed_s)

    def _keep_pace(self, due_s: float) -> None:
        """Its time goes on, but at another speed than 1 not so fast that what is not read piles up."""
        step_s = due_s - self._waited_s - self._elapsed_s
        if self._speed != 1.0:
            allowed_s = 0.0 if len(self._buffer) > MOST_UNREAD else LONGEST_STEP_S
            self._waited_s += max(0.0, step_s - allowed_s)
            step_s = min(step_s, allowed_s)
        self._elapsed_s += step_s

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        self._pump()
        return len(self._buffer)

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes, waiting at most ``timeout`` seconds for them."""
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while self.is_open:
            self._pump(wanted=True)
            if len(self._buffer) >= size or (deadline is not None and time.monotonic() >= deadline):
                break
            if not math.isinf(self._speed):
                self._cancelled.wait(self._nap_s(deadline))
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _nap_s(self, deadline: float | None) -> float:
        """Until the next frame falls due, but not past the deadline."""
        assert self._source is not None
        frame = self._source.frame_s
        nap = (frame - self._elapsed_s % frame) / self._speed + 1e-5
        return nap if deadline is None else max(0.0, min(nap, deadline - time.monotonic()))

    def write(self, data: bytes) -> int:
        """Give the source these bytes."""
        self._pump()
        assert self._source is not None
        with self._lock:
            self._source.receive(bytes(data))
        return len(data)

    def cancel_read(self) -> None:
        """Wake a blocked read."""
        self._cancelled.set()

    def reset_input_buffer(self) -> None:
        """Forget bytes not yet read."""
        self._buffer.clear()

    def reset_output_buffer(self) -> None:
        """Nothing is ever waiting to go out."""

    def flush(self) -> None:
        """Nothing is ever waiting to go out."""

    def _reconfigure_port(self, *args: object, **kwargs: object) -> None:
        """Baud rate and parity mean nothing here."""

    _update_rts_state = _update_dtr_state = _update_break_state = _reconfigure_port


def _speed(text: str) -> float:
    speed = math.inf if text == "max" else float(text)
    if not speed > 0:
        raise ValueError("speed must be a positive number or 'max'")
    return speed
