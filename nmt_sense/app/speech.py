"""Words that are spoken, by a process of their own: a speech system that hangs holds nothing up.

PyQt keeps Python's lock while it talks to the system's speech, so that a thread would not help. Where no engine is
alive, or the process does not answer, the tones go on alone, and nothing else changes.
"""

from __future__ import annotations

import enum
import json
import logging
import sys
from collections.abc import Sequence

from PyQt5.QtCore import QObject, QProcess, QTimer, pyqtSignal

from nmt_sense.coaching.state import Cue, CueKind

log = logging.getLogger(__name__)
COMMAND = (sys.executable, "-P", "-m", "nmt_sense.app.mouth")
"""``-P``: not what lies in the folder we happen to be in. Without a console ours, it gets no window on Windows (Qt)."""
BEGIN_MS = 20_000
"""A computer that has just been started takes long to find a voice. Tones sound meanwhile."""
ANSWER_MS = 1500
"""Words that are not in the system's hands by then will not be heard."""
TICK_MS = 100
"""What we wait is counted in these, so that a window that stands still itself does not blame the voice."""
CLOSE_MS = 500
URGENT = frozenset({CueKind.DATA_LOST, CueKind.CEILING, CueKind.LET_GO})
"""Words that nothing else may cut short."""


class SpeechState(enum.Enum):
    """What the voice is doing. The values are shown."""

    STARTING = "voice starting"
    ON = "voice on"
    OFF = "voice off"
    NONE = "no voice"


class Speech(QObject):
    """Speaks from :meth:`start` to :meth:`close`. :meth:`say` may be called from any thread and never waits."""

    changed = pyqtSignal(object)
    _asked = pyqtSignal(list)

    def __init__(self, command: Sequence[str] = COMMAND, parent: QObject | None = None) -> None:
        """``command`` starts the process that speaks; see :mod:`nmt_sense.app.mouth` for what it is told."""
        super().__init__(parent)
        self._command = command
        self._process: QProcess | None = None
        self._alive: bool | None = None
        self.wanted = True
        self._volume = 1.0
        self._number = self._answered = 0
        self._patience = QTimer(self)
        self._patience.setInterval(TICK_MS)
        self._patience.timeout.connect(self._tick)
        self._ticks = 0
        self._asked.connect(self._tell)  # in our thread, whoever asks

    @property
    def state(self) -> SpeechState:
        """What the voice is doing."""
        if self._alive is None:
            return SpeechState.STARTING
        if not self._alive:
            return SpeechState.NONE
        return SpeechState.ON if self.wanted else SpeechState.OFF

    def start(self) -> None:
        """Look for a voice; never waits for it."""
        self._number = self._answered = 0
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._listen)
        process.readyReadStandardError.connect(self._note)
        process.errorOccurred.connect(lambda _: self._lose())
        process.finished.connect(lambda *_: self._lose())
        self._wait(BEGIN_MS)
        process.start(self._command[0], list(self._command[1:]))

    def say(self, cue: Cue) -> bool:
        """Speak a cue's words; whether they will be heard."""
        if self.state is not SpeechState.ON:
            return False
        self._asked.emit(["say", cue.text, cue.kind in URGENT, self._volume])
        return True

    def set_volume(self, part: float) -> None:
        """Loudness as a part of the ceiling, 0..1."""
        self._volume = part

    def set_wanted(self, wanted: bool) -> None:
        """Words on or off; tones take their place. A voice that was given up gets another chance when wanted again."""
        again = wanted and not self.wanted and self.state is SpeechState.NONE
        self.wanted = wanted
        if again:
            self._alive = None
            self.start()
        elif not wanted:
            self.hush()
        self.changed.emit(self.state)

    def hush(self) -> None:
        """Be silent now."""
        self._asked.emit(["hush"])

    def close(self) -> None:
        """Stop and leave no process behind; may be called twice."""
        willing, self._process = self._process if self._alive else None, None
        self._alive = None
        self._patience.stop()
        for process in self.findChildren(QProcess):  # also one that was given up and has not ended yet
            process.blockSignals(True)
            process.closeWriteChannel()
            if not (process is willing and process.waitForFinished(CLOSE_MS)):
                process.kill()
                process.waitForFinished(CLOSE_MS)
            process.setParent(None)

    def _tell(self, what: list[object]) -> None:
        if self._process is None or not self._alive:
            return
        if what[0] == "say":
            self._number += 1
            what = ["say", self._number, *what[1:]]
            if not self._patience.isActive():
                self._wait(ANSWER_MS)
        self._process.write(json.dumps(what).encode() + b"\n")  # waits for nothing: what the pipe cannot take is kept

    def _listen(self) -> None:
        while self._process is not None and self._process.canReadLine():
            answer = bytes(self._process.readLine()).decode("ascii", "replace").strip()
            self._patience.stop()
            if answer == "ready":
                self._alive = True
                self.changed.emit(self.state)
            elif answer.isdigit():
                self._answered = int(answer)
            if self._answered < self._number:  # later words are still to be answered for
                self._wait(ANSWER_MS)

    def _note(self) -> None:
        if self._process is not None:
            log.info("%s", bytes(self._process.readAllStandardError()).decode(errors="replace").strip())

    def _wait(self, milliseconds: int) -> None:
        self._ticks = milliseconds // TICK_MS
        self._patience.start()

    def _tick(self) -> None:
        self._ticks -= 1
        if self._ticks <= 0:
            log.warning("The speech system does not answer; tones take its place.")
            self._lose()

    def _lose(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self._patience.stop()
        process.disconnect()
        process.finished.connect(process.deleteLater)
        process.kill()
        self._alive = False
        self.changed.emit(self.state)
