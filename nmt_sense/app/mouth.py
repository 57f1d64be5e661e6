"""The process that speaks: ``python -m nmt_sense.app.mouth``. What it is told comes by its standard input.

A line is JSON: ``["say", number, text, urgent, volume]`` or ``["hush"]``. It answers in lines: ``ready`` once an engine
is alive, then the number of all words that the system has taken. It ends when its input does, when no engine is alive,
and when the engine does not come back from a call: that is why it is a process. Nobody need be there to end it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import IO

from PyQt5.QtCore import QCoreApplication, QObject, pyqtSignal

from nmt_sense.app.voices import Engine, living_engine

log = logging.getLogger(__name__)
BEGIN_S = 15.0
"""Finding an engine may take so long: a daemon is started, or a voice fetched from a disk."""
CALL_S = 2.0
"""Any other call that takes longer never comes back."""


class Mouth(QObject):
    """Owns the engine and does as it is told."""

    told = pyqtSignal(str)
    input_ended = pyqtSignal()

    def __init__(self, answers: IO[str], nowhere: IO[str]) -> None:
        super().__init__()
        self._answers, self._nowhere = answers, nowhere
        self._engine: Engine | None = None
        self._number = 0
        self.told.connect(self._do)
        self.input_ended.connect(QCoreApplication.quit)

    def begin(self) -> bool:
        """Find an engine that is alive; False when there is none."""
        with self._limited(BEGIN_S):
            self._engine = living_engine(self)
        if self._engine is None:
            return False
        self._engine.taken.connect(lambda: self._answer(str(self._number)))
        self._engine.failed.connect(self._failed)
        self._answer("ready")
        return True

    def listen(self, lines: IO[str]) -> None:
        """Take lines until there are no more; for a thread of its own."""
        for line in lines:
            self.told.emit(line)
        self.input_ended.emit()

    def _do(self, line: str) -> None:
        assert self._engine is not None
        what, *details = json.loads(line)
        with self._limited(CALL_S):
            if what == "hush":
                self._engine.stop()
                return
            self._number, text, urgent, volume = details
            self._engine.say(text, urgent, volume)

    def end(self) -> None:
        """Be silent, and leave nothing behind."""
        if self._engine is not None:
            with self._limited(CALL_S):
                self._engine.stop()

    def _failed(self, why: str) -> None:
        log.warning("%s", why)
        QCoreApplication.exit(1)

    def _answer(self, words: str) -> None:
        try:
            print(words, file=self._answers, flush=True)
        except OSError:  # nobody listens any more
            QCoreApplication.exit(1)

    @contextlib.contextmanager
    def _limited(self, seconds: float) -> Iterator[None]:
        """End this process when what is done meanwhile takes longer. It may hold Python's lock, so Python cannot."""
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def main() -> int:
    """Speak until the input ends; 1 when nothing can speak, or not any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the program's, which says when to end
    logging.basicConfig(format="speech: %(message)s")
    os.environ.setdefault("QT_EVENT_DISPATCHER_CORE_FOUNDATION", "1")  # macOS's speech tells its state by that loop
    application = QCoreApplication(sys.argv[:1])
    with os.fdopen(os.dup(1), "w") as answers, open(os.devnull, "w") as nowhere:
        os.dup2(2, 1)  # what a speech system prints is no answer
        mouth = Mouth(answers, nowhere)
        if not mouth.begin():
            return 1
        threading.Thread(target=mouth.listen, args=(sys.stdin,), name="listen", daemon=True).start()
        code = int(application.exec_())
        mouth.end()
        return code


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a speech system's own threads may hang while they are taken down
