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
import time
from collections.abc import Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C; kill and shutdown; a closed terminal; Ctrl-Break and a closed console window on Windows."""


MEANT_AFTER_S = 0.5
"""A second order that comes sooner is none: a terminal that is closed and its shell each send one, and so does
``timeout`` to a program and to its group. Who is impatient takes longer."""


class _First:
    """When the first order to end came, on the monotonic clock; None before it."""

    at: float | None = None


@contextlib.contextmanager
def ended_well() -> Iterator[None]:
    """Every order to end raises :class:`KeyboardInterrupt`, but for those that whoever started us wants ignored."""
    _First.at = None
    with _handled(lambda number, frame: _obey() if _counts(number) else None):
        yield


@contextlib.contextmanager
def noted_orders() -> Iterator[threading.Event]:
    """Set by the first order to end instead of the usual exception; a second one, if it is meant, raises it."""
    noted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if _counts(number):
            if noted.is_set():
                _obey()
            noted.set()

    with _handled(note):
        yield noted


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """An order to end that comes meanwhile takes effect afterwards."""
    with noted_orders() as noted:
        yield
    if noted.is_set():
        _obey()


def leave_terminal() -> None:
    """Print nothing more to a terminal or reader that has gone: each word would fail, and end what is to be saved."""
    with open(os.devnull, "w") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # not a file: a test's, or closed
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    os.dup2(nowhere.fileno(), stream.fileno())


def _counts(number: int) -> bool:
    """False for what only repeats the first order: anything that comes too soon after it, and a terminal that goes."""
    hung_up = number == getattr(signal, "SIGHUP", None)
    if hung_up:
        leave_terminal()
    now = time.monotonic()
    if _First.at is None:
        _First.at = now
        return True
    return not hung_up and now - _First.at >= MEANT_AFTER_S


def _obey() -> None:
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
