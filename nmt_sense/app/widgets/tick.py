"""A box to tick, drawn so that it can be seen on any ground."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize
from PyQt5.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QCheckBox

from nmt_sense.app.theme import Theme, colour, font
from nmt_sense.app.widgets.themed import Themed

SIZE = 16
CORNERS = ((0.22, 0.52), (0.43, 0.73), (0.78, 0.3))


def draw_box(painter: QPainter, box: QRectF, ticked: bool, theme: Theme) -> None:
    """Draw a box, ticked or not; it is square."""
    size = box.width()
    painter.setPen(QPen(colour(theme.text if ticked else theme.control), 1.4))
    painter.setBrush(colour(theme.text if ticked else theme.panel))
    painter.drawRoundedRect(box, size / 4, size / 4)
    if ticked:
        painter.setPen(QPen(colour(theme.panel), size / 8))
        painter.drawPolyline(QPolygonF([box.topLeft() + QPointF(x * size, y * size) for x, y in CORNERS]))


class Tick(QCheckBox, Themed):
    """A box with words beside it."""

    def __init__(self, words: str, pixels: int) -> None:
        super().__init__(words)
        self.setAccessibleName(words)
        self._pixels = pixels

    def sizeHint(self) -> QSize:
        """Box, words and air."""
        wide = QFontMetricsF(font(self.px(self._pixels))).horizontalAdvance(self.text())
        return QSize(round(wide) + self.px(SIZE + 22), self.px(30))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        """The words count, too."""
        return True

    def paintEvent(self, event: object) -> None:
        """Draw box and words, and a line under them while they have the keyboard."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size, middle = self.px(SIZE), self.height() / 2
        draw_box(painter, QRectF(2, middle - size / 2, size, size), self.isChecked(), self.theme)
        chosen = font(self.px(self._pixels))
        painter.setFont(chosen)
        painter.setPen(colour(self.theme.text if self.isEnabled() else self.theme.stale))
        left = self.px(SIZE + 12)
        painter.drawText(QPointF(left, middle + QFontMetricsF(chosen).capHeight() / 2), self.text())
        if self.hasFocus():
            wide = QFontMetricsF(chosen).horizontalAdvance(self.text())
            painter.fillRect(QRectF(2, self.height() - 3, left + wide, 2), colour(self.theme.low))
