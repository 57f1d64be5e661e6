"""What a user is told of a wide band: which part makes it, and what would narrow it."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from bench import bench_data, conductance, measured, presses, staircase

from nmt_sense.commands.applied import _facts
from nmt_sense.sensing.calibration import About, apply, calibrate, check_against, ends_of_band
from nmt_sense.sensing.profile import Profile, load_profile
from nmt_sense.sensing.why_wide import why_wide
from nmt_sense.workspace import starting_profiles

TODAY = datetime.date(2026, 11, 25)
TOMORROW = TODAY + datetime.timedelta(days=1)
PROFILE = calibrate([measured(staircase())], About("thumb", temperature_c=22.0), on=TODAY).profile
CHECKED = check_against(PROFILE, measured(presses(seed=2)), on=TODAY).profile


def width(profile: Profile, on: datetime.date | None = None) -> float:
    lower, upper = ends_of_band(profile, np.array([35.0]), on)
    return float(upper[0] - lower[0])


def test_a_profile_that_was_not_checked_today_is_to_be_checked_and_that_narrows_it() -> None:
    for profile, day in ((PROFILE, TODAY), (CHECKED, TOMORROW)):
        assert "was not checked on the day of use" in why_wide(profile, 35.0, day)
        assert "a check against known loads would narrow it" in why_wide(profile, 35.0, day)
    assert width(CHECKED, TODAY) < 0.5 * width(PROFILE, TODAY)


def test_a_check_that_did_not_go_so_far_is_to_go_there_and_that_narrows_it() -> None:
    low = check_against(PROFILE, measured(presses(seed=2, count=3, top_n=8.0)), on=TODAY).profile
    said = why_wide(low, 35.0)
    told = r"the last check \(up to \d\.\d+ N\) tells the gain there to a factor of [234]"
    assert re.search(told, said)
    assert "goes to loads near 35 N three times or more would narrow it" in said
    near = check_against(low, measured(np.tile(presses(seed=5, count=1, top_n=38.0), 3)), on=TODAY).profile
    assert width(near) < 0.7 * width(low)


def test_a_check_that_went_there_often_is_not_told_to_go_there_three_times() -> None:
    """It says how often it was there; of a profile that does not know, nothing is said."""
    six = check_against(PROFILE, measured(np.tile(presses(seed=5, count=1, top_n=38.0), 6)), on=TODAY).profile
    top = max(six.checks[-1].loads, key=lambda load: load.force_n)
    assert top.times == 6
    sure = msgspec.structs.replace(six.uncertainty, floor_n=0.0, relative=0.01)
    known = msgspec.structs.replace(six, uncertainty=sure)
    said = why_wide(known, top.force_n)
    assert said.endswith(f"only, from 6 visits to loads near {top.force_n:.3g} N")
    older = msgspec.structs.replace(known, checks=(msgspec.structs.replace(six.checks[-1], loads=()),))
    assert why_wide(older, top.force_n) == said.partition(", from")[0]
    few = check_against(PROFILE, measured(np.tile(presses(seed=5, count=1, top_n=38.0), 2)), on=TODAY).profile
    known = msgspec.structs.replace(few, uncertainty=sure)
    assert "three times or more would narrow it" in why_wide(known, top.force_n)


def test_a_check_that_found_more_than_it_could_mend_asks_for_a_new_calibration() -> None:
    off = msgspec.structs.replace(CHECKED.checks[-1], verdict="stale", left=0.4)
    said = why_wide(msgspec.structs.replace(CHECKED, checks=(off,)), 35.0)
    assert "left the profile off by 40 %" in said
    assert "a new calibration would narrow it" in said


def test_a_sensor_that_repeats_badly_says_so() -> None:
    terms = msgspec.structs.replace(CHECKED.uncertainty, floor_n=1.0, relative=0.8)
    said = why_wide(msgspec.structs.replace(CHECKED, uncertainty=terms, spread=1.0), 35.0)
    assert "repeats no better than within ± 29 N" in said


@pytest.mark.parametrize(("celsius", "said"), [(None, "temperature is not known"), (72.0, "50 K away")])
def test_a_temperature_far_away_or_not_known_can_make_most_of_it(celsius: float | None, said: str) -> None:
    sure = tuple(msgspec.structs.replace(drift, deviation=0.0) for drift in CHECKED.drift)
    terms = msgspec.structs.replace(CHECKED.uncertainty, floor_n=0.0, relative=0.01)
    assert said in why_wide(msgspec.structs.replace(CHECKED, drift=sure, uncertainty=terms), 35.0, None, celsius)


def test_a_nominal_profile_is_to_become_a_calibration() -> None:
    nominal = load_profile(next(path for path in starting_profiles() if path.stem == "nominal-fsr"))
    assert "says so itself (± 0.5 N and 50 % of the force): a calibration" in why_wide(nominal, 35.0)


def test_drift_that_somebody_wrote_by_hand_has_no_check_to_name() -> None:
    assert "what the profile says of its drift" in why_wide(msgspec.structs.replace(CHECKED, checks=()), 1.0)


def test_how_wide_the_band_is_is_told_under_load_and_where_there_is_one() -> None:
    force = np.repeat([0.0, 3.0, 70.0], 100)
    forces = apply(PROFILE, bench_data(force, conductance(force)))
    loaded = (forces.upper_n - forces.lower_n)[100:200] / 2.0
    assert np.isinf(forces.upper_n[200:]).all()
    assert _facts(PROFILE, forces, Path("out.csv"))["median_half_width_n"] == pytest.approx(np.median(loaded))
