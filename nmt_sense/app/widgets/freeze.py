"""Why the hold timer stands still: words that can be read from two metres."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Readout, draw_flush
from nmt_sense.moment.picture import Picture

WORD_SHARE, REASON_SHARE, GAP_SHARE = 0.31, 0.315, 0.02
"""Of the widget's height: pixels of WAIT, most pixels of a line of the reason, air between lines."""
ONE_LINE_ABOVE = 0.85
"""The reason stays on one line while its letters keep this share of the most."""
CAP = 0.73
"""Height of a capital, in pixels of the letters."""


class Freeze(Readout):
    """WAIT, the reason with its seconds, and what to do about it.

    A letter seen from two metres wants 16' at least, which are 41 pixels of a capital on a laptop of 1366 × 768.
    Its text is the reason without the seconds: assistive technology hears of it once, not every second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._word, self._time, self._sentence = "", "", ""
        self.setAccessibleName("The hold timer stands still")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_picture(self, shown: Picture) -> None:
        """Show a moment in which the timer stands still."""
        look = (shown.word, shown.frozen_for, shown.sentence)
        if look != (self._word, self._time, self._sentence):
            self._word, self._time, self._sentence = look
            self.setToolTip(self._sentence)
            self.update()
        if shown.frozen != self.text():
            self.setText(shown.frozen)

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(400), self.px(180))

    def minimumSizeHint(self) -> QSize:
        """Never asks for more when the words grow."""
        return QSize(10, self.px(100))

    def reason_pixels(self) -> int:
        """Most pixels of the reason's letters: larger than two metres want would only need another line."""
        return min(self.px(58), int(self.height() * REASON_SHARE))

    def paintEvent(self, event: object) -> None:
        """Draw word, reason and, in the room that is left, the sentence."""
        painter = QPainter(self)
        tall, wide = self.height(), self.width()
        air = tall * GAP_SHARE
        top = self._line(painter, 0.0, self._word, int(tall * WORD_SHARE), self.theme.stale) + air
        lines, pixels = fitted(f"{self.text()}, {self._time}", wide, self.reason_pixels())
        for line in lines:
            top = self._line(painter, top, line, pixels, self.theme.text) + air
        painter.setFont(font(self.px(18)))
        painter.setPen(colour(self.theme.dim))
        room = QRectF(0, top + air, wide, tall - top - air)
        if room.height() >= painter.fontMetrics().height():
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), self._sentence)

    def _line(self, painter: QPainter, top: float, words: str, pixels: int, code: str) -> float:
        """One line of capitals' height and a little more; where it ends."""
        painter.setPen(colour(code))
        draw_flush(painter, 0.0, top + pixels * (CAP + 0.1), words, font(pixels, bold=True))
        return top + pixels


def fitted(words: str, width: float, most_pixels: int) -> tuple[list[str], int]:
    """Bold lines that fit ``width`` and their pixels: one line, or two where one would be much smaller.

    Digits count as wide ones, so that a running number of seconds does not change the size.
    """
    whole = _pixels([words], width, most_pixels)
    if whole >= ONE_LINE_ABOVE * most_pixels or " " not in words:
        return [words], whole
    spaces = [k for k, sign in enumerate(words) if sign == " "]
    splits = [[words[:k], words[k + 1 :]] for k in spaces]
    return max(((lines, _pixels(lines, width, most_pixels)) for lines in splits), key=lambda choice: choice[1])


def _pixels(lines: list[str], width: float, most: int) -> int:
    metrics = QFontMetricsF(font(100, bold=True))
    widest = max(metrics.horizontalAdvance("".join("0" if sign.isdigit() else sign for sign in line)) for line in lines)
    return min(most, int(100 * width / max(1.0, widest)))
