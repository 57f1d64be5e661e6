"""Bringing back recordings that an earlier run was cut off from writing, while the window is open already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.app.jobs import Job, LeftError
from nmt_sense.derivation import derive
from nmt_sense.errors import NmtError
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import orphans, recover
from nmt_sense.session.tidy import DAMAGED
from nmt_sense.units import minutes_seconds


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one journal, in a sentence."""

    sentence: str
    bad: bool = False

    def __str__(self) -> str:
        """The sentence, after a sign when it is bad news."""
        return f"⚠  {self.sentence}" if self.bad else self.sentence


class Recovery(QObject):
    """Looks through a folder once; nothing is said where nothing had been cut off."""

    told = pyqtSignal(list)
    """What became of each journal; the list is never empty."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = Job("recovering recordings", self)
        self._job.progress.connect(self._progress)
        self._job.finished.connect(self._finished)
        self._job.failed.connect(lambda sentence: self._finished([Result(sentence, bad=True)]))
        self._job.left.connect(lambda: self._finished([]))
        self.busy = False
        """It looks, or makes a recording."""
        self.share: float | None = None
        """Part of the journal being read that is done, 0..1; None while none is."""

    def start(self, folder: Path) -> None:
        """Look for journals in a folder and make recordings of them, in the background."""
        self.busy = True
        # Looking is part of the job: notes may name drives that answer late or not at all.
        self._job.start(lambda progress: [bring_back(journal, progress) for journal in orphans(folder)])

    def leave(self) -> None:
        """Stop early; a journal that is not done stays for the next start."""
        self._job.leave()

    def wait(self) -> None:
        """Return when nothing is being written."""
        self._job.wait()

    def _progress(self, share: float) -> None:
        self.share = share

    def _finished(self, results: list[Result]) -> None:
        self.busy, self.share = False, None
        if results:
            self.told.emit(results)


def bring_back(journal: Path, progress: Callable[[float], None]) -> Result:
    """Make a recording of a journal, or say why that is not possible."""
    before = _kept(journal)
    try:
        path = recover(journal, derive, progress)
        with open_recording(path) as recording:
            length = minutes_seconds(recording.duration_s)
    except LeftError:
        raise
    except NmtError as error:
        return Result(str(error), bad=True)
    sentence = f"Recovered a recording that had been cut off: {path.name}, {length} long."
    if kept := sorted(_kept(journal) - before):
        return Result(f"{sentence} Part of its journal cannot be read; it is kept as {kept[-1].name}.", bad=True)
    return Result(sentence)


def _kept(journal: Path) -> set[Path]:
    """What is kept of journals of this name of which a part could not be read."""
    return {path for path in journal.parent.glob(f"*{DAMAGED}") if path.name.startswith(journal.name)}
