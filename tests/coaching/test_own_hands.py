"""What one's own hands did in a day."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from presses import PERIOD_S, block, levels, pieces

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.own_hands import LoadMeter, RecordingLoad, SensorLoad, days


def test_load_is_force_times_time_above_one_newton() -> None:
    whole = block(levels((1.0, 0.5), (2.0, 20.0), (1.0, 0.9)))
    for cuts in ([], [50, 150, 333]):
        meter = LoadMeter(("thumb",), PERIOD_S)
        for piece in pieces(whole, cuts):
            meter.feed(piece)
        (load,) = meter.loads()
        assert (load.impulse_ns, load.pressing_s, load.peak_n) == pytest.approx((40.0, 2.0, 20.0))
        assert load.uncertainty_ns == pytest.approx(1.5 * 2.0)


def test_each_sensor_has_its_own_load() -> None:
    one = block(levels((1.0, 10.0)))
    both = ForceBlock(
        one.scan,
        one.time_s,
        np.hstack([one.newtons, one.newtons * 0.05]),
        np.ones((100, 2), np.float32),
        one.contact_n,
        one.contact_uncertainty_n,
    )
    meter = LoadMeter(("thumb", "index"), PERIOD_S)
    meter.feed(both)
    assert [load.impulse_ns for load in meter.loads()] == pytest.approx([10.0, 0.0])


@pytest.mark.parametrize("cuts", [[], [50, 150, 333], list(range(1, 400))])
def test_the_band_of_a_sensors_peak_is_that_of_its_own_scan(cuts: list[int]) -> None:
    whole = block(levels((1.0, 0.5), (2.0, 20.0), (0.5, 45.0), (0.5, 0.9)))
    half = (1.0 + np.arange(len(whole)) / 1e3).astype(np.float32)[:, np.newaxis]
    meter = LoadMeter(("thumb",), PERIOD_S)
    for piece in pieces(replace(whole, uncertainty_n=half), cuts):
        meter.feed(piece)
    (load,) = meter.loads()
    assert (load.peak_n, load.peak_uncertainty_n) == (45.0, float(half[300, 0]))
    half[150] = np.inf
    for piece in pieces(replace(whole, uncertainty_n=half), cuts):
        meter.feed(piece)
    assert meter.loads()[0].peak_uncertainty_n == math.inf


def test_presses_of_each_sensor_are_counted_and_a_touch_or_a_dip_is_none() -> None:
    whole = block(
        levels((0.5, 0), (1, 9), (0.2, 0), (1, 9), (1, 0), (0.1, 3), (1, 0), (2, 5), (0.5, 0.9), (0.4, 1), (0.2, 0))
    )
    for cuts in ([], [1, 60, 160, 175, 300, 333, 500]):
        meter = LoadMeter(("thumb",), PERIOD_S)
        for piece in pieces(whole, cuts):
            meter.feed(piece)
        assert meter.loads()[0].presses == 3  # 0.5 s (with a dip at 1.5 s), 4.8 s, 7.3 s; 3.7 s is a touch


def recording(day: str, impulse: float, presses: int) -> RecordingLoad:
    thumb = SensorLoad("thumb", impulse, impulse / 2, 30.0 + presses, 8.0 - presses, 60.0, presses)
    return RecordingLoad(day, "", "thumb", [thumb, SensorLoad("index", 0.0, 0.0, 0.0, math.nan, 0.0, 0)])


def test_days_are_added_up_against_the_budget_that_was_set() -> None:
    loads = [recording("2026-01-02", 500.0, 3), recording("2026-01-02", 350.0, 2), recording("2026-01-01", 100.0, 1)]
    first, second = days(loads, {"thumb": 1000.0})
    assert (first.day, first.impulse_ns, first.holds, first.advice) == ("2026-01-01", 100.0, 1, "")
    assert (second.impulse_ns, second.uncertainty_ns, second.holds, second.share) == (850.0, 425.0, 5, 0.85)
    assert (second.peak_n, second.peak_uncertainty_n) == (33.0, 5.0)
    assert "is 85 % used: consider the other hand" in second.advice
    (over,) = days([recording("2026-01-03", 1000.0, 3)], {"thumb": 1000.0})
    assert "is used up" in over.advice


def test_without_a_budget_nothing_is_advised() -> None:
    (day,) = days([recording("2026-01-02", 1e6, 3)], {})
    assert (day.budget_ns, day.share, day.advice) == (None, None, "")


def test_a_day_with_a_press_above_the_range_knows_no_upper_end_of_its_peak() -> None:
    above = recording("2026-01-02", 10.0, 1)
    thumb = msgspec.structs.replace(above.sensors[0], uncertainty_ns=math.inf, peak_uncertainty_n=math.inf)
    (day,) = days([msgspec.structs.replace(above, sensors=[thumb]), recording("2026-01-02", 500.0, 3)], {})
    assert (day.peak_n, day.peak_uncertainty_n) == (33.0, math.inf)
