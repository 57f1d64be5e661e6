"""Rows about recordings: writing, recomputing, opening."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.row import Group, Options, Row
from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.derivation import derive
from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.practitioner import Practitioner
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.pipeline.recorder import Recorder, Sitting
from nmt_sense.sensing.layout import load_layout
from nmt_sense.session.finalize import finalize
from nmt_sense.session.header import Counters
from nmt_sense.session.recording import BLOCK_SCANS, Recording, open_recording
from nmt_sense.session.writer import RecordingWriter
from nmt_sense.setup import default_setup
from nmt_sense.workspace import open_workspace

PRACTICE_S = 600
"""So much is played by the virtual glove; longer recordings repeat it."""
HOUR_S = 3600
PING_FRAMES = 82
"""Frames from one answered ping to the next, about a second."""
REPEATS = 3


def hour_of_counts() -> np.ndarray:
    """(N, 8) counts of one hour at the virtual glove's own rate."""
    script = Script()
    info = virtual_info(script)
    bank = SensorBank(info, Practitioner(script.practice, script.seed).sensor_newtons, script.physics, script.seed)
    step = round(10 / info.period_s)
    parts = [bank.scans(first, step)[0] for first in range(0, round(PRACTICE_S / info.period_s), step)]
    return np.concatenate(parts * (HOUR_S // PRACTICE_S))


def write_journal(folder: Path) -> Path:
    """A closed journal of one hour, kept frame by frame as the acquisition thread does. From a real glove there is no
    known true force, so none is kept.
    """
    workspace = open_workspace(folder)
    setup, info = default_setup(workspace, "sim://"), virtual_info(Script())
    layout = load_layout(workspace.calibration)
    target, now_ns = workspace.recordings / "hour.h5", time.monotonic_ns()
    recorder = Recorder(Sitting("BENCH", "", target), info, layout, setup, now_ns)
    counts, n = hour_of_counts(), info.scans_per_frame
    for first in range(0, len(counts) // n * n, n):
        block = ScanBlock(np.arange(first, first + n, dtype=np.int64), counts[first : first + n])
        read_ns = now_ns + round((first + n) * info.period_s * 1e9)
        pings = [] if first % (PING_FRAMES * n) else [(first, now_ns + round(first * info.period_s * 1e9))]
        recorder.keep(recorder.take(block), pings, read_ns, None)
    recorder.close()
    return recorder.journal_file


def timed(work: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Seconds that each repetition takes."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


@functools.cache
def hour() -> tuple[tempfile.TemporaryDirectory[str], Path, list[float]]:
    """A finished recording of one hour, in a folder that lives with the process, and how long each finishing took."""
    keeper = tempfile.TemporaryDirectory(prefix="nmt-bench-")
    journal = write_journal(Path(keeper.name))
    copies = [journal.with_name(f"copy-{n}{journal.suffix}") for n in range(REPEATS)]
    for copy in copies:
        shutil.copyfile(journal, copy)
    left = iter(copies)
    seconds = timed(lambda: finalize(next(left), None, derive))
    return keeper, copies[0].with_suffix(".h5"), seconds


def finish(_: Options) -> Iterator[Row]:
    _keeper, path, seconds = hour()
    with open_recording(path) as recording:
        verdict, megabytes = recording.integrity.verdict, path.stat().st_size / 1e6
    note = f"{verdict}, {megabytes:.0f} MB, {min(seconds):.2f} to {max(seconds):.2f} s"
    what = "one-hour journal → verified HDF5"
    yield Row(name="finish", what=what, unit="s", budget=2.0, measured=float(np.median(seconds)), note=note)


def recompute(_: Options) -> Iterator[Row]:
    _keeper, path, _seconds = hour()
    with open_recording(path) as recording:
        seconds = float(np.median(timed(lambda: _derive_all(recording))))
        length_s = len(recording) * recording.header.period_s
        holds = len(recording.holds)
    note = f"{seconds:.2f} s for one hour and its {holds} holds, reading included"
    what = "recomputing a recording, times real time"
    measured = length_s / seconds
    yield Row(name="recompute", what=what, unit="×", budget=2000.0, at_least=True, measured=measured, note=note)


def _derive_all(recording: Recording) -> None:
    derivation = derive(recording.header, recording.events)
    for block in _raw(recording):
        derivation.feed(block)
    derivation.finish()


def _raw(recording: Recording) -> Iterator[ScanBlock]:
    scan, counts = recording.scan, recording.counts
    for start in range(0, len(scan), BLOCK_SCANS):
        rows = slice(start, start + BLOCK_SCANS)
        yield ScanBlock(scan[rows], counts[rows])


def write_ten_hours(source: Path, target: Path) -> None:
    """Ten hours: the one hour, ten times in a row, forces and all, through the writer that finishes recordings."""
    with open_recording(source) as recording, RecordingWriter(target, recording.header) as writer:
        for start in range(0, 10 * len(recording), len(recording)):
            derivation = derive(recording.header, ())
            for block in _raw(recording):
                later = ScanBlock(block.scan + start, block.counts)
                arrivals = Arrivals(later.scan[::4], later.scan[::4] * 4_000_000)
                writer.add(later, derivation.feed(later), arrivals, None)
        writer.finish(recording.events, recording.holds * 10, Counters(), False, unreadable_pieces=0)


def overview(_: Options) -> Iterator[Row]:
    keeper, path, _seconds = hour()
    ten = Path(keeper.name) / "ten-hours.h5"
    write_ten_hours(path, ten)
    warm = float(np.median(timed(lambda: _look_at(ten), 7)))
    note = f"{ten.stat().st_size / 1e6:.0f} MB{_cold(ten)}; drawing it is not in the program yet"
    what = "ten-hour file: open, read overview and holds"
    yield Row(name="overview", what=what, unit="s", budget=0.3, measured=warm, note=note)
    ten.unlink()


def _look_at(path: Path) -> None:
    with open_recording(path) as recording:
        recording.overview()
        _ = recording.holds, recording.gaps


def _cold(path: Path) -> str:
    """The same with the file dropped from the system's cache first, where the system can do that."""
    if not hasattr(os, "posix_fadvise"):
        return ""
    with contextlib.suppress(OSError), path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    (seconds,) = timed(lambda: _look_at(path), 1)
    return f", {seconds:.2f} s when not in the system's cache"


GROUPS = (
    Group(("finish",), finish),
    Group(("recompute",), recompute),
    Group(("overview",), overview),
)
