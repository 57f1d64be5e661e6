"""Starting and stopping a recording from the window, and what is said about it."""

from __future__ import annotations

import time
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.app.jobs import Job
from nmt_sense.app.source import LiveSource
from nmt_sense.errors import NmtError
from nmt_sense.participant import code_problem

SHOW_PROGRESS_AFTER_S = 1.0


class RecordingSwitch(QObject):
    """Start at once, stop in the background; every outcome becomes one sentence."""

    said = pyqtSignal(str, bool)
    """A sentence, and whether it is bad news."""
    saved = pyqtSignal()
    not_saved = pyqtSignal()

    def __init__(self, live: LiveSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._job = Job("saving the recording", self)
        self._began = 0.0
        self._job.progress.connect(self._progress)
        self._job.finished.connect(self._finished)
        self._job.failed.connect(self._failed)
        self.saving = False

    def start(self, participant: str) -> None:
        """Begin to record, or say why not."""
        problem = code_problem(participant)
        if problem:
            self.said.emit(problem, True)
            return
        try:
            self._live.start_recording(participant)
        except NmtError as error:
            self.said.emit(str(error), True)
        else:
            self.said.emit(f"Recording {participant}. Space stops.", False)

    def stop(self) -> None:
        """Stop and write the file in the background."""
        if self.saving:
            return
        self.saving, self._began = True, time.monotonic()
        self.said.emit("Saving the recording.", False)
        self._job.start(self._live.stop_recording)

    def wait(self) -> None:
        """Return when nothing is being written."""
        self._job.wait()

    def _progress(self, share: float) -> None:
        if time.monotonic() - self._began > SHOW_PROGRESS_AFTER_S:
            self.said.emit(f"Saving the recording: {100 * share:.0f} %.", False)

    def _finished(self, path: object) -> None:
        self.saving = False
        words = f"Saved: {path}" if isinstance(path, Path) else "Nothing was recorded, so no file was written."
        self.said.emit(words, False)
        self.saved.emit()

    def _failed(self, sentence: str) -> None:
        self.saving = False
        self.said.emit(sentence, True)
        self.not_saved.emit()
