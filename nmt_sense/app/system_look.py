"""Whether the system is set to dark. Qt 5 itself follows it on macOS only."""

from __future__ import annotations

import os
import sys
from typing import Any

from PyQt5.QtCore import QSettings
from PyQt5.QtGui import QPalette
from PyQt5.QtWidgets import QApplication

PORTAL_WAIT_MS = 200
WINDOWS_KEY = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
_PROPERTY = "system_dark"


def remember_palette(application: QApplication) -> None:
    """Keep what the system's own palette says, before the program's replaces it."""
    application.setProperty(_PROPERTY, is_dark(application.palette()))


def is_dark(palette: QPalette) -> bool:
    """True for light letters on a dark ground."""
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def system_is_dark() -> bool:
    """What the system wants now, as far as it says so; else what its palette said when the program began."""
    wanted = {"win32": _windows, "darwin": _nothing}.get(sys.platform, _portal)()
    application = QApplication.instance()
    return bool(application and application.property(_PROPERTY)) if wanted is None else wanted


def _nothing() -> bool | None:
    return None


def _windows() -> bool | None:
    light = QSettings(WINDOWS_KEY, QSettings.Format.NativeFormat).value("AppsUseLightTheme")
    return None if light is None else int(light) == 0


def _portal() -> bool | None:
    """The desktop portal's ``color-scheme``: 1 is dark, 2 is light, 0 is no wish. None without a portal."""
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None  # asking would start a bus of our own
    try:
        from PyQt5.QtDBus import QDBus, QDBusConnection, QDBusMessage
    except ImportError:
        return None
    question = QDBusMessage.createMethodCall(
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Settings",
        "Read",
    )
    question.setArguments(["org.freedesktop.appearance", "color-scheme"])
    answer = QDBusConnection.sessionBus().call(question, QDBus.CallMode.Block, PORTAL_WAIT_MS)
    scheme = _unwrapped(answer.arguments()[0]) if answer.type() == QDBusMessage.MessageType.ReplyMessage else None
    return {1: True, 2: False}.get(scheme) if isinstance(scheme, int) else None


def _unwrapped(value: Any) -> Any:
    """What is inside a variant, which portals wrap twice."""
    while hasattr(value, "variant"):
        value = value.variant()
    return value
