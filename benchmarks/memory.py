"""Does memory stay flat over a long recording?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import numpy as np
from scipy.stats import theilslopes

from benchmarks.processes import run_module
from benchmarks.row import Group, Options, Row

HOURS, FULL_HOURS = 0.5, 10.0
SETTLED_S = 300.0
"""By then the rings of the last seconds are full, caches warm and the clock's memory has gone round."""


def growth(options: Options) -> Iterator[Row]:
    hours = FULL_HOURS if options.full else HOURS
    with tempfile.TemporaryDirectory(prefix="nmt-bench-") as folder:
        report = run_module("benchmarks.memory_subject", "--hours", hours, "--folder", folder)
    seconds, megabytes = np.array(report["seconds"]), np.array(report["megabytes"])
    settled = seconds >= SETTLED_S
    seconds, megabytes = seconds[settled], megabytes[settled]
    slope, _, low, high = (36000 * float(value) for value in theilslopes(megabytes, seconds))
    grew = float(np.median(megabytes[-10:]) - np.median(megabytes[:10]))
    note = (
        f"slope over {(seconds[-1] - seconds[0]) / 3600:.2f} simulated hours, in which it grew {grew:+.2f} MB "
        f"(95 % {low:.1f} to {high:.1f} MB per ten hours); {np.median(megabytes):.0f} MB resident"
    )
    what = "memory growth per ten hours of recording"
    yield Row(name="memory", what=what, unit="MB", budget=5.0, measured=slope, note=note)


GROUPS = (Group(("memory",), growth),)
