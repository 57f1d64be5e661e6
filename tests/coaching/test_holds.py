"""Holds against tables computed by hand."""

import math

import numpy as np
import pytest
from presses import PERIOD_S, TECHNIQUE, block, coached, holds_of, levels, rows, without

from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.state import Advice, HoldState
from nmt_sense.holds import HoldEnd

REST = (0.5, 0.0)
LOAD = (0.5, 10.0)


def test_a_plain_hold_is_found_with_every_number_right() -> None:
    (hold,) = holds_of(levels(REST, LOAD, (3.0, 32.0), REST))
    assert hold.number == 1
    assert (hold.start_s, hold.band_s, hold.end_s) == pytest.approx((0.5, 1.0, 4.0))
    assert hold.in_band_s == pytest.approx(3.0)
    assert (hold.wanted_s, hold.low_n, hold.high_n) == (2.0, 28.0, 36.0)
    assert (hold.mean_n, hold.mean_uncertainty_n, hold.peak_n) == pytest.approx((32.0, 1.5, 32.0))
    assert hold.sag_n == pytest.approx(0.0, abs=1e-9)
    assert hold.ramp_n_per_s == pytest.approx(22.0 / 0.5)
    assert (hold.lapses, hold.missing_s) == (0, 0.0)
    assert hold.end is HoldEnd.COMPLETED


def test_letting_go_too_early_is_a_release_not_a_completion() -> None:
    (hold,) = holds_of(levels(REST, LOAD, (1.99, 32.0), REST))
    assert hold.in_band_s == pytest.approx(1.99)
    assert hold.end is HoldEnd.RELEASED


def test_the_edges_of_the_band_belong_to_it() -> None:
    (hold,) = holds_of(levels(REST, (1.0, 28.0), (1.0, 36.0), REST))
    assert hold.in_band_s == pytest.approx(2.0)
    assert hold.end is HoldEnd.COMPLETED


def test_a_press_that_never_reaches_the_band_is_a_hold_without_band() -> None:
    (hold,) = holds_of(levels(REST, (2.0, 20.0), REST))
    assert (hold.start_s, hold.end_s, hold.in_band_s) == pytest.approx((0.5, 2.5, 0.0))
    assert math.isnan(hold.band_s)
    assert math.isnan(hold.mean_n)
    assert math.isnan(hold.mean_uncertainty_n)
    assert math.isnan(hold.sag_n)
    assert math.isnan(hold.ramp_n_per_s)
    assert hold.lapses == 0


def test_a_short_press_is_a_touch_and_leaves_no_number_behind() -> None:
    force = levels(REST, (0.9, 32.0), REST, LOAD, (3.0, 32.0), REST)
    (hold,) = holds_of(force)
    assert hold.number == 1
    assert hold.start_s == pytest.approx(1.9)


def test_sag_is_how_far_the_force_fell_while_in_the_band() -> None:
    sagging = np.linspace(34.0, 30.0, 400)
    (hold,) = holds_of(np.r_[levels(REST, LOAD), sagging, levels(REST)])
    assert hold.sag_n == pytest.approx(-4.0, rel=1e-4)
    assert hold.mean_n == pytest.approx(32.0, rel=1e-5)


def test_sag_does_not_mind_a_lapse_in_between() -> None:
    slope = np.linspace(34.0, 30.0, 600)
    force = slope.copy()
    force[200:300] = 15.0
    (hold,) = holds_of(np.r_[levels(REST, LOAD), force, levels(REST)])
    assert hold.sag_n == pytest.approx(-4.0, rel=1e-4)
    assert hold.lapses == 1


@pytest.mark.parametrize(
    ("away_s", "newtons", "lapses"),
    [(0.30, 20.0, 0), (0.31, 20.0, 0), (0.32, 20.0, 1), (3.0, 20.0, 1), (0.2, 45.0, 0), (0.5, 45.0, 1), (0.25, 0.0, 0)],
)
def test_leaving_the_band_counts_once_it_lasts_longer_than_the_grace_time(
    away_s: float, newtons: float, lapses: int
) -> None:
    (hold,) = holds_of(levels(REST, LOAD, (1.0, 32.0), (away_s, newtons), (1.0, 32.0), REST))
    assert hold.lapses == lapses
    assert hold.in_band_s == pytest.approx(2.0)


def test_letting_go_slowly_is_no_lapse() -> None:
    (hold,) = holds_of(np.r_[levels(REST, LOAD, (2.5, 32.0)), np.linspace(27.9, 0.0, 150), levels(REST)])
    assert hold.lapses == 0
    assert hold.end is HoldEnd.COMPLETED


@pytest.mark.parametrize(("away_s", "lapses"), [(1.99, 0), (2.02, 1), (36.0, 1)])
def test_pressing_on_below_the_band_before_letting_go_is_a_lapse(away_s: float, lapses: int) -> None:
    whole = block(levels(REST, LOAD, (10.0, 32.0), (away_s, 12.0), REST))
    for cuts in ((), range(1, len(whole), 7), (round((11.0 + away_s) / PERIOD_S),)):
        (hold,) = coached(whole, cuts=cuts)[0].holds
        assert hold.lapses == lapses
        assert hold.end is HoldEnd.COMPLETED
        assert hold.end_s == pytest.approx(11.0 + away_s)


def test_a_press_too_hard_for_long_is_a_lapse_although_it_ends_in_release() -> None:
    (hold,) = holds_of(levels(REST, LOAD, (2.5, 32.0), (5.0, 45.0), REST))
    assert hold.lapses == 1


def test_an_earlier_lapse_still_counts_when_letting_go_is_quick() -> None:
    (hold,) = holds_of(levels(REST, LOAD, (1.0, 32.0), (1.0, 20.0), (1.5, 32.0), (1.0, 10.0), REST))
    assert hold.lapses == 1


def test_tremor_at_the_edge_of_the_band_makes_no_lapses() -> None:
    time_s = np.arange(2000) * PERIOD_S
    tremor = 28.0 + 0.6 * np.sin(2 * np.pi * 9.3 * time_s)
    force = np.r_[levels(REST, LOAD), tremor, levels(REST)]
    (hold,) = holds_of(force)
    assert hold.lapses == 0
    inside = block(force).contact_n >= 28.0
    assert hold.in_band_s == pytest.approx(np.count_nonzero(inside) * PERIOD_S)


def test_a_slip_below_the_release_threshold_does_not_end_the_hold() -> None:
    (hold,) = holds_of(levels(REST, LOAD, (1.5, 32.0), (0.25, 0.5), (1.5, 32.0), REST))
    assert hold.in_band_s == pytest.approx(3.0)


def test_two_presses_with_a_pause_are_two_holds() -> None:
    first, second = holds_of(levels(REST, (2.5, 32.0), (0.4, 0.0), (1.5, 30.0), REST))
    assert (first.end, second.end) == (HoldEnd.COMPLETED, HoldEnd.RELEASED)
    assert (first.number, second.number) == (1, 2)
    assert (first.end_s, second.start_s) == pytest.approx((3.0, 3.4))


@pytest.mark.parametrize(("pause_s", "holds"), [(0.30, 1), (0.31, 2)])
def test_letting_go_counts_from_the_release_time_on(pause_s: float, holds: int) -> None:
    # 31 samples below the threshold are the first that span 0.30 s
    assert len(holds_of(levels(REST, (2.5, 32.0), (pause_s, 0.0), (1.5, 30.0), REST))) == holds


def test_missing_scans_add_no_time_in_the_band_and_are_told() -> None:
    force = levels(REST, LOAD, (4.0, 32.0), REST)
    (hold,) = holds_of(without(force, 200, 299))
    # 400 pairs inside the band, of which those from 199 to 300 did not come as neighbours
    assert hold.in_band_s == pytest.approx(4.0 - 1.01)
    assert hold.missing_s == pytest.approx(1.0)
    assert (hold.start_s, hold.end_s) == pytest.approx((0.5, 5.0))


def test_a_gap_alone_never_ends_a_hold_nor_makes_a_lapse() -> None:
    force = levels(REST, LOAD, (60.0, 32.0), REST)
    (hold,) = holds_of(without(force, 150, 5999))
    assert hold.lapses == 0
    assert hold.missing_s == pytest.approx(58.5)
    assert hold.end is HoldEnd.RELEASED


def test_a_gap_while_letting_go_does_not_count_as_time_let_go() -> None:
    force = levels(REST, (2.5, 32.0), (2.0, 0.0), (2.5, 32.0), REST)
    # only 0.2 s of the pause arrived, so nobody saw 0.3 s below the release threshold
    (hold,) = holds_of(without(force, 310, 489))
    assert hold.in_band_s == pytest.approx(5.0)


def test_a_gap_after_the_release_is_not_missing_from_the_hold() -> None:
    force = levels(REST, (2.5, 32.0), (2.0, 0.0))
    (hold,) = holds_of(without(force, 310, 400))
    assert hold.missing_s == 0.0
    assert hold.end_s == pytest.approx(3.0)


def test_the_end_of_the_recording_closes_a_hold_at_the_last_scan() -> None:
    (hold,) = holds_of(levels(REST, LOAD, (1.5, 32.0)))
    assert hold.end is HoldEnd.RECORDING_ENDED
    assert hold.end_s == pytest.approx(2.49)
    assert hold.in_band_s == pytest.approx(1.49)
    assert math.isnan(hold.score)  # it was not over, so nobody can say how good it was


def test_the_end_of_the_recording_makes_no_hold_of_a_touch() -> None:
    assert holds_of(levels(REST, (0.5, 32.0))) == []


def test_a_hold_that_was_full_when_the_recording_ended_still_says_that_it_was_not_released() -> None:
    (hold,) = holds_of(levels(REST, (3.0, 32.0)))
    assert hold.in_band_s >= hold.wanted_s
    assert hold.end is HoldEnd.RECORDING_ENDED
    assert hold.score > 0


@pytest.mark.parametrize(
    ("until_s", "state", "advice", "in_band_s"),
    [
        (0.4, HoldState.IDLE, Advice.READY, 0.0),
        (0.8, HoldState.LOADING, Advice.MORE, 0.0),
        (1.5, HoldState.IN_BAND, Advice.HOLD, 0.49),
        (2.2, HoldState.IN_BAND, Advice.HOLD, 1.0),
        (2.6, HoldState.LEFT_BAND, Advice.MORE, 1.0),
        (3.0, HoldState.IN_BAND, Advice.HOLD, 1.19),
        (3.7, HoldState.LEFT_BAND, Advice.LESS, 1.5),
        (4.5, HoldState.IN_BAND, Advice.DONE, 2.19),
        (5.1, HoldState.IN_BAND, Advice.DONE, 2.5),
        (5.6, HoldState.RELEASED, Advice.READY, 2.5),
    ],
)
def test_state_and_advice_follow_the_press(until_s: float, state: HoldState, advice: Advice, in_band_s: float) -> None:
    force = levels(REST, LOAD, (1.0, 32.0), (0.8, 20.0), (0.5, 32.0), (0.5, 45.0), (1.0, 32.0), (1.0, 0.0))
    coach = Coach(TECHNIQUE, PERIOD_S)
    coach.feed(rows(block(force), 0, round(until_s / PERIOD_S)))
    progress = coach.progress
    assert (progress.state, progress.advice) == (state, advice)
    assert progress.in_band_s == pytest.approx(in_band_s)


def test_the_error_has_the_sign_of_what_is_wrong() -> None:
    errors = [coached(block(levels(REST, (0.5, newtons))))[0] for newtons in (20.0, 32.0, 41.0)]
    assert [coach.progress.error_n for coach in errors] == [0.0, 0.0, 0.0]  # finished: nothing is wrong any more
    for newtons, expected in ((20.0, -8.0), (32.0, 0.0), (41.0, 5.0)):
        coach = Coach(TECHNIQUE, PERIOD_S)
        coach.feed(block(levels(REST, (0.5, newtons))))
        assert coach.progress.error_n == pytest.approx(expected)


def test_wanted_time_at_an_odd_rate_is_really_reached_when_done_is_said() -> None:
    period_s = 1 / 333
    coach = Coach(TECHNIQUE, period_s)
    whole = block(np.r_[np.zeros(10), np.full(2000, 32.0)])
    for piece in (rows(whole, at, at + 1) for at in range(len(whole))):
        coach.feed(piece)
        if coach.progress.advice is Advice.DONE:
            break
    assert coach.progress.in_band_s >= 2.0
    assert coach.progress.in_band_s < 2.0 + period_s


def test_the_mean_of_a_very_long_hold_stays_right() -> None:
    time_s = np.arange(300_000) * PERIOD_S
    swinging = 32.0 + 2.0 * np.sin(2 * np.pi * 0.05 * time_s)
    (hold,) = holds_of(np.r_[levels(REST, LOAD), swinging, levels(REST)])
    inside = swinging.astype(np.float32).astype(np.float64)
    slope = np.polyfit(np.arange(len(inside)) - len(inside) / 2, inside, 1)[0]
    assert hold.mean_n == pytest.approx(inside.mean(), rel=1e-12)
    assert hold.sag_n == pytest.approx(slope * (len(inside) - 1), rel=1e-9)
