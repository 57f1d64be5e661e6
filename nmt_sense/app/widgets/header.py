"""The top line: who, what, and whether all is well."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPen
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.digits import cap_height, draw_cells, text_width
from nmt_sense.app.widgets.themed import Readout, ShortenedText, Text, Themed
from nmt_sense.moment.course_line import target_text
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.units import minutes_seconds

PHASES = {
    LinkPhase.CLOSED: "no port",
    LinkPhase.CONNECTING: "connecting",
    LinkPhase.STALLED: "no data",
    LinkPhase.LOST: "glove lost",
}


class RecordingSign(Readout):
    """A filled dot and the time while recording, an empty one otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self._on, self._time = False, ""
        self.setAccessibleName("Recording")
        self._say("not recording")

    def show_recording(self, on: bool, seconds: float) -> None:
        """Show whether, and for how long, a recording runs."""
        clock = minutes_seconds(seconds) if on else ""
        if (on, clock) != (self._on, self._time):
            self._on, self._time = on, clock
            self._say(f"recording {clock}" if on else "not recording")

    def sizeHint(self) -> QSize:
        """Room for the words."""
        words = max("00:00", self._time, key=len) if self._on else "not recording"
        return QSize(int(text_width(words, self._pixels(), self._on)) + self.px(26), self.px(32))

    def minimumSizeHint(self) -> QSize:
        """The same: a dot without words would be colour alone."""
        return self.sizeHint()

    def paintEvent(self, event: object) -> None:
        """Draw dot and time."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, radius = self.height() / 2, self.px(7)
        painter.setPen(QPen(colour(self.theme.record if self._on else self.theme.dim), 1.6))
        painter.setBrush(colour(self.theme.record) if self._on else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(radius + 1.0, middle), radius, radius)
        painter.setPen(colour(self.theme.text if self._on else self.theme.dim))
        pixels = self._pixels()
        baseline = middle + cap_height(pixels, self._on) / 2
        draw_cells(painter, self.px(22), baseline, self._time or "not recording", pixels, self._on)

    def _pixels(self) -> int:
        return self.px(20 if self._on else 16)

    def _say(self, words: str) -> None:
        self.setText(words)
        self.updateGeometry()
        self.update()


class Badge(Readout):
    """A word in a frame."""

    def __init__(self, word: str) -> None:
        super().__init__(word)

    def sizeHint(self) -> QSize:
        """The word and its frame."""
        return QSize(int(text_width(self.text(), self.px(13), True)) + self.px(20), self.px(26))

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, event: object) -> None:
        """Draw word and frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour(self.theme.high_text), 1.4))
        box = QRectF(1, 1, self.width() - 2, self.px(24))
        box.moveCenter(QRectF(self.rect()).center())
        painter.drawRoundedRect(box, 5, 5)
        painter.setFont(font(self.px(13), bold=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())


class Header(QWidget, Themed):
    """Participant, technique, band; recording, stream, calibration."""

    def __init__(self) -> None:
        super().__init__()
        self.participant = ShortenedText(20, bold=True)
        self.technique = ShortenedText(20, "dim")
        self.band = ShortenedText(16, "dim")
        self.recording = RecordingSign()
        self.stream = Text(16, "dim")
        self.calibration = ShortenedText(16, "dim")
        self.simulated = Badge("SIMULATED")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self.participant, self.technique, self.band):
            self._row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addStretch(1)
        for part in (self.recording, self.stream, self.calibration, self.simulated):
            self._row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        for part, name in zip(
            (self.participant, self.technique, self.band, self.stream, self.calibration, self.simulated),
            ("Participant", "Technique", "Target", "Stream", "Calibration", "Kind of glove"),
            strict=True,
        ):
            part.setAccessibleName(name)
        self.simulated.hide()

    def show_state(self, state: LiveState, participant: str) -> None:
        """Show a moment."""
        self.participant.say(participant)
        self.technique.say(state.technique)
        self.band.say(target_text(state))
        self.recording.show_recording(state.recording, state.recorded_s)
        self.stream.say(stream_text(state))
        self.stream.paint_as("high_text" if state.phase in PHASES or state.quality.lost else "dim")
        self.calibration.say(state.calibration)
        self.calibration.paint_as("dim" if state.calibration_trusted else "high_text")
        self.simulated.setVisible(state.info is not None and state.info.simulated)

    def styled(self) -> None:
        """Apply spacing."""
        self._row.setSpacing(self.px(18))


def stream_text(state: LiveState) -> str:
    """Rate and loss in words."""
    if state.phase in PHASES:
        return PHASES[state.phase]
    quality = state.quality
    rate = quality.rate_hz or (state.info.rate_hz if state.info else 0.0)
    return f"{rate:.0f} Hz, {quality.lost} lost"
