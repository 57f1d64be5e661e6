"""Words have the room they need: in the first size of the window, the smallest, and on a screen of large letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, Qt
from PyQt5.QtGui import QFontMetricsF
from PyQt5.QtWidgets import QApplication, QStyle, QWidget
from screenshots import SCENES, Stage
from scripted import EXAMPLE, ScriptedLive

from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import SMALLEST, LiveWindow
from nmt_sense.app.screen import fitting
from nmt_sense.app.theme import font
from nmt_sense.app.widgets.holds_list import HoldsList
from nmt_sense.app.widgets.themed import ShortenedText, WrappedText
from nmt_sense.holds import Hold, HoldEnd, Kind
from nmt_sense.session.recording import open_recording

LARGE_LETTERS = (910, 512)
"""A screen of 1366 × 768 whose system draws everything half as large again."""
SIZES = pytest.mark.parametrize("size", [(1366, 768), (960, 600), LARGE_LETTERS])
PATH = "/home/therapist/NMT Sense/recordings/2026-11-22_18-24-29_P-014.h5"
LONG_PATH = "/home/therapist/Documents/Research 2026/NMT Sense/recordings/2026-11-22_18-24-29_P-014_with-a-template.h5"
LOST = ", 1\u202f200 of 1\u202f251\u202f200 lost"
WORDY = ("percent-holding", "percent-measuring", "threshold-found", "strokes-done", "increments", "relaxation-stretch")


def settle(window: LiveWindow, size: tuple[int, int]) -> None:
    window.setMinimumSize(*LARGE_LETTERS)  # the screen of a test has one size
    window.resize(*size)
    for _ in range(3):
        window._paced_ns = 0
        window.refresh()
        QCoreApplication.processEvents()
    layout = window.layout()
    assert layout is not None
    assert (window.width(), window.height()) == size
    assert window.size().boundedTo(layout.minimumSize()) == layout.minimumSize()


def cut(window: LiveWindow) -> list[str]:
    """Texts of the desk view that do not fit in the room they have."""
    found = []
    for part in window.findChildren(ShortenedText) + window.findChildren(WrappedText):
        if part.isVisible() and part.text():
            lines = part.lines_that_fit() if isinstance(part, WrappedText) else [part.text()]
            wide = max(part.fontMetrics().horizontalAdvance(line) for line in lines)
            if "…" in lines[-1] or wide > part.width() or part.height() < part.fontMetrics().ascent():
                found.append(part.text())
    return found


@pytest.fixture
def stage(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Stage]:
    made = SCENES[request.param]()
    assert isinstance(made, Stage)
    yield made
    made.live.state = replace(made.live.state, recording=False)
    made.window.close()
    made.window.deleteLater()


@SIZES
@pytest.mark.parametrize("stage", WORDY, indirect=True)
def test_nothing_that_is_said_is_cut(stage, size):
    stage.live.age(0.0)
    settle(stage.window, size)
    assert cut(stage.window) == []


@pytest.fixture
def full(live: ScriptedLive) -> ScriptedLive:
    """The longest rows that there may be."""
    with open_recording(EXAMPLE) as recording:
        hold: Hold = recording.holds[0]
    longest = {"number": 38, "start_s": 5999.0, "mean_n": 128.0, "mean_uncertainty_n": 68.0, "sag_n": -128.0}
    longest |= {"in_band_s": 1199.0, "missing_s": 0.1, "pain_first": 10.0, "pain_last": 9.5, "score": 100.0}
    live.press(0.0, 32.0)
    rows = [msgspec.structs.replace(hold, **longest, end=end) for end in HoldEnd]
    trial = {"kind": Kind.RAMP, "report_n": 128.0, "report_uncertainty_n": 68.0, "rate_out": 1, "ramp_n_per_s": 12.8}
    rows += [msgspec.structs.replace(hold, **longest | trial, end=HoldEnd.REPORTED)]
    live.state = replace(live.state, holds=tuple(rows))
    return live


def room(table: HoldsList, column: int) -> int:
    """Pixels that Qt leaves for the text of a cell."""
    style = table.style()
    assert style is not None
    air = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, table) + 1
    return table.columnWidth(column) - 2 * air


@SIZES
def test_no_number_of_a_hold_is_cut(window, full, size):
    settle(window, size)
    table = window.desk.holds
    model = table.rows
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            chosen = model.data(index, Qt.ItemDataRole.FontRole)
            wide = QFontMetricsF(chosen).horizontalAdvance(str(model.data(index)))
            assert wide <= room(table, column), (model.data(index), column)
    for column in range(model.columnCount()):
        heading = str(model.headerData(column, Qt.Orientation.Horizontal))
        assert QFontMetricsF(font(table.px(13))).horizontalAdvance(heading) <= table.columnWidth(column) - 4, heading
    assert table.headings.length() <= table.viewport().width()


@SIZES
@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize(("path", "more"), [(PATH, ""), (LONG_PATH, LOST)])
def test_where_a_recording_was_saved_can_be_read_whole_beside_the_keys(window, live, size, bad, path, more):
    live.press(0.0)
    settle(window, size)
    before = window.desk.geometry()
    window.say(f"Saved: {path} – intact, 1\u202f250\u202f000 scans{more}.", bad)
    settle(window, size)
    bar = window.bar
    status = bar.status
    assert status.heightForWidth(status.width()) <= status.height()
    assert path in status.text()
    buttons = [bar.sound, bar.voice, bar.session, bar.after, bar.distance, bar.look, bar.keys]
    boxes = [part.rect().translated(part.mapTo(window, QPoint(0, 0))) for part in (status, *buttons)]
    assert all(left.right() < right.left() for left, right in pairwise(boxes))
    assert all(window.rect().contains(box) for box in boxes)
    assert more or window.desk.geometry() == before  # nothing has moved


@SIZES
def test_every_button_of_a_recording_has_its_place(window, live, size):
    live.press(0.0)
    window.act(Action.RECORD)
    settle(window, size)
    window.foot.marks.show_asked((Action.THRESHOLD, Action.TOLERANCE, Action.GUIDE))
    QCoreApplication.processEvents()
    row: list[QWidget] = [window.record_button, window.mark_button]
    row += [*window.foot.marks.findChildren(QWidget)]
    shown = sorted((part for part in row if part.isVisible()), key=lambda part: part.mapTo(window, QPoint(0, 0)).x())
    boxes = [part.rect().translated(part.mapTo(window, QPoint(0, 0))) for part in shown]
    assert len(boxes) == 9
    assert all(left.right() < right.left() for left, right in pairwise(boxes))
    assert all(window.rect().contains(box) for box in boxes)


def test_what_is_shortened_shows_all_of_itself_where_one_points(window, live):
    live.press(0.0)
    live.state = replace(live.state, calibration="checked eleven months ago, older than the six months it is good for")
    settle(window, (960, 600))
    assert live.state.calibration in cut(window)
    assert window.desk.header.calibration.toolTip() == live.state.calibration
    window.setup.technique.setCurrentIndex(0)
    assert window.setup.technique.toolTip() == window.setup.technique.currentText() != ""


def test_no_window_is_larger_than_the_screen(window, qapp):
    screen = qapp.primaryScreen().availableSize()
    assert fitting(9999, 9999) == screen
    assert (fitting(300, 200).width(), fitting(300, 200).height()) == (300, 200)
    assert window.minimumSize() == fitting(*SMALLEST)
