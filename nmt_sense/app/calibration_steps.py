"""The page of a calibration that goes on: the step, the readings, the curve, and in the end the verdict."""

from __future__ import annotations

import math

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from nmt_sense.app.theme import font
from nmt_sense.app.widgets.calibration_chart import CalibrationChart
from nmt_sense.app.widgets.captioned import flat
from nmt_sense.app.widgets.controls import Button, FieldFrame
from nmt_sense.app.widgets.step_list import StepList
from nmt_sense.app.widgets.themed import Card, Text, Themed
from nmt_sense.app.widgets.work_bar import WorkBar
from nmt_sense.moment.picture import number
from nmt_sense.sensing.guided import LOADED, Moment

READY_WORDS = {True: "ready: take it", False: "ready: go on"}


class StepsPage(QWidget, Themed):
    """It changes nothing itself: the window gives it what to show."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.chart = StepList(), CalibrationChart()
        self.title, self.do, self.why = Text(26, bold=True), Text(19, wrap=True), Text(15, "dim", wrap=True)
        self.reading, self.reference = Text(26, bold=True), Text(26, bold=True)
        self.progress, self.field = WorkBar(), QLineEdit()
        self.take, self.back, self.anew, self.give_up = (Button(16) for _ in range(4))
        self._now, self._top, self._ground = QWidget(), Card(), Card()
        self._columns = [QVBoxLayout(card) for card in (self._top, self._ground)]
        self._frame = FieldFrame(self.field)
        self._furnish()
        self._arrange()

    def show_moment(self, moment: Moment, live_scale: bool) -> None:
        """Show one moment of a step."""
        step = moment.step
        if step is None:
            return
        self.title.say(step.title)
        self.do.say(step.do)
        self.why.say(f"Why: {step.why}")
        known = math.isfinite(moment.conductance_us)
        self.reading.say(f"{number(moment.conductance_us, 1)} µS" if known else "– µS")
        self.chart.show_now(moment.conductance_us)
        self._show_reference(moment, live_scale)
        loaded = step.kind in LOADED
        self._frame.setVisible(loaded)
        self.progress.show_work(moment.hint or READY_WORDS[loaded], moment.progress)
        self.take.show_words("Take it" if loaded else "Go on", "Enter")
        self.back.setEnabled(moment.number > 0)

    def _show_reference(self, moment: Moment, live_scale: bool) -> None:
        if moment.reference_n is not None:
            self.reference.say(f"{number(moment.reference_n, 2)} N")
        else:
            self.reference.say("– N" if live_scale else "typed")
        self.field.setPlaceholderText("as the scale" if moment.reference_n is not None else "N, or kg, g, lb")

    def show_working(self, words: str) -> None:
        """All steps are done; something takes a while."""
        self._now.setVisible(False)
        self._frame.hide()
        self.title.say(words)
        for part in (self.do, self.why):
            part.say("")
        self.setFocus()
        for button in (self.take, self.back, self.anew):
            button.setEnabled(False)

    def show_verdict(self, title: str, words: str, advice: str, take: str) -> None:
        """Show what came of it, and what Enter does now."""
        self._now.setVisible(False)
        self._frame.hide()
        self.title.say(title)
        self.do.say(words)
        self.why.say(advice)
        self.take.show_words(take, "Enter")
        for button in (self.take, self.back):
            button.setEnabled(True)
        self.anew.setEnabled(False)
        self.chart.show_now(math.nan)

    def show_steps_again(self) -> None:
        """Steps go on."""
        self._now.setVisible(True)
        for button in (self.take, self.anew):
            button.setEnabled(True)

    def look_to_enter(self) -> None:
        """Give the keyboard to where Enter does what comes next; never to whatever button happens to follow."""
        first = (self.field, self.take, self)
        next(part for part in first if part.isVisibleTo(self.window()) and part.isEnabled()).setFocus()

    def _furnish(self) -> None:
        for part, name in (
            (self.title, "Step"),
            (self.do, "What to do"),
            (self.why, "Why"),
            (self.reading, "The sensor reads"),
            (self.reference, "The scale shows"),
        ):
            part.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.field.setAccessibleName("What the scale shows")
        self.field.setFrame(False)
        self.back.show_words("Step back", "Page Up")
        self.anew.show_words("This step anew", "F5")
        self.give_up.show_words("Give up", "")

    def _arrange(self) -> None:
        top, ground = self._columns
        for part in (self.title, self.do, self.why):
            top.addWidget(part)
        row = QHBoxLayout(self._now)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(_captioned(self.reading, "sensor"), 2)
        row.addLayout(_captioned(self.reference, "scale"), 2)
        row.addWidget(self.progress, 6)
        top.addWidget(self._now)
        buttons = QHBoxLayout()
        buttons.addWidget(self._frame)
        for button in (self.take, self.back, self.anew):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.give_up)
        top.addLayout(buttons)
        ground.addWidget(self.chart)
        right = QVBoxLayout()
        right.addWidget(self._top)
        right.addWidget(self._ground, 1)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.steps)
        self._row.addLayout(right, 1)

    def styled(self) -> None:
        """Apply sizes."""
        for column in self._columns:
            column.setContentsMargins(self.px(20), self.px(14), self.px(20), self.px(14))
            column.setSpacing(self.px(8))
        self._row.setSpacing(self.px(14))
        self.steps.setFixedWidth(self.px(250))
        flat(self.field, self.theme.panel)
        self.field.setFont(font(self.px(18)))
        self.field.setFixedHeight(self.px(34))
        self._frame.setFixedWidth(self.px(190))


def _captioned(part: Text, caption: str) -> QVBoxLayout:
    label = Text(13, "dim")
    label.setText(caption)
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(label)
    column.addWidget(part)
    return column
