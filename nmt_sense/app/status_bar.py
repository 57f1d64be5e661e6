"""The bottom line: what the program has to say, and the small buttons."""

from __future__ import annotations

from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from nmt_sense.app.theme import font
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.themed import Themed


class StatusField(QLineEdit, Themed):
    """One read-only sentence that the Tab key reaches, so that a screen reader can read it."""

    def __init__(self) -> None:
        super().__init__()
        self._bad = False
        self.setReadOnly(True)
        self.setFrame(False)
        self.setAccessibleName("Status")

    def say(self, sentence: str, bad: bool = False) -> None:
        """Show a sentence; a bad one in the colour of warnings, after a sign."""
        shown = f"⚠ {sentence}" if bad and sentence else sentence
        if shown != self.text():
            self.setText(shown)
            self.setCursorPosition(0)
            self.setToolTip(sentence)
        if bad != self._bad:
            self._bad = bad
            self.styled()

    def styled(self) -> None:
        """Apply colour and size."""
        made = self.palette()
        made.setColor(made.Base, QColor(self.theme.window))
        made.setColor(made.Text, QColor(self.theme.high_text if self._bad else self.theme.dim))
        self.setPalette(made)
        self.setFont(font(self.px(15)))


class StatusBar(QWidget, Themed):
    """Status sentence on the left, a button for each quiet action on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.status = StatusField()
        self.sound, self.voice = Button(14, framed=False), Button(14, framed=False)
        self.session, self.after = Button(14, framed=False), Button(14, framed=False)
        self.distance, self.look, self.keys = (Button(14, framed=False) for _ in range(3))
        self.session.show_words("session", "F2")
        self.after.show_words("afterwards", "F3")
        self.distance.show_words("distance view", "D")
        self.keys.show_words("keys", "F1")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.status, 1)
        for button in (self.sound, self.voice, self.session, self.after, self.distance, self.look, self.keys):
            self._row.addWidget(button)
