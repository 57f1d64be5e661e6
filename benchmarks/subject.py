"""The process that is measured: the real pipeline recording from a port, with or without the real window.

    python -m benchmarks.subject PORT --seconds 10 --rate 250 --folder DIR [--window] [--ceiling N | --band LOW HIGH]

Records in the workspace DIR, writes what it saw to ``seen.npz`` there, and prints JSON: the share of one core taken
while recording (start-up and writing the file left out).
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.watched_live import Usage, WatchedLive
from nmt_sense.coaching.feedback import plan_from
from nmt_sense.session.recording import open_recording
from nmt_sense.setup import default_setup
from nmt_sense.state import LinkPhase
from nmt_sense.workspace import open_workspace

WARM_UP_S = 2.0


def record_without_window(live: WatchedLive, seconds: float) -> Usage:
    live.start()
    while live.state.phase is not LinkPhase.STREAMING:
        if live.failure is not None:
            raise live.failure
        time.sleep(0.01)
    live.start_recording("BENCH")
    time.sleep(WARM_UP_S)
    usage = Usage()
    time.sleep(seconds)
    usage.stop()
    live.stop_recording()
    return usage


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.subject")
    parser.add_argument("port")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--ceiling", type=float, help="force ceiling, N; nothing but its alarm sounds then")
    parser.add_argument("--band", type=float, nargs=2, help="target, N")
    options = parser.parse_args()
    workspace = open_workspace(options.folder)
    setup = replace(default_setup(workspace, options.port), rate_hz=options.rate, reconnect=False)
    if options.ceiling is not None:
        only_alarms = setup.technique.with_safety(None, options.ceiling).with_feedback(plan_from("none"))
        setup = replace(setup, technique=only_alarms)
    if options.band is not None:
        setup = replace(setup, technique=setup.technique.with_target(*options.band))
    live = WatchedLive(setup, workspace)
    painted: list[tuple[float, int]] = []
    try:
        if options.window:
            from benchmarks.watched_window import run_measured

            usage, painted = run_measured(live, options.seconds)
        else:
            usage = record_without_window(live, options.seconds)
    finally:
        live.close()
    print(json.dumps(_report(live, usage, painted, options.folder)))


def _report(live: WatchedLive, usage: Usage, painted: list[tuple[float, int]], folder: Path) -> dict[str, Any]:
    path = live.state.path
    assert path is not None
    with open_recording(path) as recording:
        first, period_s, lost = int(recording.scan[0]), recording.header.period_s, recording.integrity.lost
    for name, seen in (("readable", live.readable), ("painted", painted)):
        np.save(folder / f"{name}.npy", _scans(seen, usage, first, period_s))
    return {"cpu": usage.share, "lost": lost}


def _scans(seen: list[tuple[float, int]], usage: Usage, first: int, period_s: float) -> np.ndarray:
    """(M, 2) scan number on the wire and time (ns), of what was seen while measuring."""
    within = [(time_s, ns) for time_s, ns in seen if usage.began_ns <= ns <= usage.ended_ns]
    times, moments = (np.array(column) for column in zip(*within, strict=True)) if within else (np.empty(0),) * 2
    return np.column_stack((first + np.rint(times / period_s).astype(np.int64), moments.astype(np.int64)))


if __name__ == "__main__":
    main()
