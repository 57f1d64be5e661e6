"""One key of an X server, wherever it is typed: a passive grab (X protocol, GrabKey)."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from PyQt5.QtCore import QSocketNotifier
from Xlib import XK, X, display, error

from nmt_sense.app.settings import Pedal

PAGE_DOWN = XK.XK_Page_Down
REPEAT_MS = 2
"""A key held down is reported as let go and pressed again at the same moment of the server."""


def grab_key(pedal: Pedal, heard: Callable[[], None]) -> Callable[[], None] | None:
    """Hear the pedal's key until what is returned is called; None where another program has it, or on Wayland."""
    if os.environ.get("WAYLAND_DISPLAY"):  # what is typed into Wayland's own windows never comes here
        return None
    server = display.Display()
    refused = error.CatchError(error.BadAccess)
    code = pedal.native or server.keysym_to_keycode(PAGE_DOWN)
    server.screen().root.grab_key(code, X.AnyModifier, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
    server.sync()
    if refused.get_error():
        server.close()
        return None
    return Ear(server, heard).close


class Ear:
    """Reads what the server reports, in the main thread."""

    def __init__(self, server: display.Display, heard: Callable[[], None]) -> None:
        self._server, self._heard = server, heard
        self._let_go_ms: int | None = None
        self._closed = False
        self._notifier = QSocketNotifier(server.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        try:
            events = [self._server.next_event() for _ in range(self._server.pending_events())]
        except error.ConnectionClosedError:  # the display is gone, and the window will soon be
            self._notifier.setEnabled(False)
            return
        for event in events:
            if event.type == X.KeyRelease:
                self._let_go_ms = event.time
            elif event.type == X.KeyPress and not self._repeats(event.time):
                self._heard()

    def _repeats(self, now_ms: int) -> bool:
        return self._let_go_ms is not None and now_ms - self._let_go_ms <= REPEAT_MS

    def close(self) -> None:
        """Give the key back; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        with suppress(error.ConnectionClosedError):  # the display has gone first
            self._server.close()
