"""Data are missing in the middle of a hold: what eye and screen reader are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import drawn_anew, on_the_screen
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QLabel
from scripted import ScriptedLive

from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.theme import DARK, font
from nmt_sense.app.widgets.digits import cap_height
from nmt_sense.app.widgets.freeze import fitted
from nmt_sense.coaching.state import Advice
from nmt_sense.pipeline.absence import CABLE_OUT, LOOKING, NO_DATA, RESTARTING
from nmt_sense.state import LinkPhase

REASONS = (CABLE_OUT, NO_DATA, RESTARTING, LOOKING)
CAP_AT_TWO_METRES = 39
"""Pixels of a capital at 1366 × 768 on 14 inches: 15' of arc at two metres."""


def show(window: LiveWindow) -> None:
    window._paced_ns = 0
    window.refresh()
    for _ in range(3):
        QCoreApplication.processEvents()


def hold(live: ScriptedLive) -> None:
    live.press(0.0, 32.0, seconds=0.4)
    live.press(32.0, seconds=1.2)


def freeze(live: ScriptedLive, why: str = CABLE_OUT, seconds: float = 4.2) -> None:
    live.state = replace(
        live.state,
        phase=LinkPhase.LOST,
        frozen=why,
        frozen_s=seconds,
        problem="The glove on /dev/ttyUSB0 was unplugged; plug it in again.",
        progress=replace(live.state.progress, advice=Advice.WAIT),
    )


def thaw(live: ScriptedLive) -> None:
    live.state = replace(live.state, frozen="", frozen_s=0.0)
    live.press(32.0, seconds=0.2)


def colours_of(widget) -> set[str]:
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


def status(window: LiveWindow) -> str:
    return window.bar.status.text()


def test_the_hold_timer_stands_still_and_says_why_and_for_how_long(window, live):
    hold(live)
    show(window)
    held = live.state.progress.in_band_s
    freeze(live)
    show(window)
    desk = window.desk
    assert desk.freeze.isVisible()
    assert not desk.word.isVisible()
    assert desk.ring.text() == f"0:0{int(held)} stands still, of 0:02"
    assert DARK.text not in colours_of(desk.ring)
    before = desk.freeze.grab().toImage()
    freeze(live, seconds=5.3)
    show(window)
    assert desk.freeze.grab().toImage() != before  # its seconds run
    assert not colours_of(desk.freeze) & {DARK.high, DARK.low, DARK.record}


def test_before_the_first_data_there_is_no_hold_to_freeze(window, live):
    live.state = replace(
        live.state, phase=LinkPhase.LOST, frozen=CABLE_OUT, frozen_s=3.0, problem="There is no port X."
    )
    show(window)
    assert not window.desk.freeze.isVisible()
    assert window.desk.sentence.text() == "There is no port X."
    assert "hold timer" not in status(window)


@pytest.mark.parametrize("size", [(1280, 800), (1366, 768), (1920, 1080)])
@pytest.mark.parametrize("why", REASONS)
def test_the_reason_can_be_read_from_two_metres(window, live, size, why):
    hold(live)
    freeze(live, why, 12.0)
    window.resize(*size)
    show(window)
    block = window.desk.freeze
    lines, pixels = fitted(f"{why}, 12 s", block.width(), block.reason_pixels())
    assert cap_height(pixels, True) >= CAP_AT_TWO_METRES * block.scale - 1
    assert len(lines) * block.reason_pixels() <= 0.68 * block.height()


@pytest.mark.usefixtures("qapp")
@given(st.sampled_from(REASONS), st.integers(0, 59), st.integers(200, 600), st.integers(20, 90))
def test_running_seconds_do_not_change_the_size_of_the_letters(why, seconds, width, most):
    tens = 10 * (seconds // 10)
    lines, pixels = fitted(f"{why}, {seconds} s", width, most)
    assert pixels == fitted(f"{why}, {tens or 8} s", width, most)[1]
    assert " ".join(lines) == f"{why}, {seconds} s"
    assert font(pixels, True).pixelSize() == max(8, pixels)


def test_nothing_else_moves_when_it_freezes(window, live):
    for size in ((960, 600), (1280, 800), (1366, 768), (1920, 1080)):
        window.resize(*size)
        thaw(live)
        show(window)
        parts = [window.desk.ring, window.desk.holds, window.desk.strip, window.desk.force, window.record_button]
        before = [part.geometry() for part in parts]
        freeze(live)
        show(window)
        assert [part.geometry() for part in parts] == before


def test_a_screen_reader_hears_of_a_freeze_once_and_of_its_end(window, live):
    hold(live)
    QTest.keyClick(window, Qt.Key.Key_Space)
    freeze(live, seconds=1.2)
    show(window)
    assert status(window) == (
        "⚠ Cable out: the hold timer stands still until data are back. The recording goes on by itself."
    )
    assert isinstance(window.desk.freeze, QLabel)
    assert window.desk.freeze.text() == CABLE_OUT
    window.say("something else")
    heard: list[str] = []
    window.bar.status.said.connect(heard.append)
    for seconds in (1.5, 2.5, 3.5):
        freeze(live, seconds=seconds)
        show(window)
    assert heard == []
    assert window.desk.freeze.text() == CABLE_OUT  # the seconds are for the eye
    thaw(live)
    show(window)
    assert heard == ["Data are back after 3 s; the hold timer goes on. The gap is marked in the recording."]


def test_a_hiccup_is_seen_but_not_told(window, live):
    hold(live)
    heard: list[str] = []
    window.bar.status.said.connect(heard.append)
    freeze(live, NO_DATA, 0.4)
    show(window)
    assert window.desk.freeze.isVisible()
    thaw(live)
    show(window)
    assert heard == []
    assert "back" not in window.desk.sentence.text()


def test_a_reason_that_comes_and_goes_is_told_once(window, live):
    hold(live)
    heard: list[str] = []
    window.bar.status.said.connect(heard.append)
    for why in (NO_DATA, CABLE_OUT, LOOKING, CABLE_OUT, LOOKING):
        freeze(live, why)
        show(window)
    assert [sentence.split(":")[0] for sentence in heard] == ["⚠ No data", "⚠ Cable out", "⚠ Looking for the glove"]


def test_the_return_is_told_under_the_advice_for_a_moment(window, live, monkeypatch):
    hold(live)
    freeze(live, seconds=6.0)
    show(window)
    thaw(live)
    show(window)
    assert window.desk.word.isVisible()
    assert window.desk.sentence.text() == "data are back after 6 s"
    monkeypatch.setattr("nmt_sense.app.following.BACK_SHOWN_S", 0.0)
    live.press(32.0, seconds=0.2)
    show(window)
    assert "back" not in window.desk.sentence.text()


def test_from_three_metres_the_reason_takes_the_place_of_the_old_force(window, live):
    hold(live)
    QTest.keyClick(window, Qt.Key.Key_D)
    freeze(live)
    show(window)
    assert window.distance.force.text() == "cable out, 4 s"
    assert window.distance.held.text().endswith("of 0:02")
    assert DARK.text not in colours_of(window.distance.held)
    thaw(live)
    show(window)
    assert window.distance.force.text() == "32 N"


def test_no_trace_of_the_hatching_is_left_when_data_are_back(window, live):
    live.press(32.0, seconds=3.0)
    show(window)
    freeze(live)
    show(window)
    live.skip(1.0)
    thaw(live)
    for _ in range(20):
        live.press(32.0, seconds=0.3)
        window.refresh()
        QCoreApplication.processEvents()
    plot = window.desk.strip.plot
    assert len(plot.marks.gaps) == 1
    assert on_the_screen(plot) == drawn_anew(plot)
