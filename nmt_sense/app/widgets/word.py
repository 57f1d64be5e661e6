"""The one word that says what to do."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour
from nmt_sense.app.widgets.digits import cap_height, text_width
from nmt_sense.app.widgets.themed import Readout, arrow_path, fit_text
from nmt_sense.moment.picture import Picture, Tone


class Word(Readout):
    """MORE, HOLD, LESS, DONE, READY, REST, WAIT and so on, with its arrow; on a plate while it is an alarm."""

    def __init__(self, fill: float = 0.92) -> None:
        super().__init__()
        self._fill = fill
        self._tone, self._arrow, self._alarm = Tone.NEUTRAL, 0, False
        self.setAccessibleName("What to do")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_picture(self, shown: Picture) -> None:
        """Show a moment's advice."""
        look = (shown.word, shown.tone, shown.arrow, shown.alarm)
        if look != (self.text(), self._tone, self._arrow, self._alarm):
            _, self._tone, self._arrow, self._alarm = look
            self.setText(shown.word)
            self.update()

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(400), self.px(96))

    def minimumSizeHint(self) -> QSize:
        """Never asks for more when the word grows."""
        return QSize(10, self.px(60))

    def paintEvent(self, event: object) -> None:
        """Draw word and arrow, as large as both fit."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        code = self.theme.on_tone if self._alarm else self.tone(self._tone)
        if self._alarm:  # a plate, which nothing else in the window is: seen from the corner of an eye
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(self.theme.high))
            painter.drawRoundedRect(QRectF(self.rect()), self.px(8), self.px(8))
        painter.setPen(colour(code))
        left = self.px(14) if self._alarm else 0
        pixels = int(self.height() * self._fill)
        whole = text_width("READY", pixels, True) + pixels * 0.2
        pixels = int(pixels * min(1.0, self.width() / whole))
        rect = QRectF(left, 0, self.width() - left, self.height())
        fit_text(painter, rect, self.text(), pixels, bold=True)
        if self._arrow:
            size = cap_height(pixels, True) * 0.8
            x = left + text_width(self.text(), pixels, True) + size * 0.85
            if x + size / 2 < self.width():
                path = arrow_path(x, self.height() / 2, size, self._arrow)
                painter.fillPath(path, colour(code))
