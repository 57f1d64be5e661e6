"""From the start of the process to a window that shows force."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.processes import run_module, screen
from benchmarks.row import Group, Options, Row

STARTS = 5


def start(_: Options) -> Iterator[Row]:
    with screen() as display, tempfile.TemporaryDirectory(prefix="nmt-bench-") as folder:
        seconds = [_once(folder, display) for _ in range(STARTS + 1)][1:]  # the first warms the disk's cache
    note = f"{min(seconds):.2f} to {max(seconds):.2f} s, {STARTS} starts of nmt-sense demo"
    what = "start to usable window, warm (process start → first force painted)"
    yield Row(name="start", what=what, unit="s", budget=1.5, measured=float(np.median(seconds)), note=note)


def _once(folder: str, display: dict[str, str]) -> float:
    began = time.monotonic_ns()
    painted: int = run_module("benchmarks.startup_subject", folder, display=display)["painted_ns"]
    return (painted - began) / 1e9


GROUPS = (Group(("start",), start),)
