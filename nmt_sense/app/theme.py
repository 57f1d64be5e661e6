"""Colours, fonts and the scale of the windows.

In the band is neutral, too little is blue, too much is orange: colours far apart for every kind of colour vision. The
colour never speaks alone; word, arrow and texture say the same.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

from PyQt5.QtGui import QColor, QFont, QFontDatabase, QPalette

from nmt_sense.app.system_look import system_is_dark

FAMILY = "Inter"


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours, as ``#rrggbb``."""

    name: str
    window: str
    panel: str
    track: str
    """Empty part of ring and tape."""
    line: str
    """Rules and borders that only order the page."""
    control: str
    """Borders that a control is recognised by."""
    text: str
    dim: str
    neutral: str
    low: str
    high: str
    high_text: str
    """Like ``high``, for small letters."""
    stale: str
    record: str
    on_tone: str
    """Letters on a filled disc of any tone."""


DARK = Theme(
    name="dark",
    window="#10151c",
    panel="#181f27",
    track="#252e38",
    line="#2b3540",
    control="#6f7d8b",
    text="#f4f7fa",
    dim="#9aa7b5",
    neutral="#f4f7fa",
    low="#56b4e9",
    high="#e69f00",
    high_text="#e69f00",
    stale="#8d99a5",
    record="#ff5c5c",
    on_tone="#10151c",
)
LIGHT = Theme(
    name="light",
    window="#eef1f4",
    panel="#ffffff",
    track="#e0e6eb",
    line="#cfd6dd",
    control="#7a8692",
    text="#1a1a1a",
    dim="#505b66",
    neutral="#1a1a1a",
    low="#0072b2",
    high="#d55e00",
    high_text="#b34700",
    stale="#606b76",
    record="#c62828",
    on_tone="#ffffff",
)


def system_theme() -> Theme:
    """The look that the system is set to."""
    return DARK if system_is_dark() else LIGHT


@functools.cache
def colour(code: str, alpha: float = 1.0) -> QColor:
    """The colour of ``#rrggbb``, ``alpha`` 0..1."""
    made = QColor(code)
    made.setAlphaF(alpha)
    return made


def mixed(over: str, under: str, share: float) -> QColor:
    """``share`` of one colour over another, opaque: a translucent look at the price of a solid one."""
    pairs = zip(_rgb(over), _rgb(under), strict=True)
    return QColor.fromRgbF(*(share * a + (1 - share) * b for a, b in pairs))


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours, WCAG 2.2 "contrast ratio"."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(code: str) -> float:
    red, green, blue = (_linear(channel) for channel in _rgb(code))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(code: str) -> tuple[float, float, float]:
    made = QColor(code)
    return made.redF(), made.greenF(), made.blueF()


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def load_fonts() -> None:
    """Make the shipped letters known to Qt; where that fails Qt takes the system's."""
    folder = resources.files("nmt_sense.app") / "fonts"
    for name in ("Inter-Regular.otf", "Inter-Bold.otf"):
        QFontDatabase.addApplicationFontFromData((folder / name).read_bytes())


@functools.lru_cache(maxsize=256)
def font(pixels: int, bold: bool = False) -> QFont:
    """The program's letters at ``pixels``; treat the answer as read-only."""
    made = QFont(FAMILY)
    made.setPixelSize(max(8, pixels))
    made.setBold(bold)
    made.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    return made


def palette(theme: Theme) -> QPalette:
    """The same colours for Qt's own widgets."""
    made = QPalette()
    for role, code in (
        (QPalette.ColorRole.Window, theme.window),
        (QPalette.ColorRole.WindowText, theme.text),
        (QPalette.ColorRole.Base, theme.panel),
        (QPalette.ColorRole.AlternateBase, theme.track),
        (QPalette.ColorRole.ToolTipBase, theme.panel),
        (QPalette.ColorRole.ToolTipText, theme.text),
        (QPalette.ColorRole.PlaceholderText, theme.dim),
        (QPalette.ColorRole.Text, theme.text),
        (QPalette.ColorRole.Button, theme.track),
        (QPalette.ColorRole.ButtonText, theme.text),
        (QPalette.ColorRole.BrightText, theme.record),
        (QPalette.ColorRole.Highlight, theme.low),
        (QPalette.ColorRole.HighlightedText, theme.on_tone),
        (QPalette.ColorRole.Link, theme.low),
    ):
        made.setColor(role, QColor(code))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.stale))
    return made
