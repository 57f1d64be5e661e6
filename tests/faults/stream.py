"""Bytes that are damaged, foreign or hostile: through the decoder by the thousand million, and through ``record``.

Everything is judged by ``tests/fuzz``. The column of losses counts frames that began after the last bad byte and were
not read; one of them may be lost. The full form adds a search led by coverage (``make fuzz``); it needs
atheris.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tests.faults.damaged_lines import recorded
from tests.faults.row import Form, Row
from tests.fuzz import chance, trials
from tests.fuzz.trials import Tally

MEGABYTES = {
    "bit flips": 160,
    "dropped bytes": 160,
    "doubled bytes": 160,
    "garbage bursts": 160,
    "all of these at once": 100,
    "a wrong baud rate": 60,
    "another program's output": 110,
    trials.HOSTILE: 100,
}
"""In the full form: more than 10^9 bytes together."""
SHORT_PART = 1 / 300
PIECES = {Form.SHORT: 1, Form.FULL: 20}
"""Parts that each kind is cut into, one for a worker at a time."""
FRAMES = {Form.SHORT: 100_000, Form.FULL: 20_000_000}
SEARCH_S = 60
PROMISED = 1_000_000_000


def run(form: Form) -> list[Row]:
    """Every way to damage bytes, the chance of a CRC, the search, and the real program on a damaged line."""
    workers = os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    # the short form is over before a process would have started
    pool: Executor = ProcessPoolExecutor(workers, context) if form is Form.FULL else ThreadPoolExecutor(1)
    with pool:
        tallies = list(_tallies(pool, form))
        rows = [_row(tally) for tally in tallies]
        rows += [_accepted(tallies), _chance(pool, form)]
    with ThreadPoolExecutor(1) as beside:
        search = beside.submit(_search) if form is Form.FULL else None
        rows += recorded(form)
    if search is not None:
        row, size = search.result()
        rows += [row, _all(sum(tally.size for tally in tallies) + size)]
    return rows


def _tallies(pool: Executor, form: Form) -> Iterator[Tally]:
    part = SHORT_PART if form is Form.SHORT else 1.0
    pieces = PIECES[form]
    running = {
        way: [pool.submit(trials.run, way, seed, round(size * part * 1e6 / pieces)) for seed in range(pieces)]
        for way, size in MEGABYTES.items()
    }
    for way, futures in running.items():
        tally = Tally(way)
        for future in futures:
            tally.add(future.result())
        yield tally


def _row(tally: Tally) -> Row:
    row = Row(f"{tally.way} ({tally.size / 1e6:.3g} MB)", lost_unit="frames", allowed=1, tried=tally.trials)
    row.lose(tally.missed)
    row.wrong = tally.wrong
    row.failures += tally.failures
    return row


def _accepted(tallies: list[Tally]) -> Row:
    """Frames in those streams that nobody sent and that were accepted, against the number that CRC-16 allows."""
    honest = [tally for tally in tallies if tally.way != trials.HOSTILE]
    damaged = sum(tally.bad_frames for tally in honest)
    row = Row("damaged frames in these", lost_unit="accepted", allowed=chance.most(damaged), tried=damaged)
    row.lose(sum(tally.collisions for tally in honest))
    return row


def _chance(pool: Executor, form: Form) -> Row:
    """Frames damaged so that only their CRC can tell."""
    share = FRAMES[form] // PIECES[form]
    counted = [future.result() for future in [pool.submit(chance.accepted, share, i) for i in range(PIECES[form])]]
    candidates = sum(number for number, _ in counted)
    row = Row(
        "damage that only a CRC can tell", lost_unit="accepted", allowed=chance.most(candidates), tried=candidates
    )
    row.lose(sum(passed for _, passed in counted))
    return row


def _search() -> tuple[Row, int]:
    """The search led by coverage, and the bytes that it fed."""
    if not importlib.util.find_spec("atheris"):
        return Row("search led by coverage: atheris is not installed", failures=["nothing was searched"]), 0
    row = Row(f"search led by coverage ({SEARCH_S} s)")
    with tempfile.TemporaryDirectory(prefix="nmt-fuzz-") as folder:
        totals = Path(folder) / "totals"
        command = [sys.executable, "-m", "tests.fuzz.guided", "--seconds", str(SEARCH_S), "--totals", str(totals)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10 * SEARCH_S, check=False)
        row.tried, size = np.fromfile(totals, np.int64).tolist() if totals.exists() else (0, 0)
    if done.returncode:
        row.failures.append(done.stderr[-1000:])
    return row, size


def _all(size: int) -> Row:
    row = Row("bytes fuzzed in all", tried=size)
    if size < PROMISED:
        row.failures.append(f"{size:.3g} bytes are less than {PROMISED:.0e}")
    return row
