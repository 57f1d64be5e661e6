"""One line of the table: what was measured against which budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A budget and what was measured; or, without a number, why it was not."""

    name: str
    what: str
    unit: str
    budget: float | None = None
    """None for a row that is only there to compare with."""
    at_least: bool = False
    """True when more is better."""
    measured: float | None = None
    note: str = ""
    """What else belongs to the number, or why there is none."""

    @property
    def of_budget(self) -> float | None:
        """Measured over budget (turned over where more is better): up to 1 is within it."""
        if self.measured is None or self.budget is None:
            return None
        return self.budget / self.measured if self.at_least else self.measured / self.budget

    @property
    def verdict(self) -> str:
        """``ok``, ``over``, ``not measured``, or nothing where there is no budget."""
        if self.measured is None:
            return "not measured"
        if self.of_budget is None:
            return ""
        return "ok" if self.of_budget <= 1.0 else "over"


@dataclass(frozen=True, slots=True)
class Options:
    """How thorough to be."""

    full: bool = False
    """The long versions: ten simulated hours for memory."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that one measurement gives."""

    names: tuple[str, ...]
    measure: Callable[[Options], Iterator[Row]]


class Unmeasurable(Exception):
    """This cannot be measured here; the words say why."""


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| row | what | budget | measured | of budget | |", "|---|---|---:|---:|---:|---|"]
    for row in rows:
        budget = "" if row.budget is None else f"{'≥' if row.at_least else '≤'} {row.budget:g} {row.unit}"
        measured = "" if row.measured is None else f"{_figures(row.measured)} {row.unit}"
        share = "" if row.of_budget is None else f"{row.of_budget:.2f}"
        words = "; ".join(filter(None, (row.verdict, row.note)))
        lines.append(f"| {row.name} | {row.what} | {budget} | {measured} | {share} | {words} |")
    return "\n".join(lines)


def _figures(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
