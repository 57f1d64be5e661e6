"""What a validation promised, and whether it was so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """One promise about one thing."""

    what: str
    of: str
    """Sensor or file."""
    met: bool
    numbers: str


def summary(criteria: Sequence[Criterion]) -> str:
    """How many of each promise were kept, and the ones that were not."""
    lines = ["", "## Criteria", ""]
    for what in dict.fromkeys(criterion.what for criterion in criteria):
        those = [criterion for criterion in criteria if criterion.what == what]
        lines.append(f"{sum(one.met for one in those)} of {len(those)}  {what}")
        lines += [f"    NOT MET  {one.of}: {one.numbers}" for one in those if not one.met]
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned for reading."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not number else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    )
