"""A profile as a picture: curve, points, residuals and band. SVG written by hand; PNG is the same drawn by Qt."""

from __future__ import annotations

import datetime
import math
from xml.sax.saxutils import escape

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.errors import NmtError
from nmt_sense.sensing.calibration import ends_of_band, words_of, worth_words
from nmt_sense.sensing.checking import conductance_at
from nmt_sense.sensing.profile import Profile

WIDTH, HEIGHT = 900, 640
LEFT, RIGHT, TOP, MIDDLE, BOTTOM = 70, 20, 70, 450, 50
SAMPLES = 200
INK, QUIET, BAND, CURVE = "#1a1a1a", "#8a8a8a", "#cfe0f3", "#1f5fa8"
ABOVE = 1.15
"""The picture goes on a little beyond the profile's range."""


class _Frame:
    """A rectangle of the picture with its two scales."""

    def __init__(self, top: float, bottom: float, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.top, self.bottom, self._x, self._y = top, bottom, x, y

    def x(self, value: float) -> float:
        low, high = self._x
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self._y
        part = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.bottom - (self.bottom - self.top) * part

    def path(self, xs: Float64Array, ys: Float64Array) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True))

    def axes(self, x_words: str, y_words: str) -> list[str]:
        lines = [f'<rect x="{LEFT}" y="{self.top}" width="{WIDTH - LEFT - RIGHT}" height="{self.bottom - self.top}" '
                 f'fill="none" stroke="{QUIET}"/>']  # fmt: skip
        lines += [_text(self.x(value), self.bottom + 16, f"{value:g}", "middle") for value in _ticks(*self._x)]
        for value in _ticks(*self._y):
            lines.append(_text(LEFT - 6, self.y(value) + 4, f"{value:g}", "end"))
            lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(value):.1f}" y2="{self.y(value):.1f}" '
                         f'stroke="{QUIET}" stroke-width="0.3"/>')  # fmt: skip
        lines.append(_text((LEFT + WIDTH - RIGHT) / 2, self.bottom + 34, x_words, "middle") if x_words else "")
        lines.append(_text(LEFT, self.top - 6, y_words, "start"))
        return lines


def svg(profile: Profile, on: datetime.date) -> str:
    """The picture of a profile as it is worth on a day."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 22, f"{profile.title} (version {profile.version}): {worth_words(profile, on)}", "start", 16),
        _text(LEFT, 42, words_of(profile), "start", 9),
        *_curve(profile, on),
        *_residuals(profile),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _curve(profile: Profile, on: datetime.date) -> list[str]:
    curve, top_n = profile.to_force(), profile.range_n[1]
    at = np.linspace(0.0, ABOVE * conductance_at(curve, top_n), SAMPLES)
    force = curve(at)
    inside = force <= top_n
    lower, upper = ends_of_band(profile, np.minimum(force, top_n), on)
    frame = _Frame(TOP, MIDDLE - 40, (0.0, float(at[-1])), (0.0, _round_up(1.3 * top_n)))
    outline = f"{frame.path(at[inside], lower[inside])} {frame.path(at[inside][::-1], upper[inside][::-1])}"
    points = [(point.conductance_us, point.force_n) for point in profile.points]
    return [
        f'<polygon points="{outline}" fill="{BAND}"/>',
        *frame.axes("", "force, N (shaded: 95 % band today; grey: the readings of the calibration)"),
        f'<polyline points="{frame.path(at[inside], force[inside])}" fill="none" stroke="{CURVE}" stroke-width="2"/>',
        f'<polyline points="{frame.path(at[~inside], force[~inside])}" fill="none" stroke="{CURVE}" '
        'stroke-dasharray="4 4"/>',
        *(_dot(frame, item.conductance_us, item.force_n, 1.5, QUIET) for item in profile.residuals),
        *(_dot(frame, us, newtons, 3.5, CURVE) for us, newtons in points),
    ]


def _residuals(profile: Profile) -> list[str]:
    errors = [item.error_n for item in profile.residuals]
    largest = _round_up(max(map(abs, errors), default=1.0))
    frame = _Frame(MIDDLE, HEIGHT - BOTTOM, (0.0, ABOVE * conductance_at(profile.to_force(), profile.range_n[1])),
                   (-largest, largest))  # fmt: skip
    words = "unseen readings: shown minus true, N" if errors else "no residuals are kept in this profile"
    return [
        *frame.axes("conductance, µS", words),
        *(_dot(frame, item.conductance_us, item.error_n, 2.0, INK) for item in profile.residuals),
    ]


def _dot(frame: _Frame, x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{radius}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str, size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{escape(words)}</text>'
    )


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10 ... at or above a value."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(step * power for step in (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0) if step * power >= value * (1.0 - 1e-9))


def _ticks(low: float, high: float) -> list[float]:
    step = _round_up((high - low) / 8.0)
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)]


def png(profile: Profile, on: datetime.date) -> bytes:
    """The same as PNG. Raises :class:`NmtError` where Qt cannot draw."""
    import os

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # nothing is shown
    try:
        from PyQt5.QtCore import QBuffer, QByteArray, QIODevice, qInstallMessageHandler
        from PyQt5.QtGui import QGuiApplication, QImage, QPainter
        from PyQt5.QtSvg import QSvgRenderer
    except ImportError as error:
        raise NmtError(f"Qt cannot draw here ({error}); name a file that ends in .svg.") from error
    qInstallMessageHandler(lambda *_: None)  # what Qt finds odd about a system without a screen is no news
    application = QGuiApplication.instance() or QGuiApplication([])  # text needs one; it must outlive the painter
    image = QImage(2 * WIDTH, 2 * HEIGHT, QImage.Format_RGB32)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg(profile, on).encode())).render(painter)
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    buffer.close()
    drawn = bytes(content)
    del application
    return drawn
