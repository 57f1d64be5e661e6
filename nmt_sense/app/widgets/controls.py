"""Buttons and frames of fields: quiet, with borders and focus that can be seen."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter, QPen
from PyQt5.QtWidgets import QHBoxLayout, QPushButton, QWidget

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Themed


class Button(QPushButton, Themed):
    """A flat button with a word and its key."""

    def __init__(self, pixels: int, framed: bool = True) -> None:
        super().__init__()
        self._pixels, self._framed = pixels, framed
        self._words = self._key = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_words(self, words: str, key: str) -> None:
        """Set what it does and the key that does the same."""
        if (words, key) != (self._words, self._key):
            self._words, self._key = words, key
            self.setText(f"{words} {key}")
            self.setAccessibleName(words)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Words, key and air."""
        words = QFontMetricsF(font(self.px(self._pixels), self._framed)).horizontalAdvance(self._words)
        key = QFontMetricsF(font(self.px(self._pixels - 2))).horizontalAdvance(self._key)
        air = 44 if self._framed else 26
        return QSize(int(words + key) + self.px(air), self.px(40 if self._framed else 26))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: object) -> None:
        """Draw frame, words and, quieter, the key."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        self._frame(painter, box)
        words, key = font(self.px(self._pixels), self._framed), font(self.px(self._pixels - 2))
        width = QFontMetricsF(words).horizontalAdvance(self._words)
        left = box.left() + self.px(14 if self._framed else 8)
        baseline = box.center().y() + QFontMetricsF(words).capHeight() / 2
        quiet = self.theme.dim if self.isEnabled() else self.theme.stale
        painter.setPen(colour(self.theme.text if self._framed and self.isEnabled() else quiet))
        painter.setFont(words)
        painter.drawText(QRectF(left, 0, width + 2, self.height()).toRect().left(), int(baseline), self._words)
        painter.setPen(colour(quiet))
        painter.setFont(key)
        painter.drawText(int(left + width + self.px(10)), int(baseline), self._key)

    def _frame(self, painter: QPainter, box: QRectF) -> None:
        if self.hasFocus():
            painter.setPen(QPen(colour(self.theme.low), 2))
        elif self._framed:
            painter.setPen(QPen(colour(self.theme.control if self.isEnabled() else self.theme.line), 1.2))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
        lit = self.isDown() or self.underMouse()
        fill = self.theme.track if self._framed or lit else self.theme.window
        painter.setBrush(colour(fill if self.isEnabled() else self.theme.window))
        painter.drawRoundedRect(box, self.px(7), self.px(7))


class FieldFrame(QWidget, Themed):
    """A border around a field that has none, brighter while the field has the keyboard."""

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        self._field, self._marked = field, False
        row = QHBoxLayout(self)
        row.setContentsMargins(7, 2, 6, 2)
        row.addWidget(field)
        field.installEventFilter(self)

    def mark(self, wrong: bool) -> None:
        """Draw the border in the colour of warnings."""
        self._marked = wrong
        self.update()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Draw the border again when the keyboard comes or goes."""
        if event is not None and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return False

    def paintEvent(self, event: object) -> None:
        """Draw the border."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self._field.hasFocus()
        code = self.theme.high_text if self._marked else self.theme.low if focused else self.theme.control
        painter.setPen(QPen(colour(code), 2 if focused or self._marked else 1.2))
        painter.setBrush(colour(self.theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), self.px(6), self.px(6))
