"""The list of keys, the pedal's included."""

from __future__ import annotations

from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nmt_sense.app.keys import KEYS, Action, action_of, pedal_action
from nmt_sense.app.settings import Pedal

FIRST_COLUMN = (
    Action.RECORD,
    Action.PAIN,
    Action.CLIENT_STOP,
    Action.THRESHOLD,
    Action.TOLERANCE,
    Action.EASED,
    Action.GAVE_WAY,
    Action.NO_GAIN,
    Action.NEXT,
    Action.UNDO,
    Action.GUIDE,
    Action.MARK,
)
"""What is done during a session; everything else stands beside it."""


class KeysDialog(QDialog):
    """The list of keys."""

    def __init__(self, parent: QWidget, pedal: Pedal) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        columns = QHBoxLayout()
        columns.setSpacing(44)
        columns.addLayout(_form([("Pedal", f"{pedal.name}: {pedal_action(pedal).value}"), *_rows(FIRST_COLUMN, pedal)]))
        columns.addLayout(_form(_rows([action for action in KEYS if action not in FIRST_COLUMN], pedal)))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in buttons.buttons():
            button.setIcon(QIcon())
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(16)
        column.addLayout(columns)
        column.addWidget(buttons)


def _rows(actions: tuple[Action, ...] | list[Action], pedal: Pedal) -> list[tuple[str, str]]:
    """Key and meaning; a key that the pedal has taken says so."""
    taken = action_of(pedal.key) if pedal.key else None
    return [
        (KEYS[action][1], f"{action.value} ({pedal.name} is the pedal's)" if action is taken else action.value)
        for action in actions
    ]


def _form(rows: list[tuple[str, str]]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(24)
    form.setVerticalSpacing(8)
    for shown, meaning in rows:
        key = QLabel(shown)
        bold = key.font()
        bold.setBold(True)
        key.setFont(bold)
        form.addRow(key, QLabel(meaning))
    return form
