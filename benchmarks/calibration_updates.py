"""What to make of a check: kriging against the single gains that one would try first, on every pair of sittings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import calibration_glove as glove
from nmt_sense.sensing.bench_data import BenchData, read
from nmt_sense.sensing.calibration import About, Forces, apply, calibrate, check_against
from nmt_sense.sensing.profile import Profile

SITTINGS = (*glove.ROUNDS, glove.TARGET)
WAYS = ("kriging", "gain in force", "gain in conductance")
GAINS = np.exp(np.linspace(-2.0, 2.0, 401))
WORSE = 1.05


def rows_of(folder: Path, names: list[str]) -> Iterator[tuple[str, ...]]:
    """Of each way: geometric mean of error after over before, the worst, how many pairs got worse; what is covered."""
    pairs = [(name, *two) for name in names for two in itertools.permutations(SITTINGS, 2)]
    tried = [_tried(folder, *pair) for pair in pairs]
    ratios = np.array([found for found, _ in tried])
    covered = f"{np.mean([held for _, held in tried]):.1%}"
    for way, found in zip(WAYS, ratios.T, strict=True):
        worse = np.count_nonzero(found > WORSE)
        yield (
            way,
            f"{np.exp(np.log(found).mean()):.2f}",
            f"{found.max():.2f}",
            f"{worse} of {len(found)}",
            covered if way == WAYS[0] else "",
        )


def _tried(folder: Path, name: str, source: str, target: str) -> tuple[list[float], float]:
    """Error on the rest after over before, of each way, and the part of the rest that the band held after kriging."""
    files = [read(folder / f"{source}_{name}.csv.gz")]
    profile = calibrate(files, About(name), glove.CIRCUIT, reference_max_n=glove.REFERENCE_MAX_N).profile
    data = read(folder / f"{target}_{name}.csv.gz")
    quarter = len(data.time_s) // 4
    known = data.force_n < glove.REFERENCE_MAX_N
    rest = known & (np.arange(len(known)) >= quarter)
    known[quarter:] = False
    before = glove.rms(apply(profile, data).force_n - data.force_n, rest)
    kriged = _kriged(profile, data, quarter)
    updated = (
        kriged.force_n,
        _force_gain(profile, data, known),
        _conductance_gain(profile, data, known),
    )
    ratios = [glove.rms(force - data.force_n, rest) / before for force in updated]
    return ratios, glove.covered(kriged, data, rest)


def _kriged(profile: Profile, data: BenchData, quarter: int) -> Forces:
    check = glove.rows(data, slice(quarter))
    return apply(check_against(profile, check, reference_max_n=glove.REFERENCE_MAX_N).profile, data)


def _force_gain(profile: Profile, data: BenchData, known: np.ndarray) -> np.ndarray:
    force = apply(profile, data).force_n
    loaded = known & (force > 0.5) & (data.force_n > 0.5)
    return np.asarray(force * np.exp(np.median(np.log(data.force_n[loaded] / force[loaded]))))


def _conductance_gain(profile: Profile, data: BenchData, known: np.ndarray) -> np.ndarray:
    curve, conductance = profile.to_force(), data.conductance_us(glove.CIRCUIT)
    true = np.log(data.force_n[known] + 0.5)
    off = [np.abs(np.log(curve(gain * conductance[known]) + 0.5) - true).sum() for gain in GAINS]
    return np.asarray(curve(GAINS[int(np.argmin(off))] * conductance))
