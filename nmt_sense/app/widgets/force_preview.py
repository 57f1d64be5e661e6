"""The force of presses, drawn small, with how far off it may be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font, mixed
from nmt_sense.app.widgets.tape import ticks
from nmt_sense.app.widgets.themed import Readout
from nmt_sense.blocks import Float64Array
from nmt_sense.moment.numbers import number

ROOM_ABOVE = 1.12
_STEPS = [size * 10.0**power for power in range(5) for size in (1, 2, 5)]


@dataclass(frozen=True, slots=True)
class Traced:
    """One press."""

    number: int
    start_s: float
    """From the first press's start."""
    every_s: float
    force_n: tuple[float, ...]
    peak: str
    """The largest force in words, N."""

    @property
    def end_s(self) -> float:
        """From the first press's start."""
        return self.start_s + self.every_s * (len(self.force_n) - 1)


class ForcePreview(Readout):
    """Newtons over seconds; presses with their rests, as they were."""

    def __init__(self) -> None:
        super().__init__()
        self._presses: tuple[Traced, ...] = ()
        self._tolerance_n = 0.0
        self.setAccessibleName("Force to follow")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_presses(self, presses: Sequence[Traced], tolerance_n: float) -> None:
        """Draw these; without any say so."""
        self._presses, self._tolerance_n = tuple(presses), tolerance_n
        self.setText(self._words())
        self.update()

    def sizeHint(self) -> QSize:
        """A good size."""
        return QSize(self.px(620), self.px(300))

    def minimumSizeHint(self) -> QSize:
        """The smallest that can be read."""
        return QSize(self.px(260), self.px(120))

    def _words(self) -> str:
        if not self._presses:
            return "No press is ticked."
        told = [
            f"press {press.number}: {number(press.end_s - press.start_s, 1)} s, up to {press.peak} N"
            for press in self._presses
        ]
        return f"{'; '.join(told)}; tolerance {number(self._tolerance_n, 1)} N"

    def paintEvent(self, event: object) -> None:
        """Draw scales, tolerance and force."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.px(40), self.px(26), self.width() - self.px(52), self.height() - self.px(52))
        if not self._presses:
            painter.setFont(font(self.px(16)))
            painter.setPen(colour(self.theme.dim))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())
            return
        most_n = max(max(press.force_n) for press in self._presses) + self._tolerance_n
        top_n, end_s = max(1.0, most_n * ROOM_ABOVE), max(0.5, self._presses[-1].end_s)
        self._ground(painter, box, top_n, end_s)
        for press in self._presses:
            self._draw(painter, box, press, top_n, end_s)

    def _ground(self, painter: QPainter, box: QRectF, top_n: float, end_s: float) -> None:
        painter.setFont(font(self.px(13)))
        for level in ticks(top_n):
            y = box.bottom() - box.height() * level / top_n
            painter.setPen(QPen(colour(self.theme.line), 1.0))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(colour(self.theme.dim))
            label = QRectF(0, y - self.px(10), box.left() - self.px(8), self.px(20))
            painter.drawText(label, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{level:g}")
        step = next(size for size in _STEPS if end_s / size <= 8.01)
        for count in range(int(end_s / step) + 1):
            x = box.left() + box.width() * count * step / end_s
            label = QRectF(x - 40, box.bottom() + self.px(5), 80, self.px(18))
            painter.drawText(label, int(Qt.AlignmentFlag.AlignHCenter), f"{count * step:g}")
        painter.drawText(QPointF(box.left(), box.top() - self.px(10)), "N")
        last = QRectF(box.right() - self.px(90), box.top() - self.px(24), self.px(90), self.px(18))
        painter.drawText(last, int(Qt.AlignmentFlag.AlignRight), "seconds")

    def _draw(self, painter: QPainter, box: QRectF, press: Traced, top_n: float, end_s: float) -> None:
        seconds, force_n = _thinned(press, max(2, int(box.width())))
        x = box.left() + box.width() * seconds / end_s
        middle, above, below = (
            box.bottom() - box.height() * np.maximum(0.0, force_n + off) / top_n
            for off in (0.0, self._tolerance_n, -self._tolerance_n)
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(self.theme.low, self.theme.panel, 0.2))
        painter.drawPolygon(_polygon(np.concatenate((x, x[::-1])), np.concatenate((above, below[::-1]))))
        painter.setPen(QPen(colour(self.theme.text), max(1.5, 2 * self.scale)))
        painter.drawPolyline(_polygon(x, middle))
        painter.setPen(colour(self.theme.dim))
        painter.setFont(font(self.px(13), bold=True))
        wide = x[-1] - x[0]
        if wide > self.px(16):
            label = QRectF(x[0], box.bottom() - self.px(20), wide, self.px(18))
            painter.drawText(label, int(Qt.AlignmentFlag.AlignHCenter), str(press.number))


def _thinned(press: Traced, most: int) -> tuple[Float64Array, Float64Array]:
    """Times and forces, no more of them than there are pixels."""
    step = max(1, len(press.force_n) // most)
    force_n: Float64Array = np.asarray(press.force_n, np.float64)[::step]
    seconds: Float64Array = press.start_s + press.every_s * step * np.arange(len(force_n), dtype=np.float64)
    return seconds, force_n


def _polygon(x: Float64Array, y: Float64Array) -> QPolygonF:
    return QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)])
