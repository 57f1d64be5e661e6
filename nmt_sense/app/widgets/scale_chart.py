"""A practitioner's words for pressure on an axis of newtons, each with its spread; a teacher's beside them."""

from __future__ import annotations

import math

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font, mixed
from nmt_sense.app.widgets.tape import ticks
from nmt_sense.app.widgets.themed import Readout
from nmt_sense.coaching.words import Difference, Scale, Word, compare
from nmt_sense.errors import NmtError
from nmt_sense.moment.numbers import force, number

ROOM = 1.08


class ScaleChart(Readout):
    """A row for each word: single presses, mean and spread; numbers at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._scale: Scale | None = None
        self._other: Scale | None = None
        self._apart: dict[str, Difference] = {}
        self.setAccessibleName("Words for pressure")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_scale(self, scale: Scale | None, other: Scale | None = None) -> None:
        """Draw a scale, and another one beside it. Raises :class:`NmtError` when they share no word."""
        try:
            found = compare(scale, other) if scale and other else []
        except NmtError:
            self.show_scale(scale)
            raise
        self._scale, self._other = scale, other
        self._apart = {one.name: one for one in found}
        self.setText("; ".join(self._line(word) for word in scale.words) if scale else "No scale yet.")
        self.update()

    def sizeHint(self) -> QSize:
        """A good size."""
        return QSize(self.px(620), self.px(330))

    def minimumSizeHint(self) -> QSize:
        """The smallest that can be read."""
        return QSize(self.px(320), self.px(150))

    def _line(self, word: Word) -> str:
        told = f"{word.name} {self._meaning(word)}"
        one = self._apart.get(word.name)
        return told if one is None else f"{told}, {self._beside(one)}"

    def _beside(self, one: Difference) -> str:
        """How far two people's word is apart."""
        way = "above" if one.percent > 0 else "below"
        theirs = force(one.other_n, one.other_uncertainty_n)
        percent = "" if math.isnan(one.percent) else f"{number(abs(one.percent))} % {way} {theirs}"
        return f"{percent}{', clearly apart' if one.clear else ''}"

    def _meaning(self, word: Word) -> str:
        """What a word means, with its 95 % band, and its spread by name: ``8.2 ±4.1 N, SD 1.1``."""
        assert self._scale is not None
        spread = "" if math.isnan(word.sd_n) else f", SD {number(word.sd_n, 1)}"
        return f"{force(word.mean_n, self._scale.half_of(word))}{spread}"

    def paintEvent(self, event: object) -> None:
        """Draw axis and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._scale is None:
            painter.setFont(font(self.px(16)))
            painter.setPen(colour(self.theme.dim))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
            return
        numbers = self._room_for_numbers()
        box = QRectF(self.px(98), self.px(28), self.width() - self.px(98) - numbers, self.height() - self.px(56))
        top_n = ROOM * max(_most(self._scale), _most(self._other))
        self._ground(painter, box, top_n)
        tall = box.height() / len(self._scale.words)
        for row, word in enumerate(self._scale.words):
            self._draw_row(painter, QRectF(box.left(), box.top() + row * tall, box.width(), tall), word, top_n)
        self._legend(painter, box)

    def _room_for_numbers(self) -> float:
        """What stands at the right of the rows decides how wide they are."""
        assert self._scale is not None
        metrics = QFontMetricsF(font(self.px(15)))
        lines = [*map(self._meaning, self._scale.words), *map(self._beside, self._apart.values())]
        return max(map(metrics.horizontalAdvance, lines)) + self.px(14)

    def _ground(self, painter: QPainter, box: QRectF, top_n: float) -> None:
        painter.setFont(font(self.px(13)))
        for level in ticks(top_n):
            x = box.left() + box.width() * level / top_n
            painter.setPen(QPen(colour(self.theme.line), 1.0))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(colour(self.theme.dim))
            label = QRectF(x - 40, box.bottom() + self.px(5), 80, self.px(18))
            painter.drawText(label, int(Qt.AlignmentFlag.AlignHCenter), f"{level:g}")
        unit = QRectF(box.right() + self.px(8), box.bottom() + self.px(5), 40, self.px(18))
        painter.drawText(unit, int(Qt.AlignmentFlag.AlignLeft), "N")

    def _draw_row(self, painter: QPainter, box: QRectF, word: Word, top_n: float) -> None:
        painter.setFont(font(self.px(15), bold=True))
        painter.setPen(colour(self.theme.text))
        name = QRectF(0, box.top(), box.left() - self.px(12), box.height())
        shown = painter.fontMetrics().elidedText(word.name, Qt.TextElideMode.ElideRight, round(name.width()))
        painter.drawText(name, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), shown)
        one = self._apart.get(word.name)
        middle = box.center().y() - (self.px(7) if one else 0)
        self._draw_word(painter, box, middle, word, top_n)
        their = self._their(word.name)
        if their is not None:
            self._draw_their(painter, box, middle + self.px(15), their, top_n)
        self._numbers(painter, box, word, one)

    def _draw_word(self, painter: QPainter, box: QRectF, y: float, word: Word, top_n: float) -> None:
        def at(newtons: float) -> float:
            return box.left() + box.width() * max(0.0, newtons) / top_n

        if math.isfinite(word.sd_n):
            half, tall = word.sd_n, self.px(14)
            spread = QRectF(at(word.mean_n - half), y - tall / 2, at(word.mean_n + half) - at(word.mean_n - half), tall)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mixed(self.theme.low, self.theme.panel, 0.35))
            painter.drawRoundedRect(spread, tall / 2, tall / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.dim, 0.8))
        for newtons in word.presses_n:
            painter.drawEllipse(QPointF(at(newtons), y), self.px(2.2), self.px(2.2))
        painter.setPen(QPen(colour(self.theme.text), self.px(3)))
        painter.drawLine(QPointF(at(word.mean_n), y - self.px(9)), QPointF(at(word.mean_n), y + self.px(9)))

    def _draw_their(self, painter: QPainter, box: QRectF, y: float, word: Word, top_n: float) -> None:
        x, size = box.left() + box.width() * word.mean_n / top_n, self.px(6)
        if math.isfinite(word.sd_n):
            half = box.width() * word.sd_n / top_n
            painter.setPen(QPen(colour(self.theme.dim), self.px(1.5)))
            painter.drawLine(QPointF(max(box.left(), x - half), y), QPointF(x + half, y))
        self._diamond(painter, QPointF(x, y), size)

    def _diamond(self, painter: QPainter, at: QPointF, size: float) -> None:
        painter.setPen(QPen(colour(self.theme.text), self.px(1.6)))
        painter.setBrush(colour(self.theme.panel))
        corners = ((0, -size), (size, 0), (0, size), (-size, 0))
        painter.drawPolygon(QPolygonF([at + QPointF(*corner) for corner in corners]))

    def _numbers(self, painter: QPainter, box: QRectF, word: Word, one: Difference | None) -> None:
        painter.setFont(font(self.px(15)))
        painter.setPen(colour(self.theme.text))
        room = QRectF(box.right() + self.px(12), box.top(), self.width() - box.right() - self.px(12), box.height())
        lines = self._meaning(word)
        if one is not None:
            lines += f"\n{self._beside(one)}"
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), lines)

    def _legend(self, painter: QPainter, box: QRectF) -> None:
        assert self._scale is not None
        painter.setFont(font(self.px(13)))
        y, x = box.top() - self.px(14), box.left()
        metrics = painter.fontMetrics()
        painter.setPen(QPen(colour(self.theme.text), self.px(3)))
        painter.drawLine(QPointF(x, y - self.px(6)), QPointF(x, y + self.px(6)))
        mine = f"{self._scale.practitioner}: mean, spread (SD) and single presses"
        painter.setPen(colour(self.theme.dim))
        painter.drawText(QPointF(x + self.px(10), y + self.px(4)), mine)
        if self._other is not None:
            x += metrics.horizontalAdvance(mine) + self.px(36)
            self._diamond(painter, QPointF(x, y), self.px(6))
            painter.setPen(colour(self.theme.dim))
            painter.drawText(QPointF(x + self.px(12), y + self.px(4)), f"{self._other.practitioner}: mean and spread")

    def _their(self, name: str) -> Word | None:
        words = self._other.words if self._other else ()
        return next((word for word in words if word.name == name), None)


def _most(scale: Scale | None) -> float:
    """The largest force of a scale, N."""
    words = scale.words if scale is not None else ()
    spreads = [word.mean_n + word.sd_n for word in words if not math.isnan(word.sd_n)]
    return max([1.0, *spreads, *(newtons for word in words for newtons in word.presses_n)])
