"""A process that plays a glove on a pseudo-terminal at real rate and notes when each frame went out.

    python -m benchmarks.feeder glove --rate 250 --stamps FILE.npy
    python -m benchmarks.feeder text --rate 250

``glove`` is the virtual glove speaking the wire protocol. ``text`` is what a hobby sketch sends, one line of comma
separated counts per scan, for the reference script. Prints its port, runs until its standard input closes.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.practitioner import Practice, Practitioner
from nmt_sense.glove.protocol_sim import GloveSource
from nmt_sense.glove.serve import Line, open_line
from nmt_sense.glove.virtual import Script, virtual_info


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.feeder")
    parser.add_argument("kind", choices=("glove", "text"))
    parser.add_argument("--rate", type=int, required=True)
    parser.add_argument("--hold", type=float, default=Practice().hold_s, help="seconds that each hold aims at")
    parser.add_argument("--stamps", type=Path)
    options = parser.parse_args()
    done = threading.Event()
    threading.Thread(target=wait_for_end, args=(done,), daemon=True).start()
    with open_line() as line:
        print(line.name, flush=True)
        if options.kind == "text":
            feed_text(Script(rate_hz=options.rate), line, done)
        else:
            script = Script(rate_hz=options.rate, practice=Practice(hold_s=options.hold))
            stamps = feed_frames(script, line, done)
            if options.stamps:
                np.save(options.stamps, np.array(sorted(stamps.items()), np.int64).reshape(-1, 2))


def wait_for_end(done: threading.Event) -> None:
    """Until whoever started this closes its standard input, or dies."""
    sys.stdin.read()
    done.set()


def feed_frames(script: Script, line: Line, done: threading.Event) -> dict[int, int]:
    """Play the glove; for the last scan of each frame, the monotonic time (ns) just before the frame was written.

    Before, not after: a reader on the other core may have the frame before the write returns, and the delay must not
    come out smaller than it is.
    """
    source = GloveSource(script)
    stamps: dict[int, int] = {}
    info = source.glove.info

    began = time.monotonic()

    def frame_due(elapsed_s: float) -> None:
        before = source.glove.next_scan
        out = source.advance_to(elapsed_s)
        ends = range(before + info.scans_per_frame, source.glove.next_scan + 1, info.scans_per_frame)
        now = time.monotonic_ns()
        received = line.exchange(out)
        stamps.update((end - 1, now) for end in ends)
        if received:
            source.receive(received, time.monotonic() - began)

    _pace(began, source.frame_s, frame_due, done)
    return stamps


def feed_text(script: Script, line: Line, done: threading.Event) -> None:
    """The same sensors as lines of text, one per scan."""
    info = virtual_info(script)
    bank = SensorBank(info, Practitioner(script.practice, script.seed).sensor_newtons, script.physics, script.seed)
    scans = itertools.count()

    def line_due(_: float) -> None:
        scan = next(scans)
        counts = bank.scans(scan, 1)[0][0].tolist()
        line.exchange((",".join(map(str, [scan, *counts])) + "\r\n").encode())

    _pace(time.monotonic(), info.period_s, line_due, done)


def _pace(began: float, period_s: float, due: Callable[[float], None], done: threading.Event) -> None:
    """Call ``due`` with the time since the monotonic time ``began``, once per period, without drift."""
    number = 0
    while not done.is_set():
        number += 1
        wait = began + number * period_s - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        due(number * period_s)


if __name__ == "__main__":
    main()
