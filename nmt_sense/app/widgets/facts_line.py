"""One quiet line: a sign, a word, the rest. A press shows the whole list."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFocusEvent, QFontMetricsF, QPainter, QPen, QPolygonF
from PyQt5.QtWidgets import QPushButton, QSizePolicy

from nmt_sense.app.facts import Facts
from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Themed
from nmt_sense.checks import Outcome


class FactsLine(QPushButton, Themed):
    """Its accessible name changes with word and grade only; the numbers are told when the keyboard comes to it."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self._facts = Facts(Outcome.READY, "", "", ())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_facts(self, facts: Facts) -> None:
        """Show how things stand."""
        old, self._facts = self._facts, facts
        if (facts.grade, facts.word, facts.rest) == (old.grade, old.word, old.rest):
            return
        self.setToolTip(facts.rest)
        if (facts.grade, facts.word) != (old.grade, old.word):
            self._tell()
        self.update()

    def text(self) -> str:
        """Word and rest."""
        return f"{self._facts.word}  {self._facts.rest}".strip()

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Tell the newest numbers."""
        self._tell()
        super().focusInEvent(event)

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(self.px(300), self.px(26))

    def minimumSizeHint(self) -> QSize:
        """A few words."""
        return QSize(self.px(120), self.px(26))

    def paintEvent(self, event: object) -> None:
        """Draw sign, word, rest and, at the end, the key."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(colour(self.theme.low if self.hasFocus() else self.theme.line), 1.6))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self.px(6), self.px(6))
        middle = self.height() / 2
        draw_sign(painter, QPointF(self.px(8), middle), self.px(6), self._facts.grade, self._code())
        words, quiet = font(self.px(15), bold=True), font(self.px(15))
        baseline = middle + QFontMetricsF(words).capHeight() / 2
        left = float(self.px(23))
        painter.setFont(words)
        painter.setPen(colour(self.theme.text if self._facts.grade is Outcome.READY else self.theme.high_text))
        painter.drawText(QPointF(left, baseline), self._facts.word)
        left += QFontMetricsF(words).horizontalAdvance(self._facts.word) + self.px(12)
        painter.setFont(quiet)
        room = self.width() - left - self.px(24)
        rest = QFontMetricsF(quiet).elidedText(self._facts.rest, Qt.TextElideMode.ElideRight, room)
        painter.setPen(colour(self.theme.dim))
        painter.drawText(QPointF(left, baseline), rest)
        left += QFontMetricsF(quiet).horizontalAdvance(rest) + (self.px(12) if rest else 0)
        painter.setFont(font(self.px(13)))
        painter.drawText(QPointF(left, baseline), self._key)

    def _tell(self) -> None:
        known = {Outcome.READY: "", Outcome.DOUBTFUL: "doubtful: ", Outcome.WRONG: "wrong: "}[self._facts.grade]
        self.setAccessibleName(f"{known}{self._facts.word}")
        self.setAccessibleDescription(f"{self._facts.rest}. Opens the list.")

    def _code(self) -> str:
        return self.theme.dim if self._facts.grade is Outcome.READY else self.theme.high_text


def draw_sign(painter: QPainter, centre: QPointF, radius: float, grade: Outcome, code: str) -> None:
    """A tick when all is well, an open triangle for doubt, a filled one for what is wrong: never colour alone."""
    x, y = centre.x(), centre.y()
    pen = QPen(colour(code), max(1.4, radius * 0.3))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(colour(code) if grade is Outcome.WRONG else Qt.BrushStyle.NoBrush)
    if grade is Outcome.READY:
        painter.drawPolyline(_around(x, y, radius, (-1.0, 0.0), (-0.25, 0.7), (1.0, -0.7)))
    else:
        painter.drawPolygon(_around(x, y, radius, (0.0, -1.0), (1.1, 0.85), (-1.1, 0.85)))


def _around(x: float, y: float, radius: float, *corners: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x + radius * right, y + radius * down) for right, down in corners])
