"""Learning which key a pedal sends: "press your pedal now"."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QKeyEvent
from PyQt5.QtWidgets import QPushButton

from nmt_sense.app.keys import KEYS, NEVER_A_PEDAL, action_of
from nmt_sense.app.settings import Pedal, key_name, native_code

ALONE = (
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_Meta,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
)
"""Keys that no pedal can be: they lead away, or mean something only with another."""


class PedalButton(QPushButton):
    """Pressed, it waits for the pedal; shows which key it has."""

    learned = pyqtSignal(object)

    def __init__(self, pedal: Pedal) -> None:
        super().__init__()
        self.pedal = pedal
        self._waiting = False
        self.setAutoDefault(False)
        self.setStyleSheet("border: none; text-align: left; padding-left: 2px;")  # it stands in a frame like a field's
        self.clicked.connect(self._wait)
        self._show("")

    @property
    def waiting(self) -> bool:
        """The next key is the pedal's."""
        return self._waiting

    def event(self, event: QEvent | None) -> bool:
        """While waiting every key is heard, those included that lead from field to field."""
        if self._waiting and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._hear(event)
            return True
        if self._waiting and event is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return bool(super().event(event))

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Leaving it is giving up."""
        self._waiting = False
        self._show("")
        super().focusOutEvent(event)

    def _wait(self) -> None:
        self._waiting = True
        self.setText("Press your pedal now (Esc: leave it)")
        self.setAccessibleName(self.text())

    def _hear(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat() or event.key() in ALONE:
            return
        action = action_of(event.key())
        self._waiting = False
        if event.key() == Qt.Key.Key_Escape:
            self._show("")
        elif action in NEVER_A_PEDAL:
            assert action is not None
            self._show(f"; {key_name(event)} stays: {action.value}")
        elif not (event.key() or native_code(event)):
            self._show("; the system does not tell which key that was")
        else:
            self.pedal = Pedal(event.key(), native_code(event), key_name(event), self.pedal.does)
            self._show(f"; it no longer means: {action.value}" if action in KEYS else "")
            self.learned.emit(self.pedal)

    def _show(self, more: str) -> None:
        self.setText(f"{self.pedal.name}{more}" if more else f"{self.pedal.name} – learn another")
        self.setAccessibleName(f"Pedal: {self.text()}; press to learn another")
