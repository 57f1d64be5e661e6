"""The wire format of firmware/PROTOCOL.md: messages to bytes and back.

Nothing here knows of ports or clocks. :class:`Decoder` takes bytes as they come, in pieces of any size, and gives
the same messages however they were cut.
"""

from __future__ import annotations

import binascii
import enum
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from cobs import cobs

from nmt_sense.blocks import Uint16Array
from nmt_sense.device import Button, GloveInfo
from nmt_sense.glove.hello import MAX_MESSAGE as MAX_MESSAGE
from nmt_sense.glove.hello import MAX_RATE_HZ as MAX_RATE_HZ
from nmt_sense.glove.hello import MIN_RATE_HZ as MIN_RATE_HZ
from nmt_sense.glove.hello import NAME_MAX as NAME_MAX
from nmt_sense.glove.hello import PROTOCOL_VERSION as PROTOCOL_VERSION
from nmt_sense.glove.hello import SENSOR_NAME_MAX as SENSOR_NAME_MAX
from nmt_sense.glove.hello import pack_hello, parse_hello, text_field

BAUD = 500_000
MAX_ENCODED = MAX_MESSAGE + 3
"""Longest encoded frame in bytes, without its closing zero."""
MIN_ENCODED = 4
"""Shortest: a message of one byte."""
FRAME_SECONDS, MAX_SCANS_PER_FRAME = 0.012, 8
"""Target time between DATA frames, and their longest; together they set scans_per_frame."""


class Kind(enum.IntEnum):
    """Message types."""

    HELLO = 0x01
    DATA = 0x02
    BUTTON = 0x03
    STATUS = 0x04
    ACK = 0x05
    PONG = 0x06
    INFO = 0x81
    START = 0x82
    STOP = 0x83
    RATE = 0x84
    PING = 0x85
    NAME = 0x86
    IDENTIFY = 0x87
    CUE = 0x88
    SENSOR = 0x89
    SERIAL = 0x8A


_KNOWN = frozenset(Kind)


class Result(enum.IntEnum):
    """What became of a command."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    WRONG_LENGTH = 2
    OUT_OF_RANGE = 3
    NOT_WHILE_STREAMING = 4
    EEPROM_FAILED = 5


class CuePattern(enum.IntEnum):
    """Patterns of the glove's LED and buzzer."""

    OFF = 0
    TOO_LITTLE = 1
    TOO_MUCH = 2
    DONE = 3
    DATA_LOST = 4
    MARKER_SEEN = 5


@dataclass(frozen=True, slots=True)
class Hello:
    """HELLO. ``info`` is None when the glove speaks another protocol version."""

    protocol: int
    info: GloveInfo | None
    streaming: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """DATA: consecutive scans."""

    first_scan: int
    """Number of the first scan, 32 bits as sent."""
    buttons: int
    counts: Uint16Array
    """(n, C) counts."""


@dataclass(frozen=True, slots=True)
class ButtonEdge:
    """BUTTON: a button went down or up."""

    sequence: int
    button: Button
    down: bool
    scan: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS: the glove's counters since its reset."""

    scan: int
    frames_sent: int
    overruns: int
    dropped_scans: int
    command_errors: int
    stack_free: int


@dataclass(frozen=True, slots=True)
class Ack:
    """ACK: what became of a command."""

    sequence: int
    command: int
    result: Result


@dataclass(frozen=True, slots=True)
class Pong:
    """PONG: the answer to a PING, with the glove's time."""

    sequence: int
    token: int
    scan: int
    ticks: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command from the host, fields still packed."""

    kind: int
    sequence: int
    fields: bytes = b""


Message = Hello | Data | ButtonEdge | Status | Ack | Pong | Command

_DATA = struct.Struct("<BIBB")
_BUTTON = struct.Struct("<BBBBIH")
_STATUS = struct.Struct("<BIIIIHH")
_ACK = struct.Struct("<BBBB")
_PONG = struct.Struct("<BBIIH")


def frame(message: bytes) -> bytes:
    """The bytes on the line for one message: COBS(message + CRC) and a closing zero.

    Raises ValueError for a message that does not fit one frame.
    """
    if not 0 < len(message) <= MAX_MESSAGE:
        raise ValueError(f"a message has 1 to {MAX_MESSAGE} bytes, not {len(message)}")
    crc = binascii.crc_hqx(message, 0xFFFF)
    return bytes(cobs.encode(message + crc.to_bytes(2, "little"))) + b"\0"


def unframe(encoded: bytes) -> bytes | None:
    """The message in one encoded frame (without its closing zero), or None when COBS or CRC is wrong."""
    if len(encoded) < MIN_ENCODED:
        return None
    try:
        body = cobs.decode(encoded)
    except cobs.DecodeError:
        return None
    if binascii.crc_hqx(body[:-2], 0xFFFF) != body[-2] | body[-1] << 8:
        return None
    return bytes(body[:-2])


def pack(message: Message) -> bytes:
    """The bytes of a message, without framing."""
    match message:
        case Hello(info=GloveInfo() as info):
            return pack_hello(info, message.streaming)
        case Data():
            head = _DATA.pack(Kind.DATA, message.first_scan & 0xFFFFFFFF, message.buttons, len(message.counts))
            return head + message.counts.astype("<u2").tobytes()
        case ButtonEdge(sequence, button, down, scan, ticks):
            return _BUTTON.pack(Kind.BUTTON, sequence, button, down, scan & 0xFFFFFFFF, ticks)
        case Status():
            return _STATUS.pack(
                Kind.STATUS,
                message.scan & 0xFFFFFFFF,
                message.frames_sent,
                message.overruns,
                message.dropped_scans,
                message.command_errors,
                message.stack_free,
            )
        case Ack(sequence, command, result):
            return _ACK.pack(Kind.ACK, sequence, command, result)
        case Pong(sequence, token, scan, ticks):
            return _PONG.pack(Kind.PONG, sequence, token, scan & 0xFFFFFFFF, ticks)
        case Command(kind, sequence, fields):
            return bytes([kind, sequence]) + fields
    raise ValueError(f"cannot pack {message!r}")


def parse(message: bytes) -> Message | None:
    """The message in these bytes, or None when it is too short, too long or of an unknown type.

    Raises nothing, whatever the bytes are.
    """
    kind = message[0]
    if kind == Kind.DATA:
        return _parse_data(message)
    if kind == Kind.HELLO:
        return _parse_hello(message)
    if kind >= 0x80:
        return Command(kind, message[1], message[2:]) if len(message) >= 2 else None
    return _parse_small(kind, message)


def _parse_data(message: bytes) -> Data | None:
    if len(message) < _DATA.size:
        return None
    _, first, buttons, n = _DATA.unpack_from(message)
    body = len(message) - _DATA.size
    if n == 0 or body == 0 or body % (2 * n):
        return None
    counts = np.frombuffer(message, "<u2", offset=_DATA.size).reshape(n, -1)
    return Data(first, buttons, counts)


def _parse_small(kind: int, message: bytes) -> Message | None:
    try:
        if kind == Kind.BUTTON:
            _, sequence, button, down, scan, ticks = _BUTTON.unpack(message)
            return ButtonEdge(sequence, Button(button), (False, True)[down], scan, ticks)
        if kind == Kind.STATUS:
            return Status(*_STATUS.unpack(message)[1:])
        if kind == Kind.ACK:
            _, sequence, command, result = _ACK.unpack(message)
            return Ack(sequence, command, Result(result))
        if kind == Kind.PONG:
            return Pong(*_PONG.unpack(message)[1:])
    except (struct.error, ValueError, IndexError):
        return None
    return None


def _parse_hello(message: bytes) -> Hello | None:
    if len(message) < 2:
        return None
    if message[1] != PROTOCOL_VERSION:
        return Hello(message[1], None)
    try:
        return Hello(PROTOCOL_VERSION, *parse_hello(message))
    except (struct.error, ValueError, IndexError):
        return None


class Decoder:
    """Bytes in pieces of any size -> messages; whatever is not a frame is dropped and counted."""

    def __init__(self) -> None:
        self.bad_frames = 0
        """Runs of bytes between two zeros that were dropped: too long, COBS or CRC wrong, or fields that do not fit.

        Two frames that ran into each other, because the zero between them went missing, count as one here, and a frame
        of which nothing arrived not at all: how many scans are missing, their numbers tell.
        """
        self._rest = b""
        self._skipping = False

    def feed(self, received: bytes) -> Iterator[Message]:
        """Yield each whole message completed by these bytes. Holds at most one frame of unfinished bytes."""
        *whole, rest = (self._rest + received).split(b"\0")
        for encoded in whole:
            if self._skipping:  # the end of a frame already counted as too long
                self._skipping = False
            elif encoded:
                message = self._decode(encoded)
                if message is not None:
                    yield message
        if self._skipping or len(rest) > MAX_ENCODED:
            self.bad_frames += not self._skipping
            self._skipping, rest = True, b""
        self._rest = rest

    def _decode(self, encoded: bytes) -> Message | None:
        body = unframe(encoded) if len(encoded) <= MAX_ENCODED else None
        if body is None:
            self.bad_frames += 1
            return None
        message = parse(body)
        if message is None and body[0] in _KNOWN:
            self.bad_frames += 1
        return message


def rate_fields(hertz: int) -> bytes:
    """Fields of RATE."""
    return struct.pack("<H", hertz)


def name_fields(name: str) -> bytes:
    """Fields of NAME."""
    return text_field(name)


def serial_fields(number: int) -> bytes:
    """Fields of SERIAL."""
    return struct.pack("<I", number)


def sensor_fields(channel: int, name: str, divider_ohm: int) -> bytes:
    """Fields of SENSOR."""
    return struct.pack("<BI", channel, divider_ohm) + text_field(name)


def parse_ping(fields: bytes) -> int:
    """The token in the fields of PING; 0 when they are cut short."""
    return int(struct.unpack("<I", fields)[0]) if len(fields) == 4 else 0
