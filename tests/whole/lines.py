"""A virtual glove on a real pseudo-terminal, to which things can happen."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nmt_sense.glove.protocol_sim import GloveSource
from nmt_sense.glove.serve import PseudoTerminal
from nmt_sense.glove.virtual import Script
from nmt_sense.glove.wire import Data, Decoder

TIMER_S = 0.016


class Plug:
    """One end of a cable in a port: a pseudo-terminal, under a name of ours if one is given."""

    def __init__(self, link: Path | None = None) -> None:
        self._line = PseudoTerminal()
        self._link = link
        if link is not None:
            link.symlink_to(self._line.name)
        self.port = self._line.name if link is None else str(link)
        self.exchange = self._line.exchange

    def pull(self) -> None:
        """The port is gone."""
        if self._link is not None:
            self._link.unlink()
        self._line.close()


@dataclass
class Life:
    """What a glove sent between two resets."""

    began_ns: int = 0
    """Monotonic time at which its scan 0 was due."""
    boot_count: int = 0
    counts: dict[int, np.ndarray] = field(default_factory=dict)
    """By its own scan number, what went on the line or would have."""


class GloveOnLine:
    """Runs in real time on a thread. ``port`` is what to open; ``spoil`` may change each piece that is sent.

    What is sent goes on the line every ``turn_s``, as if an adapter looked for it by a timer.
    """

    def __init__(self, script: Script | None = None, link: Path | None = None, turn_s: float = 0.003) -> None:
        self._turn_s = turn_s
        self._source = GloveSource(script or Script())
        self._link = link
        self._plug: Plug | None = None
        self._stop = threading.Event()
        self._busy = threading.Lock()
        self._decoder = Decoder()
        self.paused = threading.Event()
        self.spoil: Callable[[bytes], bytes] = bytes
        self.lives = [Life()]

    def __enter__(self) -> GloveOnLine:
        self.plug(self._link)
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="glove on a line")
        self._thread.start()
        return self

    @property
    def streaming(self) -> bool:
        """It has been told to send."""
        return self._source.glove.streaming

    def _run(self) -> None:
        while not self._stop.wait(self._turn_s):
            with self._busy:
                self._turn()

    def _turn(self) -> None:
        out = self._source.advance_to(self._sent_until_s())
        self._note(out)
        if self._plug is not None:
            received = self._plug.exchange(b"" if self.paused.is_set() else self.spoil(out))
            if received:
                self._source.receive(received, self._now_s())

    def _now_s(self) -> float:
        return time.monotonic() - self._began

    def _sent_until_s(self) -> float:
        """What was due by then, of its own time, goes on the line."""
        return self._now_s()

    def _note(self, out: bytes) -> None:
        life = self.lives[-1]
        life.began_ns = round((self._began + self._source.began_s) * 1e9)
        life.boot_count = self._source.glove.info.boot_count
        for message in self._decoder.feed(out):
            if isinstance(message, Data):
                life.counts |= {message.first_scan + i: row for i, row in enumerate(message.counts)}

    def reset(self, cause: str = "watchdog") -> None:
        """The glove starts anew."""
        with self._busy:
            self._turn()
            self._source.reset(cause)
            self._decoder = Decoder()
            self.lives.append(Life())

    def pause_stream(self) -> None:
        """Nobody has told it to send: so a later START shows that the host has found it again."""
        with self._busy:
            self._source.glove.streaming = False

    def plug(self, link: Path | None = None) -> None:
        """Plug the cable into a port, which may have another name than the last."""
        with self._busy:
            self._plug = Plug(link)
            self.port = self._plug.port

    def unplug(self) -> None:
        """Pull the cable: the port is gone, the glove goes on."""
        with self._busy:
            plug, self._plug = self._plug, None
        if plug is not None:
            plug.pull()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.unplug()


class GloveInStep(GloveOnLine):
    """Behind an adapter that hands over what it has every 16 ms, which keeps step with 12 ms frames.

    Every frame waits for it at least ``wait_s``, and no arrival shows that. What the host writes goes through at once.
    """

    def __init__(self, script: Script | None = None, ppm: float = 0.0, wait_s: float = 0.0038) -> None:
        """``ppm``: how much faster the glove's clock is."""
        super().__init__(script)
        self._speed = 1.0 + ppm * 1e-6
        self._wait_s = wait_s

    def true_ns(self, scan: np.ndarray) -> np.ndarray:
        """Host time at which these scans started, ns."""
        started_s = self._source.began_s + scan * self._source.glove.info.period_s
        return (self._began + started_s / self._speed) * 1e9

    def _now_s(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    def _since_tick_s(self) -> float:
        return (time.monotonic() - self._began - self._source.began_s / self._speed - self._wait_s) % TIMER_S

    def _sent_until_s(self) -> float:
        since_s = self._since_tick_s()
        return max(0.0, self._now_s() - since_s * self._speed)

    def _run(self) -> None:
        while not self._stop.is_set():
            plug = self._plug
            assert plug is not None
            if select.select([plug._line._side], [], [], TIMER_S - self._since_tick_s())[0]:
                self._source.receive(plug.exchange(b""), self._now_s())
            else:
                self._turn()


class Chatter:
    """Something on a pseudo-terminal that is no glove: says ``words`` all the time."""

    def __init__(self, words: bytes, link: Path | None = None) -> None:
        self._words = words
        self._link = link
        self._stop = threading.Event()
        self.heard = b""

    def __enter__(self) -> str:
        self._plug = Plug(self._link)
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()
        return self._plug.port

    def _talk(self) -> None:
        while not self._stop.wait(0.02):
            self.heard += self._plug.exchange(self._words)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._plug.pull()


def wait_for(reached: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that must happen soon; fails when it does not."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
