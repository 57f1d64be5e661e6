"""How sure the numbers of a row are, and when a score must say that its force is not."""

from __future__ import annotations

import math

import msgspec
import pytest
from practised import force, run, said

from nmt_sense.coaching.metrics import relative, score_caveat, uncertainties, unsure, with_scaled_bands
from nmt_sense.coaching.series import series
from nmt_sense.coaching.sheet import _BLANK
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.template import Pressed, make_template
from nmt_sense.events import EventKind
from nmt_sense.holds import Hold, HoldEnd, Kind

BLANK = Hold(**_BLANK, number=1, start_s=0.0, end_s=1.0, kind=Kind.HOLD, end=HoldEnd.COMPLETED)  # type: ignore[arg-type]


def row(**fields: object) -> Hold:
    return msgspec.structs.replace(BLANK, **fields)


HELD = row(
    mean_n=32.0, mean_uncertainty_n=16.0, peak_n=34.0, peak_uncertainty_n=18.0, low_n=28.0, high_n=36.0, score=100.0
)


def test_an_error_common_to_all_samples_scales_a_difference_and_shifts_an_error() -> None:
    found = uncertainties(msgspec.structs.replace(HELD, ce_n=-1.0, sag_n=-4.0))
    assert relative(HELD) == 0.5
    assert (found["sag_n"], found["ce_n"], found["mean_n"]) == (2.0, 16.0, 16.0)
    assert math.isnan(relative(BLANK))


def test_single_forces_have_the_bands_that_the_row_keeps_and_a_rate_is_as_sure_as_the_force_it_leads_to() -> None:
    kept = {"report_n": 30.0, "report_uncertainty_n": 18.0, "tolerance_n": 60.0, "tolerance_uncertainty_n": 27.0}
    found = uncertainties(msgspec.structs.replace(HELD, kind=Kind.RAMP, ramp_n_per_s=5.0, **kept))
    assert (found["peak_n"], found["report_n"], found["tolerance_n"], found["ramp_n_per_s"]) == (18.0, 18.0, 27.0, 3.0)
    assert math.isnan(found["overshoot_n"])  # a trial has no band to go over
    held = uncertainties(msgspec.structs.replace(HELD, overshoot_n=0.0, ramp_n_per_s=5.0))
    assert (held["overshoot_n"], held["ramp_n_per_s"], math.isnan(held["report_n"])) == (18.0, 2.5, True)


def test_rows_of_older_recordings_have_the_bands_that_were_told_of_them_then() -> None:
    older = msgspec.structs.replace(HELD, peak_uncertainty_n=math.nan, report_n=20.0)
    found = with_scaled_bands(older)
    assert (found.peak_uncertainty_n, found.report_uncertainty_n) == (17.0, 10.0)
    assert math.isnan(found.tolerance_uncertainty_n)
    above = with_scaled_bands(msgspec.structs.replace(older, impulse_uncertainty_ns=math.inf))
    assert (above.peak_uncertainty_n, above.report_uncertainty_n) == (math.inf, math.inf)


def test_peaks_of_which_one_has_no_upper_bound_have_none_together() -> None:
    above = msgspec.structs.replace(HELD, kind=Kind.STROKE, peak_uncertainty_n=math.inf)
    together = series([HELD, above], Kind.STROKE)
    assert together is not None
    assert together.peak_uncertainty_n == math.inf


@pytest.mark.parametrize(("half_n", "said_so"), [(3.9, False), (4.1, True), (16.0, True)])
def test_a_score_says_when_its_force_is_less_sure_than_the_band_is_wide(half_n: float, said_so: bool) -> None:
    hold = msgspec.structs.replace(HELD, mean_uncertainty_n=half_n)
    assert unsure(hold, None) is said_so
    assert bool(score_caveat([hold], None)) is said_so
    assert not unsure(msgspec.structs.replace(hold, score=math.nan), None)


def test_the_worst_row_stands_for_all() -> None:
    wide = msgspec.structs.replace(HELD, mean_uncertainty_n=17.2, low_n=10.0, high_n=44.0)
    assert score_caveat([HELD, wide], None) == "of the force shown: ± 16 N against a band of 8 N"
    unknown = msgspec.structs.replace(HELD, mean_uncertainty_n=math.inf)
    assert score_caveat([HELD, unknown], None) == "of the force shown: ± ∞ N against a band of 8 N"


def test_time_outside_the_band_costs_the_same_whoever_ends_the_hold() -> None:
    made = force((0, 0), (0.5, 0), (3.7, 32), (5, 32), (5.1, 40), (25, 40), (25.2, 0), (27, 0))
    (stopped,) = run(load_technique(), made, [said(20.0, EventKind.CLIENT_STOP)])[0].holds
    assert stopped.share_in_band < 0.15
    assert stopped.off_time == pytest.approx(30 * (1 - stopped.share_in_band))
    steady = force((0, 0), (0.5, 0), (3.7, 32), (25, 32), (25.2, 0), (27, 0))
    (held,) = run(load_technique(), steady, [said(20.0, EventKind.CLIENT_STOP)])[0].holds
    assert held.off_time == 0.0


def test_presses_that_no_force_was_asked_for_have_no_score() -> None:
    coach, _ = run(load_technique("pressure-words"), force((0, 0), (1, 0), (1.5, 20), (5, 20), (5.2, 0), (7, 0)))
    (press,) = coach.holds
    assert (press.end.value, math.isnan(press.score)) == ("completed", True)


def test_of_a_template_the_tolerance_counts() -> None:
    made = make_template(
        [Pressed(HELD, [20.0] * 50, 20.0, 5.0)], load_technique(), name="expert", made_from="x", tolerance_n=4.0
    )
    followed = row(kind=Kind.FOLLOW, mean_n=20.0, mean_uncertainty_n=5.0, score=90.0)
    assert score_caveat([followed], made) == "of the force shown: ± 5.0 N against a band of 8 N"
    assert score_caveat([followed], None) == ""


def test_the_band_of_strokes_taken_together_is_no_narrower_than_that_of_one() -> None:
    one = row(kind=Kind.STROKE, mean_n=5.0, mean_uncertainty_n=2.0, peak_n=9.0, peak_uncertainty_n=3.0)
    strokes = [one, msgspec.structs.replace(one, peak_n=11.0, peak_uncertainty_n=5.0, start_s=1.5)]
    found = series(strokes, Kind.STROKE)
    assert found is not None
    assert (found.mean_uncertainty_n, found.peak_uncertainty_n) == (2.0, pytest.approx(4.0))


def test_who_goes_on_after_a_second_has_missed_the_time_as_whoever_lets_go() -> None:
    """90 s in the band are wanted. From 3.7 s on the force is in it, at 4.7 s the key N: 30 * (1 - 1 / 90) points."""
    points = (0, 0), (0.5, 0), (3.7, 32), (4.7, 32), (4.72, 0), (6, 0)
    (went_on,) = run(load_technique(), force((0, 0), (0.5, 0), (3.7, 32), (8, 32)), [said(4.7, EventKind.NEXT)])[
        0
    ].holds
    (let_go,) = run(load_technique(), force(*points))[0].holds
    assert (went_on.end, let_go.end) == (HoldEnd.OPERATOR, HoldEnd.RELEASED)
    assert went_on.off_time == pytest.approx(30 * (1 - went_on.in_band_s / 90))
    assert went_on.in_band_s == pytest.approx(1.4, abs=0.01)  # the band begins at 28 N, at 3.3 s
    assert went_on.score == pytest.approx(let_go.score, abs=0.5)
    assert went_on.score < 71
