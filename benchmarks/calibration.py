"""Validate calibration on real bench data: ``python -m benchmarks.calibration FOLDER``.

FOLDER has ``glove/`` and ``single/`` in it: gzip'd CSV files as ``calibrate fit`` reads them. Every number printed is
worked out here; a criterion that is not met says so. Ends with 1 when one is not, given ``--strict``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import calibration_cost, calibration_glove, calibration_single
from benchmarks.criterion import Criterion, summary

PARTS: dict[str, Callable[[Path], list[Criterion]]] = {
    "glove": lambda folder: calibration_glove.report(folder / "glove"),
    "single": lambda folder: calibration_single.report(folder / "single"),
    "cost": lambda _: calibration_cost.report(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"parts to look at, default all: {', '.join(PARTS)}")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a criterion is not met")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {sorted(unknown)[0]}; there are {', '.join(PARTS)}")
    criteria: list[Criterion] = []
    for name in options.parts or PARTS:
        criteria += PARTS[name](options.folder)
    print(summary(criteria))
    return int(options.strict and not all(criterion.met for criterion in criteria))


if __name__ == "__main__":
    sys.exit(main())
