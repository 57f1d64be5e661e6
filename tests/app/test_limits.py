"""What is set for a session by F2: ceilings and what is known of the client, and how far they go."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from test_reports import agree, ask_session, key, look

from nmt_sense.coaching.technique import load_technique


def test_a_force_ceiling_is_seen_said_and_sounded(window, live):
    live.press(0.0)
    dialog = ask_session(window)
    dialog.force.setValue(40.0)
    dialog.pain.setValue(5.0)
    agree(dialog, window)
    assert (live.technique.force_ceiling_n, live.technique.pain_limit) == (40.0, 5.0)
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0, 43.0, seconds=3.0)
    look(window)
    assert window.desk.say.text() == "Above the ceiling of 40 N: ease off now."
    image = window.desk.word.grab().toImage()
    assert image.pixelColor(image.width() - 20, 6).name() == window.desk.theme.high  # the plate
    kinds = [window._sound._mixer._cues.get_nowait().kind.value for _ in range(live.cues.qsize())]
    assert "ceiling" in kinds
    key(window, "6")
    look(window)
    assert live.state.holds[-1].end.value == "pain_ceiling"
    assert window.desk.word.text() == "LESS"  # the alarm stands until the force has gone down


def test_ceilings_go_with_every_technique_that_is_chosen_later(window, live):
    live.press(0.0)
    dialog = ask_session(window)
    dialog.force.setValue(55.0)
    dialog.threshold.setValue(31.0)
    agree(dialog, window)
    window._ask_technique("myofascial-release")
    assert live.technique.name == "myofascial-release"
    assert live.technique.force_ceiling_n == 55.0
    assert live.technique.references.threshold_n == 31.0
    dialog = ask_session(window)
    assert dialog.force.value() == 55.0
    dialog.force.setValue(0.0)
    agree(dialog, window)
    assert live.technique.force_ceiling_n is None


@pytest.mark.parametrize(("name", "own"), [("post-isometric-relaxation", 3.0), ("trigger-point-release", 4.0)])
def test_what_was_not_changed_leaves_another_technique_its_own_ceiling(window, live, name, own):
    live.press(0.0)
    dialog = ask_session(window)
    dialog.force.setValue(60.0)
    agree(dialog, window)
    window._ask_technique(name)
    assert (live.technique.pain_limit, live.technique.force_ceiling_n) == (own, 60.0)
    dialog = ask_session(window)
    dialog.pain.setValue(own - 1)
    agree(dialog, window)
    window._ask_technique("ischemic-compression")
    assert (live.technique.pain_limit, live.technique.force_ceiling_n) == (own - 1, 60.0)
    assert f"pain above {own - 1:g} ends a hold" in window.bar.status.text()


@pytest.mark.parametrize(("wished", "used"), [(9.0, 3.0), (7.0, 3.0), (2.0, 2.0)])
def test_a_pain_ceiling_set_for_one_technique_never_raises_that_of_a_gentler_one(window, live, wished, used):
    live.press(0.0)
    for pain in (5.0, wished):  # also one that was set back to what the first technique's own file says
        dialog = ask_session(window)
        dialog.pain.setValue(pain)
        agree(dialog, window)
    window._ask_technique("post-isometric-relaxation")
    assert live.technique.pain_limit == used
    window._ask_technique("ischemic-compression")
    assert live.technique.pain_limit == min(wished, 7.0)
    dialog = ask_session(window)
    dialog.pain.setValue(8.0)  # of the technique in use it is the user's to say
    agree(dialog, window)
    assert live.technique.pain_limit == 8.0


def test_agreeing_to_what_stands_there_wishes_for_nothing(window, live):
    live.press(0.0)
    live.set_references(threshold_n=31.04)
    agree(ask_session(window), window)
    assert live.technique.references.threshold_n == 31.04  # not the rounded one of the field
    window._ask_technique("post-isometric-relaxation")
    assert live.technique.pain_limit == 3.0


def test_another_client_is_not_measured_yet(window, live):
    live.press(0.0)
    dialog = ask_session(window)
    dialog.threshold.setValue(31.0)
    agree(dialog, window)
    key(window, Qt.Key.Key_P)
    key(window, "7")
    assert live.technique.references.threshold_n is None
    assert "forgotten" in window.bar.status.text()


def test_during_a_recording_the_limits_stay_and_the_dialog_says_so(window, live):
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    dialog = ask_session(window)
    assert not dialog.force.isEnabled()
    assert "While a recording runs" in dialog.problem.text()
    dialog.volume.setValue(30)
    agree(dialog, window)
    assert window._sound._mixer.volume == pytest.approx(0.3)


def measured_maximum(window, live, newtons):
    live.press(0.0, newtons, seconds=2.0)
    live.press(newtons, seconds=2.0)
    live.press(newtons, 0.0, seconds=0.5)
    live.press(0.0)
    look(window)


def test_what_a_hand_shows_while_techniques_are_looked_through_is_no_number_of_the_client(window, live):
    live.press(0.0)
    window._ask_technique("post-isometric-relaxation")
    measured_maximum(window, live, 30.7)
    assert "maximum 30.7" in window.desk.course.facts.text()
    dialog = ask_session(window)
    assert dialog.maximum.value() == 0.0
    agree(dialog, window)
    window._ask_technique("ischemic-compression")
    assert window.bar.status.text().startswith("Not recorded, and so not taken along: maximum 30.7 ±")
    assert live.technique.references.maximum_n is None
    look(window)
    assert "maximum" not in window.desk.course.facts.text()


def recorded_maximum(window, live, qtbot):
    """80 N, measured while recording."""
    live.press(0.0)
    window._ask_technique("post-isometric-relaxation")
    key(window, Qt.Key.Key_Space)
    measured_maximum(window, live, 80.0)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "Saved" in window.bar.status.text())


def test_a_maximum_that_was_recorded_goes_along_and_is_called_measured(window, live, qtbot):
    recorded_maximum(window, live, qtbot)
    for name in ("ischemic-compression", "post-isometric-relaxation"):
        window._ask_technique(name)
        look(window)
        assert "taken along: maximum 80.0 ±2.0 N as measured" in window.bar.status.text()
        assert "maximum 80.0 ±2.0 N as measured" in window.desk.course.facts.text()
    measured_maximum(window, live, 30.7)  # nobody records it
    window._ask_technique("ischemic-compression")
    assert live.technique.references.maximum_n == pytest.approx(80.0)


def recorded_trials(window, live, qtbot, name, *thresholds):
    """Trials of a threshold in N, while recording."""
    live.press(0.0)
    window._ask_technique(name)
    key(window, Qt.Key.Key_Space)
    for newtons in thresholds:
        live.press(0.0, newtons, seconds=newtons / 5)
        key(window, "t")
        live.press(newtons, 0.0, seconds=0.5)
        live.press(0.0, seconds=31.0)
        look(window)
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "Saved" in window.bar.status.text())
    look(window)


def test_a_first_trial_that_will_be_discarded_is_neither_told_nor_taken_along_as_the_threshold(window, live, qtbot):
    recorded_trials(window, live, qtbot, "trigger-point-threshold", 28.0)
    facts = window.desk.course.facts.text()
    assert "first trial 28.0 ±2.0 N, will be discarded" in facts
    assert "threshold" not in facts
    window._ask_technique("ischemic-compression")
    assert "taken along" not in window.bar.status.text()
    assert live.technique.references.threshold_n is None


def test_a_threshold_of_one_trial_says_how_many_are_asked_for(window, live, qtbot):
    recorded_trials(window, live, qtbot, "trigger-point-threshold", 28.0, 34.0)
    facts = window.desk.course.facts.text()
    assert "threshold 34.0 ±2.0 N (1 of 2 trials)" in facts
    assert "first trial" not in facts
    window._ask_technique("ischemic-compression")
    assert "taken along: threshold 34.0 ±2.0 N as measured" in window.bar.status.text()


def test_a_threshold_on_oneself_is_not_taken_along_to_what_another_presses(window, live, qtbot):
    """It is about 40 % higher than what the same person bears from another."""
    recorded_trials(window, live, qtbot, "trigger-point-threshold-self", 30.0, 40.0)
    assert "threshold 40.0" in window.desk.course.facts.text()
    window._ask_technique("ischemic-compression")
    assert window.bar.status.text().startswith("Measured on oneself, and so not taken along: threshold 40.0 ±")
    assert live.technique.references.threshold_n is None


def test_what_was_recorded_of_one_client_is_forgotten_with_another(window, live, qtbot):
    recorded_maximum(window, live, qtbot)
    key(window, Qt.Key.Key_P)
    key(window, "7")
    assert "forgotten" in window.bar.status.text()
    window._ask_technique("ischemic-compression")
    assert live.technique.references.maximum_n is None


def test_what_somebody_set_is_called_given(window, live):
    live.press(0.0)
    dialog = ask_session(window)
    dialog.maximum.setValue(31.0)
    agree(dialog, window)
    window._ask_technique("post-isometric-relaxation")
    assert "taken along: maximum 31.0 N as given" in window.bar.status.text()


def test_pain_of_a_recording_that_is_over_is_called_the_last(window, live, qtbot):
    live.press(0.0)
    key(window, Qt.Key.Key_Space)
    live.press(0.0, 32.0, seconds=0.5)
    key(window, "6")
    look(window)
    assert "pain 6" in window.desk.course.facts.text()
    assert "last pain" not in window.desk.course.facts.text()
    key(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "Saved" in window.bar.status.text())
    look(window)
    assert "last pain 6" in window.desk.course.facts.text()


def test_that_a_limit_set_after_presses_begins_the_technique_anew_is_said(window, live):
    live.run(load_technique("ischemic-compression").with_target(28.0, 36.0, 1.0))
    live.press(0.0, 32.0, seconds=0.5)
    live.press(32.0, seconds=2.0)
    live.press(32.0, 0.0, seconds=0.5)
    live.press(0.0)
    dialog = ask_session(window)
    dialog.practitioner.setText("T-1")
    agree(dialog, window)
    assert len(live.state.holds) == 1  # the practitioner's code is no reason to begin anew
    assert "anew" not in window.bar.status.text()
    dialog = ask_session(window)
    dialog.force.setValue(60.0)
    agree(dialog, window)
    assert not live.state.holds
    assert "The technique begins anew." in window.bar.status.text()
