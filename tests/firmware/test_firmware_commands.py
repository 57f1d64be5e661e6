"""Every command is answered, does what it says, and refuses what it should."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from simulator import CPU_HZ, ELF, FIRMWARE, HEX, SIMULATED_SERIAL, Run, command, ping_fields, simulate

from nmt_sense.device import GloveInfo
from nmt_sense.glove import wire
from nmt_sense.glove.wire import CuePattern, Kind, Result


def talk(*commands: tuple[Kind | int, bytes], blank: bool = False) -> Run:
    """Send commands 0.7 s apart (EEPROM writing takes up to 0.6 s), numbered from 1."""
    lines = [
        f"{0.3 + 0.7 * n:.2f} send {bytes([kind, n + 1]).hex()}{fields.hex()}"
        for n, (kind, fields) in enumerate(commands)
    ]
    return simulate("\n".join(lines), 0.4 + 0.7 * len(commands), blank=blank)


def results(run: Run) -> list[Result]:
    acks = run.all(wire.Ack)
    assert [ack.sequence for ack in acks] == list(range(1, len(acks) + 1))
    return [ack.result for ack in acks]


def info_of(hello: wire.Hello) -> GloveInfo:
    assert hello.info is not None
    return hello.info


def sensor(channel: int, ohm: int, name: bytes) -> bytes:
    return bytes([channel]) + ohm.to_bytes(4, "little") + bytes([len(name)]) + name


def test_hello_comes_by_itself_after_power_on_and_tells_who_this_is() -> None:
    run = simulate("", 0.2)
    (hello,) = run.messages
    assert isinstance(hello, wire.Hello)
    info = info_of(hello)
    version = [re.search(rf"FIRMWARE_{part} (\d+)", (FIRMWARE / "nmt_glove/protocol.h").read_text())
               for part in ("MAJOR", "MINOR", "PATCH")]  # fmt: skip
    assert info.firmware == ".".join(part[1] for part in version if part)
    assert (info.board, info.protocol) == ("ATmega328P 16 MHz", wire.PROTOCOL_VERSION)
    assert (info.serial_number, info.simulated, info.config_state) == (SIMULATED_SERIAL, True, "stored")
    assert (info.boot_count, info.reset_cause, hello.streaming) == (1, "power-on", False)
    assert (info.tick_hz, info.period_ticks, info.scans_per_frame) == (2_000_000, 8000, 3)
    assert (info.samples_per_value, info.shift, info.effective_bits, info.full_scale) == (4, 1, 11, 2048)
    assert (info.skew_ticks, info.reference_mv, info.channels) == (224, 5000, 8)
    names = ("thumb", "index", "middle", "ring", "little", "palm_thumb", "palm_upper", "palm_side")
    assert info.sensor_names == names


def test_the_hex_file_is_the_same_glove_as_the_elf_file() -> None:
    scenario = f"0.1 send {command(Kind.START, 1)}"
    elf, hexfile = (simulate(scenario, 0.5, binary=binary) for binary in (ELF, HEX))
    assert [repr(m) for m in elf.messages] == [repr(m) for m in hexfile.messages]


def test_every_command_is_acknowledged_with_its_number() -> None:
    run = talk(
        (Kind.INFO, b""),
        (Kind.PING, ping_fields(0xDEADBEEF)),
        (Kind.NAME, wire.name_fields("Left hand")),
        (Kind.SENSOR, sensor(7, 4700, b"heel")),
        (Kind.SERIAL, (0xF0001234).to_bytes(4, "little")),
        (Kind.IDENTIFY, b"\x01"),
        (Kind.CUE, b"\x05"),
        (Kind.RATE, wire.rate_fields(500)),
        (Kind.START, b""),
        (Kind.STOP, b""),
        (Kind.INFO, b""),
    )
    assert results(run) == [Result.DONE] * 11
    assert run.all(wire.Pong)[0].token == 0xDEADBEEF
    info = info_of(run.hellos[-1])
    assert (info.name, info.serial_number, info.rate_hz) == ("Left hand", 0xF0001234, 500)
    assert (info.sensors[7].name, info.sensors[7].divider_ohm) == ("heel", 4700)


def test_what_a_command_sends_comes_before_its_acknowledgement() -> None:
    run = talk((Kind.INFO, b""), (Kind.PING, bytes(4)), (Kind.RATE, wire.rate_fields(100)), (Kind.STOP, b""))
    kinds = [type(message) for message in run.messages]
    assert kinds == [wire.Hello, wire.Hello, wire.Ack, wire.Pong, wire.Ack, wire.Hello, wire.Ack, wire.Status, wire.Ack]


@pytest.mark.parametrize(
    ("kind", "fields", "result"),
    [
        (0x90, b"", Result.UNKNOWN_COMMAND),
        (0xFF, b"abc", Result.UNKNOWN_COMMAND),
        (Kind.INFO, b"x", Result.WRONG_LENGTH),
        (Kind.RATE, b"\x01", Result.WRONG_LENGTH),
        (Kind.PING, b"\x01\x02\x03", Result.WRONG_LENGTH),
        (Kind.NAME, b"", Result.WRONG_LENGTH),
        (Kind.NAME, b"\x05abc", Result.WRONG_LENGTH),
        (Kind.SENSOR, sensor(0, 3300, b"thumb")[:-1], Result.WRONG_LENGTH),
        (Kind.CUE, bytes(200), Result.WRONG_LENGTH),
        (Kind.RATE, wire.rate_fields(49), Result.OUT_OF_RANGE),
        (Kind.RATE, wire.rate_fields(1001), Result.OUT_OF_RANGE),
        (Kind.CUE, bytes([len(CuePattern)]), Result.OUT_OF_RANGE),
        (Kind.IDENTIFY, b"\x1f", Result.OUT_OF_RANGE),
        (Kind.NAME, b"\x00", Result.OUT_OF_RANGE),
        (Kind.NAME, wire.name_fields("x" * 17), Result.OUT_OF_RANGE),
        (Kind.NAME, b"\x03a\x7fb", Result.OUT_OF_RANGE),
        (Kind.SENSOR, sensor(8, 3300, b"extra"), Result.OUT_OF_RANGE),
        (Kind.SENSOR, sensor(0, 99, b"thumb"), Result.OUT_OF_RANGE),
        (Kind.SENSOR, sensor(0, 1_000_001, b"thumb"), Result.OUT_OF_RANGE),
        (Kind.SENSOR, sensor(0, 3300, b"thirteen char"), Result.OUT_OF_RANGE),
    ],
)
def test_a_wrong_command_is_refused_and_changes_nothing(kind: int, fields: bytes, result: Result) -> None:
    run = talk((kind, fields), (Kind.INFO, b""))
    assert results(run) == [result, Result.DONE]
    assert run.hellos[-1] == run.hellos[0]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.RATE, wire.rate_fields(100)),
        (Kind.NAME, wire.name_fields("x")),
        (Kind.SENSOR, sensor(0, 100, b"x")),
        (Kind.SERIAL, bytes(4)),
    ],
)
def test_settings_are_refused_while_data_flow(kind: Kind, fields: bytes) -> None:
    run = talk((Kind.START, b""), (kind, fields), (Kind.STOP, b""), (Kind.INFO, b""))
    assert results(run) == [Result.DONE, Result.NOT_WHILE_STREAMING, Result.DONE, Result.DONE]
    assert run.hellos[-1] == run.hellos[0]


def test_data_flow_between_start_and_stop_only_and_numbering_goes_on() -> None:
    run = talk((Kind.START, b""), (Kind.STOP, b""), (Kind.START, b""), (Kind.STOP, b""))
    order = "".join({wire.Data: "d", wire.Ack: "A", wire.Status: "s"}.get(type(m), "") for m in run.messages)
    assert re.fullmatch(r"Ad+sAAd+sA", order), order
    numbers, _ = run.scans()
    gaps = np.diff(numbers)
    assert sorted(gaps)[-2] == 1
    assert max(gaps) == pytest.approx(0.7 * 250, abs=3), "the scans between STOP and START were counted"


def test_a_damaged_command_is_counted_and_not_answered() -> None:
    good = wire.frame(bytes.fromhex(command(Kind.PING, 1, bytes(4))))
    damaged = bytes([good[0], good[1] ^ 1]) + good[2:]
    scenario = f"""
        0.2 bytes {damaged.hex()}
        0.3 bytes ff00
        0.4 bytes 000000
        0.5 bytes {good.hex()}
        0.6 send {command(Kind.STOP, 2)}
    """
    run = simulate(scenario, 0.8)
    assert results(run) == [Result.DONE, Result.DONE]
    assert run.all(wire.Status)[0].command_errors == 2


def test_messages_of_unknown_type_are_ignored() -> None:
    run = simulate(f"0.2 send 7f0102\n0.3 send {command(Kind.STOP, 1)}", 0.5)
    assert results(run) == [Result.DONE]
    assert run.all(wire.Status)[0].command_errors == 0


def test_twenty_commands_in_one_burst_are_all_answered_and_no_scan_is_lost() -> None:
    burst = b"".join(wire.frame(wire.pack(wire.Command(Kind.INFO, n))) for n in range(3, 23))
    scenario = f"""
        0.1 send {command(Kind.RATE, 1, wire.rate_fields(1000))}
        0.2 send {command(Kind.START, 2)}
        0.5 bytes {burst.hex()}
        1.5 send {command(Kind.STOP, 23)}
    """
    run = simulate(scenario, 1.8)
    assert results(run) == [Result.DONE] * 23
    numbers, _ = run.scans()
    assert set(np.diff(numbers)) == {1}


def test_more_commands_than_the_glove_can_hold_are_lost_and_counted_not_misread() -> None:
    burst = [wire.frame(wire.pack(wire.Command(Kind.INFO, n))).hex() for n in range(1, 61)]
    lines = "\n".join(f"0.3 bytes {''.join(part)}" for part in (burst[:30], burst[30:]))
    run = simulate(f"{lines}\n1.5 bytes 00\n1.6 send {command(Kind.STOP, 61)}", 1.8)
    answered = [ack.sequence for ack in run.all(wire.Ack)]
    assert answered == sorted(answered)
    assert 20 <= len(answered) < 61
    assert answered[-1] == 61
    assert run.all(wire.Status)[0].command_errors > 0
    assert run.bad_frames == 0


def test_after_a_second_of_noise_on_the_line_the_glove_still_answers_and_measures() -> None:
    noise = random.Random(20261122).randbytes(20 * 250)
    lines = [f"{0.5 + n * 0.05:.2f} bytes {noise[n * 250 : (n + 1) * 250].hex()}" for n in range(20)]
    lines += [f"0.2 send {command(Kind.START, 1)}", "1.6 bytes 00", f"1.7 send {command(Kind.STOP, 2)}"]
    run = simulate("\n".join(lines), 2.0)
    assert results(run) == [Result.DONE, Result.DONE]
    numbers, _ = run.scans()
    assert set(np.diff(numbers)) == {1}
    assert run.all(wire.Status)[-1].command_errors == len([part for part in noise.split(b"\0") if part])


def cue_run(pattern: CuePattern, seconds: float = 3.0) -> Run:
    return simulate(f"0.5 send {command(Kind.CUE, 1, bytes([pattern]))}", 0.5 + seconds)


def pulses(edges: list[tuple[int, int]]) -> list[float]:
    """Lengths of the high times, in seconds."""
    return [(fall - rise) / CPU_HZ for (rise, up), (fall, _) in pairwise(edges) if up]


def tone_hz(run: Run) -> float:
    rises = [cycle for cycle, level in run.log.buzzer if level]
    return CPU_HZ / float(np.median(np.diff(rises)))


@pytest.mark.parametrize(
    ("pattern", "pulse_s", "hz"),
    [
        (CuePattern.TOO_LITTLE, 0.15, 440),
        (CuePattern.TOO_MUCH, 0.08, 1760),
        (CuePattern.MARKER_SEEN, 0.06, 880),
    ],
)
def test_a_cue_is_seen_and_heard(pattern: CuePattern, pulse_s: float, hz: float) -> None:
    run = cue_run(pattern)
    assert pulses(run.log.led)[0] == pytest.approx(pulse_s, abs=0.003)
    assert tone_hz(run) == pytest.approx(hz, rel=0.02)


def test_no_cue_is_dark_and_silent() -> None:
    run = cue_run(CuePattern.OFF)
    assert pulses(run.log.led) == []
    assert pulses(run.log.buzzer) == []


def test_stop_ends_cue_and_identify() -> None:
    scenario = f"""
        0.2 send {command(Kind.IDENTIFY, 1, bytes([30]))}
        0.3 send {command(Kind.CUE, 2, bytes([CuePattern.TOO_MUCH]))}
        1.0 send {command(Kind.STOP, 3)}
    """
    run = simulate(scenario, 3.0)
    assert run.log.led[-1][1] == 0
    assert 0.9 * CPU_HZ < max(run.log.led[-1][0], run.log.buzzer[-1][0]) < 1.01 * CPU_HZ


def test_identify_blinks_for_as_long_as_asked() -> None:
    run = simulate(f"0.5 send {command(Kind.IDENTIFY, 1, bytes([2]))}", 4.0)
    assert len(pulses(run.log.led)) == 8
    assert run.log.led[-1][0] < 2.51 * CPU_HZ
    assert run.log.led[-1][1] == 0
