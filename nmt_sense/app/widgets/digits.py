"""Digits in cells of equal width, so that a changing number does not jump."""

from __future__ import annotations

import functools

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Readout
from nmt_sense.moment.picture import Picture, Tone, half_width, number

STEADY_SHARE = 0.6
"""A shown number moves when the value is further from it than this share of its last digit."""


@functools.lru_cache(maxsize=128)
def cell_width(pixels: int, bold: bool) -> float:
    """Width of the widest digit."""
    metrics = QFontMetricsF(font(pixels, bold))
    return max(metrics.horizontalAdvance(digit) for digit in "0123456789")


def text_width(text: str, pixels: int, bold: bool) -> float:
    """Width of ``text`` when its digits stand in cells."""
    metrics, cell = QFontMetricsF(font(pixels, bold)), cell_width(pixels, bold)
    return sum(cell if sign.isdigit() else metrics.horizontalAdvance(sign) for sign in text)


def draw_cells(painter: QPainter, left: float, baseline: float, text: str, pixels: int, bold: bool) -> float:
    """Draw ``text`` with every digit centred in its cell; returns where it ends."""
    chosen = font(pixels, bold)
    painter.setFont(chosen)
    metrics, cell = QFontMetricsF(chosen), cell_width(pixels, bold)
    for sign in text:
        advance = metrics.horizontalAdvance(sign)
        width = cell if sign.isdigit() else advance
        painter.drawText(QPointF(left + (width - advance) / 2, baseline), sign)
        left += width
    return left


def cap_height(pixels: int, bold: bool) -> float:
    """Height of a digit of ``pixels``."""
    return QFontMetricsF(font(pixels, bold)).capHeight()


class SteadyNumber:
    """Rounds to what is shown, without flicker between two neighbours."""

    def __init__(self) -> None:
        self._shown: float | None = None
        self._decimals = 0

    def text(self, value: float, decimals: int) -> str:
        """``value`` rounded to ``decimals``; the last answer as long as that is nearly as right."""
        step = 10.0**-decimals
        moved = self._shown is None or decimals != self._decimals
        if moved or abs(value - (self._shown or 0.0)) > STEADY_SHARE * step:
            self._shown, self._decimals = round(value / step) * step, decimals
        return number(self._shown or 0.0, decimals)


class ForceReadout(Readout):
    """The contact force in large digits, with its uncertainty."""

    def __init__(self, share: float = 1.0) -> None:
        super().__init__()
        self._share = share
        self._digits, self._half, self._tone = "–", "", Tone.NEUTRAL
        self._word = ""
        self._steady = SteadyNumber()
        self.setAccessibleName("Force")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_force(self, newtons: float, uncertainty_n: float, picture: Picture, word: str = "") -> None:
        """Show a force and the half-width of its 95 % band, N, and the practitioner's word for such a force.

        A dash before the first data, never a zero; a dash while the display is blinded.
        """
        seen = picture.data and not picture.hidden
        words = (
            (self._steady.text(newtons, picture.decimals), half_width(uncertainty_n), word) if seen else ("–", "", "")
        )
        shown = (*words, picture.tone)
        told = "blinded" if picture.hidden else "no data yet"
        text = " ".join(filter(None, (f"{words[0]} N {words[1]} N", word))) if seen else told
        if shown == (self._digits, self._half, self._word, self._tone) and text == self.text():
            return
        self._digits, self._half, self._word, self._tone = shown
        self.setText(text)
        self.update()

    @property
    def digits(self) -> str:
        """The force as it is shown, without its unit."""
        return self._digits

    @property
    def half(self) -> str:
        """Its band as it is shown; empty where no force is."""
        return self._half

    def sizeHint(self) -> QSize:
        """Room for the digits."""
        return QSize(self.px(240), self.px(84))

    def minimumSizeHint(self) -> QSize:
        """Never asks for more when the number grows."""
        return QSize(10, self.px(60))

    def paintEvent(self, event: object) -> None:
        """Draw number, unit and uncertainty."""
        painter = QPainter(self)
        big = int(min(self.height() * 0.94 * self._share, self.width() / 3.6))
        small = max(12, int(big * 0.4))
        number_width = text_width(self._digits, big, True)
        left = self.width() * 0.5 - text_width("00 N", big, True) * 0.5 - (number_width - text_width("00", big, True))
        baseline = self.height() / 2 + cap_height(big, True) / 2
        painter.setPen(colour(self.tone(self._tone)))
        end = draw_cells(painter, max(0.0, left), baseline, f"{self._digits} N", big, True)
        painter.setPen(colour(self.theme.dim))
        draw_cells(painter, end + big * 0.28, baseline, self._half, small, False)
        if self._word:
            self._name(painter, max(0.0, left) - big * 0.28, baseline, small)

    def _name(self, painter: QPainter, right: float, baseline: float, pixels: int) -> None:
        """The practitioner's own word, before the number: there is more room than behind its band."""
        chosen = font(pixels, True)
        wide = QFontMetricsF(chosen).horizontalAdvance(self._word)
        if wide > right > 0:
            chosen = font(int(pixels * right / wide), True)
            wide = QFontMetricsF(chosen).horizontalAdvance(self._word)
        painter.setFont(chosen)
        painter.setPen(colour(self.theme.text))
        painter.drawText(QPointF(max(0.0, right - wide), baseline), self._word)


class Clock(Readout):
    """A line of digits, as high as the widget allows."""

    def __init__(
        self, name: str, colour_name: str = "text", align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft
    ) -> None:
        super().__init__()
        self._colour_name, self._align = colour_name, align
        self._shown_tone: Tone | None = None
        self.setAccessibleName(name)

    def say(self, text: str) -> None:
        """Show ``text``."""
        if text != self.text():
            self.setText(text)

    def paint_as(self, tone: Tone) -> None:
        """Use a tone's colour."""
        if tone is not self._shown_tone:
            self._shown_tone = tone
            self.update()

    def minimumSizeHint(self) -> QSize:
        """Never asks for more when the text grows."""
        return QSize(10, 10)

    def paintEvent(self, event: object) -> None:
        """Draw the text in cells, smaller where it would not fit."""
        painter = QPainter(self)
        pixels = int(self.height() * 0.98)
        width = text_width(self.text(), pixels, True)
        if width > self.width():
            pixels = int(pixels * self.width() / width)
            width = text_width(self.text(), pixels, True)
        left = {Qt.AlignmentFlag.AlignLeft: 0.0, Qt.AlignmentFlag.AlignHCenter: (self.width() - width) / 2}[self._align]
        rect = QRectF(self.rect())
        named: str = getattr(self.theme, self._colour_name)
        painter.setPen(colour(named if self._shown_tone is None else self.tone(self._shown_tone)))
        draw_cells(painter, left, rect.center().y() + cap_height(pixels, True) / 2, self.text(), pixels, True)
