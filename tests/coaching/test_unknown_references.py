"""A band in percent of something that nobody has measured is never a band of unrelated newtons without a word."""

from __future__ import annotations

import math

import msgspec
from practised import force, run, said, table, words

from nmt_sense.coaching.technique import Technique, load_technique
from nmt_sense.events import EventKind

STOP, NEXT, THRESHOLD, TOLERANCE = EventKind.CLIENT_STOP, EventKind.NEXT, EventKind.THRESHOLD, EventKind.TOLERANCE
PERCENT = load_technique("ischemic-compression-percent").with_target(hold_s=5)
MEASURE, HOLD = (phase.say for phase in PERCENT.phases)
NO_TOLERANCE = "The tolerance is not known: measure again."


def test_a_hand_let_go_without_a_tolerance_measures_again() -> None:
    # 5 N/s: 15 N at 4 s, let go at 9 s; once more from 20 s: 25 N at 25 s, 50 N at 30 s
    made = force((0, 0), (1, 0), (9, 40), (9.5, 0), (20, 0), (30, 50), (30.5, 0), (40, 0))
    reports = [said(4, THRESHOLD), said(25, THRESHOLD), said(30, STOP)]
    coach, cues = run(PERCENT, made, reports, ends=False)
    assert table(coach, "phase", "report_n", "tolerance_n", "end") == [
        (1, 15.0, None, "released"),
        (1, 25.0, 50.0, "reported"),
    ]
    # 1 N is passed at 9.49 s; let go 0.3 s later
    assert words(cues)[:2] == [(0.0, MEASURE), (9.79, NO_TOLERANCE)]
    assert (coach.situation.threshold_n, coach.situation.tolerance_n) == (25.0, 50.0)
    # 90 to 110 % of the mean of 25 and 50 N
    assert (coach.progress.low_n, coach.progress.high_n) == (33.75, 41.25)


def test_a_measurement_that_was_broken_off_comes_before_the_hold_again() -> None:
    made = force((0, 0), (1, 0), (6, 25), (6.5, 0), (12, 0))
    coach, cues = run(PERCENT, made, [said(4, THRESHOLD), said(6, NEXT)], ends=False)
    # below 1 N from 6.49 s, off at 6.79 s
    assert words(cues)[-1] == (6.79, f"The threshold is not known: measure again. {MEASURE}")
    assert coach.situation.say == words(cues)[-1][1]
    assert (coach.situation.phase, coach.situation.finished) == (1, False)


def test_a_stop_before_the_threshold_is_a_stop() -> None:
    made = force((0, 0), (1, 0), (6, 25), (6.5, 0), (12, 0))
    coach, _ = run(PERCENT, made, [said(5, STOP)], ends=False)
    assert table(coach, "report_n", "end") == [(None, "client_stop")]
    assert coach.situation.halted is not None


def test_whoever_goes_past_the_measurement_is_told_which_force_is_asked_for() -> None:
    coach, cues = run(PERCENT, force((0, 0), (5, 0)), [said(2, NEXT)], ends=False)
    assert words(cues)[1] == (2.0, f"No threshold is known: 28 to 36 newtons. {HOLD}")
    assert coach.situation.say == words(cues)[1][1]


def test_going_past_it_once_is_for_all_rounds() -> None:
    technique = load_technique("post-isometric-relaxation")
    coach, cues = run(technique, force((0, 0), (10, 0)), [said(at, NEXT) for at in (1, 2, 3, 4)], ends=False)
    contract = f"No maximum is known: 5 to 15 newtons. {technique.phases[1].say}"
    assert [text for _, text in words(cues)][1::3] == [contract, contract]
    assert (coach.situation.title, coach.situation.round) == ("Contract", 2)


def test_what_is_known_from_before_is_not_measured_again() -> None:
    technique = PERCENT.with_references(threshold_n=20.0, tolerance_n=40.0)
    coach, cues = run(technique, force((0, 0), (5, 0)), [said(2, NEXT)], ends=False)
    assert words(cues)[1] == (2.0, HOLD)
    assert (coach.progress.low_n, coach.progress.high_n) == (27.0, 33.0)


def test_a_technique_that_cannot_measure_says_its_newtons_from_the_beginning() -> None:
    table = msgspec.to_builtins(PERCENT)
    alone = msgspec.convert(table | {"phases": table["phases"][1:]}, Technique)
    _, cues = run(alone, force((0, 0), (5, 0)))
    assert words(cues) == [(0.0, f"No threshold is known: 28 to 36 newtons. {HOLD}")]


def test_a_first_trial_that_will_be_discarded_is_no_threshold_yet() -> None:
    made = force((0, 0), (1, 0), (7, 30), (7.5, 0), (38, 0), (46, 40), (46.5, 0), (48, 0))
    reports = [said(at, THRESHOLD) for at in (7, 46)]
    technique = load_technique("trigger-point-threshold")
    after_one, _ = run(technique, made[:3800], reports[:1], ends=False)
    assert math.isnan(after_one.situation.threshold_n)
    after_two, _ = run(technique, made, reports, ends=False)
    assert after_two.situation.threshold_n == 40.0
    known, _ = run(technique.with_references(threshold_n=33.0), made[:3800], reports[:1], ends=False)
    assert known.situation.threshold_n == 33.0
