"""Schedules of feedback: who is guided when, and what is kept of it."""

from __future__ import annotations

import msgspec
import pytest
from practised import force, pain, run, said, tones

from nmt_sense.coaching.feedback import FeedbackGate, FeedbackPlan, Schedule, plan_from
from nmt_sense.coaching.state import CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.errors import TechniqueError
from nmt_sense.events import EventKind

TECHNIQUE = load_technique().with_target(hold_s=3)
LITTLE, DONE = CueKind.TOO_LITTLE, CueKind.DONE


def presses(count: int, off_n: float = 24.0) -> list[tuple[float, float]]:
    """Presses of 10 s: in the band for 2 s, below it for 2 s, in it again."""
    points: list[tuple[float, float]] = [(0, 0)]
    for start in range(1, 1 + 12 * count, 12):
        points += [(start, 0), (start + 1, 32), (start + 3, 32), (start + 3.01, off_n), (start + 5, off_n)]
        points += [(start + 5.01, 32), (start + 8, 32), (start + 8.01, 0)]
    return [*points, (1 + 12 * count, 0)]


def plan(schedule: Schedule, **more: float) -> FeedbackPlan:
    return FeedbackPlan(schedule=schedule, sources=dict.fromkeys(more, "assumed"), **more)


def guided(feedback: FeedbackPlan, count: int = 6, events: list | None = None) -> tuple[list[str], list[int]]:
    """What is kept of each hold, and the holds in which "too little" sounded."""
    coach, cues = run(TECHNIQUE.with_feedback(feedback), force(*presses(count)), events or [])
    sounded = {int(cue.time_s - 1) // 12 + 1 for cue in cues if cue.kind is LITTLE}
    return [hold.feedback for hold in coach.holds], sorted(sounded)


def test_constant_feedback_guides_every_hold() -> None:
    assert guided(plan(Schedule.CONSTANT), 3) == (["constant"] * 3, [1, 2, 3])


def test_faded_feedback_guides_fewer_and_fewer_holds() -> None:
    # shares of 1, 3/4, 1/2, 1/4, 0 add up to 1, 1.75, 2.25, 2.5: whole numbers are passed by holds 1 and 3
    words, sounded = guided(plan(Schedule.FADED, fade_holds=4))
    assert words == ["faded", "faded, off", "faded", "faded, off", "faded, off", "faded, off"]
    assert sounded == [1, 3]


def test_in_the_long_run_half_of_the_fading_holds_are_guided() -> None:
    gate = FeedbackGate(plan(Schedule.FADED, fade_holds=40))
    told = [gate.guided(number) for number in range(1, 81)]
    assert sum(told) == 20
    assert sum(told[:20]) == 15
    assert not any(told[40:])


def test_fading_counts_contractions_not_what_nobody_could_guide() -> None:
    technique = load_technique("post-isometric-relaxation").with_feedback(plan_from("faded:4"))
    points: list[tuple[float, float]] = [(0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0)]
    for start in (8, 56, 104, 152):  # 24 N: above the band of 10 to 20 N for a second, then in it
        points += [(start, 0), (start + 0.5, 24), (start + 1.5, 24), (start + 1.6, 15), (start + 9.5, 15)]
        points += [(start + 10, 0), (start + 47, 0)]
    coach, cues = run(technique, force(*points))
    told = {(hold.kind.value, hold.round): hold.feedback for hold in coach.holds}
    contractions = [told["hold", number] for number in (1, 2, 3, 4)]
    assert contractions == ["faded", "faded, off", "faded", "faded, off"]
    assert {told[kind, 1] for kind in ("ramp", "relax", "stretch")} == {"faded"}
    sounded = {int(cue.time_s - 8) // 48 + 1 for cue in cues if cue.kind is CueKind.TOO_MUCH}
    assert sounded == {1, 3}


def test_all_levels_of_a_hold_share_one_decision() -> None:
    technique = load_technique("ischemic-compression-patient-led").with_feedback(plan_from("faded:4"))
    points: list[tuple[float, float]] = [(0, 0)]
    reports = []
    for start in (1, 41, 81):
        points += [(start, 0), (start + 3, 30), (start + 10, 30), (start + 12, 40), (start + 20, 40), (start + 20.1, 0)]
        points += [(start + 38, 0)]
        reports += [pain(start + at, value) for at, value in ((3, 6), (10, 3), (12, 5), (19, 2))]
    coach, _ = run(technique, force(*points), reports)
    told = [(int(hold.start_s - 1) // 40 + 1, hold.level, hold.feedback) for hold in coach.holds]
    words = {1: "faded", 2: "faded, off", 3: "faded"}
    assert told == [(hold, level, words[hold]) for hold in (1, 2, 3) for level in (1, 2, 3)]


def test_a_touch_is_no_hold_that_fading_counts() -> None:
    touches = [(0, 0), (0.5, 0), (0.6, 5), (0.7, 0)]
    coach, _ = run(TECHNIQUE.with_feedback(plan_from("faded:4")), force(*touches, *presses(2)[1:]))
    assert [hold.feedback for hold in coach.holds] == ["faded", "faded, off"]


def test_a_word_in_a_rest_asks_for_the_hold_that_comes_even_while_the_hand_comes_off() -> None:
    made = force(*presses(2)[:-1], (25, 0))
    asked = [said(7, EventKind.NEXT), said(7.5, EventKind.FEEDBACK)]
    coach, _ = run(TECHNIQUE.with_feedback(plan_from("on-request")), made, asked)
    assert [hold.feedback for hold in coach.holds] == ["on_request, off", "on_request"]


@pytest.mark.parametrize("schedule", [Schedule.NONE, Schedule.TERMINAL])
def test_without_feedback_nothing_guides(schedule: Schedule) -> None:
    coach, cues = run(TECHNIQUE.with_feedback(plan(schedule)), force(*presses(2)))
    assert [cue.text for cue in cues] == [TECHNIQUE.phases[0].say]  # what to do, not how
    assert [hold.feedback for hold in coach.holds] == [f"{schedule}, off"] * 2


@pytest.mark.parametrize(
    ("schedule", "pressing", "resting"), [(Schedule.NONE, True, True), (Schedule.TERMINAL, True, False)]
)
def test_the_blinded_display_hangs_on_the_schedule(schedule: Schedule, pressing: bool, resting: bool) -> None:
    technique = TECHNIQUE.with_feedback(plan(schedule))
    held, _ = run(technique, force((0, 0), (1, 0), (2, 32), (4, 32)), ends=False)
    done, _ = run(technique, force((0, 0), (1, 0), (2, 32), (4, 32), (4.5, 0), (6, 0)), ends=False)
    assert held.situation.blinded is pressing
    assert done.situation.blinded is resting
    assert not held.situation.guided
    assert held.situation.schedule == schedule.value


def test_on_request_guides_the_hold_that_it_was_asked_for() -> None:
    words, sounded = guided(plan(Schedule.ON_REQUEST), 3, [said(14.0, EventKind.FEEDBACK)])
    assert words == ["on_request, off", "on_request", "on_request, off"]
    assert sounded == [2]


@pytest.mark.parametrize(("bandwidth", "sounds"), [(3.0, True), (5.0, False)])
def test_a_bandwidth_keeps_small_errors_silent(bandwidth: float, sounds: bool) -> None:
    _, sounded = guided(plan(Schedule.BANDWIDTH, bandwidth_n=bandwidth), 1)
    assert bool(sounded) is sounds  # 4 N below the band


def test_an_alarm_sounds_under_every_schedule() -> None:
    technique = TECHNIQUE.with_feedback(plan(Schedule.NONE)).with_safety(force_ceiling_n=30.0)
    _, cues = run(technique, force(*presses(1)))
    assert {cue.kind for cue in tones(cues)} == {CueKind.CEILING}


def test_a_schedule_is_written_in_words() -> None:
    assert plan_from("none") == plan(Schedule.NONE)
    assert plan_from("on-request") == plan(Schedule.ON_REQUEST)
    assert (plan_from("bandwidth:2.5").schedule, plan_from("bandwidth:2.5").bandwidth_n) == (Schedule.BANDWIDTH, 2.5)
    assert (plan_from("faded:12").schedule, plan_from("faded:12").fade_holds) == (Schedule.FADED, 12)


@pytest.mark.parametrize(
    "words", ["", "often", "faded", "faded:x", "faded:0", "bandwidth:-1", "bandwidth:nan", "faded:1e9"]
)
def test_what_is_no_schedule_is_refused(words: str) -> None:
    with pytest.raises(TechniqueError, match="is no schedule of feedback; use constant"):
        plan_from(words)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"schedule": "faded"}, "fade_holds belongs to"),
        ({"schedule": "constant", "bandwidth_n": 2.0, "sources": {"bandwidth_n": "assumed"}}, "bandwidth_n belongs to"),
        ({"schedule": "faded", "fade_holds": 4}, "does not say where fade_holds comes from"),
    ],
)
def test_a_schedule_that_does_not_fit_is_explained(table: dict, sentence: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=sentence):
        msgspec.convert(table, FeedbackPlan)
