"""A process that records a virtual glove as fast as it can and watches its own memory.

    python -m benchmarks.memory_subject --hours 0.5 --folder DIR

Prints JSON: simulated seconds and resident megabytes, sampled once per simulated ten seconds.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import psutil

from nmt_sense.live import Live
from nmt_sense.setup import default_setup
from nmt_sense.state import LinkPhase
from nmt_sense.workspace import open_workspace

SAMPLE_EVERY_S = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.memory_subject")
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    workspace = open_workspace(options.folder)
    live = Live(default_setup(workspace, "sim://?speed=max"), workspace)
    live.start()
    try:
        while live.state.phase is not LinkPhase.STREAMING:
            time.sleep(0.01)
        live.start_recording("BENCH")
        samples = watch(live, 3600 * options.hours)
    finally:
        live.close()
    print(json.dumps({"seconds": [at for at, _ in samples], "megabytes": [size for _, size in samples]}))


def watch(live: Live, until_s: float) -> list[tuple[float, float]]:
    """(simulated s, resident MB) until the recording is so long. Raises what ended it early."""
    process, samples, due = psutil.Process(), [], 0.0
    while (recorded_s := live.state.recorded_s) < until_s:
        if live.failure is not None:
            raise live.failure
        if recorded_s >= due:
            samples.append((recorded_s, process.memory_info().rss / 1e6))
            due = recorded_s + SAMPLE_EVERY_S
        time.sleep(0.02)
    return samples


if __name__ == "__main__":
    main()
