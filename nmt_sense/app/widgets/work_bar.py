"""How far a piece of work is that takes a while."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QProgressBar, QSizePolicy

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.digits import cap_height, draw_cells, text_width
from nmt_sense.app.widgets.themed import Themed


class WorkBar(QProgressBar, Themed):
    """Says what is going on and how far it is, beside a thin bar. As a progress bar it has its value for all."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setRange(0, 100)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_work(self, words: str, share: float) -> None:
        """Show a share 0..1 of the work done."""
        if words != self._words:
            self._words = words
            self.setAccessibleName(words)
        self.setValue(round(100 * share))
        self.update()

    def text(self) -> str:
        """What is going on and how far it is."""
        return f"{self._words}  {self.value()} %"

    def sizeHint(self) -> QSize:
        """As high as the quiet line whose place it takes."""
        return QSize(self.px(300), self.px(26))

    def minimumSizeHint(self) -> QSize:
        """A few words."""
        return QSize(self.px(120), self.px(26))

    def paintEvent(self, event: object) -> None:
        """Draw words, bar and per cent."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pixels, left = self.px(15), self.px(8)
        baseline = self.height() / 2 + cap_height(pixels, True) / 2
        painter.setPen(colour(self.theme.text))
        painter.setFont(font(pixels, bold=True))
        painter.drawText(left, round(baseline), self._words)
        left += painter.fontMetrics().horizontalAdvance(self._words) + self.px(16)
        room = self.width() - left - text_width("100 %", pixels, False) - self.px(28)
        bar = QRectF(left, self.height() / 2 - self.px(3), max(self.px(40), min(room, self.px(420))), self.px(6))
        painter.setPen(Qt.PenStyle.NoPen)
        self._bar(painter, bar, 1.0, self.theme.track)
        self._bar(painter, bar, self.value() / 100, self.theme.neutral)
        painter.setPen(colour(self.theme.dim))
        draw_cells(painter, bar.right() + self.px(14), baseline, f"{self.value()} %", pixels, False)

    def _bar(self, painter: QPainter, bar: QRectF, share: float, code: str) -> None:
        painter.setBrush(colour(code))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), 3, 3)
