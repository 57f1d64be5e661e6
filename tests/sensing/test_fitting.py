import numpy as np
import pytest
from bench import bench_data, conductance, measured, presses, staircase
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt_sense.sensing.calibration import About, apply, calibrate, words_of
from nmt_sense.sensing.candidates import Shape, binned_points, blended
from nmt_sense.sensing.conformal import conformal_quantile, scaled_band
from nmt_sense.sensing.fitting import fit
from nmt_sense.sensing.hysteresis import lag
from nmt_sense.sensing.pairs import paired
from nmt_sense.sensing.profile import MonotoneCubic, Play, PowerLaw


def rms_part(said: np.ndarray, true: np.ndarray) -> float:
    loaded = true > 0.1 * true.max()
    return float(np.sqrt(np.mean((said[loaded] / true[loaded] - 1.0) ** 2)))


def test_the_force_that_was_pressed_comes_back_on_presses_not_seen() -> None:
    profile = calibrate([measured(staircase())], About("thumb")).profile
    unseen = presses(seed=3)
    assert rms_part(apply(profile, measured(unseen, noise=0.0)).force_n, unseen) < 0.03


def test_a_sensor_that_follows_a_power_law_is_shown_as_one() -> None:
    found = fit(paired([measured(staircase(), noise=0.05)], None))
    force = np.linspace(0.0, 50.0, 51)
    assert rms_part(found.shape.curve()(conductance(force)), force) < 0.03


def test_a_sensor_behind_a_series_resistance_is_followed_to_its_end() -> None:
    force = staircase()
    own = conductance(force)
    found = fit(paired([bench_data(force, own / (1.0 + own / 500.0))], None))
    errors = {one.name: one.error for one in found.candidates}
    assert errors["series resistance"] < 0.3 * errors["power law"]
    seen = own > 5.0
    assert rms_part(found.shape.curve()(own / (1.0 + own / 500.0))[seen], force[seen]) < 0.04


def test_the_blend_errs_hardly_more_than_the_best_of_its_candidates() -> None:
    for noise in (0.0, 0.1):
        found = fit(paired([measured(staircase(), noise=noise)], None))
        errors = {one.name: one.error for one in found.candidates}
        assert found.chosen.startswith("blend")
        assert errors[found.chosen] <= 1.2 * min(errors.values()) + 0.01


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=4), st.floats(0.4, 3.0), st.integers(0, 2**32 - 1))
def test_a_blend_rises_and_lies_between_what_it_is_made_of(parts: list[float], exponent: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    laws = [Shape(PowerLaw(gain_us=g, exponent=exponent), ()) for g in rng.uniform(1.0, 30.0, len(parts))]
    blend = blended(laws, np.array(parts) / sum(parts), top_us=500.0)
    assert np.all(np.diff([point.force_n for point in blend.points]) > 0)
    at = np.array([point.conductance_us for point in blend.points])
    low, high = (extreme([law.curve()(at) for law in laws], axis=0) for extreme in (np.min, np.max))
    force = np.array([point.force_n for point in blend.points])
    assert np.all((force >= 0.999 * low - 1e-5) & (force <= 1.001 * high + 1e-5))


def test_a_sensor_with_a_knee_gets_a_cubic() -> None:
    force = staircase()
    knee = 10.0 * force + 60.0 * np.maximum(force - 20.0, 0.0)
    assert isinstance(fit(paired([bench_data(force, knee + 0.5)], None)).shape.kind, MonotoneCubic)


def test_memory_is_chosen_when_it_wins_and_only_then() -> None:
    force = np.r_[staircase(), presses(seed=1), presses(seed=2)]
    plain = conductance(force, noise=0.02)
    behind = lag(plain, Play(width=0.3, floor_us=50.0, weight=0.0))
    with_memory = fit(paired([bench_data(force * np.exp(0.8 * behind), plain)], None))
    assert with_memory.chosen.startswith("play")
    assert with_memory.shape.play is not None
    assert with_memory.shape.play.weight == pytest.approx(0.8, abs=0.35)
    assert not fit(paired([bench_data(force, plain)], None)).chosen.startswith("play")


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.sampled_from([8, 16, 24]))
def test_a_fitted_curve_never_falls_whatever_the_data(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    at, force = rng.uniform(0.1, 1000.0, 300), rng.normal(10.0, 20.0, 300)
    points = binned_points(at, force, count)
    assert np.all(np.diff([point.conductance_us for point in points]) > 0)
    assert np.all(np.diff([point.force_n for point in points]) > 0)
    assert points[0].force_n > 0


def test_sittings_share_a_shape_and_not_a_gain() -> None:
    one, other = (measured(staircase(), gain, seed=seed) for seed, gain in enumerate((0.7, 1.4)))
    both = calibrate([one, other], About("thumb")).profile
    assert both.uncertainty.relative < 0.15
    shown = apply(both, measured(presses(seed=4), gain=(0.7 * 1.4) ** 0.5, noise=0.0)).force_n
    assert rms_part(shown, presses(seed=4)) < 0.05


@pytest.mark.parametrize("noise", [0.02, 0.08])
def test_the_band_holds_about_95_per_cent_of_a_sitting_it_has_not_seen(noise: float) -> None:
    profile = calibrate([measured(staircase(), noise=noise)], About("thumb")).profile
    unseen = presses(seed=5, count=40)
    loaded = unseen > 1.0
    error = np.abs(apply(profile, measured(unseen, noise=noise, seed=9)).force_n - unseen)[loaded]
    half = profile.uncertainty.floor_n + profile.uncertainty.relative * unseen[loaded]
    assert 0.90 < np.mean(error < half) < 0.995


@given(st.integers(0, 2**32 - 1))
def test_a_scaled_band_holds_what_it_was_made_from(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = rng.uniform(0.0, 60.0, 400)
    error = rng.standard_t(3, 400) * (0.5 + 0.1 * said)
    floor, relative = scaled_band(said, error)
    assert 0.94 <= np.mean(np.abs(error) <= floor + relative * said + 1e-9) <= 0.97


def test_the_conformal_quantile_counts_the_new_reading_too() -> None:
    assert conformal_quantile(np.arange(1.0, 20.0), 0.95) == 19.0
    assert conformal_quantile(np.arange(1.0, 101.0), 0.95) == 96.0


def test_a_profile_says_what_it_can_do() -> None:
    assert "Good for a sensor of this kind" in words_of(calibrate([measured(staircase())], About("t")).profile)
    poor = calibrate([measured(staircase(), noise=0.4)], About("t")).profile
    assert "mend the mounting" in words_of(poor)
