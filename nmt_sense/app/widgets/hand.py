"""The drawn hand: where the force is."""

from __future__ import annotations

import functools

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen, QPixmap, QPolygonF
from PyQt5.QtWidgets import QSizePolicy

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Readout
from nmt_sense.moment.picture import Tone, half_width, number

WIDTH, HEIGHT, TOP = 306.0, 380.0, 28.0
"""Of the drawing, in its own coordinates, and where its first line is."""
SPOTS = {
    "thumb": (266, 172),
    "index": (201, 76),
    "middle": (149, 50),
    "ring": (98, 76),
    "little": (48, 142),
    "palm_upper": (146, 224),
    "palm_thumb": (190, 272),
    "palm_side": (106, 276),
}
"""Where the usual sensors sit."""
ALIASES = {"palm": "palm_upper", "thenar": "palm_thumb", "hypothenar": "palm_side", "pinky": "little"}
FINGERS = (
    (((48, 142), (86, 244)), 29),
    (((98, 76), (111, 220)), 31),
    (((149, 50), (149, 215)), 32),
    (((201, 76), (187, 220)), 31),
    (((266, 172), (240, 232), (188, 290)), 37),
)
"""Joints from tip to root, and width, of each finger."""
PALM = (
    (88, 236),
    (110, 216),
    (149, 210),
    (188, 216),
    (202, 244),
    (200, 292),
    (186, 330),
    (178, 386),
    (116, 386),
    (110, 330),
    (94, 290),
)
PALM_ROUNDING = 18.0
FULL_RADIUS_N = 40.0
"""A disc is at its largest at this force."""
PRESSED_N = 0.5
"""From this force on a sensor shows it."""


class Hand(Readout):
    """Every sensor as a disc on a hand, its area grows with its force."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._contact: tuple[str, ...] = ()
        self._newtons: tuple[float, ...] = ()
        self._numbers: tuple[str, ...] = ()
        self._halves: tuple[float, ...] = ()
        self._tone = Tone.NEUTRAL
        self._drawn: tuple[object, ...] = ()
        self._outline: QPixmap | None = None
        self.setAccessibleName("Force on each sensor")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_sensors(self, names: tuple[str, ...], contact: tuple[str, ...]) -> None:
        """Name the sensors (C), and those whose sum is the contact force."""
        if (names, contact) != (self._names, self._contact):
            self._names, self._contact = names, contact
            self._newtons = self._numbers = ()
            self.update()

    def show_forces(self, newtons: tuple[float, ...], halves: tuple[float, ...], tone: Tone, numbers_too: bool) -> None:
        """Show the force on each sensor (C), N; the numbers follow only when asked.

        ``halves`` are the half-widths of their 95 % bands (C), N: told in words, and where a person points at the hand.
        """
        self._newtons, self._tone = newtons, tone
        if numbers_too or len(self._numbers) != len(newtons):
            self._numbers, self._halves = tuple(number(force) for force in newtons), halves
            self._say()
        look = (tone, self._numbers, tuple(round(self._radius(force) * 2) for force in newtons))
        if look != self._drawn:
            self._drawn = look
            self.update()

    def styled(self) -> None:
        """Draw the outline again."""
        self._outline = None
        self.update()

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(280), self.px(360))

    def minimumSizeHint(self) -> QSize:
        """Small enough for a small window."""
        return QSize(150, 150)

    def resizeEvent(self, event: object) -> None:
        """Draw the outline again."""
        self._outline = None

    def paintEvent(self, event: object) -> None:
        """Draw outline and discs."""
        painter = QPainter(self)
        if self._outline is None:
            self._outline = self._draw_outline()
        painter.drawPixmap(0, 0, self._outline)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (name, spot) in enumerate(zip(self._names, spots(self._names), strict=True)):
            self._disc(painter, self._place(spot), name in self._contact, index)

    def _say(self) -> None:
        forces = zip(self._names, self._numbers, self._halves, strict=False)
        told = [f"{name} {force} N {half_width(half)} N" for name, force, half in forces]
        if (words := ", ".join(told)) != self.text():
            self.setText(words)
            self.setToolTip("\n".join(told))

    def _factor(self) -> float:
        return min(self.width() / WIDTH, self.height() / HEIGHT)

    def _place(self, spot: tuple[float, float]) -> QPointF:
        factor = self._factor()
        left, top = (self.width() - WIDTH * factor) / 2, (self.height() - HEIGHT * factor) / 2
        return QPointF(left + spot[0] * factor, top + (spot[1] - TOP) * factor)

    def _radius(self, force: float) -> float:
        share = min(max(force, 0.0) / FULL_RADIUS_N, 1.0)
        return (9.0 + 23.0 * share**0.5) * self._factor() if force >= PRESSED_N else 9.0 * self._factor()

    def _disc(self, painter: QPainter, centre: QPointF, contact: bool, index: int) -> None:
        force = self._newtons[index] if index < len(self._newtons) else 0.0
        pressed = force >= PRESSED_N
        radius = self._radius(force)
        code = self._code() if contact else self.theme.dim
        painter.setPen(QPen(colour(code if contact else self.theme.control), 1.6))
        painter.setBrush(colour(code) if pressed else colour(self.theme.track))
        if pressed and self._tone is Tone.STALE:
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, radius, radius)
        if pressed and index < len(self._numbers):
            hollow = self._tone is Tone.STALE
            painter.setPen(colour(self.theme.text if hollow else self.theme.on_tone))
            painter.setFont(font(int(max(14 * self._factor(), radius * 0.78)), bold=True))
            box = QRectF(centre.x() - 30, centre.y() - 30, 60, 60)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._numbers[index])

    def _code(self) -> str:
        """Of the contact's sensors; a disc is the ground of small letters."""
        return self.theme.high_text if self._tone is Tone.HIGH else self.tone(self._tone)

    def _draw_outline(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self._place((0.0, 0.0)))
        painter.scale(self._factor(), self._factor())
        painter.setPen(QPen(colour(self.theme.control, 0.55), 1.6))
        painter.setBrush(colour(self.theme.track, 0.55))
        painter.drawPath(outline())
        painter.end()
        return made


def spots(names: tuple[str, ...]) -> list[tuple[float, float]]:
    """Where each sensor is drawn (C); names that are not part of a hand stand in a row at the wrist."""
    strangers = [name for name in names if _known(name) is None]
    row = {name: (40.0 + 220.0 * (k + 0.5) / len(strangers), 362.0) for k, name in enumerate(strangers)}
    return [row[name] if (known := _known(name)) is None else SPOTS[known] for name in names]


def _known(name: str) -> str | None:
    plain = name.lower().strip()
    known = ALIASES.get(plain, plain)
    return known if known in SPOTS else None


@functools.cache
def outline() -> QPainterPath:
    """A hand: fingers as thick strokes joined with the palm."""
    palm = _closed(PALM)
    made = palm.united(_stroke(palm, 2 * PALM_ROUNDING))
    for joints, width in FINGERS:
        line = QPainterPath(QPointF(*joints[0]))
        for joint in joints[1:]:
            line.lineTo(QPointF(*joint))
        made = made.united(_stroke(line, width))
    return made.simplified()


def _closed(corners: tuple[tuple[int, int], ...]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    path.closeSubpath()
    return path


def _stroke(path: QPainterPath, width: float) -> QPainterPath:
    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return stroker.createStroke(path)
