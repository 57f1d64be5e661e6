"""After a session: follow the expert, words for pressure, your own hands, over real recordings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PyQt5.QtCore import QCoreApplication, Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QComboBox, QFileDialog, QWidget
from sat import sat, send_the_child_home
from scripted import ScriptedLive

from nmt_sense.analysis.hands import loads_of, read_budgets
from nmt_sense.analysis.scales import keep_scale
from nmt_sense.app.after import After
from nmt_sense.app.after_reading import Opened
from nmt_sense.app.after_window import AfterWindow
from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.main import run
from nmt_sense.app.sound import Sound
from nmt_sense.coaching.own_hands import RecordingLoad
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.words import Scale, Word, read_scale
from nmt_sense.live import Live
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace, open_workspace

Open = Callable[..., AfterWindow]
ENTER, SPACE = Qt.Key.Key_Return, Qt.Key.Key_Space


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        QCoreApplication.processEvents()
        time.sleep(0.005)


def key(window: AfterWindow, *codes: int) -> None:
    """Press keys where the keyboard is."""
    for code in codes:
        QTest.keyClick(window.focusWidget() or window, code)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "place")


@pytest.fixture(autouse=True)
def no_child_left(qapp: QApplication) -> Iterator[None]:
    yield
    send_the_child_home()


@pytest.fixture
def after(live: ScriptedLive, window: LiveWindow, place: Workspace) -> Iterator[After]:
    live.workspace = place  # type: ignore[attr-defined]
    made = After(live, window)  # type: ignore[arg-type]
    yield made
    if made.window is not None:
        made.window.close()
        made.close()


@pytest.fixture
def opened(after: After, window: LiveWindow, place: Workspace) -> Open:
    """The window over these recordings, the last of them open."""

    def over(*names: str) -> AfterWindow:
        sat(place, *names)
        QTest.keyClick(window, Qt.Key.Key_F3)
        made = after.window
        assert made is not None
        until(lambda: not made.reader.busy)
        return made

    return over


def read(window: AfterWindow, path: Path) -> None:
    window.read(path)
    until(lambda: not window.reader.busy)


def all_read(window: AfterWindow) -> None:
    until(lambda: not window.hands.reader.busy)


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
        key(shown, code) if at != 2 else QTest.keyClick(shown, code)
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


@pytest.mark.slow
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


# -- words for pressure ------------------------------------------------------------------------------------------------


def test_the_exercise_opens_its_page_and_enter_makes_the_scale(opened: Open, place: Workspace):
    shown = opened("words")
    assert shown.pages.currentWidget() is shown.words
    assert shown.words.count.text() == "20 presses for 5 words: all are there."
    shown.words.practitioner.setText("S-07")
    key(shown, ENTER)
    scale = read_scale(place.root, "S-07")
    assert scale.ordered
    assert [len(word.presses_n) for word in scale.words] == [4] * 5
    assert shown.words.chart.text().startswith("very light 3.")
    assert " ± " in shown.words.chart.text()
    assert "nominal, uncalibrated" in shown.words.told.text()
    key(shown, ENTER)
    assert shown.status.text().endswith("The scale before it is kept as S-07.1.toml.")
    assert (place.root / "words" / "S-07.1.toml").is_file()
    assert shown.words.whose.findText("S-07.1") < 0


def test_without_a_code_no_scale_is_made(opened: Open, place: Workspace):
    shown = opened("words")
    key(shown, ENTER)
    assert "a code, never a name" in shown.status.text()
    assert not (place.root / "words").exists()
    assert shown.words.practitioner.hasFocus()


def test_presses_that_do_not_fit_are_counted_and_what_to_do_is_said(opened: Open, place: Workspace):
    shown = opened("few-words")
    assert shown.words.count.text().startswith("7 presses were found, but the exercise asks for 20: do it once more")
    assert not shown.words.make.isEnabled()
    key(shown, ENTER)
    assert "7 presses were found" in shown.status.text()
    sat(place, "words")
    read(shown, place.recordings / "words.h5")
    key(shown, SPACE)
    assert shown.words.count.text() == "19 presses are ticked, but the exercise asks for 20: tick 1 more."
    key(shown, SPACE)
    shown.words.names.setText("soft, middling, hard")
    assert "asks for 12: untick 8 that were no answer" in shown.words.count.text()
    assert "press in this order: 1 " in shown.words.order.text()
    shown.words.names.setText("soft")
    assert "two or more different words" in shown.words.count.text()


def test_words_that_do_not_rise_are_told(opened: Open):
    shown = opened("words")
    shown.words.practitioner.setText("S-07")
    shown.words.seed.setValue(3)  # as if other words had been asked for
    shown.words.go()
    assert "do not mean more and more force" in shown.words.told.text()


def test_a_student_is_compared_with_a_teacher(opened: Open, place: Workspace):
    words = tuple(Word(name, (mean, mean * 1.05)) for name, mean in (("light", 4.0), ("deep", 60.0)))
    keep_scale(place.root, Scale("T-1", "palm", "checked", 0.05, words))
    keep_scale(place.root, Scale("X-9", "thumb", "checked", 0.05, (Word("soft", (1.0,)), Word("hard", (9.0,)))))
    shown = opened("words")
    shown.words.practitioner.setText("S-07")
    shown.words.go()
    assert shown.words.whose.currentText() == "S-07"
    shown.words.beside.setCurrentText("T-1")
    shown.words.beside.activated.emit(shown.words.beside.currentIndex())
    assert "% above 4.1 N, clearly apart" in shown.words.chart.text()
    assert "% below 61.5 N" in shown.words.chart.text()
    assert "S-07 pressed with thumb, all forces ± " in shown.words.told.text()
    assert "T-1 pressed with palm, all forces ± 5 % (checked). Other parts of the hand" in shown.words.told.text()
    assert "Where gloves or calibrations differ, less than " in shown.words.told.text()
    shown.words.beside.setCurrentText("X-9")
    shown.words.beside.activated.emit(shown.words.beside.currentIndex())
    assert "no word in common" in shown.words.told.text()


def test_where_there_was_no_exercise_it_is_explained_and_chosen(opened: Open, live: ScriptedLive):
    shown = opened("holds")
    key(shown, Qt.Key.Key_2)
    assert "20 presses, two minutes" in shown.words.how.text()
    key(shown, ENTER)
    assert live.technique.name == "pressure-words"
    assert not shown.isVisible()


def test_the_new_scale_stands_beside_newtons_at_once(opened: Open, window: LiveWindow, live: ScriptedLive, place):
    shown = opened("words")
    window.session._settings.practitioner = "S-07"
    shown.words.practitioner.setText("S-07")
    live.scales["S-07"] = Scale("S-07", "thumb", "checked", 0.05, (Word("light", (4.0,)), Word("deep", (60.0,))))
    shown.words.go()
    assert window.desk.scale_of_words is live.scales["S-07"]


# -- your own hands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def hands(opened: Open, live: ScriptedLive) -> AfterWindow:
    live.press(0.0)
    shown = opened("nothing", "words", "holds")
    key(shown, Qt.Key.Key_3)
    all_read(shown)
    return shown


def thumb(shown: AfterWindow) -> str:
    return shown.hands.rows.lines["thumb"].budget.accessibleDescription()


def test_simulated_recordings_count_only_when_ticked(hands: AfterWindow, place: Workspace):
    assert "thumb: did not press" in thumb(hands)
    assert "Left out, as no hand pressed: 3 of a simulated glove." in hands.hands.worth.text()
    hands.hands.simulated.setFocus()
    key(hands, SPACE)
    loads = [load for _, load in loads_of(sorted(place.recordings.glob("*.h5"))) if isinstance(load, RecordingLoad)]
    expected = sum(sensor.impulse_ns for load in loads for sensor in load.sensors if sensor.sensor == "thumb")
    assert f"thumb: {expected:.0f} ± " in thumb(hands)
    assert "3 recordings counted. Forces are nominal, uncalibrated in 3 of them." in hands.hands.worth.text()


def test_a_budget_is_set_by_keys_kept_and_suggests_another_hand(hands: AfterWindow, place: Workspace):
    hands.hands.simulated.setChecked(True)
    assert "no medical limit" in hands.hands.honest.text()
    assert hands.hands.advice.text() == ""
    line = hands.hands.rows.lines["thumb"]
    line.budget.setFocus()
    line.budget.selectAll()
    QTest.keyClicks(line.budget, "1500")
    key(hands, Qt.Key.Key_Tab)
    assert read_budgets(place) == {"thumb": 1500.0}
    assert "The budget of thumb is used up: consider the other hand" in hands.hands.advice.text()
    assert hands.status.text() == "The budget of thumb is 1500 N·s a day, by your own choice."
    line.budget.setValue(0)
    assert read_budgets(place) == {}
    assert hands.hands.advice.text() == ""


def test_budgets_that_cannot_be_read_are_left_alone(opened: Open, place: Workspace, live: ScriptedLive):
    live.press(0.0)
    file = place.root / "hands.toml"
    file.write_text("budget_ns = 7")
    shown = opened("holds")
    key(shown, Qt.Key.Key_3)
    all_read(shown)
    assert not shown.hands.rows.lines["thumb"].budget.isEnabled()
    assert "Budgets cannot be changed until it is mended" in shown.status.text()
    assert file.read_text() == "budget_ns = 7"


def test_reading_is_left_by_esc_and_gone_on_with_by_f5(opened: Open):
    shown = opened("nothing", "words", "holds")
    key(shown, Qt.Key.Key_3)
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    all_read(shown)
    assert shown.isVisible()
    assert shown.status.text().endswith("of 3 recordings were read. F5 goes on.")
    assert "not read yet, so something may be lacking" in shown.hands.worth.text()
    QTest.keyClick(shown, Qt.Key.Key_F5)
    all_read(shown)
    assert shown.hands.reader.count == len(shown.hands.reader.read) == 3


def test_other_days_and_other_hands_are_told_apart(hands: AfterWindow):
    page = hands.hands
    page.simulated.setChecked(True)
    today = [(path, read) for path, read in page.reader.read if isinstance(read, RecordingLoad)]
    earlier = msgspec.structs.replace(today[0][1], day="2026-01-02", operator="T-1")
    page.reader._known[page.reader._listed[0]] = earlier
    page.show_day()
    assert "2 recordings counted" in page.worth.text()
    page.day.setCurrentText("2026-01-02")
    page.show_day()
    assert "1 recording counted" in page.worth.text()
    page.operator.setCurrentText("no code given")
    page.show_day()
    assert "0 recordings counted" in page.worth.text()
    page._wanted = "T-1"
    page.show_day()
    assert page.operator.currentText() == "T-1"


def test_a_recording_that_cannot_be_read_is_counted_as_such(opened: Open, place: Workspace):
    (place.recordings / "broken.h5").write_text("nothing of the kind")
    shown = opened("holds")
    key(shown, Qt.Key.Key_3)
    all_read(shown)
    assert "1 of all recordings cannot be read" in shown.hands.worth.text()


def test_the_key_and_its_button_are_in_the_window(window: LiveWindow, after: After):
    assert window.bar.after.accessibleName() == "afterwards"
    window.bar.after.click()
    assert after.window is not None
    until(lambda: not after.window.reader.busy)  # type: ignore[union-attr]
    assert Action.AFTER.value.startswith("after a session")
