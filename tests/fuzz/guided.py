"""``make fuzz``: atheris looks for a program (see ``program``) that breaks a promise, led by the code it reaches.

``python -m tests.fuzz.guided --seconds 60 [--seed N] [--totals F]``. What it finds it leaves as
``build/fuzz-crash-...``; name that file to run it again. ``--totals`` names a file for two 64-bit numbers: programs
run, bytes fed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["nmt_sense.glove"]):
    from tests.fuzz.program import run, seeds

FOUND = Path(__file__).parents[2] / "build" / "fuzz-"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("again", nargs="*", type=Path, help="programs found before, to be run once")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--totals", type=Path, help="file for the numbers of programs run and bytes fed")
    given = parser.parse_args()
    for found in given.again:
        run(found.read_bytes())
    if not given.again:
        search(given.seconds, given.seed, given.totals)


def search(seconds: int, seed: int, file: Path | None) -> None:
    """Fuzz for so long; ends the process, with another code than 0 when something was found."""
    FOUND.parent.mkdir(exist_ok=True)
    totals = np.memmap(file, np.int64, "w+", shape=2) if file else np.zeros(2, np.int64)

    def one(program: bytes) -> None:
        totals[1] += run(program)
        totals[0] += 1

    with tempfile.TemporaryDirectory(prefix="nmt-fuzz-") as folder:
        for i, program in enumerate(seeds()):
            (Path(folder) / f"{i:03d}").write_bytes(program)
        options = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=2000", "-len_control=0", "-timeout=10"]
        atheris.Setup([sys.argv[0], *options, "-rss_limit_mb=1000", f"-artifact_prefix={FOUND}", folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
