"""What survives a power cut, a broken EEPROM and a program gone astray."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulator import CPU_HZ, SIMULATED_SERIAL, Run, command, simulate

from nmt_sense.device import GloveInfo
from nmt_sense.glove import wire
from nmt_sense.glove.wire import Kind, Result

CONFIG_SLOT_A = 16


def infos(run: Run) -> list[GloveInfo]:
    return [hello.info for hello in run.hellos if hello.info is not None]


def name(sequence: int, text: str) -> str:
    return command(Kind.NAME, sequence, wire.name_fields(text))


def test_a_blank_eeprom_gives_defaults_and_says_so() -> None:
    (info,) = infos(simulate("", 0.2, blank=True))
    assert (info.config_state, info.serial_number, info.name) == ("blank", 0, "NMT glove")
    assert {sensor.divider_ohm for sensor in info.sensors} == {3300}
    assert not info.simulated


@pytest.mark.parametrize("at", [CONFIG_SLOT_A, CONFIG_SLOT_A + 4, CONFIG_SLOT_A + 9, CONFIG_SLOT_A + 150])
def test_a_broken_eeprom_gives_defaults_and_says_so(tmp_path: Path, at: int) -> None:
    image = tmp_path / "eeprom.bin"
    simulate("", 0.2, eeprom=image)
    content = bytearray(image.read_bytes())
    content[at] ^= 0x10
    image.write_bytes(content)
    (info,) = infos(simulate("", 0.2, eeprom=image))
    assert (info.config_state, info.serial_number, info.name) == ("broken", 0, "NMT glove")
    assert info.boot_count == 2, "the boot counter is kept apart from the settings"


def test_settings_written_to_a_blank_or_broken_eeprom_are_in_use_from_then_on(tmp_path: Path) -> None:
    image = tmp_path / "eeprom.bin"
    image.write_bytes(bytes(1024))
    first = simulate(f"0.2 send {name(1, 'Right hand')}", 1.2, eeprom=image)
    assert infos(first)[0].config_state == "broken"
    assert first.all(wire.Ack)[0].result == Result.DONE
    (info,) = infos(simulate("", 0.2, eeprom=image))
    assert (info.config_state, info.name) == ("stored", "Right hand")


def test_settings_survive_a_power_cut_and_the_boot_is_counted() -> None:
    scenario = f"0.2 send {name(1, 'Right hand')}\n1.2 power off\n1.5 power on\n1.9 power off\n2.0 power on"
    run = simulate(scenario, 2.3)
    assert [info.name for info in infos(run)] == ["simulated glove", "Right hand", "Right hand"]
    assert [info.boot_count for info in infos(run)] == [1, 2, 3]
    assert [info.reset_cause for info in infos(run)] == ["power-on"] * 3
    assert [info.serial_number for info in infos(run)] == [SIMULATED_SERIAL] * 3


@pytest.mark.parametrize("after_s", [0.001, 0.005, 0.02, 0.1, 0.3, 0.5])
def test_a_power_cut_while_settings_are_written_leaves_the_old_ones(after_s: float) -> None:
    scenario = f"""
        0.2 send {name(1, "first")}
        1.2 send {name(2, "second")}
        {1.2 + after_s} power off
        2.0 power on
    """
    info = infos(simulate(scenario, 2.3))[-1]
    assert info.config_state == "stored"
    assert info.name in ("first", "second")
    assert info.serial_number == SIMULATED_SERIAL


@pytest.mark.parametrize("after_s", [0.001, 0.004, 0.008, 0.012, 0.016])
def test_a_power_cut_while_the_boot_is_counted_loses_at_most_that_boot(after_s: float) -> None:
    scenario = f"0.5 power off\n0.6 power on\n{0.6 + after_s} power off\n0.7 power on"
    assert infos(simulate(scenario, 1.0))[-1].boot_count in (2, 3)


def test_after_a_power_cut_numbering_and_counters_begin_anew_and_data_wait_for_start() -> None:
    scenario = f"0.2 send {command(Kind.START, 1)}\n1.0 power off\n1.1 power on\n1.5 send {command(Kind.STOP, 2)}"
    run = simulate(scenario, 1.8)
    reborn = run.messages.index(run.hellos[1])
    assert not [m for m in run.messages[reborn:] if isinstance(m, wire.Data)]
    status = run.all(wire.Status)[-1]
    assert (status.frames_sent, status.scan) == (0, pytest.approx(0.38 * 250, abs=5))


@pytest.mark.parametrize("cut_s", [1.0, 1.0005, 1.001, 1.0015])
def test_a_frame_cut_off_by_a_power_cut_does_not_take_hello_with_it(cut_s: float) -> None:
    scenario = f"0.2 send {command(Kind.START, 1)}\n{cut_s} power off\n1.1 power on"
    assert len(simulate(scenario, 1.5).hellos) == 2


def test_an_external_reset_is_told_from_a_power_cut() -> None:
    assert [info.reset_cause for info in infos(simulate("0.5 reset", 1.0))] == ["power-on", "external"]


def test_a_program_gone_astray_is_restarted_by_the_watchdog_which_says_so() -> None:
    scenario = f"0.2 send {command(Kind.START, 1)}\n1.0 hang\n2.0 send {command(Kind.START, 2)}"
    run = simulate(scenario, 3.0)
    assert [info.reset_cause for info in infos(run)] == ["power-on", "watchdog"]
    assert infos(run)[1].boot_count == 2
    numbers, _ = run.scans()
    restart = int((numbers[1:] < numbers[:-1]).nonzero()[0][0]) + 1
    started_again = run.log.scan_starts[run.log.scan_starts > CPU_HZ][0] / CPU_HZ
    assert 1.2 < started_again < 1.4, "250 ms, and the boot"
    assert numbers[restart] == pytest.approx((2.0 - started_again) * 250, abs=4)


def test_the_watchdog_stays_quiet_while_all_is_well() -> None:
    assert len(simulate(f"0.2 send {name(1, 'x' * 16)}", 3.0).hellos) == 1


@pytest.mark.parametrize("what", ["1.0 reset", "1.0 hang", "1.0 power off\n1.2 power on"])
def test_a_reset_presses_no_button(what: str) -> None:
    run = simulate(f"0.2 send {command(Kind.START, 1)}\n{what}\n1.6 send {command(Kind.START, 2)}", 2.0)
    assert not run.all(wire.ButtonEdge)
    assert {data.buttons for data in run.all(wire.Data)} == {0}
