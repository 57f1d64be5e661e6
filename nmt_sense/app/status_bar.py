"""The bottom line: what the program has to say, and the small buttons."""

from __future__ import annotations

from PyQt5.QtCore import QSize, Qt, pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.themed import Text, Themed

LINES = 2
"""Of the live window there is always room for so many: a sentence that comes or goes moves nothing."""


class StatusField(Text):
    """Sentences that the Tab key reaches, so that a screen reader can read them; they name files, and can be copied.

    Words that are too many for their lines take another one.
    """

    said = pyqtSignal(str)
    """Each sentence once, when it is shown."""

    def __init__(self, lines: int = 1) -> None:
        """``lines`` are kept free for it."""
        super().__init__(15, "dim", wrap=True)
        self._lines = lines
        self.setAccessibleName("Status")
        flags = Qt.TextInteractionFlags()
        flags |= Qt.TextInteractionFlag.TextSelectableByMouse
        flags |= Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.setTextInteractionFlags(flags)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def say(self, text: str, bad: bool = False) -> None:
        """Show a sentence; a bad one in the colour of warnings, after a sign."""
        shown = f"⚠ {text}" if bad and text else text
        if shown != self.text():
            self.setText(shown)
            self.said.emit(shown)
        self.paint_as("high_text" if bad else "dim")

    def minimumSizeHint(self) -> QSize:
        """A few words."""
        return QSize(self.px(120), self.fontMetrics().lineSpacing())

    def styled(self) -> None:
        """Apply colour and size, and keep lines free."""
        super().styled()
        self.setMinimumHeight(self._lines * self.fontMetrics().lineSpacing() + 1)  # as Qt rounds two lines


class StatusBar(QWidget, Themed):
    """Status sentence on the left, a button for each quiet action on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.status = StatusField(LINES)
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
