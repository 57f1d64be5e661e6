"""``make faults``: every fault against the real program, as one table. Exit code 1 when a promise was broken."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.row import Form, Row

MODULES = ("kills", "power", "truncation", "cable", "returns", "resets", "stream", "clocks", "disk", "hostile", "long")
"""Each has ``run(form) -> list[Row]``."""
INTRO = """# What a recording survives

Each fault was tried on the real program: real processes, pseudo-terminals, the firmware in simavr, file systems of
their own. What the glove sent is known scan by scan, so a wrong value is a stored count that the glove did not send for
that scan, or a damaged file that passed for a sound one. Where damage happens to fit its checksum (CRC-16, one in
65 536) no program can tell; two rows count such frames, and how many there may be. `make faults FAULTS="--out
docs/faults.md"` makes this page anew, in the better part of an hour; `make test` tries a few of each. What a row does
and how its loss is measured stands in the module of its kind in `tests/faults/`.

"""
HEAD = ("fault", "tried", "lost at worst", "allowed", "wrong values", "verdicts", "")


def rows_of(module: str, form: Form) -> list[Row]:
    """What one kind of fault did."""
    rows: list[Row] = importlib.import_module(f"tests.faults.{module}").run(form)
    return rows


def cells(row: Row) -> tuple[str, ...]:
    """The table's cells of one row."""
    lost = "-" if row.allowed is None and not row.lost else f"{row.lost:.3g} {row.lost_unit}"
    allowed = "-" if row.allowed is None else f"{row.allowed:.3g} {row.lost_unit}"
    verdicts = ", ".join(f"{word} {count}" for word, count in sorted(row.verdicts.items()))
    mark = "" if row.good else "BROKEN"
    return row.fault, str(row.tried), lost, allowed, str(row.wrong), verdicts, mark


def line(values: tuple[str, ...]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(values) + " |"


def table(modules: list[str], form: Form) -> Iterator[tuple[str, list[Row]]]:
    """The table, line by line, each with the rows it tells of."""
    yield line(HEAD), []
    yield line(("---",) * len(HEAD)), []
    for module in modules:
        began = time.monotonic()
        for row in rows_of(module, form):
            yield line(cells(row)), [row]
            for failure in row.failures[:5]:
                print(f"  {row.fault}: {failure}", file=sys.stderr)
        print(f"  {module}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"only these of: {', '.join(MODULES)}")
    parser.add_argument("--short", action="store_true", help="as in make test: a few of each")
    parser.add_argument("--out", type=Path, help="also write the table here")
    given = parser.parse_args()
    form = Form.SHORT if given.short else Form.FULL
    lines, rows = [], []
    for text, told in table(given.modules or list(MODULES), form):
        print(text, flush=True)
        lines.append(text)
        rows += told
    if given.out:
        given.out.write_text(INTRO + "\n".join(lines) + f"\n\n{total(rows)}\n", encoding="utf-8")
    print(total(rows))
    return 1 if any(not row.good for row in rows) else 0


def total(rows: list[Row]) -> str:
    """All of it in one line."""
    broken = [row for row in rows if not row.good]
    return f"{len(rows)} kinds of fault, {sum(row.tried for row in rows)} tried, {len(broken)} promises broken."


if __name__ == "__main__":
    raise SystemExit(main())
