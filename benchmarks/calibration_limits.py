"""How good the band is on every pair of sittings, and what no band and no correction of this kind could have done.

Hindsight is told apart from what was known: an oracle looks at the rest, the product never does.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import calibration_glove as glove
from benchmarks.criterion import table
from nmt_sense.sensing.ageing import WANDER
from nmt_sense.sensing.bench_data import BenchData, read
from nmt_sense.sensing.calibration import About, Forces, apply, calibrate, check_against
from nmt_sense.sensing.checking import find_levels, posterior, shape_of, smallest_force
from nmt_sense.sensing.pairs import paired
from nmt_sense.sensing.profile import Profile

SITTINGS = (*glove.ROUNDS, glove.TARGET)
OWN = (glove.ROUNDS[0], glove.TARGET)
FACTORS = np.geomspace(0.05, 5.0, 70)
MULTIPLES = np.linspace(0.0, 3.0, 61)
MISS = 2.0 / 0.05
"""What a sample outside costs per unit of its distance, for a band of 95 %."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The band after a check on the first quarter, on the rest of one pair of sittings."""

    sensor: str
    pair: tuple[str, str]
    covered: float
    score: float
    """Interval score of the logarithm of force (Gneiting & Raftery, J. Am. Stat. Assoc. 102:359, 2007): width, and 40
    times the distance of what lies outside. Less is better, and neither a wide band nor a narrow one wins."""
    needed: np.ndarray
    """(N,) factor of the half-width by which the band would just hold the sample."""
    above: np.ndarray
    """(N,) true where more was pressed than in the check."""


def print_limits(folder: Path, names: Sequence[str]) -> None:
    """The band on all pairs, then the oracles."""
    judged = [_judged(folder, name, pair) for name in names for pair in itertools.permutations(SITTINGS, 2)]
    groups = [("own round", [one for one in judged if one.pair == OWN]), ("every pair", judged)]
    print("\nThe band after a check on the first quarter, sensor by sensor; a score of a band, less is better:")
    head = ("", "covered", "within 92-99 %", "below", "score", "one factor in hindsight", "two factors in hindsight")
    print(table(head, [_row(name, those) for name, those in groups]))
    print(
        "Factors of the half-width, the same for all sensors (two: at the loads of the check, and above), chosen by how"
    )
    print("many of those very sensors come to lie within 92-99 %. To lie there a sensor needed a factor of:")
    print("  " + ", ".join(_needs(one) for one in groups[0][1]))
    print("\nWhat a check found at its largest loads, what was needed above them, and the part of the excess that any")
    print("multiple (0 to 3) of the correction could have taken away, chosen in hindsight:")
    print(table(("sensor", "reaches", "found", "needed", "at most"), [_reach(folder, name) for name in names]))


def _trial(folder: Path, name: str, pair: tuple[str, str]) -> tuple[Profile, BenchData, int]:
    source, target = (read(folder / f"{sitting}_{name}.csv.gz") for sitting in pair)
    profile = calibrate([source], About(name), glove.CIRCUIT, reference_max_n=glove.REFERENCE_MAX_N).profile
    return profile, target, len(target.time_s) // 4


def _judged(folder: Path, name: str, pair: tuple[str, str]) -> Judged:
    profile, target, quarter = _trial(folder, name, pair)
    check = glove.rows(target, slice(quarter))
    after = check_against(profile, check, reference_max_n=glove.REFERENCE_MAX_N).profile
    rest = _rest(target, quarter)
    true, forces = target.force_n[rest], _some(apply(after, target), rest)
    most = float(check.force_n[check.force_n < glove.REFERENCE_MAX_N].max())
    score = _score(true, forces, smallest_force(profile))
    return Judged(name, pair, _covered(true, forces), score, _needed(true, forces), true > most)


def _rest(target: BenchData, quarter: int) -> np.ndarray:
    return np.asarray((target.force_n < glove.REFERENCE_MAX_N) & (np.arange(len(target.time_s)) >= quarter))


def _some(forces: Forces, which: np.ndarray) -> Forces:
    return Forces(forces.time_s[which], forces.force_n[which], forces.lower_n[which], forces.upper_n[which])


def _covered(true_n: np.ndarray, forces: Forces) -> float:
    return float(np.mean((true_n >= forces.lower_n) & (true_n <= forces.upper_n)))


def _score(true_n: np.ndarray, forces: Forces, small_n: float) -> float:
    """A band without an upper end counts as one that ends at three times the largest force."""
    most = 3.0 * max(float(true_n.max()), float(forces.force_n.max()))
    true, low = np.log(np.maximum(true_n, 0.0) + small_n), np.log(forces.lower_n + small_n)
    high = np.log(np.minimum(forces.upper_n, most) + small_n)
    outside = np.maximum(low - true, 0.0) + np.maximum(true - high, 0.0)
    return float(np.mean(high - low + MISS * outside))


def _needed(true_n: np.ndarray, forces: Forces) -> np.ndarray:
    down = (forces.force_n - true_n) / np.maximum(forces.force_n - forces.lower_n, 1e-9)
    up = (true_n - forces.force_n) / np.maximum(forces.upper_n - forces.force_n, 1e-9)
    return np.asarray(np.maximum(down, up))


def _row(name: str, judged: list[Judged]) -> tuple[str, ...]:
    covered, count = np.array([one.covered for one in judged]), len(judged)
    inside = [[_inside(np.mean(one.needed <= factor)) for one in judged] for factor in FACTORS]
    return (
        f"{name}, {count}",
        f"{covered.mean():.1%}",
        f"{sum(map(_inside, covered))} of {count}",
        f"{np.count_nonzero(covered < glove.COVERAGE[0])}",
        f"{np.mean([one.score for one in judged]):.2f}",
        f"{max(map(sum, inside))} of {count}",
        f"{_two_factors(judged)} of {count}",
    )


def _inside(share: float | np.floating) -> bool:
    return bool(glove.COVERAGE[0] <= share <= glove.COVERAGE[1])


def _two_factors(judged: list[Judged]) -> int:
    """Most sensors that two factors, chosen in hindsight, bring within the criterion."""
    met = np.zeros((len(FACTORS), len(FACTORS)), int)
    for one in judged:
        held = one.needed <= FACTORS[:, np.newaxis]
        share = np.add.outer((held & ~one.above).mean(axis=1), (held & one.above).mean(axis=1))
        met += (share >= glove.COVERAGE[0]) & (share <= glove.COVERAGE[1])
    return int(met.max())


def _needs(judged: Judged) -> str:
    low, high = np.quantile(judged.needed, glove.COVERAGE)
    return f"{judged.sensor} {low:.2f} to {high:.2f}"


def _reach(folder: Path, name: str) -> tuple[str, ...]:
    profile, target, quarter = _trial(folder, name, OWN)
    pairs = paired([glove.rows(target, slice(quarter))], profile.circuit, profile.lag_s, glove.REFERENCE_MAX_N)
    small, rest = smallest_force(profile), _rest(target, quarter)
    levels = find_levels(profile, shape_of(profile).force(pairs), pairs.force_n, pairs.time_s)
    shown, true = apply(profile, target).force_n[rest], target.force_n[rest]
    above = true > float(pairs.force_n.max())
    needed = np.median(np.log((true + small) / (shown + small))[above])
    correction, _ = posterior(levels, np.log(shown + small), WANDER)
    tried = [np.maximum((shown + small) * np.exp(times * correction) - small, 0.0) for times in MULTIPLES]
    best = min(glove.rms_of(force - true) for force in tried)
    before, hindsight = glove.rms_of(shown - true), _hindsight(target, rest)
    return (
        name,
        f"{pairs.force_n.max():.0f} of {true.max():.0f} N",
        f"{np.expm1(np.median(levels.deviation[levels.loaded])):+.0%}",
        f"{np.expm1(needed):+.0%}",
        f"{(before - best) / (before - hindsight):.0%} of {before - hindsight:.2f} N",
    )


def _hindsight(target: BenchData, rest: np.ndarray) -> float:
    known = glove.rows(target, rest)
    return glove.rms_of(glove.isotonic_regression([known])(known.conductance_us(glove.CIRCUIT)) - known.force_n)
