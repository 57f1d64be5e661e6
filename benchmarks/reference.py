"""The plain script that people write first: read a line, split it, keep it in a CSV file. For comparison.

    python -m benchmarks.reference PORT SECONDS OUT.csv

Prints JSON: the share of one core it took (0 .. 1) and the lines it kept.
"""

from __future__ import annotations

import csv
import json
import sys
import time

import serial

WARM_UP_S = 1.0


def log(port: serial.SerialBase, seconds: float, writer: object) -> int:
    lines = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        words = port.readline().decode("ascii", "replace").strip().split(",")
        if len(words) < 2:
            continue
        values = [int(word) for word in words]
        writer.writerow([time.time(), *values])  # type: ignore[attr-defined]
        lines += 1
    return lines


def main() -> None:
    name, seconds, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    with serial.serial_for_url(name, 500_000, timeout=1.0) as port, open(out, "w", newline="") as file:
        writer = csv.writer(file)
        port.readline()  # the rest of a line that had begun before
        log(port, WARM_UP_S, writer)
        cpu, wall = time.process_time(), time.monotonic()
        lines = log(port, seconds, writer)
        share = (time.process_time() - cpu) / (time.monotonic() - wall)
    print(json.dumps({"cpu": share, "lines": lines}))


if __name__ == "__main__":
    main()
