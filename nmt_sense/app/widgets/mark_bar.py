"""Buttons for what is reported during a recording, each with its key; those the phase waits for come first."""

from __future__ import annotations

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from nmt_sense.app.keys import Action, shown_key
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.themed import Text, Themed

WORDS = {
    Action.THRESHOLD: "Threshold",
    Action.TOLERANCE: "Limit",
    Action.EASED: "Eased",
    Action.GAVE_WAY: "Gave way",
    Action.NO_GAIN: "No gain",
    Action.GUIDE: "Guide me",
    Action.CLIENT_STOP: "Client's stop",
    Action.NEXT: "Next",
    Action.UNDO: "Undo",
}
ALWAYS = (Action.CLIENT_STOP, Action.NEXT, Action.UNDO)


class MarkBar(QWidget, Themed):
    """It changes nothing itself but says what was asked for."""

    asked = pyqtSignal(object)
    """An action."""

    def __init__(self) -> None:
        super().__init__()
        self._buttons: dict[Action, Button] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for action, words in WORDS.items():
            self._buttons[action] = self._button(action, words)
        self.hint = Text(14, "dim")
        self.hint.setText("pain 0–9, ten X")
        self.hint.setAccessibleName("Keys for pain")
        self._row.addStretch(1)
        self._row.addWidget(self.hint)
        self.show_asked(())

    def show_asked(self, asked: tuple[Action, ...]) -> None:
        """Show what the phase waits for, beside what may be wanted at any time."""
        for action, button in self._buttons.items():
            button.setVisible(action in ALWAYS or action in asked)

    def shown(self) -> list[Action]:
        """The actions that have a button now."""
        return [action for action, button in self._buttons.items() if not button.isHidden()]

    def styled(self) -> None:
        """Apply spacing."""
        self._row.setSpacing(self.px(8))

    def _button(self, action: Action, words: str) -> Button:
        made = Button(15)
        made.show_words(words, shown_key(action))
        made.clicked.connect(lambda: self.asked.emit(action))
        self._row.addWidget(made)
        return made
