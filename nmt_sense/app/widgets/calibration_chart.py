"""The curve of a calibration as it comes about: points, curve, band, and below what unseen readings were off by."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font, mixed
from nmt_sense.app.widgets.tape import ticks
from nmt_sense.app.widgets.themed import Readout
from nmt_sense.blocks import Float64Array
from nmt_sense.moment.picture import number
from nmt_sense.sensing.calibration import ends_of_band
from nmt_sense.sensing.checking import conductance_at
from nmt_sense.sensing.guided import Kind
from nmt_sense.sensing.profile import Profile
from nmt_sense.sensing.uncertainty import own_half_width_n

SAMPLES = 160
BEYOND_TOP = 1.2
"""The scales go on a little above the largest load."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What there is to draw."""

    top_n: float
    """Largest load, N."""
    points: tuple[tuple[Kind, float, float], ...] = ()
    """(kind of step, µS, N), in the order they were measured."""
    profile: Profile | None = None
    """The curve as it is known so far."""
    judged_on: datetime.date | None = None
    """The day of its verdict; before it, the band is that within this sitting."""
    largest_us: float = 0.0
    """Largest reading so far, µS."""


@dataclass(frozen=True, slots=True)
class _Curve:
    at: Float64Array
    force: Float64Array
    lower: Float64Array
    upper: Float64Array


class CalibrationChart(Readout):
    """Points draw themselves as loads are taken, the curve once there are enough of them."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn, self._now_us = Drawn(10.0), math.nan
        self._curve: _Curve | None = None
        self._right_us, self._high_n = 1.0, 10.0
        self.setAccessibleName("Curve")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_drawn(self, drawn: Drawn) -> None:
        """Draw this."""
        if drawn == self._drawn:
            return
        if drawn.profile is not self._drawn.profile or drawn.judged_on != self._drawn.judged_on:
            self._curve = None if drawn.profile is None else _curve(drawn.profile, drawn.judged_on)
        self._drawn = drawn
        known = [drawn.largest_us, *(us for _, us, _ in drawn.points), *([self._curve.at[-1]] if self._curve else [])]
        self._right_us = max(1.08 * max(known), 1.0)
        self._high_n = BEYOND_TOP * max(drawn.top_n, *(n for _, _, n in drawn.points), 1.0)
        self.setText(self._words())
        self.update()

    def show_now(self, conductance_us: float) -> None:
        """Mark where the sensor reads now, µS."""
        if conductance_us != self._now_us:
            self._now_us = conductance_us
            self.update()

    def sizeHint(self) -> QSize:
        """A good size."""
        return QSize(self.px(680), self.px(330))

    def minimumSizeHint(self) -> QSize:
        """The smallest that can be read."""
        return QSize(self.px(300), self.px(200))

    def _words(self) -> str:
        points = [f"{number(us, 0)} µS at {number(newtons, 1)} N" for _, us, newtons in self._drawn.points]
        told = "; ".join(points) or "no load taken yet"
        return f"{told}; {'with a curve' if self._curve else 'no curve yet'}"

    def paintEvent(self, event: object) -> None:
        """Draw everything."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self.px(44), self.width() - self.px(8)
        foot, gap = self.px(38), self.px(30)
        tall = self.height() - self.px(26) - foot - gap
        main = QRectF(left, self.px(26), right - left, 0.72 * tall)
        rest = QRectF(left, main.bottom() + gap, right - left, 0.28 * tall)
        forces = _Axes(main, self._right_us, (0.0, self._high_n))
        off = self._off_by()
        errors = _Axes(rest, self._right_us, (-off, off))
        self._ground(painter, forces, ticks(self._high_n))
        self._ground(painter, errors, [-off, 0.0, off])
        self._captions(painter, main, rest)
        painter.setClipRect(main)
        self._draw_curve(painter, forces)
        self._draw_now(painter, forces)
        self._draw_points(painter, forces)
        painter.setClipRect(rest)
        self._draw_errors(painter, errors)

    def _off_by(self) -> float:
        errors = [abs(item.error_n) for item in self._drawn.profile.residuals] if self._drawn.profile else []
        largest = max(errors, default=1.0)
        power = 10.0 ** math.floor(math.log10(max(largest, 1e-3)))
        return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= 0.999 * largest)

    def _ground(self, painter: QPainter, axes: _Axes, levels: list[float]) -> None:
        painter.setFont(font(self.px(12)))
        box, tall = axes.box, self.px(12)
        for level in levels:
            y = axes.y(level)
            painter.setPen(QPen(colour(self.theme.line), 1.0))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(colour(self.theme.dim))
            words = number(level, 0 if abs(level) >= 10 or level == int(level) else 1)
            label = QRectF(0, y - tall, box.left() - self.px(8), 2 * tall)
            painter.drawText(label, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)

    def _captions(self, painter: QPainter, main: QRectF, rest: QRectF) -> None:
        painter.setFont(font(self.px(13)))
        painter.setPen(colour(self.theme.dim))
        band = "95 % band today" if self._drawn.judged_on else "95 % band within this sitting"
        undone = bool(self._drawn.profile and self._drawn.profile.play)
        words = f"Force, N   shaded: {band}" if self._curve else "Force, N"
        words += "; hysteresis is undone besides" if undone else ""
        painter.drawText(QPointF(main.left(), main.top() - self.px(10)), words)
        residuals = bool(self._drawn.profile and self._drawn.profile.residuals)
        below = "Readings the curve had not seen: shown minus true, N" if residuals else "Residuals come with the curve"
        painter.drawText(QPointF(rest.left(), rest.top() - self.px(9)), below)
        self._legend(painter, main)
        painter.setFont(font(self.px(12)))
        painter.setPen(colour(self.theme.dim))
        step = next(size for size in _STEPS if self._right_us / size <= 8.01)
        axes = _Axes(rest, self._right_us, (0.0, 1.0))
        for count in range(int(self._right_us / step) + 1):
            label = QRectF(axes.x(count * step) - 40, rest.bottom() + self.px(4), 80, self.px(18))
            painter.drawText(label, int(Qt.AlignmentFlag.AlignHCenter), f"{count * step:g}")
        last = QRectF(rest.right() - 300, rest.bottom() + self.px(19), 300, self.px(18))
        painter.drawText(last, int(Qt.AlignmentFlag.AlignRight), "conductance, µS")

    def _legend(self, painter: QPainter, main: QRectF) -> None:
        """What the signs mean, only of those that are there."""
        there = {_sign(kind, falling) for kind, falling in _ways(self._drawn.points)}
        x, y = main.right(), main.top() - self.px(14)
        metrics = painter.fontMetrics()
        for sign in reversed([one for one in _SIGNS if one in there]):
            x -= metrics.horizontalAdvance(sign)
            painter.setPen(colour(self.theme.dim))
            painter.drawText(QPointF(x, y + self.px(4)), sign)
            x -= self.px(12)
            self._draw_sign(painter, QPointF(x, y), sign)
            x -= self.px(20)

    def _draw_curve(self, painter: QPainter, axes: _Axes) -> None:
        curve = self._curve
        if curve is None:
            return
        outline = [*axes.path(curve.at, curve.lower), *reversed(axes.path(curve.at, curve.upper))]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(self.theme.low, self.theme.panel, 0.2))
        painter.drawPolygon(QPolygonF(outline))
        painter.setPen(QPen(colour(self.theme.low), self.px(2)))
        painter.drawPolyline(QPolygonF(axes.path(curve.at, curve.force)))

    def _draw_now(self, painter: QPainter, axes: _Axes) -> None:
        if not math.isfinite(self._now_us):
            return
        pen = QPen(colour(self.theme.dim), 1.2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        x = axes.x(min(self._now_us, self._right_us))
        painter.drawLine(QPointF(x, axes.box.top()), QPointF(x, axes.box.bottom()))

    def _draw_points(self, painter: QPainter, axes: _Axes) -> None:
        for (kind, us, newtons), (_, falling) in zip(self._drawn.points, _ways(self._drawn.points), strict=True):
            self._draw_sign(painter, QPointF(axes.x(us), axes.y(newtons)), _sign(kind, falling))

    def _draw_sign(self, painter: QPainter, at: QPointF, sign: str) -> None:
        size, code = self.px(4.5), self.theme.high if sign == VERIFY else self.theme.text
        painter.setPen(QPen(colour(code), self.px(1.6)))
        painter.setBrush(colour(self.theme.panel if sign == DOWN else code))
        if sign in (UP, DOWN):
            painter.drawEllipse(at, size, size)
        elif sign == HOLD:
            painter.drawRect(QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size))
        else:
            size = self.px(6)
            corners = ((0, -size), (size, 0), (0, size), (-size, 0))
            painter.drawPolygon(QPolygonF([at + QPointF(*corner) for corner in corners]))

    def _draw_errors(self, painter: QPainter, axes: _Axes) -> None:
        if self._drawn.profile is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.text, 0.65))
        for item in self._drawn.profile.residuals:
            painter.drawEllipse(QPointF(axes.x(item.conductance_us), axes.y(item.error_n)), self.px(2), self.px(2))


UP, DOWN, HOLD, VERIFY = "going up", "going down", "hold", "to judge by"
_SIGNS = (UP, DOWN, HOLD, VERIFY)
_STEPS = [size * 10.0**power for power in range(6) for size in (1, 2, 5)]


def _ways(points: tuple[tuple[Kind, float, float], ...]) -> list[tuple[Kind, bool]]:
    """Kind of each point, and whether it came after a larger load."""
    forces = [newtons for _, _, newtons in points]
    return [(kind, at > 0 and forces[at - 1] > forces[at]) for at, (kind, _, _) in enumerate(points)]


def _sign(kind: Kind, falling: bool) -> str:
    return {Kind.HOLD: HOLD, Kind.VERIFY: VERIFY}.get(kind, DOWN if falling else UP)


def _curve(profile: Profile, judged_on: datetime.date | None) -> _Curve:
    """Curve and band over the profile's range; before the verdict the band is that within the sitting."""
    curve, top = profile.to_force(), profile.range_n[1]
    at = np.linspace(0.0, conductance_at(curve, top), SAMPLES)
    force = np.minimum(curve(at), top)
    if judged_on is not None:
        return _Curve(at, force, *ends_of_band(profile, force, judged_on))
    half = own_half_width_n(profile, force)
    return _Curve(at, force, np.maximum(force - half, 0.0), force + half)


class _Axes:
    """A rectangle with its two scales."""

    def __init__(self, box: QRectF, right_us: float, forces: tuple[float, float]) -> None:
        self.box, self._right_us, self._forces = box, right_us, forces

    def x(self, us: float) -> float:
        return self.box.left() + self.box.width() * us / self._right_us

    def y(self, newtons: float) -> float:
        low, high = self._forces
        part = (min(newtons, 1e6) - low) / (high - low)
        return self.box.bottom() - self.box.height() * part

    def path(self, at: Float64Array, newtons: Float64Array) -> list[QPointF]:
        return [QPointF(self.x(us), self.y(force)) for us, force in zip(at.tolist(), newtons.tolist(), strict=True)]
