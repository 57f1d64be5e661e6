"""Sizes of windows that fit the screen: where the system's letters are set large, it has few of our pixels."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QApplication


def fitting(wide: int, tall: int) -> QSize:
    """A size of at most ``wide`` × ``tall`` pixels of ours that the screen has room for."""
    wanted, screen = QSize(wide, tall), QApplication.primaryScreen()
    return wanted if screen is None else wanted.boundedTo(screen.availableSize())
