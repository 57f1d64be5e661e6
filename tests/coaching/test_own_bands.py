"""Each single force of a row has the band of its own scan: its peak, what the client reported, what was sustained."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from practised import force, run, said
from presses import PERIOD_S, TECHNIQUE, block

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.thresholds import threshold
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import PRESSED, Hold

PPT = load_technique("trigger-point-threshold")
ISOMETRIC = load_technique("post-isometric-relaxation")
PRESS = force((0, 0), (1, 0), (3, 32), (5, 32), (5.2, 46), (5.4, 32), (8, 32), (8.2, 0), (10, 0))
"""In the band from 2.75 s on, with 46 N at 5.2 s, far above its mean."""


def unsure(newtons: np.ndarray, *unbounded: int) -> ForceBlock:
    """Of no two scans the same half-width: half a newton and a quarter of the force, and a little more each time."""
    whole = block(newtons)
    half = (0.5 + whole.contact_n / 4 + np.arange(len(whole)) / 1e4).astype(np.float32)
    half[list(unbounded)] = np.inf
    return replace(whole, contact_uncertainty_n=half)


def half_at(whole: ForceBlock, time_s: float) -> float:
    return float(whole.contact_uncertainty_n[round(time_s / PERIOD_S)])


def test_the_band_of_a_peak_far_above_the_mean_is_that_of_its_own_scan() -> None:
    whole = unsure(PRESS)
    (hold,) = run(TECHNIQUE, whole)[0].holds
    assert (hold.peak_n, hold.peak_uncertainty_n) == (46.0, half_at(whole, 5.2))
    assert hold.peak_uncertainty_n > hold.mean_uncertainty_n + 2.0
    assert math.isnan(hold.report_uncertainty_n)
    assert math.isnan(hold.tolerance_uncertainty_n)


def test_of_two_scans_with_the_largest_force_the_first_one_counts() -> None:
    whole = unsure(force((0, 0), (1, 0), (2, 32), (9, 32), (9.2, 0), (11, 0)))
    for cuts in ([], [250, 500], list(range(len(whole)))):
        (hold,) = run(TECHNIQUE, whole, cuts=cuts)[0].holds
        assert hold.peak_uncertainty_n == half_at(whole, 2.0)


def test_a_peak_has_no_upper_bound_where_another_scan_may_have_been_the_larger_one() -> None:
    whole = unsure(PRESS, 700)
    (hold,) = run(TECHNIQUE, whole)[0].holds
    assert hold.peak_uncertainty_n == math.inf
    after = unsure(PRESS, 950)  # nobody presses any more
    assert run(TECHNIQUE, after)[0].holds[0].peak_uncertainty_n == half_at(after, 5.2)


def test_a_threshold_has_the_band_of_the_scan_at_which_the_button_was_pressed() -> None:
    newtons = force((0, 0), (1, 0), (9, 40), (9.5, 0), (11, 0))
    whole = unsure(newtons, 880)  # the hand goes on pressing, above the range of its sensor, after the report
    (trial,) = run(PPT, whole, [Event(7.5, EventKind.CLIENT_STOP, 0.5)], ends=True)[0].holds
    assert (trial.report_n, trial.report_uncertainty_n) == (30.0, half_at(whole, 7.0))
    assert trial.peak_uncertainty_n == half_at(whole, 7.5)
    found = threshold([trial])
    assert found is not None
    assert found.uncertainty_n == trial.report_uncertainty_n
    assert trial.report_uncertainty_n != pytest.approx(trial.mean_uncertainty_n / trial.mean_n * 30.0, rel=0.01)


def test_threshold_and_tolerance_of_one_press_have_each_its_own_band() -> None:
    both = load_technique("ischemic-compression-percent")
    whole = unsure(force((0, 0), (1, 0), (11, 50), (11.5, 0), (13, 0)))
    marks = [said(6.0, EventKind.THRESHOLD), said(9.0, EventKind.TOLERANCE)]
    trial = run(both, whole, marks)[0].holds[0]
    assert (trial.report_n, trial.report_uncertainty_n) == (25.0, half_at(whole, 6.0))
    assert (trial.tolerance_n, trial.tolerance_uncertainty_n) == (40.0, half_at(whole, 9.0))


def test_a_report_that_was_taken_back_leaves_no_band() -> None:
    both = load_technique("ischemic-compression-percent")
    whole = unsure(force((0, 0), (1, 0), (11, 50), (11.5, 0), (14, 0)))
    undone = Event(13.0, EventKind.UNDO, 6.0, str(EventKind.THRESHOLD))
    marks = [said(6.0, EventKind.THRESHOLD), undone]
    trial = run(both, whole, marks, cuts=[1250])[0].holds[0]  # let go before the tolerance, then taken back
    assert math.isnan(trial.report_n)
    assert math.isnan(trial.report_uncertainty_n)


def test_a_maximum_has_the_band_of_the_scan_that_it_was_sustained_at() -> None:
    """What was not fallen below for the longest is 60 N, at its dip; 90 N stood for a moment only."""
    sustain_s = ISOMETRIC.phases[0].sustain_s
    newtons = force((0, 0), (1, 0), (2, 62), (2 + sustain_s / 2, 60), (2 + sustain_s, 62), (6, 90), (6.1, 0), (8, 0))
    newtons[550:] = np.minimum(newtons[550:], 30.0)
    whole = unsure(newtons, 300)  # a spike above the range is no stretch of it
    for cuts in ([], [210, 333], list(range(0, len(whole), 7))):
        trial = run(ISOMETRIC, whole, cuts=cuts)[0].holds[0]
        (at, *_) = np.flatnonzero(whole.contact_n == np.float32(trial.report_n))
        assert trial.report_uncertainty_n == float(whole.contact_uncertainty_n[at])
        assert trial.peak_uncertainty_n == math.inf


def test_a_maximum_held_evenly_has_the_band_of_its_first_scan_however_the_stream_is_cut() -> None:
    whole = unsure(force((0, 0), (1, 0), (2, 70), (8, 70), (8.2, 0), (10, 0)))
    for cuts in ([], [350, 600], list(range(0, len(whole), 11))):
        trial = run(ISOMETRIC, whole, cuts=cuts)[0].holds[0]
        assert (trial.report_n, trial.report_uncertainty_n) == (70.0, half_at(whole, 2.0))


def test_a_maximum_sustained_above_the_range_has_no_upper_bound() -> None:
    newtons = force((0, 0), (1, 0), (2, 60), (6, 60), (6.1, 70), (11, 70), (11.2, 0), (13, 0))
    trial = run(ISOMETRIC, unsure(newtons, *range(200, 500)))[0].holds[0]
    assert (trial.report_n, trial.report_uncertainty_n) == (70.0, math.inf)


def test_a_level_has_the_band_of_the_scan_at_which_the_client_reported() -> None:
    led = load_technique("ischemic-compression-patient-led")
    whole = unsure(force((0, 0), (1, 0), (6, 25), (12, 27), (12.3, 0), (15, 0)))
    hold = run(led, whole, [Event(6.0, EventKind.NRS, 6.0)], cuts=[601])[0].holds[0]
    assert (hold.report_n, hold.report_uncertainty_n) == (25.0, half_at(whole, 6.0))


def test_every_row_in_which_somebody_pressed_keeps_the_band_of_its_peak() -> None:
    strokes = force(*((at + part, n) for at in range(6) for part, n in ((0, 0), (0.3, 8 + at), (0.8, 0))), (8, 0))
    rows: list[Hold] = run(load_technique("neuromuscular-strokes"), unsure(strokes))[0].holds
    push = (0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0), (8.5, 15), (16.5, 15), (17, 0), (53, 0)
    rows += run(ISOMETRIC, unsure(force(*push)))[0].holds
    assert {row.kind.value for row in rows} == {"stroke", "ramp", "hold", "relax", "stretch"}
    assert all(math.isfinite(row.peak_uncertainty_n) for row in rows)
    assert len({row.peak_uncertainty_n for row in rows if row.kind in PRESSED}) > 5
