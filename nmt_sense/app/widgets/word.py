"""The one word that says what to do."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.picture import Picture, Tone
from nmt_sense.app.theme import colour
from nmt_sense.app.widgets.digits import cap_height, text_width
from nmt_sense.app.widgets.themed import Readout, arrow_path, fit_text


class Word(Readout):
    """MORE, HOLD, LESS, DONE, READY or WAIT, with its arrow."""

    def __init__(self, fill: float = 0.92) -> None:
        super().__init__()
        self._fill = fill
        self._tone, self._arrow = Tone.NEUTRAL, 0
        self.setAccessibleName("What to do")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_picture(self, shown: Picture) -> None:
        """Show a moment's advice."""
        if (shown.word, shown.tone, shown.arrow) != (self.text(), self._tone, self._arrow):
            self._tone, self._arrow = shown.tone, shown.arrow
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
        painter.setPen(colour(self.tone(self._tone)))
        pixels = int(self.height() * self._fill)
        whole = text_width("READY", pixels, True) + pixels * 0.2
        pixels = int(pixels * min(1.0, self.width() / whole))
        rect = QRectF(0, 0, self.width(), self.height())
        fit_text(painter, rect, self.text(), pixels, bold=True)
        if self._arrow:
            size = cap_height(pixels, True) * 0.8
            x = text_width(self.text(), pixels, True) + size * 0.85
            if x + size / 2 < self.width():
                path = arrow_path(x, self.height() / 2, size, self._arrow)
                painter.fillPath(path, colour(self.tone(self._tone)))
