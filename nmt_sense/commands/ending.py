"""What ends a program from outside: Ctrl-C, the system's order to end, a terminal that is closed.

All are taken as Ctrl-C is: what runs ends well, and what was recorded is kept.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C; kill and shutdown; a closed terminal; Ctrl-Break and a closed console window on Windows."""


@contextlib.contextmanager
def ended_well() -> Iterator[None]:
    """Every order to end raises :class:`KeyboardInterrupt`, but for those that whoever started us wants ignored."""
    with _handled(_obey):
        yield


@contextlib.contextmanager
def noted_orders() -> Iterator[threading.Event]:
    """Set by the first order to end instead of the usual exception; a second one is meant, and raises it."""
    noted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if noted.is_set():
            _obey(number, frame)
        noted.set()

    with _handled(note):
        yield noted


def leave_terminal() -> None:
    """Print nothing more to a terminal or reader that has gone: each word would fail, and end what is to be saved."""
    with open(os.devnull, "w") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # not a file: a test's, or closed
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    os.dup2(nowhere.fileno(), stream.fileno())


def _obey(number: int, frame: FrameType | None) -> None:
    if number == getattr(signal, "SIGHUP", None):
        leave_terminal()
    raise KeyboardInterrupt


@contextlib.contextmanager
def _handled(handler: object) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals are not ours there
        yield
        return
    numbers = [number for name in NAMES if (number := getattr(signal, name, None)) is not None]
    heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heeded}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual or signal.SIG_DFL)
