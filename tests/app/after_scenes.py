"""Pictures of what comes after a session, over real recordings of simulated gloves."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from opened import open_window
from PyQt5.QtCore import QCoreApplication, QEvent
from sat import sat, send_the_child_home
from scripted import ScriptedLive

from nmt_sense.analysis.scales import keep_scale
from nmt_sense.app.after import After
from nmt_sense.app.after_window import AfterWindow
from nmt_sense.app.keys import Action
from nmt_sense.coaching.words import Scale, read_scale
from nmt_sense.workspace import open_workspace

PATIENCE_S = 60.0
TEACHER = {"very light": 0.8, "light": 0.9, "medium": 1.3, "firm": 1.25, "deep": 1.1}
"""How much more than the student the teacher means by a word."""


class AfterStage:
    """The window over a workspace of its own."""

    def __init__(self, recording: str, page: int) -> None:
        self._folder = TemporaryDirectory()
        self.place = open_workspace(Path(self._folder.name) / "NMT Sense")
        (made,) = sat(self.place, recording)
        made.rename(made.with_name("2026-11-25_10-12-41_P-014.h5"))
        self.live = ScriptedLive()
        self.live.workspace = self.place  # type: ignore[attr-defined]
        self.live.press(0.0)
        self.window = open_window(self.live)
        self._after = After(self.live, self.window)  # type: ignore[arg-type]
        self.window.act(Action.AFTER)
        assert self._after.window is not None
        self.shown: AfterWindow = self._after.window
        self.settle()
        self.shown.tabs.setCurrentIndex(page)
        self.settle()

    def settle(self) -> None:
        """All has been read and drawn."""
        deadline = time.monotonic() + PATIENCE_S
        while self.shown.reader.busy or self.shown.hands.reader.busy:
            assert time.monotonic() < deadline
            QCoreApplication.processEvents()
            time.sleep(0.01)
        QCoreApplication.processEvents()

    def save(self, path: Path) -> None:
        """Keep the picture, and clear away."""
        self.settle()
        self.shown.grab().save(str(path))
        self.shown.close()
        self._after.close()
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        send_the_child_home()
        self._folder.cleanup()


def expert() -> AfterStage:
    stage = AfterStage("holds", 0)
    stage.shown.expert.all_or_none()
    return stage


def words() -> AfterStage:
    stage = AfterStage("words", 1)
    page = stage.shown.words
    page.practitioner.setText("S-07")
    page.go()
    mine = read_scale(stage.place.root, "S-07")
    theirs = [
        msgspec.structs.replace(word, presses_n=tuple(TEACHER[word.name] * newtons for newtons in word.presses_n))
        for word in mine.words
    ]
    keep_scale(stage.place.root, Scale("T-1", mine.contact, mine.calibration, mine.relative_uncertainty, tuple(theirs)))
    page.show_scales()
    page.beside.setCurrentText("T-1")
    page.beside.activated.emit(page.beside.currentIndex())
    return stage


def hands() -> AfterStage:
    stage = AfterStage("holds", 2)
    page = stage.shown.hands
    page.simulated.setChecked(True)
    page.rows.lines["thumb"].budget.setValue(900)
    page.rows.lines["palm_thumb"].budget.setValue(500)
    return stage


def reading() -> AfterStage:
    stage = hands()
    stage.shown._show_work(0.4)
    return stage


def light(make: Callable[[], AfterStage]) -> AfterStage:
    stage = make()
    stage.window.act(Action.THEME)
    stage.window.act(Action.AFTER)
    return stage


def large(make: Callable[[], AfterStage]) -> AfterStage:
    stage = make()
    stage.shown.resize(1920, 1080)
    return stage


AFTER_SCENES: dict[str, Callable[[], AfterStage]] = {
    "after-expert": expert,
    "after-expert-light-large": lambda: large(lambda: light(lambda: AfterStage("holds", 0))),
    "after-exercise": lambda: AfterStage("holds", 1),
    "after-few-words": lambda: AfterStage("few-words", 1),
    "after-words": words,
    "after-words-light": lambda: light(words),
    "after-hands": hands,
    "after-hands-light": lambda: light(hands),
    "after-hands-large": lambda: large(hands),
    "after-reading": reading,
    "after-nothing": lambda: AfterStage("nothing", 0),
}
