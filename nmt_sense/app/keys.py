"""Every action and its key, in one place."""

from __future__ import annotations

import enum

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QIcon, QKeyEvent
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget


class Action(enum.Enum):
    """What a key does; the values are shown in the list of keys."""

    RECORD = "start or stop recording"
    MARK = "set a marker (pedals send Page Down)"
    FACTS = "checks before a recording, its numbers while it runs"
    DISTANCE = "distance view: large enough for three metres"
    SOUND = "sound off or on"
    THEME = "dark or light"
    PARTICIPANT = "participant code"
    PORT = "port"
    TECHNIQUE = "technique"
    BAND = "target band"
    HOLD = "time to hold"
    CALIBRATE = "calibrate a sensor, or check it against known loads"
    FULL_SCREEN = "full screen"
    LEAVE = "leave a field, a list or the distance view"
    KEYS = "this list"
    QUIT = "quit; a running recording is saved first"


KEYS: dict[Action, tuple[tuple[int, ...], str]] = {
    Action.RECORD: ((Qt.Key.Key_Space,), "Space"),
    Action.MARK: ((Qt.Key.Key_M, Qt.Key.Key_PageDown), "M, Page Down"),
    Action.FACTS: ((Qt.Key.Key_I,), "I"),
    Action.DISTANCE: ((Qt.Key.Key_D,), "D"),
    Action.SOUND: ((Qt.Key.Key_S,), "S"),
    Action.THEME: ((Qt.Key.Key_T,), "T"),
    Action.PARTICIPANT: ((Qt.Key.Key_P,), "P"),
    Action.PORT: ((Qt.Key.Key_O,), "O"),
    Action.TECHNIQUE: ((Qt.Key.Key_C,), "C"),
    Action.BAND: ((Qt.Key.Key_B,), "B"),
    Action.HOLD: ((Qt.Key.Key_H,), "H"),
    Action.CALIBRATE: ((Qt.Key.Key_K,), "K"),
    Action.FULL_SCREEN: ((Qt.Key.Key_F11, Qt.Key.Key_F), "F11, F"),
    Action.LEAVE: ((Qt.Key.Key_Escape,), "Esc"),
    Action.KEYS: ((Qt.Key.Key_F1, Qt.Key.Key_Question), "F1, ?"),
    Action.QUIT: ((), "Ctrl+Q"),
}


def action_for(event: QKeyEvent) -> Action | None:
    """The action of a key press; None for other keys and for a key held down, as pedals and tired feet do."""
    if event.isAutoRepeat():
        return None
    control = bool(
        event.modifiers()
        & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier | Qt.KeyboardModifier.AltModifier)
    )
    if control:
        return Action.QUIT if event.key() == Qt.Key.Key_Q else None
    return next((action for action, (codes, _) in KEYS.items() if event.key() in codes), None)


class KeysDialog(QDialog):
    """The list of keys."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form = QFormLayout()
        form.setHorizontalSpacing(28)
        form.setVerticalSpacing(8)
        for action, (_, shown) in KEYS.items():
            key = QLabel(shown)
            bold = key.font()
            bold.setBold(True)
            key.setFont(bold)
            form.addRow(key, QLabel(action.value))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in buttons.buttons():
            button.setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.addLayout(form)
        column.addWidget(buttons)
