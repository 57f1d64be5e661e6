"""Work that would hold up the window, done in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.errors import NmtError

log = logging.getLogger(__name__)

Work = Callable[[Callable[[float], None]], object]
"""Something to do; it is given a function to report its progress to, 0..1."""


class LeftError(NmtError):
    """The work was left before its end, as asked."""


class Job(QObject):
    """One piece of work at a time; its signals arrive in the window's thread."""

    progress = pyqtSignal(float)
    finished = pyqtSignal(object)
    failed = pyqtSignal(str)
    left = pyqtSignal()
    """It ended early because :meth:`leave` asked it to."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._thread: threading.Thread | None = None
        self._leaving = threading.Event()

    def start(self, work: Work) -> None:
        """Begin once the work before has ended; the work must not touch widgets."""
        self.wait()
        self._leaving.clear()
        self._thread = threading.Thread(target=self._run, args=(work,), name=self._name)
        self._thread.start()

    def wait(self) -> None:
        """Return when the work has ended."""
        if self._thread is not None:
            self._thread.join()

    def leave(self) -> None:
        """Have the work end where it next reports progress, unless it is done by then; it tidies up after itself."""
        self._leaving.set()

    def _tell(self, share: float) -> None:
        if self._leaving.is_set() and share < 1.0:
            raise LeftError("Left before it was done.")
        self.progress.emit(share)

    def _run(self, work: Work) -> None:
        try:
            answer = work(self._tell)
        except LeftError:
            self.left.emit()
        except NmtError as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("%s failed", self._name)
            self.failed.emit(f"The program made a mistake ({self._name}: {error}); the log says more.")
        else:
            self.finished.emit(answer)
