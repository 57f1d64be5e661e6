"""Giving a glove its name, number and sensors from the command line: a simulated one, and the real firmware."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lines import GloveOnLine
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo
from test_commands import refused, run

from nmt_sense.commands.gloves import SENSOR_HELP, SERIAL_HELP, devices
from nmt_sense.glove.link import Link
from nmt_sense.glove.ports import MAX_OHM, MIN_OHM, serial_ports
from nmt_sense.glove.wire import SENSOR_NAME_MAX
from tests.firmware.simulator import SCENARIOS, Simulator, make, missing_tools

WORDS = ["--name", "Left hand", "--serial", "0xF0001234", "--sensor", "7:heel:4700", "--sensor", "0:tip:2200"]


def assert_set_up(port: str) -> None:
    """After the command the glove says so itself, also to whoever opens it next."""
    done = run("set-up", "--port", port, *WORDS)
    assert done.returncode == 0, done.stderr
    assert "glove “Left hand”, serial number 4026536500" in done.stdout
    link = Link(port)
    info = link.open()
    link.close()
    assert (info.name, info.serial_number) == ("Left hand", 0xF000_1234)
    assert [(sensor.name, sensor.divider_ohm) for sensor in info.sensors][::7] == [("tip", 2200), ("heel", 4700)]
    assert info.sensor_names[1:7] == ("index", "middle", "ring", "little", "palm_thumb", "palm_upper")


def test_a_glove_keeps_what_it_is_given() -> None:
    with GloveOnLine() as glove:
        assert_set_up(glove.port)
        shown = json.loads(run("set-up", "--port", glove.port, "--json").stdout)
        assert shown["name"] == "Left hand"


@pytest.mark.avr
@pytest.mark.skipif(missing_tools() is not None, reason=f"needs the AVR tools: {missing_tools()}")
def test_the_real_firmware_keeps_what_it_is_given(tmp_path: Path) -> None:
    make("all")
    make("sim")
    with Simulator(SCENARIOS / "three_holds.txt") as glove:
        assert_set_up(glove.port)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", ""], "1 to 16"),
        (["--name", "x" * 17], "1 to 16"),
        (["--name", "Händchen"], "ASCII"),
        (["--serial", "7"], "simulated glove lies in 4026531840"),
        (["--serial", "-1"], "lies in"),
        (["--serial", "seven"], "--serial"),
        (["--sensor", "8:heel:4700"], "no sensor 8"),
        (["--sensor", "-1:heel:4700"], "no sensor -1"),
        (["--sensor", "7:heel:99"], "100 to 1000000 ohm"),
        (["--sensor", "7:a very long name:4700"], "1 to 12"),
        (["--sensor", "7:heel"], "CHANNEL:NAME:OHM"),
        (["--name", "good", "--sensor", "9:x:4700"], "no sensor 9"),
    ],
)
def test_a_setting_that_a_glove_cannot_keep_is_refused_in_one_line(words: list[str], said: str) -> None:
    assert said in refused(run("set-up", "--port", "sim://", *words))


def test_the_help_says_which_numbers_a_glove_can_keep() -> None:
    assert "1 to 4026531839" in SERIAL_HELP
    assert "4026531840 to 4294967295" in SERIAL_HELP
    assert f"OHM is {MIN_OHM} to {MAX_OHM}" in SENSOR_HELP
    assert f"1 to {SENSOR_NAME_MAX} ASCII" in SENSOR_HELP


def test_a_recording_played_again_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    out = tmp_path / "one.h5"
    words = ["--seconds", 1, "--out", out, "--workspace", tmp_path / "workspace"]
    assert run("record", "--port", "sim://?speed=max", *words).returncode == 0
    assert "refused NAME" in refused(run("set-up", "--port", f"replay://{out}", "--name", "other"))


def test_a_port_of_which_the_system_says_nothing_is_a_serial_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: [ListPortInfo("/dev/ttyS9")])  # pyserial's own words: n/a
    assert [(port.url, port.description) for port in serial_ports()] == [("/dev/ttyS9", "serial port")]


def test_devices_fit_a_terminal_with_their_problems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(list_ports, "comports", lambda: [ListPortInfo("/dev/no-such-port-on-any-computer")])
    devices()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "/dev/no-such-port-on-any-computer  serial port"
    assert lines[1].startswith("  There is no port")
    assert max(map(len, lines)) <= 80
