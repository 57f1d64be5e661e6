"""Clocks: a glove's that wanders behind an adapter that waits, the computer's that is set, a program that stands still.

The first rows drive the program's own clock with a model of everything between glove and host
(``tests/glove/adapter.py``); the last ones are the real ``nmt-sense record`` on a virtual glove.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.events import EventKind
from nmt_sense.glove.clock import HostClock, fit_arrivals
from nmt_sense.glove.virtual import Script
from nmt_sense.session.recording import Recording, open_recording
from tests.faults.row import Form, Row
from tests.glove.adapter import LINE_S, PERIOD_S, Scene, Wander, errors_ms
from tests.set_clock import Wall
from tests.whole.lines import GloveInStep, GloveOnLine

P99_MS = 0.5
BEYOND_MS = 2.0
WANDERS: tuple[Wander, ...] = ("slow", "brisk", "walk")
AFTERWARDS_MS = 10.0
"""How far the fitted time may be from the truth after a stop. Without pings the virtual glove is up to 7 ms late."""
IN_STEP_PPM = (0.0, 150.0, -150.0, 3000.0)
SET_TO_S = (7200.0, -86400.0)
"""How far off the clock on the wall is set, one after the other."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one scene's time was known."""

    scene: Scene
    pings: bool
    mean_ms: float
    """Beyond conversion and the frame's first byte."""
    p99_ms: float
    """About the mean."""
    steps_back: int
    refit_ms: float
    """The same clock fed the same arrivals in one piece, against the one fed one by one."""


def fit(scene: Scene, pings: bool) -> Fit:
    """Run one scene through the program's clock."""
    errors, clock, fitted = errors_ms(scene, pings)
    again = fit_arrivals(PERIOD_S, scene.arrivals(), scene.pings() if pings else None)
    at = np.linspace(0.0, scene.seconds / PERIOD_S, 100).tolist()
    refit = float(np.max([abs(clock.host_ns(scan) - again.host_ns(scan)) for scan in at])) / 1e6
    p99 = float(np.quantile(abs(errors - errors.mean()), 0.99))
    return Fit(scene, pings, float(errors.mean()), p99, int((~(np.diff(fitted) > 0)).sum()), refit)


def scenes(form: Form) -> list[tuple[Scene, bool]]:
    """What is tried: speeds, ways of wandering, adapters; with pings and without."""
    long = 1800.0 if form is Form.FULL else 240.0
    speeds = (3000.0, -3000.0, 1000.0, -1000.0, 150.0, -150.0, 0.0)
    adapters = ((0.016, "timer"), (0.016, "packets"), (0.001, "packets"), (0.0, "timer"))
    tried = [
        (Scene(ppm, wander, timer_s, kind, seconds=long, seed=seed), pings)
        for seed, (ppm, wander, (timer_s, kind), pings) in enumerate(
            itertools.product(speeds, WANDERS, adapters, (False, True))
        )
    ]
    return tried if form is Form.FULL else tried[::13]


def in_step(scene: Scene) -> bool:
    """Frames and the adapter's timer keep their phase so long that arrivals do not say how late they are."""
    return scene.timer_s > 0 and abs(scene.ppm) < (100 if scene.kind == "packets" else 500)


def modelled(form: Form) -> list[Row]:
    """The rows of the model."""
    spread = Row("device clock ±3000 ppm, wander, losses, stalls, 16 ms timer, no pings: p99", "ms", P99_MS)
    mean = Row("... mean beyond what every scan needs", "ms", BEYOND_MS)
    asked = Row("the same, and an adapter in step with the frames, glove answers pings: p99", "ms", P99_MS)
    asked_mean = Row("... mean, early or late", "ms", BEYOND_MS)
    unknown = Row("adapter in step with the frames, glove never answers (not promised): p99", "ms")
    refit = Row("the model's clock, fed the same arrivals in one piece", "ms", 0.0)
    # spawned: a fork while gloves run on threads may inherit a lock that nobody will ever open
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for one in pool.map(fit, *zip(*scenes(form), strict=True)):
            count(refit, one, one.refit_ms)
            if one.pings:
                count(asked, one, one.p99_ms)
                count(asked_mean, one, abs(one.mean_ms + LINE_S * 1e3))
            elif in_step(one.scene):
                count(unknown, one, one.p99_ms)
            else:
                count(spread, one, one.p99_ms)
                count(mean, one, abs(one.mean_ms))
    return [spread, mean, asked, asked_mean, unknown, refit]


def count(row: Row, one: Fit, lost_ms: float) -> None:
    """One more trial of this row."""
    row.tried += 1
    row.wrong += one.steps_back
    row.lose(lost_ms)
    if row.allowed is not None and not lost_ms <= row.allowed:
        row.failures.append(f"{lost_ms:.3f} ms: {one.scene}, {'with' if one.pings else 'without'} pings")


@dataclass(slots=True)
class Recorded:
    """The real command, recording."""

    program: subprocess.Popen[str]
    path: Path
    """Where its file will be."""
    seconds: float
    said: str = ""
    """All of it, once it has ended."""


@contextlib.contextmanager
def recording_program(port: str, seconds: float, folder: Path, env: dict[str, str] | None = None) -> Iterator[Recorded]:
    """The real command; waited for at the end."""
    path = folder / "clocks.h5"
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", port, "--seconds", str(seconds)]
    command += ["--out", str(path), "--workspace", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env) as program:
        done = Recorded(program, path, seconds)
        yield done
        done.said, _ = program.communicate(timeout=60 + seconds)


def begun(glove: GloveOnLine, program: subprocess.Popen[str]) -> bool:
    """Wait until scans flow; False when the program has ended instead."""
    while not glove.lives[-1].counts and program.poll() is None:
        time.sleep(0.01)
    return program.poll() is None


def judge(row: Row, done: Recorded, glove: GloveOnLine, what: str) -> Recording | None:
    """Count in the row what is missing from a recording, and what is there but was never measured."""
    row.tried += 1
    if done.program.returncode or "Traceback" in done.said:
        row.failures.append(f"{what}: exit code {done.program.returncode}: {done.said[-300:]}")
    if not done.path.is_file():
        row.failures.append(f"{what}: no recording")
        return None
    recording = open_recording(done.path)
    sent, scan = glove.lives[0].counts, recording.scan
    rows = zip(scan.tolist(), recording.counts, strict=True)
    row.wrong += sum(not np.array_equal(sent.get(number), counts) for number, counts in rows)
    row.wrong += int(np.sum(~(abs(recording.time_s - (scan - scan[0]) * recording.header.period_s) <= 1e-9)))
    wanted = round(done.seconds / recording.header.period_s)
    row.lose(wanted - len(scan))
    row.verdicts[recording.integrity.verdict] += 1
    row.failures += [f"{what}: {complaint}" for complaint in _mistold(recording, wanted)]
    return recording


def _mistold(recording: Recording, wanted: int) -> Iterator[str]:
    """What does not hold of a recording's length, and of what it says of its losses and its clock."""
    scan, said = recording.scan, recording.integrity
    span = int(scan[-1] - scan[0]) + 1
    if span != wanted:
        yield f"over {span} scans, {wanted} were wanted"
    if said.lost != span - len(scan):
        yield f"{span - len(scan)} scans lost, and the file counts {said.lost}"
    fitted = fit_arrivals(recording.header.period_s, recording.arrivals, recording.pings)
    told, again = ((c.drift_ppm, c.jitter_p99_ms) for c in (said.counters, fitted))
    if not np.allclose(told, again, rtol=1e-5, atol=1e-4):
        yield f"drift and jitter are {told} in the file, and {again} fitted from its arrivals and pings"
    if len(recording.pings) < wanted * recording.header.period_s / 8:  # the program may stand still for most of it
        yield f"in {wanted} scans the glove answered {len(recording.pings)} pings"


def clock_set(row: Row, seed: int, seconds: float) -> None:
    """The clock on the wall is set forward and far back while the real program records."""
    with tempfile.TemporaryDirectory(prefix="nmt-clocks-") as name, GloveOnLine(Script(seed=seed)) as glove:
        wall = Wall(Path(name) / "wall")
        with recording_program(glove.port, seconds, Path(name), wall.environment()) as done:
            if begun(glove, done.program):
                for offset_s in SET_TO_S:
                    time.sleep(seconds / 3)
                    wall.set(offset_s)
        recording = judge(row, done, glove, "clock set")
        if recording is None:
            return
        with recording:
            noted = [event.value for event in recording.events if event.kind is EventKind.CLOCK_SET]
            if [round(value) for value in noted] != np.diff(SET_TO_S, prepend=0.0).tolist():
                row.failures.append(f"the clock was set to {SET_TO_S} s off; noted: {noted}")
            if (np.diff(recording.arrivals.host_ns) < 0).any():
                row.failures.append("arrivals step back")


def stopped(row: Row, seed: int, stop_s: float, around_s: float, overflows: bool = False) -> None:
    """The program gets no turn for some seconds; the port keeps what it has room for."""
    with tempfile.TemporaryDirectory(prefix="nmt-clocks-") as name, GloveOnLine(Script(seed=seed)) as glove:
        with recording_program(glove.port, stop_s + 3 * around_s, Path(name)) as done:
            if begun(glove, done.program):
                time.sleep(around_s)
                done.program.send_signal(signal.SIGSTOP)
                time.sleep(stop_s)
                done.program.send_signal(signal.SIGCONT)
        recording = judge(row, done, glove, f"stopped for {stop_s} s")
        if recording is None:
            return
        with recording:
            if overflows and not recording.integrity.lost:
                row.failures.append(f"stopped for {stop_s} s: the port did not overflow, so nothing was tried")
            off_ms = strayed_ms(recording, glove)
        if not off_ms <= AFTERWARDS_MS:
            row.failures.append(f"stopped for {stop_s} s: time is {off_ms:.1f} ms off afterwards")


def in_step_for_real(spread: Row, mean: Row, ppm: float, seconds: float, after_s: float) -> None:
    """The program records behind an adapter that keeps step with the frames: at 0 ppm all scans are 3.8 ms late."""
    with tempfile.TemporaryDirectory(prefix="nmt-clocks-") as name, GloveInStep(ppm=ppm) as glove:
        with recording_program(glove.port, seconds, Path(name)) as done:
            pass
        kept = Row("", "scans")  # a glove on a busy machine is asked to start twice, and may leave a frame out
        recording = judge(kept, done, glove, f"in step, {ppm} ppm")
        errors = np.array([np.nan])
        if recording is not None:
            with recording:
                scan = recording.arrivals.scan
                errors = (fitted_ns(recording) - glove.true_ns(scan))[scan * PERIOD_S > after_s] / 1e6
    spread.failures += kept.failures
    for row, lost_ms in ((mean, abs(errors.mean())), (spread, np.quantile(abs(errors - errors.mean()), 0.99))):
        row.tried += 1
        row.wrong += kept.wrong
        row.lose(float(lost_ms))


def fitted_ns(recording: Recording) -> Float64Array:
    """Host time of the newest scan of each arrival as the program fitted it just then, ns."""
    arrivals, clock, fitted = recording.arrivals, HostClock(recording.header.period_s), []
    clock.add_pings(recording.pings)
    for scan, host_ns in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
        clock.add(scan, host_ns)
        fitted.append(clock.host_ns(scan))
    return np.array(fitted)


def strayed_ms(recording: Recording, glove: GloveOnLine) -> float:
    """How far the fitted time of the last second is at worst from when its scans were taken."""
    period_s = recording.header.period_s
    began_ns, last = glove.lives[0].began_ns, recording.arrivals.scan > recording.arrivals.scan[-1] - 1.0 / period_s
    errors = fitted_ns(recording) - began_ns - recording.arrivals.scan * period_s * 1e9
    return float(abs(errors[last]).max()) / 1e6


def happened(form: Form) -> list[Row]:
    """The rows of the real program, on four gloves at a time: it waits most of the time."""
    setting = Row("computer's clock set while recording", "scans", 0.0)
    standing = Row("program stopped for 1 to 3 s", "scans", 0.0)
    crowded = Row("program stopped until the port overflows", "scans")
    full = form is Form.FULL
    spread = Row("record: adapter in step with the frames: p99", "ms", P99_MS if full else None)
    mean = Row("... mean, early or late", "ms", BEYOND_MS)
    seconds, after_s = (240.0, 120.0) if full else (12.0, 6.0)
    sets, stops, crowds = (range(1, times) for times in ((11, 16, 5) if full else (2, 2, 1)))
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(clock_set, setting, seed, 30.0 if full else 4.5) for seed in sets]
        jobs += [pool.submit(stopped, standing, s, (1.0, 2.0, 3.0)[s % 3], 3.0 if full else 1.0) for s in stops]
        jobs += [
            pool.submit(in_step_for_real, spread, mean, p, seconds, after_s) for p in (IN_STEP_PPM if full else (0.0,))
        ]
        jobs += [pool.submit(stopped, crowded, seed, 20.0, 3.0, True) for seed in crowds]
        for job in jobs:
            job.result()
    return [spread, mean, setting, standing, *([crowded] if full else [])]


def run(form: Form) -> list[Row]:
    """All rows."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(happened, form)
        return modelled(form) + waiting.result()
