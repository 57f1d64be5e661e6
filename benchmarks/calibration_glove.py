"""The glove's six sensors: fitted on staircases, tried on presses, before and after a check."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.criterion import Criterion, table
from nmt_sense.sensing.bench_data import BenchData, read
from nmt_sense.sensing.calibration import About, Forces, apply, calibrate, check_against, verdict
from nmt_sense.sensing.checking import Levels, Outcome, find_levels, shape_of
from nmt_sense.sensing.pairs import paired
from nmt_sense.sensing.profile import Circuit, Profile

CIRCUIT = Circuit(divider_ohm=10_000, supply_mv=5000)
REFERENCE_MAX_N = 73.5
"""The six-axis reference clips near 74 N (the data's README); samples from here up say only that there was more."""
ROUNDS = ("staircase_earlier", "staircase")
TARGET = "presses_earlier"
LARGE_EXCESS_N = 1.0
COVERAGE = (0.92, 0.99)
Model = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Trial:
    """One profile tried on one file of presses."""

    sensor: str
    source: str
    profile: Profile
    chosen: str
    all_n: float
    """Root mean square error over the whole file, N, before a check; then those of the two baselines."""
    power_n: float
    isotonic_n: float
    rest_n: float
    """The same over the last three quarters; then after the check, and of the best memoryless fit in hindsight."""
    after_n: float
    hindsight_n: float
    covered: float
    covered_after: float
    rest: int
    """Samples of the rest."""
    half_width_n: float
    """Median of the band's half-width after the check, N."""
    worth: str
    outcome: Outcome

    @property
    def excess_n(self) -> float:
        return self.rest_n - self.hindsight_n

    @property
    def gone(self) -> float:
        """Part of the excess that the check took away."""
        return (self.rest_n - self.after_n) / self.excess_n


def report(folder: Path) -> list[Criterion]:
    """Print what the glove's data show."""
    names = sorted(path.name.removeprefix(f"{TARGET}_").removesuffix(".csv.gz") for path in folder.glob(f"{TARGET}_*"))
    trials = [trial for name in names for trial in _trials(folder, name)]
    print(
        f"\n## glove: {len(names)} sensors, fitted on staircases, tried on {TARGET}_*\n\n"
        f"Reference samples from {REFERENCE_MAX_N} N up, where it clips, are left out."
    )
    print(
        "Root mean square errors in N before a check, over the whole file; part covered, and its own word for itself:"
    )
    print(
        table(
            ("sensor", "fitted on", "chosen", "ours", "power law", "isotonic", "covered", "worth"),
            list(map(_before, trials)),
        )
    )
    print("\nAfter a check on the first quarter, over the rest; h is the best memoryless fit in hindsight:")
    head = ("sensor", "fitted on", "before", "after", "h", "excess gone", "covered", "± N (median)", "verdict", "found")
    print(table(head, list(map(_after, trials))))
    _print_updates(folder, names)
    _print_limits(folder, names)
    _print_memory(folder, names)
    _print_drift(folder, names)
    return [*(criterion for trial in trials for criterion in _criteria(trial)), *_together(trials)]


def _trials(folder: Path, name: str) -> Iterator[Trial]:
    target = read(folder / f"{TARGET}_{name}.csv.gz")
    for sources in ((ROUNDS[0],), (ROUNDS[1],), ROUNDS):
        files = [read(folder / f"{source}_{name}.csv.gz") for source in sources]
        yield _trial(name, " + ".join(sources), files, target)


def _trial(name: str, source: str, files: list[BenchData], target: BenchData) -> Trial:
    fitted = calibrate(files, About(name), CIRCUIT, reference_max_n=REFERENCE_MAX_N)
    profile, quarter = fitted.profile, len(target.time_s) // 4
    outcome = check_against(profile, rows(target, slice(quarter)), reference_max_n=REFERENCE_MAX_N)
    before, after = apply(profile, target), apply(outcome.profile, target)
    known = target.force_n < REFERENCE_MAX_N
    rest = known & (np.arange(len(known)) >= quarter)
    conductance = target.conductance_us(CIRCUIT)
    power, isotonic = (baseline(files)(conductance) for baseline in (power_law, isotonic_regression))
    hindsight = isotonic_regression([rows(target, rest)])(conductance)
    error = {
        name: values - target.force_n for name, values in (("power", power), ("isotonic", isotonic), ("h", hindsight))
    }
    return Trial(
        name,
        source,
        profile,
        fitted.fit.chosen,
        rms(before.force_n - target.force_n, known),
        rms(error["power"], known),
        rms(error["isotonic"], known),
        rms(before.force_n - target.force_n, rest),
        rms(after.force_n - target.force_n, rest),
        rms(error["h"], rest),
        covered(before, target, known),
        covered(after, target, rest),
        int(rest.sum()),
        half_width(after, rest),
        verdict(profile, profile.checked_on or profile.date),
        outcome,
    )


def rows(data: BenchData, which: slice | np.ndarray) -> BenchData:
    """Some rows of a file."""
    return replace(data, time_s=data.time_s[which], value=data.value[which], force_n=data.force_n[which])


def rms(error: np.ndarray, which: np.ndarray) -> float:
    return float(np.sqrt(np.mean(error[which] ** 2)))


def covered(forces: Forces, target: BenchData, which: np.ndarray) -> float:
    """Part of the reference samples within the band."""
    inside = (target.force_n >= forces.lower_n) & (target.force_n <= forces.upper_n)
    return float(np.mean(inside[which]))


def half_width(forces: Forces, which: np.ndarray) -> float:
    return float(np.median((forces.upper_n - forces.lower_n)[which] / 2.0))


def power_law(files: list[BenchData]) -> Model:
    """The usual F = a G^b, least squares in newtons."""
    from scipy.optimize import curve_fit

    conductance, force = _joined(files)
    loaded = conductance > 0.0
    start = np.polyfit(np.log(conductance[loaded]), np.log(np.maximum(force[loaded], 0.05)), 1)[::-1]
    found, _ = curve_fit(_law, conductance[loaded], force[loaded], start, maxfev=20_000)
    return lambda values: _law(np.maximum(values, 1e-9), *found)


def _law(conductance_us: np.ndarray, a: float, b: float) -> np.ndarray:
    return np.asarray(np.exp(a) * conductance_us**b)


def isotonic_regression(files: list[BenchData]) -> Model:
    """The best rising curve there is, level beyond its ends."""
    from scipy import optimize

    conductance, force = _joined(files)
    order = np.argsort(conductance, kind="stable")
    at, first = np.unique(conductance[order], return_index=True)
    size = np.diff(np.r_[first, len(order)])
    means = np.add.reduceat(force[order], first) / size
    rising = optimize.isotonic_regression(means, weights=size).x
    return lambda values: np.interp(values, at, rising)


def _joined(files: list[BenchData]) -> tuple[np.ndarray, np.ndarray]:
    conductance = np.concatenate([one.conductance_us(CIRCUIT) for one in files])
    force = np.concatenate([one.force_n for one in files])
    known = force < REFERENCE_MAX_N
    return conductance[known], force[known]


def _before(trial: Trial) -> tuple[str, ...]:
    errors = (f"{value:.2f}" for value in (trial.all_n, trial.power_n, trial.isotonic_n))
    return (trial.sensor, trial.source, trial.chosen, *errors, f"{trial.covered:.1%}", trial.worth)


def _after(trial: Trial) -> tuple[str, ...]:
    errors = (f"{value:.2f}" for value in (trial.rest_n, trial.after_n, trial.hindsight_n))
    check = trial.outcome.check
    gone, cover = f"{trial.gone:.0%}", f"{trial.covered_after:.1%}"
    found = (f"{trial.half_width_n:.2f}", check.verdict, f"{check.found:+.0%}")
    return (trial.sensor, trial.source, *errors, gone, cover, *found)


def _criteria(trial: Trial) -> Iterator[Criterion]:
    of = f"{trial.sensor}, fitted on {trial.source}"
    best = min(trial.power_n, trial.isotonic_n)
    own = trial.source == ROUNDS[0]
    if own:
        said = f"{trial.all_n:.2f} N against {best:.2f} N ({trial.all_n / best - 1.0:+.1%})"
        yield Criterion(
            "own round, before a check: no worse than the better of power law and isotonic",
            of,
            trial.all_n <= best,
            said,
        )
    group = "own round" if own else "other or both rounds"
    if trial.excess_n > LARGE_EXCESS_N:
        said = f"{trial.gone:.0%} of {trial.excess_n:.2f} N"
        yield Criterion(
            f"{group}: a check takes away half of an excess over {LARGE_EXCESS_N:g} N", of, trial.gone >= 0.5, said
        )
    said = f"{trial.rest_n:.2f} → {trial.after_n:.2f} N"
    yield Criterion(
        f"{group}: a check makes nothing more than 5 % worse", of, trial.after_n <= 1.05 * trial.rest_n, said
    )
    inside = COVERAGE[0] <= trial.covered_after <= COVERAGE[1]
    yield Criterion(f"{group}: the band covers 92-99 % after a check", of, inside, f"{trial.covered_after:.1%}")
    said = f"{trial.covered:.1%}, {trial.worth}"
    yield Criterion(
        "before a check the band covers 90 % or calls itself stale",
        of,
        trial.covered >= 0.9 or trial.worth == "stale",
        said,
    )


def _together(trials: list[Trial]) -> Iterator[Criterion]:
    """The band after a check, over the samples of all sensors."""
    for group, those in (("own round", ROUNDS[:1]), ("other or both rounds", (ROUNDS[1], " + ".join(ROUNDS)))):
        counted = [(trial.covered_after, trial.rest) for trial in trials if trial.source in those]
        share = sum(part * rest for part, rest in counted) / sum(rest for _, rest in counted)
        inside = COVERAGE[0] <= share <= COVERAGE[1]
        name = f"{group}, all sensors together: the band covers 92-99 % after a check"
        yield Criterion(name, f"{len(counted)} trials", inside, f"{share:.1%}")


def _print_updates(folder: Path, names: list[str]) -> None:
    """Ways to update a profile, on every pair of sittings."""
    from benchmarks.calibration_updates import rows_of

    print("\nWhat to make of a check: error on the rest, after / before, on every pair of sittings of a sensor:")
    print(table(("update", "mean", "worst", "worse by over 5 %", "rest covered"), list(rows_of(folder, names))))


def _print_limits(folder: Path, names: list[str]) -> None:
    """The band on every pair of sittings, and what no band of this kind could do."""
    from benchmarks.calibration_limits import print_limits

    print_limits(folder, names)


def _print_memory(folder: Path, names: list[str]) -> None:
    """Whether hysteresis wins: within a sitting, and in the next one."""
    from benchmarks.calibration_memory import rows_of

    print("\nHysteresis (a play on log conductance) against the same curve without it, error with / without:")
    print(
        table(
            ("sensor", "play", "unseen blocks, same sitting", "another sitting, curve in hindsight"),
            list(rows_of(folder, names)),
        )
    )


def _print_drift(folder: Path, names: list[str]) -> None:
    """What the rules of ageing rest on: how the curves of one sensor differ between sittings."""
    same: list[Levels] = []
    other: list[Levels] = []
    for name, one, two in itertools.product(names, (*ROUNDS, TARGET), (*ROUNDS, TARGET)):
        if one != two:
            fitted = calibrate(
                [read(folder / f"{one}_{name}.csv.gz")], About(name), CIRCUIT, reference_max_n=REFERENCE_MAX_N
            )
            pairs = paired([read(folder / f"{two}_{name}.csv.gz")], CIRCUIT, fitted.profile.lag_s, REFERENCE_MAX_N)
            said = shape_of(fitted.profile).force(pairs)
            seen = said <= fitted.profile.range_n[1]
            levels = find_levels(fitted.profile, said[seen], pairs.force_n[seen], pairs.time_s[seen])
            (same if "earlier" in one and "earlier" in two else other).append(levels)
    print(
        "\nDrift between sittings, logarithm of the gain, root mean square (and of differences between levels of load):"
    )
    head = ("", "level", "x 1.3-1.8 apart", "x 1.8-2.7", "x 2.7-7.4", "x 7.4-20")
    print(table(head, [_drift("within a round", same), _drift("between rounds", other)]))


def _drift(name: str, found: list[Levels]) -> tuple[str, ...]:
    apart, change = [], []
    for levels in found:
        first, second = np.triu_indices(len(levels.deviation), 1)
        apart.append(np.abs(levels.log_force[first] - levels.log_force[second]))
        change.append(levels.deviation[first] - levels.deviation[second])
    distance, difference = np.concatenate(apart), np.concatenate(change)
    everything = np.concatenate([levels.deviation for levels in found])
    bins = itertools.pairwise((0.3, 0.6, 1.0, 2.0, 3.0))
    spread = (difference[(distance > low) & (distance <= high)] for low, high in bins)
    return (name, f"{rms_of(everything):.2f}", *(f"{rms_of(values):.2f}" for values in spread))


def rms_of(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
