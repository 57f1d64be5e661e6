"""What comes after a session: follow the expert, words for pressure, your own hands. Nothing of it runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PyQt5.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from nmt_sense.app.after_expert import ExpertPage
from nmt_sense.app.after_hands import HandsPage
from nmt_sense.app.after_page import AfterPage
from nmt_sense.app.after_reading import Opened, RecordingReader
from nmt_sense.app.after_words import WordsPage
from nmt_sense.app.asking import TITLE
from nmt_sense.app.screen import fitting, scale_of
from nmt_sense.app.status_bar import StatusField
from nmt_sense.app.theme import DARK, Theme, palette
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.tab_row import TabRow
from nmt_sense.app.widgets.themed import ShortenedText, Text, restyle_all
from nmt_sense.app.widgets.work_bar import WorkBar
from nmt_sense.state import LiveState
from nmt_sense.workspace import Workspace

SIZE, SMALLEST = (1366, 768), (900, 600)
LOOK_MS = 200
TABS = (("Follow the expert", "1"), ("Words for pressure", "2"), ("Your own hands", "3"))
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
NONE_YET, ALL = "No recording yet", "All recordings"
WAITS = "A recording runs: everything here waits until it has been saved."
HELP = "Enter does what the first button says, O opens another recording, 1 to 3 turn the pages, Esc leaves."


class Recorded(Protocol):
    """What is needed of the running pipeline."""

    @property
    def state(self) -> LiveState:
        """The newest picture of now."""
        ...

    @property
    def workspace(self) -> Workspace:
        """Where recordings, techniques and scales are kept."""
        ...


class AfterWindow(QWidget):
    """Lives beside the live window; closing it loses nothing."""

    def __init__(
        self, live: Recorded, pass_on: Callable[[QKeyEvent | None], None], parent: QWidget | None = None
    ) -> None:
        """``pass_on``: who gets the keys while a recording runs, among them the client's stop."""
        super().__init__(parent, Qt.WindowType.Window)
        self._pass_on = pass_on
        self._live, self._theme, self._still = live, DARK, False
        self._opened: Opened | None = None
        self._last: Path | None = None
        place = live.workspace
        self.title, self.facts, self.simulated = (
            ShortenedText(20, bold=True),
            ShortenedText(15, "dim"),
            Text(14, "high_text", bold=True),
        )
        self.other, self.cancel = Button(15), Button(15)
        self.tabs = TabRow(TABS, "Pages")
        self.expert, self.words = ExpertPage(place), WordsPage(place)
        self.hands = HandsPage(place, self._sensors)
        self.status, self.work = StatusField(), WorkBar()
        self.pages, self._foot = QStackedWidget(), QStackedWidget()
        self.reader = RecordingReader(self)
        self._column = QVBoxLayout(self)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._arrange()
        self._connect()
        self.setWindowTitle(f"{TITLE} – after a session")

    # what is shown

    def open(self, last: Path | None, practitioner: str) -> None:
        """Show the window with the last recording, or the newest there is."""
        self.words.show_practitioner(practitioner)
        self.hands.show_practitioner(practitioner)
        self.follow()
        self.show()
        self.raise_()
        self.activateWindow()
        self._timer.start()
        self._turned()
        if last is not None and last != self._last:
            self._last = last
            self.read(last)
        elif self._opened is None:
            self.reader.open_newest(self._live.workspace)

    def read(self, path: Path) -> None:
        """Read a recording, unless it is shown already."""
        if self._opened is None or self._opened.path != path:
            self.reader.open(path)

    def say(self, sentence: str, bad: bool = False) -> None:
        """Show a sentence in the status line."""
        self.status.say(sentence, bad)

    def look(self, theme: Theme) -> None:
        """Take the live window's colours."""
        self._theme = theme
        self._restyle()

    def follow(self) -> None:
        """Hold still while a recording runs."""
        recording = self._live.state.recording
        if recording == self._still:
            return
        self._still = recording
        for part in (self.pages, self.other):
            part.setEnabled(not recording)
        if recording:
            self.hands.reader.leave()
        self.say(WAITS if recording else HELP, bad=recording)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Follow the window's size."""
        self._restyle()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Close; what is being read is left."""
        self._timer.stop()
        self.hands.reader.leave()
        super().closeEvent(event)

    def finish(self) -> None:
        """For good: wait for what runs."""
        self._timer.stop()
        self.hands.reader.leave()
        self.hands.reader.wait()
        self.reader.wait()

    def _opened_now(self, opened: Opened | None) -> None:
        self._opened = opened
        self._show_header()
        for page in self._all:
            page.show_recording(opened)
        if not self._still:
            self.say(HELP)
        if self.words.is_exercise and self.tabs.currentIndex() == 0:
            self.tabs.setCurrentIndex(1)
        if self.page is not self.hands:  # it is about all recordings: what is typed there goes on
            self.page.look_to_first()

    def _failed(self, sentence: str) -> None:
        self.say(sentence, bad=True)
        if self._opened is None:
            self._show_none()

    def _show_none(self) -> None:
        self._show_header()
        for page in self._all:
            page.show_recording(None)

    def _show_header(self) -> None:
        """What the page is about: one recording, or all of them."""
        opened, every = self._opened, self.page is self.hands
        self.title.say(ALL if every else opened.path.name if opened else NONE_YET)
        about = f"workspace {self._live.workspace.root.name}" if every else _facts(opened) if opened else ""
        self.facts.say(about)
        self.simulated.setVisible(bool(not every and opened and opened.found.simulated))
        self.other.setVisible(not every)

    @property
    def page(self) -> AfterPage:
        """The one that is open."""
        return self._all[self.tabs.currentIndex()]

    @property
    def _all(self) -> tuple[AfterPage, ...]:
        return (self.expert, self.words, self.hands)

    def _turned(self) -> None:
        """Another page is open."""
        self.pages.setCurrentWidget(self.page)
        self._show_header()
        self.say(WAITS if self._still else HELP, bad=self._still)
        if self.page is self.hands and not self._still:
            self.hands.open()
        if self.page is self.words:
            self.words.show_scales()
        if not self.tabs.hasFocus():
            self.page.look_to_first()

    def _show_work(self, share: float) -> None:
        self._foot.setCurrentIndex(1)
        self.work.show_work("Reading the recordings, the newest first", share)

    def _sensors(self) -> tuple[str, ...]:
        info = self._live.state.info
        return tuple(info.sensor_names) if info is not None else ()

    # what the person asks for

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Keys that no field has used; while a recording runs they are the live window's."""
        assert event is not None
        if self._live.state.recording and event.key() != Qt.Key.Key_Escape:
            self._pass_on(event)
            return
        act = self._action(event.key())
        if act is None or event.isAutoRepeat():
            event.ignore()
        else:
            act()

    def _action(self, key: int) -> Callable[[], object] | None:
        if key == Qt.Key.Key_Escape:
            return self._leave
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_3:
            return lambda: self.tabs.setCurrentIndex(key - Qt.Key.Key_1)
        focused = self.focusWidget()
        if key in ENTER:
            return focused.click if isinstance(focused, QPushButton) else self.page.go
        others: dict[int, Callable[[], object]] = {
            Qt.Key.Key_O: self.ask_for_another,
            Qt.Key.Key_A: self.page.all_or_none,
            Qt.Key.Key_F5: self._again,
        }
        return others.get(key)

    def ask_for_another(self) -> None:
        """Open another recording by a file dialog."""
        folder = self._opened.path.parent if self._opened else self._live.workspace.recordings
        box = QFileDialog(self, "Open a recording", str(folder), "Recordings (*.h5);;All files (*)")
        box.setFileMode(QFileDialog.FileMode.ExistingFile)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setStyleSheet(f"QFileDialog {{ border: 2px solid {self._theme.control}; }}")  # some desktops draw no edge
        box.fileSelected.connect(lambda path: self.read(Path(path)))
        box.open()

    def _again(self) -> None:
        if self.page is self.hands:
            self.hands.open()
        elif self._opened is not None:
            self.reader.open(self._opened.path)
        else:
            self.reader.open_newest(self._live.workspace)

    def _leave(self) -> None:
        if self.hands.reader.busy:
            self.hands.reader.leave()
        else:
            self.close()

    # how it is put together

    def _arrange(self) -> None:
        self.other.show_words("Open another recording", "O")
        self.cancel.show_words("Stop reading", "Esc")
        self.simulated.setText("SIMULATED GLOVE")
        self.simulated.hide()
        self.title.setAccessibleName("Recording")
        self.facts.setAccessibleName("About the recording")
        top, names, work, foot = QHBoxLayout(), QVBoxLayout(), QWidget(), QHBoxLayout()
        names.setSpacing(2)
        names.addWidget(self.title)
        names.addWidget(self.facts)
        top.addLayout(names, 1)
        top.addWidget(self.simulated)
        top.addSpacing(16)
        top.addWidget(self.other)
        work.setLayout(foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addWidget(self.work, 1)
        foot.addWidget(self.cancel)
        for page in self._all:
            self.pages.addWidget(page)
        self._foot.addWidget(self.status)
        self._foot.addWidget(work)
        self._column.addLayout(top)
        self._column.addWidget(self.tabs)
        self._column.addWidget(self.pages, 1)
        self._column.addWidget(self._foot)
        self.setMinimumSize(fitting(*SMALLEST))
        self.resize(fitting(*SIZE))

    def _connect(self) -> None:
        self._timer.timeout.connect(self.follow)
        self.tabs.currentChanged.connect(lambda _: self._turned())
        self.other.clicked.connect(self.ask_for_another)
        self.cancel.clicked.connect(self.hands.reader.leave)
        self.reader.begun.connect(self.say)
        self.reader.opened.connect(self._opened_now)
        self.reader.failed.connect(self._failed)
        self.hands.reader.progress.connect(self._show_work)
        self.hands.ended.connect(lambda: self._foot.setCurrentIndex(0))
        for page in self._all:
            page.said.connect(self.say)

    def _restyle(self) -> None:
        scale = scale_of(self.size(), SIZE)
        self.setPalette(palette(self._theme))
        margin = round(22 * scale)
        self._column.setContentsMargins(margin, round(14 * scale), margin, round(8 * scale))
        self._column.setSpacing(round(12 * scale))
        restyle_all(self, self._theme, scale)


def _facts(opened: Opened) -> str:
    """What a recording is, in a line."""
    found = opened.found
    count = len(found.presses)
    parts = (
        found.technique,
        f"client {found.participant}" if found.participant else "",
        f"recorded by {found.operator}" if found.operator else "",
        f"{count} {'press' if count == 1 else 'presses'}",
        f"forces: {found.calibration_verdict}",
    )
    return "  ·  ".join(part for part in parts if part)
