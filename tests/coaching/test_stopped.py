"""What the client's stop or pain ends is heard at once, and nothing leads on until the practitioner does."""

from __future__ import annotations

import pytest
from practised import force, pain, run, said, table, tones, words

from nmt_sense.coaching.feedback import plan_from
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import HoldEnd

STOP, NEXT, UNDO = EventKind.CLIENT_STOP, EventKind.NEXT, EventKind.UNDO
COMPRESSION = load_technique()
PPT = load_technique("trigger-point-threshold")
PIR = load_technique("post-isometric-relaxation")
STROKES = load_technique("neuromuscular-strokes")
MAXIMUM, CONTRACT, RELAX, STRETCH = (phase.say for phase in PIR.phases)
HELD_ON = force((0, 0), (0.5, 0), (3.7, 32), (30.2, 32), (30.3, 0), (32, 0))
STOPPED = "Stopped. Next goes on."


def let_go_times(cues: list[Cue]) -> list[float]:
    return [round(cue.time_s, 2) for cue in cues if cue.kind is CueKind.LET_GO]


# -- who must let go hears it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", ["constant", "none", "terminal", "bandwidth:50"])
@pytest.mark.parametrize("report", [pain(10, 9), said(10, STOP), said(10, NEXT)])
def test_a_hold_that_is_over_is_heard_until_the_hand_is_off_under_every_schedule(report: Event, schedule: str) -> None:
    coach, cues = run(COMPRESSION.with_feedback(plan_from(schedule)), HELD_ON, [report])
    assert let_go_times(cues) == [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]
    assert {cue.text for cue in cues if cue.kind is CueKind.LET_GO} == {"Let go."}
    assert coach.holds[0].let_go_s == pytest.approx(20.3)


def test_rising_pain_is_heard_as_well() -> None:
    _, cues = run(COMPRESSION, HELD_ON, [pain(8, 3), pain(10, 4)])
    assert let_go_times(cues)[:2] == [10, 12]


def test_a_hand_that_comes_off_at_once_is_told_once() -> None:
    made = force((0, 0), (0.5, 0), (3.7, 32), (10.5, 32), (10.6, 0), (12, 0))
    _, cues = run(COMPRESSION, made, [said(10, STOP)])
    assert [(round(cue.time_s, 2), cue.kind) for cue in tones(cues)] == [(10.0, CueKind.LET_GO)]


def test_a_stop_just_after_letting_go_does_not_ask_for_it_again() -> None:
    made = force((0, 0), (0.5, 0), (3.7, 32), (10, 32), (10.01, 0), (12, 0))
    coach, cues = run(COMPRESSION, made, [said(10.1, STOP)])
    assert table(coach, "end_s", "end") == [(10.1, "client_stop")]
    assert let_go_times(cues) == []


def test_the_chime_comes_first_where_a_limit_ends_it_and_words_follow_if_the_hand_stays() -> None:
    technique = load_technique("ischemic-compression-patient-led")
    made = force((0, 0), (0.5, 0), (3.5, 30), (96, 30), (96.1, 0), (98, 0))
    for schedule, first in (("constant", 92.8), ("none", 90.8)):
        _, cues = run(technique.with_feedback(plan_from(schedule)), made, [pain(3.5, 6)])
        chimes = [round(cue.time_s, 2) for cue in cues if cue.kind is CueKind.DONE]
        assert chimes == ([90.8] if schedule == "constant" else [])
        assert let_go_times(cues)[0] == first


@pytest.mark.parametrize("report", [said(7, STOP), said(7, EventKind.THRESHOLD), pain(7, 9)])
def test_a_trial_that_is_over_is_heard(report: Event) -> None:
    _, cues = run(PPT, force((0, 0), (1, 0), (7, 30), (11.5, 30), (12, 0), (14, 0)), [report])
    assert let_go_times(cues) == [7, 9, 11]


def test_the_largest_force_of_a_trial_is_heard_as_one_to_let_go_of() -> None:
    _, cues = run(PPT, force((0, 0), (1, 0), (21, 100), (24, 115), (24.5, 0), (26, 0)))
    assert let_go_times(cues) == [21, 23]


# -- what leads on waits ------------------------------------------------------------------------------------------

PUSH = [(0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0)]
CONTRACTION = [(8.5, 15), (16.5, 15), (17, 0)]


def test_a_stop_in_the_maximum_halts_and_next_measures_again() -> None:
    made = force((0, 0), (1, 0), (2, 100), (8, 100), (8.1, 0), (12, 0), (13, 80), (15, 80), (15.5, 0), (18, 0))
    before, cues = run(PIR, made[:1000], [said(4, STOP)], ends=False)
    # 2 N are passed on the way from 8.00 to 8.10 s; half a second below is off
    assert words(cues)[1:] == [(4.0, "Let go."), (6.0, "Let go."), (8.0, "Let go."), (8.6, STOPPED)]
    assert (before.situation.halted, before.situation.title) == (HoldEnd.CLIENT_STOP, "Maximum")
    after, cues = run(PIR, made, [said(4, STOP), said(10, NEXT)], ends=False)
    assert words(cues)[5] == (10.0, f"The maximum is not known: measure again. {MAXIMUM}")
    assert table(after, "kind", "phase", "start_s", "report_n", "end") == [
        ("ramp", 1, 1.03, None, "client_stop"),
        ("ramp", 1, 12.04, 80.0, "completed"),
    ]
    assert (after.situation.title, after.progress.low_n, after.progress.high_n) == ("Contract", 8.0, 16.0)


def test_a_stop_in_the_contraction_halts_before_relaxing() -> None:
    made = force(*PUSH, (8.5, 15), (14.5, 15), (15, 0), (30, 0))
    waiting, cues = run(PIR, made, [said(12, STOP)], ends=False)
    # below 2 N from 14.94 s, for 0.3 s; nobody is told to relax or to stretch
    assert words(cues)[2:] == [(12.0, "Let go."), (14.0, "Let go."), (15.24, STOPPED)]
    assert table(waiting, "kind", "end") == [("ramp", "completed"), ("hold", "client_stop")]
    gone_on, cues = run(PIR, made, [said(12, STOP), said(20, NEXT)])
    assert words(cues)[5:7] == [(20.0, RELAX), (23.01, STRETCH)]
    assert table(gone_on, "kind", "start_s", "end_s", "end")[2:] == [
        ("relax", 20.01, 23.01, "completed"),
        ("stretch", 23.02, 30.0, "recording_ended"),
    ]


def test_a_stop_while_relaxing_halts_before_the_stretch() -> None:
    made = force(*PUSH, *CONTRACTION, (25, 0))
    coach, cues = run(PIR, made, [said(16, STOP)], ends=False)
    assert table(coach, "kind", "start_s", "end_s", "let_go_s", "end")[2:] == [
        ("relax", 15.35, 16.0, 0.94, "client_stop"),
    ]
    assert words(cues)[-2:] == [(16.0, "Let go."), (17.44, STOPPED)]
    assert coach.situation.say == STOPPED


STRETCHED = [*PUSH, *CONTRACTION, (20, 0), (21, 40), (35, 40), (35.1, 0), (38, 0)]


@pytest.mark.parametrize(
    ("reports", "end", "kept"),
    [
        ([said(30, STOP)], "client_stop", (None, None)),
        ([pain(30, 4)], "pain_ceiling", (4.0, 4.0)),
        ([pain(22, 1), pain(30, 2)], "pain_rose", (1.0, 2.0)),
        ([pain(22, 3), pain(25, 1), pain(30, 2)], "pain_rose", (3.0, 2.0)),
    ],
)
def test_stop_and_pain_in_the_stretch_halt_before_the_next_contraction(reports: list, end: str, kept: tuple) -> None:
    coach, cues = run(PIR, force(*STRETCHED), reports, ends=False)
    # 40 N stay on the hand until 35.0 s: no row of a hold, nobody is told to push
    assert table(coach, "kind", "end_s", "let_go_s", "pain_first", "pain_last", "end")[3:] == [
        ("stretch", 30.0, 5.1, *kept, end)
    ]
    assert words(cues)[-4:] == [(30.0, "Let go."), (32.0, "Let go."), (34.0, "Let go."), (35.6, STOPPED)]
    assert coach.situation.halted == HoldEnd(end)


def test_next_after_a_stopped_stretch_begins_the_next_round() -> None:
    made = force(*STRETCHED, (38.5, 15), (46.5, 15), (47, 0), (48, 0))
    coach, cues = run(PIR, made, [said(30, STOP), said(36, NEXT)])
    assert (36.0, CONTRACT) in words(cues)
    assert table(coach, "kind", "round", "start_s", "end")[4] == ("hold", 2, 38.1, "completed")


def test_next_with_the_hand_still_on_waits_until_it_is_off() -> None:
    coach, cues = run(PIR, force(*STRETCHED), [said(30, STOP), said(33, NEXT)], ends=False)
    assert words(cues)[-4:] == [(30.0, "Let go."), (32.0, "Let go."), (34.0, "Let go."), (35.6, CONTRACT)]
    assert coach.situation.halted is None
    assert len(coach.holds) == 4


def test_a_stop_before_anything_was_pressed_halts_a_course_too() -> None:
    coach, cues = run(PIR, force((0, 0), (5, 0), (6, 100), (8, 100), (8.5, 0), (10, 0)), [said(2, STOP)])
    assert words(cues) == [(0.0, MAXIMUM), (2.0, STOPPED), (5.03, STOPPED)]
    assert coach.holds == []


def strokes(count: int) -> list[tuple[float, float]]:
    """Strokes of 8 N, one every 3 s from 1 s on: contact at 1.10 s, off at 2.94 s, and so on."""
    points = [(0.0, 0.0)]
    for at in range(1, 1 + 3 * count, 3):
        points += [(at, 0.0), (at + 0.5, 8.0), (at + 1.5, 8.0), (at + 2.0, 0.0)]
    return [*points, (2 + 3 * count, 0.0)]


@pytest.mark.parametrize("report", [said(6.5, STOP), pain(6.5, 9)])
def test_a_stop_or_too_much_pain_between_strokes_halts_them(report: Event) -> None:
    coach, cues = run(STROKES, force(*strokes(4)), [report], ends=False)
    assert table(coach, "repetition", "start_s", "end") == [(1, 1.1, "completed"), (2, 4.1, "completed")]
    # a stroke that is made all the same is told so at its contact
    assert words(cues)[1:] == [(6.5, STOPPED), (7.1, STOPPED), (10.1, STOPPED)]
    assert coach.situation.halted is (HoldEnd.CLIENT_STOP if report.kind is STOP else HoldEnd.PAIN_CEILING)


def test_strokes_go_on_after_next_with_the_stroke_that_comes() -> None:
    coach, cues = run(STROKES, force(*strokes(8)), [said(6.5, STOP), said(12.5, NEXT)], ends=False)
    assert table(coach, "repetition", "start_s") == [(1, 1.1), (2, 4.1), (3, 13.1), (4, 16.1), (5, 19.1), (6, 22.1)]
    assert (12.5, STROKES.phases[0].say) in words(cues)


def test_rising_pain_ends_strokes_and_each_keeps_its_pain() -> None:
    # 2 in the first stroke, 4 in the second, 6 between it and the third, which is never counted
    low, _ = run(STROKES, force(*strokes(4)), [pain(2, 2), pain(4.5, 1), pain(6.5, 1)], ends=False)
    assert table(low, "pain_first", "pain_last", "end") == [
        (2.0, 2.0, "completed"),
        (1.0, 1.0, "completed"),
        (None, None, "completed"),
        (None, None, "completed"),
    ]
    coach, _ = run(STROKES, force(*strokes(4)), [pain(2, 2), pain(4.5, 4), pain(6.5, 6)], ends=False)
    assert table(coach, "start_s", "end_s", "pain_first", "pain_last", "end") == [
        (1.1, 2.94, 2.0, 2.0, "completed"),
        (4.1, 4.5, 4.0, 4.0, "pain_rose"),
    ]
    assert coach.situation.halted is HoldEnd.PAIN_ROSE


def test_pain_reported_between_strokes_is_kept_with_the_one_before() -> None:
    coach, _ = run(STROKES, force(*strokes(2)), [pain(2, 4), pain(3.5, 2), said(3.8, UNDO), pain(3.9, 3)], ends=False)
    assert table(coach, "pain_first", "pain_last") == [(4.0, 3.0), (None, None)]


def test_holds_without_end_wait_for_the_hand_only() -> None:
    """Nothing leads on there: whoever presses again goes on, with both hands busy."""
    made = force((0, 0), (0.5, 0), (3.7, 32), (10.5, 32), (10.6, 0), (13, 0), (16, 32), (20, 32), (20.1, 0), (21, 0))
    coach, _ = run(COMPRESSION, made, [said(10, STOP)])
    assert table(coach, "start_s", "end") == [(0.8, "client_stop"), (13.29, "released")]
    assert coach.situation.halted is None


def test_holds_that_are_counted_wait_for_next() -> None:
    technique = load_technique("ischemic-compression-percent").with_references(threshold_n=25.0, tolerance_n=39.0)
    made = force((0, 0), (2, 0), (5, 32), (10, 32), (10.1, 0), (13, 0), (16, 32), (20, 32), (20.1, 0), (21, 0))
    coach, _ = run(technique, made, [said(1, NEXT), said(9, STOP)], ends=False)
    assert table(coach, "phase", "end") == [(2, "client_stop")]
    assert coach.situation.halted is HoldEnd.CLIENT_STOP


def test_a_pain_report_taken_back_does_not_undo_what_it_ended() -> None:
    coach, _ = run(PIR, force(*STRETCHED), [pain(30, 4), said(36, UNDO)], ends=False)
    assert coach.situation.halted is HoldEnd.PAIN_CEILING
    assert table(coach, "pain_first", "pain_last", "end")[3] == (None, None, "pain_ceiling")
