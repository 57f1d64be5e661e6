"""Rows about a running stream: delay from the port to the force and to the screen, and what it costs."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.processes import feeding, run_module, screen
from benchmarks.row import Group, Options, Row

ROUNDS = 2
"""Ours and the reference take turns, so that both meet the same noise."""
ROUND_S = 6.0
WINDOW_S = 20.0


@dataclass(frozen=True, slots=True)
class Run:
    """One recording that was watched."""

    cpu: float
    """Share of one core, 0 .. 1."""
    lost: int
    readable_ms: np.ndarray
    """(F,) from just before a frame was written to its force readable, ms."""
    painted_ms: np.ndarray
    """(F,) the same, to its force or a newer one painted; empty without a window."""


def record(rate_hz: int, seconds: float, display: dict[str, str] | None = None) -> Run:
    """Feed the real program through a pseudo-terminal and watch it record."""
    with tempfile.TemporaryDirectory(prefix="nmt-bench-") as name:
        folder = Path(name)
        with feeding("glove", rate_hz, folder / "stamps.npy") as port:
            window = ["--window"] if display is not None else []
            arguments = [port, "--seconds", seconds, "--rate", rate_hz, "--folder", folder, *window]
            report = run_module("benchmarks.subject", *arguments, display=display)
        sent, readable, painted = (np.load(folder / f"{name}.npy") for name in ("stamps", "readable", "painted"))
    return Run(report["cpu"], report["lost"], delays_ms(sent, readable), delays_ms(sent, painted))


def delays_ms(sent: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(F,) how long each frame took from ``sent`` to the first time it, or a newer one, was ``seen``; both (scan, ns).

    Only frames sent within the time that was watched count, and each of them does.
    """
    if not len(seen):
        return np.empty(0)
    watched = sent[(sent[:, 0] > seen[0, 0]) & (sent[:, 0] <= seen[:, 0].max())]
    newest = np.maximum.accumulate(seen[:, 0])
    first = np.searchsorted(newest, watched[:, 0])
    waited: np.ndarray = (seen[first, 1] - watched[:, 1]) / 1e6
    return waited


@functools.cache
def turns(rate_hz: int) -> tuple[list[Run], list[float]]:
    """Ours without a window, and the reference script, taking turns; the script's shares of one core."""
    ours, script = [], []
    for _ in range(ROUNDS):
        ours.append(record(rate_hz, ROUND_S))
        script.append(reference(rate_hz, ROUND_S))
    return ours, script


def reference(rate_hz: int, seconds: float) -> float:
    """Share of one core that the plain script takes."""
    with tempfile.TemporaryDirectory(prefix="nmt-bench-") as folder, feeding("text", rate_hz) as port:
        cpu: float = run_module("benchmarks.reference", port, seconds, Path(folder) / "log.csv")["cpu"]
        return cpu


def without_window(rate_hz: int, budget: float) -> Iterator[Row]:
    ours, script = turns(rate_hz)
    cpu, plain = float(np.mean([run.cpu for run in ours])), float(np.mean(script))
    note = f"the plain script {100 * plain:.1f} %, ours/script {cpu / plain:.2f}{_lost(*ours)}"
    what = f"one core, recording 8 sensors at {rate_hz} Hz, no window"
    yield Row(name=f"cpu-{rate_hz}", what=what, unit="%", budget=budget, measured=100 * cpu, note=note)


def readable(_: Options) -> Iterator[Row]:
    ours, _script = turns(250)
    what = "last byte of a frame at the port → newest force readable, p99, no window"
    yield _p99("readable", what, 2.0, np.concatenate([run.readable_ms for run in ours]))


def with_window(_: Options) -> Iterator[Row]:
    with screen() as display:
        run = record(250, WINDOW_S, display)
    what = "last byte of a frame at the port → newest force readable, p99, with the live window"
    yield _p99("readable-window", what, 8.0, run.readable_ms)
    painted, what = run.painted_ms, "byte at the port → painted"
    note = f"p90 {np.percentile(painted, 90):.1f} ms, {len(painted)} frames"
    yield Row(
        name="painted", what=f"{what}, median", unit="ms", budget=12.0, measured=float(np.median(painted)), note=note
    )
    yield _p99("painted-p99", f"{what}, p99", 25.0, painted)
    what = "one core, recording 8 sensors at 250 Hz with the live window"
    yield Row(name="cpu-window", what=what, unit="%", budget=15.0, measured=100 * run.cpu, note=_lost(run).strip(", "))


def _p99(name: str, what: str, budget: float, delays: np.ndarray) -> Row:
    p50, p99, worst = np.percentile(delays, (50, 99, 100))
    note = f"median {p50:.2f} ms, worst {worst:.1f} ms, {len(delays)} frames"
    return Row(name=name, what=what, unit="ms", budget=budget, measured=float(p99), note=note)


def _lost(*runs: Run) -> str:
    lost = sum(run.lost for run in runs)
    return f", {lost} scans lost" if lost else ""


GROUPS = (
    Group(("readable",), readable),
    Group(("cpu-250",), lambda _: without_window(250, 3.0)),
    Group(("cpu-1000",), lambda _: without_window(1000, 5.0)),
    Group(("readable-window", "painted", "painted-p99", "cpu-window"), with_window),
)
