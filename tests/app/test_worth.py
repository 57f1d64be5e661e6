from __future__ import annotations

from dataclasses import replace

import pytest
from scripted import ScriptedLive

from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.worth import holds_title, pressure, worth
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.technique import load_technique
from nmt_sense.sensing.layout import UNCHECKED, UNKNOWN, load_layout
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.workspace import starting_profiles

AREA = ContactArea(cm2=3.0, method="ink print on paper")


@pytest.fixture
def pressed(live: ScriptedLive):
    live.press(30.0, 1.0)
    return live.state


def test_a_calibration_in_order_needs_no_words(pressed) -> None:
    assert worth(replace(pressed, calibration="calibrated", calibration_trusted=True)) == ""
    assert holds_title(replace(pressed, calibration="calibrated", calibration_trusted=True)) == "Holds"


def test_any_other_stands_over_the_holds_without_the_names_of_sensors(pressed) -> None:
    state = replace(pressed, calibration=f"partly nominal, uncalibrated: thumb; partly {UNCHECKED}: index")
    assert holds_title(state) == f"Holds – partly nominal, uncalibrated; partly {UNCHECKED}"


def test_what_the_asterisk_at_a_time_means_stands_over_the_holds(pressed) -> None:
    state = replace(pressed, calibration="calibrated", calibration_trusted=True)
    gap = replace(state, progress=replace(state.progress, missing_s=0.2))
    assert holds_title(gap) == "Holds – * data missing"


def test_a_pressure_needs_a_declared_area_and_is_always_nominal(pressed) -> None:
    assert pressure(pressed) == ""
    shown = pressure(replace(pressed, contact_n=30.0, contact_area=AREA))
    assert shown == "nominal 100 kPa (1.02 kg/cm²) on 3 cm² (ink print on paper)"


def test_a_blinded_display_shows_no_pressure_either(pressed) -> None:
    situation = replace(Coach(load_technique("ischemic-compression"), 0.004).situation, blinded=True)
    assert pressure(replace(pressed, contact_area=AREA, situation=situation)) == ""


def test_desk_and_distance_view_say_what_the_numbers_are_worth(window: LiveWindow, live: ScriptedLive) -> None:
    live.press(30.0, 1.0)
    live.state = replace(live.state, calibration=UNCHECKED, calibration_trusted=False, contact_area=AREA)
    window._paced_ns = 0
    window.refresh()
    assert window.desk.holds_caption.text() == f"Holds – {UNCHECKED}"
    assert window.desk.pressure.text().startswith("nominal ")
    window._turn_page()
    assert window.distance.worth.text() == f"SIMULATED · force ±2.0 N · {UNCHECKED}"


def test_no_sensors_are_no_calibrated_ones() -> None:
    layout = load_layout(starting_profiles()[0].parent)
    assert layout.verdict(()) == UNKNOWN
    assert not layout.trusted(())
