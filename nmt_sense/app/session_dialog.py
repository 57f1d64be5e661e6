"""What is set before a session: limits, what is known of the client, feedback; and pedal, voice, practitioner."""

from __future__ import annotations

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from nmt_sense.app.keys import PEDAL_DOES
from nmt_sense.app.pedal import PedalButton
from nmt_sense.app.settings import QUIETEST, Pedal, Settings
from nmt_sense.app.wishes import Wishes
from nmt_sense.coaching.feedback import FeedbackPlan, Schedule, plan_from
from nmt_sense.participant import CODE_HINT, code_problem

MOST_N = 500.0
SCHEDULES = {
    Schedule.CONSTANT: "constant: in every hold",
    Schedule.BANDWIDTH: "bandwidth: only for errors larger than",
    Schedule.FADED: "faded: from all to none, over",
    Schedule.ON_REQUEST: "on request: R asks for it",
    Schedule.NONE: "none: a retention test, always blinded",
    Schedule.TERMINAL: "terminal: blinded in a hold, shown after it",
}
LOCKED = "While a recording runs, limits, the client's numbers and feedback stay as they are."


class SessionDialog(QDialog):
    """Asks; :attr:`settled` tells what was wished for, and the settings keep the rest."""

    settled = pyqtSignal(object)
    """The wishes that were changed here; not told while a recording runs."""

    def __init__(self, parent: QWidget, wishes: Wishes, settings: Settings, recording: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("This session")
        self._settings, self._recording = settings, recording
        self.pain = _box(wishes.pain_ceiling or 7.0, 1.0, 10.0, "", "Pain ceiling")
        self.force = _box(wishes.force_ceiling_n or 0.0, 0.0, MOST_N, " N", "Force ceiling", "none")
        self.threshold = _box(wishes.threshold_n or 0.0, 0.0, MOST_N, " N", "Pain threshold", "not known")
        self.tolerance = _box(wishes.tolerance_n or 0.0, 0.0, MOST_N, " N", "Pain tolerance", "not known")
        self.maximum = _box(wishes.maximum_n or 0.0, 0.0, MOST_N, " N", "Maximum", "not known")
        self.schedule, self.amount = QComboBox(), _box(4.0, 1.0, 1000.0, " N", "Amount of the schedule")
        self.pedal, self.pedal_does = PedalButton(settings.pedal), QComboBox()
        self.practitioner = QLineEdit(settings.practitioner)
        self.voice, self.volume = (
            QCheckBox("speak the phases, countdowns and a lost glove"),
            QSlider(Qt.Orientation.Horizontal),
        )
        self.problem = QLabel()
        self._fill(wishes)
        self._began = self.wishes
        """As the fields showed it: what is only rounded there is no wish."""
        self._arrange()

    @property
    def wishes(self) -> Wishes:
        """What the fields say now."""
        return Wishes(
            self.pain.value(),
            self.force.value(),
            self.threshold.value(),
            self.tolerance.value(),
            self.maximum.value(),
            self._plan(),
        )

    def accept(self) -> None:
        """Keep what is kept for good, tell what is wished for; a wrong code keeps the dialog open."""
        code = self.practitioner.text().strip()
        if code and (problem := code_problem(code)):
            self.problem.setText(problem)
            self.practitioner.setFocus()
            return
        self._settings.practitioner = code
        learned = self.pedal.pedal
        self._settings.pedal = Pedal(learned.key, learned.native, learned.name, self.pedal_does.currentData())
        self._settings.voice = self.voice.isChecked()
        self._settings.volume = self.volume.value() / 100
        self.settled.emit(None if self._recording else self.wishes.changed_from(self._began))
        super().accept()

    def _plan(self) -> FeedbackPlan:
        chosen: Schedule = self.schedule.currentData()
        amount = {Schedule.BANDWIDTH: f":{self.amount.value():g}", Schedule.FADED: f":{round(self.amount.value())}"}
        return plan_from(f"{chosen.value}{amount.get(chosen, '')}")

    def _fill(self, wishes: Wishes) -> None:
        for schedule, words in SCHEDULES.items():
            self.schedule.addItem(words, schedule)
        self.schedule.currentIndexChanged.connect(self._schedule_chosen)
        plan = wishes.feedback or FeedbackPlan()
        self.schedule.setCurrentIndex(list(SCHEDULES).index(plan.schedule))
        self._schedule_chosen()
        self.amount.setValue(plan.bandwidth_n or plan.fade_holds or 4.0)
        for action in PEDAL_DOES:
            self.pedal_does.addItem(action.value, action.name)
        self.pedal_does.setCurrentIndex(max(0, self.pedal_does.findData(self._settings.pedal.does)))
        self.voice.setChecked(self._settings.voice)
        self.volume.setRange(round(100 * QUIETEST), 100)
        self.volume.setValue(round(100 * self._settings.volume))
        self.practitioner.setToolTip(CODE_HINT)

    def _schedule_chosen(self) -> None:
        chosen = self.schedule.currentData()
        self.amount.setVisible(chosen in (Schedule.BANDWIDTH, Schedule.FADED))
        self.amount.setSuffix(" N" if chosen is Schedule.BANDWIDTH else " holds")
        self.amount.setDecimals(1 if chosen is Schedule.BANDWIDTH else 0)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(9)
        limits = (
            ("Pain above this ends a hold", self.pain),
            ("Force above this sounds an alarm", self.force),
            ("The client's pain threshold", self.threshold),
            ("The client's pain tolerance", self.tolerance),
            ("The client's maximum", self.maximum),
            ("Feedback", _beside(self.schedule, self.amount)),
        )
        for words, field in limits:
            form.addRow(_named(words, field), field)
            field.setEnabled(not self._recording)
        for words, field in (
            ("Practitioner's code", self.practitioner),
            ("Pedal", _beside(self.pedal, self.pedal_does)),
            ("Voice", self.voice),
            ("Volume, of the ceiling", self.volume),
        ):
            form.addRow(_named(words, field), field)
        for field, name in ((self.schedule, "Feedback"), (self.pedal_does, "What the pedal does")):
            field.setAccessibleName(name)
        self.problem.setText(LOCKED if self._recording else "")
        self.problem.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(16)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addWidget(self._buttons())

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButtons()
        kinds |= QDialogButtonBox.StandardButton.Ok
        kinds |= QDialogButtonBox.StandardButton.Cancel
        made = QDialogButtonBox(kinds)
        for button in made.buttons():
            button.setIcon(QIcon())
        made.accepted.connect(self.accept)
        made.rejected.connect(self.reject)
        return made


def _box(value: float, least: float, most: float, unit: str, name: str, nothing: str = "") -> QDoubleSpinBox:
    """A number; with ``nothing`` the least one stands for none."""
    made = QDoubleSpinBox()
    made.setDecimals(1)
    made.setRange(least, most)
    made.setSuffix(unit)
    made.setSpecialValueText(nothing)
    made.setValue(value)
    made.setAccessibleName(name)
    return made


def _beside(*fields: QWidget) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    for field in fields:
        row.addWidget(field)
    row.addStretch(1)
    return made


def _named(words: str, field: QWidget) -> QLabel:
    """A label, and its words as the field's name unless it has one."""
    made = QLabel(words)
    if not field.accessibleName():
        field.setAccessibleName(words)
    return made
