"""The window over the real pipeline and a virtual glove."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from looking import leave_at_the_first_report
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QImage
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from sat import sat

from nmt_sense.app.after_window import AfterWindow
from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import run
from nmt_sense.glove.practitioner import Practice
from nmt_sense.glove.virtual import Script
from nmt_sense.live import Live
from nmt_sense.pipeline.absence import CABLE_OUT
from nmt_sense.session.recording import open_recording
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace, open_workspace
from tests.whole.lines import GloveOnLine

LONG_S = 60.0
"""A run that has not ended by then has gone wrong."""


def find_window() -> LiveWindow:
    (window,) = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, LiveWindow)]
    return window


@pytest.fixture
def live(tmp_path):
    workspace = open_workspace(tmp_path / "workspace")
    made = Live(default_setup(workspace, "sim://?seed=1"), workspace)
    yield made
    made.close()


def when(reached: Callable[[], bool], then: Callable[[], None]) -> None:
    """Do something as soon as it is time for it, once the window runs."""
    QTimer.singleShot(20, lambda: then() if reached() else when(reached, then))


def test_recording_from_the_window_leaves_a_file(live, qtbot):
    heard: list[str] = []

    def record() -> None:
        QTest.keyClick(find_window(), Qt.Key.Key_Space)
        heard.append(find_window().bar.status.text())
        when(lambda: live.state.recorded_s > 0.5, lambda: find_window().finish())

    when(lambda: live.state.newest_ns > 0, record)
    techniques = [("ischemic-compression", "Ischemic compression")]
    code = run(live, ports=lambda: ["sim://"], techniques=techniques, quit_after_s=LONG_S)
    assert code == 0
    assert heard == ["Recording anon. Space stops."]
    assert not live.state.recording
    (file,) = live.workspace.recordings.glob("*anon*.h5")
    assert file == live.state.path


def test_a_picture_of_the_window_is_kept_when_asked_for(live, qtbot, tmp_path):
    picture = tmp_path / "window.png"
    assert run(live, ports=lambda: ["sim://"], techniques=[], screenshot=picture, quit_after_s=1.0) == 0
    image = QImage(str(picture))
    row = {image.pixel(x, image.height() // 4) for x in range(image.width())}
    assert len(row) > 10  # something was drawn across it: tape, ring, words


def test_what_was_cut_off_is_brought_back_before_anything_else(live, qtbot):
    journal = live.workspace.recordings / "cut-off.nmtj"
    journal.write_bytes(b"no journal")
    seen: list[str] = []

    def look() -> None:
        seen.append(find_window().foot.recovered.text())
        find_window().close()

    when(lambda: bool(find_window().foot.recovered.text()), look)
    assert run(live, ports=list, techniques=[], recordings=live.workspace.recordings, quit_after_s=LONG_S) == 0
    assert "cut-off.nmtj" in seen[0]


def test_the_cable_is_pulled_in_mid_hold_and_put_back(tmp_path, qtbot):
    workspace = open_workspace(tmp_path / "workspace")
    practice = Practice(first_s=1.0, load_s=0.4, hold_s=60.0, lapse_every=0, force_n=36.0)
    with GloveOnLine(Script(practice=practice), link=tmp_path / "glove") as glove:
        live = Live(default_setup(workspace, glove.port), workspace)
        said: list[tuple[str, str, str]] = []

        def look() -> None:
            desk = find_window().desk
            said.append((desk.freeze.text(), desk.ring.text(), find_window().foot.facts.text()))

        def recorded() -> None:
            when(lambda: live.state.progress.in_band_s > 1.0, pull)

        def pull() -> None:
            glove.unplug()
            when(lambda: live.state.frozen_s > 1.5 and live.state.frozen == CABLE_OUT, waiting)

        def waiting() -> None:
            QTimer.singleShot(50, look)
            QTimer.singleShot(300, look)
            QTimer.singleShot(400, put_back)

        def put_back() -> None:
            glove.plug(tmp_path / "glove")
            when(lambda: not live.state.frozen and live.state.verdict == "gaps", lambda: QTimer.singleShot(800, end))

        def end() -> None:
            look()
            find_window().finish()

        when(lambda: live.state.newest_ns > 0, lambda: (find_window().act(Action.RECORD), recorded()))
        assert run(live, ports=list, techniques=[], quit_after_s=LONG_S) == 0
    (during, later, after) = said
    assert during[0] == later[0] == CABLE_OUT
    assert during[1] == later[1]  # the hold timer stands still
    assert "stands still" in during[1]
    assert "in band" in after[1]
    assert after[2].startswith("Gaps")
    with open_recording(live.state.path) as recording:
        assert recording.integrity.verdict == "gaps"


def test_a_port_without_a_glove_is_said_in_the_window(tmp_path, qtbot):
    workspace = open_workspace(tmp_path / "workspace")
    live = Live(default_setup(workspace, str(tmp_path / "no-such-port")), workspace)
    seen: list[tuple[str, str]] = []

    def look() -> None:
        desk = find_window().desk
        seen.append((desk.word.text(), desk.sentence.text()))

    QTimer.singleShot(700, look)
    assert run(live, ports=list, techniques=[], quit_after_s=0.8) == 0
    assert seen[0][0] == "WAIT"
    assert "no-such-port" in seen[0][1]


def test_a_file_left_unwritten_is_made_at_the_next_start(live, qtbot):
    recordings = live.workspace.recordings

    def record() -> None:
        find_window().act(Action.RECORD)
        when(lambda: live.state.recorded_s > 0.5, leave)

    def leave() -> None:
        leave_at_the_first_report(find_window().recording_switch._job)
        find_window().finish()

    when(lambda: live.state.newest_ns > 0, record)
    assert run(live, ports=list, techniques=[], quit_after_s=LONG_S) == 0
    assert len(list(recordings.glob("*.nmtj"))) == 1
    assert not [path for path in recordings.iterdir() if path.suffix in (".h5", ".part")]

    def look() -> None:
        seen.append(find_window().foot.recovered.text())
        find_window().close()

    seen: list[str] = []
    again = Live(live.setup, live.workspace)
    when(lambda: bool(find_window().foot.recovered.text()), look)
    assert run(again, ports=list, techniques=[], recordings=recordings, quit_after_s=LONG_S) == 0
    (file,) = recordings.glob("*.h5")
    assert file.name in seen[0]
    assert not list(recordings.glob("*.nmtj"))


@pytest.mark.slow
@pytest.mark.usefixtures("no_child_left")
def test_closing_the_live_window_ends_the_program_although_this_one_is_open(place: Workspace, qapp: QApplication):
    sat(place, "holds")
    live = Live(default_setup(place, "sim://?seed=1"), place)
    titles: list[str] = []

    def close() -> None:
        (window,) = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, LiveWindow)]
        titles.extend(part.title.text() for part in window.findChildren(AfterWindow) if part.isVisible())
        window.close()

    def look() -> None:
        (window,) = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, LiveWindow)]
        QTest.keyClick(window, Qt.Key.Key_F3)
        QTimer.singleShot(3000, close)

    QTimer.singleShot(500, look)
    assert run(live, ports=lambda: ["sim://"], techniques=[], quit_after_s=60.0) == 0
    assert titles == ["holds.h5"]
