"""Whether a window can be shown here. Qt itself would end the program without a word of ours."""

from __future__ import annotations

import ctypes
import os
import sys

from nmt_sense.errors import NmtError

XCB_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libpulse-mainloop-glib.so.0": "libpulse-mainloop-glib0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""What Qt's wheels expect of a Linux system, and the Debian package of each (the Makefile installs the same ones)."""


def has_display() -> bool:
    """True where a person could see a window."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def check_display() -> None:
    """Raises :class:`NmtError` when Qt could not show a window here. A platform that the user chose is left to Qt."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not has_display():
        raise NmtError("There is no display for the window; use nmt-sense record or live, or demo --headless.")
    if os.environ.get("DISPLAY"):
        _check_x11()


def _check_x11() -> None:
    if missing := [package for library, package in XCB_LIBRARIES.items() if not _loads(library)]:
        raise NmtError(f"The window needs system libraries: sudo apt-get install {' '.join(missing)}")
    if not _connects():
        raise NmtError(f"The display {os.environ['DISPLAY']} does not answer; check DISPLAY, or use nmt-sense record.")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _connects() -> bool:
    """True when the X server that DISPLAY names takes a connection."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    error: int = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return error == 0
