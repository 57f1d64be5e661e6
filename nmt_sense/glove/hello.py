"""HELLO, the message in which a glove says everything of itself: to bytes, back, and what is not believed."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from nmt_sense.device import GloveInfo, SensorInfo

PROTOCOL_VERSION = 1
MAX_MESSAGE = 252
"""Longest message in bytes: with its CRC it fits one COBS block."""

MIN_RATE_HZ, MAX_RATE_HZ = 50, 1000
NAME_MAX, SENSOR_NAME_MAX = 16, 12
BOARDS = {1: "ATmega328P 16 MHz", 128: "virtual"}
RESET_CAUSES = {1: "power-on", 2: "external", 4: "brown-out", 8: "watchdog"}
CONFIG_STATES = ("stored", "blank", "broken")
_TYPE = 0x01
_UNKNOWN_BOARD = "board "
_HELLO = struct.Struct("<BBBBBBIHBBBIHBBBBBHHHB")
_NEVER_ZERO = ("tick_hz", "period_ticks", "scans_per_frame", "full_scale", "samples_per_value", "adc_bits")
_DATA_HEAD = 7
"""Bytes of a DATA message before its counts."""


def text_field(text: str) -> bytes:
    """Text with its length before it. Raises ValueError for letters outside ASCII and for more than 255."""
    return bytes([len(text)]) + text.encode("ascii")


def check_info(info: GloveInfo) -> None:
    """Raises ValueError, with a sentence, when no glove could have said this of itself.

    What comes over the wire is checked on its way in; this is for descriptions that come from files.
    """
    try:
        message = pack_hello(info, False)  # first, because only numbers that fit it can be reckoned with
        problem = next(_problems(info), None)
        if problem or info.protocol != PROTOCOL_VERSION:
            raise ValueError(problem or f"protocol version {info.protocol}, not {PROTOCOL_VERSION}")
        said, _ = parse_hello(message)
    except (struct.error, ValueError, IndexError) as error:
        raise ValueError(f"no glove says this of itself: {error}") from error
    if len(message) > MAX_MESSAGE:
        raise ValueError("no glove says this of itself: its names are too long")
    for name in GloveInfo.__struct_fields__:
        if getattr(said, name) != getattr(info, name):
            raise ValueError(f"no glove says this of itself: {name} = {getattr(info, name)!r}")


def _problems(info: GloveInfo) -> Iterator[str]:
    yield from (f"{name} is 0" for name in _NEVER_ZERO if getattr(info, name) == 0)
    if not info.sensors:
        yield "it has no sensors"
    yield from (f"the resistor of {sensor.name!r} is 0" for sensor in info.sensors if not sensor.divider_ohm)
    if info.period_ticks and not MIN_RATE_HZ - 0.5 <= info.rate_hz <= MAX_RATE_HZ + 0.5:
        yield f"{info.rate_hz:.6g} scans a second lie outside {MIN_RATE_HZ}-{MAX_RATE_HZ}"
    if _DATA_HEAD + 2 * info.channels * info.scans_per_frame > MAX_MESSAGE:
        yield f"{info.scans_per_frame} scans of {info.channels} sensors do not fit a frame"
    if info.full_scale != (1 << info.adc_bits) * info.samples_per_value >> info.shift:
        yield f"full_scale is not {info.adc_bits} bits, {info.samples_per_value} times, shifted by {info.shift}"
    if len(info.name) > NAME_MAX or any(len(sensor.name) > SENSOR_NAME_MAX for sensor in info.sensors):
        yield f"names are longer than {NAME_MAX}, of sensors {SENSOR_NAME_MAX}, characters"


def pack_hello(info: GloveInfo, streaming: bool) -> bytes:
    """The message. Raises struct.error or ValueError for what it has no room or no number for."""
    major, minor, patch = (int(part) for part in info.firmware.split("."))
    cause = sum(bit for bit, word in RESET_CAUSES.items() if word in info.reset_cause.split("+"))
    head = _HELLO.pack(
        _TYPE,
        info.protocol,
        major,
        minor,
        patch,
        _board_number(info.board),
        info.serial_number,
        info.boot_count,
        cause,
        CONFIG_STATES.index(info.config_state),
        streaming,
        info.tick_hz,
        info.period_ticks,
        info.scans_per_frame,
        info.adc_bits,
        info.samples_per_value,
        info.shift,
        info.effective_bits,
        info.full_scale,
        info.skew_ticks,
        info.reference_mv,
        info.channels,
    )
    sensors = (struct.pack("<I", s.divider_ohm) + text_field(s.name) for s in info.sensors)
    return head + text_field(info.name) + b"".join(sensors)


def _board_number(board: str) -> int:
    """The number of a board, known or not. Raises ValueError when this names none."""
    known = {name: number for number, name in BOARDS.items()}
    return known[board] if board in known else int(board.removeprefix(_UNKNOWN_BOARD))


def parse_hello(message: bytes) -> tuple[GloveInfo, bool]:
    """What the glove says of itself, and whether DATA flows.

    Raises struct.error, ValueError or IndexError for what is no HELLO of this protocol version or cannot be true.
    """
    (_, protocol, major, minor, patch, board, serial, boots, cause, config, streaming, tick_hz, period,
     per_frame, bits, samples, shift, effective, full_scale, skew, reference, channels) = _HELLO.unpack_from(
        message
    )  # fmt: skip
    name, at = _read_text(message, _HELLO.size)
    sensors = []
    for _ in range(channels):
        (ohm,) = struct.unpack_from("<I", message, at)
        sensor, at = _read_text(message, at + 4)
        sensors.append(SensorInfo(sensor, ohm))
    info = GloveInfo(
        protocol=protocol,
        firmware=f"{major}.{minor}.{patch}",
        board=BOARDS.get(board, f"{_UNKNOWN_BOARD}{board}"),
        serial_number=serial,
        boot_count=boots,
        reset_cause="+".join(word for bit, word in RESET_CAUSES.items() if cause & bit) or "unknown",
        config_state=CONFIG_STATES[config],
        name=name,
        tick_hz=tick_hz,
        period_ticks=period,
        scans_per_frame=per_frame,
        adc_bits=bits,
        samples_per_value=samples,
        shift=shift,
        effective_bits=effective,
        full_scale=full_scale,
        skew_ticks=skew,
        reference_mv=reference,
        sensors=tuple(sensors),
    )
    if at != len(message) or next(_problems(info), None):
        raise ValueError("fields that do not fit each other")
    return info, bool(streaming)


def _read_text(message: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + message[at]
    if end > len(message):
        raise ValueError("text runs past the end of the message")
    text = message[at + 1 : end].decode("ascii")
    if not text.isprintable():
        raise ValueError("text has unprintable characters")
    return text, end
