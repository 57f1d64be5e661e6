"""Keys and patience for the window that opens after a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtTest import QTest

from nmt_sense.app.after_window import AfterWindow

Open = Callable[..., AfterWindow]
ENTER, SPACE = Qt.Key.Key_Return, Qt.Key.Key_Space


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        QCoreApplication.processEvents()
        time.sleep(0.005)


def key(window: AfterWindow, *codes: int) -> None:
    """Press keys where the keyboard is."""
    for code in codes:
        QTest.keyClick(window.focusWidget() or window, code)


def read(window: AfterWindow, path: Path) -> None:
    window.read(path)
    until(lambda: not window.reader.busy)


def all_read(window: AfterWindow) -> None:
    until(lambda: not window.hands.reader.busy)
