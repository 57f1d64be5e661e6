"""A trial that begins before its rest is over is told so at once, and never silently equal to a rested one."""

from __future__ import annotations

import pytest
from practised import force, run, said, table, words

from nmt_sense.coaching.protocol import Protocol
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.thresholds import begun_early, threshold
from nmt_sense.events import EventKind

PPT = load_technique("trigger-point-threshold")
STOP, UNDO, THRESHOLD = EventKind.CLIENT_STOP, EventKind.UNDO, EventKind.THRESHOLD
HURRIED = force(
    (0, 0), (1, 0), (7, 30), (7.5, 0), (9, 0), (15, 30), (15.5, 0), (44.7, 0), (50.7, 30), (51.2, 0), (53, 0)
)
"""Trials at 5 N/s that are reported at 7, 15 and 50.7 s; contact, at 2 N, comes 0.4 s after each begins."""
REPORTS = [said(at, THRESHOLD) for at in (7, 15, 50.7)]


def test_a_trial_too_early_is_said_at_its_contact_and_flagged() -> None:
    coach, cues = run(PPT, HURRIED, REPORTS)
    assert table(coach, "repetition", "start_s", "rest_before_s") == [(1, 1.4, None), (2, 9.4, 2.4), (3, 45.1, 30.1)]
    assert [begun_early(row, 30.0) for row in coach.holds] == [False, True, False]
    assert [said for said in words(cues) if "est is" in said[1]] == [
        (9.4, "The rest is not over."),
        (45.0, "Rest is over."),
    ]


def test_the_threshold_says_how_many_of_its_trials_had_too_short_a_rest() -> None:
    coach, _ = run(PPT, HURRIED, REPORTS)
    found = threshold(coach.holds, Protocol(trials=3, discard_first=True, rest_s=30.0))
    assert found is not None
    assert (found.trials, found.rest_short) == (2, 1)
    unasked = threshold(coach.holds, Protocol(trials=3, discard_first=True))
    assert unasked is not None
    assert unasked.rest_short == 0


@pytest.mark.parametrize(("at_s", "left_s"), [(6.0, 0.0), (8.0, 29.0), (12.0, 0.0), (16.0, 29.0), (46.0, 0.0)])
def test_the_rest_is_shown_while_it_runs_and_nobody_presses(at_s: float, left_s: float) -> None:
    coach, _ = run(PPT, HURRIED[: round(at_s * 100) + 1], [mark for mark in REPORTS if mark.time_s <= at_s], ends=False)
    assert coach.situation.rest_left_s == pytest.approx(left_s)


def test_a_first_trial_that_was_taken_back_asks_for_no_rest() -> None:
    coach, cues = run(PPT, HURRIED[:1000], [said(7, THRESHOLD), said(8, UNDO)], ends=False)
    assert coach.situation.rest_left_s == 0.0
    assert not [text for _, text in words(cues) if "est is" in text]


def test_who_lets_go_unreported_and_presses_again_at_once_is_told_that_the_rest_is_not_over() -> None:
    made = force((0, 0), (1, 0), (5, 20), (5.3, 0), (40, 0), (43, 15), (43.2, 0), (46, 0), (50, 20), (50.3, 0), (52, 0))
    coach, cues = run(PPT, made, [said(5, THRESHOLD), said(50, THRESHOLD)])
    assert [begun_early(row, 30.0) for row in coach.holds] == [False, False, True]
    assert [told for told in words(cues) if told[1] == "The rest is not over."] == [(46.4, "The rest is not over.")]
