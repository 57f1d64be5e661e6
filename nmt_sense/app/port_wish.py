"""Opening another port without holding up the window."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from nmt_sense.app.jobs import Job
from nmt_sense.app.source import LiveSource


class PortWish(QObject):
    """The newest port asked for is the one that gets opened; one asked for meanwhile waits for the one before."""

    said = pyqtSignal(str, bool)
    """A sentence, and whether it is bad news."""

    def __init__(self, live: LiveSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._url, self._opening = "", False
        self._job = Job("opening the port", self)
        self._job.finished.connect(self._open)
        self._job.failed.connect(self._failed)

    def ask(self, url: str) -> None:
        """Open a port, unless it is open."""
        if url and url != self._live.state.port:
            self._url = url
            if not self._opening:
                self._open()

    def wait(self) -> None:
        """Return when no port is being opened."""
        self._job.wait()

    def _open(self) -> None:
        url, self._url = self._url, ""
        self._opening = bool(url)
        if url:
            self.said.emit(f"Opening {url}.", False)
            self._job.start(lambda _: self._live.set_port(url))

    def _failed(self, sentence: str) -> None:
        self._open()
        self.said.emit(sentence, True)
