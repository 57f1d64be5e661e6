"""The window over the real pipeline and a virtual glove."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QImage
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import run
from nmt_sense.live import Live
from nmt_sense.setup import default_setup
from nmt_sense.workspace import open_workspace


def find_window() -> LiveWindow:
    (window,) = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, LiveWindow)]
    return window


@pytest.fixture
def live(tmp_path):
    workspace = open_workspace(tmp_path / "workspace")
    made = Live(default_setup(workspace, "sim://?seed=1"), workspace)
    yield made
    made.close()


def test_recording_from_the_window_leaves_a_file_and_a_picture(live, qtbot, tmp_path):
    heard: list[str] = []

    def record_when_ready() -> None:
        if live.state.info is None or not live.state.newest_ns:
            QTimer.singleShot(20, record_when_ready)
            return
        QTest.keyClick(find_window(), Qt.Key.Key_Space)
        heard.append(find_window().bar.status.text())

    QTimer.singleShot(0, record_when_ready)
    code = run(
        live,
        ports=lambda: ["sim://"],
        techniques=[("ischemic-compression", "Ischemic compression")],
        participant="P-014",
        screenshot=tmp_path / "window.png",
        quit_after_s=2.5,
    )
    assert code == 0
    assert heard == ["Recording P-014. Space stops."]
    image = QImage(str(tmp_path / "window.png"))
    row = {image.pixel(x, image.height() // 4) for x in range(image.width())}
    assert len(row) > 10  # something was drawn across it: tape, ring, words
    assert not live.state.recording
    (file,) = live.workspace.recordings.glob("*P-014*.h5")
    assert file == live.state.path


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
