"""Words that are spoken, in a thread of their own: a speech system that hangs holds nothing up.

Where no engine is alive the tones go on alone, and nothing else changes.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable

from PyQt5.QtCore import QObject, QThread, pyqtSignal, pyqtSlot

from nmt_sense.app.voices import Engine, living_engine
from nmt_sense.coaching.state import Cue, CueKind

log = logging.getLogger(__name__)
CLOSE_MS = 2000
URGENT = frozenset({CueKind.DATA_LOST, CueKind.CEILING})
"""Words that nothing else may cut short."""
_stuck: list[QThread] = []
"""Threads whose speech system never answered: destroying a running one would end the program."""


class SpeechState(enum.Enum):
    """What the voice is doing. The values are shown."""

    STARTING = "voice starting"
    ON = "voice on"
    OFF = "voice off"
    NONE = "no voice"


class _Mouth(QObject):
    """Lives in the speech thread and owns the engine."""

    ready = pyqtSignal(bool)

    def __init__(self, make: Callable[[QObject], Engine | None]) -> None:
        super().__init__()
        self._make = make
        self._engine: Engine | None = None

    @pyqtSlot()
    def begin(self) -> None:
        """Find an engine that is alive."""
        self._engine = self._make(self)
        self.ready.emit(self._engine is not None)

    @pyqtSlot(str, bool, float)
    def say(self, text: str, urgent: bool, volume: float) -> None:
        """Speak, if that is still possible."""
        if self._engine is None:
            return
        try:
            self._engine.say(text, urgent, volume)
        except Exception as error:  # as when the engine was found
            log.warning("speech: %s", error)
            self._engine.alive = False
        if not self._engine.alive:
            self._engine = None
            self.ready.emit(False)

    @pyqtSlot()
    def hush(self) -> None:
        """Be silent."""
        if self._engine is not None:
            self._engine.stop()

    @pyqtSlot()
    def end(self) -> None:
        """Let the engine go, in the thread that made it."""
        self.hush()
        self._engine = None
        for child in self.children():
            child.deleteLater()


class Speech(QObject):
    """Speaks from :meth:`start` to :meth:`close`. :meth:`say` may be called from any thread and never waits."""

    changed = pyqtSignal(object)
    _asked = pyqtSignal(str, bool, float)
    _hush = pyqtSignal()

    def __init__(self, make: Callable[[QObject], Engine | None] = living_engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._alive: bool | None = None
        self.wanted = True
        self._volume = 1.0
        self._thread = QThread()
        self._thread.setObjectName("speech")
        self._mouth = _Mouth(make)
        self._mouth.moveToThread(self._thread)
        self._thread.started.connect(self._mouth.begin)
        self._thread.finished.connect(self._mouth.end)
        self._mouth.ready.connect(self._is_ready)
        self._asked.connect(self._mouth.say)
        self._hush.connect(self._mouth.hush)

    @property
    def state(self) -> SpeechState:
        """What the voice is doing."""
        if self._alive is None:
            return SpeechState.STARTING
        if not self._alive:
            return SpeechState.NONE
        return SpeechState.ON if self.wanted else SpeechState.OFF

    def start(self) -> None:
        """Look for an engine; never waits for it."""
        self._thread.start()

    def say(self, cue: Cue) -> bool:
        """Speak a cue's words; whether they will be heard."""
        if self.state is not SpeechState.ON:
            return False
        self._asked.emit(cue.text, cue.kind in URGENT, self._volume)
        return True

    def set_volume(self, part: float) -> None:
        """Loudness as a part of the ceiling, 0..1."""
        self._volume = part

    def set_wanted(self, wanted: bool) -> None:
        """Words on or off; tones take their place."""
        self.wanted = wanted
        if not wanted:
            self.hush()
        self.changed.emit(self.state)

    def hush(self) -> None:
        """Be silent now."""
        self._hush.emit()

    def close(self) -> None:
        """Stop and leave no thread behind; may be called twice."""
        self._thread.quit()
        if not self._thread.wait(CLOSE_MS):
            _stuck.append(self._thread)
            log.warning("The speech system does not answer; it is left behind.")

    def _is_ready(self, alive: bool) -> None:
        self._alive = alive
        self.changed.emit(self.state)
