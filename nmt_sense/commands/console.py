"""What all commands share: options, where they print, and how."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

OUT = Console()
ERR = Console(stderr=True)

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


def warn(sentence: str) -> None:
    """A sentence on stderr, on one line."""
    print(complaint(sentence), file=sys.stderr, flush=True)


@contextlib.contextmanager
def saving(quiet: bool) -> Iterator[Callable[[float], None]]:
    """A progress bar on stderr that disappears when the file is written; what it is told the part done with.

    Ctrl-C takes effect between two pieces of the file: raised inside HDF5, wherever that calls Python, it might be
    swallowed or break the library's own books.
    """
    with (
        Progress(console=ERR, transient=True, disable=quiet or not ERR.is_terminal) as bar,
        _noted_interrupts() as noted,
    ):
        task = bar.add_task("Writing the recording", total=1.0)

        def tell(part: float) -> None:
            bar.update(task, completed=part)
            if noted.is_set() and part < 1.0:
                raise KeyboardInterrupt

        yield tell


@contextlib.contextmanager
def _noted_interrupts() -> Iterator[threading.Event]:
    """Set by Ctrl-C instead of the usual exception; who presses a second time means it, and gets that."""
    noted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if noted.is_set():
            raise KeyboardInterrupt
        noted.set()

    if threading.current_thread() is not threading.main_thread():  # signals are not ours there
        yield noted
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
