"""One sensor on a bench: before and after conditioning, days later, and held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.calibration_glove import rows
from benchmarks.criterion import Criterion, table
from nmt_sense.sensing.bench_data import BenchData, read
from nmt_sense.sensing.calibration import About, apply, calibrate, check_against
from nmt_sense.sensing.checking import Outcome
from nmt_sense.sensing.creep import Hold, find_holds, fit_creep, per_decade, without_creep
from nmt_sense.sensing.pairs import Pairs, paired
from nmt_sense.sensing.profile import Profile

SOURCES = ("ramp_pre_cond", "ramp_post_cond")
HOLDS = "first_hold_fast_loading"
UNLOADED_N = 1.0
LOADED = 0.9
"""Part of its largest force from which a run counts as held, and below half of which as let go."""


@dataclass(frozen=True, slots=True)
class Run:
    """One profile tried on another run of the same sensor."""

    source: str
    target: str
    before: float
    """Median error as a part of the force, over what was not used for the check."""
    after: float
    covered: float
    covered_after: float
    half_width_n: float
    outcome: Outcome


def report(folder: Path) -> list[Criterion]:
    """Print what the single sensor's data show."""
    targets = sorted(path.name.removesuffix(".csv.gz") for path in folder.glob("stability_*"))
    runs = [run for source in SOURCES for run in _runs(folder, source, targets)]
    print("\n## single sensor: checked with the first two holds (ramps: the first quarter), tried on the rest\n")
    head = (
        "fitted on",
        "tried on",
        "median error before",
        "after",
        "covered before",
        "after",
        "± N",
        "verdict",
        "found",
    )
    print(table(head, list(map(_row, runs))))
    print(f"\nMedian over the days-later runs: {np.median([run.before for run in _later(runs)]):.1%} before, "
          f"{np.median([run.after for run in _later(runs)]):.1%} after a check")  # fmt: skip
    return [*_criteria(runs), *_creep(folder)]


def _later(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.target.startswith("stability")]


def _runs(folder: Path, source: str, targets: list[str]) -> Iterator[Run]:
    profile = calibrate([read(folder / f"{source}.csv.gz")], About(source)).profile
    for target in (SOURCES[1], *targets):
        if target != source:
            yield _run(profile, source, target, read(folder / f"{target}.csv.gz"))


def _run(profile: Profile, source: str, target: str, data: BenchData) -> Run:
    end = after_holds(data, 2) if target.startswith("stability") else len(data.time_s) // 4
    outcome = check_against(profile, rows(data, slice(end)))
    rest = rows(data, slice(end, None))
    before, covered, _ = _judge(profile, rest)
    after, covered_after, half = _judge(outcome.profile, rest)
    return Run(source, target, before, after, covered, covered_after, half, outcome)


def after_holds(data: BenchData, count: int) -> int:
    """Row at which so many holds have been let go."""
    known = np.flatnonzero(np.isfinite(data.force_n))
    force = data.force_n[known]
    top = LOADED * float(np.quantile(force, 0.99))
    told = np.flatnonzero((force > top) | (force < top / 2.0))
    ends = told[1:][(force[told[:-1]] > top) & (force[told[1:]] < top / 2.0)]
    return int(known[ends[count - 1]])


def _judge(profile: Profile, data: BenchData) -> tuple[float, float, float]:
    """Median error as a part of the force, coverage and median half-width of the band, where there was a load."""
    forces = apply(profile, data)
    known = np.isfinite(data.force_n)
    true = np.interp(forces.time_s, data.time_s[known], data.force_n[known])
    loaded = (true > UNLOADED_N) & (forces.force_n > 0.0)
    inside = (true >= forces.lower_n) & (true <= forces.upper_n)
    error = np.abs(forces.force_n - true)[loaded] / true[loaded]
    half = (forces.upper_n - forces.lower_n)[loaded] / 2.0
    return float(np.median(error)), float(np.mean(inside[loaded])), float(np.median(half))


def _row(run: Run) -> tuple[str, ...]:
    parts = (f"{value:.1%}" for value in (run.before, run.after, run.covered, run.covered_after))
    check = run.outcome.check
    return (run.source, run.target, *parts, f"{run.half_width_n:.2f}", check.verdict, f"{check.found:+.0%}")


def _criteria(runs: list[Run]) -> Iterator[Criterion]:
    for run in runs:
        if run not in _later(runs):
            said = f"{run.before:.1%} → {run.after:.1%}"
            of = f"{run.source} → {run.target}"
            yield Criterion(
                "ramps: a check makes nothing more than 5 % worse", of, run.after <= 1.05 * run.before, said
            )
    for run in _later(runs):
        of = f"{run.source} → {run.target}"
        check = run.outcome.check
        yield Criterion(
            "days later: stale before a check",
            of,
            check.verdict == "stale",
            f"{check.verdict}, found {check.found:+.0%}",
        )
        yield Criterion(
            "days later: at most 10 % median error after two holds", of, run.after <= 0.10, f"{run.after:.1%}"
        )
        yield Criterion(
            "days later: the band covers 92-99 % after a check",
            of,
            0.92 <= run.covered_after <= 0.99,
            f"{run.covered_after:.1%}",
        )


def _creep(folder: Path) -> Iterator[Criterion]:
    """Fitted on every second hold, tried on those between; and the other way round."""
    data = read(folder / f"{HOLDS}.csv.gz")
    profile = calibrate([read(folder / "first_cond.csv.gz")], About(HOLDS)).profile
    pairs = paired([data], None, profile.lag_s)
    holds = find_holds(pairs.time_s, pairs.force_n)
    shown = np.asarray(profile.to_force()(pairs.conductance_us))
    span = f"{min(map(_length, holds)):.0f} to {max(map(_length, holds)):.0f} s"
    print(f"\nCreep in {len(holds)} holds of {HOLDS} ({span}), per tenfold time, median of the holds not used:")
    halves = ((holds[::2], holds[1::2], "odd → even"), (holds[1::2], holds[::2], "even → odd"))
    after = np.concatenate([_creep_of(pairs, shown, used, tried, name) for used, tried, name in halves])
    spread = after.std() / np.sqrt(len(after))
    told = f"{np.median(after):+.2%} (mean {after.mean():+.2%}, standard error {spread:.2%})"
    print(f"  every hold, undone by the fit of the others: {told}")
    met = bool(abs(np.median(after)) <= 0.005)
    yield Criterion("creep at most 0.5 % per decade after correction", f"{len(after)} holds", met, told)


def _creep_of(pairs: Pairs, shown: np.ndarray, used: list[Hold], tried: list[Hold], name: str) -> np.ndarray:
    """Creep per tenfold time of each hold tried, undone by what was fitted to those used."""
    found = fit_creep(pairs.time_s, shown, pairs.force_n, used)
    undone = without_creep(pairs.time_s, shown, found.terms)
    before, after = (per_decade(pairs.time_s, force, pairs.force_n, tried) for force in (shown, undone))
    spread = after.std() / np.sqrt(len(after))
    print(f"  {name}: found {found.per_decade:.2%} ± {found.standard_error:.2%}; before {np.median(before):+.2%}, "
          f"after {np.median(after):+.2%} (mean {after.mean():+.2%}, standard error {spread:.2%})")  # fmt: skip
    return np.asarray(after)


def _length(hold: Hold) -> float:
    return hold.end_s - hold.start_s
