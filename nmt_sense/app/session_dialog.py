"""What is set before a session: limits, what is known of the client, feedback; and pedal, voice, practitioner."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QDialog, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from nmt_sense.app.keys import PEDAL_DOES
from nmt_sense.app.pedal import PedalButton
from nmt_sense.app.settings import QUIETEST, Pedal, Settings
from nmt_sense.app.widgets.captioned import Captioned
from nmt_sense.app.widgets.choice import Choice
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.field_group import FieldGroup
from nmt_sense.app.widgets.themed import Text, Themed
from nmt_sense.app.widgets.tick import Tick
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


class SessionDialog(QDialog, Themed):
    """Asks; :attr:`settled` tells what was wished for, and the settings keep the rest."""

    settled = pyqtSignal(object)
    """The wishes that were changed here; not told while a recording runs."""

    def __init__(self, parent: QWidget, wishes: Wishes, settings: Settings, recording: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("This session")
        self._settings, self._recording = settings, recording
        self.pain = _box(wishes.pain_ceiling or 7.0, 1.0, 10.0, "")
        self.force = _box(wishes.force_ceiling_n or 0.0, 0.0, MOST_N, " N", "none")
        self.threshold = _box(wishes.threshold_n or 0.0, 0.0, MOST_N, " N", "not known")
        self.tolerance = _box(wishes.tolerance_n or 0.0, 0.0, MOST_N, " N", "not known")
        self.maximum = _box(wishes.maximum_n or 0.0, 0.0, MOST_N, " N", "not known")
        self.schedule = Choice()
        self.bandwidth, self.fade = _box(4.0, 0.1, 1000.0, " N"), _box(4.0, 1.0, 10_000.0, " holds")
        self.fade.setDecimals(0)
        self._amounts = {
            Schedule.BANDWIDTH: Captioned(self.bandwidth, "How much"),
            Schedule.FADED: Captioned(self.fade, "How many"),
        }
        self.pedal, self.pedal_does = PedalButton(settings.pedal), Choice()
        self.practitioner = QLineEdit(settings.practitioner)
        self.voice = Tick("speak the phases, countdowns and a lost glove", 15)
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.problem = Text(14, "high_text", wrap=True)
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
            self.problem.setText(problem.replace("A participant", "A practitioner's", 1))
            self.problem.show()
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
        amount = {Schedule.BANDWIDTH: f":{self.bandwidth.value():g}", Schedule.FADED: f":{round(self.fade.value())}"}
        return plan_from(f"{chosen.value}{amount.get(chosen, '')}")

    def _fill(self, wishes: Wishes) -> None:
        for schedule, words in SCHEDULES.items():
            self.schedule.addItem(words, schedule)
        self.schedule.currentIndexChanged.connect(self._schedule_chosen)
        plan = wishes.feedback or FeedbackPlan()
        self.schedule.setCurrentIndex(list(SCHEDULES).index(plan.schedule))
        self._schedule_chosen()
        self.bandwidth.setValue(plan.bandwidth_n or self.bandwidth.value())
        self.fade.setValue(plan.fade_holds or self.fade.value())
        for action in PEDAL_DOES:
            self.pedal_does.addItem(action.value, action.name)
        self.pedal_does.setCurrentIndex(max(0, self.pedal_does.findData(self._settings.pedal.does)))
        self.voice.setChecked(self._settings.voice)
        self.volume.setRange(round(100 * QUIETEST), 100)
        self.volume.setValue(round(100 * self._settings.volume))
        self.practitioner.setToolTip(CODE_HINT)

    def _schedule_chosen(self) -> None:
        for schedule, amount in self._amounts.items():
            amount.setVisible(self.schedule.currentData() is schedule)

    def styled(self) -> None:
        """Apply margins and spacing."""
        super().styled()
        self._column.setContentsMargins(*map(self.px, (22, 20, 22, 16)))
        for spaced in (self._column, *self._columns):
            spaced.setSpacing(self.px(12))

    def _arrange(self) -> None:
        """What is of this session left, what stays for good right."""
        session = (
            FieldGroup(
                "Limits",
                [
                    [
                        Captioned(self.pain, "Pain above this ends a hold"),
                        Captioned(self.force, "Force above this sounds an alarm"),
                    ]
                ],
            ),
            FieldGroup(
                "The client",
                [
                    [
                        Captioned(self.threshold, "Pain threshold"),
                        Captioned(self.tolerance, "Pain tolerance"),
                        Captioned(self.maximum, "Maximum"),
                    ]
                ],
            ),
            FieldGroup(
                "Feedback", [[Captioned(self.schedule, "When force is shown and sounded"), *self._amounts.values()]]
            ),
        )
        for group in session:
            group.setEnabled(not self._recording)
        lasting = (
            FieldGroup("You", [[Captioned(self.practitioner, "Practitioner's code")]]),
            FieldGroup("Pedal", [[Captioned(self.pedal, "Its key"), Captioned(self.pedal_does, "What it does")]]),
            FieldGroup("Sound", [[Captioned(self.volume, "Volume, of the ceiling"), self.voice]]),
        )
        self.problem.setVisible(self._recording)
        self.problem.setText(LOCKED if self._recording else "")
        self._stack(session, lasting)

    def _stack(self, *columns: Sequence[QWidget]) -> None:
        """Columns of cards, and the buttons under them."""
        beside, self._columns = QHBoxLayout(), [QVBoxLayout() for _ in columns]
        for column, cards in zip(self._columns, columns, strict=True):
            for card in cards:
                column.addWidget(card, 1)
            beside.addLayout(column, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.problem, 1)
        buttons.addStretch()
        for button in self._buttons():
            buttons.addWidget(button)
        self._column = QVBoxLayout(self)
        self._column.addLayout(beside)
        self._column.addLayout(buttons)

    def _buttons(self) -> tuple[Button, Button]:
        keep, leave = Button(15), Button(15)
        keep.show_words("Keep", "Enter")
        leave.show_words("Leave as it was", "Esc")
        keep.setDefault(True)
        keep.clicked.connect(self.accept)
        leave.clicked.connect(self.reject)
        return keep, leave


def _box(value: float, least: float, most: float, unit: str, nothing: str = "") -> QDoubleSpinBox:
    """A number; with ``nothing`` the least one stands for none."""
    made = QDoubleSpinBox()
    made.setDecimals(1)
    made.setRange(least, most)
    made.setSuffix(unit)
    made.setSpecialValueText(nothing)
    made.setValue(value)
    return made
