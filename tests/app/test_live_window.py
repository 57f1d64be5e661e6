from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from looking import drawn_anew, on_the_screen
from PyQt5.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QDoubleSpinBox, QMessageBox, QPushButton, QWidget
from scripted import ScriptedLive

from nmt_sense.app.keys import KEYS, Action
from nmt_sense.app.keys_dialog import KeysDialog
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import words_hook
from nmt_sense.app.theme import DARK, LIGHT
from nmt_sense.app.widgets.digits import cap_height
from nmt_sense.errors import RecordingError


def key(window: LiveWindow, code: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is, as a person would."""
    QTest.keyClick(QApplication.focusWidget() or window, code, modifier)


def status(window: LiveWindow) -> str:
    return window.bar.status.text()


def hold(live: ScriptedLive, newtons: float) -> None:
    live.press(0.0, newtons, seconds=0.5)
    live.press(newtons)


def test_a_whole_session_needs_only_the_keyboard(window, live, qtbot):
    live.press(0.0)
    window.refresh()
    key(window, Qt.Key.Key_P)
    window.setup.participant.selectAll()
    QTest.keyClicks(window.setup.participant, "K-7")
    key(window, Qt.Key.Key_Return)
    key(window, Qt.Key.Key_B)
    window.setup.low.selectAll()
    QTest.keyClicks(window.setup.low, "25")
    key(window, Qt.Key.Key_Return)
    assert live.state.progress.low_n == 25.0
    key(window, Qt.Key.Key_Space)
    assert live.participants == ["K-7"]
    key(window, Qt.Key.Key_M)
    key(window, Qt.Key.Key_PageDown)
    assert live.marks == ["marker", "marker"]
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "example_simulated.h5" in status(window))


def test_a_pedal_held_down_marks_once(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    for repeated in (False, True, True):
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, "", repeated, 1)
        QApplication.sendEvent(window, event)
    assert live.marks == ["marker"]


def test_a_mark_without_a_recording_is_refused_in_words(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_M)
    assert live.marks == []
    assert "needs a recording" in status(window)


@pytest.mark.parametrize("code", ["Anna Berger", "P 14", "", "Jörg", "x" * 33])
def test_a_name_is_refused_as_participant_with_a_sentence(window, live, code):
    live.press(0.0)
    window.setup.participant.setText(code)
    window.act(Action.RECORD)
    assert live.participants == []
    assert "a code, never a name" in status(window)


def test_space_in_the_code_field_explains_and_does_not_record(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_P)
    key(window, Qt.Key.Key_Space)
    assert live.participants == []
    assert "no spaces" in status(window)


def test_the_keyboard_goes_back_to_the_window_after_a_field(window):
    key(window, Qt.Key.Key_O)
    assert QApplication.focusWidget() is not window
    key(window, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is window


def test_a_letter_in_the_list_of_holds_still_reaches_the_window(window):
    window.desk.holds.setFocus()
    key(window, Qt.Key.Key_A)
    assert window.desk.theme is LIGHT


def test_tab_reaches_every_field_and_button_and_each_has_a_name(window, live):
    live.press(0.0)
    window.refresh()
    window.setFocus()
    reached: list[QWidget] = []
    for _ in range(40):
        key(window, Qt.Key.Key_Tab)
        reached.append(QApplication.focusWidget())
    setup, bar = window.setup, window.bar
    for wanted in (setup.participant, setup.technique, setup.low, setup.high, setup.hold, window.desk.holds):
        assert wanted in reached
    for wanted in (window.record_button, bar.status, bar.sound, bar.distance, bar.look, bar.keys):
        assert wanted in reached
    nameless = [widget for widget in set(reached) - {window} if not widget.accessibleName()]
    assert nameless == []


def test_every_action_has_a_key_and_no_key_has_two():
    assert set(KEYS) == set(Action)
    codes = [code for pressed, _ in KEYS.values() for code in pressed]
    assert len(codes) == len(set(codes))


def test_f1_shows_every_key(window):
    key(window, Qt.Key.Key_F1)
    (dialog,) = window.findChildren(KeysDialog)
    words = " ".join(label.text() for label in dialog.findChildren(QWidget) if hasattr(label, "text"))
    assert all(action.value in words and shown in words for action, (_, shown) in KEYS.items())
    dialog.reject()


@pytest.mark.parametrize(
    ("newtons", "word", "colour"), [(22.0, "MORE", "low"), (32.0, "HOLD", "neutral"), (44.0, "LESS", "high")]
)
def test_word_and_colour_say_the_same(window, live, newtons, word, colour):
    hold(live, newtons)
    window.refresh()
    QCoreApplication.processEvents()
    assert window.desk.word.text() == word
    image = window.desk.word.grab().toImage()
    found = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
    assert getattr(DARK, colour) in found


def test_old_data_freeze_grey_and_say_wait(window, live):
    hold(live, 32.0)
    window.refresh()
    held, force = window.desk.ring.text(), window.desk.force.text()
    live.age(0.3)
    window.refresh()
    desk = window.desk
    assert desk.word.text() == "WAIT"
    assert "old" in desk.sentence.text()
    assert (desk.ring.text(), desk.force.text()) == (held, force)
    ring = desk.ring.grab().toImage()
    found = {ring.pixelColor(x, ring.height() // 2).name() for x in range(ring.width())}
    assert DARK.stale in found
    assert DARK.text not in found


def test_a_lost_glove_is_explained_and_its_return_shown(window, live):
    hold(live, 32.0)
    live.lose("The glove was unplugged; plug it in again.")
    window.refresh()
    assert window.desk.sentence.text() == "The glove was unplugged; plug it in again."
    assert window.desk.header.stream.text() == "glove lost"
    live.press(32.0)
    window.refresh()
    assert window.desk.word.text() != "WAIT"


def test_before_the_first_data_no_force_is_invented(window):
    window.refresh()
    assert window.desk.force.text() == "no data yet"
    assert window.desk.word.text() == "WAIT"
    assert "Looking for the glove" in window.desk.sentence.text()


def test_missing_scans_are_a_gap_in_the_curve(window, live):
    live.press(30.0, seconds=2.0)
    live.skip(1.0)
    live.press(30.0, seconds=2.0)
    for _ in range(2):
        window.refresh()
    plot = window.desk.strip.plot
    assert len(plot.marks.gaps) == 1
    start, end = plot.marks.gaps[0]
    assert end - start == pytest.approx(1.004)
    x, _ = plot.curve.getData()
    joined = plot.curve.opts["connect"]
    breaks = x[1:][~joined[:-1]] - x[:-1][~joined[:-1]]
    assert breaks == pytest.approx([1.0], abs=0.05)
    assert plot.marks.isVisible()


def test_title_says_whether_it_records(window, live):
    live.press(0.0)
    window.refresh()
    assert "not recording" in window.windowTitle()
    key(window, Qt.Key.Key_Space)
    live.state = replace(live.state, recorded_s=65.0)
    window._paced_ns = 0
    window.refresh()
    assert "1:05 recording" in window.windowTitle()
    assert window.desk.header.recording.text() == "recording 1:05"
    assert not window.setup.isVisible()


def test_closing_while_recording_asks_saves_and_closes(window, live, qtbot):
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    window.close()
    assert window.isVisible()
    (box,) = window.findChildren(QMessageBox)
    (save,) = [button for button in box.findChildren(QPushButton) if button.text() == "Save and close"]
    save.click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert not live.state.recording
    assert "example_simulated.h5" in status(window)


def test_keep_recording_keeps_recording(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    window.close()
    (box,) = window.findChildren(QMessageBox)
    box.reject()
    assert window.isVisible()
    assert live.state.recording


def test_a_window_closed_while_saving_waits_for_the_file(window, live, qtbot):
    live.press(0.0)
    live.may_finish.clear()
    key(window, Qt.Key.Key_Space)
    key(window, Qt.Key.Key_Space)
    window.close()
    assert window.isVisible()
    assert "Saving" in status(window)
    live.may_finish.set()
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_file_that_cannot_be_written_keeps_the_closing_window_open(window, live, qtbot):
    live.press(0.0)
    live.stop_error = RecordingError("The disk is full; free some space, the journal keeps everything.")
    key(window, Qt.Key.Key_Space)
    window.finish()
    qtbot.waitUntil(lambda: "disk is full" in status(window))
    assert window.isVisible()
    window.close()
    assert not window.isVisible()


def test_a_file_that_cannot_be_written_is_explained(window, live, qtbot):
    live.press(0.0)
    live.stop_error = RecordingError("The disk is full; free some space, the journal keeps everything.")
    key(window, Qt.Key.Key_Space)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "disk is full" in status(window))
    assert window.isVisible()


def test_recording_without_a_glove_is_explained(window):
    key(window, Qt.Key.Key_Space)
    assert "connect one first" in status(window)


def type_in(window: LiveWindow, field: QDoubleSpinBox, text: str, leave: int = Qt.Key.Key_Tab) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    key(window, leave)
    window._paced_ns = 0
    window.refresh()


def test_a_band_can_be_moved_up_one_end_after_the_other(window, live):
    live.press(0.0)
    type_in(window, window.setup.low, "40")
    assert (window.setup.low.value(), live.state.progress.low_n) == (40.0, 28.0)  # it waits for the other end
    type_in(window, window.setup.high, "50")
    assert (live.state.progress.low_n, live.state.progress.high_n) == (40.0, 50.0)
    assert status(window) == ""


def test_a_band_the_wrong_way_round_is_marked_where_it_is_and_explained(window, live):
    live.press(0.0)
    setup = window.setup
    type_in(window, setup.low, "50", Qt.Key.Key_Return)
    assert "from 50 N to 36 N" in status(window)
    assert setup.low.accessibleDescription() == "The lower end must be below the upper end."
    image = setup.grab().toImage()
    frame = setup.low.parentWidget().geometry()
    assert image.pixelColor(frame.left() + 20, frame.top() + 1).name() == DARK.high_text
    assert live.state.progress.low_n == 28.0


def test_escape_takes_back_what_was_typed(window, live):
    live.press(0.0)
    window._paced_ns = 0
    window.refresh()
    type_in(window, window.setup.low, "50", Qt.Key.Key_Return)
    type_in(window, window.setup.high, "30", Qt.Key.Key_Escape)
    assert (window.setup.low.value(), window.setup.high.value()) == (28.0, 36.0)
    assert window.setup.low.accessibleDescription() == ""
    assert live.state.progress.high_n == 36.0


def test_a_recording_uses_the_band_in_use_not_one_half_typed(window, live):
    live.press(0.0)
    window._paced_ns = 0
    window.refresh()
    type_in(window, window.setup.low, "50", Qt.Key.Key_Return)
    key(window, Qt.Key.Key_Space)
    window.refresh()
    live.state = replace(live.state, recording=False)
    window._paced_ns = 0
    window.refresh()
    assert window.setup.low.value() == 28.0
    assert window.setup.low.accessibleDescription() == ""


def test_another_port_is_opened_and_a_missing_one_explained(window, live, qtbot):
    window.setup.port_asked.emit("/dev/ttyUSB0")
    qtbot.waitUntil(lambda: live.ports == ["/dev/ttyUSB0"])
    window.setup.port_asked.emit("COM99")
    qtbot.waitUntil(lambda: "choose another port" in status(window))


def test_the_list_of_ports_is_fresh_and_keeps_what_is_typed(window):
    window.setup.port.setCurrentText("socket://lab:5000")
    window.setup.port.refill()
    found = [window.setup.port.itemText(k) for k in range(window.setup.port.count())]
    assert found == ["/dev/ttyUSB0", "sim://", "socket://lab:5000"]
    assert window.setup.port.currentText() == "socket://lab:5000"


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_distance_view_has_the_sizes_that_three_metres_need(window, live, size):
    hold(live, 32.0)
    window.resize(*size)
    key(window, Qt.Key.Key_D)
    QCoreApplication.processEvents()
    page = window.distance
    # 60', 30' and 20' at 3 m on a 14" (1366) and a 15.6" (1920) screen
    wanted = {(1366, 768): (231, 115, 77), (1920, 1080): (291, 146, 97)}[size]
    for part, least in zip((page.force, page.word, page.held), wanted, strict=True):
        assert cap_height(part.height(), True) >= least
        assert part.geometry().right() <= page.tape.geometry().left()
    assert page.force.text() == "32 N"
    assert page.word.text() == "HOLD"
    key(window, Qt.Key.Key_Escape)
    assert window.desk.isVisible()


@pytest.mark.parametrize("size", [(960, 600), (1024, 700), (1366, 768), (1920, 1080)])
def test_nothing_overlaps_or_leaves_the_window(window, live, size):
    hold(live, 32.0)
    window.resize(*size)
    window.refresh()
    QCoreApplication.processEvents()
    assert (window.width(), window.height()) == size
    desk, setup = window.desk, window.setup
    header = [part for part in desk.header.children() if isinstance(part, QWidget) and part.isVisible()]
    groups = [
        [desk.header, desk.tape, desk.ring, desk.force, desk.word, desk.sentence, desk.holds, desk.hand, desk.strip],
        [window.record_button, window.mark_button, setup.participant, setup.port, setup.technique, setup.low],
        [*header],
    ]
    for group in groups:
        boxes = [part.rect().translated(part.mapTo(window, QPoint(0, 0))) for part in group]
        for k, box in enumerate(boxes):
            assert window.rect().contains(box), group[k]
            crossing = [other for other in range(k) if boxes[other].intersects(box)]
            assert crossing == [], (group[k], group[crossing[0]])
    for part in header:
        assert part.width() >= part.minimumSizeHint().width() - 1
    assert desk.holds.horizontalHeader().length() <= desk.holds.viewport().width()


def test_long_words_in_the_header_are_shortened_not_overlapped(window, live):
    live.press(0.0)
    live.state = replace(live.state, calibration="checked eleven months ago, older than the six months it is good for")
    window.setup.participant.setText("K" * 32)
    window.resize(1024, 700)
    window._paced_ns = 0
    window.refresh()
    QCoreApplication.processEvents()
    assert window.width() == 1024
    header = window.desk.header
    parts = [part for part in header.children() if isinstance(part, QWidget) and part.isVisible()]
    lefts = sorted((part.x(), part.geometry().right()) for part in parts)
    assert all(right < left for (_, right), (left, _) in pairwise(lefts))
    assert lefts[-1][1] <= header.width()


def test_theme_key_turns_everything_light_and_back(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_A)
    assert window.grab().toImage().pixelColor(3, 3).name() == LIGHT.window
    key(window, Qt.Key.Key_A)
    assert window.grab().toImage().pixelColor(3, 3).name() == DARK.window


def test_another_look_reaches_every_part_at_once(window, live):
    hold(live, 32.0)
    window.refresh()
    QCoreApplication.processEvents()
    key(window, Qt.Key.Key_A)
    for _ in range(3):
        QCoreApplication.processEvents()
    window._paced_ns = 0
    window.refresh()
    for _ in range(3):
        QCoreApplication.processEvents()
    for part in (window.desk.holds, window.desk.ring, window.desk.tape, window.desk.strip, window.foot):
        assert on_the_screen(part) == drawn_anew(part), part


def test_the_look_follows_the_system_until_it_is_chosen(window, live, qapp):
    live.press(0.0)

    def system(dark: bool) -> str:
        qapp.setProperty("system_dark", dark)
        QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
        return window.desk.theme.name

    try:
        assert [system(False), system(True)] == ["light", "dark"]
        key(window, Qt.Key.Key_A)
        assert [system(False), system(True)] == ["light", "light"]
    finally:
        qapp.setProperty("system_dark", True)


def test_a_simulated_glove_is_marked_as_such(window, live):
    live.press(0.0)
    window.refresh()
    assert window.desk.header.simulated.isVisible()
    assert window.desk.header.simulated.text() == "SIMULATED"


def test_a_mistake_in_the_program_is_said_in_words_and_logged(window, caplog):
    words_hook(window.say)(ValueError, ValueError("odd"), None)
    assert "ValueError: odd" in status(window)
    assert "Measuring and recording go on" in status(window)
    assert "unexpected" in caplog.text
