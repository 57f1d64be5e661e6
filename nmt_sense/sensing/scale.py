"""A scale or force gauge that prints what it shows on a serial port, one line at a time."""

from __future__ import annotations

import re
from typing import Any

from nmt_sense.errors import NmtError
from nmt_sense.units import STANDARD_GRAVITY

NEWTONS = {"n": 1.0, "kg": STANDARD_GRAVITY, "g": STANDARD_GRAVITY / 1000.0, "lb": 0.45359237 * STANDARD_GRAVITY}
"""Newtons per unit; a scale's kilogram is a kilogram-force, its pound 0.45359237 of it."""
LONGEST_LINE = 200
_SHOWN = re.compile(r"([-+]?)\s*(\d{1,6}(?:[.,]\d{1,6})?)\s*(kg|g|n|lb)?(?![a-z0-9.,])", re.IGNORECASE)


class ScaleError(NmtError):
    """A scale cannot be read, or what was typed is no force."""


def newtons(shown: str, unit: str | None = None) -> float | None:
    """The force that a line shows, N; None when it shows none. ``unit`` is that of numbers without one."""
    found = _SHOWN.search(shown[:LONGEST_LINE])
    if found is None or not (known := found[3] or unit):
        return None
    value = float(found[2].replace(",", ".")) * NEWTONS[known.lower()]
    return -value if found[1] == "-" else value


def typed(text: str) -> float:
    """What a person typed, newtons unless it says kg, g or lb. Raises :class:`ScaleError`."""
    value = newtons(text, "n")
    if value is None or value < 0.0:
        raise ScaleError("That is no force; type newtons, or a number with kg, g or lb: 12.5 or 1.2 kg.")
    return value


class Scale:
    """A scale on a serial port, asked now and then."""

    def __init__(self, url: str, baud: int = 9600, unit: str = "kg") -> None:
        """Raises :class:`ScaleError` when the port cannot be opened."""
        import serial

        try:
            self._port: Any = serial.serial_for_url(url, baudrate=baud, timeout=0)
        except (OSError, ValueError) as error:
            raise ScaleError(f"The scale on {url} cannot be opened ({error}).") from error
        self._url, self._unit = url, unit
        self._rest = b""

    def poll(self) -> float | None:
        """The newest force since the last call, N. Raises :class:`ScaleError` when the scale is gone."""
        try:
            self._rest += self._port.read(4096)
        except OSError as error:
            raise ScaleError(f"The scale on {self._url} is gone ({error}).") from error
        *lines, self._rest = re.split(rb"[\r\n]+", self._rest[-4096:])
        shown = (newtons(line.decode("ascii", "replace"), self._unit) for line in lines)
        return next((value for value in reversed(list(shown)) if value is not None), None)

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()
