"""Measure the budgets and print budget, measured, ratio. Always ends with 0 unless ``--strict`` is given."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks import files, heard, memory, startup, streaming
from benchmarks.row import Group, Options, Row, Unmeasurable, table

GROUPS: tuple[Group, ...] = (*streaming.GROUPS, *heard.GROUPS, *memory.GROUPS, *files.GROUPS, *startup.GROUPS)


def main(arguments: Sequence[str] | None = None) -> int:
    names = [name for group in GROUPS for name in group.names]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"rows to measure, default all: {', '.join(names)}")
    parser.add_argument("--full", action="store_true", help="long versions: memory over ten simulated hours")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a row is over its budget")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(names):
        parser.error(f"no row {sorted(unknown)[0]}; there are {', '.join(names)}")
    machine = _machine()
    wanted = [group for group in GROUPS if not options.names or set(group.names) & set(options.names)]
    rows = [row for group in wanted for row in _measure(group, Options(options.full))]
    rows = [row for row in rows if not options.names or row.name in options.names]
    print(f"{machine}\n\n{table(rows)}")
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode([_as_json(row) for row in rows])))
    return int(options.strict and any(row.verdict == "over" for row in rows))


def _measure(group: Group, options: Options) -> Iterator[Row]:
    print(f"measuring {', '.join(group.names)}", end=" ", file=sys.stderr, flush=True)
    began = time.perf_counter()
    try:
        rows = list(group.measure(options))
    except Unmeasurable as reason:
        rows = [Row(name=name, what="", unit="", note=str(reason)) for name in group.names]
    print(f"({time.perf_counter() - began:.0f} s)", file=sys.stderr)
    yield from rows


def _machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}{load}"


def _as_json(row: Row) -> dict[str, object]:
    return msgspec.structs.asdict(row) | {"of_budget": row.of_budget, "verdict": row.verdict}


if __name__ == "__main__":
    sys.exit(main())
