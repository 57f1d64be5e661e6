"""The pedal while another program has the keyboard.

Only its one key is asked for, and only while a recording runs with the window in the background: nothing else that is
typed ever reaches this program, and the key does not reach the other one meanwhile. X11 and Windows can do that;
Wayland and macOS give a program no key that is not typed into its own window.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from PyQt5.QtGui import QGuiApplication

from nmt_sense.app.settings import Pedal

log = logging.getLogger(__name__)
Release = Callable[[], None]


class FarPedal:
    """Hears the pedal's key between :meth:`listen` and :meth:`leave`."""

    def __init__(self, heard: Callable[[], None]) -> None:
        """``heard`` is called in the main thread, once each time the pedal goes down."""
        self._heard = heard
        self._release: Release | None = None

    def listen(self, pedal: Pedal) -> bool:
        """Ask the system for the pedal's key; False where it is not given."""
        self.leave()
        try:
            self._release = grab(pedal, self._heard)
        except Exception as refused:  # whatever the system's libraries raise, the recording goes on without
            log.warning("no pedal from afar: %r", refused)
        return self._release is not None

    def leave(self) -> None:
        """Give the key back; may be called twice."""
        if self._release is not None:
            self._release()
            self._release = None


def grab(pedal: Pedal, heard: Callable[[], None]) -> Release | None:
    """Have the system report a key from wherever it is typed; None where it cannot. May raise what its library does."""
    if sys.platform == "win32":
        from nmt_sense.app.far_key_windows import grab_key

        return grab_key(pedal, heard)
    if QGuiApplication.platformName() == "xcb":
        from nmt_sense.app.far_key_x11 import grab_key as grab_x11_key

        return grab_x11_key(pedal, heard)
    return None
