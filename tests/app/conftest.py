from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_FONT_DPI", "96")
# No sound server, and none is to be started by a test.
os.environ["PULSE_SERVER"] = "unix:/nowhere/at/all"

import pytest
from afterwards import until
from opened import open_window
from PyQt5 import sip
from PyQt5.QtCore import QCoreApplication, QEvent, QObject, QSettings, Qt, QThread, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from sat import sat, send_the_child_home
from scripted import ScriptedLive

from nmt_sense.app.after import After
from nmt_sense.app.after_window import AfterWindow
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import make_application
from nmt_sense.workspace import Workspace, open_workspace


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens the whole program, sound included, comes last of all.

    After that, in one process of tests, the event loop may never come back. Seen with a debugger: PyQt's destructor of
    a slot goes round in the list of all slots. The program itself ends there.
    """
    items.sort(key=lambda item: item.path.name == "test_run.py")


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    application = make_application()
    application.setProperty("system_dark", True)
    return application


@pytest.fixture(autouse=True)
def settings_of_nobody(tmp_path: Path) -> None:
    """Each test begins without settings, and leaves the user's alone."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))


def _flush() -> None:
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        gc.collect()


def _running(kind: type[QObject], busy: str) -> set[int]:
    found = [thing for thing in gc.get_objects() if issubclass(type(thing), kind)]
    return {id(thing) for thing in found if not sip.isdeleted(thing) and getattr(thing, busy)()}


def _threads() -> set[threading.Thread]:
    # Python keeps a dummy for every foreign thread that ever logged something
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test with a window or sound: no new window, thread or timer."""
    if not {"qapp", "qtbot", "window"} & set(request.fixturenames):
        yield
        return
    windows = {id(widget) for widget in QApplication.topLevelWidgets()}
    threads, timers = _threads(), _running(QTimer, "isActive")
    yield
    _flush()
    new = [widget for widget in QApplication.topLevelWidgets() if id(widget) not in windows]
    assert not new, f"windows left behind: {new}"
    assert not _threads() - threads, "threads left behind"
    assert not _running(QThread, "isRunning"), "Qt threads left behind"
    assert not _running(QTimer, "isActive") - timers, "timers left behind"


@pytest.fixture
def live() -> ScriptedLive:
    return ScriptedLive()


@pytest.fixture
def window(live: ScriptedLive, qapp: QApplication) -> Iterator[LiveWindow]:
    made = open_window(live)
    yield made
    live.may_finish.set()
    made.recording_switch.wait()
    live.state = replace(live.state, recording=False)
    QCoreApplication.processEvents()
    made.close()
    made.deleteLater()


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A workspace of its own."""
    return open_workspace(tmp_path / "place")


@pytest.fixture
def no_child_left() -> Iterator[None]:
    """The process that reads files is gone, and whoever listened to it."""
    yield
    send_the_child_home()


@pytest.fixture
def after(no_child_left: None, live: ScriptedLive, window: LiveWindow, place: Workspace) -> Iterator[After]:
    """What opens after a session, over a live window whose glove follows a script."""
    live.workspace = place  # type: ignore[attr-defined]
    made = After(live, window)  # type: ignore[arg-type]
    yield made
    if made.window is not None:
        made.window.close()
        made.close()


@pytest.fixture
def opened(after: After, window: LiveWindow, place: Workspace) -> Callable[..., AfterWindow]:
    """The window over these recordings, the last of them open."""

    def over(*names: str) -> AfterWindow:
        sat(place, *names)
        QTest.keyClick(window, Qt.Key.Key_F3)
        made = after.window
        assert made is not None
        until(lambda: not made.reader.busy)
        return made

    return over
