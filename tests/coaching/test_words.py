"""Words for pressure."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.coaching.sheet import _BLANK
from nmt_sense.coaching.words import FIVE, WIDEST, Scale, Word, compare, exercise, learn, meant_n
from nmt_sense.errors import NmtError
from nmt_sense.holds import Hold, HoldEnd

MEANT = dict(zip(FIVE, (3.0, 6.0, 12.0, 25.0, 50.0), strict=True))


def scale(factor: float = 1.0, code: str = "T-01", spread: float = 0.05) -> Scale:
    asked = exercise()
    rng = np.random.default_rng(1)
    pressed = [MEANT[word] * factor * (1 + spread * rng.standard_normal()) for word in asked]
    return Scale(code, "thumb", "nominal", 0.5, learn(asked, pressed))


@given(st.integers(0, 1000), st.integers(1, 8))
def test_the_exercise_asks_for_each_word_as_often_and_for_none_twice_in_a_row(seed: int, each: int) -> None:
    asked = exercise(each=each, seed=seed)
    assert Counter(asked) == dict.fromkeys(FIVE, each)
    assert all(one != other for one, other in itertools.pairwise(asked))
    assert asked == exercise(each=each, seed=seed)


def test_a_scale_is_learned_with_its_spread() -> None:
    learned = scale()
    assert learned.ordered
    assert [word.name for word in learned.words] == list(FIVE)
    for word in learned.words:
        assert len(word.presses_n) == 4
        assert word.mean_n == pytest.approx(MEANT[word.name], rel=0.15)
        assert word.sd_n == pytest.approx(np.std(word.presses_n, ddof=1))


@pytest.mark.parametrize(
    ("newtons", "word"), [(0.0, ""), (-1.0, ""), (0.5, "very light"), (6.0, "light"), (30.0, "firm"), (500.0, "deep")]
)
def test_every_force_has_a_word(newtons: float, word: str) -> None:
    assert scale(spread=0.0).word_for(newtons) == word


def test_words_part_where_the_proportion_is_the_same() -> None:
    plain = scale(spread=0.0)
    assert plain.word_for(math.sqrt(12 * 25) - 0.1) == "medium"
    assert plain.word_for(math.sqrt(12 * 25) + 0.1) == "firm"


def test_a_student_is_compared_word_by_word() -> None:
    found = compare(scale(1.5, "S-01"), scale())
    assert [one.name for one in found] == list(FIVE)
    assert all(one.percent == pytest.approx(50.0, abs=0.1) for one in found)
    assert all(one.apart > 2 for one in found)


def test_people_without_a_common_word_cannot_be_compared() -> None:
    own = Scale("S-01", "thumb", "nominal", 0.5, (Word("soft", (3.0,)), Word("hard", (30.0,))))
    with pytest.raises(NmtError, match="no word in common"):
        compare(own, scale())


def test_another_number_of_presses_is_refused() -> None:
    with pytest.raises(NmtError, match="asks for 20 presses, but there are 19"):
        learn(exercise(), [10.0] * 19)


def test_the_force_that_was_meant_is_that_of_the_middle_of_a_press() -> None:
    time_s = np.arange(400) / 100
    contact_n = np.interp(time_s, [0, 0.5, 3, 3.3, 4], [0, 20, 20, 0, 0]).astype(np.float32)
    from presses import holds_of

    (hold,) = holds_of(contact_n)
    half_n = (1.0 + time_s).astype(np.float32)
    assert meant_n(time_s, contact_n, half_n, hold) == (20.0, pytest.approx(2.9, abs=0.5))


def test_the_band_of_what_was_meant_is_that_of_the_scan_that_the_median_is_of() -> None:
    """Not of the press on its way, and not of a moment above the calibrated range."""
    time_s = np.arange(300) / 100
    contact_n = (20.0 + time_s).astype(np.float32)
    half_n = (contact_n / 4).astype(np.float32)
    half_n[200] = np.inf
    hold = Hold(**_BLANK | {"mean_n": 9.0}, number=1, start_s=0.0, end_s=2.99, end=HoldEnd.RELEASED)  # type: ignore[arg-type]
    newtons, half = meant_n(time_s, contact_n, half_n, hold)
    assert (newtons, half) == (pytest.approx(21.495), pytest.approx(21.495 / 4))
    half_n[:] = np.inf
    assert meant_n(time_s, contact_n, half_n, hold)[1] == math.inf


def test_each_word_is_compared_by_its_own_bands_and_not_by_the_widest_of_the_scale() -> None:
    """Light is unsure, deep is not: 60 N beside 40 N is clear, 9 N beside 4 N is not."""
    mine = (Word("light", (9.0, 9.1), 1.0), Word("deep", (60.0, 61.0), 0.1))
    theirs = (Word("light", (4.0, 4.1), 1.0), Word("deep", (40.0, 41.0), 0.1))
    one, other = (Scale("S", "thumb", "checked", 1.0, words) for words in (mine, theirs))
    light, deep = compare(one, other)
    assert (light.clear, deep.clear) == (False, True)
    assert (light.one_uncertainty_n, deep.one_uncertainty_n) == (pytest.approx(9.05), pytest.approx(6.05))
    # each as a part of itself: 10 % and 10 %; in newtons: hypot(6.05, 4.05) of 40.5
    assert deep.telling_percent == pytest.approx(100 * math.hypot(6.05, 4.05) / 40.5)
    assert (light.telling, deep.telling) == ("245 %", "18 %")
    kept_before = (msgspec.structs.replace(word, relative_uncertainty=None) for word in mine)
    assert not compare(msgspec.structs.replace(one, words=tuple(kept_before)), other)[1].clear


def test_a_word_without_an_upper_bound_tells_nothing_at_any_distance() -> None:
    above = Scale("S", "thumb", "checked", 0.1, (Word("deep", (400.0, 401.0), WIDEST), Word("light", (4.0, 4.1), 0.1)))
    deep, light = compare(
        above, msgspec.structs.replace(above, words=(Word("deep", (40.0, 41.0), 0.1), above.words[1]))
    )
    assert (deep.one_uncertainty_n, deep.telling, deep.clear) == (math.inf, "∞ %", False)
    assert light.telling == "14 %"


def test_a_scale_travels_as_toml() -> None:
    learned = scale()
    assert msgspec.toml.decode(msgspec.toml.encode(learned), type=Scale) == learned
