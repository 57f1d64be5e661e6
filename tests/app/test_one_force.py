"""One moment has one contact force; every other number says what it is, and whose."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import pytest
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtTest import QTest
from scripted import INFO

from nmt_sense.app.pages import MOVED_SHARE
from nmt_sense.app.theme import DARK
from nmt_sense.app.widgets.hand import PRESSED_N
from nmt_sense.app.worth import sensors_title
from nmt_sense.holds import Kind


def show(window) -> None:
    """Everything, however quiet."""
    window._paced_ns = 0
    window.refresh()


def held_once(window, live) -> None:
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=2.5)
    live.press(32.0, 0.0, seconds=0.4)
    live.press(0.0)
    show(window)


def colours_of(widget) -> set[str]:
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


def test_between_two_holds_the_ring_says_of_which_its_time_is(window, live):
    live.press(0.0)
    show(window)
    assert window.desk.ring.text() == "0:00 in band, of 0:02"
    held_once(window, live)
    assert window.desk.word.text() == "READY"
    assert window.desk.ring.text() == "0:02 hold 1: in band, of 0:02"
    assert window.desk.course.facts.text() == "next: repetition 2"
    assert DARK.text not in colours_of(window.desk.ring)
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=0.5)
    show(window)
    assert window.desk.ring.text() == "0:00 in band, of 0:02"
    assert window.desk.course.facts.text() == "repetition 2"
    assert DARK.text in colours_of(window.desk.ring)


def test_from_afar_it_says_so_too(window, live):
    held_once(window, live)
    QTest.keyClick(window, Qt.Key.Key_D)
    show(window)
    assert window.distance.held.text() == "hold 1: 0:02 of 0:02"


def test_while_letting_go_the_digits_follow_the_force_at_once(window, live):
    live.press(0.0, 40.0, seconds=0.4)
    show(window)
    for newtons in range(40, 0, -3):
        live.press(float(newtons), float(newtons - 3), seconds=0.016)
        window.refresh()
        QCoreApplication.processEvents()
        digits = float(window.desk.force.digits.replace("−", "-"))
        assert abs(digits - live.state.contact_n) <= MOVED_SHARE * window.desk.tape.maximum() + 0.61


def test_a_steady_force_keeps_its_digits_calm(window, live):
    live.press(0.0, 32.0, seconds=0.4)
    show(window)
    shown = window.desk.force.digits
    live.press(32.0, 32.8, seconds=0.016)  # the last digit would be another one
    window._paced_ns = time.monotonic_ns()  # it is not yet time for the digits
    window.refresh()
    assert window.desk.force.digits == shown


def test_a_maximum_is_one_number_in_the_ring_and_below_it(window, live):
    live.set_technique("post-isometric-relaxation")
    live.press(0.0, 40.0, seconds=0.5)
    show(window)
    for newtons in range(40, 90, 2):
        live.press(float(newtons), newtons + 2.0, seconds=0.016)
        window.refresh()
        assert window.desk.ring.text() == f"{window.desk.force.digits} {window.desk.force.half} N just now"


@pytest.mark.parametrize(
    ("technique", "heading"),
    [("ischemic-compression", "mean N"), ("trigger-point-threshold", "result N"), ("neuromuscular-strokes", "peak N")],
)
def test_the_forces_of_finished_presses_say_what_they_are(window, live, technique, heading):
    live.set_technique(technique)
    live.press(0.0, 8.0, seconds=1.5)
    show(window)
    rows = window.desk.holds.rows
    assert rows.headerData(2, Qt.Orientation.Horizontal) == heading
    now = rows.data(rows.index(0, 2))
    assert (now == "–") is (heading != "mean N" or live.state.progress.mean_n != live.state.progress.mean_n)


def test_a_trial_that_measured_nothing_shows_no_result(window, live):
    live.set_technique("trigger-point-threshold")
    live.press(0.0, 20.0, seconds=4.0)
    live.press(20.0, 0.0, seconds=0.4)
    live.press(0.0)
    show(window)
    assert live.state.holds[-1].kind is Kind.RAMP
    rows = window.desk.holds.rows
    assert rows.data(rows.index(0, 2)) == "–"


def test_the_hand_says_that_its_numbers_are_those_of_single_sensors_and_how_sure(window, live):
    live.press(0.0)
    show(window)
    assert window.desk.sensors_caption.text() == "N on each sensor"
    live.press(0.0, 32.0)
    show(window)
    assert window.desk.sensors_caption.text() == "N on each sensor, ±1.4 at most"
    assert window.desk.hand.toolTip().splitlines()[0] == "thumb 28 N ±1.4 N"
    assert "palm_thumb 4 N ±0.2 N" in window.desk.hand.text()


def test_a_band_of_the_hand_holds_for_every_number_on_it():
    assert sensors_title((30.0, 4.0, 0.0), (15.5, 2.5, 90.0)) == "N on each sensor, ±16 at most"
    assert sensors_title((30.0,), (float("inf"),)) == "N on each sensor, ±∞ at most"
    assert sensors_title((PRESSED_N / 2,), (0.6,)) == "N on each sensor"


def test_nothing_about_the_hand_is_told_while_it_is_blinded(window, live):
    live.set_technique("pressure-words")
    live.press(0.0, 20.0)
    show(window)
    assert window.desk.sensors_caption.text() == "N on each sensor"
    assert "20" not in window.desk.hand.text() + window.desk.hand.toolTip()


def test_the_distance_view_carries_the_band_of_its_force(window, live):
    live.press(0.0, 32.0)
    QTest.keyClick(window, Qt.Key.Key_D)
    show(window)
    assert window.distance.worth.text() == "SIMULATED · force ±2.0 N · nominal, uncalibrated"
    live.age(2.0)
    live.lose("The glove was unplugged; plug it in again.")
    show(window)
    assert "nominal, uncalibrated" in window.distance.worth.text()


def test_the_distance_view_says_when_the_glove_is_a_simulated_one(window, live):
    live.press(0.0, 32.0)
    QTest.keyClick(window, Qt.Key.Key_D)
    live.state = replace(live.state, calibration_trusted=True)
    show(window)
    assert window.distance.worth.text() == "SIMULATED · force ±2.0 N"
    assert DARK.high_text in colours_of(window.distance.worth)
    live.state = replace(live.state, info=msgspec.structs.replace(INFO, serial_number=7))
    show(window)
    assert window.distance.worth.text() == "force ±2.0 N"
