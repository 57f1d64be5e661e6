"""``nmt-sense calibrate guide``: a calibration step by step in the terminal."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nmt_sense.commands.console import say, warn
from nmt_sense.device import GloveInfo
from nmt_sense.errors import NmtError
from nmt_sense.glove.link import Link
from nmt_sense.glove.stream import ScanStream
from nmt_sense.glove.wire import Data
from nmt_sense.sensing.conductance import Divider
from nmt_sense.sensing.guided import Guided, GuidedError, Kind, Moment, Result, Step
from nmt_sense.sensing.scale import Scale, ScaleError, typed

SHOW_EVERY_S = 1.0
ENDED = "The calibration was given up; nothing was written."


class Listener:
    """Reads a glove on a thread of its own, and passes on what one sensor reads, and what a scale shows."""

    def __init__(self, port: str, sensor: str, scale: Scale | None) -> None:
        """Raises :class:`NmtError` when there is no such glove or sensor."""
        self._link, self._scale = Link(port), scale
        try:
            self.info = self._link.open()
            self._channel = _channel(self.info, sensor)
        except BaseException:
            self._link.close()
            raise
        self.lock = threading.Lock()
        self.failure: NmtError | None = None
        self._guided: Guided | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="calibration", daemon=True)

    def start(self, guided: Guided) -> None:
        """Begin; the machine may be used under ``lock`` only."""
        self._guided = guided
        self._thread.start()

    def close(self) -> None:
        """End the thread and let go of the ports."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._link.close()
        if self._scale is not None:
            self._scale.close()

    def _run(self) -> None:
        try:
            self._link.start()
            stream = ScanStream(self.info.channels, self.info.full_scale)
            while not self._over.is_set():
                messages, _ = self._link.read()
                self._take(stream, [message for message in messages if isinstance(message, Data)])
        except NmtError as error:
            self.failure = error

    def _take(self, stream: ScanStream, frames: list[Data]) -> None:
        assert self._guided is not None
        block = stream.feed(frames)
        divider = Divider.of(self.info, self._channel)
        conductance = divider.reading_us(block.counts[:, self._channel])
        shown = self._scale.poll() if self._scale is not None else None
        with self.lock:
            if len(block):
                self._guided.read(np.multiply(block.scan, self.info.period_s, dtype=np.float64), conductance)
            if shown is not None:
                self._guided.refer(stream.newest * self.info.period_s, shown)


def _channel(info: GloveInfo, sensor: str) -> int:
    if sensor not in info.sensor_names:
        raise NmtError(f"This glove has no sensor {sensor}; it has {', '.join(info.sensor_names)}.")
    return info.sensor_names.index(sensor)


@contextmanager
def listening(port: str, sensor: str, scale: Scale | None) -> Iterator[Listener]:
    """A listener that is closed in the end."""
    listener = Listener(port, sensor, scale)
    try:
        yield listener
    finally:
        listener.close()


def walk(guided: Guided, listener: Listener) -> Result:
    """All steps, asked on stdin and told on stdout. Raises :class:`NmtError` when it is given up."""
    listener.start(guided)
    while (step := guided.step) is not None:
        say("")
        say(f"Step {guided.number + 1} of {len(guided.steps)}: {step.title}")
        say(f"  {step.do}")
        say(f"  Why: {step.why}")
        _ask(guided, listener, step)
    with listener.lock:
        return guided.finish()


def _ask(guided: Guided, listener: Listener, step: Step) -> None:
    """Until the step is accepted, or gone back from."""
    while guided.step is step:
        _wait(guided, listener)
        with listener.lock:
            live = guided.moment.reference_n
        line = _line(_question(step, live))
        if listener.failure is not None:
            raise listener.failure
        try:
            with listener.lock:
                _obey(guided, step, line, live)
        except (GuidedError, ScaleError) as problem:
            warn(str(problem))


def _obey(guided: Guided, step: Step, line: str, live: float | None) -> None:
    if line == "b":
        guided.back()
    elif step.kind in (Kind.CONDITION, Kind.ZERO) or (not line and live is not None):
        guided.accept()
    else:
        guided.accept(typed(line))


def _question(step: Step, live: float | None) -> str:
    if step.kind in (Kind.CONDITION, Kind.ZERO):
        return "Enter to go on, b to go back: "
    if live is not None:
        return f"The scale shows {live:.2f} N. Enter to take it, b to go back: "
    return "What does the scale show (N, or with kg, g, lb)? b goes back: "


def _wait(guided: Guided, listener: Listener) -> None:
    """Show the reading until nothing is missing."""
    shown = 0.0
    while listener.failure is None:
        with listener.lock:
            moment = guided.moment
        if not moment.hint:
            return
        if time.monotonic() - shown > SHOW_EVERY_S:
            shown = time.monotonic()
            say(f"  {_reading(moment)}{moment.hint}")
        time.sleep(0.05)
    raise listener.failure


def _reading(moment: Moment) -> str:
    """What is read now, before what is still missing; nothing before the first reading of a step."""
    if math.isnan(moment.conductance_us):
        return ""
    reference = f", scale {moment.reference_n:.2f} N" if moment.reference_n is not None else ""
    return f"{moment.conductance_us:7.1f} µS{reference}  "


def _forget_typed() -> None:
    """What was typed before a question was asked is no answer to it. Of a file or pipe nothing is forgotten."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _line(question: str) -> str:
    _forget_typed()
    try:
        return input(f"  {question}").strip()
    except EOFError:
        raise NmtError(ENDED) from None


def open_scale(url: str | None, baud: int, unit: str) -> Any:
    """The scale on a port, or None when forces are typed."""
    return None if url is None else Scale(url, baud, unit)
