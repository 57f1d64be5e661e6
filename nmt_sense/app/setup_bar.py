"""What to record: participant, port, technique and target, each with a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QColor, QKeyEvent
from PyQt5.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from nmt_sense.app.keys import Action
from nmt_sense.app.theme import font
from nmt_sense.app.widgets.choice import Choice
from nmt_sense.app.widgets.controls import FieldFrame
from nmt_sense.app.widgets.themed import Text, Themed
from nmt_sense.participant import CODE_HINT, code_problem
from nmt_sense.state import LiveState

SCROLL_BAR = 24
"""Air for it in an open list, pixels."""


class Ports(Choice):
    """Ports found now, and room to type any other pyserial URL."""

    def __init__(self, find: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self._find = find
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)

    def refill(self) -> None:
        """Look for ports again and keep what is typed."""
        typed = self.currentText()
        found = list(dict.fromkeys([*self._find(), *([typed] if typed else [])]))
        self.clear()
        self.addItems(found)
        self.setCurrentText(typed)

    def showPopup(self) -> None:
        """Open the list with the ports there are now."""
        self.refill()
        super().showPopup()


class Titles(Choice):
    """Titles that may be longer than the field: the open list shows them whole, and so does pointing at the field."""

    def __init__(self) -> None:
        super().__init__()
        self.currentTextChanged.connect(self.setToolTip)

    def showPopup(self) -> None:
        """Open the list, as wide as its longest title."""
        if (view := self.view()) is not None:
            view.setMinimumWidth(view.sizeHintForColumn(0) + SCROLL_BAR)
        super().showPopup()


class SetupBar(QWidget, Themed):
    """The fields; it changes nothing itself but says what was asked for."""

    port_asked = pyqtSignal(str)
    technique_asked = pyqtSignal(str)
    target_asked = pyqtSignal(float, float, float)
    participant_changed = pyqtSignal(str)
    problem = pyqtSignal(str)
    left = pyqtSignal()

    def __init__(
        self,
        ports: Callable[[], Sequence[str]],
        techniques: Sequence[tuple[str, str]],
        participant: str,
    ) -> None:
        super().__init__()
        self.participant = QLineEdit(participant)
        self.port = Ports(ports)
        self.technique = Titles()
        for name, title in techniques:
            self.technique.addItem(title, name)
        self.low, self.high = _number(0.1, 500.0, 1, " N"), _number(0.1, 500.0, 1, " N")
        self.hold = _number(1.0, 3600.0, 0, " s")
        self._captions: dict[QWidget, Text] = {}
        self._frames: dict[QWidget, FieldFrame] = {}
        self._known: dict[QDoubleSpinBox, float] = {}
        self._band_wrong = False
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for field, caption, key, stretch in self._fields():
            self._add(field, caption, key, stretch)
        self._connect()

    def show_state(self, state: LiveState) -> None:
        """Bring the fields in line with the pipeline, except the one being edited."""
        progress = state.progress
        self._known = {self.low: progress.low_n, self.high: progress.high_n, self.hold: progress.wanted_s}
        for field, value in self._known.items():
            kept = field.hasFocus() or (self._band_wrong and field is not self.hold)
            if not kept and field.value() != value:
                field.setValue(value)
        if not self.port.hasFocus() and self.port.currentText() != state.port:
            self.port.setCurrentText(state.port)
        found = self.technique.findData(state.plan.name) if state.plan else -1  # two templates may share a title
        if found >= 0 and found != self.technique.currentIndex() and not self.technique.hasFocus():
            self.technique.setCurrentIndex(found)

    def add_technique(self, name: str, title: str) -> None:
        """One more to choose from."""
        if self.technique.findData(name) < 0:
            self.technique.addItem(title, name)

    def field(self, action: Action) -> QWidget | None:
        """The field that a key leads to."""
        return {
            Action.PARTICIPANT: self.participant,
            Action.PORT: self.port,
            Action.TECHNIQUE: self.technique,
            Action.BAND: self.low,
            Action.HOLD: self.hold,
        }.get(action)

    def enter(self, action: Action) -> bool:
        """Lead the keyboard to a field; False when it is not there."""
        field = self.field(action)
        if field is None or not field.isVisible():
            return False
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        edit = field.lineEdit() if isinstance(field, QComboBox) else field
        if isinstance(edit, QLineEdit | QDoubleSpinBox):
            edit.selectAll()  # what is typed replaces what was there
        return True

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter leaves a field, Escape also takes back what was typed; every other key goes on to the window."""
        if event is None:
            return
        if event.key() == Qt.Key.Key_Escape:
            self._as_in_use()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.left.emit()
        else:
            event.ignore()

    def hideEvent(self, event: object) -> None:
        """A band that was left half changed is not in use, and no longer shown."""
        self._as_in_use()

    def styled(self) -> None:
        """Apply sizes."""
        self._row.setSpacing(self.px(12))
        for widget in (self.participant, self.port, self.technique, self.low, self.high, self.hold):
            widget.setFont(font(self.px(15)))
            widget.setFixedHeight(self.px(26))
            flat = widget.palette()
            flat.setColor(flat.ColorRole.Button, QColor(self.theme.panel))
            widget.setPalette(flat)

    def _fields(self) -> tuple[tuple[QWidget, str, str, int], ...]:
        return (
            (self.participant, "Participant", "P", 3),
            (self.port, "Port", "O", 3),
            (self.technique, "Technique", "C", 7),
            (self.low, "Band from", "B", 2),
            (self.high, "to", "", 2),
            (self.hold, "Hold", "H", 2),
        )

    def _add(self, field: QWidget, caption: str, key: str, stretch: int) -> None:
        label = Text(12, "dim")
        label.setText(f"{caption}  {key}" if key else caption)
        label.setBuddy(field)
        field.setAccessibleName({"to": "Band to"}.get(caption, caption))
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(label)
        if isinstance(field, QLineEdit | QComboBox | QDoubleSpinBox):
            field.setFrame(False)
        self._frames[field], self._captions[field] = FieldFrame(field), label
        column.addWidget(self._frames[field])
        self._row.addLayout(column, stretch)

    def _connect(self) -> None:
        self.participant.textEdited.connect(self._code_typed)
        self.participant.setToolTip(CODE_HINT)
        self.port.activated[str].connect(self.port_asked)
        edit = self.port.lineEdit()
        assert edit is not None
        edit.editingFinished.connect(lambda: self.port_asked.emit(self.port.currentText().strip()))
        edit.setAccessibleName("Port")
        self.technique.activated.connect(lambda index: self.technique_asked.emit(self.technique.itemData(index)))
        for box in (self.low, self.high, self.hold):
            box.editingFinished.connect(self._target_edited)

    def _code_typed(self, code: str) -> None:
        problem = code_problem(code)
        self.problem.emit(problem)
        if not problem:
            self.participant_changed.emit(code)

    def _target_edited(self) -> None:
        """Ask for another target; a band whose ends are the wrong way round waits, marked, for its other end."""
        low, high, was_wrong = self.low.value(), self.high.value(), self._band_wrong
        self._mark_band(low >= high)
        if self._band_wrong:
            self.problem.emit(f"The band would go from {low:g} N to {high:g} N: change one end, or leave with Esc.")
        else:
            if was_wrong:
                self.problem.emit("")
            self.target_asked.emit(low, high, self.hold.value())

    def _mark_band(self, wrong: bool) -> None:
        if wrong == self._band_wrong:
            return
        self._band_wrong = wrong
        for field in (self.low, self.high):
            self._frames[field].mark(wrong)
            self._captions[field].paint_as("high_text" if wrong else "dim")
            field.setAccessibleDescription("The lower end must be below the upper end." if wrong else "")
        self._captions[self.high].say("to  ⚠" if wrong else "to")

    def _as_in_use(self) -> None:
        for field, value in self._known.items():
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        self._mark_band(False)


def _number(least: float, most: float, decimals: int, unit: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(least, most)
    box.setSuffix(unit)
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.setKeyboardTracking(False)
    return box
