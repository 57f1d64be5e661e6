"""What all commands share: options, where they print, and how."""

from __future__ import annotations

import contextlib
import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from nmt_sense.ending import leave_terminal, noted_orders
from nmt_sense.errors import NmtError

T = TypeVar("T")


class _Console(Console):
    """Where who reads what we print has gone, the work goes on in silence; what is recorded is not to end with it."""

    def on_broken_pipe(self) -> None:
        leave_terminal()


OUT = _Console()
ERR = _Console(stderr=True)

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="Folder with calibration/ and recordings/ in it.", show_default=False)
]
UnusedWorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="As for every command; this one needs nothing from it.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
PortOption = Annotated[
    str,
    typer.Option("--port", help="Serial port or URL: /dev/ttyUSB0, COM3, socket://host:port, sim://, replay://F.h5"),
]
SecondsOption = Annotated[float | None, typer.Option("--seconds", min=0.1, help="Stop after so many seconds.")]


def printable(text: str) -> str:
    """Text without anything that a terminal would obey: whatever cannot be printed is written as an escape.

    Names and settings in a file that somebody sent may hold sequences that colour, clear or retitle a terminal.
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def say(line: str) -> None:
    """One line on stdout, however long."""
    OUT.print(printable(line), soft_wrap=True, highlight=False, markup=False)


def print_json(value: Any) -> None:
    """JSON on stdout. NaN, which JSON lacks, becomes null."""
    lines = msgspec.json.format(msgspec.json.encode(value)).decode().split("\n")
    print("\n".join(_escaped(line) for line in lines))


def _escaped(line: str) -> str:
    """JSON may hold C1 control characters and such; four-digit escapes, in pairs where it takes two, mean the same."""
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line)


def complaint(sentence: str) -> str:
    """A sentence as the one line that goes to stderr."""
    return f"nmt-sense: {printable(' '.join(sentence.split()))}"


def say_whole(line: str) -> None:
    """One line on stdout, broken between words where the terminal is narrower; what follows is further in."""
    inside = " " * (len(line) - len(line.lstrip()) + 4)
    broken = textwrap.wrap(
        printable(line), OUT.width, subsequent_indent=inside, break_long_words=False, break_on_hyphens=False
    )
    for part in broken or [""]:
        say(part)


def warn(sentence: str) -> None:
    """A sentence on stderr, on one line."""
    print(complaint(sentence), file=sys.stderr, flush=True)


def check_suffix(out: Path, *suffixes: str) -> None:
    """Raises :class:`NmtError` when the name of a file to be written says something else than what will be in it."""
    if out.suffix and out.suffix.lower() not in suffixes:
        raise NmtError(f"{out} should end in {' or '.join(suffixes)}.")


def going_through(things: Sequence[T], what: str) -> Iterator[T]:
    """Each of these, with a progress bar on stderr meanwhile, where that is a terminal."""
    with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        yield from bar.track(things, description=what)


@contextlib.contextmanager
def saving(quiet: bool) -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr that disappears when the file is written; what it is told the part done with.

    An order to end takes effect between two pieces of the file: raised inside HDF5, wherever that calls Python, it
    might be swallowed or break the library's own books.
    """
    with (
        Progress(console=ERR, transient=True, disable=quiet or not ERR.is_terminal) as bar,
        noted_orders() as noted,
    ):
        task = bar.add_task("Writing the recording", total=1.0)

        def tell(part: float) -> None:
            bar.update(task, completed=part)
            if noted.is_set() and part < 1.0:
                raise KeyboardInterrupt

        yield tell
