"""One key of Windows, wherever it is typed: a hot key (RegisterHotKey, WM_HOTKEY)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import wintypes
from typing import Any

from PyQt5.QtCore import QAbstractNativeEventFilter, QCoreApplication

from nmt_sense.app.settings import Pedal

WM_HOTKEY, MOD_NOREPEAT, MAPVK_VSC_TO_VK_EX, VK_NEXT = 0x0312, 0x4000, 3, 0x22
OURS = 1


def grab_key(pedal: Pedal, heard: Callable[[], None]) -> Callable[[], None] | None:
    """Hear the pedal's key until what is returned is called; None where another program has it."""
    user32: Any = ctypes.windll.user32  # type: ignore[attr-defined,unused-ignore]
    code = user32.MapVirtualKeyW(pedal.native, MAPVK_VSC_TO_VK_EX) if pedal.native else VK_NEXT
    if not user32.RegisterHotKey(None, OURS, MOD_NOREPEAT, code):
        return None
    ear = Ear(heard)
    application = QCoreApplication.instance()
    assert application is not None
    application.installNativeEventFilter(ear)

    def release() -> None:
        application.removeNativeEventFilter(ear)
        user32.UnregisterHotKey(None, OURS)

    return release


class Ear(QAbstractNativeEventFilter):
    """Looks at the messages of the main thread."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def nativeEventFilter(self, kind: Any, message: Any) -> tuple[bool, int]:
        """Take our hot key, and nothing else."""
        found = wintypes.MSG.from_address(int(message))
        if found.message == WM_HOTKEY and found.wParam == OURS:
            self._heard()
            return True, 0
        return False, 0
