from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QProgressBar
from scripted import NAMES, ScriptedLive

from nmt_sense.app.theme import DARK
from nmt_sense.app.widgets.digits import SteadyNumber, text_width
from nmt_sense.app.widgets.hand import HEIGHT, TOP, WIDTH, outline, spots
from nmt_sense.app.widgets.holds_list import ENDS, HoldsList, time_heading
from nmt_sense.app.widgets.tape import Tape, ticks
from nmt_sense.events import EventKind
from nmt_sense.holds import HoldEnd, Kind
from nmt_sense.moment.picture import Tone, picture


def colours_of(widget) -> set[str]:
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


@pytest.mark.usefixtures("qapp")
@given(st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_digits_do_not_move_their_neighbours(digits):
    text = "".join(map(str, digits))
    assert text_width(text, 60, True) == text_width("000", 60, True)


def test_a_number_at_the_edge_of_two_does_not_flicker():
    steady = SteadyNumber()
    shown = [steady.text(32.5 + wobble, 0) for wobble in (0.04, -0.04, 0.05, -0.05, 0.02)]
    assert len(set(shown)) == 1


@given(st.lists(st.floats(0, 200), min_size=1, max_size=30), st.sampled_from([0, 1]))
def test_a_shown_number_is_never_far_from_the_true_one(values, decimals):
    steady = SteadyNumber()
    for value in values:
        assert abs(float(steady.text(value, decimals)) - value) <= 0.61 * 10**-decimals


@pytest.fixture
def tape(qtbot):
    made = Tape()
    qtbot.addWidget(made)
    made.resize(124, 420)
    yield made
    made.deleteLater()


def shown(live: ScriptedLive):
    return picture(live.state, time.monotonic_ns())


def test_the_tape_tells_a_screen_reader_the_force_in_newtons(tape, live):
    live.press(0.0, 31.4)
    tape.show_target(28, 36, 50)
    tape.show_force(31.4, 2.0, shown(live))
    tape.say_value()
    assert isinstance(tape, QProgressBar)
    assert (tape.minimum(), tape.value(), tape.maximum()) == (0, 31, 50)
    assert tape.accessibleName() == "Force, newtons"
    assert "28" in tape.accessibleDescription()


def test_a_force_beyond_the_scale_stays_at_its_end(tape, live):
    live.press(0.0, 80.0)
    tape.show_target(28, 36, 50)
    tape.show_force(80.0, 2.0, shown(live))
    tape.say_value()
    assert tape.value() == 50


def test_the_tape_turns_orange_only_over_the_band(tape, live):
    tape.show_target(28, 36, 50)
    live.press(0.0, 32.0, seconds=0.4)
    tape.show_force(32.0, 2.0, shown(live))
    assert tape.theme.high not in colours_of(tape)
    live.press(32.0, 44.0)
    live.press(44.0)
    tape.show_force(44.0, 2.0, shown(live))
    assert shown(live).tone is Tone.HIGH
    assert tape.theme.high in colours_of(tape)


def test_an_uncertainty_beyond_the_scale_leaves_its_box_open_at_the_top(tape, live):
    live.press(0.0, 32.0, seconds=0.4)
    tape.show_target(28, 36, 50)

    def edge_at_the_top(half_n: float) -> bool:
        tape.show_force(32.0, half_n, shown(live))
        image = tape.grab().toImage()
        bar = tape._bar()
        column = round(bar.center().x())
        return any(image.pixelColor(column, y).name() == DARK.neutral for y in range(round(bar.top()) - 2, tape._y(45)))

    assert edge_at_the_top(17.0)
    assert not edge_at_the_top(30.0)


@given(st.floats(0.5, 600))
def test_every_scale_has_a_handful_of_round_numbers(top_n):
    made = ticks(top_n)
    assert 2 <= len(made) <= 7
    assert made[0] == 0.0
    assert made[-1] <= top_n * 1.001


def test_every_usual_sensor_lies_on_the_hand():
    hand = outline()
    assert all(hand.contains(_point(spot)) for spot in spots(NAMES))


def test_an_unknown_sensor_is_still_drawn():
    (first, second) = spots(("elbow", "wrist_strap"))
    assert first != second
    for x, y in (first, second):
        assert 0 <= x <= WIDTH
        assert TOP <= y <= TOP + HEIGHT


def _point(spot):
    from PyQt5.QtCore import QPointF

    return QPointF(*spot)


@pytest.fixture
def holds(qtbot):
    made = HoldsList()
    qtbot.addWidget(made)
    yield made
    made.deleteLater()


def row(holds: HoldsList, number: int) -> list[str]:
    model = holds.rows
    return [model.data(model.index(number, column)) for column in range(model.columnCount())]


def test_the_hold_going_on_stands_first_and_the_finished_one_below_it(holds, live):
    for _ in range(2):
        live.press(0.0, 32.0, seconds=0.4)
        live.press(32.0, seconds=2.5)
        live.press(32.0, 0.0, seconds=0.4)
        live.press(0.0)
    live.press(0.0, 33.0, seconds=0.4)
    live.press(33.0, seconds=1.2)
    holds.show_holds(live.state, Tone.NEUTRAL)
    assert row(holds, 0)[:4] == ["3", "now", "33 ±2.0", "0:01"]
    assert row(holds, 1)[0] == "2"
    assert row(holds, 2)[0] == "1"
    assert row(holds, 2)[2:4] == ["32 ±2.0", "0:02"]
    assert row(holds, 2)[5] == "done"


def heading(holds: HoldsList) -> object:
    return holds.rows.headerData(3, Qt.Orientation.Horizontal)


def test_the_heading_of_times_says_what_stands_below_it(holds, live):
    assert heading(holds) == "time"
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=2.5)
    live.press(32.0, 0.0, seconds=0.4)
    live.press(0.0)
    holds.show_holds(live.state, Tone.NEUTRAL)
    assert heading(holds) == "in band"
    live.set_technique("trigger-point-threshold")
    live.press(0.0, 20.0, seconds=4.0)
    live.report(EventKind.THRESHOLD)
    live.press(20.0, 0.0, seconds=0.4)
    live.press(0.0)
    holds.show_holds(live.state, Tone.NEUTRAL)
    assert heading(holds) == "N/s"
    assert row(holds, 0)[3] == "5.0"
    assert time_heading({Kind.HOLD, Kind.RELAX}) == "time"
    assert time_heading({Kind.HOLD, Kind.RAMP}) == "time, N/s"
    live.press(0.0, 20.0, seconds=4.0)
    holds.show_holds(live.state, Tone.NEUTRAL)
    assert row(holds, 0)[1:4] == ["now", row(holds, 0)[2], "5.0"]


def test_a_stroke_has_its_peak_with_the_band(holds, live):
    live.set_technique("neuromuscular-strokes")
    live.press(0.0, 8.0, seconds=0.5)
    live.press(8.0, 0.0, seconds=0.5)
    live.press(0.0)
    holds.show_holds(live.state, Tone.NEUTRAL)
    assert heading(holds) == "lasted"
    assert row(holds, 0)[2] == "8.0 ±2.0"  # that of the very scan


def test_a_score_stands_in_brackets_where_the_force_is_less_sure_than_its_band_is_wide(holds, live):
    for low_n, high_n, bracketed in ((28.0, 36.0, False), (31.0, 33.0, True)):
        live.set_target(low_n, high_n, 1.0)  # sure to 2 N
        live.press(0.0, 32.0, seconds=0.4)
        live.press(32.0, seconds=2.5)
        live.press(32.0, 0.0, seconds=0.4)
        live.press(0.0)
        holds.show_holds(live.state, Tone.NEUTRAL)
        assert row(holds, 0)[7].startswith("(") is bracketed
        index = holds.rows.index(0, 7)
        assert holds.rows.data(index, Qt.ItemDataRole.FontRole).bold() is not bracketed


def test_every_end_of_a_hold_has_a_word():
    assert set(ENDS) == set(HoldEnd)


def test_readouts_are_labels_with_values_for_screen_readers(window, live):
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=1.5)
    window.refresh()
    desk = window.desk
    for widget in (desk.force, desk.ring, desk.word, desk.hand):
        assert isinstance(widget, QLabel)
        assert widget.accessibleName()
    assert desk.force.text() == "32 N ±2.0 N"
    assert desk.ring.text() == "0:01 in band, of 0:02"
    assert desk.hand.text().startswith("thumb 28 N")


def test_what_a_label_shows_is_told_and_not_only_what_it_is(window, live):
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=1.5)
    window._paced_ns = 0
    window.refresh()
    named = [label for label in window.findChildren(QLabel) if label.accessibleName() and label.text()]
    assert len(named) > 10
    assert [label.accessibleName() for label in named if label.accessibleDescription() != label.text()] == []
    assert window.desk.force.accessibleDescription() == "32 N ±2.0 N"
