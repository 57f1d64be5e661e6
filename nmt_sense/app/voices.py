"""Engines that speak: Qt's own, and on Linux the command spd-say. Each says whether it is alive; none blocks."""

from __future__ import annotations

import logging
import shutil
import sys
from typing import Any, Protocol

from PyQt5.QtCore import QObject, QProcess

log = logging.getLogger(__name__)
CEILING = 0.6
"""No word is louder, of an engine's full scale."""
END_MS = 300
"""A command that speaks ends within so long when told to, or is ended."""


class Engine(Protocol):
    """Something that speaks. Everything is called in the thread that made it."""

    name: str
    alive: bool

    def say(self, text: str, urgent: bool, volume: float) -> None:
        """Speak in place of what is being said; ``volume`` is 0..1 of the ceiling."""
        ...

    def stop(self) -> None:
        """Be silent."""
        ...


class QtVoice:
    """Qt's own speech. Without the system's library, or its daemon, it is listed but dead: state and voices tell."""

    name = "voice on"

    def __init__(self, parent: QObject) -> None:
        from PyQt5.QtTextToSpeech import QTextToSpeech

        self._error = QTextToSpeech.State.BackendError
        self._engine: Any = QTextToSpeech(parent)
        self.alive = self._engine.state() != self._error and bool(self._engine.availableVoices())

    def say(self, text: str, urgent: bool, volume: float) -> None:
        """Speak; Qt gives up what it was saying."""
        self._engine.setVolume(CEILING * volume)
        self._engine.say(text)
        self.alive = self._engine.state() != self._error

    def stop(self) -> None:
        """Be silent."""
        self._engine.stop()


class SpdSay:
    """speech-dispatcher's own command; dead when it cannot be started or ends with an error."""

    name = "voice on"

    def __init__(self, parent: QObject) -> None:
        found = shutil.which("spd-say") if sys.platform.startswith("linux") else None
        self.alive = found is not None
        self._command = found or ""
        self._parent = parent
        self._running: list[QProcess] = []

    def say(self, text: str, urgent: bool, volume: float) -> None:
        """Speak; a message of priority ``text`` gives way to the next one, ``important`` does not."""
        loudness = str(round(200 * CEILING * volume) - 100)
        self._start(["-P", "important" if urgent else "text", "-i", loudness, "--", text])

    def stop(self) -> None:
        """Be silent, and end what still runs."""
        for process in list(self._running):
            if not process.waitForFinished(END_MS):
                process.kill()
                process.waitForFinished(END_MS)

    def _start(self, arguments: list[str]) -> None:
        process = QProcess(self._parent)
        process.finished.connect(lambda code, _: self._ended(process, code == 0))
        process.errorOccurred.connect(lambda _: self._ended(process, well=False))
        self._running.append(process)
        process.start(self._command, arguments)

    def _ended(self, process: QProcess, well: bool) -> None:
        self.alive = self.alive and well
        if process in self._running:
            self._running.remove(process)
            process.deleteLater()


def living_engine(parent: QObject) -> Engine | None:
    """The first engine that is alive; None when none is."""
    for make in (QtVoice, SpdSay):
        try:
            engine: Engine = make(parent)
        except Exception as error:  # a system's speech may fail in any way: there are tones
            log.warning("%s: %s", make.__name__, error)
            continue
        if engine.alive:
            return engine
    return None
