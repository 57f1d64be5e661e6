"""The firmware's numbers and the host's must be the same numbers."""

from __future__ import annotations

import re

import pytest
from simulator import FIRMWARE

from nmt_sense import device
from nmt_sense.glove import hello, wire

TEXT = (FIRMWARE / "nmt_glove" / "protocol.h").read_text()


def number(text: str) -> int:
    return int(text.rstrip("UL"), 0)


DEFINED = {name: number(value) for name, value in re.findall(r"^#define (\w+) (\w+)", TEXT, re.M) if value[0].isdigit()}


def members(enum_name: str) -> dict[str, int]:
    body = re.search(rf"enum {enum_name} {{(.*?)}};", TEXT, re.S)
    assert body, f"protocol.h has no enum {enum_name}"
    return {name: number(value) for name, value in re.findall(r"(\w+) = (\w+)", body[1])}


def unprefixed(enum_name: str) -> dict[str, int]:
    """Members without their first word and without the count at the end."""
    names = members(enum_name)
    return {name.split("_", 1)[1]: value for name, value in names.items() if not name.endswith("_COUNT")}


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("PROTOCOL_VERSION", wire.PROTOCOL_VERSION),
        ("BAUD_RATE", wire.BAUD),
        ("MAX_MESSAGE", wire.MAX_MESSAGE),
        ("MAX_ENCODED", wire.MAX_ENCODED),
        ("FRAME_MS", wire.FRAME_SECONDS * 1000),
        ("MAX_SCANS_PER_FRAME", wire.MAX_SCANS_PER_FRAME),
        ("MIN_RATE_HZ", wire.MIN_RATE_HZ),
        ("MAX_RATE_HZ", wire.MAX_RATE_HZ),
        ("NAME_MAX_LENGTH", wire.NAME_MAX),
        ("SENSOR_NAME_MAX_LENGTH", wire.SENSOR_NAME_MAX),
        ("SIMULATED_SERIALS_FROM", device.SIMULATED_SERIALS_FROM),
    ],
)
def test_number_is_the_same_on_both_sides(name: str, host: float) -> None:
    assert DEFINED[name] == host


def test_message_types_are_the_same() -> None:
    assert unprefixed("message_type") == {kind.name: kind.value for kind in wire.Kind}


def test_command_results_are_the_same() -> None:
    assert unprefixed("command_result") == {result.name: result.value for result in wire.Result}


def test_cue_patterns_are_the_same() -> None:
    assert unprefixed("cue_pattern") == {pattern.name: pattern.value for pattern in wire.CuePattern}
    assert members("cue_pattern")["CUE_COUNT"] == len(wire.CuePattern)


def test_buttons_are_the_same() -> None:
    assert unprefixed("button_number") == {button.name: button.value for button in device.Button}


def test_reset_causes_and_config_states_are_the_same() -> None:
    causes = {word.upper().replace("-", "_"): bit for bit, word in hello.RESET_CAUSES.items()}
    assert unprefixed("reset_cause") == causes
    assert unprefixed("config_state") == {word.upper(): n for n, word in enumerate(hello.CONFIG_STATES)}


def test_board_number_names_this_chip() -> None:
    assert hello.BOARDS[DEFINED["BOARD_ATMEGA328P_16MHZ"]] == "ATmega328P 16 MHz"


def test_every_number_of_the_protocol_page_is_the_firmware_s() -> None:
    page = (FIRMWARE / "PROTOCOL.md").read_text()
    assert f"an edge counts when it lasts {DEFINED['DEBOUNCE_MS']} ms" in page
    assert f"1: seconds, 0-{DEFINED['IDENTIFY_MAX_S']} " in page
    ohms = f"divider in ohm ({DEFINED['DIVIDER_MIN_OHM']}-{DEFINED['DIVIDER_MAX_OHM']:,})".replace(",", " ")
    assert ohms in page
    assert f"scans per second, {DEFINED['MIN_RATE_HZ']}-{DEFINED['MAX_RATE_HZ']}" in page
