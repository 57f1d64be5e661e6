"""After a session: the window itself, and follow the expert, over real recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from afterwards import ENTER, SPACE, Open, all_read, key, read, until
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QComboBox, QFileDialog, QWidget
from scripted import ScriptedLive

from nmt_sense.app.after import After
from nmt_sense.app.after_reading import Opened
from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.sound import Sound
from nmt_sense.app.widgets.holds_list import ENDS
from nmt_sense.coaching.technique import load_technique
from nmt_sense.commands.rows import END_WORDS
from nmt_sense.holds import HoldEnd
from nmt_sense.live import Live
from nmt_sense.moment.summing_up import ENDED
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace

# -- the window --------------------------------------------------------------------------------------------------------


def test_while_a_recording_runs_it_does_not_open_and_says_why(after: After, window: LiveWindow, live: ScriptedLive):
    live.press(0.0)
    QTest.keyClick(window, SPACE)
    QTest.keyClick(window, Qt.Key.Key_F3)
    assert after.window is None
    assert window.bar.status.text().startswith("⚠ Stop the recording first")


def test_a_recording_that_begins_meanwhile_makes_it_hold_still(opened: Open, live: ScriptedLive, place: Workspace):
    live.press(0.0)
    shown = opened("holds")
    live.state = replace(live.state, recording=True)
    until(lambda: not shown.pages.isEnabled())
    assert "waits until it has been saved" in shown.status.text()
    QTest.keyClick(shown, Qt.Key.Key_6)
    QTest.keyClick(shown, ENTER)
    assert live.marks == ["nrs", "client_stop"], "the client's keys must work wherever the keyboard is"
    assert not place.techniques.exists()
    live.state = replace(live.state, recording=False)
    until(shown.pages.isEnabled)


def test_without_any_recording_it_says_how_to_make_one(opened: Open):
    shown = opened()
    assert shown.title.text() == "No recording yet"
    assert "Space in the live window makes one" in shown.expert.told.text()
    key(shown, ENTER)
    assert shown.status.text().startswith("⚠")


def test_a_file_that_is_no_recording_is_told_and_the_one_shown_stays(opened: Open, tmp_path: Path):
    shown = opened("holds")
    other = tmp_path / "letter.h5"
    other.write_text("Dear colleague")
    read(shown, other)
    assert shown.status.text().startswith("⚠")
    assert "letter.h5" in shown.status.text()
    assert shown.title.text() == "holds.h5"


def test_another_recording_is_opened_by_a_dialog(opened: Open, place: Workspace):
    shown = opened("nothing", "holds")
    key(shown, Qt.Key.Key_O)
    (box,) = shown.findChildren(QFileDialog)
    box.fileSelected.emit(str(place.recordings / "nothing.h5"))
    box.reject()
    until(lambda: not shown.reader.busy)
    assert shown.title.text() == "nothing.h5"
    assert "nothing was pressed" in shown.expert.told.text()
    assert not shown.expert.make.isEnabled()


def test_the_pages_are_turned_by_keys_and_everything_has_a_name(opened: Open):
    shown = opened("holds")
    for at, code in enumerate((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)):
        key(shown, code)
        all_read(shown)
        assert shown.tabs.currentIndex() == at
        reached = [part for part in shown.findChildren(QWidget) if part.focusPolicy() & Qt.FocusPolicy.TabFocus]
        nameless = [part for part in reached if part.isVisible() and not _told(part)]
        assert not nameless
    key(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def _told(part: QWidget) -> str:
    within = isinstance(part.parent(), QComboBox) or part.objectName().startswith("qt_")
    return part.accessibleName() or str(part.property("text") or "") or ("part of a field" if within else "")


# -- follow the expert -------------------------------------------------------------------------------------------------


def test_the_last_press_becomes_a_technique_that_can_be_chosen(opened: Open, window: LiveWindow, place: Workspace):
    shown = opened("words", "holds")
    assert shown.title.text() == "holds.h5"
    assert "Press 4: " in shown.expert.told.text()
    key(shown, ENTER)
    made = load_technique("expert-ischemic-compression", [place.techniques])
    assert [phase.__struct_config__.tag for phase in made.phases] == ["follow"]
    assert window.setup.technique.findData(made.name) >= 0
    assert shown.status.text().startswith("Made: expert-ischemic-compression")
    assert shown.expert.use.hasFocus()


def test_several_presses_become_a_series_with_their_rests(opened: Open, place: Workspace):
    shown = opened("holds")
    key(shown, Qt.Key.Key_A, SPACE)
    assert "3 presses with 2 rests" in shown.expert.told.text()
    assert shown.expert.preview.text().endswith("tolerance 4.0 N")
    shown.expert.tolerance.setValue(2.5)
    assert shown.expert.preview.text().endswith("tolerance 2.5 N")
    shown.expert.name.setText("series")
    key(shown, ENTER)
    phases = load_technique("series", [place.techniques]).phases
    assert [phase.__struct_config__.tag for phase in phases] == ["follow", "timed", "follow", "timed", "follow"]
    assert {phase.tolerance_n for phase in phases[::2]} == {2.5}  # type: ignore[union-attr]


def test_the_largest_force_of_a_press_is_one_number_with_its_band(opened: Open):
    shown = opened("holds")
    rows = shown.expert.table.presses
    peak = rows.data(rows.index(3, 5))
    assert "±" in peak
    assert shown.expert.told.text().endswith(f"up to {peak} N.")
    assert f"up to {peak} N" in shown.expert.preview.text()


def test_a_press_that_the_recording_cut_is_still_held_wherever_it_is_told():
    told = [words[HoldEnd.RECORDING_ENDED] for words in (ENDS, END_WORDS, ENDED)]
    assert {words.partition(" when")[0] for words in told} == {"still held"}


def test_a_name_that_is_taken_or_none_is_told_and_nothing_is_overwritten(opened: Open, place: Workspace):
    shown = opened("holds")
    shown.expert.go()
    file = place.techniques / "expert-ischemic-compression.toml"
    before = file.read_bytes()
    key(shown, Qt.Key.Key_Escape)
    shown.expert.go()
    assert "already, and none is ever overwritten" in shown.status.text()
    for name, told in (("ischemic-compression", "already"), ("two words", "cannot be the name"), ("", "cannot be")):
        shown.expert.name.setText(name)
        shown.expert.go()
        assert told in shown.status.text()
    assert file.read_bytes() == before
    assert list(place.techniques.iterdir()) == [file]


def test_without_a_tick_nothing_is_made(opened: Open, place: Workspace):
    shown = opened("holds")
    key(shown, SPACE)
    assert not shown.expert.make.isEnabled()
    key(shown, ENTER)
    assert "Tick the press" in shown.status.text()
    assert not place.techniques.exists()


def test_a_press_with_missing_data_cannot_be_ticked_and_says_why(opened: Open):
    shown = opened("holds")
    found = shown._opened.found  # type: ignore[union-attr]
    torn = msgspec.structs.replace(found.presses[1], hold=msgspec.structs.replace(found.presses[1].hold, missing_s=0.4))
    shown.expert.show_recording(
        Opened(Path("torn.h5"), msgspec.structs.replace(found, presses=[found.presses[0], torn]))
    )
    rows = shown.expert.table.presses
    assert rows.ticked == {1}
    rows.turn(1)
    assert rows.ticked == {1}
    assert rows.data(rows.index(1, 0), Qt.ItemDataRole.AccessibleTextRole).startswith("Press 2: 0.40 s of its data")


@pytest.mark.slow
@pytest.mark.usefixtures("no_child_left")
def test_from_a_recording_in_the_window_to_the_technique_in_use(place: Workspace, qapp: QApplication):
    live = Live(default_setup(place, "sim://?seed=4&speed=8&lapse=0"), place)
    window = LiveWindow(live, Sound(live.cues), lambda: ["sim://"], [("ischemic-compression", "Ischemic compression")])
    after = After(live, window)
    window.show()
    live.start()
    until(lambda: live.state.info is not None and window.record_button.isVisible())
    QTest.keyClick(window, SPACE)
    until(lambda: live.state.recording and len(live.state.holds) >= 2)
    QTest.keyClick(window, SPACE)
    until(lambda: window.recording_switch.last is not None)
    QTest.keyClick(window, Qt.Key.Key_F3)
    shown = after.window
    assert shown is not None
    until(lambda: not shown.reader.busy)
    assert shown.title.text() == window.recording_switch.last.path.name  # type: ignore[union-attr]
    shown.expert.name.setText("teacher")
    key(shown, ENTER, ENTER)
    assert not shown.isVisible()
    until(lambda: live.state.plan is not None and live.state.plan.name == "teacher")
    window._paced_ns = 0
    window.refresh()
    assert window.setup.technique.currentText() == "Follow teacher"
    window.close()
    after.close()
    window.deleteLater()
    live.close()


def test_the_key_and_its_button_are_in_the_window(window: LiveWindow, after: After):
    assert window.bar.after.accessibleName() == "afterwards"
    window.bar.after.click()
    assert after.window is not None
    until(lambda: not after.window.reader.busy)  # type: ignore[union-attr]
    assert Action.AFTER.value.startswith("after a session")
