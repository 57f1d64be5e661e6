"""A pain report taken back is as if it had never been made; what it has ended stays ended."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from practised import force, pain, run, said, table, words

from nmt_sense.coaching.technique import load_technique
from nmt_sense.events import Event, EventKind

UNDO = EventKind.UNDO
COMPRESSION = load_technique()
LED = load_technique("ischemic-compression-patient-led")
PLAIN = force((0, 0), (0.5, 0), (3.7, 32), (20, 32), (20.5, 0), (21, 0))
LEVEL = force((0, 0), (0.5, 0), (3.5, 30), (20, 30), (20.1, 0), (22, 0))
FIELDS = ("level", "end_s", "report_n", "pain_first", "pain_last", "end")


def test_a_plain_hold_keeps_only_what_was_meant() -> None:
    coach, _ = run(COMPRESSION, PLAIN, [pain(5, 2), said(6, UNDO), pain(8, 5)])
    assert table(coach, "pain_first", "pain_last", "end") == [(5.0, 5.0, "released")]


def test_a_report_taken_back_is_shown_no_more() -> None:
    coach, _ = run(COMPRESSION, PLAIN, [pain(5, 2), pain(6, 4), said(6.5, UNDO)], ends=False)
    assert coach.situation.pain == 2.0
    coach, _ = run(COMPRESSION, PLAIN, [pain(5, 2), pain(5.5, 1), said(6, UNDO), said(7, UNDO)], ends=False)
    assert math.isnan(coach.situation.pain)


def test_a_report_taken_back_after_the_hold_is_taken_out_of_its_row() -> None:
    made = force((0, 0), (0.5, 0), (3.7, 32), (20, 32), (20.5, 0), (22, 0), (24, 32), (30, 32), (30.5, 0), (32, 0))
    coach, _ = run(COMPRESSION, made, [pain(5, 5), pain(8, 2), said(9, UNDO), said(31, UNDO)])
    assert table(coach, "pain_first", "pain_last", "end") == [(None, None, "released"), (None, None, "released")]


def test_no_relief_is_invented_from_a_slip_of_the_finger() -> None:
    # 7 by mistake at 3.5 s sets the level; taken back at 4.5 s; 3 at 5 s sets it, and nothing has eased
    coach, cues = run(LED, LEVEL, [pain(3.5, 7), said(4.5, UNDO), pain(5, 3)])
    assert table(coach, *FIELDS) == [(1, 20.1, 30.0, 3.0, 3.0, "released")]
    search, hold = LED.phases[0].say, "Hold this force."
    assert words(cues) == [(0.0, search), (3.5, hold), (4.5, search), (5.0, hold)]
    never, _ = run(LED, LEVEL, [pain(5, 3)])
    assert repr(coach.holds) == repr(never.holds)  # to the last bit: time in the band, sag, loading rate, lapses


def test_a_threshold_mark_taken_back_is_looked_for_again() -> None:
    mark = said(2.5, EventKind.THRESHOLD)
    coach, _ = run(LED, LEVEL, [mark, said(4, UNDO), pain(5, 6), pain(15, 3)])
    assert table(coach, *FIELDS)[0] == (1, 15.0, 30.0, 6.0, 3.0, "eased")


def test_pain_that_seemed_to_ease_stays_ended_but_does_not_count() -> None:
    # 6 sets the level at 3.5 s, 3 by mistake at 10 s ends it; then any pain is enough for the next
    points = (0, 0), (0.5, 0), (3.5, 30), (10, 30), (12, 36), (30, 36), (30.1, 0), (32, 0)
    coach, _ = run(LED, force(*points), [pain(3.5, 6), pain(10, 3), said(11, UNDO), pain(13, 2), pain(20, 1)])
    assert table(coach, *FIELDS)[:2] == [
        (1, 10.0, 30.0, 6.0, 6.0, "eased"),
        (2, 20.0, 36.0, 2.0, 1.0, "eased"),
    ]


def test_the_report_before_the_one_taken_back_rules_again() -> None:
    coach, _ = run(LED, LEVEL, [pain(3.5, 6), pain(8, 5), said(9, UNDO), pain(12, 6), pain(15, 3)])
    assert table(coach, *FIELDS)[0] == (1, 15.0, 30.0, 6.0, 3.0, "eased")


def test_a_trial_forgets_what_was_taken_back() -> None:
    technique = load_technique("trigger-point-threshold")
    coach, _ = run(technique, force((0, 0), (1, 0), (7, 30), (7.5, 0), (9, 0)), [pain(3, 5), said(4, UNDO), pain(5, 1)])
    assert table(coach, "pain_first", "pain_last", "end") == [(1.0, 1.0, "released")]


# -- thresholds, and what comes too late -----------------------------------------------------------------------------

PPT = load_technique("trigger-point-threshold")
TRIALS = force((0, 0), (1, 0), (7, 30), (7.5, 0), (38, 0), (44, 30), (44.5, 0), (75, 0), (81, 30), (81.5, 0), (83, 0))
FIRST, BUTTON = said(6.0, EventKind.THRESHOLD), said(43.0, EventKind.CLIENT_STOP)


def undone(coach: object, events: list[Event]) -> list[str]:
    return [coach.report(event).text for event in events]


def test_the_trial_that_is_taken_back_is_the_one_whose_report_it_was_also_by_the_button() -> None:
    live = [595, 4295, 4595, 4695]  # each report comes when its time has come
    coach, _ = run(PPT, TRIALS[:5000], [FIRST, BUTTON, said(46, UNDO)], live, ends=False)
    assert table(coach, "repetition", "end") == [(1, "reported"), (2, "withdrawn")]
    coach, _ = run(PPT, TRIALS[:6000], [FIRST, BUTTON, said(46, UNDO), said(47, UNDO)], live, ends=False)
    assert table(coach, "repetition", "end") == [(1, "withdrawn"), (2, "withdrawn")]
    assert math.isnan(coach.situation.threshold_n)


def test_a_report_of_the_trial_before_can_be_taken_back_while_the_next_one_goes_on() -> None:
    coach, _ = run(PPT, TRIALS[:5000], [FIRST, said(40, UNDO), BUTTON], ends=False)
    assert table(coach, "repetition", "end") == [(1, "withdrawn"), (1, "reported")]


def test_a_first_trial_that_pain_ended_was_the_first_all_the_same() -> None:
    marks = [pain(6, 9), said(7.6, EventKind.NEXT), BUTTON, said(80, EventKind.THRESHOLD)]
    coach, _ = run(PPT, TRIALS, marks)
    assert table(coach, "repetition", "end") == [(1, "pain_ceiling"), (2, "reported"), (3, "reported")]
    assert coach.situation.threshold_n == pytest.approx(25.0)


def test_no_gain_taken_back_goes_on_to_the_next_round() -> None:
    technique = load_technique("post-isometric-relaxation")
    points = (0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0), (8.5, 15), (16.5, 15), (17, 0), (53, 0)
    slip = said(30, EventKind.NO_GAIN)
    finished, _ = run(technique, force(*points), [slip], ends=False)
    assert finished.situation.finished
    coach, _ = run(technique, force(*points), [slip, said(31, UNDO)], ends=False)
    assert (coach.situation.finished, coach.situation.round) == (False, 2)


def test_no_gain_taken_back_when_it_has_ended_the_technique_stays_and_says_so() -> None:
    technique = load_technique("post-isometric-relaxation")
    points = (0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0), (8.5, 15), (16.5, 15), (17, 0), (60, 0)
    coach, _ = run(technique, force(*points), [said(30, EventKind.NO_GAIN), said(31, EventKind.NO_GAIN)], ends=False)
    assert undone(coach, [said(60, UNDO), said(60, UNDO)]) == ["stays: no_gain"] * 2
    assert coach.situation.finished
    coach, _ = run(technique, force(*points)[:3300], [said(30, EventKind.NO_GAIN)], ends=False)
    assert undone(coach, [said(33, UNDO)]) == ["no_gain"]


def test_one_of_two_no_gains_taken_back_leaves_the_other() -> None:
    technique = load_technique("post-isometric-relaxation")
    points = (0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0), (8.5, 15), (16.5, 15), (17, 0), (53, 0)
    marks = [said(30, EventKind.NO_GAIN), said(31, EventKind.NO_GAIN), said(32, UNDO)]
    coach, _ = run(technique, force(*points), marks, ends=False)
    assert coach.situation.finished


UNEVEN = force((0, 0), (1, 0), (4, 12), (5, 30), (7, 36), (9, 60), (9.5, 0), (12, 0), tremor=0.03, seed=2)


@given(
    slip=st.floats(1.5, 6.0),
    later=st.floats(0.05, 2.5),
    before=st.sampled_from([None, 1.2]),
    after=st.sampled_from([None, 0.3]),
    answer=st.sampled_from([EventKind.TOLERANCE, EventKind.CLIENT_STOP]),
)
def test_a_trial_of_threshold_and_tolerance_is_that_in_which_the_slip_was_never_made(
    slip: float, later: float, before: float | None, after: float | None, answer: EventKind
) -> None:
    """Rows, and from the moment of taking back what guides the rate, to the last bit; with reports before and after."""
    technique = load_technique("ischemic-compression-percent")
    meant = [] if before is None else [said(before, EventKind.THRESHOLD)]
    meant += [] if after is None else [said(slip + later + after, EventKind.THRESHOLD)]
    meant += [said(8.95, answer)] if meant else []
    taken_back, told = run(technique, UNEVEN, [*meant, said(slip, EventKind.THRESHOLD), said(slip + later, UNDO)])
    never, cues = run(technique, UNEVEN, meant)
    assert repr(taken_back.holds) == repr(never.holds)
    assert repr(taken_back.situation) == repr(never.situation)
    since = [cue for cue in cues if cue.time_s > slip + later]
    assert repr([cue for cue in told if cue.time_s > slip + later]) == repr(since)


def test_what_led_on_stays_and_says_so() -> None:
    coach, _ = run(PPT, TRIALS[:4000], [FIRST], ends=False)
    assert undone(coach, [said(40, EventKind.NEXT), said(40, UNDO), said(40, UNDO)])[1:] == ["stays: next", "threshold"]
    both = load_technique("ischemic-compression-percent")
    made = force((0, 0), (1, 0), (11, 50), (11.5, 0), (14, 0))
    marks = [said(7, EventKind.THRESHOLD), said(9, EventKind.TOLERANCE)]
    coach, _ = run(both, made, marks, ends=False)
    before = coach.holds, coach.situation
    assert coach.situation.phase == 2
    assert undone(coach, [said(14, UNDO), said(14, UNDO)]) == ["stays: tolerance", "stays: threshold"]
    assert (coach.holds, coach.situation) == before


@given(
    slip=st.floats(4.0, 14.0),
    later=st.floats(0.05, 5.0),
    value=st.sampled_from([0.0, 1.0, 2.0, 4.0, 6.0, 7.0]),
    kind=st.sampled_from([EventKind.NRS, EventKind.THRESHOLD]),
    name=st.sampled_from(["ischemic-compression", "ischemic-compression-patient-led", "myofascial-release"]),
    meant=st.lists(st.tuples(st.floats(0.6, 21.0), st.sampled_from([1.0, 3.0, 6.0])), max_size=3),
)
def test_rows_are_those_of_a_sitting_in_which_it_was_never_made(
    slip: float, later: float, value: float, kind: EventKind, name: str, meant: list[tuple[float, float]]
) -> None:
    technique = load_technique(name).with_safety(pain_ceiling=8.0)
    points = [(0, 0), (0.5, 0), (3.5, 20), (6, 31), (8, 24), (12, 33), (20, 18), (20.1, 0), (22, 0)]
    made = force(*points, tremor=0.05, seed=1)
    others = [pain(at, felt) for at, felt in meant if not slip <= at <= slip + later]
    mistake = pain(slip, value) if kind is EventKind.NRS else said(slip, kind)
    before, _ = run(technique, made[: math.ceil(slip * 100) - 1], others, ends=False)
    middle, _ = run(technique, made[: math.floor((slip + later) * 100)], [*others, mistake], ends=False)
    if len(middle.holds) != len(before.holds) or middle.situation.let_go != before.situation.let_go:
        return  # it ended something, which stays ended; or letting go fell between
    taken_back, _ = run(technique, made, [*others, mistake, said(slip + later, UNDO)])
    never, _ = run(technique, made, others)
    assert repr(taken_back.holds) == repr(never.holds)
    assert taken_back.situation.pain == pytest.approx(never.situation.pain, nan_ok=True)


def test_a_threshold_taken_back_after_pain_ended_the_trial_is_in_no_row() -> None:
    percent = load_technique("ischemic-compression-percent")
    made = force((0, 0), (1, 0), (9, 40), (9.3, 0), (14, 0))
    undone = [said(11, UNDO), said(12, UNDO)]
    coach, _ = run(percent, made, [said(5, EventKind.THRESHOLD), pain(8.5, 9), *undone])
    (row,) = coach.holds
    assert math.isnan(row.report_n)
    assert math.isnan(row.ramp_n_per_s)
    assert math.isnan(row.ramp_10_90_n_per_s)
    assert row.rate_out == -1
