"""The tape: how hard, against the band."""

from __future__ import annotations

import math

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPainterPath, QPen, QPixmap
from PyQt5.QtWidgets import QProgressBar, QSizePolicy

from nmt_sense.app.theme import colour, font, mixed
from nmt_sense.app.widgets.themed import Themed, hatch
from nmt_sense.moment.picture import Picture, Tone, half_width, number


class Tape(QProgressBar, Themed):
    """A vertical scale with the band, the force as filling and marker, and the uncertainty as a box.

    As a progress bar its value is the force in whole newtons, for screen readers.
    """

    def __init__(self, far: bool = False) -> None:
        """``far`` draws it for three metres: no scale, but the ends of the band in large digits."""
        super().__init__()
        self._far = far
        self._force_n = self._half_n = 0.0
        self._data = False
        self._ground: QPixmap | None = None
        self._low_n, self._high_n, self._top_n = 0.0, 1.0, 10.0
        self._tone, self._hidden = Tone.NEUTRAL, False
        self._ghost_n, self._ceiling_n = math.nan, math.inf
        self.setAccessibleName("Force, newtons")
        self.setOrientation(Qt.Orientation.Vertical)
        self.setTextVisible(False)
        self.setRange(0, 10)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def show_target(self, low_n: float, high_n: float, top_n: float, ceiling_n: float = math.inf) -> None:
        """Set band, scale and ceiling, N. Numbers that are not finite leave the band away."""
        if (low_n, high_n, top_n, ceiling_n) == (self._low_n, self._high_n, self._top_n, self._ceiling_n):
            return
        self._low_n, self._high_n, self._top_n, self._ceiling_n = low_n, high_n, top_n, ceiling_n
        self.setRange(0, round(top_n))
        self.styled()

    def show_force(self, newtons: float, uncertainty_n: float, shown: Picture) -> None:
        """Move the marker; a force beyond the scale stays at its end. A blinded one is not shown at all."""
        old = self._look()
        self._force_n, self._half_n, self._tone, self._data = newtons, uncertainty_n, shown.tone, shown.data
        self._ghost_n = shown.target_n
        if shown.hidden != self._hidden:
            self._hidden = shown.hidden
            self._ground = None
        if old != self._look():
            self.update()

    def say_value(self) -> None:
        """Tell value and band to assistive technology; called as often as digits change."""
        self.setValue(0 if self._hidden else round(min(max(self._force_n, 0.0), self._top_n)))
        told = f"The band is {number(self._low_n, 1)} to {number(self._high_n, 1)} newtons."
        self.setAccessibleDescription("Blinded." if self._hidden else told)

    def text(self) -> str:
        """The value in words."""
        return "blinded" if self._hidden else f"{number(self._force_n)} N {half_width(self._half_n)} N"

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(124), self.px(420))

    def minimumSizeHint(self) -> QSize:
        """Scale, bar and marker."""
        return QSize(self.px(104), 160)

    def paintEvent(self, event: object) -> None:
        """Draw scale, filling, band, uncertainty and marker."""
        if self._ground is None:
            self._ground = self._draw_ground()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground)
        if self._hidden:
            self._veil(painter, self._bar())
        elif self._data:
            bar = self._bar()
            self._filling(painter, bar)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._ghost_n == self._ghost_n:
                self._ghost(painter, bar)
            self._marker(painter, bar)

    def resizeEvent(self, event: object) -> None:
        """Draw what does not move again."""
        self._ground = None

    def px(self, pixels: float) -> int:
        """Larger for three metres."""
        return super().px(pixels * (2.2 if self._far else 1.0))

    def styled(self) -> None:
        """Draw what does not move again."""
        self._ground = None
        self.updateGeometry()
        self.update()

    def _draw_ground(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(colour(self.theme.window))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = self._bar()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.track))
        painter.drawRoundedRect(bar, self.px(5), self.px(5))
        if not self._hidden:
            self._band(painter, bar)
            (self._ends if self._far else self._scale)(painter, bar)
        painter.end()
        return made

    def _band(self, painter: QPainter, bar: QRectF) -> None:
        if self._ceiling_n <= self._top_n:
            self._ceiling(painter, bar)
        if not self._low_n < self._high_n:
            return
        low, high = self._y(self._low_n), self._y(self._high_n)
        painter.fillRect(
            QRectF(bar.left(), high, bar.width(), low - high), mixed(self.theme.neutral, self.theme.track, 0.3)
        )
        painter.setPen(QPen(colour(self.theme.neutral), self.px(2)))
        for y in (low, high):
            painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))

    def _ceiling(self, painter: QPainter, bar: QRectF) -> None:
        """Hatched from the ceiling up, below a line that is wider than the bar."""
        y = self._y(self._ceiling_n)
        hatch(painter, QRectF(bar.left(), bar.top(), bar.width(), y - bar.top()), self.theme.high)
        painter.setPen(QPen(colour(self.theme.high), self.px(3)))
        painter.drawLine(QPointF(bar.left() - self.px(5), y), QPointF(bar.right() + self.px(5), y))

    def _veil(self, painter: QPainter, bar: QRectF) -> None:
        """The empty bar with a word along it."""
        painter.save()
        painter.translate(bar.center())
        painter.rotate(-90)
        painter.setFont(font(self.px(16)))
        painter.setPen(colour(self.theme.dim))
        painter.drawText(QRectF(-bar.height() / 2, -20, bar.height(), 40), Qt.AlignmentFlag.AlignCenter, "blinded")
        painter.restore()

    def _ghost(self, painter: QPainter, bar: QRectF) -> None:
        """Where the force should be just now: a line across the bar with an open circle on it."""
        y = self._y(self._ghost_n)
        painter.setPen(QPen(colour(self.theme.neutral), self.px(2)))
        painter.drawLine(QPointF(bar.left(), y), QPointF(bar.right(), y))
        painter.setBrush(colour(self.theme.window))
        painter.drawEllipse(QPointF(bar.center().x(), y), self.px(7), self.px(7))

    def _bar(self) -> QRectF:
        margin = self.px(14)
        left = self.width() * (0.3 if self._far else 0.36)
        return QRectF(left, margin, self.width() * (0.46 if self._far else 0.36), self.height() - 2 * margin)

    def _look(self) -> tuple[object, ...]:
        ghost = -1 if self._ghost_n != self._ghost_n else self._y(self._ghost_n)
        marker = self._y(self._force_n), self._y(self._force_n + self._half_n)
        return *marker, ghost, self._tone, self._data, self._hidden

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

    def _ends(self, painter: QPainter, bar: QRectF) -> None:
        pixels = int(self.height() * 0.075)
        painter.setFont(font(pixels, bold=True))
        painter.setPen(colour(self.theme.text))
        room = bar.left() - self.px(14)
        low, high = self._y(self._low_n), self._y(self._high_n)
        if not self._low_n < self._high_n:
            return
        for newtons, top in ((self._high_n, high - pixels), (self._low_n, low)):
            box = QRectF(0, top, room, pixels)
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                f"{number(newtons, 0 if newtons >= 10 else 1)}" if newtons % 1 else f"{newtons:g}",
            )

    def _marker(self, painter: QPainter, bar: QRectF) -> None:
        code, y = self.tone(self._tone), self._y(self._force_n)
        upper, lower = self._y(self._force_n + self._half_n), self._y(self._force_n - self._half_n)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(code), max(1.5, self.px(2))))
        spread = self.px(4)
        box = QRectF(bar.left() - spread, upper, bar.width() + 2 * spread, lower - upper)
        if self._force_n + self._half_n > self._top_n:
            painter.drawPath(_open_box(box))
        else:
            painter.drawRoundedRect(box, 3, 3)
        size = min(self.px(24), self.width() * 0.22)
        tip = bar.right() + spread + self.px(3)
        path = QPainterPath(QPointF(tip, y))
        path.lineTo(tip + size * 0.9, y - size * 0.55)
        path.lineTo(tip + size * 0.9, y + size * 0.55)
        path.closeSubpath()
        painter.fillPath(path, colour(code))


def _open_box(box: QRectF) -> QPainterPath:
    """A box without its upper edge: what it stands for goes on beyond the scale."""
    path = QPainterPath(box.topLeft())
    for corner in (box.bottomLeft(), box.bottomRight(), box.topRight()):
        path.lineTo(corner)
    return path


def ticks(top_n: float) -> list[float]:
    """Four to six round forces from 0 to the end of a scale."""
    step = next(size for size in (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if top_n / size <= 5.01)
    return [step * k for k in range(int(top_n / step + 0.001) + 1)]
