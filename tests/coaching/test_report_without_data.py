"""The client reports while data are missing: nobody knows at which force, so nothing is measured, and that is said."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from practised import force, pain, run, said, table, words
from presses import without

from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.measuring import NO_DATA
from nmt_sense.coaching.state import CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.events import EventKind

PPT = load_technique("trigger-point-threshold")
LED = load_technique("ischemic-compression-patient-led")
PERCENT = load_technique("ischemic-compression-percent")
STOP, THRESHOLD, TOLERANCE = EventKind.CLIENT_STOP, EventKind.THRESHOLD, EventKind.TOLERANCE
RAMP = force((0, 0), (1, 0), (7, 30), (20, 30), (20.5, 0), (22, 0), (28, 30), (28.5, 0), (30, 0))
GAP = without(RAMP, 300, 599)
"""From 10 N on nothing is known until 25 N; the second press is whole, 5 N/s from 22 s on."""


@pytest.mark.parametrize("kind", [THRESHOLD, STOP])
def test_a_threshold_reported_in_a_gap_is_not_known_and_the_trial_is_done_again(kind: EventKind) -> None:
    coach, cues = run(PPT, GAP, [said(5.0, kind), said(26.0, THRESHOLD)])
    fields = ("repetition", "end_s", "report_n", "ramp_n_per_s", "rate_out", "end")
    lost, told = table(coach, *fields)
    assert lost == (1, 2.99, None, None, -1, "no_data")
    assert told == (1, 26.0, 20.0, 5.0, 0, "reported")
    assert words(cues)[1:3] == [(2.99, "Let go."), (2.99, NO_DATA)]
    assert coach.situation.last_report_n == pytest.approx(20.0)


def test_until_the_next_trial_it_is_shown_that_it_has_to_be_done_once_more() -> None:
    coach, _ = run(PPT, without(RAMP[:2100], 300, 599), [said(5.0, THRESHOLD)], ends=False)
    assert (coach.situation.say, coach.situation.repetition) == (NO_DATA, 1)
    assert math.isnan(coach.situation.threshold_n)
    coach, _ = run(PPT, without(RAMP[:2500], 300, 599), [said(5.0, THRESHOLD)], ends=False)
    assert coach.situation.say == PPT.phases[0].say


def test_the_glove_s_button_in_a_gap_ends_the_trial_with_its_latency_as_soon_as_it_is_heard_of() -> None:
    coach = Coach(PPT, 0.01)
    whole = without(RAMP[:620], 300, 599)
    coach.feed(whole)
    assert coach.report(said(5.6, STOP)).value == pytest.approx(0.59)
    coach.finish(float(whole.time_s[-1]))
    assert table(coach, "end_s", "report_n", "stop_latency_s", "end") == [(6.19, None, 0.59, "no_data")]


@pytest.mark.parametrize(("at_s", "newtons"), [(2.995, 9.95), (6.0, 25.0)])
def test_the_last_scan_before_a_gap_and_the_first_after_it_are_known(at_s: float, newtons: float) -> None:
    coach, _ = run(PPT, GAP, [said(at_s, THRESHOLD)])
    assert table(coach, "report_n", "end")[0] == (newtons, "reported")


@given(st.integers(150, 690))
def test_without_a_gap_the_force_is_known_at_every_scan_however_its_time_is_rounded(scan: int) -> None:
    coach, _ = run(PPT, RAMP, [said(scan / 100, THRESHOLD)], ends=False)
    assert coach.holds[0].report_n == pytest.approx(5 * (scan / 100 - 1), abs=0.051)


def test_one_missing_scan_is_enough_not_to_know() -> None:
    coach, _ = run(PPT, without(RAMP, 500, 500), [said(5.0, THRESHOLD)])
    assert table(coach, "report_n", "end")[0] == (None, "no_data")


def test_a_tolerance_that_nobody_measured_makes_no_band() -> None:
    coach, cues = run(PERCENT, GAP, [said(2.5, THRESHOLD), said(5.5, TOLERANCE)], ends=False)
    assert table(coach, "report_n", "tolerance_n", "end")[0] == (7.5, None, "no_data")
    assert (coach.situation.phase, NO_DATA in dict(words(cues)).values()) == (1, True)
    assert math.isnan(coach.situation.tolerance_n)
    assert math.isnan(coach.situation.threshold_n)


def test_a_level_is_not_set_by_a_force_that_nobody_measured_and_the_next_report_sets_it() -> None:
    coach, cues = run(LED, GAP, [pain(5.0, 5)], ends=False)
    assert NO_DATA in dict(words(cues)).values()
    coach, cues = run(LED, without(RAMP[:1000], 300, 599), [pain(5.0, 5)], ends=False)
    assert (coach.situation.searching, coach.situation.say) == (True, NO_DATA)
    coach, cues = run(LED, GAP, [pain(5.0, 5), pain(8.0, 6), pain(15, 3)])
    assert table(coach, "level", "low_n", "high_n", "report_n", "end")[0] == (1, 26.0, 34.0, 30.0, "eased")
    assert words(cues)[1:3] == [(2.99, NO_DATA), (8.0, "Hold this force.")]


def test_a_report_in_a_gap_that_is_taken_back_asks_for_no_other() -> None:
    coach, _ = run(LED, without(RAMP[:1000], 300, 599), [pain(5.0, 5), said(7, EventKind.UNDO)], ends=False)
    assert coach.situation.say == "Press slowly harder until the client reports pain."


def test_the_next_level_reported_in_the_gap_in_which_the_pain_had_eased_is_asked_for_once_more() -> None:
    coach, cues = run(LED, without(RAMP, 1000, 1299), [pain(7, 6), pain(11, 3), pain(12, 5), pain(14, 5)])
    assert table(coach, "level", "report_n", "end")[:2] == [(1, 30.0, "eased"), (2, 30.0, "released")]
    assert (9.99, NO_DATA) in words(cues)


def test_a_client_s_stop_in_a_gap_ends_a_hold_at_once() -> None:
    coach, cues = run(LED, without(RAMP, 1000, 1299), [pain(7, 6), said(11, STOP)])
    assert table(coach, "end_s", "report_n", "stop_latency_s", "end")[0] == (9.99, 30.0, 0.0, "client_stop")
    assert next(cue.time_s for cue in cues if cue.kind is CueKind.LET_GO) == pytest.approx(9.99)
