"""Engines that speak: Qt's own, and on Linux the command spd-say. Each says when words begin, and when it is dead.

Only the mouth uses them, a process of its own: a speech system that hangs holds up whoever talks to it.
"""

from __future__ import annotations

import logging
import shutil
import sys

from PyQt5.QtCore import QObject, QProcess, QTimer, pyqtSignal

log = logging.getLogger(__name__)
CEILING = 0.6
"""No word is louder, of an engine's full scale."""
END_MS = 300
"""A command that speaks ends within so long when told to, or is ended."""
COMMAND_MS = 1000
"""A command that has not handed its words over by then never will."""
BEGINS_MS = 3000
"""Words that a daemon has taken begin within so long, also behind those of another program; otherwise it is dead."""


class Engine(QObject):
    """Something that speaks. Everything is called in the thread that made it."""

    taken = pyqtSignal()
    """The words are in the system's hands."""
    failed = pyqtSignal(str)
    """It will not speak again, and why."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.alive = False

    def say(self, text: str, urgent: bool, volume: float) -> None:
        """Speak in place of what is being said; ``volume`` is 0..1 of the ceiling."""
        raise NotImplementedError

    def stop(self) -> None:
        """Be silent."""
        raise NotImplementedError


class QtVoice(Engine):
    """Qt's own speech. Without the system's library, or its daemon, it is listed but dead: state and voices tell."""

    def __init__(self, parent: QObject | None = None) -> None:
        from PyQt5.QtTextToSpeech import QTextToSpeech

        super().__init__(parent)
        self._states = QTextToSpeech.State
        self._engine = QTextToSpeech(self)
        self.alive = self._engine.state() != self._states.BackendError and bool(self._engine.availableVoices())
        self._engine.stateChanged.connect(self._changed)
        self._silent = QTimer(self)
        self._silent.setSingleShot(True)
        self._silent.timeout.connect(lambda: self.failed.emit("words were taken and never began"))

    def say(self, text: str, urgent: bool, volume: float) -> None:
        """Speak; Qt gives up what it was saying."""
        self._engine.setVolume(CEILING * volume)
        # a daemon that has died is told by nothing but its silence; elsewhere the system speaks in this process
        if sys.platform.startswith("linux") and not self._silent.isActive():
            self._silent.start(BEGINS_MS)
        self._engine.say(text)
        if self._engine.state() != self._states.BackendError:
            self.taken.emit()

    def stop(self) -> None:
        """Be silent."""
        self._silent.stop()
        self._engine.stop()

    def _changed(self, state: int) -> None:
        if state == self._states.Speaking:
            self._silent.stop()
        elif state == self._states.BackendError:
            self.failed.emit("the system's speech has failed")


class SpdSay(Engine):
    """speech-dispatcher's own command; dead when it cannot be started, ends with an error, or does not end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        found = shutil.which("spd-say") if sys.platform.startswith("linux") else None
        self.alive = found is not None
        self._command = found or ""
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
        process = QProcess(self)
        process.finished.connect(
            lambda code, how: self._ended(process, how == QProcess.ExitStatus.NormalExit and code == 0)
        )
        process.errorOccurred.connect(lambda _: self._ended(process, well=False))
        limit = QTimer(process)
        limit.setSingleShot(True)
        limit.timeout.connect(process.kill)
        self._running.append(process)
        process.start(self._command, arguments)
        limit.start(COMMAND_MS)

    def _ended(self, process: QProcess, well: bool) -> None:
        if process not in self._running:
            return
        self._running.remove(process)
        process.deleteLater()
        if well:
            self.taken.emit()
        else:
            self.failed.emit("spd-say ended badly, or not at all")


def living_engine(parent: QObject) -> Engine | None:
    """The first engine that is alive; None when none is."""
    for make in (QtVoice, SpdSay):
        try:
            engine = make(parent)
        except Exception as error:  # a system's speech may fail in any way: there are tones
            log.warning("%s: %s", make.__name__, error)
            continue
        if engine.alive:
            return engine
        engine.deleteLater()
    return None
