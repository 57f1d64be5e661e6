"""Follow the expert: presses of a recording become a technique whose target moves as the force did."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLineEdit

from nmt_sense.analysis.expert import TOLERANCE_N, keep_template, template_of
from nmt_sense.app.after_page import AfterPage, mean_text
from nmt_sense.app.after_reading import Opened
from nmt_sense.app.widgets.captioned import Captioned
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.force_preview import ForcePreview, Traced
from nmt_sense.app.widgets.holds_list import ENDS
from nmt_sense.app.widgets.press_table import PressRow, PressTable
from nmt_sense.app.widgets.themed import Text
from nmt_sense.coaching.technique import list_techniques
from nmt_sense.coaching.template import EVERY_S, Pressed
from nmt_sense.errors import NmtError
from nmt_sense.holds import Hold
from nmt_sense.moment.numbers import number
from nmt_sense.units import minutes_seconds
from nmt_sense.workspace import Workspace

HEADINGS = (
    ("", "Number of the press"),
    ("at", "When it began"),
    ("lasts", "From contact to letting go"),
    ("mean N", "Mean force in the band, with its uncertainty"),
    ("peak N", "Largest force, with its uncertainty"),
    ("end", "How it ended"),
)
NONE_YET = (
    "There is no recording in this workspace yet: Space in the live window makes one; O opens one from elsewhere."
)
NOTHING_PRESSED = "In this recording nothing was pressed, so there is nothing to follow; O opens another one."
TICK = (
    "Space ticks a press, A all or none. One press can be followed as often as you like, several in a row with rests."
)
HONEST = (
    "The target is the force that was measured, not what the expert meant; where the forces are not calibrated alike, "
    "following it means another force."
)


class ExpertPage(AfterPage):
    """Left the presses, right what is made of those ticked."""

    made = pyqtSignal(str, str)
    """Name and title of a new technique."""
    use_asked = pyqtSignal(str)

    def __init__(self, place: Workspace) -> None:
        super().__init__()
        self._place = place
        self._opened: Opened | None = None
        self.table, self.preview = PressTable("Presses of this recording", HEADINGS, left=(0, 1)), ForcePreview()
        self.name, self.tolerance = QLineEdit(), QDoubleSpinBox()
        self.make, self.use = Button(16), Button(16)
        self.told, self.tick, self.honest = Text(15, wrap=True), Text(14, "dim", wrap=True), Text(14, "dim", wrap=True)
        self._last_made = ""
        self._furnish()
        self._arrange()

    def show_recording(self, opened: Opened | None) -> None:
        """Its presses; the last whole one is ticked."""
        self._opened = opened
        presses = opened.found.presses if opened else []
        rows = [_row(press) for press in presses]
        possible = [row.number for row in rows if not row.problem]
        self.table.presses.show(rows, frozenset(possible[-1:]))
        self.name.setText(_free_name(opened, list_techniques([self._place.techniques])) if opened and presses else "")
        self._show_chosen()

    def go(self) -> None:
        """Make the technique, or say why not."""
        if self._opened is None or not self._chosen:
            self.said.emit(self.told.text(), True)
            return
        try:
            made = template_of(
                self._opened.found,
                self._opened.path.stem,
                {press.hold.number for press in self._chosen},
                name=self.name.text().strip(),
                tolerance_n=self.tolerance.value(),
            )
            keep_template(self._place, made)
        except NmtError as error:
            self.name.setFocus()
            self.name.selectAll()
            self.said.emit(str(error), True)
            return
        self._last_made = made.name
        self.use.show_words(f"Use {made.name} now", "")
        self.use.show()
        self.use.setFocus()
        self.made.emit(made.name, made.title)
        self.said.emit(
            f"Made: {made.name}, now in the list of techniques (C). The score of a hold is its match.", False
        )

    def all_or_none(self) -> None:
        """Tick all presses, or none."""
        self.table.presses.turn_all()

    def look_to_first(self) -> None:
        """The last press is mostly the one that is meant."""
        self.table.look_to(len(self.table.presses.rows) - 1)

    @property
    def _chosen(self) -> list[Pressed]:
        ticked = self.table.presses.ticked
        return [press for press in self._opened.found.presses if press.hold.number in ticked] if self._opened else []

    def _show_chosen(self) -> None:
        chosen = self._chosen
        first_s = chosen[0].hold.start_s if chosen else 0.0
        traced = [
            Traced(press.hold.number, press.hold.start_s - first_s, EVERY_S, tuple(press.force_n), _peak(press.hold))
            for press in chosen
        ]
        self.preview.show_presses(traced, self.tolerance.value())
        self.make.setEnabled(bool(chosen))
        self.use.hide()
        self.told.say(self._words(traced))

    def _words(self, traced: list[Traced]) -> str:
        if self._opened is None:
            return NONE_YET
        if not self._opened.found.presses:
            return NOTHING_PRESSED
        if not traced:
            return "Tick the press that is to be followed."
        lasts = number(traced[-1].end_s, 1)
        if len(traced) == 1:
            return f"Press {traced[0].number}: {lasts} s, up to {traced[0].peak} N."
        rests = "a rest" if len(traced) == 2 else f"{len(traced) - 1} rests"
        return f"{len(traced)} presses with {rests} between them: {lasts} s, followed once."

    def _furnish(self) -> None:
        self.table.divide((34, 58, 72, 104, 104, 0))
        self.tolerance.setRange(0.1, 100.0)
        self.tolerance.setDecimals(1)
        self.tolerance.setValue(TOLERANCE_N)
        self.tolerance.setSuffix(" N")
        self.name.setPlaceholderText("letters, digits, - and _")
        self.name.setMaxLength(80)
        self.make.show_words("Make the technique", "Enter")
        self.use.hide()
        self.tick.setText(TICK)
        self.honest.setText(HONEST)
        self.told.setAccessibleName("What is chosen")
        self.table.presses.ticks_changed.connect(self._show_chosen)
        self.tolerance.valueChanged.connect(lambda _: self._show_chosen())
        self.make.clicked.connect(self.go)
        self.use.clicked.connect(lambda: self.use_asked.emit(self._last_made))

    def _arrange(self) -> None:
        left, presses = self.card()
        right, made = self.card()
        presses.addWidget(_heading("Presses"))
        presses.addWidget(self.table, 1)
        presses.addWidget(self.tick)
        made.addWidget(_heading("The force to follow"))
        made.addWidget(self.preview, 1)
        made.addWidget(self.told)
        fields, buttons = QHBoxLayout(), QHBoxLayout()
        fields.addWidget(Captioned(self.name, "Name of the technique"), 3)
        fields.addWidget(Captioned(self.tolerance, "How far off it may be followed"), 2)
        buttons.addWidget(self.make)
        buttons.addWidget(self.use)
        buttons.addStretch(1)
        made.addLayout(fields)
        made.addLayout(buttons)
        made.addWidget(self.honest)
        self.set_cards((left, 5), (right, 6))


def _heading(words: str) -> Text:
    made = Text(18, bold=True)
    made.setText(words)
    return made


def _row(press: Pressed) -> PressRow:
    hold = press.hold
    problem = f"{hold.missing_s:.2f} s of its data are missing; a template must be whole" if hold.missing_s > 0 else ""
    return PressRow(
        hold.number,
        (
            str(hold.number),
            minutes_seconds(hold.start_s),
            f"{number(hold.end_s - hold.start_s, 1)} s",
            mean_text(hold.mean_n, hold.mean_uncertainty_n),
            _peak(hold),
            "missing" if problem else ENDS[hold.end],
        ),
        problem,
    )


def _peak(hold: Hold) -> str:
    return mean_text(hold.peak_n, hold.peak_uncertainty_n)


def _free_name(opened: Opened, taken: Sequence[str]) -> str:
    """A name to begin with: the technique's, as an expert did it."""
    stem = re.sub(r"[^\w-]+", "-", opened.found.technique)[:60].strip("-") or "hold"
    first = f"expert-{stem.removeprefix('expert-')}"
    return next(name for name in (first, *(f"{first}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
