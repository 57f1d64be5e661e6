"""Schedules of feedback: who is guided when, and what is kept of it."""

from __future__ import annotations

import msgspec
import pytest
from practised import force, pain, run, said, tones, words

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
