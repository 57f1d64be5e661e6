"""The strip chart: the last twenty seconds of the contact force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt5.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QBrush, QFont, QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy, QVBoxLayout

from nmt_sense.app.ghost import Ghost
from nmt_sense.app.source import TraceSource
from nmt_sense.app.theme import Theme, colour, font, mixed
from nmt_sense.app.widgets.columns import columns, gaps, line
from nmt_sense.app.widgets.tape import ticks
from nmt_sense.app.widgets.themed import Card
from nmt_sense.moment.picture import Tone, number

SPAN_S = 20.0
HALF_STROKE_PIXELS = 0.5
"""Added above and below: a thicker line at a quarter of what a pen of two pixels costs."""
GAP_PIXELS = 3.0
"""A gap is drawn at least this wide."""
HATCH_PIXELS = 8.0
"""Narrower gaps are filled: a hatching would not be seen."""
LABEL_ROWS = 3
"""Labels of marks that follow close on each other stand one below the other."""
AHEAD_S = 5.0
"""So much of a moving target is shown before its time."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, with its label."""

    time_s: float
    """On the axis of the samples."""
    label: str = ""


class Ground(pg.GraphicsObject):  # type: ignore[misc]
    """What does not move: band and levels."""

    def __init__(self) -> None:
        super().__init__()
        self.low_n, self.high_n, self.top_n, self.ahead_s = 0.0, 1.0, 10.0, 0.0
        self.band_brush, self.level_pen, self.edge_pen = QBrush(), QPen(), QPen()
        self.ghost: Ghost | None = None

    def boundingRect(self) -> QRectF:
        """The whole chart."""
        return QRectF(self.ahead_s - SPAN_S, 0.0, SPAN_S, self.top_n)

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw them."""
        fixed = self.ghost is None and self.low_n < self.high_n
        if fixed:
            left = self.ahead_s - SPAN_S
            painter.fillRect(QRectF(left, self.low_n, SPAN_S, self.high_n - self.low_n), self.band_brush)
        painter.setPen(self.level_pen)
        self._levels(painter, ticks(self.top_n)[1:])
        painter.setPen(self.edge_pen)
        if fixed:
            self._levels(painter, [self.low_n, self.high_n])
        elif self.ghost is not None:
            self._ghost(painter, self.ghost)

    def _levels(self, painter: QPainter, newtons: list[float]) -> None:
        for force in newtons:
            painter.drawLine(QLineF(self.ahead_s - SPAN_S, force, self.ahead_s, force))

    def _ghost(self, painter: QPainter, ghost: Ghost) -> None:
        """The moving band, a line down its middle, and one for now."""
        low = [QPointF(x, y) for x, y in zip(ghost.x.tolist(), ghost.low.tolist(), strict=True)]
        high = [QPointF(x, y) for x, y in zip(ghost.x.tolist(), ghost.high.tolist(), strict=True)]
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.band_brush)
        painter.drawPolygon(QPolygonF([*low, *reversed(high)]))
        painter.restore()
        if ghost.line is not None:
            points = zip(ghost.x.tolist(), ghost.line.tolist(), strict=True)
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))
        painter.drawLine(QLineF(0.0, 0.0, 0.0, self.top_n))


class Marks(pg.GraphicsObject):  # type: ignore[misc]
    """Gaps, event marks, and hatching over all when it is old; hidden while there is none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[tuple[float, float]] = []
        self.events: list[Mark] = []
        self.now_s, self.top_n, self.column_s, self.ahead_s = 0.0, 10.0, 0.02, 0.0
        self.letters, self.letter_pen = QFont(), QPen()
        self.gap_brush, self.gap_pen = QBrush(), QPen()
        self.event_pen, self.old_brush = QPen(), QBrush()
        self.old = False
        self._used = -1e9, 0
        """How far right labels go, in pixels, and the row of the last one."""
        self.hide()

    def boundingRect(self) -> QRectF:
        """The whole chart."""
        return QRectF(self.ahead_s - SPAN_S, 0.0, SPAN_S, self.top_n)

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw them."""
        for start, end in self.gaps:
            width = max(end - start, GAP_PIXELS * self.column_s)
            narrow = width < HATCH_PIXELS * self.column_s
            brush = QBrush(self.gap_brush.color()) if narrow else self.gap_brush
            _fill_in_pixels(painter, QRectF(start - self.now_s, 0.0, width, self.top_n), brush)
            painter.setPen(self.gap_pen)
            for edge in (start - self.now_s, start - self.now_s + width):
                painter.drawLine(QLineF(edge, 0.0, edge, self.top_n))
        self._used = -1e9, 0
        for mark in self.events:
            self._event(painter, mark)
        if self.old:
            _fill_in_pixels(painter, self.boundingRect(), self.old_brush)

    def _event(self, painter: QPainter, mark: Mark) -> None:
        """A dashed line and, at its top, the label, on the side where there is room."""
        at = mark.time_s - self.now_s
        painter.setPen(self.event_pen)
        painter.drawLine(QLineF(at, 0.0, at, self.top_n))
        if not mark.label:
            return
        transform = painter.transform()
        painter.resetTransform()
        place, end = transform.map(QPointF(at, self.top_n)), transform.map(QPointF(self.ahead_s, 0.0))
        painter.setFont(self.letters)
        painter.setPen(self.letter_pen)
        wide, tall = painter.fontMetrics().horizontalAdvance(mark.label), painter.fontMetrics().ascent()
        left = place.x() + 5 if place.x() + 5 + wide < end.x() else place.x() - 5 - wide
        end_x, row = self._used
        row = 0 if left > end_x else (row + 1) % LABEL_ROWS
        painter.drawText(QPointF(left, place.y() + tall * (1 + 1.25 * row)), mark.label)
        self._used = max(end_x, left + wide + 4), row
        painter.setTransform(transform)


class Plot(pg.GraphicsView):  # type: ignore[misc]
    """Ground, uncertainty, marks and curve, each one item that is kept."""

    def __init__(self) -> None:
        super().__init__(background=None)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.setCentralItem(self.box)
        self.box.disableAutoRange()
        self.ground, self.marks = Ground(), Marks()
        self.shade = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        self.curve = pg.PlotCurveItem(skipFiniteCheck=True, antialias=True)
        self.shade.setSegmentedLineMode("on")
        self.curve.setSegmentedLineMode("on")
        for item in (self.ground, self.shade, self.marks, self.curve):
            self.box.addItem(item, ignoreBounds=True)

    def set_scale(self, low_n: float, high_n: float, top_n: float, ahead_s: float = 0.0) -> None:
        """Fix the ranges: x changes with the kind of phase only, y with the target only."""
        x = (ahead_s - SPAN_S, ahead_s)
        self.box.setRange(xRange=x, yRange=(0.0, top_n), padding=0.0, disableAutoRange=True)
        for item in (self.ground, self.marks):
            item.prepareGeometryChange()
            item.top_n, item.ahead_s = top_n, ahead_s
        self.ground.low_n, self.ground.high_n = low_n, high_n
        self.ground.update()

    def set_ghost(self, ghost: Ghost | None) -> None:
        """Draw a moving band in place of the fixed one."""
        if ghost is not None or self.ground.ghost is not None:
            self.ground.ghost = ghost
            self.ground.update()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.setBackground(colour(theme.panel))
        self.ground.band_brush = QBrush(mixed(theme.neutral, theme.panel, 0.2))
        self.ground.level_pen, self.ground.edge_pen = _pen(theme.line, 1), _pen(theme.dim, 1)
        self.shade.setPen(_shade_pen(theme))
        self.marks.gap_brush = QBrush(colour(theme.stale), Qt.BrushStyle.BDiagPattern)
        self.marks.gap_pen = _pen(theme.stale, 1)
        self.marks.old_brush = QBrush(colour(theme.stale, 0.35), Qt.BrushStyle.BDiagPattern)
        self.marks.event_pen = _pen(theme.dim, 1, Qt.PenStyle.DashLine)
        self.marks.letter_pen = _pen(theme.text, 1)

    def pixel_n(self, top_n: float) -> float:
        """Newtons in one device pixel of a scale up to ``top_n``."""
        return top_n / max(1.0, float(self.height() * self.devicePixelRatioF()))

    def column_s(self) -> float:
        """Seconds in one device pixel."""
        return SPAN_S / max(1.0, float(self.width() * self.devicePixelRatioF()))


class Strip(Card):
    """The chart with its scales. Its accessible description sums up what the curve shows."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = Plot()
        self._target = (0.0, 0.0, 0.0, 0.0)
        self._hidden = False
        self._tone = Tone.NEUTRAL
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.plot)
        self.setAccessibleName("Force over the last 20 seconds")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.styled()

    def show_target(self, low_n: float, high_n: float, top_n: float, ahead_s: float = 0.0) -> None:
        """Set band and scale, N, and how much lies ahead of now, s."""
        if (low_n, high_n, top_n, ahead_s) != self._target:
            self._target = (low_n, high_n, top_n, ahead_s)
            self.plot.set_scale(low_n, high_n, top_n, ahead_s)
            self.update()

    def hide_trace(self, hidden: bool) -> None:
        """Show nothing but a word while the display is blinded."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.plot.setVisible(not hidden)
            self.update()

    def show_trace(self, trace: TraceSource, period_s: float, events: list[Mark]) -> None:
        """Draw the newest samples; ``events`` are marks on the same axis."""
        time_s, force_n, half_n = trace.window(SPAN_S)
        if len(time_s) == 0:
            return
        now, column_s = float(time_s[-1]), self.plot.column_s()
        centre = columns(time_s, force_n, column_s, period_s)
        half = columns(time_s, half_n, column_s, period_s).high
        x, y, joined = line(centre, HALF_STROKE_PIXELS * self.plot.pixel_n(self._target[2]))
        x -= now
        self.plot.curve.setData(x, y, connect=joined)
        self.plot.shade.setData(
            x, np.column_stack((np.maximum(centre.low - half, 0.0), centre.high + half)).ravel(), connect="pairs"
        )
        self._mark(gaps(time_s, period_s), [mark for mark in events if now - mark.time_s <= SPAN_S], now, column_s)

    def show_tone(self, tone: Tone) -> None:
        """Grey and hatch the curve when it is old."""
        if tone is not self._tone:
            self._tone = tone
            self.plot.marks.old = tone is Tone.STALE
            self.plot.marks.show()
            self.plot.marks.update()
            self._pen()

    def describe(self, words: str) -> None:
        """Sum up for assistive technology what the curve shows."""
        self.setAccessibleDescription(words)

    def styled(self) -> None:
        """Apply colours and margins."""
        self._layout.setContentsMargins(self.px(50), self.px(14), self.px(16), self.px(28))
        self.plot.set_theme(self.theme)
        self.plot.marks.letters = font(self.px(14))
        self._pen()
        self.update()

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(1318), self.px(190))

    def minimumSizeHint(self) -> QSize:
        """Small enough for a small window."""
        return QSize(200, 110)

    def paintEvent(self, event: object) -> None:
        """Draw the panel and the numbers beside the plot."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(colour(self.theme.dim))
        painter.setFont(font(self.px(13)))
        if self._hidden:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "blinded: the force is recorded, and not shown")
            return
        box = self.plot.geometry()
        top_n = self._target[2] or 1.0
        for newtons in ticks(top_n):
            y = box.bottom() + 1 - box.height() * newtons / top_n
            label = QRectF(0, y - 10, box.left() - self.px(8), 20)
            painter.drawText(
                label,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                number(newtons, 0 if top_n >= 5 else 1),
            )
        first = round(self._target[3] - SPAN_S)
        for seconds in range(first, first + 21, 5):
            self._time_label(painter, box, seconds, (seconds - first) / SPAN_S)

    def _time_label(self, painter: QPainter, box: QRect, seconds: int, share: float) -> None:
        x, bottom = box.left() + box.width() * share, box.bottom()
        align, left = Qt.AlignmentFlag.AlignHCenter, x - 40
        if share == 0:
            align, left = Qt.AlignmentFlag.AlignLeft, x
        elif share == 1:
            align, left = Qt.AlignmentFlag.AlignRight, x - 80
        words = f"{number(seconds)} s" if seconds else "now"
        painter.drawText(
            QRectF(left, bottom + self.px(4), 80, self.px(20)), align | Qt.AlignmentFlag.AlignVCenter, words
        )

    def _mark(self, holes: list[tuple[float, float]], events: list[Mark], now: float, column_s: float) -> None:
        marks = self.plot.marks
        marks.gaps, marks.events, marks.now_s, marks.column_s = holes, events, now, column_s
        marks.setVisible(bool(holes or events))
        marks.update()  # the view itself draws only where the curve was and is

    def _pen(self) -> None:
        old = self._tone is Tone.STALE
        self.plot.curve.setPen(_pen(self.theme.stale if old else self.theme.neutral, 1))


def _pen(code: str, width: int, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    made = QPen(colour(code), width, style)
    made.setCosmetic(True)
    return made


def _fill_in_pixels(painter: QPainter, rect: QRectF, brush: QBrush) -> None:
    """Fill with a pattern that is not stretched as seconds and newtons are."""
    transform = painter.transform()
    painter.resetTransform()
    painter.fillRect(transform.mapRect(rect), brush)
    painter.setTransform(transform)


def _shade_pen(theme: Theme) -> QPen:
    made = QPen(colour(theme.neutral, 0.15), 1)
    made.setCosmetic(True)
    return made
