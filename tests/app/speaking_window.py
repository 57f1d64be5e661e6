"""The program itself, its window over a simulated glove on which nothing happens, driven from outside by lines.

    python speaking_window.py WORKSPACE

``record`` starts a recording, ``say TEXT`` gives the sound thread words to say. Prints what the voice is doing whenever
that changes, and ``recording``.
"""

from __future__ import annotations

import sys
import threading

from PyQt5.QtCore import QTimer, pyqtSignal

import nmt_sense.app.main as main
from nmt_sense.app.sound import Sound
from nmt_sense.app.source import LiveSource
from nmt_sense.cli import main as nmt_sense
from nmt_sense.coaching.state import Cue, CueKind

PORT = "sim://?steps=1:600&ideal=1"
"""A newton is no press: no tone but ours."""


class Window(main.LiveWindow):
    """The live window, with somebody who does as the lines say."""

    told = pyqtSignal(str)

    def __init__(self, live: LiveSource, sound: Sound, *others: object) -> None:
        super().__init__(live, sound, *others)
        sound.speech.changed.connect(lambda state: print(state.value, flush=True))
        self._cues = live.cues
        self.told.connect(self._do)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self.told.emit(line.strip())

    def _do(self, line: str) -> None:
        what, _, text = line.partition(" ")
        if what == "say":
            self._cues.put(Cue(0.0, CueKind.SAY, text=text))
        elif self.recording_switch.start("P-1"):
            print("recording", flush=True)
        else:
            QTimer.singleShot(50, lambda: self._do(line))


main.LiveWindow = Window
sys.exit(nmt_sense(["--port", PORT, "--workspace", sys.argv[1]]))
