import dataclasses
import functools
import itertools
import math

import numpy as np
import pytest
from bench import RATE_HZ, bench_data, conductance, creeping, staircase, times
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.sensing.calibration import About, apply, calibrate
from nmt_sense.sensing.creep import CreepFilter, CreepFit, find_holds, fit_creep, per_decade, without_creep
from nmt_sense.sensing.profile import CreepTerm

PERIOD_S = 0.004
TERMS = st.lists(
    st.builds(CreepTerm, time_s=st.sampled_from([0.5, 1.0, 10.0, 30.0, 100.0]), share=st.floats(0.0, 0.1)), max_size=4
).map(tuple)


def filtered(terms: tuple[CreepTerm, ...], force: np.ndarray) -> np.ndarray:
    return CreepFilter([terms], PERIOD_S).feed(np.arange(len(force)), force[:, np.newaxis])[:, 0]


def held(seconds: float, per_minute: float = 0.0, load_n: float = 30.0) -> np.ndarray:
    """Two seconds without load, then a load that declines by a part of itself per minute."""
    at = np.arange(0.0, seconds, PERIOD_S)
    return load_n * np.where(at < 2.0, 0.0, 1.0 - per_minute * (at - 2.0) / 60.0)


@functools.cache
def learnt(creep: float) -> tuple[CreepTerm, ...]:
    """The filter fitted to five holds of a sensor that creeps so."""
    force = holds_of(25.0, 5, 60.0)
    at = times(len(force) / RATE_HZ)
    found = fit_creep(at, creeping(force, RATE_HZ, creep), force, find_holds(at, force))
    return dataclasses.replace(found, standard_error=0.0).terms


@pytest.mark.parametrize("creep", [0.01, 0.03, 0.05])
def test_a_hold_of_90_seconds_does_not_grow(creep: float) -> None:
    shown = creeping(held(92.0), 1.0 / PERIOD_S, creep)
    undone = filtered(learnt(creep), shown)
    after = slice(int(4.0 / PERIOD_S), None)
    decades = math.log10(90.0 / 2.0)
    assert shown[-1] / shown[after][0] > 1.0 + 0.6 * creep * decades
    assert undone[-1] / undone[after][0] == pytest.approx(1.0, abs=0.005 * decades)


@pytest.mark.parametrize("creep", [0.0, 0.01, 0.03, 0.05])
@pytest.mark.parametrize("per_minute", [0.01, 0.02, 0.05])
def test_a_true_decline_is_left_as_it_is(creep: float, per_minute: float) -> None:
    """The client's tissue gives way: what is left of that after sensor and filter is within a tenth of it."""
    true = held(92.0, per_minute)
    undone = filtered(learnt(creep), creeping(true, 1.0 / PERIOD_S, creep))
    late = np.arange(int(7.0 / PERIOD_S), len(true))
    slope = np.polyfit(late * PERIOD_S / 60.0, undone[late] / undone[late[0]], 1)[0]
    expected = np.polyfit(late * PERIOD_S / 60.0, true[late] / true[late[0]], 1)[0]
    assert slope == pytest.approx(expected, abs=0.1 * per_minute)


@given(TERMS, st.data())
def test_the_same_bits_however_the_stream_is_cut_and_wherever_it_has_gaps(
    terms: tuple[CreepTerm, ...], data: st.DataObject
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    count = 200
    force = rng.uniform(0.0, 60.0, (count, 2))
    scan = 5 + np.cumsum(rng.choice([1] * 20 + [2, 700], count))
    columns = [terms, (CreepTerm(time_s=10.0, share=0.02),)]
    whole = CreepFilter(columns, PERIOD_S).feed(scan, force)
    cuts = sorted({0, count, *data.draw(st.lists(st.integers(0, count), max_size=20))})
    pieces = CreepFilter(columns, PERIOD_S)
    cut = np.concatenate([pieces.feed(scan[a:b], force[a:b]) for a, b in itertools.pairwise(cuts)])
    assert cut.tobytes() == whole.tobytes()


@given(TERMS, st.integers(0, 2**32 - 1))
def test_a_bounded_force_stays_bounded_and_what_is_let_go_of_dies_away(terms: tuple[CreepTerm, ...], seed: int) -> None:
    force = np.random.default_rng(seed).choice([0.0, 50.0], 3000)
    force[-1:] = 0.0
    undone = filtered(terms, force)
    assert np.all(undone >= 0.0)
    assert undone.max() <= 50.0 / (1.0 - sum(term.share for term in terms))
    assert filtered(terms, np.r_[force, np.zeros(10)])[-1] <= 0.0


@given(TERMS)
def test_files_and_live_are_corrected_alike(terms: tuple[CreepTerm, ...]) -> None:
    force = held(8.0)
    in_file = without_creep(np.arange(len(force)) * PERIOD_S, force, terms)
    np.testing.assert_allclose(in_file, filtered(terms, force), atol=1e-9)


def holds_of(load_n: float, count: int, seconds: float) -> np.ndarray:
    at = times(count * (seconds + 4.0))
    return load_n * ((at % (seconds + 4.0)) > 2.0) * ((at % (seconds + 4.0)) < seconds + 2.0)


def test_creep_is_found_in_holds_and_undone_in_others() -> None:
    force = holds_of(25.0, 8, 20.0)
    shown = creeping(force, RATE_HZ, 0.03) * (1.0 + 0.01 * np.random.default_rng(3).standard_normal(len(force)))
    at = times(len(force) / RATE_HZ)
    holds = find_holds(at, force)
    assert len(holds) == 8
    found = fit_creep(at, shown, force, holds[::2] + holds[1::4])
    assert found.per_decade == pytest.approx(0.03, abs=0.006)
    undone = without_creep(at, shown, found.terms)
    assert np.median(per_decade(at, shown, force, holds)) > 0.01
    assert abs(np.median(per_decade(at, undone, force, holds[3::4]))) < 0.005


def test_a_fit_takes_creep_from_its_holds_and_applies_it() -> None:
    force = np.r_[staircase(30.0), holds_of(25.0, 8, 20.0)]
    data = bench_data(force, conductance(creeping(force, RATE_HZ, 0.04), noise=0.005))
    profile = calibrate([data], About("thumb")).profile
    assert profile.creep
    held_again = np.r_[np.zeros(40), np.full(1200, 25.0)]
    shown = apply(profile, bench_data(held_again, conductance(creeping(held_again, RATE_HZ, 0.04)))).force_n
    plain = np.asarray(profile.to_force()(conductance(creeping(held_again, RATE_HZ, 0.04))))
    assert shown[-1] / shown[80] - 1.0 < 0.35 * (plain[-1] / plain[80] - 1.0)


def test_without_holds_nothing_is_corrected() -> None:
    force = staircase(step_s=2.0)
    assert calibrate([bench_data(force, conductance(force))], About("thumb")).profile.creep == ()


def test_few_holds_are_little_trusted() -> None:
    sure, unsure = CreepFit(0.03, 0.002, 20).terms, CreepFit(0.03, 0.03, 6).terms
    assert sure[0].share > 0.028
    assert unsure[0].share < 0.012
    assert CreepFit(-0.02, 0.001, 20).terms == ()
