"""The tape: how hard, against the band."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPainterPath, QPen
from PyQt5.QtWidgets import QProgressBar, QSizePolicy

from nmt_sense.app.picture import Picture, Tone, number
from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Themed, hatch


class Tape(QProgressBar, Themed):
    """A vertical scale with the band, the force as filling and marker, and the uncertainty as a box.

    As a progress bar its value is the force in whole newtons, for screen readers.
    """

    def __init__(self) -> None:
        super().__init__()
        self._force_n = self._half_n = 0.0
        self._low_n, self._high_n, self._top_n = 0.0, 1.0, 10.0
        self._tone = Tone.NEUTRAL
        self.setAccessibleName("Force, newtons")
        self.setOrientation(Qt.Orientation.Vertical)
        self.setTextVisible(False)
        self.setRange(0, 10)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_target(self, low_n: float, high_n: float, top_n: float) -> None:
        """Set band and scale, N."""
        if (low_n, high_n, top_n) == (self._low_n, self._high_n, self._top_n):
            return
        self._low_n, self._high_n, self._top_n = low_n, high_n, top_n
        self.setRange(0, round(top_n))
        self.setAccessibleDescription(f"The band is {number(low_n, 1)} to {number(high_n, 1)} newtons.")
        self.update()

    def show_force(self, newtons: float, uncertainty_n: float, shown: Picture) -> None:
        """Move the marker; a force beyond the scale stays at its end."""
        old = (self._y(self._force_n), self._y(self._force_n + self._half_n), self._tone)
        self._force_n, self._half_n, self._tone = newtons, uncertainty_n, shown.tone
        if old != (self._y(newtons), self._y(newtons + uncertainty_n), shown.tone):
            self.update()

    def say_value(self) -> None:
        """Tell the value to assistive technology; called as often as digits change."""
        self.setValue(round(min(max(self._force_n, 0.0), self._top_n)))

    def text(self) -> str:
        """The value in words."""
        return f"{number(self._force_n)} N"

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(124), self.px(420))

    def minimumSizeHint(self) -> QSize:
        """Scale, bar and marker."""
        return QSize(self.px(104), 160)

    def paintEvent(self, event: object) -> None:
        """Draw scale, filling, band, uncertainty and marker."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = self._bar()
        clip = QPainterPath()
        clip.addRoundedRect(bar, self.px(5), self.px(5))
        painter.fillPath(clip, colour(self.theme.track))
        painter.setClipPath(clip)
        self._filling(painter, bar)
        painter.setClipping(False)
        self._scale(painter, bar)
        self._marker(painter, bar)

    def _bar(self) -> QRectF:
        margin = self.px(10)
        left = self.width() * 0.36
        return QRectF(left, margin, self.width() * 0.36, self.height() - 2 * margin)

    def _y(self, newtons: float) -> int:
        bar = self._bar()
        share = min(max(newtons / self._top_n, 0.0), 1.0)
        return round(bar.bottom() - share * bar.height())

    def _filling(self, painter: QPainter, bar: QRectF) -> None:
        code = self.tone(self._tone)
        filled = QRectF(bar.left(), self._y(self._force_n), bar.width(), bar.bottom() - self._y(self._force_n))
        painter.fillRect(filled, colour(code, 0.42))
        if self._tone is Tone.STALE:
            hatch(painter, filled, code)
        low, high = self._y(self._low_n), self._y(self._high_n)
        painter.fillRect(QRectF(bar.left(), high, bar.width(), low - high), colour(self.theme.neutral, 0.28))
        painter.setPen(QPen(colour(self.theme.neutral), self.px(2)))
        for y in (low, high):
            painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))

    def _scale(self, painter: QPainter, bar: QRectF) -> None:
        painter.setFont(font(min(self.px(15), int(self.width() * 0.125))))
        painter.setPen(colour(self.theme.dim))
        for newtons in ticks(self._top_n):
            box = QRectF(0, self._y(newtons) - 12, bar.left() - self.px(10), 24)
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                number(newtons, 0 if self._top_n >= 5 else 1),
            )

    def _marker(self, painter: QPainter, bar: QRectF) -> None:
        code, y = self.tone(self._tone), self._y(self._force_n)
        upper, lower = self._y(self._force_n + self._half_n), self._y(self._force_n - self._half_n)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(code), max(1.5, self.px(2))))
        spread = self.px(4)
        painter.drawRoundedRect(QRectF(bar.left() - spread, upper, bar.width() + 2 * spread, lower - upper), 3, 3)
        size = min(self.px(24), self.width() * 0.2)
        tip = bar.right() + spread + self.px(3)
        path = QPainterPath(QPointF(tip, y))
        path.lineTo(tip + size * 0.9, y - size * 0.55)
        path.lineTo(tip + size * 0.9, y + size * 0.55)
        path.closeSubpath()
        painter.fillPath(path, colour(code))


def ticks(top_n: float) -> list[float]:
    """Four to six round forces from 0 to the end of a scale."""
    step = next(size for size in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if top_n / size <= 5.01)
    return [step * k for k in range(int(top_n / step + 0.001) + 1)]
