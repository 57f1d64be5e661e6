"""A window to look at in a test."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QCoreApplication
from scripted import ScriptedLive

from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.sound import Sound

TECHNIQUES = (("ischemic-compression", "Ischemic compression"),)


def open_window(live: ScriptedLive, techniques: Sequence[tuple[str, str]] = TECHNIQUES) -> LiveWindow:
    """A shown window over ``live``, drawing only when told to."""
    window = LiveWindow(
        live,
        Sound(live.cues),
        ports=lambda: ["/dev/ttyUSB0", "sim://"],
        techniques=techniques,
        participant="P-014",
    )
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    QCoreApplication.processEvents()
    return window
