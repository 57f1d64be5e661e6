"""One quiet line about the technique: phase, what counts, what was found; and the loading rate as a gauge."""

from __future__ import annotations

import math

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPainterPath, QPen
from PyQt5.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from nmt_sense.app.theme import colour, font, mixed
from nmt_sense.app.widgets.digits import cap_height, draw_cells, text_width
from nmt_sense.app.widgets.themed import ShortenedText, Text, Themed, WrappedText
from nmt_sense.moment.course_line import Course
from nmt_sense.moment.numbers import number, plain

GAUGE = 2.0
"""The gauge ends at so many times the fastest rate."""


class RateGauge(QProgressBar, Themed):
    """Loading rate against its limits. As a progress bar its value is the rate in tenths of a newton a second."""

    def __init__(self) -> None:
        super().__init__()
        self._rate, self._slowest, self._fastest = math.nan, math.nan, math.nan
        self.setAccessibleName("Loading rate, tenths of a newton per second")
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_rate(self, rate: float, slowest: float, fastest: float) -> None:
        """Show a rate, N/s, NaN while nothing is loaded; without a fastest one the gauge is gone."""
        self.setVisible(math.isfinite(fastest))
        if not math.isfinite(fastest):
            return
        if (slowest, fastest) != (self._slowest, self._fastest):
            self.setRange(0, round(10 * GAUGE * fastest))
            least = f"{plain(slowest)} to " if math.isfinite(slowest) else "at most "
            self.setAccessibleDescription(f"{least}{plain(fastest)} newtons per second are wanted.")
        look = (rate if math.isfinite(rate) else -1.0, slowest, fastest)
        self._rate, self._slowest, self._fastest = look
        self.setValue(round(10 * min(max(self._rate, 0.0), GAUGE * fastest)))
        self.update()

    def text(self) -> str:
        """The rate in words."""
        return "no load" if self._rate < 0 else f"{number(self._rate, 1)} N/s"

    def sizeHint(self) -> QSize:
        """As high as the line it stands in."""
        return QSize(self.px(330), self.px(30))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: object) -> None:
        """Draw caption, track, the part that is wanted, marker and number."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pixels, middle = self.px(14), self.height() / 2
        baseline = middle + cap_height(pixels, False) / 2
        painter.setFont(font(pixels))
        painter.setPen(colour(self.theme.dim))
        painter.drawText(QPointF(0, baseline), "rate")
        left = painter.fontMetrics().horizontalAdvance("rate") + self.px(12)
        room = self.width() - left - text_width("00.0 N/s", pixels, True) - self.px(14)
        track = QRectF(left, middle - self.px(4), room, self.px(8))
        painter.fillRect(track, colour(self.theme.track))
        self._wanted(painter, track)
        if self._rate >= 0:
            self._marker(painter, track)
        painter.setPen(colour(self._code() if self._rate >= 0 else self.theme.dim))
        told = f"{number(self._rate, 1)} N/s" if self._rate >= 0 else "– N/s"
        draw_cells(painter, track.right() + self.px(14), baseline, told, pixels, True)

    def _x(self, track: QRectF, rate: float) -> float:
        return track.left() + track.width() * min(max(rate / (GAUGE * self._fastest), 0.0), 1.0)

    def _wanted(self, painter: QPainter, track: QRectF) -> None:
        slow = self._slowest if math.isfinite(self._slowest) else 0.0
        low, high = self._x(track, slow), self._x(track, self._fastest)
        painter.fillRect(
            QRectF(low, track.top(), high - low, track.height()), mixed(self.theme.neutral, self.theme.track, 0.35)
        )
        painter.setPen(QPen(colour(self.theme.neutral), self.px(2)))
        for x in (low, high) if slow else (high,):
            painter.drawLine(QPointF(x, track.top()), QPointF(x, track.bottom()))

    def _marker(self, painter: QPainter, track: QRectF) -> None:
        x, size = self._x(track, self._rate), self.px(8)
        path = QPainterPath(QPointF(x, track.top() + 1))
        path.lineTo(x + size * 0.8, track.top() - size)
        path.lineTo(x - size * 0.8, track.top() - size)
        path.closeSubpath()
        painter.fillPath(path, colour(self._code()))

    def _code(self) -> str:
        if self._rate > self._fastest:
            return self.theme.high
        return self.theme.low if self._rate < self._slowest else self.theme.neutral


class CourseBar(QWidget, Themed):
    """Title, place, facts on two lines at most, gauge."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.place = ShortenedText(16, bold=True), Text(15, "dim")
        self.facts, self.gauge = WrappedText(15), RateGauge()
        self.facts.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        for part, name in ((self.title, "Phase"), (self.place, "Place in the technique"), (self.facts, "Numbers")):
            part.setAccessibleName(name)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self.title, self.place):
            self._row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self.facts, 1)
        self._row.addWidget(self.gauge)

    def show_course(self, course: Course) -> None:
        """Show where things are."""
        self.title.say(course.title)
        self.place.say(course.place)
        self.place.setVisible(bool(course.place))
        self.facts.say("   ·   ".join(course.facts))
        self.show_rate(course)

    def show_rate(self, course: Course) -> None:
        """Show the loading rate only: it follows faster than words."""
        self.gauge.show_rate(course.rate_n_per_s, course.slowest_n_per_s, course.fastest_n_per_s)

    def styled(self) -> None:
        """Apply spacing."""
        self._row.setSpacing(self.px(18))
        self.setFixedHeight(self.px(40))
