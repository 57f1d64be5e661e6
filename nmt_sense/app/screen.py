"""Sizes of windows that fit the screen: where the system's letters are set large, it has few of our pixels."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QApplication

SMALLEST_SCALE, LARGEST_SCALE = 0.6, 2.4


def fitting(wide: int, tall: int) -> QSize:
    """A size of at most ``wide`` × ``tall`` pixels of ours that the screen has room for."""
    wanted, screen = QSize(wide, tall), QApplication.primaryScreen()
    return wanted if screen is None else wanted.boundedTo(screen.availableSize())


def scale_of(window: QSize, drawn: tuple[int, int]) -> float:
    """How much larger than drawn everything in a window is, so that all of it fits and can be read."""
    fits = min(window.width() / drawn[0], window.height() / drawn[1])
    return min(max(fits, SMALLEST_SCALE), LARGEST_SCALE)
