"""A virtual glove on a real pseudo-terminal, to which things can happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from nmt_sense.glove.protocol_sim import GloveSource
from nmt_sense.glove.serve import PseudoTerminal
from nmt_sense.glove.virtual import Script


class GloveOnLine:
    """Runs in real time on a thread. ``port`` is what to open; ``spoil`` may change each piece that is sent."""

    def __init__(self, script: Script | None = None, link: Path | None = None) -> None:
        self._source = GloveSource(script or Script())
        self._link = link
        self._stop = threading.Event()
        self.paused = threading.Event()
        self.spoil: Callable[[bytes], bytes] = bytes

    def __enter__(self) -> GloveOnLine:
        self._line = PseudoTerminal()
        self.port = self._line.name
        if self._link is not None:
            self._link.symlink_to(self._line.name)
            self.port = str(self._link)
        self._thread = threading.Thread(target=self._run, name="glove on a line")
        self._thread.start()
        return self

    def _run(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(0.003):
            out = self._source.advance_to(time.monotonic() - began)
            if received := self._line.exchange(b"" if self.paused.is_set() else self.spoil(out)):
                self._source.receive(received)

    def unplug(self) -> None:
        """Pull the cable: the port is gone."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._line.close()
            if self._link is not None:
                self._link.unlink()

    def __exit__(self, *_: object) -> None:
        self.unplug()


def wait_for(reached: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that must happen soon; fails when it does not."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
