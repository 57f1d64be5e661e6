import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.sensing.filters import LowPass

RATES = [50, 250, 1000]


def run(rate: int, values: np.ndarray) -> np.ndarray:
    return LowPass(1 / rate, 1).feed(np.arange(len(values)), values[:, np.newaxis])[:, 0]


@pytest.mark.parametrize("rate", RATES)
def test_a_sudden_press_never_seems_to_overshoot(rate: int) -> None:
    shown = run(rate, np.r_[np.zeros(5), np.full(rate, 32.0)])
    assert np.all(np.diff(shown) >= -1e-12)
    assert shown.max() <= 32.0 + 1e-9
    assert shown[-1] == pytest.approx(32.0)


@pytest.mark.parametrize("rate", RATES)
def test_the_stated_delay_is_how_far_a_steady_rise_lags(rate: int) -> None:
    delay_s = LowPass(1 / rate, 1).delay_s
    rise = np.arange(2 * rate) / rate * 10.0
    assert (rise - run(rate, rise))[-1] / 10.0 == pytest.approx(delay_s, rel=1e-6)
    assert 0.02 < delay_s < 0.03


@pytest.mark.parametrize("rate", RATES)
def test_a_swing_at_the_named_cut_off_comes_through_three_decibels_weaker(rate: int) -> None:
    time_s = np.arange(4 * rate) / rate
    shown = run(rate, np.sin(2 * np.pi * 8.0 * time_s))[2 * rate :]
    power = np.mean(shown**2) / np.mean(np.sin(2 * np.pi * 8.0 * time_s[2 * rate :]) ** 2)
    assert power == pytest.approx(0.5, rel=1e-3)


def test_a_steady_force_is_shown_unchanged_from_the_first_scan() -> None:
    assert run(250, np.full(500, 17.25)) == pytest.approx(np.full(500, 17.25), rel=1e-12)


def test_after_a_gap_it_starts_settled_at_what_arrived() -> None:
    low_pass = LowPass(0.004, 1)
    low_pass.feed(np.arange(100), np.full((100, 1), 30.0))
    shown = low_pass.feed(np.arange(110, 120), np.full((10, 1), 5.0))
    assert shown[:, 0] == pytest.approx(np.full(10, 5.0), rel=1e-12)


@given(st.data())
def test_the_same_bits_however_the_stream_is_cut(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    scan = np.cumsum(rng.choice([1, 1, 1, 1, 1, 1, 1, 9], 200))
    values = rng.normal(20, 10, (200, 2))
    cuts = sorted(data.draw(st.lists(st.integers(0, 200), max_size=20)))
    whole = LowPass(0.004, 2).feed(scan, values)
    cut = LowPass(0.004, 2)
    bounds = [0, *cuts, 200]
    pieces = [cut.feed(scan[a:b], values[a:b]) for a, b in itertools.pairwise(bounds)]
    assert np.concatenate(pieces).tobytes() == whole.tobytes()
