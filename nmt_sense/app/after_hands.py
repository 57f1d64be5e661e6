"""Your own hands: what each part of the hand has pressed in a day, against a budget of your own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QScrollArea

from nmt_sense.analysis.hands import keep_budgets, read_budgets
from nmt_sense.app.after_page import AfterPage
from nmt_sense.app.after_reading import LoadsReader
from nmt_sense.app.widgets.captioned import Captioned
from nmt_sense.app.widgets.choice import Choice
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.load_rows import LoadRow, LoadRows
from nmt_sense.app.widgets.themed import Text
from nmt_sense.app.widgets.tick import Tick
from nmt_sense.coaching.own_hands import RecordingLoad, days
from nmt_sense.errors import NmtError
from nmt_sense.workspace import Workspace

BOTTOM = Qt.Alignment(Qt.AlignmentFlag.AlignBottom)
SHOW_EVERY_S = 0.3
EVERYBODY = "everybody"
UNNAMED = "no code given"
HONEST = (
    "The budget is your own and no medical limit; none is known. "
    "A load is force times time, in newton-seconds, while a sensor reads more than 1 N."
)


class HandsPage(AfterPage):
    """Reads all recordings once, the newest first; shows a day."""

    ended = pyqtSignal()

    def __init__(self, place: Workspace, sensors: Callable[[], Sequence[str]]) -> None:
        """``sensors``: names of those of the glove that is there."""
        super().__init__()
        self._place, self._sensors = place, sensors
        self.reader = LoadsReader(place, self)
        self.day, self.operator = Choice(), Choice()
        self.simulated, self.again = Tick("count recordings of a simulated glove, too", 15), Button(15)
        self.rows = LoadRows()
        self.advice, self.worth, self.honest = (
            Text(16, "high_text", bold=True, wrap=True),
            Text(14, "dim", wrap=True),
            Text(15, wrap=True),
        )
        self._budgets: dict[str, float] = {}
        self._locked, self._wanted, self._shown_s = False, "", 0.0
        self._furnish()
        self._arrange()

    def show_practitioner(self, code: str) -> None:
        """Who practises: only their recordings are counted, where there are any."""
        self._wanted = code

    def open(self) -> None:
        """Read what is new and show it."""
        try:
            self._budgets, self._locked = read_budgets(self._place), False
        except NmtError as error:
            self._locked = True
            self.said.emit(f"{error} Budgets cannot be changed until it is mended.", True)
        self.show_day()
        self.reader.start()

    def go(self) -> None:
        """Read again."""
        self.open()

    def look_to_first(self) -> None:
        """No field, for the keys that turn the pages are digits: a budget is typed into once it is chosen."""
        self.again.setFocus()

    def show_day(self) -> None:
        """Show what is known by now of the day chosen."""
        loads = [read for _, read in self.reader.read if isinstance(read, RecordingLoad)]
        self._fill(loads)
        day, who = self.day.currentData(), self.operator.currentText()
        dated = [load for load in loads if load.day == day and who in (EVERYBODY, load.operator or UNNAMED)]
        counted = [load for load in dated if self.simulated.isChecked() or not load.simulated]
        found = {one.sensor: one for one in days(counted, self._budgets)}
        sensors = dict.fromkeys((*self._sensors(), *found, *self._budgets))
        rows = [LoadRow(sensor, found.get(sensor), self._budgets.get(sensor, 0.0)) for sensor in sensors]
        self.rows.show_rows(rows, self._locked)
        self.advice.say(" ".join(one.advice for one in found.values() if one.advice))
        self.worth.say(" ".join(filter(None, self._notes(counted, len(dated) - len(counted)))))

    def _show_so_far(self) -> None:
        """Now and then while recordings are read."""
        if time.monotonic() - self._shown_s > SHOW_EVERY_S:
            self._shown_s = time.monotonic()
            self.show_day()

    def _notes(self, counted: Sequence[RecordingLoad], left_out: int) -> list[str]:
        """What is to be known of the numbers."""
        told = [f"{len(counted)} {'recording' if len(counted) == 1 else 'recordings'} counted."]
        worths = sorted({load.worth for load in counted if load.worth})
        told += [f"Forces are {worth} in {sum(load.worth == worth for load in counted)} of them." for worth in worths]
        if not any(sensor.impulse_ns > 0 for load in counted for sensor in load.sensors):
            told.append("Nothing was pressed in them." if counted else "")
        if left_out:
            told.append(f"Left out, as no hand pressed: {left_out} of a simulated glove.")
        if unread := sum(not isinstance(read, RecordingLoad) for _, read in self.reader.read):
            told.append(f"{unread} of all recordings cannot be read; nmt-sense verify says why.")
        if (missing := self.reader.count - len(self.reader.read)) > 0:
            told.append(f"{missing} recordings are not read yet, so something may be lacking.")
        return told

    def _fill(self, loads: Sequence[RecordingLoad]) -> None:
        """Days and practitioners that there are; today and everybody stand first."""
        today = date.today().isoformat()
        known = [today, *sorted({load.day for load in loads} - {today}, reverse=True)]
        _refill(self.day, [("today" if day == today else day, day) for day in known])
        codes = {load.operator or UNNAMED for load in loads}
        _refill(self.operator, [(code, code) for code in (EVERYBODY, *sorted(codes))])
        if self._wanted and (found := self.operator.findText(self._wanted)) > 0:
            self._wanted = ""
            self.operator.setCurrentIndex(found)

    def _budget_asked(self, sensor: str, value: float) -> None:
        try:
            self._budgets = keep_budgets(self._place, self._budgets | {sensor: value})
        except NmtError as error:
            self.said.emit(str(error), True)
        else:
            is_now = f"is {value:g} N·s a day, by your own choice" if value else "is taken back"
            self.said.emit(f"The budget of {sensor} {is_now}.", False)
        self.show_day()

    def _ended(self, whole: bool) -> None:
        self.show_day()
        self.ended.emit()
        if not whole:
            read = len(self.reader.read)
            self.said.emit(f"Left: {read} of {self.reader.count} recordings were read. F5 goes on.", False)

    def _failed(self, sentence: str) -> None:
        self.ended.emit()
        self.said.emit(sentence, True)

    def _furnish(self) -> None:
        self.again.show_words("Read again", "F5")
        self.honest.setText(HONEST)
        self.advice.setAccessibleName("Suggestion")
        self.worth.setAccessibleName("What is counted")
        self.reader.progress.connect(lambda _: self._show_so_far())
        self.reader.ended.connect(self._ended)
        self.reader.failed.connect(self._failed)
        self.rows.budget_asked.connect(self._budget_asked)
        self.simulated.toggled.connect(lambda _: self.show_day())
        self.again.clicked.connect(self.go)
        for field in (self.day, self.operator):
            field.activated.connect(lambda _: self.show_day())
        self._fill(())

    def _arrange(self) -> None:
        card, column = self.card()
        top = QHBoxLayout()
        top.addWidget(Captioned(self.day, "Day"), 2)
        top.addWidget(Captioned(self.operator, "Recorded by"), 2)
        top.addWidget(self.simulated, 4, BOTTOM)
        top.addWidget(self.again, 0, BOTTOM)
        scroll = QScrollArea()
        scroll.setWidget(self.rows)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields are reached
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll = scroll
        self._top = top
        column.addLayout(top)
        column.addSpacing(8)
        column.addWidget(scroll, 1)
        column.addWidget(self.advice)
        column.addWidget(self.honest)
        column.addWidget(self.worth)
        self.set_cards((card, 1))

    def styled(self) -> None:
        """Apply colours and sizes."""
        super().styled()
        self._top.setSpacing(self.px(18))
        for part in (self._scroll.viewport(), self.rows):
            assert part is not None
            part.setAutoFillBackground(False)  # a style sheet would keep what is in it from changing its colours


def _refill(field: QComboBox, wanted: Sequence[tuple[str, str]]) -> None:
    """Other entries; what was chosen stays chosen where it is still there."""
    if [(field.itemText(at), field.itemData(at)) for at in range(field.count())] == list(wanted):
        return
    chosen = field.currentData() or field.currentText()
    field.blockSignals(True)
    field.clear()
    for words, data in wanted:
        field.addItem(words, data)
    field.setCurrentIndex(max(0, field.findData(chosen)))
    field.blockSignals(False)
