"""Presses found in real force recordings, against a plain threshold crossing.

The folder has gzip'd CSV files ``mat_presses/*.csv.gz`` (``time_s``, ``force_n``: presses by hand on mats) and
``velostat/*_reference.csv.gz`` (``unix_time_s``, ``force_n``: a robot that presses 15 or 16 times). Ends with 1 when a
count is not that of the plain crossing, a robot's run has other than 15-16 presses, or a duration is off by more than
20 ms. Runs near 1 N are printed and not judged: there the robot itself does not hold on.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from nmt_sense.blocks import Float64Array, ForceBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.technique import Technique, load_technique
from nmt_sense.holds import Hold

WITHIN_S = 0.020
RELEASE_S, MINIMUM_S = 0.3, 0.3
LEAST_N = 5.0
"""Named force from which on a robot's run is judged."""


@dataclass(frozen=True)
class Run:
    """One file."""

    name: str
    time_s: Float64Array
    force_n: Float64Array
    threshold_n: float
    named_n: float | None
    """What the robot was told; None for presses by hand."""


def runs(folder: Path) -> list[Run]:
    """All runs of a folder."""
    mats = sorted(folder.glob("mat_presses/*.csv.gz"))
    robots = sorted(folder.glob("velostat/*_reference.csv.gz"))
    return [_run(path, None) for path in mats] + [_run(path, _named_n(path)) for path in robots]


def _named_n(path: Path) -> float:
    found = re.search(r"_force_(\d+)_", path.name)
    return float(found[1]) if found else 20.0


def _run(path: Path, named_n: float | None) -> Run:
    """The threshold is 3 N, as for contact in the shipped technique, or a quarter of a named force that is lighter."""
    time_s, force_n = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(0, 1), unpack=True)
    return Run(path.name, time_s - time_s[0], force_n, min(3.0, (named_n or 12.0) / 4), named_n)


def technique_for(run: Run) -> Technique:
    """Ischemic compression with one threshold (that of release must be a trifle lower), without a band to speak of."""
    technique = load_technique()
    hold = msgspec.structs.replace(
        technique.hold,
        contact_n=run.threshold_n,
        release_n=run.threshold_n * (1 - 1e-6),
        low_n=run.threshold_n * 1.01,
        high_n=1000.0,
        release_s=RELEASE_S,
        minimum_s=MINIMUM_S,
    )
    return msgspec.structs.replace(technique, phases=(hold,))


def found_holds(run: Run) -> list[Hold]:
    """The holds that coaching finds."""
    count = len(run.time_s)
    coach = Coach(technique_for(run), float(np.median(np.diff(run.time_s))))
    force = run.force_n.astype(np.float32)
    nothing = np.zeros((count, 1), np.float32)
    coach.feed(
        ForceBlock(np.arange(count), run.time_s, force[:, np.newaxis], nothing, force, np.zeros(count, np.float32))
    )
    coach.finish(float(run.time_s[-1]))
    return coach.holds


def crossings(run: Run) -> list[tuple[float, float]]:
    """Presses by plain crossing; dips whose samples span less than the release time are joined, touches dropped."""
    above = np.concatenate(([False], run.force_n >= run.threshold_n, [False]))
    turns = np.flatnonzero(above[1:] != above[:-1])
    time_s = np.append(run.time_s, run.time_s[-1])
    joined: list[tuple[int, int]] = []
    for begin, end in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True):
        dip = bool(joined) and time_s[begin - 1] - time_s[joined[-1][1]] < RELEASE_S
        joined.append((joined.pop()[0] if dip else begin, end))
    presses = ((float(time_s[begin]), float(time_s[end])) for begin, end in joined)
    return [(begin, end) for begin, end in presses if end - begin >= MINIMUM_S]


@dataclass(frozen=True)
class Judged:
    """What came of one run."""

    line: str
    right: bool | None
    """All is as it should be; None where nobody judges."""
    short: str
    """Its name and what is different, for the last line."""


def judge(run: Run) -> Judged:
    """What coaching finds against what a plain crossing finds.

    A press that the file begins with, and the duration of one so near its end that letting go is not certain, cannot be
    compared.
    """
    first_s, last_s = run.time_s[0], run.time_s[-1] - 2 * RELEASE_S
    plain = [(begin, end) for begin, end in crossings(run) if begin > first_s]
    holds = [hold for hold in found_holds(run) if hold.start_s > first_s]
    pairs = [(hold, begin, end) for hold, (begin, end) in zip(holds, plain, strict=False) if end < last_s]
    worst = max((abs((hold.end_s - hold.start_s) - (end - begin)) for hold, begin, end in pairs), default=0.0)
    right = len(holds) == len(plain) and worst <= WITHIN_S and (run.named_n is None or len(holds) in (15, 16))
    judged = run.named_n is None or run.named_n >= LEAST_N
    word = ("ok" if right else "DIFFERS") if judged else "not judged"
    counts = f"{len(holds):>3} found {len(plain):>3} plain  worst {1000 * worst:8.1f} ms"
    short = f"{run.name} ({len(holds)} found, {len(plain)} plain, worst {1000 * worst:.0f} ms)"
    return Judged(f"{run.name:<42} {counts}  {word}", right if judged else None, short)


def verdict(found: Sequence[Judged]) -> str:
    """The last line: only judged runs are counted; the others are named."""
    judged = [one.right for one in found if one.right is not None]
    others = ", ".join(one.short for one in found if one.right is None)
    left_out = f"; not judged, near 1 N: {others}" if others else ""
    return f"{sum(judged)} of {len(judged)} judged runs as they should be{left_out}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segmentation", description=__doc__)
    parser.add_argument("folder", type=Path, help="has mat_presses/ and velostat/ in it")
    options = parser.parse_args(arguments)
    known = runs(options.folder)
    if not known:
        parser.error(f"there are no presses in {options.folder}")
    found = []
    for run in known:
        found.append(judge(run))
        print(found[-1].line)
    print(verdict(found))
    return int(any(one.right is False for one in found))


if __name__ == "__main__":
    sys.exit(main())
