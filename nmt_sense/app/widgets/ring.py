"""The ring: time held in the band, as an arc and as minutes and seconds."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter, QPen
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font, mixed
from nmt_sense.app.widgets.digits import cap_height, draw_cells, text_width
from nmt_sense.app.widgets.themed import Readout, arrow_path
from nmt_sense.moment.picture import Picture, Tone

DASHES = {Tone.LOW: (0.55, 0.42), Tone.HIGH: (0.16, 0.3), Tone.STALE: (0.06, 0.22)}
"""Length of dash and gap in widths of the ring: each tone has a texture of its own."""


class Ring(Readout):
    """In-band time of the wanted time."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self.setAccessibleName("Time in the band")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, shown: Picture) -> None:
        """Show a moment; repaints only when the arc moved by a pixel or the words changed."""
        old, self._picture = self._picture, shown
        if old is None or self._look(old) != self._look(shown):
            self.update()
        text = f"{shown.held} {_caption(shown)}"
        if text != self.text():
            self.setText(text)

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(360), self.px(360))

    def minimumSizeHint(self) -> QSize:
        """The digits stay readable."""
        return QSize(160, 160)

    def paintEvent(self, event: object) -> None:
        """Draw track, arc, arrow and digits."""
        if self._picture is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = min(self.width(), self.height())
        width = size * 0.072
        centre = QRectF(self.rect()).center()
        ring = QRectF(0, 0, size - width - 2, size - width - 2)
        ring.moveCenter(centre)
        painter.setPen(QPen(colour(self.theme.track), width))
        painter.drawEllipse(ring)
        self._limits(painter, ring, width)
        self._arc(painter, ring, width)
        self._inside(painter, centre, size)

    def _look(self, shown: Picture) -> tuple[object, ...]:
        return (
            shown.tone,
            shown.arrow,
            shown.held,
            shown.under,
            shown.limits,
            round(shown.fraction * self.height() * 3),
            shown.word,
            shown.frozen,
            shown.past,
        )

    def _arc(self, painter: QPainter, ring: QRectF, width: float) -> None:
        assert self._picture is not None
        if self._picture.fraction <= 0:
            return
        thin = width * 0.5 if self._picture.limits else width
        past = self._picture.past and self._picture.tone is not Tone.STALE
        pen = QPen(colour(self.theme.dim if past else self.tone(self._picture.tone)), thin)
        dashes = None if past else DASHES.get(self._picture.tone)
        if dashes:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern(dashes)
        else:
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(ring, 90 * 16, -round(self._picture.fraction * 360 * 16))

    def _limits(self, painter: QPainter, ring: QRectF, width: float) -> None:
        """The part of the ring in which the arc should end."""
        assert self._picture is not None
        if not self._picture.limits:
            return
        low, high = (round(90 * 16 - part * 360 * 16) for part in self._picture.limits)
        pen = QPen(mixed(self.theme.neutral, self.theme.track, 0.3), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(ring, low, high - low)
        pen = QPen(colour(self.theme.neutral), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        for edge in (low, high):
            painter.drawArc(ring, edge - 10, 20)

    def _inside(self, painter: QPainter, centre: QPointF, size: float) -> None:
        assert self._picture is not None
        shown = self._picture
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.tone(shown.tone)))
        self._sign(painter, centre.x(), centre.y() - size * 0.245, size * 0.085)
        big = int(size * 0.31)
        painter.setPen(colour(self._letters(shown)))
        wide = text_width(shown.held, big, True)
        if wide > size * 0.7:
            big = int(big * size * 0.7 / wide)
        left = centre.x() - text_width(shown.held, big, True) / 2
        draw_cells(painter, left, centre.y() + cap_height(big, True) / 2 - size * 0.035, shown.held, big, True)
        painter.setPen(colour(self.theme.dim))
        under = QRectF(centre.x() - size * 0.4, centre.y() + size * 0.12, size * 0.8, size * 0.12)
        wide = QFontMetricsF(font(100)).horizontalAdvance(_caption(shown)) / 100
        painter.setFont(font(int(size * min(0.058, 0.7 / max(wide, 0.1)))))
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, _caption(shown))

    def _letters(self, shown: Picture) -> str:
        """What is old, or of a hold that is over, does not shine."""
        if shown.tone is Tone.STALE:
            return self.theme.stale
        return self.theme.dim if shown.past else self.theme.text

    def _sign(self, painter: QPainter, x: float, y: float, size: float) -> None:
        assert self._picture is not None
        shown = self._picture
        if shown.arrow:
            painter.drawPath(arrow_path(x, y, size, shown.arrow))
        elif shown.tone is Tone.STALE:
            bar = QRectF(0, 0, size * 0.28, size * 0.8)
            for offset in (-0.28, 0.28):
                bar.moveCenter(QPointF(x + offset * size, y))
                painter.drawRect(bar)
        elif shown.word == "DONE":
            painter.setPen(
                QPen(
                    colour(self.tone(shown.tone)),
                    size * 0.2,
                    Qt.PenStyle.SolidLine,
                    Qt.PenCapStyle.RoundCap,
                    Qt.PenJoinStyle.RoundJoin,
                )
            )
            painter.setBrush(Qt.BrushStyle.NoBrush)
            tick = [
                QPointF(x - size * 0.42, y),
                QPointF(x - size * 0.1, y + size * 0.3),
                QPointF(x + size * 0.45, y - size * 0.34),
            ]
            painter.drawPolyline(*tick)
        elif shown.word == "HOLD":
            painter.drawEllipse(QPointF(x, y), size * 0.4, size * 0.4)


def _caption(shown: Picture) -> str:
    return shown.under.replace("in band", "stands still") if shown.frozen else shown.under
