"""The two pages: for the desk, and for three metres away."""

from __future__ import annotations

import math
from dataclasses import replace

from PyQt5.QtCore import QRect
from PyQt5.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from nmt_sense.app.ghost import ghost
from nmt_sense.app.source import TraceSource
from nmt_sense.app.widgets.course_bar import CourseBar
from nmt_sense.app.widgets.digits import Clock, ForceReadout
from nmt_sense.app.widgets.freeze import Freeze
from nmt_sense.app.widgets.hand import Hand
from nmt_sense.app.widgets.header import Header
from nmt_sense.app.widgets.holds_list import HoldsList
from nmt_sense.app.widgets.ring import Ring
from nmt_sense.app.widgets.strip import AHEAD_S, Mark, Strip
from nmt_sense.app.widgets.tape import Tape
from nmt_sense.app.widgets.themed import Card, LinesText, ShortenedText, Text, Themed, WrappedText
from nmt_sense.app.widgets.word import Word
from nmt_sense.app.worth import holds_title, pressure, sensors_title, worth
from nmt_sense.coaching.words import Scale as WordScale
from nmt_sense.moment.course_line import NOTHING, Earlier, course
from nmt_sense.moment.picture import Picture, Tone
from nmt_sense.moment.saying import pressing
from nmt_sense.state import LiveState

MOVED_SHARE = 0.02
"""Of the scales: a force that has moved so far is followed by its digits at once, not at the pace of what is quiet."""
TOLD, GAP = 106, 4
"""Height of what is said under the word at 1366 × 768, and the air above each of its parts, pixels."""


def ceiling_of(state: LiveState) -> float:
    """The force ceiling, N; infinite without one."""
    ceiling_n = state.plan.force_ceiling_n if state.plan else None
    return math.inf if ceiling_n is None else ceiling_n


class DeskPage(QWidget, Themed):
    """Everything at one glance: word, ring, tape; and quietly hand, holds, trace."""

    def __init__(self) -> None:
        super().__init__()
        self.header, self.hand, self.tape, self.ring = Header(), Hand(), Tape(), Ring()
        self.force, self.word, self.holds, self.strip = ForceReadout(), Word(), HoldsList(), Strip()
        self.freeze, self._advice, self.course = Freeze(), QStackedWidget(), CourseBar()
        self.say, self.sentence = LinesText(20), WrappedText(20, "dim")
        self.say.setAccessibleName("What this phase is")
        self.sentence.setAccessibleName("In words")
        self.scale_of_words: WordScale | None = None
        """The practitioner's words for pressure, shown beside newtons."""
        self.earlier: Earlier = NOTHING
        """What recordings have measured of this client."""
        self.contact, self.contact_caption = Text(16, bold=True), Text(14, "dim")
        self.holds_caption = ShortenedText(14, "dim", bold=True)
        self.contact_caption.setText("contact")
        self.sensors_caption = Text(14, "dim")
        self.sensors_caption.setAccessibleName("What the numbers on the hand are")
        self.pressure = WrappedText(14, "dim")
        self.pressure.setAccessibleName("Nominal pressure")
        self.holds_caption.setText("Holds")
        for part in (self.holds_caption, self.sensors_caption, self.pressure):  # what they say moves nothing
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._told = QWidget()
        self._shown_n = math.nan
        self._grid = QGridLayout(self)
        self._cards: list[QVBoxLayout] = []
        self._arrange()

    def show_moment(self, state: LiveState, shown: Picture, paced: bool) -> None:
        """Draw one moment; ``paced`` says that it is time for the numbers to follow."""
        numbers = paced or self._moved(state, shown)
        if numbers:
            self._show_force(state, shown)
        self.ring.show_picture(self._with_force(shown))
        self.word.show_picture(shown)
        self.sentence.say(shown.sentence)
        if shown.frozen:
            self.freeze.show_picture(shown)
        self._advice.setCurrentIndex(1 if shown.frozen else 0)
        self.tape.show_target(shown.low_n, shown.high_n, shown.top_n, ceiling_of(state))
        self.tape.show_force(state.contact_n, state.contact_uncertainty_n, shown)
        self._show_strip(state, shown)
        self.hand.show_sensors(state.info.sensor_names if state.info else (), state.contact_sensors)
        seen = not shown.hidden
        forces, halves = (state.newtons, state.uncertainty_n) if seen else ((), ())
        self.hand.show_forces(forces, halves, shown.tone, numbers)
        if paced:
            self._show_numbers(state, shown)

    def _moved(self, state: LiveState, shown: Picture) -> bool:
        """The force has left the one in digits by more than an eye may see: one moment has one force."""
        return abs(state.contact_n - self._shown_n) > MOVED_SHARE * shown.top_n

    def _show_force(self, state: LiveState, shown: Picture) -> None:
        """The contact force in digits, and what the ones on the hand are."""
        self._shown_n = state.contact_n
        scale = self.scale_of_words if pressing(state.progress) else None
        word = scale.word_for(state.contact_n) if scale else ""
        self.force.show_force(state.contact_n, state.contact_uncertainty_n, shown, word)
        self.sensors_caption.say(sensors_title(() if shown.hidden else state.newtons, state.uncertainty_n))

    def _with_force(self, shown: Picture) -> Picture:
        """Where the ring shows the force too, it is the one below it."""
        if not shown.held_is_force:
            return shown
        return replace(shown, held=self.force.digits, under=f"{self.force.half} N just now")

    def show_trace(self, trace: TraceSource, state: LiveState, marks: list[Mark]) -> None:
        """Draw the curve and a moving target up to now, with marks at times of the curve's axis."""
        if (made := ghost(state, AHEAD_S)) is not None or self.strip.plot.ground.ghost is not None:
            self.strip.plot.set_ghost(made)
        self.strip.show_trace(trace, state.info.period_s if state.info else 0.004, marks)

    def _show_strip(self, state: LiveState, shown: Picture) -> None:
        ahead_s = AHEAD_S if shown.moving else 0.0
        low_n, high_n = (math.nan, math.nan) if shown.moving else (shown.low_n, shown.high_n)
        self.strip.show_target(low_n, high_n, shown.top_n, ahead_s)
        if shown.hidden or not shown.moving:
            self.strip.plot.set_ghost(None)
        self.strip.hide_trace(shown.hidden)
        self.strip.show_tone(shown.tone)

    def _show_numbers(self, state: LiveState, shown: Picture) -> None:
        self.contact.say(state.contact.capitalize())
        self.say.say("" if shown.tone is Tone.STALE else shown.say)
        self.course.show_course(course(state, self.earlier))
        self.holds.show_holds(state, shown.tone, shown.hidden)
        self.holds_caption.say(holds_title(state))
        self.pressure.setVisible(state.contact_area is not None)
        self.pressure.say(pressure(state))
        self.tape.say_value()
        self._fit_told()
        self.strip.describe(f"Now {self.force.text()}, {shown.word}, {shown.sentence}")

    def _fit_told(self) -> None:
        """Room for all that is said; the word above gives way."""
        needed = self.say.height() + self.sentence.needed() + 2 * GAP
        room = self._advice.height() - self.word.minimumSizeHint().height()
        self._told.setFixedHeight(max(self.px(TOLD), min(needed, room)))

    def styled(self) -> None:
        """Apply margins and spacing."""
        self._grid.setHorizontalSpacing(self.px(22))
        self._grid.setVerticalSpacing(self.px(14))
        for card in self._cards:
            card.setContentsMargins(self.px(16), self.px(14), self.px(16), self.px(14))
        self._told.setFixedHeight(self.px(TOLD))
        self.pressure.setFixedHeight(2 * self.pressure.fontMetrics().lineSpacing())
        self.strip.setFixedHeight(self.px(150))
        self.header.setFixedHeight(self.px(36))

    def _arrange(self) -> None:
        grid = self._grid
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.header, 0, 0, 1, 4)
        grid.addWidget(self._hand_card(), 1, 0)
        grid.addWidget(self.tape, 1, 1)
        grid.addLayout(self._middle(), 1, 2)
        grid.addLayout(self._right(), 1, 3)
        grid.addWidget(self.course, 2, 0, 1, 4)
        grid.addWidget(self.strip, 3, 0, 1, 4)
        for column, stretch in enumerate((290, 115, 340, 485)):
            grid.setColumnStretch(column, stretch)
        grid.setRowStretch(1, 1)

    def _hand_card(self) -> Card:
        card, column = self._card()
        top = QHBoxLayout()
        top.addWidget(self.contact, 1)
        top.addWidget(self.contact_caption)
        column.addLayout(top)
        column.addWidget(self.hand, 1)
        column.addWidget(self.sensors_caption)
        return card

    def _middle(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.addWidget(self.ring, 5)
        column.addWidget(self.force, 1)
        column.addWidget(self.pressure)
        return column

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        card, inner = self._card()
        inner.addWidget(self.holds_caption)
        inner.addWidget(self.holds, 1)
        self._advice.addWidget(self._saying())
        self._advice.addWidget(self.freeze)
        # its share alone decides its height: nothing moves on a freeze
        self._advice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        column.addWidget(self._advice, 55)
        column.addWidget(card, 45)
        return column

    def _saying(self) -> QWidget:
        """Word and sentence."""
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.word, 1)
        column.addWidget(self._told)
        told = QVBoxLayout(self._told)
        told.setContentsMargins(0, GAP, 0, 0)
        told.setSpacing(GAP)
        told.addWidget(self.say)
        told.addWidget(self.sentence, 1)
        return made

    def _card(self) -> tuple[Card, QVBoxLayout]:
        card = Card()
        column = QVBoxLayout(card)
        self._cards.append(column)
        return card, column


class DistancePage(QWidget, Themed):
    """Force, word, tape and hold time, readable from three metres on the screen of a small laptop.

    Shares of the window's height: digits of the force 30 % (60' at three metres), of the word 15 % (30'), of the time
    11 % (20').
    """

    def __init__(self) -> None:
        super().__init__()
        self.force, self.word, self.tape = Clock("Force", "text"), Word(1.0), Tape(far=True)
        self.echo = ""
        """What takes the place of the time for a moment."""
        self.held = Clock("Time in the band", "text")
        self.worth = ShortenedText(26, "high_text")
        self.worth.setAccessibleName("Kind of glove, uncertainty and calibration")
        for part in (self.force, self.word, self.tape, self.held, self.worth):
            part.setParent(self)

    def show_moment(self, state: LiveState, shown: Picture, force: ForceReadout) -> None:
        """Draw one moment; ``force`` shows it on the desk page.

        While the hold timer stands still its reason takes the place of the force, which is old.
        """
        self.word.show_picture(shown)
        band = f"force {force.half} N" if force.half and not shown.frozen else ""
        simulated = "SIMULATED" if state.info is not None and state.info.simulated else ""
        self.worth.say(" · ".join(filter(None, (simulated, band, worth(state)))))
        self.worth.paint_as("dim" if state.calibration_trusted and not simulated else "high_text")
        self.force.say(f"{shown.frozen}, {shown.frozen_for}" if shown.frozen else f"{force.digits} N")
        self.force.setVisible(not shown.hidden)
        self.force.paint_as(Tone.NEUTRAL if shown.frozen else shown.tone)
        old = shown.frozen or (shown.past and not self.echo)
        self.held.paint_as(Tone.STALE if old else Tone.NEUTRAL)
        self.held.say(self.echo or shown.far)
        self.tape.show_target(shown.low_n, shown.high_n, shown.top_n, ceiling_of(state))
        self.tape.show_force(state.contact_n, state.contact_uncertainty_n, shown)

    def resizeEvent(self, event: object) -> None:
        """Give each its share."""
        wide, tall = self.width(), self.height()
        left = int(wide * 0.68)
        cap = 0.727
        force, word, held = (int(tall * share / cap) for share in (0.31, 0.155, 0.115))
        room = (tall - 0.58 * tall) / 4
        tops = (room, room * 2 + tall * 0.31, room * 3 + tall * 0.465)
        for part, pixels, top in zip((self.force, self.word, self.held), (force, word, held), tops, strict=True):
            blank = pixels * (1 - cap) / 2
            part.setGeometry(QRect(0, int(top - blank), left, pixels))
        self.worth.setGeometry(QRect(0, int(tall * 0.945), left, int(tall * 0.055)))
        self.tape.setGeometry(QRect(left + wide // 40, 0, wide - left - wide // 40, tall))
