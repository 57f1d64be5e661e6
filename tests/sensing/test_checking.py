import datetime

import numpy as np
import pytest
from bench import measured, presses, staircase
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt_sense.sensing.ageing import REMOUNTED, after_presses, checked, gain_deviation
from nmt_sense.sensing.calibration import About, apply, calibrate, check_against, ends_of_band, verdict
from nmt_sense.sensing.profile import Profile

TODAY = datetime.date(2026, 11, 25)
TOMORROW = TODAY + datetime.timedelta(days=1)
PROFILE = calibrate([measured(staircase())], About("thumb"), on=TODAY).profile


def error_n(profile: Profile, gain: float, force: np.ndarray) -> float:
    shown = apply(profile, measured(force, gain, noise=0.0)).force_n
    return float(np.sqrt(np.mean((shown - force) ** 2)))


def test_a_profile_that_is_right_is_ok_and_its_curve_stays_as_it_is() -> None:
    outcome = check_against(PROFILE, measured(presses(seed=1, count=3)), on=TODAY)
    assert outcome.check.verdict == "ok"
    assert (outcome.profile.curve, outcome.profile.points) == (PROFILE.curve, PROFILE.points)
    assert outcome.words.startswith("ok: ")


@pytest.mark.parametrize(("gain", "word"), [(0.85, "rescaled"), (0.55, "stale"), (1.2, "rescaled"), (1.8, "stale")])
def test_a_gain_that_has_drifted_is_found_and_mostly_undone(gain: float, word: str) -> None:
    outcome = check_against(PROFILE, measured(presses(seed=2, count=6), gain), on=TODAY)
    unseen = presses(seed=7)
    assert outcome.check.verdict in (word, "ok" if word == "rescaled" else word)
    assert (
        error_n(outcome.profile, gain, unseen) <= 0.5 * error_n(PROFILE, gain, unseen) or outcome.check.verdict == "ok"
    )


def test_the_profile_that_was_checked_is_left_alone_and_the_next_version_names_it() -> None:
    before = PROFILE.points
    outcome = check_against(PROFILE, measured(presses(seed=2), 0.5), parent="a" * 64, on=TODAY)
    assert PROFILE.points == before
    assert (outcome.profile.version, outcome.profile.parent) == (2, "a" * 64)
    again = check_against(outcome.profile, measured(presses(seed=3), 0.5), on=TODAY)
    assert [entry.verdict for entry in again.profile.checks] == ["stale", "ok"]


@settings(max_examples=40, deadline=None)
@given(
    gain=st.floats(-0.9, 0.9).map(np.exp),
    seed=st.integers(0, 1000),
    noise=st.floats(0.0, 0.15),
    top=st.floats(15.0, 50.0),
)
def test_a_check_never_makes_a_drifted_gain_worse(gain: float, seed: int, noise: float, top: float) -> None:
    known = presses(seed, count=3, top_n=top)
    outcome = check_against(PROFILE, measured(known, gain, noise, seed), on=TODAY)
    unseen = presses(seed + 1)
    room = 0.02 * float(unseen.max())  # a curve that was right may move by what a check cannot see
    assert error_n(outcome.profile, gain, unseen) <= 1.05 * error_n(PROFILE, gain, unseen) + room


def test_an_update_is_weighed_against_how_a_sensor_repeats() -> None:
    poor = calibrate([measured(staircase(), noise=0.6)], About("poor"), on=TODAY).profile
    drifted = measured(presses(seed=2, count=2), 0.8)
    assert check_against(poor, drifted, on=TODAY).check.verdict == "ok"
    assert check_against(PROFILE, drifted, on=TODAY).check.verdict != "ok"


def test_what_was_not_checked_stays_uncertain() -> None:
    low_only = check_against(PROFILE, measured(presses(seed=2, count=4, top_n=8.0)), on=TODAY).profile
    deviation = gain_deviation(low_only, np.array([5.0, 50.0]), TODAY)
    assert deviation[0] < 0.5 * deviation[1]
    assert deviation[1] < REMOUNTED


def test_after_a_night_a_profile_is_as_uncertain_as_one_never_checked() -> None:
    fresh = check_against(PROFILE, measured(presses(seed=2)), on=TODAY).profile
    force = np.array([20.0])
    assert gain_deviation(fresh, force, TODAY)[0] < 0.2 * REMOUNTED + 0.1
    assert gain_deviation(fresh, force, TOMORROW)[0] >= REMOUNTED
    assert (verdict(PROFILE, TODAY), verdict(fresh, TODAY), verdict(fresh, TOMORROW)) == ("stale", "ok", "stale")
    assert not checked(fresh, TOMORROW)


def test_a_band_widens_with_temperature_and_presses_and_has_no_end_beyond_the_range() -> None:
    fresh = check_against(PROFILE, measured(presses(seed=2)), on=TODAY).profile
    force = np.array([20.0, 1000.0])
    lower, upper = ends_of_band(fresh, force, TODAY)
    assert 0.0 < lower[0] < 20.0 < upper[0]
    assert np.isinf(upper[1])
    warm = calibrate([measured(staircase())], About("thumb", temperature_c=22.0), on=TODAY).profile
    assert gain_deviation(warm, force, TODAY, 42.0)[0] > gain_deviation(warm, force, TODAY, 22.0)[0]
    assert after_presses(0) == 0.0
    assert after_presses(100) > after_presses(10) > 0.0


def test_the_band_holds_unseen_presses_after_a_check_of_a_drifted_sensor() -> None:
    held = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        gain = float(np.exp(rng.normal(0.0, 0.4)))
        checked_now = check_against(PROFILE, measured(presses(seed, count=3), gain, seed=seed), on=TODAY).profile
        unseen = presses(seed + 50)
        forces = apply(checked_now, measured(unseen, gain, seed=seed + 1), on=TODAY)
        loaded = unseen > 1.0
        held.append(np.mean(((unseen >= forces.lower_n) & (unseen <= forces.upper_n))[loaded]))
    assert np.mean(held) > 0.92
