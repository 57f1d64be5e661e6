"""Words for pressure: the exercise, the scale that is made of it, and a teacher's beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QLineEdit, QSpinBox, QStackedWidget, QVBoxLayout, QWidget

from nmt_sense.analysis.scales import UNORDERED, keep_scale, named, practitioners, scale_of
from nmt_sense.app.after_page import AfterPage, mean_text
from nmt_sense.app.after_reading import Opened
from nmt_sense.app.widgets.captioned import Captioned
from nmt_sense.app.widgets.choice import Choice
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.press_table import PressRow, PressTable
from nmt_sense.app.widgets.scale_chart import ScaleChart
from nmt_sense.app.widgets.themed import Text
from nmt_sense.coaching.template import Pressed
from nmt_sense.coaching.words import EACH, FIVE, TECHNIQUE, Difference, Scale, compare, exercise, read_scale
from nmt_sense.errors import NmtError
from nmt_sense.moment.numbers import number
from nmt_sense.workspace import Workspace

HEADINGS = (
    ("", "Number of the press"),
    ("asked for", "The word that was asked for"),
    ("meant N", "Median force of the middle of the press, with its uncertainty"),
    ("lasts", "From contact to letting go"),
)
NOBODY = "nobody"
HOW = (
    "This recording is not the exercise. Choose its technique, record it, and press as hard as the word on the screen "
    "says, three seconds each: {count} presses, two minutes. Force is not shown meanwhile. Then come back here."
)
OWN_ORDER = "The live window asks for the five words it knows. With words of your own, press in this order:"


class WordsPage(AfterPage):
    """Left the exercise and its presses, right the scale."""

    use_asked = pyqtSignal(str)
    """Have this technique chosen."""
    kept = pyqtSignal(str)
    """Whose scale was made."""

    def __init__(self, place: Workspace) -> None:
        super().__init__()
        self._place, self._code = place, ""
        self._opened: Opened | None = None
        self.practitioner, self.names, self.seed = QLineEdit(), QLineEdit(", ".join(FIVE)), QSpinBox()
        self.table, self.chart = PressTable("Presses of the exercise", HEADINGS, left=(0, 1)), ScaleChart()
        self.how, self.order, self.count = Text(16, wrap=True), Text(15, "dim", wrap=True), Text(15, wrap=True)
        self.whose, self.beside = Choice(), Choice()
        self.make, self.choose = Button(16), Button(16)
        self.told = Text(15, "dim", wrap=True)
        self._kinds = QStackedWidget()
        self._furnish()
        self._arrange()
        self.show_scales()

    @property
    def is_exercise(self) -> bool:
        """The recording that is open is one of the exercise."""
        return self._opened is not None and self._opened.found.technique == TECHNIQUE

    def show_recording(self, opened: Opened | None) -> None:
        """Its presses with the words that were asked for; all are ticked."""
        self._opened = opened
        presses = opened.found.presses if opened and self.is_exercise else []
        ticked = frozenset(press.hold.number for press in presses)
        self.table.presses.show([_row(press, "") for press in presses], ticked)
        if opened and opened.found.operator and not self.practitioner.text():
            self.practitioner.setText(opened.found.operator)
        self._show_exercise()

    def show_practitioner(self, code: str) -> None:
        """Who practises, as the live window knows."""
        if code and code != self._code:
            self._code = code
            self.practitioner.setText(code)
            self.show_scales(code)

    def show_scales(self, whose: str = "") -> None:
        """The scales that the workspace has; that of ``whose`` is shown, or the one shown before."""
        known = practitioners(self._place.root)
        wanted, beside = whose or self.whose.currentText(), self.beside.currentText()
        for field, names, kept in ((self.whose, known, wanted), (self.beside, [NOBODY, *known], beside)):
            field.blockSignals(True)
            field.clear()
            field.addItems(names)
            field.setCurrentIndex(max(0, field.findText(kept)))
            field.blockSignals(False)
        self._show_scale()

    def go(self) -> None:
        """Make the scale, or have the exercise chosen."""
        if not self.is_exercise:
            self.use_asked.emit(TECHNIQUE)
            return
        assert self._opened is not None
        try:
            scale = scale_of(
                self._opened.found,
                self.practitioner.text().strip(),
                names=named(self.names.text()),
                seed=self.seed.value(),
                presses=self._chosen,
            )
            older = keep_scale(self._place.root, scale)
        except NmtError as error:
            if len(self._chosen) == len(self._asked):
                self.practitioner.setFocus()
            self.said.emit(self._miscounted or str(error), True)
            return
        self.show_scales(scale.practitioner)
        self.kept.emit(scale.practitioner)
        before = f" The scale before it is kept as {older.name}." if older else ""
        self.said.emit(f"The scale of {scale.practitioner} is made.{before}", False)

    def all_or_none(self) -> None:
        """Tick all presses, or none."""
        self.table.presses.turn_all()

    def look_to_first(self) -> None:
        """Where one begins."""
        if self.is_exercise:
            self.table.look_to()
        else:
            self.choose.setFocus()

    @property
    def _chosen(self) -> list[Pressed]:
        ticked = self.table.presses.ticked
        return [press for press in self._opened.found.presses if press.hold.number in ticked] if self._opened else []

    @property
    def _asked(self) -> list[str]:
        """Words in the order they were asked for; none while the names cannot be."""
        try:
            return exercise(named(self.names.text()), seed=self.seed.value())
        except NmtError:
            return []

    @property
    def _miscounted(self) -> str:
        """What to do where the presses are not as many as the words; empty when they are."""
        asked, found = len(self._asked), len(self._chosen)
        if not asked or asked == found:
            return ""
        there = len(self.table.presses.rows)
        if there < asked:
            were = f"{there} {'press was' if there == 1 else 'presses were'} found"
            return f"{were}, but the exercise asks for {asked}: do it once more, and let go after each press."
        ticked = f"{found} {'press is' if found == 1 else 'presses are'} ticked, but the exercise asks for {asked}"
        if found < asked:
            return f"{ticked}: tick {asked - found} more."
        more = found - asked
        return f"{ticked}: untick {more} that {'was' if more == 1 else 'were'} no answer to a word."

    def _show_exercise(self) -> None:
        asked = self._asked
        self._kinds.setCurrentIndex(0 if self.is_exercise else 1)
        self.make.setVisible(self.is_exercise)
        self.choose.setVisible(not self.is_exercise)
        self.how.say(HOW.format(count=len(asked) or len(FIVE) * EACH))
        own = asked != exercise()
        order = " · ".join(f"{number} {word}" for number, word in enumerate(asked, 1))
        self.order.say(f"{OWN_ORDER} {order}" if own and asked else "")
        self._show_words(asked)

    def _show_words(self, asked: Sequence[str]) -> None:
        """Give each ticked press the word that was asked for."""
        if not self.is_exercise:
            self.count.say("")
            return
        assert self._opened is not None
        words, ticked = iter(asked), self.table.presses.ticked
        presses = self._opened.found.presses
        self.table.presses.rewrite(
            [_row(press, next(words, "?") if press.hold.number in ticked else "–") for press in presses]
        )
        wrong = "" if asked else "Give two or more different words, with commas between."
        self.count.say(self._miscounted or wrong or f"{len(asked)} presses for {len(set(asked))} words: all are there.")
        self.count.paint_as("high_text" if self._miscounted or wrong else "text")
        self.make.setEnabled(not self._miscounted and not wrong)

    def _show_scale(self) -> None:
        try:
            scale = read_scale(self._place.root, self.whose.currentText()) if self.whose.currentText() else None
            beside = self.beside.currentText()
            other = read_scale(self._place.root, beside) if scale and beside not in ("", NOBODY) else None
            self.chart.show_scale(scale, other)
        except NmtError as error:
            self.told.say(str(error))
            self.told.paint_as("high_text")
            return
        self.told.say(_worth(scale, other) if scale else "")
        self.told.paint_as("high_text" if scale and not scale.ordered else "dim")

    def _furnish(self) -> None:
        self.table.divide((40, 0, 90, 84))
        self.seed.setRange(0, 9999)
        self.practitioner.setPlaceholderText("a code, never a name")
        self.make.show_words("Make the scale", "Enter")
        self.choose.show_words("Choose the exercise", "Enter")
        self.count.setAccessibleName("Presses of the exercise, counted")
        self.how.setAccessibleName("The exercise")
        self.table.presses.ticks_changed.connect(self._show_exercise)
        self.names.textChanged.connect(lambda _: self._show_exercise())
        self.seed.valueChanged.connect(lambda _: self._show_exercise())
        self.make.clicked.connect(self.go)
        self.choose.clicked.connect(self.go)
        for field in (self.whose, self.beside):
            field.activated.connect(lambda _: self._show_scale())

    def _arrange(self) -> None:
        left, exercise_ = self.card()
        right, shown = self.card()
        fields, buttons, scales = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        fields.addWidget(Captioned(self.practitioner, "Practitioner's code"), 3)
        fields.addWidget(Captioned(self.names, "Words, from the least on"), 5)
        fields.addWidget(Captioned(self.seed, "Order"), 1)
        how = QWidget()
        told = QVBoxLayout(how)
        told.setContentsMargins(0, 6, 0, 0)
        told.addWidget(self.how)
        told.addWidget(self.order)
        told.addStretch(1)
        self._kinds.addWidget(self.table)
        self._kinds.addWidget(how)
        buttons.addWidget(self.make)
        buttons.addWidget(self.choose)
        buttons.addStretch(1)
        exercise_.addLayout(fields)
        exercise_.addWidget(self._kinds, 1)
        exercise_.addWidget(self.count)
        exercise_.addLayout(buttons)
        scales.addWidget(Captioned(self.whose, "Scale of"), 1)
        scales.addWidget(Captioned(self.beside, "Compared with"), 1)
        shown.addLayout(scales)
        shown.addWidget(self.chart, 1)
        shown.addWidget(self.told)
        self.set_cards((left, 5), (right, 6))


def _row(press: Pressed, word: str) -> PressRow:
    hold = press.hold
    lasts = f"{number(hold.end_s - hold.start_s, 1)} s"
    return PressRow(hold.number, (str(hold.number), word, mean_text(press.meant_n, press.meant_uncertainty_n), lasts))


def _worth(scale: Scale, other: Scale | None) -> str:
    """What is to be known of a scale, and of one beside it."""
    told = [] if scale.ordered else [UNORDERED]
    told += [_pressed(one) for one in (scale, other) if one is not None]
    if other is not None and other.contact != scale.contact:
        told.append("Other parts of the hand pressed, so the words may well differ.")
    told.append("± is the 95 % band.")
    if other is not None:
        told.append(_telling(compare(scale, other)))
    return " ".join(told)


def _telling(found: Sequence[Difference]) -> str:
    """How far apart each word must be, those alike together."""
    alike: dict[str, list[str]] = {}
    for one in found:
        alike.setdefault(one.telling, []).append(one.name)
    words = "; ".join(f"{', '.join(names)} {percent}" for percent, names in alike.items())
    return f"Where gloves or calibrations differ, less than so much apart tells nothing: {words}."


def _pressed(scale: Scale) -> str:
    return f"{scale.practitioner} pressed with {scale.contact} (calibration: {scale.calibration})."
