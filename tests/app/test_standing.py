"""How things stand with the recording: checks before it, the verdict while it runs, warnings, the file afterwards."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QCoreApplication, QPoint, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QMessageBox, QProgressBar
from scripted import EXAMPLE, ScriptedLive

from nmt_sense.app.facts import VERDICTS, facts
from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.theme import DARK
from nmt_sense.checks import Check, Outcome
from nmt_sense.errors import RecordingError
from nmt_sense.moment.picture import lasting
from nmt_sense.session import verdict
from nmt_sense.state import LinkQuality

READY = tuple(Check(name, Outcome.READY, f"{name} is well.") for name in ("sensors", "zero", "rate", "link", "disk"))
DOUBT = Check("zero", Outcome.DOUBTFUL, "Not seen at rest: thumb; let go for a moment.")
WRONG = Check("rate", Outcome.WRONG, "The glove sends 100 scans a second instead of 250; plug it in again.")


def show(window: LiveWindow) -> None:
    window._paced_ns = 0
    window.refresh()
    QCoreApplication.processEvents()


def key(window: LiveWindow, code: int) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, code)


def status(window: LiveWindow) -> str:
    return window.bar.status.text()


def line(window: LiveWindow) -> str:
    return window.foot.facts.text()


def cells(window: LiveWindow) -> list[tuple[str, str, str]]:
    model = window.panel.rows
    return [tuple(model.data(model.index(k, c)) for c in range(3)) for k in range(model.rowCount())]


def checked(live: ScriptedLive, *checks: Check) -> None:
    live.press(0.0)
    live.state = replace(live.state, checks=checks)


def count(live: ScriptedLive, **numbers: float) -> None:
    live.state = replace(live.state, quality=replace(live.state.quality, **numbers))


# before


def test_when_all_is_ready_one_quiet_word_says_so(window, live):
    checked(live, *READY)
    show(window)
    assert line(window) == "Ready"
    assert window.foot.facts.accessibleName() == "Ready"


def test_without_a_glove_it_is_not_ready(window):
    show(window)
    assert line(window) == "Not ready  no glove sends data"


def test_until_the_checks_are_done_it_says_that_it_checks(window, live):
    live.press(0.0)
    show(window)
    key(window, Qt.Key.Key_I)
    assert line(window) == "Checking  sensors, zero, rate and disk"
    assert cells(window) == [("checking", "", "sensors, zero, rate and disk")]


def test_what_is_wrong_comes_before_what_is_doubtful(window, live):
    checked(live, *READY[:2], DOUBT, WRONG)
    show(window)
    assert line(window) == f"Rate  {WRONG.sentence}  (and 1 more)"
    assert window.foot.facts.accessibleName() == "wrong: Rate"
    image = window.foot.facts.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(60) for y in range(image.height())}
    assert DARK.high_text in found


def test_a_key_opens_the_whole_list_and_escape_closes_it(window, live):
    checked(live, *READY, DOUBT)
    show(window)
    key(window, Qt.Key.Key_I)
    assert window.panel.isVisible()
    assert QApplication.focusWidget() is window.panel.table
    assert cells(window)[0] == (DOUBT.name, "doubtful", DOUBT.sentence)
    assert {row[0] for row in cells(window)} == {"zero", "sensors", "rate", "link", "disk"}
    key(window, Qt.Key.Key_Down)
    assert window.panel.table.currentIndex().row() == 1
    key(window, Qt.Key.Key_Escape)
    assert not window.panel.isVisible()
    assert QApplication.focusWidget() is window


def test_a_click_on_the_line_opens_the_list_over_no_control(window, live):
    checked(live, DOUBT)
    show(window)
    QTest.mouseClick(window.foot.facts, Qt.MouseButton.LeftButton)
    assert window.panel.isVisible()
    assert window.panel.geometry().bottom() < window.record_button.mapTo(window, QPoint(0, 0)).y()
    key(window, Qt.Key.Key_I)
    assert not window.panel.isVisible()


def test_the_open_list_follows_what_changes(window, live):
    checked(live, *READY)
    show(window)
    key(window, Qt.Key.Key_I)
    checked(live, *READY[:-1], DOUBT, WRONG)
    show(window)
    assert cells(window)[0] == (WRONG.name, "wrong", WRONG.sentence)
    assert len(cells(window)) == len(READY) + 1


def test_recording_starts_in_spite_of_what_is_wrong_and_says_what(window, live):
    checked(live, DOUBT, WRONG)
    show(window)
    key(window, Qt.Key.Key_Space)
    assert live.state.recording
    assert status(window) == f"⚠ Recording P-014, although: {WRONG.sentence}"


def test_a_doubt_does_not_disturb_the_start(window, live):
    checked(live, DOUBT)
    key(window, Qt.Key.Key_Space)
    assert status(window) == "Recording P-014. Space stops."


# while it runs


def start(window: LiveWindow, live: ScriptedLive) -> None:
    key(window, Qt.Key.Key_Space)
    live.state = replace(live.state, verdict="intact", recorded_s=3.996, checks=())


def test_an_intact_recording_is_one_quiet_line(window, live):
    live.press(0.0)
    start(window, live)
    show(window)
    assert line(window) == "Intact  1\u202f000 scans"


def test_gaps_are_said_as_they_happen_with_their_numbers(window, live):
    live.press(0.0)
    count(live, lost=7, crc_errors=1)
    start(window, live)
    show(window)
    count(live, lost=257, crc_errors=3, stalls=1, restarts=1, drift_ppm=-41.0, jitter_p99_ms=0.44)
    live.state = replace(live.state, verdict="gaps")
    show(window)
    assert line(window) == "Gaps  750 scans, 250 lost, 2 CRC errors, 1 stall, 1 restart"
    assert window.foot.facts.accessibleName() == "doubtful: Gaps"
    key(window, Qt.Key.Key_I)
    values = {name: value for name, value, _ in cells(window)}
    assert values == {
        "verdict": "gaps",
        "expected": "1\u202f000",
        "received": "750",
        "lost": "250",
        "CRC errors": "2",
        "overruns": "0",
        "stalls": "1",
        "restarts": "1",
        "drift": "−41 ppm",
        "jitter": "0.4 ms",
    }


def test_the_name_that_a_screen_reader_hears_changes_with_the_verdict_only(window, live):
    live.press(0.0)
    start(window, live)
    show(window)
    name, told = window.foot.facts.accessibleName(), window.foot.facts.accessibleDescription()
    live.state = replace(live.state, recorded_s=7.996)
    show(window)
    assert (window.foot.facts.accessibleName(), window.foot.facts.accessibleDescription()) == (name, told)
    window.foot.facts.setFocus()
    assert "2\u202f000 scans" in window.foot.facts.accessibleDescription()


def test_every_verdict_has_a_meaning():
    words = {getattr(verdict, name) for name in ("INTACT", "GAPS", "RECOVERED", "EMPTY", "DAMAGED")}
    assert words == set(VERDICTS)


def test_room_for_less_than_an_hour_is_said(window, live):
    live.press(0.0)
    start(window, live)
    live.state = replace(live.state, room_s=38 * 60.0)
    show(window)
    assert line(window).endswith("disk full in 38 min")
    live.state = replace(live.state, room_s=3 * 3600.0)
    show(window)
    assert "disk" not in line(window)


@given(st.floats(0, 1e8))
def test_a_duration_never_claims_more_than_there_is(seconds):
    number, unit = lasting(seconds).split()[:2]
    assert int(number) * {"s": 1, "min": 60, "h": 3600, "days": 86400}[unit] <= seconds


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1e5))
def test_received_and_lost_always_add_up_to_expected(lost, before, recorded_s):
    live = ScriptedLive()
    live.press(0.0)
    count(live, lost=before + lost)
    state = replace(live.state, recording=True, recorded_s=recorded_s, verdict="gaps")
    rows = {row.name: row.value.replace("\u202f", "") for row in facts(state, LinkQuality(lost=before), None).rows}
    assert int(rows["received"]) == max(0, int(rows["expected"]) - int(rows["lost"]))
    assert math.isclose(int(rows["expected"]), recorded_s * 250, abs_tol=2)


def test_a_recording_that_cannot_go_on_is_saved_at_once_and_says_why(window, live, qtbot):
    live.press(0.0)
    start(window, live)
    live.over = RecordingError("The disk is full; the recording has ended and is kept.")
    live.full.set()
    show(window)
    qtbot.waitUntil(lambda: "Saved" in status(window))
    assert status(window).startswith(f"⚠ {live.over} Saved: {EXAMPLE}")


# warnings


def test_a_warning_stands_above_the_status_line_until_it_is_over_and_covers_nothing(window, live):
    live.press(0.0)
    warning = "The disk has room for about 4 minutes of recording; delete something, or stop soon."
    live.state = replace(live.state, warning=warning)
    show(window)
    foot = window.foot
    assert foot.warning.isVisible()
    assert foot.warning.text() == f"⚠  {warning}"
    assert foot.warning.focusPolicy() & Qt.FocusPolicy.TabFocus
    for size in ((960, 600), (1280, 800)):
        window.resize(*size)
        show(window)
        parts = [window.desk, foot.warning, window.record_button, foot.facts, window.bar]
        boxes = [part.rect().translated(part.mapTo(window, QPoint(0, 0))) for part in parts]
        for k, box in enumerate(boxes):
            assert window.rect().contains(box)
            assert not any(box.intersects(other) for other in boxes[:k])
    live.state = replace(live.state, warning="")
    show(window)
    assert not foot.warning.isVisible()


# the file


def write_slowly(window: LiveWindow, live: ScriptedLive, qtbot) -> None:
    """Start and stop; the file's writing waits."""
    live.press(0.0)
    start(window, live)
    show(window)
    live.may_finish.clear()
    live.pieces = 4
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not live.state.recording)


def test_writing_the_file_shows_how_far_it_is_while_the_view_goes_on(window, live, qtbot):
    write_slowly(window, live, qtbot)
    window.recording_switch._progress(0.43)
    live.press(0.0, 31.0)
    live.press(31.0)
    show(window)
    work = window.foot.work
    assert work.isVisible()
    assert isinstance(work, QProgressBar)
    assert (work.text(), work.value()) == ("Writing the recording  43 %", 43)
    assert work.accessibleName() == "Writing the recording"
    assert window.desk.force.text().startswith("31 N")
    live.may_finish.set()
    qtbot.waitUntil(lambda: "Saved" in status(window))
    show(window)
    assert not work.isVisible()


def test_the_finished_file_says_its_own_verdict(window, live, qtbot):
    live.press(0.0)
    start(window, live)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "Saved" in status(window))
    assert status(window) == f"Saved: {EXAMPLE} – intact, 7\u202f500 scans."
    show(window)
    key(window, Qt.Key.Key_I)
    assert ("file", EXAMPLE.name, str(EXAMPLE.parent)) in cells(window)


def test_a_file_that_cannot_be_read_again_is_not_called_saved(window, live, qtbot, tmp_path):
    live.press(0.0)
    start(window, live)
    live.finished = tmp_path / "broken.h5"
    live.finished.write_bytes(b"no HDF5")
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "broken.h5" in status(window))
    assert status(window).startswith("⚠")
    assert "Saved" not in status(window)


def question(window: LiveWindow) -> QMessageBox:
    (box,) = window.findChildren(QMessageBox)
    return box


def answer(window: LiveWindow, words: str) -> None:
    (button,) = [button for button in question(window).buttons() if button.text() == words]
    button.click()


def test_closing_while_writing_waits_and_then_closes(window, live, qtbot):
    write_slowly(window, live, qtbot)
    window.close()
    answer(window, "Wait, then close")
    assert window.isVisible()
    live.may_finish.set()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert "Saved" in status(window)


def test_closing_at_once_leaves_the_journal_for_the_next_start(window, live, qtbot):
    write_slowly(window, live, qtbot)
    window.close()
    answer(window, "Close at once")
    live.may_finish.set()  # it gets to its next piece, and no further
    qtbot.waitUntil(lambda: not window.isVisible())
    assert "the next start makes the file of it" in status(window)
    assert window.recording_switch.last is None


def test_staying_keeps_the_window_open_when_the_file_is_done(window, live, qtbot):
    write_slowly(window, live, qtbot)
    window.close()
    answer(window, "Stay")
    live.may_finish.set()
    qtbot.waitUntil(lambda: "Saved" in status(window))
    assert window.isVisible()


def test_escape_from_the_question_is_to_stay(window, live, qtbot):
    write_slowly(window, live, qtbot)
    window.close()
    QTest.keyClick(question(window), Qt.Key.Key_Escape)
    live.may_finish.set()
    qtbot.waitUntil(lambda: "Saved" in status(window))
    assert window.isVisible()


@pytest.mark.parametrize("action", [Action.FACTS, Action.LEAVE])
def test_the_distance_view_shows_no_list(window, live, action):
    checked(live, DOUBT)
    show(window)
    key(window, Qt.Key.Key_I)
    key(window, Qt.Key.Key_D)
    assert not window.panel.isVisible()
    window.act(action)
    assert not window.panel.isVisible()


def test_long_sentences_stand_in_the_list_in_full(window, live):
    long = Check(
        "answers", Outcome.DOUBTFUL, "Not heard from yet: " + ", ".join(f"sensor_{k}" for k in range(20)) + "."
    )
    checked(live, long, *READY)
    show(window)
    key(window, Qt.Key.Key_I)
    for size in ((960, 600), (1366, 768)):
        window.resize(*size)
        for _ in range(3):
            show(window)
        table = window.panel.table
        assert table.rowHeight(0) >= table.sizeHintForRow(0)
        assert table.rowHeight(0) > table.rowHeight(1)
        assert abs(table.height() - table.verticalHeader().length()) <= 1
        assert table.verticalScrollBar().maximum() == 0
        assert window.panel.geometry().top() >= 0
        assert window.panel.geometry().bottom() < window.record_button.mapTo(window, QPoint(0, 0)).y()
