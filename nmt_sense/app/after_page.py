"""What the pages of the window after a session have in common."""

from __future__ import annotations

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nmt_sense.app.after_reading import Opened
from nmt_sense.app.widgets.themed import Card, Themed
from nmt_sense.moment.numbers import half_width, number


class AfterPage(QWidget, Themed):
    """It says what came of things; Enter does what its first button does."""

    said = pyqtSignal(str, bool)
    """A sentence, and whether it is bad news."""

    def __init__(self) -> None:
        super().__init__()
        self._cards: list[QVBoxLayout] = []
        self._row = QHBoxLayout(self)

    def show_recording(self, opened: Opened | None) -> None:
        """Another recording, or none."""

    def go(self) -> None:
        """What Enter does."""

    def all_or_none(self) -> None:
        """What A does."""

    def look_to_first(self) -> None:
        """Lead the keyboard to where one begins."""

    def set_cards(self, *cards: tuple[Card, int]) -> None:
        """Put panels side by side, each with its share of the width."""
        self._row.setContentsMargins(0, 0, 0, 0)
        for card, share in cards:
            self._row.addWidget(card, share)

    def card(self) -> tuple[Card, QVBoxLayout]:
        """A panel and what stands in it."""
        card = Card()
        column = QVBoxLayout(card)
        self._cards.append(column)
        return card, column

    def styled(self) -> None:
        """Apply margins and spacing."""
        super().styled()
        self._row.setSpacing(self.px(14))
        for column in self._cards:
            column.setContentsMargins(self.px(22), self.px(16), self.px(22), self.px(18))
            column.setSpacing(self.px(11))


def mean_text(newtons: float, half_n: float) -> str:
    """A force with its half-width; a dash where it is not known."""
    if newtons != newtons:
        return "–"
    digits = number(newtons, 1 if newtons < 10 else 0)
    return digits if half_n != half_n else f"{digits} {half_width(half_n)}"
