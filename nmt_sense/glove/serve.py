"""A virtual glove that other programs can open: on a pseudo-terminal, or on a local TCP port where there is none."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from nmt_sense.glove.protocol_sim import GloveSource
from nmt_sense.glove.virtual import Script


class Line(Protocol):
    """The far end of a serial line."""

    name: str
    """What to give as a port, for people and programs."""

    def exchange(self, out: bytes) -> bytes:
        """Send what fits without waiting, and return what has come."""


class PseudoTerminal:
    """The controlling side of a pseudo-terminal (POSIX)."""

    def __init__(self) -> None:
        import tty

        self._side, self._other = os.openpty()
        tty.setraw(self._other)
        os.set_blocking(self._side, False)
        self.name = os.ttyname(self._other)

    def exchange(self, out: bytes) -> bytes:
        """Send what fits; when nobody reads, the rest is lost as it is on a real line."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._side, out)
        try:
            return os.read(self._side, 4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Give the pseudo-terminal back."""
        os.close(self._side)
        os.close(self._other)


class TcpLine:
    """A TCP port on this computer; one caller at a time, a new one replaces the last."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self._caller: socket.socket | None = None
        self.name = f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def exchange(self, out: bytes) -> bytes:
        """Send to and receive from the caller there is, if any."""
        with contextlib.suppress(BlockingIOError):
            caller, _ = self._server.accept()
            caller.setblocking(False)
            self._hang_up()
            self._caller = caller
        if self._caller is None:
            return b""
        try:
            self._caller.send(out)
            return self._caller.recv(4096)
        except BlockingIOError:
            return b""
        except OSError:
            self._hang_up()
            return b""

    def _hang_up(self) -> None:
        if self._caller is not None:
            self._caller.close()
            self._caller = None

    def close(self) -> None:
        """Hang up and stop listening."""
        self._hang_up()
        self._server.close()


@contextlib.contextmanager
def open_line() -> Iterator[PseudoTerminal | TcpLine]:
    """A line of the kind this system has."""
    line = TcpLine() if sys.platform == "win32" else PseudoTerminal()
    try:
        yield line
    finally:
        line.close()


def serve(script: Script, line: Line, stop: threading.Event, seconds: float) -> None:
    """Run a virtual glove on a line, in real time, for so many seconds or until told to stop."""
    source = GloveSource(script)
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds and not stop.is_set():
        received = line.exchange(source.advance_to(elapsed))
        if received:
            source.receive(received, time.monotonic() - began)
        stop.wait(source.frame_s / 4)
