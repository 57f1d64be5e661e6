from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ScriptedLive

from nmt_sense.coaching.technique import load_technique
from nmt_sense.events import EventKind
from nmt_sense.moment.course_line import course
from nmt_sense.moment.picture import Scale, Tone, half_width, number, picture, scale_top
from nmt_sense.state import LinkPhase


def shown(live: ScriptedLive, later_s: float = 0.0):
    return picture(live.state, time.monotonic_ns() + round(later_s * 1e9))


def test_before_the_first_press_it_says_ready(live):
    live.press(0.0)
    assert (shown(live).word, shown(live).tone, shown(live).arrow) == ("READY", Tone.NEUTRAL, 0)


def test_under_the_band_it_says_more_in_word_arrow_and_sentence(live):
    live.press(0.0, 22.0)
    live.press(22.0)
    made = shown(live)
    assert (made.word, made.tone, made.arrow, made.sentence) == ("MORE", Tone.LOW, 1, "6 N under the band")


def test_over_the_band_it_says_less_in_word_arrow_and_sentence(live):
    live.press(0.0, 40.0)
    live.press(40.0)
    made = shown(live)
    assert (made.word, made.tone, made.arrow, made.sentence) == ("LESS", Tone.HIGH, -1, "4 N over the band")


def test_in_the_band_it_is_neutral_and_the_time_counts(live):
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=1.5)
    made = shown(live)
    assert (made.word, made.tone, made.held, made.wanted) == ("HOLD", Tone.NEUTRAL, "0:01", "0:02")
    assert 0.7 < made.fraction < 0.85


def test_when_the_time_is_reached_it_says_done(live):
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=2.5)
    assert (shown(live).word, shown(live).fraction) == ("DONE", 1.0)
    assert "let go" in shown(live).sentence


def test_a_quarter_of_a_second_without_data_says_wait(live):
    live.press(32.0)
    assert shown(live, 0.2).word != "WAIT"
    late = shown(live, 0.3)
    assert (late.word, late.tone) == ("WAIT", Tone.STALE)
    assert "old" in late.sentence


def test_a_lost_glove_says_what_is_wrong(live):
    live.press(32.0)
    live.lose("The glove was unplugged; plug it in again.")
    assert shown(live).sentence == "The glove was unplugged; plug it in again."


@pytest.mark.parametrize("phase", [LinkPhase.CLOSED, LinkPhase.CONNECTING, LinkPhase.STALLED, LinkPhase.LOST])
def test_every_phase_without_data_has_a_sentence(live, phase):
    live.state = replace(live.state, phase=phase)
    assert shown(live).word == "WAIT"
    assert shown(live).sentence.endswith(".")


def test_light_bands_are_shown_to_a_tenth():
    live = ScriptedLive(low_n=4.5, high_n=6.0)
    live.press(5.0)
    assert shown(live).decimals == 1


@given(st.floats(-1000, 1000), st.integers(0, 2))
def test_no_number_is_ever_a_minus_zero(value, decimals):
    text = number(value, decimals)
    assert "-" not in text
    assert not (text.startswith("−") and float(text[1:]) == 0.0)


@pytest.mark.parametrize(
    ("value", "text"), [(0.44, "±0.4"), (2.0, "±2.0"), (9.96, "±10"), (17.2, "±17"), (float("inf"), "±∞")]
)
def test_uncertainty_keeps_the_digits_that_mean_something(value, text):
    assert half_width(value) == text


@given(st.floats(0.5, 500))
def test_a_third_of_every_scale_lies_above_the_band(high_n):
    top = scale_top(high_n)
    assert 1.37 * high_n <= top <= 3.1 * high_n


def feel(live: ScriptedLive, newtons: float, half_n: float):
    return replace(live.state, contact_n=newtons, contact_uncertainty_n=half_n)


def test_the_scale_makes_room_for_the_uncertainty_in_the_band_and_then_stays(live):
    scale = Scale()
    assert scale.top_n(feel(live, 0.0, 1.0)) == 50.0
    assert scale.top_n(feel(live, 30.0, 15.0)) == 60.0
    assert scale.top_n(feel(live, 32.0, 0.5)) == 60.0
    live.set_target(4.0, 6.0, 2.0)
    assert scale.top_n(feel(live, 0.0, 1.0)) == 10.0


@given(st.lists(st.tuples(st.floats(-5, 500), st.one_of(st.floats(0, 500), st.just(float("inf")))), max_size=20))
def test_no_force_shrinks_the_scale_or_makes_it_endless(felt):
    live, scale = ScriptedLive(), Scale()
    tops = [scale.top_n(feel(live, newtons, half_n)) for newtons, half_n in felt]
    assert tops == sorted(tops)
    assert all(50.0 <= top <= 80.0 for top in tops)


def report_trials(live: ScriptedLive, *thresholds: float) -> None:
    for newtons in thresholds:
        live.press(0.0, newtons, seconds=newtons / 5)
        live.report(EventKind.THRESHOLD)
        live.press(newtons, 0.0, seconds=0.5)
        live.press(0.0, seconds=31.0)


def test_the_next_spots_threshold_is_told_by_itself(live):
    live.set_technique("trigger-point-threshold")
    report_trials(live, 20.0, 25.0, 27.0)
    assert "threshold 26.0 ±2.0 N (2 trials, SEM 1.0 N)" in course(live.state).facts[0]
    live.report(EventKind.NEXT)
    begun = course(live.state)
    assert (begun.place, begun.facts[0]) == ("course 2", "trial 1 of 3")
    assert not [fact for fact in begun.facts if "26" in fact]  # that was another spot
    report_trials(live, 40.0)
    assert "first trial 40.0 ±2.0 N, will be discarded" in course(live.state).facts
    report_trials(live, 44.0, 45.0)
    assert "threshold 44.5 ±2.0 N (2 trials, SEM 0.5 N)" in course(live.state).facts[0]
    assert shown(live).say == "3 trials."


def test_a_finished_course_of_more_rows_than_the_list_has_is_told_whole(live):
    strokes = load_technique("neuromuscular-strokes")
    long = msgspec.structs.replace(strokes.phases[0], strokes=150)
    live.run(msgspec.structs.replace(strokes, phases=(long,)))
    for stroke in range(150):
        live.press(0.0, 6.0 + 0.04 * stroke, seconds=0.3)
        live.press(6.0 + 0.04 * stroke, seconds=0.6)
        live.press(6.0 + 0.04 * stroke, 0.0, seconds=0.3)
        live.press(0.0, seconds=0.8)
    assert len(live.state.holds) == 100
    assert shown(live).held == "150"
    assert shown(live).say.startswith("150 strokes, 30 a minute (varying by 0 %), mean peak 9.0 ±2.0 N")


def test_a_hand_that_has_to_come_off_before_anything_was_pressed_has_no_words_about_it(live):
    live.set_technique("neuromuscular-strokes")
    live.press(0.0)
    live.report(EventKind.NEXT)
    live.press(0.0, 9.0, seconds=0.5)
    live.press(9.0)
    live.report(EventKind.NEXT)
    live.press(9.0)
    assert (shown(live).word, shown(live).say) == ("LET GO", "")
