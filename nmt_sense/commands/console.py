"""What all commands share: options, where they print, and how."""

from __future__ import annotations

import contextlib
import json
import sys
import textwrap
import threading
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
MOST_SECONDS = 86_400.0
"""A day: no glove makes more scans in it than a file can hold, and no timer of the system overflows."""
SecondsOption = Annotated[
    float | None,
    typer.Option("--seconds", min=0.1, max=MOST_SECONDS, help="Stop after so many seconds, by the glove's clock."),
]
LookSecondsOption = Annotated[float, typer.Option("--seconds", min=3.0, max=MOST_SECONDS, help="Look for so long.")]


def printable(text: str) -> str:
    """Text without anything that a terminal would obey: whatever cannot be printed is written as an escape.

    Names and settings in a file that somebody sent may hold sequences that colour, clear or retitle a terminal.
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def say(line: str) -> None:
    """One line on stdout, however long."""
    OUT.print(printable(line), soft_wrap=True, highlight=False, markup=False)


def print_json(value: Any) -> None:
    """JSON on stdout. NaN, which JSON lacks, becomes null; what is no text in the name of a file, question marks."""
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_as_text(msgspec.to_builtins(value)))
    lines = msgspec.json.format(encoded).decode().split("\n")
    print("\n".join(_escaped(line) for line in lines))


def _as_text(value: Any) -> Any:
    """The same, of words that every program can read."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_as_text(key): _as_text(one) for key, one in value.items()}
    return [_as_text(one) for one in value] if isinstance(value, (list, tuple)) else value


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
    might be swallowed or break the library's own books. One that comes before the first piece, after the last, or
    before there turns out to be none takes effect on leaving.
    """
    with noted_orders() as noted:
        try:
            with Progress(console=ERR, transient=True, disable=quiet or not ERR.is_terminal) as bar:
                yield _teller(bar, noted)
        except NmtError as error:
            if not noted.is_set():
                raise
            warn(str(error))
    if noted.is_set():
        raise KeyboardInterrupt


def _teller(bar: Progress, noted: threading.Event) -> Callable[[float], None]:
    task = bar.add_task("Writing the recording", total=1.0)

    def tell(part: float) -> None:
        bar.update(task, completed=part)
        if noted.is_set() and part < 1.0:
            raise KeyboardInterrupt

    return tell
