"""What the client says, by keys, pedal and buttons: told at once, kept in the file, hidden while blinded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QLabel, QProgressBar
from scripted import ScriptedLive
from test_run import LONG_S, find_window, when

from nmt_sense.app.keys import KEYS, Action, action_for, pain_of
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import run
from nmt_sense.app.pedal import PedalButton
from nmt_sense.app.session_dialog import SessionDialog
from nmt_sense.app.settings import Pedal, Settings
from nmt_sense.coaching.feedback import Schedule, plan_from
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.words import Scale, Word
from nmt_sense.events import EventKind
from nmt_sense.live import Live
from nmt_sense.session.recording import open_recording
from nmt_sense.setup import default_setup
from nmt_sense.workspace import open_workspace


def key(window: LiveWindow, code: int | str) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, code)


def look(window: LiveWindow) -> None:
    """See the newest state, however slow the computer is."""
    assert isinstance(window._live, ScriptedLive)
    window._live.age(0.0)
    window._paced_ns = 0
    window.refresh()
    QCoreApplication.processEvents()


def sent(code: int, native: int = 0, repeated: bool = False) -> QKeyEvent:
    """A key as a pedal sends it."""
    none = Qt.KeyboardModifier.NoModifier
    return QKeyEvent(QEvent.Type.KeyPress, code, none, native, 0, 0, "", repeated)


@pytest.mark.parametrize(("code", "pain"), [("0", 0), ("7", 7), ("9", 9), ("x", 10), ("+", 10)])
def test_number_keys_are_pain_with_its_time_and_force(window, live, code, pain):
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0, seconds=2.0)
    key(window, "r")  # nothing is asked for by it, and nothing breaks
    key(window, code)
    look(window)
    event = live.state.events[-1]
    assert (event.kind, event.value) == (EventKind.NRS, pain)
    assert window.desk.sentence.text() == f"pain {pain} at 0:02, 32.0 ±2.0 N; not recorded"
    assert window.bar.status.text() == f"Pain {pain} at 0:02, 32.0 ±2.0 N; not recorded."


def test_a_report_while_data_are_missing_is_told_without_a_force_and_asked_for_once_more(window, live):
    live.run(load_technique("trigger-point-threshold"))
    live.press(0.0, 10.0, seconds=2.0)
    live.skip(1.5)
    key(window, "t")
    look(window)
    assert window.desk.sentence.text() == "threshold at 0:03, no data; not recorded"
    live.press(17.5, 20.0, seconds=0.5)
    look(window)
    assert window.desk.say.text() == "Trial 1: no data when the client reported."
    live.press(20.0, 0.0, seconds=0.5)
    live.press(0.0)
    look(window)
    assert window.desk.say.text() == "No data when the client reported: once more."
    assert "threshold" not in window.desk.course.facts.text()


def test_a_report_without_a_glove_is_refused_in_words(window, live):
    key(window, "5")
    assert live.state.events == ()
    assert "no moment to mark" in window.bar.status.text()


def test_numbers_typed_into_a_field_are_no_pain(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_P)
    key(window, "5")
    assert live.state.events == ()


def test_marks_and_reports_of_the_keyboard_are_in_the_file(qtbot, tmp_path):
    workspace = open_workspace(tmp_path / "workspace")
    live = Live(default_setup(workspace, "sim://?seed=1"), workspace)

    def report() -> None:
        for code in ("6", "m", Qt.Key.Key_PageDown, "t", "4", "u", Qt.Key.Key_Return):
            QTest.keyClick(find_window(), code)
        when(lambda: len(live.state.events) >= 7, lambda: find_window().finish())

    def record() -> None:
        QTest.keyClick(find_window(), Qt.Key.Key_Space)
        when(lambda: live.state.recorded_s > 0.3, report)

    when(lambda: live.state.newest_ns > 0, record)
    techniques = [("ischemic-compression", "Ischemic compression")]
    try:
        assert run(live, ports=lambda: ["sim://"], techniques=techniques, quit_after_s=LONG_S) == 0
    finally:
        live.close()
    (file,) = live.workspace.recordings.glob("*.h5")
    with open_recording(file) as recording:
        events = [
            event for event in recording.events if event.kind is not EventKind.CUE and event.kind is not EventKind.CHECK
        ]
        kinds = [(event.kind.value, event.value) for event in events]
    assert [kind for kind, _ in kinds] == ["nrs", "marker", "marker", "threshold", "nrs", "undo", "client_stop"]
    assert [value for kind, value in kinds if kind == "nrs"] == [6.0, 4.0]
    assert events[5].text == "nrs"
    assert events[5].value == pytest.approx(events[4].time_s)


# -- the pedal ----------------------------------------------------------------------------------------------------


def test_a_pedal_is_learned_by_its_native_code_and_kept(qtbot):
    button = PedalButton(Pedal())
    qtbot.addWidget(button)
    button.click()
    assert button.waiting
    QApplication.sendEvent(button, sent(Qt.Key.Key_Tools, 191, repeated=True))
    assert button.waiting  # held down too long: not what was asked for
    QApplication.sendEvent(button, sent(0, 202))
    assert (button.pedal.key, button.pedal.native, button.pedal.name) == (0, 202, "key 202")
    Settings().pedal = button.pedal
    assert Settings().pedal == button.pedal
    button.deleteLater()


@pytest.mark.parametrize("code", [Qt.Key.Key_Space, Qt.Key.Key_5, Qt.Key.Key_Return, Qt.Key.Key_F1])
def test_keys_that_must_stay_what_they_are_are_no_pedal(qtbot, code):
    button = PedalButton(Pedal())
    qtbot.addWidget(button)
    button.click()
    QApplication.sendEvent(button, sent(code, 33))
    assert button.pedal == Pedal()
    assert "stays" in button.text()
    button.deleteLater()


def test_a_learned_pedal_does_what_it_was_set_to_and_ignores_being_held(window, live):
    Settings().pedal = Pedal(Qt.Key.Key_B, 56, "B", "CLIENT_STOP")
    window.session._take_up()
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0, seconds=2.0)
    for event in (sent(Qt.Key.Key_B, 56), sent(Qt.Key.Key_B, 56, repeated=True), sent(Qt.Key.Key_B, 55)):
        QApplication.sendEvent(window, event)
    assert live.marks == ["client_stop"]
    assert live.state.holds[-1].end.value == "client_stop"
    key(window, Qt.Key.Key_Escape)
    key(window, Qt.Key.Key_F1)
    words = [label.text() for label in window.findChildren(QLabel)]
    assert "target band (B is the pedal's)" in words
    assert f"B: {Action.CLIENT_STOP.value}" in words


def test_every_pain_from_0_to_10_has_a_key_and_a_held_key_has_none():
    codes = KEYS[Action.PAIN][0]
    assert {pain_of(code) for code in codes} == set(range(11))
    assert action_for(sent(Qt.Key.Key_7, repeated=True)) is None


def test_a_settings_file_with_nonsense_in_it_is_no_obstacle(window):
    kept = Settings()._kept
    for name in ("pedal/key", "pedal/native", "pedal/does", "sound/volume"):
        kept.setValue(name, "nonsense")
    assert action_for(sent(Qt.Key.Key_PageDown), Settings().pedal) is Action.MARK
    assert Settings().volume == 1.0


# -- the dialog -------------------------------------------------------------------------------------------------------


def ask_session(window: LiveWindow) -> SessionDialog:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    window.act(Action.SESSION)
    (dialog,) = window.findChildren(SessionDialog)
    return dialog


def agree(dialog: SessionDialog, window: LiveWindow) -> None:
    """Say OK; the keyboard goes back to the window."""
    dialog.accept()
    window.activateWindow()
    window.setFocus()
    QCoreApplication.processEvents()


def test_looking_at_another_schedule_changes_no_amount(window, live):
    live.set_feedback(plan_from("bandwidth:0.5"))
    live.press(0.0)
    dialog = ask_session(window)
    for schedule in ("faded", "bandwidth"):
        dialog.schedule.setCurrentIndex([one.value for one in Schedule].index(schedule))
    assert dialog.wishes.feedback == plan_from("bandwidth:0.5")
    dialog.practitioner.setText("no code")
    dialog.accept()
    assert dialog.problem.text().startswith("A practitioner's code has 1 to 32 letters")
    dialog.reject()


# -- words, feedback, blinding ------------------------------------------------------------------------------------


def test_the_practitioners_own_word_stands_beside_the_newtons(window, live):
    live.scales["T-1"] = Scale("T-1", "thumb", "checked", 0.1, (Word("light", (8.0,)), Word("firm", (30.0,))))
    live.press(0.0)
    dialog = ask_session(window)
    dialog.practitioner.setText("T-1")
    agree(dialog, window)
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0)
    look(window)
    assert window.desk.force.text() == "32 N ±2.0 N firm"
    live.press(32.0, 0.0, seconds=0.5)
    live.press(0.0)
    look(window)
    assert window.desk.force.text() == "0 N ±2.0 N"
    window.act(Action.RECORD)
    assert live.operators == ["T-1"]


def texts(window: LiveWindow) -> str:
    """Everything that a person or a screen reader could read."""
    found = []
    for part in (*window.desk.findChildren(QLabel), *window.desk.findChildren(QProgressBar)):
        if part.isVisible():
            found += [part.text(), part.accessibleName(), part.accessibleDescription(), part.toolTip()]
    rows = window.desk.holds.rows
    found += [str(rows.data(rows.index(0, column))) for column in range(rows.columnCount())]
    return " | ".join(map(str, [*found, window.desk.strip.accessibleDescription(), window.windowTitle()]))


@pytest.mark.parametrize("schedule", ["none", "terminal", "on-request"])
def test_a_blinded_display_shows_no_force_and_no_target(window, live, schedule):
    pictures = []
    for newtons in (29.0, 47.0):
        live.run(load_technique("ischemic-compression").with_feedback(plan_from(schedule)))
        live.press(0.0, newtons, seconds=0.5)
        live.press(newtons, seconds=1.0)
        look(window)
        assert window.desk.word.text() == "BLIND"
        assert f"{newtons:.0f}" not in texts(window)
        assert "28" not in texts(window)
        assert window.desk.tape.value() == 0
        parts = (window.desk.hand, window.desk.tape, window.desk.force, window.desk.strip, window.desk.ring)
        pictures.append([part.grab().toImage() for part in (*parts, window.desk.word)])
    assert pictures[0] == pictures[1]  # not one pixel tells 29 N in the band from 47 N above it


def test_what_is_blinded_is_recorded_all_the_same(window, live):
    live.run(load_technique("ischemic-compression").with_target(28.0, 36.0, 2.0).with_feedback(plan_from("terminal")))
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0, seconds=3.0)
    look(window)
    assert window.desk.force.text() == "blinded"
    live.press(32.0, 0.0, seconds=0.5)
    live.press(0.0)
    look(window)
    assert live.state.holds[0].mean_n == pytest.approx(32.0, abs=0.1)
    assert window.desk.holds.rows.data(window.desk.holds.rows.index(0, 2)) == "32 ±2.0"  # after the hold


def test_feedback_on_request_is_given_by_a_key(window, live):
    live.run(load_technique("ischemic-compression").with_feedback(plan_from("on-request")))
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0)
    look(window)
    assert "R shows this one" in window.desk.sentence.text()
    key(window, "r")
    live.press(32.0)
    look(window)
    assert window.desk.word.text() == "HOLD"
    assert window.desk.force.text().startswith("32 N")


def test_the_distance_view_is_blinded_too(window, live):
    live.run(load_technique("ischemic-compression").with_feedback(plan_from("none")))
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0)
    key(window, Qt.Key.Key_D)
    look(window)
    assert window.distance.force.isHidden()
    assert window.distance.held.text() == "blinded"
    assert window.distance.tape.text() == "blinded"


def test_the_alarm_is_seen_although_the_display_is_blinded(window, live):
    technique = load_technique("ischemic-compression").with_feedback(plan_from("none"))
    live.run(technique.with_safety(force_ceiling_n=40.0))
    live.press(0.0, 45.0)
    look(window)
    assert window.desk.word.text() == "LESS"
    assert window.desk.force.text() == "blinded"


def test_losing_the_keys_during_a_recording_is_said(window, live, monkeypatch):
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    monkeypatch.setattr(QApplication, "activeWindow", staticmethod(lambda: None))
    QApplication.sendEvent(window, QEvent(QEvent.Type.ActivationChange))
    assert "Keys and pedal go to another program now" in window.bar.status.text()


def test_buttons_for_what_the_phase_waits_for_are_there_and_do_it(window, live):
    live.run(load_technique("ischemic-compression-patient-led"))
    live.press(0.0, 24.0, seconds=5.0)
    key(window, Qt.Key.Key_Space)
    look(window)
    marks = window.foot.marks
    assert Action.THRESHOLD in marks.shown()
    assert Action.GAVE_WAY not in marks.shown()
    marks._buttons[Action.THRESHOLD].click()
    look(window)
    assert Action.EASED in marks.shown()
    assert not math.isnan(live.state.situation.last_report_n)


def test_the_scale_of_a_ramp_grows_in_steps_with_the_force(live):
    from nmt_sense.moment.picture import Scale as ForceScale

    live.run(load_technique("trigger-point-threshold"))
    scale = ForceScale()
    tops = []
    for newtons in np.arange(0.0, 95.0, 5.0):
        live.press(newtons, newtons + 5.0, seconds=1.0)
        tops.append(scale.top_n(live.state))
    assert sorted(set(tops)) == [50.0, 80.0, 100.0]
    assert tops == sorted(tops)


def test_every_field_of_the_session_has_a_name_and_the_tab_key_leads_to_it(window, live):
    live.press(0.0)
    dialog = ask_session(window)
    QApplication.setActiveWindow(dialog)
    reached = set()
    for _ in range(30):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.add(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    wanted = (dialog.pain, dialog.force, dialog.threshold, dialog.schedule, dialog.pedal, dialog.pedal_does)
    for field in (*wanted, dialog.practitioner, dialog.voice, dialog.volume):
        assert field in reached
        assert field.accessibleName()
    agree(dialog, window)


def test_the_tab_key_leads_to_every_button_of_a_recording(window, live):
    live.run(load_technique("trigger-point-threshold"))
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    look(window)
    reached = set()
    for _ in range(40):
        key(window, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    for action in window.foot.marks.shown():
        button = window.foot.marks._buttons[action]
        assert button in reached
        assert button.accessibleName()
