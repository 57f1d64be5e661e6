"""What every painted widget shares: a theme, a scale, and how tones become colours."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QBrush, QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPainterPath
from PyQt5.QtWidgets import QFrame, QLabel, QWidget

from nmt_sense.app.theme import DARK, Theme, colour, font
from nmt_sense.moment.picture import Tone


class Themed:
    """A widget that is repainted when theme or scale change."""

    theme: Theme = DARK
    scale: float = 1.0

    def restyle(self, theme: Theme, scale: float) -> None:
        """Take other colours or another scale (1.0 at 1366 × 768)."""
        self.theme, self.scale = theme, scale
        self.styled()

    def styled(self) -> None:
        """Called after the theme or the scale changed."""
        if isinstance(self, QWidget):
            self.updateGeometry()
            self.update()

    def px(self, pixels: float) -> int:
        """Pixels of the drawing at 1366 × 768 in pixels here."""
        return max(1, round(pixels * self.scale))

    def tone(self, tone: Tone) -> str:
        """The code of a tone's colour."""
        return {
            Tone.NEUTRAL: self.theme.neutral,
            Tone.LOW: self.theme.low,
            Tone.HIGH: self.theme.high,
            Tone.STALE: self.theme.stale,
        }[tone]


def restyle_all(parent: QWidget, theme: Theme, scale: float) -> None:
    """Give a widget and all within it other colours or another scale."""
    for part in (parent, *parent.findChildren(QWidget)):
        if isinstance(part, Themed):
            part.restyle(theme, scale)


class Readout(QLabel, Themed):
    """A label with a name of its own tells assistive technology its text as the description: Qt tells the name only."""

    def setText(self, text: str | None) -> None:
        """Show and tell ``text``."""
        super().setText(text)
        if self.accessibleName():
            self.setAccessibleDescription(text)

    def setAccessibleName(self, name: str | None) -> None:
        """Say what the label is; what it shows already becomes its description."""
        super().setAccessibleName(name)
        self.setAccessibleDescription(self.text())


class Text(Readout):
    """A line of text in one of the theme's colours."""

    def __init__(self, pixels: int, colour_name: str = "text", bold: bool = False, wrap: bool = False) -> None:
        super().__init__()
        self._pixels, self._colour_name, self._bold = pixels, colour_name, bold
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)

    def paint_as(self, colour_name: str) -> None:
        """Use another of the theme's colours."""
        if colour_name != self._colour_name:
            self._colour_name = colour_name
            self.styled()

    def say(self, text: str) -> None:
        """Show ``text``; nothing happens when it is shown already."""
        if text != self.text():
            self.setText(text)

    def styled(self) -> None:
        """Apply colour and size."""
        made = self.palette()
        made.setColor(self.foregroundRole(), QColor(getattr(self.theme, self._colour_name)))
        self.setPalette(made)
        self.setFont(font(self.px(self._pixels), self._bold))


class ShortenedText(Text):
    """A line of text that ends in … where there is no room; pointing at it shows all of it."""

    def setText(self, text: str | None) -> None:
        """Show and tell ``text``."""
        super().setText(text)
        self.setToolTip(text or "")

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(min(self.px(60), self.sizeHint().width()), super().minimumSizeHint().height())

    def paintEvent(self, event: object) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), shown)


class WrappedText(Text):
    """Lines of text in the room there is: a longer text never pushes anything aside.

    What does not fit ends in …, and pointing at it shows all of it.
    """

    def __init__(self, pixels: int, colour_name: str = "text") -> None:
        super().__init__(pixels, colour_name)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)

    def setText(self, text: str | None) -> None:
        """Show and tell ``text``."""
        super().setText(text)
        self.setToolTip(text or "")

    def minimumSizeHint(self) -> QSize:
        """Never asks for more."""
        return QSize(10, 10)

    def lines(self) -> list[str]:
        """The text in as many lines as its width asks for."""
        return wrapped(self.text(), self.fontMetrics(), self.width()) if self.text() else []

    def lines_that_fit(self) -> list[str]:
        """What is drawn of them."""
        most = max(1, self.height() // self.fontMetrics().lineSpacing())
        return wrapped(self.text(), self.fontMetrics(), self.width(), most) if self.text() else []

    def needed(self) -> int:
        """Height of all lines, pixels."""
        return len(self.lines()) * self.fontMetrics().lineSpacing()

    def paintEvent(self, event: object) -> None:
        """Draw the lines that fit, from the top or around the middle."""
        painter, lines, tall = QPainter(self), self.lines_that_fit(), self.fontMetrics().lineSpacing()
        centred = bool(self.alignment() & Qt.AlignmentFlag.AlignVCenter)
        top = (self.height() - len(lines) * tall) // 2 if centred else 0
        for k, line in enumerate(lines):
            painter.drawText(0, top + k * tall + self.fontMetrics().ascent(), line)


class LinesText(WrappedText):
    """Just as high as its lines in the width it has; gone without any."""

    def say(self, text: str) -> None:
        """Show ``text``."""
        if text != self.text():
            super().say(text)
            self.fit()

    def fit(self) -> None:
        """Take as much height as the lines need."""
        self.setFixedHeight(self.needed())

    def resizeEvent(self, event: object) -> None:
        """Wrap anew."""
        self.fit()

    def styled(self) -> None:
        """Apply colour and size."""
        super().styled()
        self.fit()


class Card(QFrame, Themed):
    """A panel with rounded corners."""

    def paintEvent(self, event: object) -> None:
        """Draw the panel."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()), self.px(8), self.px(8))


def hatch(painter: QPainter, rect: QRectF, code: str) -> None:
    """Cover a rectangle with slanted lines: what is under them is old."""
    painter.fillRect(rect, QBrush(colour(code, 0.45), Qt.BrushStyle.BDiagPattern))


def wrapped(text: str, metrics: QFontMetrics, width: int, most: int = 100) -> list[str]:
    """``text`` in at most so many lines of ``width`` pixels, cut between words; the last ends in … for the rest."""
    lines: list[str] = []
    words = text.split(" ")
    while words:
        fit = 1
        while fit < len(words) and metrics.horizontalAdvance(" ".join(words[: fit + 1])) <= width:
            fit += 1
        line = words[:fit] if len(lines) + 1 < most else words
        lines.append(metrics.elidedText(" ".join(line).strip(), Qt.TextElideMode.ElideRight, width))
        words = words[len(line) :]
    return lines


def arrow_path(centre_x: float, centre_y: float, size: float, direction: int) -> QPainterPath:
    """A triangle pointing up (+1) or down (-1); ``size`` is its width."""
    path = QPainterPath()
    half, tall = size / 2, size * 0.86 / 2 * direction
    path.moveTo(centre_x, centre_y - tall)
    path.lineTo(centre_x + half, centre_y + tall)
    path.lineTo(centre_x - half, centre_y + tall)
    path.closeSubpath()
    return path


def fit_text(painter: QPainter, rect: QRectF, text: str, pixels: int, bold: bool = False) -> None:
    """Draw a line of text, smaller where it would not fit, left and centred on its capitals."""
    chosen = font(pixels, bold)
    width = QFontMetricsF(chosen).horizontalAdvance(text)
    if width > rect.width() > 0:
        chosen = font(int(pixels * rect.width() / width), bold)
    draw_flush(painter, rect.left(), rect.center().y() + QFontMetricsF(chosen).capHeight() / 2, text, chosen)


def draw_flush(painter: QPainter, left: float, baseline: float, text: str, chosen: QFont) -> None:
    """Draw text whose first letter's ink, not its box, begins at ``left``: large letters stand in one line."""
    painter.setFont(chosen)
    bearing = QFontMetricsF(chosen).leftBearing(text[0]) if text else 0.0
    painter.drawText(QPointF(left - bearing, baseline), text)
