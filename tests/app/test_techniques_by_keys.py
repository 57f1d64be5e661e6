"""Each technique from beginning to end, with the keyboard alone; the glove follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from opened import open_window
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from scripted import ScriptedLive

from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.widgets.holds_list import now_row
from nmt_sense.coaching.technique import list_techniques, load_technique
from nmt_sense.coaching.template import Pressed, make_template
from nmt_sense.coaching.words import exercise
from nmt_sense.events import EventKind
from nmt_sense.holds import HoldEnd, Kind
from nmt_sense.sensing.profile import ContactArea

TITLES = [(name, load_technique(name).title) for name in list_techniques()]


class Person:
    """A practitioner with a keyboard and a client."""

    def __init__(self, live: ScriptedLive, window: LiveWindow) -> None:
        self.live, self.window, self.seen = live, window, []

    def key(self, code: int | str) -> Person:
        """Press a key where the keyboard is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, code)
        return self.look()

    def press(self, *newtons: float, seconds: float = 1.0) -> Person:
        self.live.press(*newtons, seconds=seconds)
        return self.look()

    def look(self) -> Person:
        """What the window says now; each new word is remembered."""
        for _ in range(2):  # the curve is drawn every other time
            self.live.age(0.0)  # however slow the computer is
            self.window._paced_ns = 0
            self.window.refresh()
        if not self.seen or self.seen[-1] != self.word:
            self.seen.append(self.word)
        return self

    @property
    def word(self) -> str:
        return self.window.desk.word.text()

    @property
    def say(self) -> str:
        return self.window.desk.say.text()

    @property
    def ring(self) -> str:
        return self.window.desk.ring.text()

    @property
    def facts(self) -> str:
        return self.window.desk.course.facts.text()

    @property
    def ends(self) -> list[HoldEnd]:
        return [hold.end for hold in self.live.state.holds]

    def begin(self, name: str) -> None:
        """Choose a technique and start to record."""
        self.press(0.0)
        self.key("c")
        wanted = [each for each, _ in TITLES].index(name)
        for code, times in ((Qt.Key.Key_Down, len(TITLES)), (Qt.Key.Key_Up, len(TITLES) - 1 - wanted)):
            for _ in range(times):
                QTest.keyClick(QApplication.focusWidget(), code)
        if wanted == len(TITLES) - 1:
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up)
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
        self.key(Qt.Key.Key_Return).key(Qt.Key.Key_Space)
        assert self.live.technique.name == name
        assert self.live.state.recording


@pytest.fixture
def person(live: ScriptedLive, qapp: QApplication) -> Iterator[Person]:
    window = open_window(live, TITLES)
    yield Person(live, window)
    window.recording_switch.wait()
    live.state = replace(live.state, recording=False)
    QCoreApplication.processEvents()
    window.close()
    window.deleteLater()


def identification(person: Person, least_n: float = 6.1) -> None:
    for trial, newtons in enumerate((28.0, 32.0, 34.0), 1):
        person.press(0.0, newtons / 2, seconds=newtons / 10)
        assert person.word == "GO ON"
        assert "N/s, 3.5–6.5 wanted" in person.ring
        assert f"trial {trial} of 3" in person.facts
        person.press(newtons / 2, newtons, seconds=newtons / 10).key("t")
        assert person.word == "LET GO"
        person.press(newtons, 0.0, seconds=0.3).press(0.0, seconds=2.0)
        if trial < 3:
            assert person.word == "REST"
            assert "rest, of 0:30" in person.ring
            person.press(0.0, seconds=30.0)
            assert person.word == "READY"
    assert person.word == "DONE"
    assert person.window.desk.course.title.text() == "Finished"
    # the glove is sure to 2 N: of a mean of (2 + 34) / 2 = 18 N, so at 34 N 2 / 18 * 34 = 3.8 N
    assert "threshold 33.0 ±2.0 N (2 trials, SEM 1.0 N); uncalibrated: no change can be judged" in person.facts
    person.live.state = replace(person.live.state, calibration="calibrated")
    assert f"smallest real change {least_n} N beyond the calibration's band" in person.look().facts
    assert "are for 1 cm²" not in person.facts
    person.live.state = replace(person.live.state, contact_area=ContactArea(cm2=3.0, method="ink"))
    assert "limits of the loading rate are for 1 cm², not for 3 cm²" in person.look().facts
    assert person.ends == [HoldEnd.REPORTED] * 3


def on_oneself(person: Person) -> None:
    assert "Press on yourself" in person.say
    identification(person, least_n=8.5)


def release(person: Person) -> None:
    person.press(0.0, 15.0, seconds=2.0)
    for level in (1, 2, 3):
        person.press(15.0, seconds=5.0)
        assert f"level {level} of 3" in person.facts
        assert "until it gives way" in person.ring
        person.key("g")
    assert person.word == "LET GO"
    person.press(15.0, 0.0, seconds=0.5)
    assert person.ends == [HoldEnd.BARRIER] * 3


def compression(person: Person) -> None:
    person.press(0.0, 32.0, seconds=2.0).key("6")
    assert "pain 6 at" in person.window.desk.sentence.text()
    person.press(32.0, seconds=60.0)
    assert person.word == "HOLD"
    person.key("4").press(32.0, seconds=31.0)
    assert person.word == "DONE"
    person.press(32.0, 0.0, seconds=0.5).press(0.0)
    assert person.ends == [HoldEnd.COMPLETED]
    person.press(0.0, 32.0, seconds=2.0).press(32.0, seconds=5.0).key(Qt.Key.Key_Return)
    assert person.word == "LET GO"
    assert "the client stopped it" in person.say
    assert person.ends[-1] is HoldEnd.CLIENT_STOP


def percent(person: Person) -> None:
    """Threshold 20 N, tolerance 35 N: the middle is 27.5 N, and 10 % around it 24.75 to 30.25 N, for 60 s."""
    person.press(0.0, 20.0, seconds=4.0).key("t")
    assert person.word == "GO ON"
    person.press(20.0, 35.0, seconds=3.0).key("l")
    assert person.word == "LET GO"
    person.press(35.0, 0.0, seconds=0.4).press(0.0, seconds=2.0)
    assert person.ends == [HoldEnd.REPORTED]
    assert "phase 2 of 2" in person.window.desk.course.place.text()
    assert "threshold 20.0 ±2.0 N" in person.facts
    assert "tolerance 35.0 ±2.0 N" in person.facts
    progress = person.live.state.progress
    assert (progress.low_n, progress.high_n) == pytest.approx((24.75, 30.25), abs=0.02)
    person.press(0.0, 24.0, seconds=6.0).press(24.0, seconds=1.0)
    assert person.word == "MORE"
    person.press(24.0, 25.5, seconds=0.5).press(25.5, seconds=2.0)
    assert person.word == "HOLD"
    person.press(25.5, 31.5, seconds=0.5).press(31.5)
    assert person.word == "LESS"
    person.press(31.5, 30.0, seconds=0.5).press(30.0, seconds=56.0)
    assert person.word == "HOLD"
    person.press(30.0, seconds=3.0)
    assert person.word == "DONE"
    person.press(30.0, 0.0, seconds=0.5).press(0.0)
    assert person.ends == [HoldEnd.REPORTED, HoldEnd.COMPLETED]
    hold = person.live.state.holds[-1]
    assert (hold.wanted_s, hold.overshoot_n) == (60.0, pytest.approx(31.5 - 30.25, abs=0.05))


def patient_led(person: Person) -> None:
    person.press(0.0, 24.0, seconds=5.0)
    assert person.word == "GO ON"
    assert person.say == "Press slowly harder until the client reports pain."
    assert "left at most" in person.ring
    person.key("7")
    assert person.say == "Hold this force until the pain has eased."
    person.press(24.0, seconds=10.0).key("6").press(24.0, seconds=5.0).key("3")
    assert person.ends == [HoldEnd.EASED]
    person.press(24.0, 29.0, seconds=2.0)
    assert person.word == "GO ON"  # to the next level
    person.key("9")
    assert person.word == "LET GO"
    assert person.ends[-1] is HoldEnd.PAIN_CEILING


def increments(person: Person) -> None:
    newtons = 18.0
    person.press(0.0, newtons, seconds=4.0)
    for level in (1, 2, 3):
        assert f"level {level} of 3" in person.facts
        person.key("5").press(newtons, seconds=10.0).key("e")
        person.press(newtons, newtons + 4, seconds=2.0)
        newtons += 4
    assert person.word == "LET GO"
    assert person.ends == [HoldEnd.EASED] * 3


def myofascial(person: Person) -> None:
    person.press(0.0, 12.0, seconds=4.0)
    for _ in range(3):
        person.press(12.0, seconds=95.0)
        assert "in band, until it gives way" in person.ring
        person.key("g")
    assert person.ends == [HoldEnd.BARRIER] * 3


def relaxation(person: Person) -> None:
    assert "phase 1 of 4" in person.window.desk.course.place.text()
    person.press(0.0, 80.0, seconds=2.0).press(80.0, seconds=2.0)
    assert person.word == "GO ON"
    person.press(80.0, 0.0, seconds=0.5).press(0.0, seconds=1.0)
    assert "maximum 80.0 ±2.0 N" in person.facts
    for round_of_five in (1, 2):
        assert f"round {round_of_five} of 5" in person.window.desk.course.place.text()
        person.press(0.0, 12.0, seconds=1.0).press(12.0, seconds=3.0)
        assert person.word == "HOLD"
        person.press(12.0, seconds=5.0).press(12.0, 0.0, seconds=0.4)
        assert person.word == "RELAX"
        person.press(0.0, seconds=6.0)
        assert person.word == "STRETCH"
        assert "left of 0:30" in person.ring
        if round_of_five == 2:
            person.key("w")
        person.press(0.0, seconds=31.0)
    assert person.word == "DONE"


def strokes(person: Person) -> None:
    for stroke in range(1, 9):
        person.press(0.0, 8.0, seconds=0.5)
        assert f"{stroke} of 8 strokes" in person.ring
        person.press(8.0, 0.0, seconds=0.5).press(0.0, seconds=0.5)
    assert person.word == "DONE"
    assert person.say.startswith("8 strokes, 40 a minute (varying by 0 %), mean peak 8.0 ±2.0 N (varying by 0 %)")


def words(person: Person) -> None:
    for asked in exercise():
        assert person.word == asked.upper()
        person.press(0.0, 10.0, seconds=0.5).press(10.0, seconds=3.1).press(10.0, 0.0, seconds=0.5).press(0.0)
    assert person.word == "DONE"


SCRIPTS: dict[str, Callable[[Person], None]] = {
    "trigger-point-threshold": identification,
    "trigger-point-threshold-self": on_oneself,
    "trigger-point-release": release,
    "ischemic-compression": compression,
    "ischemic-compression-percent": percent,
    "ischemic-compression-patient-led": patient_led,
    "ischemic-compression-increments": increments,
    "myofascial-release": myofascial,
    "post-isometric-relaxation": relaxation,
    "neuromuscular-strokes": strokes,
    "pressure-words": words,
}


def test_every_shipped_technique_has_a_script_here() -> None:
    assert set(SCRIPTS) == set(list_techniques())


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_technique_runs_from_the_keyboard_alone(person: Person, name: str) -> None:
    person.begin(name)
    SCRIPTS[name](person)
    person.press(0.0, seconds=2.0).key(Qt.Key.Key_Space)
    assert not person.live.state.recording


def test_a_template_is_followed_with_its_match(person: Person) -> None:
    person.begin("ischemic-compression")
    compression(person)
    target = [30.0 * min(1.0, k / 40) for k in range(200)]
    pressed = Pressed(person.live.state.holds[0], target, 30.0, 15.0)
    technique = load_technique()
    person.live.run(make_template([pressed], technique, name="expert", made_from="a hold", tolerance_n=4.0))
    person.press(0.0)
    ground = person.window.desk.strip.plot.ground
    assert ground.ghost is not None
    assert ground.ghost.x[0] == 0.0  # it waits for the press
    assert ground.ghost.x[-1] == pytest.approx(5.0, abs=0.06)
    person.press(3.0, 30.0, seconds=1.9).press(30.0, seconds=2.0)
    assert "match 100 %" in person.ring
    assert ground.ghost.x[0] == pytest.approx(-3.9, abs=0.1)
    assert person.window.desk.tape._ghost_n == pytest.approx(30.0)
    person.press(30.0, seconds=7.0)
    assert person.live.state.holds[-1].kind is Kind.FOLLOW
    assert person.live.state.holds[-1].score > 95


def test_a_template_goes_on_while_the_force_is_wrong_and_the_list_counts_the_time_that_was_right(
    person: Person,
) -> None:
    person.begin("ischemic-compression")
    compression(person)
    pressed = Pressed(person.live.state.holds[0], [30.0] * 200, 30.0, 15.0)
    technique = load_technique()
    person.live.run(make_template([pressed], technique, name="expert", made_from="a hold", tolerance_n=4.0))
    person.press(0.0).press(30.0, seconds=2.5).press(45.0, seconds=3.0)
    assert "0:05" in person.ring
    ground = person.window.desk.strip.plot.ground
    assert ground.ghost is not None
    assert ground.ghost.x[0] == pytest.approx(-5.5, abs=0.2)
    assert now_row(person.live.state)[3] == "0:02"


def test_a_stop_is_shown_until_the_practitioner_goes_on(person: Person) -> None:
    person.begin("post-isometric-relaxation")
    person.press(0.0, 80.0, seconds=2.0).press(80.0, seconds=2.0).press(80.0, 0.0, seconds=0.5).press(0.0, seconds=1.0)
    person.press(0.0, 12.0, seconds=1.0).press(12.0, seconds=3.0).key(Qt.Key.Key_Return)
    assert person.word == "LET GO"
    assert person.say == "Hold 2: the client stopped it."
    person.press(12.0, 0.0, seconds=0.5).press(0.0, seconds=20.0)
    assert (person.word, person.ring, person.say) == ("STOPPED", "– stopped", "The client stopped it. N goes on.")
    person.key("n").press(0.0)
    assert person.word == "RELAX"


def test_a_pain_report_undone_is_shown_no_more(person: Person) -> None:
    person.begin("ischemic-compression")
    person.press(0.0, 32.0, seconds=2.0).key("2").key("6").press(32.0)
    assert "pain 6" in person.facts
    person.key("u").press(32.0)
    assert "pain 2" in person.facts
    person.key("u").press(32.0)
    assert "pain" not in person.facts


def test_a_trial_without_its_rest_is_flagged(person: Person) -> None:
    person.begin("trigger-point-threshold")
    for newtons in (28.0, 32.0):
        person.press(0.0, newtons, seconds=newtons / 5).key("t").press(newtons, 0.0, seconds=0.4)
        person.press(0.0, seconds=2.0)
        assert person.word == "REST"
    assert "rest too short before 1" in person.facts


def test_an_undone_mark_leaves_the_chart_and_is_told(person: Person) -> None:
    person.begin("ischemic-compression")
    person.press(0.0, 32.0, seconds=2.0).key("6").press(32.0)
    assert [mark.label for mark in person.window._marks.labels] == ["pain 6"]
    person.key("u")
    assert person.window._marks.labels == []
    assert "undone: pain at" in person.window.desk.sentence.text()
    person.key("x")
    assert person.live.state.events[-1].value == 10.0
    assert [event.kind for event in person.live.state.events] == [EventKind.NRS, EventKind.UNDO, EventKind.NRS]


def test_a_rate_that_is_too_fast_is_said_in_word_and_colour(person: Person) -> None:
    person.begin("trigger-point-threshold")
    person.press(0.0, 30.0, seconds=3.0)
    assert person.word == "SLOWER"
    assert "6.5 at most" in person.window.desk.sentence.text()
    person.press(30.0, seconds=1.0)
    assert person.word == "FASTER"
