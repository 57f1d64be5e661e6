"""``simscale://`` for pyserial: a scale under the simulated glove of this very program.

It prints the true force on the glove's sensors, so that a calibration can be tried without any hardware: a glove on
``sim://?steps=5,10,20`` and a scale on ``simscale://``. Before there is a glove it prints nothing.
"""

from __future__ import annotations

import time
import weakref
from typing import Protocol

import serial
from serial.serialutil import SerialBase


class LoadsNow(Protocol):
    """A simulated glove, as far as a scale under it is concerned."""

    def load_n(self) -> float:
        """True force on all its sensors now, N."""


EVERY_S = 0.02
"""Fifty lines a second: more than a scale prints, so that one is fresh also where the glove's time runs faster."""
_under: weakref.ReferenceType[LoadsNow] | None = None


def lie_under(glove: LoadsNow) -> None:
    """The scale lies under this glove from now on, for as long as there is one."""
    global _under
    _under = weakref.ref(glove)


class Serial(SerialBase):  # type: ignore[misc]
    """The port that pyserial makes for ``simscale://``."""

    def open(self) -> None:
        """Nothing needs to be there yet. Raises serial.SerialException for an address with anything in it."""
        if self.portstr != "simscale://":
            raise serial.SerialException(f"{self.portstr}: simscale:// takes nothing more")
        self._buffer = bytearray()
        self._printed = 0.0
        self.is_open = True

    def close(self) -> None:
        """Stop."""
        self.is_open = False

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes of what has been printed; never waits."""
        glove = None if _under is None else _under()
        if glove is not None and time.monotonic() - self._printed >= EVERY_S:
            self._printed = time.monotonic()
            self._buffer += f"{glove.load_n():.3f} N\r\n".encode()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        return len(self._buffer)

    def _reconfigure_port(self, *args: object, **kwargs: object) -> None:
        """Baud rate and parity mean nothing here."""

    _update_rts_state = _update_dtr_state = _update_break_state = _reconfigure_port
