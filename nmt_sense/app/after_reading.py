"""Reading recordings for what comes after a session: one with its presses, or the loads of all; never in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.analysis.hands import Read, loads_of, recordings_in
from nmt_sense.analysis.judging import Presses
from nmt_sense.app.jobs import Job
from nmt_sense.errors import NmtError
from nmt_sense.strict.apart import apart
from nmt_sense.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording that was read."""

    path: Path
    found: Presses


class RecordingReader(QObject):
    """Reads one recording; asked for another meanwhile, it reads that one next."""

    opened = pyqtSignal(object)
    """An :class:`Opened`, or None: there is no recording yet."""
    failed = pyqtSignal(str)
    begun = pyqtSignal(str)
    """What is being done, in a sentence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = Job("reading a recording", self)
        self._next: Callable[[], Opened | None] | None = None
        self.busy = False
        self._job.finished.connect(self._finished)
        self._job.failed.connect(self._failed)

    def open(self, path: Path) -> None:
        """Read this recording."""
        self.begun.emit(f"Reading {path.name}.")
        self._start(lambda: Opened(path, presses_in(path)))

    def open_newest(self, place: Workspace) -> None:
        """Read the newest recording of a workspace."""
        self.begun.emit("Looking for the last recording.")
        self._start(lambda: _newest(place))

    def wait(self) -> None:
        """Return when nothing is being read."""
        self._next = None
        self._job.wait()

    def _start(self, work: Callable[[], Opened | None]) -> None:
        if self.busy:
            self._next = work
            return
        self.busy = True
        self._job.start(lambda _: work())

    def _finished(self, found: object) -> None:
        if not self._go_on():
            self.opened.emit(found)

    def _failed(self, sentence: str) -> None:
        if not self._go_on():
            self.failed.emit(sentence)

    def _go_on(self) -> bool:
        """Begin with what was asked for meanwhile; whether there was anything."""
        self.busy, work, self._next = False, self._next, None
        if work is not None:
            self._start(work)
        return work is not None


def presses_in(path: Path) -> Presses:
    """The presses of a recording, read by the child. Raises :class:`NmtError`."""
    return apart("nmt_sense.analysis.judging:presses_of", path, Presses)


def _newest(place: Workspace) -> Opened | None:
    found = recordings_in(place)
    if not found:
        return None
    try:
        newest = max(found, key=lambda path: path.stat().st_mtime_ns)
    except OSError as error:
        raise NmtError(f"The recordings cannot be listed ({error.strerror or error}).") from error
    return Opened(newest, presses_in(newest))


class LoadsReader(QObject):
    """Reads the loads of all recordings, the newest first; what was read once is known until the file changes."""

    progress = pyqtSignal(float)
    ended = pyqtSignal(bool)
    """All were read; False: it was left."""
    failed = pyqtSignal(str)

    def __init__(self, place: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._known: dict[tuple[Path, int, int], Read] = {}
        self._listed: tuple[tuple[Path, int, int], ...] = ()
        self._job = Job("reading the recordings", self)
        self.busy = False
        self._job.progress.connect(self.progress)
        self._job.finished.connect(lambda _: self._end(True))
        self._job.left.connect(lambda: self._end(False))
        self._job.failed.connect(self._failed)

    @property
    def read(self) -> list[tuple[Path, Read]]:
        """What is known by now of the recordings that there are."""
        known = self._known
        return [(key[0], known[key]) for key in self._listed if key in known]

    @property
    def count(self) -> int:
        """Recordings that there are."""
        return len(self._listed)

    def start(self) -> None:
        """Read, unless that goes on already."""
        if not self.busy:
            self.busy = True
            self._job.start(self._work)

    def leave(self) -> None:
        """Read no further; what was read stays known."""
        self._job.leave()

    def wait(self) -> None:
        """Return when nothing is being read."""
        self._job.wait()

    def _work(self, tell: Callable[[float], None]) -> None:
        self._known = {key: read for key, read in self._known.items() if not isinstance(read, NmtError)}  # try again
        paths = recordings_in(self._place)[::-1]
        self._listed = tuple(key for path in paths if (key := _key(path)) is not None)
        for done, key in enumerate(self._listed):
            if key not in self._known:
                tell(done / len(self._listed))
                for _, read in loads_of([key[0]]):
                    self._known[key] = read

    def _end(self, whole: bool) -> None:
        self.busy = False
        self.ended.emit(whole)

    def _failed(self, sentence: str) -> None:
        self.busy = False
        self.failed.emit(sentence)


def _key(path: Path) -> tuple[Path, int, int] | None:
    """A file as it is now; None for one that went meanwhile."""
    try:
        status = path.stat()
    except OSError:
        return None
    return path, status.st_mtime_ns, status.st_size
