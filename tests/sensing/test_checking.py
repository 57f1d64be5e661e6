import datetime
import itertools
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from bench import bench_data, conductance, measured, presses, staircase, times
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt_sense.sensing.ageing import PRESSES_AHEAD, REMOUNTED, TREND, after_presses, checked, gain_deviation, wander
from nmt_sense.sensing.bench_data import BenchData
from nmt_sense.sensing.calibration import About, apply, calibrate, check_against, ends_of_band, verdict, worth_words
from nmt_sense.sensing.checking import LEVEL, find_presses, smallest_force
from nmt_sense.sensing.checking import running_in as running_in_of
from nmt_sense.sensing.profile import Profile, load_profile, to_toml
from nmt_sense.sensing.uncertainty import half_width_of_day_n, own_half_width_n

TODAY = datetime.date(2026, 11, 25)
TOMORROW = TODAY + datetime.timedelta(days=1)
PRECISE = calibrate([measured(staircase(), noise=0.01)], About("thumb"), on=TODAY).profile
PROFILE = calibrate([measured(staircase())], About("thumb"), on=TODAY).profile
POOR = calibrate([measured(staircase(), noise=0.4)], About("poor"), on=TODAY).profile


def error_n(profile: Profile, gain: float, force: np.ndarray) -> float:
    shown = apply(profile, measured(force, gain, noise=0.0)).force_n
    return float(np.sqrt(np.mean((shown - force) ** 2)))


def test_a_profile_that_is_right_is_ok_and_its_curve_stays_as_it_is() -> None:
    outcome = check_against(PROFILE, measured(presses(seed=1, count=3)), on=TODAY)
    assert outcome.check.verdict == "ok"
    assert (outcome.profile.curve, outcome.profile.points) == (PROFILE.curve, PROFILE.points)
    assert outcome.words.startswith("ok: ")
    assert "is right" in outcome.words


@pytest.mark.parametrize(
    ("load_n", "more"),
    [
        (20.0, " Of loads far above them it says nothing."),
        (40.0, "its curve was left as it was."),
        (56.0, " The profile ends at 53.1 N: forces above have no band."),
    ],
)
def test_a_check_says_for_which_loads_it_says_nothing(load_n: float, more: str) -> None:
    assert check_against(PROFILE, on_and_off(1.0, times=3, load_n=load_n), on=TODAY).words.endswith(more)


def on_and_off(gain: float, times: int = 1, load_n: float = 40.0) -> BenchData:
    """A load put on a sensor that is off by a gain, and taken off at once, so many times."""
    return measured(np.tile(np.repeat([0.0, load_n, 0.0], 60), times), gain)


@pytest.mark.parametrize(("gain", "way", "sure"), [(1.23, "more", "34"), (0.83, "less", "25")])
def test_one_visit_says_how_far_it_was_off_from_where_on_it_would_tell_and_what_to_do(
    gain: float, way: str, sure: str
) -> None:
    outcome = check_against(PROFILE, on_and_off(gain), on=TODAY)
    assert (outcome.check.verdict, outcome.profile.points) == ("ok", PROFILE.points)
    assert outcome.check.shown_off == pytest.approx(gain - 1.0, abs=0.03)
    percent = f"{abs(100 * outcome.check.shown_off):.0f} %"
    assert f"showed {percent} {way} than the true force, which may be chance" in outcome.words
    assert f"is sure to tell only what is off by {sure} % or more" in outcome.words
    assert "its curve was left as it was, with a band wide enough for both" in outcome.words
    assert "go to the same load 3 times or more to tell" in outcome.words


def test_the_loads_that_a_curve_was_made_of_have_no_say_in_its_verdict() -> None:
    outcome = check_against(PROFILE, on_and_off(1.0, times=3), on=TODAY, fitted=on_and_off(0.7, times=3, load_n=45.0))
    assert outcome.check.verdict == "ok"
    assert (outcome.profile.curve, outcome.profile.points) == (PROFILE.curve, PROFILE.points)


def test_three_visits_tell_what_one_could_not() -> None:
    outcome = check_against(PROFILE, on_and_off(1.23, times=3), on=TODAY)
    assert outcome.check.verdict == "rescaled"
    assert outcome.profile.points != PROFILE.points


def test_one_load_that_trembles_over_the_edge_of_a_level_is_one_visit() -> None:
    """Chance may have put it off by so much; told as many visits, it would move the curve."""
    edge_n = math.exp(15 * LEVEL) - smallest_force(PROFILE)
    trembling = edge_n * np.exp(0.06 * np.sin(2 * np.pi * 0.3 * times(40.0)))
    force = np.r_[np.zeros(60), trembling, np.zeros(60)]
    outcome = check_against(PROFILE, measured(force, gain=1.23), on=TODAY)
    assert (outcome.check.verdict, outcome.profile.points) == ("ok", PROFILE.points)
    assert "which may be chance" in outcome.words
    assert {load.times for load in outcome.check.loads if load.force_n > 30.0} == {1}


def test_a_stale_profile_that_so_few_visits_cannot_mend_says_so() -> None:
    outcome = check_against(PROFILE, on_and_off(1.3), on=TODAY)
    assert (outcome.check.verdict, outcome.profile.points) == ("stale", PROFILE.points)
    assert "its curve was left as it was; go to the same load 3 times" in outcome.words
    assert outcome.words.endswith("Recalibrate.")


def test_only_a_profile_that_was_checked_before_gave_wrong_forces_since_its_last_check() -> None:
    first = check_against(PROFILE, on_and_off(1.8, times=3), on=TODAY)
    assert first.check.verdict == "stale"
    assert "so the forces it gave are wrong" in first.words
    again = check_against(first.profile, on_and_off(0.9, times=3), on=TODAY)
    assert again.check.verdict == "stale"
    assert "so forces since the last check are wrong" in again.words


def test_what_a_profile_is_worth_is_said_so_that_it_agrees_with_its_checks() -> None:
    right = check_against(PROFILE, on_and_off(1.0, times=3), on=TODAY).profile
    mended = check_against(PROFILE, on_and_off(1.8, times=3), on=TODAY).profile
    wrong = check_against(PROFILE, on_and_off(1.3), on=TODAY).profile
    assert worth_words(PROFILE, TODAY) == "not checked yet"
    assert (worth_words(right, TODAY), worth_words(right, TOMORROW)) == ("ok", "not checked today")
    assert worth_words(mended, TODAY) == "ok since its last check, which corrected it"
    assert worth_words(wrong, TODAY) == "found wrong by its last check"


def test_loads_that_were_on_too_shortly_to_tell_are_said_to_tell_nothing() -> None:
    force = np.r_[np.full(50, 10.0), [40.0, 40.0], np.full(50, 10.0)]
    outcome = check_against(PROFILE, bench_data(force, conductance(1.1 * force)), on=TODAY)
    assert "what was pressed at the larger loads is sure to tell nothing" in outcome.words


@pytest.mark.parametrize("gain", [1.23, 0.83])
def test_a_curve_left_as_it_was_has_what_was_found_in_its_band(gain: float) -> None:
    """A sensor that repeats to 15 % read a load wrong once: the true force of what reads so again is in the band."""
    outcome = check_against(PROFILE, on_and_off(gain, load_n=30.0), on=TODAY)
    assert outcome.profile.points == PROFILE.points
    true = 30.0 * np.exp(0.15 * np.random.default_rng(1).standard_normal(2000))
    lower, upper = ends_of_band(outcome.profile, np.array([30.0 * gain]), TODAY)
    assert np.mean((lower[0] <= true) & (true <= upper[0])) >= 0.95


def test_a_check_off_by_any_amount_makes_a_file_that_can_be_read_again(tmp_path: Path) -> None:
    """Small loads that read next to nothing move no curve, and no band goes beyond what a profile can hold."""
    force = np.tile(np.repeat([0.0, 20.0, 45.0], 40), 4)
    outcome = check_against(PROFILE, bench_data(force, conductance(np.where(force < 30.0, 1e-6, force))), on=TODAY)
    path = tmp_path / "next.toml"
    path.write_text(to_toml(outcome.profile), encoding="utf-8")
    assert load_profile(path) == outcome.profile


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


def test_what_is_off_at_small_loads_alone_moves_nothing() -> None:
    force = presses(seed=2, count=4)
    shifted = np.where(force < 5.0, 0.5 * force, np.maximum(force, 5.0))
    outcome = check_against(PROFILE, bench_data(force, conductance(shifted)), on=TODAY)
    assert outcome.profile.points == PROFILE.points
    right = check_against(PROFILE, bench_data(force, conductance(0.5 * force)), on=TODAY)
    assert right.profile.points != PROFILE.points


def running_in(trend: float, count: int) -> BenchData:
    """Presses on a sensor whose gain in force grows with each of them, per tenfold number."""
    force = np.concatenate([presses_alike(1) for _ in range(count)])
    number = np.repeat(np.arange(1, count + 1), len(force) // count)
    return bench_data(force, conductance(force * np.exp(trend * np.log10(number)), noise=0.01, seed=3))


def presses_alike(count: int) -> np.ndarray:
    return np.tile(30.0 * np.interp(np.arange(0.0, 6.0, 0.05), [0.5, 1.5, 4.5, 5.5], [0.0, 1.0, 1.0, 0.0]), count)


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.3, 0.3))
def test_a_sensor_that_runs_in_is_met_further_on_and_never_more_than_the_trend_goes(trend: float) -> None:
    data = running_in(trend, 3)
    shown = apply(PRECISE, data, on=TODAY).force_n
    ahead, unsure = running_in_of(PRECISE, shown, data.force_n)
    full = -trend * (np.log10(3 + PRESSES_AHEAD) - np.log10([1, 2, 3]).mean())
    assert min(0.0, full) - 0.03 <= ahead <= max(0.0, full) + 0.03
    assert 0.0 < unsure <= TREND * np.log10(3 + PRESSES_AHEAD)


def test_one_press_tells_no_trend() -> None:
    data = running_in(0.2, 1)
    assert running_in_of(PROFILE, apply(PROFILE, data, on=TODAY).force_n, data.force_n) == (0.0, 0.0)


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=200).filter(lambda force: max(force) > 1.0))
def test_presses_are_found_in_order_each_with_a_load(force: list[float]) -> None:
    found = find_presses(np.array(force))
    assert found
    assert all(one.stop <= two.start for one, two in itertools.pairwise(found))
    assert all(max(force[one]) > 0.3 * max(force) for one in found)


def test_what_was_not_checked_stays_uncertain() -> None:
    low_only = check_against(PROFILE, measured(presses(seed=2, count=4, top_n=8.0)), on=TODAY).profile
    deviation = gain_deviation(low_only, np.array([5.0, 50.0]), TODAY)
    assert deviation[0] < 0.5 * deviation[1]
    assert deviation[1] < REMOUNTED


def test_what_was_found_and_left_alone_is_in_the_band() -> None:
    right, off = (check_against(PROFILE, measured(presses(seed=2, count=1), gain), on=TODAY) for gain in (1.0, 1.2))
    assert right.profile.points == off.profile.points == PROFILE.points
    force = np.array([20.0])
    more = gain_deviation(off.profile, force, TODAY) ** 2 - gain_deviation(right.profile, force, TODAY) ** 2
    assert np.sqrt(more[0]) > 0.5 * np.log(1.2)


def day_against_fit(profile: Profile, on: datetime.date = TODAY) -> float:
    force = np.array([20.0])
    return float(half_width_of_day_n(profile, force, on)[0] / own_half_width_n(profile, force)[0])


def test_a_check_of_many_presses_that_repeat_well_makes_the_band_of_that_day_narrower() -> None:
    outcome = check_against(POOR, measured(presses(seed=2, count=8), noise=0.01), on=TODAY)
    assert outcome.profile.uncertainty == POOR.uncertainty
    assert 0.2 < day_against_fit(outcome.profile) < 0.8
    assert day_against_fit(outcome.profile, TOMORROW) == 1.0


def test_the_fewer_the_presses_the_less_they_narrow_the_band() -> None:
    found = [
        day_against_fit(check_against(POOR, measured(presses(seed=2, count=count), noise=0.01), on=TODAY).profile)
        for count in (2, 4, 12)
    ]
    assert found == sorted(found, reverse=True)


def test_a_check_that_repeats_badly_makes_the_band_wider_until_a_better_one() -> None:
    wild = measured(presses(seed=2, count=8) * np.tile(np.repeat([0.6, 1.5], 60), 8), noise=0.5)
    once = check_against(PRECISE, wild, on=TODAY).profile
    twice = check_against(once, wild, on=TODAY).profile
    assert day_against_fit(once) > 1.2
    assert day_against_fit(once, TOMORROW) == day_against_fit(once)
    assert day_against_fit(twice) < 1.5 * day_against_fit(once)
    better = check_against(once, measured(presses(seed=3, count=8)), on=TOMORROW).profile
    assert day_against_fit(better, TOMORROW) <= 1.0


def test_a_sensor_that_repeats_badly_is_less_sure_on_another_day_and_a_good_one_no_surer() -> None:
    assert wander(PRECISE) < wander(PROFILE) < wander(POOR)
    force = np.array([20.0])
    assert gain_deviation(POOR, force, TODAY)[0] > gain_deviation(PRECISE, force, TODAY)[0] >= REMOUNTED


def test_a_profile_that_its_check_left_off_is_as_unsure_as_one_that_nobody_checked() -> None:
    fresh = check_against(PRECISE, measured(presses(seed=2)), on=TODAY).profile
    entry = msgspec.structs.replace(fresh.checks[-1], verdict="stale", left=0.5)
    off = msgspec.structs.replace(fresh, checks=(entry,))
    force = np.array([20.0])
    np.testing.assert_allclose(gain_deviation(off, force, TODAY), gain_deviation(PRECISE, force, TODAY))
    assert gain_deviation(off, force, TOMORROW)[0] > gain_deviation(off, force, TODAY)[0]


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
