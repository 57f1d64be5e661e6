"""Words for pressure and your own hands, after a session, over real recordings."""

from __future__ import annotations

import re

import msgspec
import pytest
from afterwards import ENTER, SPACE, Open, all_read, key, read
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor
from PyQt5.QtTest import QTest
from sat import sat
from scripted import ScriptedLive

from nmt_sense.analysis.hands import loads_of, read_budgets
from nmt_sense.analysis.judging import presses_of
from nmt_sense.analysis.scales import keep_scale, practitioners
from nmt_sense.app.after_page import mean_text
from nmt_sense.app.after_window import AfterWindow
from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.theme import DARK, LIGHT
from nmt_sense.coaching.own_hands import RecordingLoad
from nmt_sense.coaching.words import Scale, Word, read_scale
from nmt_sense.commands.practitioner import compare
from nmt_sense.workspace import Workspace

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
    assert ", SD " in shown.words.chart.text()
    assert re.match(r"very light 3\.\d ±\d\.\d N, SD ", shown.words.chart.text())  # each word has its own band
    assert "nominal, uncalibrated" in shown.words.told.text()
    key(shown, ENTER)
    assert shown.status.text().endswith("The scale before it is kept as S-07.1.toml.")
    assert (place.root / "words" / "S-07.1.toml").is_file()
    assert shown.words.whose.findText("S-07.1") < 0


def test_each_press_beside_the_word_it_answers_has_the_band_of_its_force(opened: Open, place: Workspace):
    shown = opened("words")
    presses = presses_of(place.recordings / "words.h5").presses
    told = [row.cells[2] for row in shown.words.table.presses.rows]
    assert told == [mean_text(press.meant_n, press.meant_uncertainty_n) for press in presses]
    assert all(re.fullmatch(r"[\d.]+ ±[\d.]+", cell) for cell in told)


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


def test_words_that_do_not_rise_are_refused_by_name(opened: Open, place: Workspace):
    shown = opened("words")
    shown.words.practitioner.setText("S-07")
    shown.words.seed.setValue(3)  # as if other words had been asked for
    shown.words.go()
    assert "No scale was kept, for “firm” (" in shown.status.text()
    assert practitioners(place.root) == []


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
    assert "% above 4.1 ±0.2 N;" in shown.words.chart.text()
    assert "% below 61.5 ±3.1 N" in shown.words.chart.text()
    assert "S-07 pressed with thumb (calibration: nominal" in shown.words.told.text()
    assert "T-1 pressed with palm (calibration: checked). Other parts of the hand" in shown.words.told.text()
    assert "± is the 95 % band. Where gloves or calibrations differ, less than" in shown.words.told.text()
    assert "all forces" not in shown.words.told.text()
    shown.words.beside.setCurrentText("X-9")
    shown.words.beside.activated.emit(shown.words.beside.currentIndex())
    assert "no word in common" in shown.words.told.text()


def test_words_are_called_apart_only_beyond_what_two_gloves_may_differ_by(opened: Open, place: Workspace):
    for code, light_n, relative in (("S-1", 8.0, 0.05), ("S-2", 8.0, 1.17), ("T-1", 4.0, 0.05)):
        words = (Word("light", (light_n, light_n * 1.05)), Word("deep", (60.0, 63.0)))
        keep_scale(place.root, Scale(code, "thumb", "checked", relative, words))
    shown = opened("holds")
    for code, told in (("S-1", "100 % above 4.1 ±0.2 N, clearly apart;"), ("S-2", "100 % above 4.1 ±0.2 N;")):
        shown.words.show_scales(code)
        shown.words.beside.setCurrentText("T-1")
        shown.words.beside.activated.emit(shown.words.beside.currentIndex())
        assert told in shown.words.chart.text()
    assert "less than so much apart tells nothing: light 234 %; deep 117 %." in shown.words.told.text()


def test_the_page_and_the_terminal_compare_by_each_words_own_band(
    opened: Open, place: Workspace, capsys: pytest.CaptureFixture[str]
):
    for code, light_n, deep_n in (("S-1", 9.0, 60.0), ("T-1", 4.0, 40.0)):
        words = (Word("light", (light_n, light_n), 1.17), Word("deep", (deep_n, deep_n + 2), 0.1))
        keep_scale(place.root, Scale(code, "thumb", "checked", 1.17, words))
    shown = opened("holds")
    shown.words.show_scales("S-1")
    shown.words.beside.setCurrentText("T-1")
    shown.words.beside.activated.emit(shown.words.beside.currentIndex())
    assert shown.words.chart.text().endswith("deep 61.0 ±6.1 N, SD 1.4, 49 % above 41.0 ±4.1 N, clearly apart")
    assert "tells nothing: light 288 %; deep 18 %." in shown.words.told.text()
    compare("S-1", "T-1", workspace=place.root)
    printed = capsys.readouterr().out
    assert re.search(r"light +9\.0 ± 11 +4\.0 ± 4\.7 +\+125 % +288 % +– +no", printed)
    assert re.search(r"deep +61\.0 ± 6\.1 +41\.0 ± 4\.1 +\+49 % +18 % +\+14\.1 +yes", printed)


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


def test_fields_can_be_read_after_the_appearance_was_changed(hands: AfterWindow, window: LiveWindow):
    for ground in (LIGHT, DARK):
        hands.follow()
        window.act(Action.THEME)
        window.act(Action.AFTER)
        fields = [line.budget.lineEdit().palette() for line in hands.hands.rows.lines.values()]
        assert {made.color(made.ColorRole.Base).name() for made in fields} == {QColor(ground.panel).name()}
        assert {made.color(made.ColorRole.Text).name() for made in fields} == {QColor(ground.text).name()}


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


def test_digits_turn_the_pages_until_a_budget_is_chosen(hands: AfterWindow, place: Workspace):
    line = hands.hands.rows.lines["thumb"]
    line.budget.setValue(1000)
    for code, page in ((Qt.Key.Key_2, 1), (Qt.Key.Key_3, 2), (Qt.Key.Key_1, 0), (Qt.Key.Key_3, 2)):
        key(hands, code)
        assert hands.tabs.currentIndex() == page
    assert read_budgets(place) == {"thumb": 1000.0}
    all_read(hands)
    for _ in range(10):
        if line.budget.hasFocus():
            break
        key(hands, Qt.Key.Key_Tab)
    key(hands, Qt.Key.Key_2, Qt.Key.Key_Return)
    assert hands.pages.currentWidget() is hands.hands
    assert read_budgets(place) == {"thumb": 2.0}


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
