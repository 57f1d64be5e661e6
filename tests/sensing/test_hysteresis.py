import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.sensing.hysteresis import Hysteresis, lag
from nmt_sense.sensing.profile import Play

PLAYS = [Play(width=0.1, floor_us=10.0, weight=0.5), Play(width=0.4, floor_us=5.0, weight=1.0)]


def by_the_book(positions: np.ndarray) -> np.ndarray:
    """The definition, one sample after the other."""
    out = np.empty_like(positions)
    for column, play in enumerate(PLAYS):
        state = positions[0, column]
        for row, value in enumerate(positions[:, column]):
            state = min(max(state, value - play.width), value + play.width)
            out[row, column] = value - state
    return out


@given(st.integers(0, 2**32 - 1), st.integers(1, 1500))
def test_many_at_once_are_as_one_after_the_other(seed: int, count: int) -> None:
    positions = np.cumsum(np.random.default_rng(seed).normal(0.0, 0.1, (count, 2)), axis=0)
    assert np.array_equal(Hysteresis(PLAYS).follow(positions), by_the_book(positions))


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 1200), max_size=20))
def test_the_same_however_the_stream_is_cut(seed: int, cuts: list[int]) -> None:
    positions = np.cumsum(np.random.default_rng(seed).normal(0.0, 0.1, (1200, 2)), axis=0)
    whole = Hysteresis(PLAYS).follow(positions)
    pieces = Hysteresis(PLAYS)
    bounds = sorted({0, 1200, *cuts})
    cut = np.concatenate([pieces.follow(positions[a:b]) for a, b in itertools.pairwise(bounds)])
    assert cut.tobytes() == whole.tobytes()


def test_it_leads_while_the_load_rises_and_trails_while_it_falls() -> None:
    rising = lag(np.geomspace(10.0, 1000.0, 200), PLAYS[0])
    falling = lag(np.geomspace(1000.0, 10.0, 200), PLAYS[0])
    np.testing.assert_allclose(rising[-1], 0.1)
    np.testing.assert_allclose(falling[-1], -0.1)
