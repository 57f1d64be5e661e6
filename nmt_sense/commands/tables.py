"""Tables in the terminal: every heading and value whole, in as many tables below each other as its width asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nmt_sense.commands.console import printable

BETWEEN, EDGES = 2, 2
"""Signs between two columns, and at both ends of a line."""
Row = TypeVar("Row")


class Column(NamedTuple, Generic[Row]):
    """One column: its heading, and what stands there for a row."""

    heading: str
    cell: Callable[[Row], str]
    words: bool = False
    """Words begin at the left, numbers end at the right."""


class _Filled(NamedTuple):
    """A column with its cells."""

    heading: str
    cells: list[str]
    words: bool

    @property
    def width(self) -> int:
        return max(map(cell_len, (self.heading, *self.cells)))


def print_table(console: Console, title: str, rows: Sequence[Row], columns: Sequence[Column[Row]]) -> None:
    """Print rows under a title. Columns that do not fit go on in a table below, beside the first column once more.

    The first column is what a row is called by. A column that is too wide for the terminal even so is broken in itself.
    """
    console.print(printable(title), soft_wrap=True, highlight=False, markup=False)
    for part in _parts([_filled(column, rows) for column in columns], console.width):
        console.print(_table(part))


def _filled(column: Column[Row], rows: Sequence[Row]) -> _Filled:
    return _Filled(printable(column.heading), [printable(column.cell(row)) for row in rows], column.words)


def _parts(columns: Sequence[_Filled], width: int) -> list[list[_Filled]]:
    """The columns in as few parts as fit so many signs, the first one in each."""
    first, *others = columns
    parts, left = [[first]], width - EDGES - first.width
    for column in others:
        if len(parts[-1]) > 1 and column.width + BETWEEN > left:
            parts.append([first])
            left = width - EDGES - first.width
        parts[-1].append(column)
        left -= column.width + BETWEEN
    return parts


def _table(columns: Sequence[_Filled]) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        made.add_column(Text(column.heading), justify="left" if column.words else "right", overflow="fold")
    for row in zip(*(column.cells for column in columns), strict=True):
        made.add_row(*map(Text, row))
    return made
