"""Starting and stopping a recording from the window, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.app.facts import Finished
from nmt_sense.app.jobs import Job
from nmt_sense.app.source import LiveSource
from nmt_sense.errors import NmtError
from nmt_sense.participant import code_problem
from nmt_sense.session.recording import open_recording
from nmt_sense.session.verdict import DAMAGED, EMPTY


class RecordingSwitch(QObject):
    """Start at once, stop in the background; every outcome becomes one sentence."""

    said = pyqtSignal(str, bool)
    """A sentence, and whether it is bad news."""
    saved = pyqtSignal()
    not_saved = pyqtSignal()
    left = pyqtSignal()
    """The file was not finished, as asked; the journal keeps all."""

    def __init__(self, live: LiveSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._job = Job("saving the recording", self)
        self._job.progress.connect(self._progress)
        self._job.finished.connect(self._finished)
        self._job.failed.connect(self._failed)
        self._job.left.connect(self._left)
        self._because = ""
        self.saving = False
        self.share = 0.0
        """Part of the file that is written, 0..1."""
        self.last: Finished | None = None
        """The file of the last recording."""

    def start(self, participant: str, operator: str = "") -> bool:
        """Begin to record, or say why not; whether it began."""
        problem = code_problem(participant)
        if not problem:
            try:
                self._live.start_recording(participant, operator)
            except NmtError as error:
                problem = str(error)
        self.said.emit(problem or f"Recording {participant}. Space stops.", bool(problem))
        return not problem

    def stop(self, because: str = "") -> None:
        """Stop and write the file in the background. ``because``: why it ends without having been asked to."""
        if self.saving:
            return
        self.saving, self.share, self._because = True, 0.0, because
        self.said.emit(f"{because} Saving the recording.".lstrip(), bool(because))
        self._job.start(self._write)

    def leave(self) -> None:
        """Write no further: the journal stays, and the next start makes the file of it."""
        self.said.emit("Leaving the recording in its journal.", False)
        self._job.leave()

    def wait(self) -> None:
        """Return when nothing is being written."""
        self._job.wait()

    def _write(self, progress: Callable[[float], None]) -> Finished | None:
        path = self._live.stop_recording(progress)
        if path is None:
            return None
        with open_recording(path) as recording:
            return Finished(path, recording.integrity)

    def _progress(self, share: float) -> None:
        self.share = share

    def _finished(self, finished: Finished | None) -> None:
        self.saving, self.last = False, finished or self.last
        bad = bool(self._because) or (finished is not None and finished.integrity.verdict in (EMPTY, DAMAGED))
        told = finished or "Nothing was recorded, so no file was written."
        self.said.emit(f"{self._because} {told}".lstrip(), bad)
        self.saved.emit()

    def _failed(self, sentence: str) -> None:
        self.saving = False
        self.said.emit(sentence, True)
        self.not_saved.emit()

    def _left(self) -> None:
        self.saving = False
        self.said.emit("The journal keeps the recording; the next start makes the file of it.", False)
        self.left.emit()
