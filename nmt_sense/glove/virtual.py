"""The virtual glove: a device that speaks the wire format, with a practitioner and sensors behind it.

It has no clock of its own: the caller says how far its scan timer has come. ``sim://`` and ``nmt-sense simulate`` drive
it with real time, tests as they like.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import numpy as np

from nmt_sense.blocks import Float32Array
from nmt_sense.device import SIMULATED_SERIALS_FROM, Button, GloveInfo, SensorInfo
from nmt_sense.glove.fsr import Physics, SensorBank
from nmt_sense.glove.practitioner import SENSORS, Practice, Practitioner
from nmt_sense.glove.weights import Weights
from nmt_sense.glove.wire import (
    FRAME_SECONDS,
    MAX_RATE_HZ,
    MAX_SCANS_PER_FRAME,
    MIN_RATE_HZ,
    NAME_MAX,
    PROTOCOL_VERSION,
    SENSOR_NAME_MAX,
    Ack,
    ButtonEdge,
    Command,
    Data,
    Decoder,
    Hello,
    Kind,
    Message,
    Pong,
    Result,
    Status,
    frame,
    pack,
)

TICK_HZ = 2_000_000
DIVIDER_OHM = 3300
_CONVERSION_TICKS = 232
"""Ticks one conversion may take, with its interrupt: what the firmware plans with (116 µs)."""
_SKEW_TICKS = 224


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that makes one virtual glove different from another."""

    seed: int = 1
    rate_hz: int = 250
    practice: Practice = field(default_factory=Practice)
    physics: Physics = field(default_factory=Physics)
    client_stop_s: tuple[float, ...] = ()
    marker_s: tuple[float, ...] = ()
    """Moments at which a button is pressed, for a fifth of a second."""
    weights: Weights | None = None
    """Known loads instead of a practitioner."""


def virtual_info(script: Script) -> GloveInfo:
    """What a virtual glove says of itself: the same timing as the firmware has."""
    return plan_rate(
        GloveInfo(
            protocol=PROTOCOL_VERSION,
            firmware="1.0.0",
            board="virtual",
            serial_number=SIMULATED_SERIALS_FROM + 0x100 + script.seed % 0xFFFF,
            boot_count=1,
            reset_cause="power-on",
            config_state="stored",
            name="Virtual glove",
            tick_hz=TICK_HZ,
            period_ticks=8000,
            scans_per_frame=3,
            adc_bits=10,
            samples_per_value=4,
            shift=1,
            effective_bits=11,
            full_scale=2048,
            skew_ticks=_SKEW_TICKS,
            reference_mv=5000,
            sensors=tuple(SensorInfo(name, DIVIDER_OHM) for name in SENSORS),
        ),
        script.rate_hz,
    )


def plan_rate(info: GloveInfo, rate_hz: int) -> GloveInfo:
    """The same glove at another rate: exact period, scans per frame, as much oversampling as the rate leaves free."""
    period = round(info.tick_hz / rate_hz)
    shift = max(n for n in range(3) if n == 0 or info.channels * 4**n * _CONVERSION_TICKS <= period)
    return msgspec.structs.replace(
        info,
        period_ticks=period,
        scans_per_frame=min(max(1, int(rate_hz * FRAME_SECONDS)), MAX_SCANS_PER_FRAME),
        samples_per_value=4**shift,
        shift=shift,
        effective_bits=info.adc_bits + shift,
        full_scale=1 << info.adc_bits + shift,
    )


class VirtualGlove:
    """A glove's wire side. Bytes in through :meth:`receive`, bytes out of :meth:`advance`."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.streaming = False
        """True while DATA flows."""
        self._lived_s = 0.0
        """Of its time that lay before its last reset."""
        self._boot(virtual_info(script))

    def _boot(self, info: GloveInfo) -> None:
        self.streaming = False
        self._decoder = Decoder()
        self._ticks = 0
        self._frames_sent = 0
        self._button_sequence = 0
        self._outbox = bytearray(b"\0")  # ends whatever a reset cut off
        self._start(info)
        self._send(Hello(PROTOCOL_VERSION, self.info))

    def reset(self, cause: str = "watchdog") -> None:
        """Start anew, as the chip does: numbers and counters from 0, its own rate, no DATA until START.

        The practitioner goes on pressing where the scans left off.
        """
        self._lived_s += self.next_scan * self.info.period_s
        boots = (self.info.boot_count + 1) & 0xFFFF
        info = msgspec.structs.replace(self.info, boot_count=boots, reset_cause=cause)
        self._boot(plan_rate(info, self._script.rate_hz))

    def _start(self, info: GloveInfo) -> None:
        """(Re)start numbering at scan 0 with this timing."""
        self.info = info
        self.next_scan = 0
        """Number of the first scan not yet taken."""
        self._unsent_from = 0
        self._person = person = self._script.weights or Practitioner(self._script.practice, self._script.seed)
        lived_s = self._lived_s
        self._bank = SensorBank(
            info, lambda time_s: person.sensor_newtons(time_s + lived_s), self._script.physics, self._script.seed
        )
        self._edges = sorted(self._planned_edges(), key=lambda edge: edge[0])
        self._down = 0

    def _planned_edges(self) -> Iterator[tuple[float, Button, bool]]:
        for button, moments in (
            (Button.CLIENT_STOP, self._script.client_stop_s),
            (Button.MARKER, self._script.marker_s),
        ):
            for moment in moments:
                if moment >= self._lived_s:
                    yield moment - self._lived_s, button, True
                    yield moment - self._lived_s + 0.2, button, False

    def true_newtons(self, first_scan: int, n: int) -> Float32Array:
        """The true force behind these scans, N, (n, C)."""
        return self._bank.scans(first_scan, n)[1].astype("float32")

    def load_n(self, time_s: float) -> float:
        """True force on all sensors, N, so long after scan 0."""
        return float(self._person.sensor_newtons(np.array([time_s + self._lived_s])).sum())

    def receive(self, received: bytes, ticks: int = 0) -> None:
        """Handle commands, so many ticks after the next scan was due; answers come out of the next :meth:`advance`."""
        self._ticks = ticks
        for message in self._decoder.feed(received):
            if isinstance(message, Command):
                self._handle(message)

    def advance(self, to_scan: int) -> bytes:
        """Take every scan before number ``to_scan`` and return what goes on the line."""
        while self.next_scan < to_scan:
            self._take(min(to_scan, self._frame_end()))
        out, self._outbox = bytes(self._outbox), bytearray()
        return out

    def _frame_end(self) -> int:
        return (self.next_scan // self.info.scans_per_frame + 1) * self.info.scans_per_frame

    def _take(self, to_scan: int) -> None:
        self.next_scan = to_scan
        self._press_buttons()
        if to_scan % self.info.scans_per_frame:
            return
        first = to_scan - self.info.scans_per_frame
        if self.streaming and first >= self._unsent_from:
            counts, _ = self._bank.scans(first, self.info.scans_per_frame)
            self._send(Data(first, self._down, counts))
            self._frames_sent += 1
            if int(to_scan * self.info.period_s) > int(first * self.info.period_s):  # another second is over
                self._send(self._status())

    def _press_buttons(self) -> None:
        while self._edges and self._edges[0][0] < self.next_scan * self.info.period_s:
            moment, button, down = self._edges.pop(0)
            self._down = self._down | 1 << button if down else self._down & ~(1 << button)
            scan, ticks = divmod(round(moment * self.info.tick_hz), self.info.period_ticks)
            self._send(ButtonEdge(self._button_sequence, button, down, scan, ticks))
            self._button_sequence = (self._button_sequence + 1) & 0xFF

    def _status(self) -> Status:
        bad = self._decoder.bad_frames & 0xFFFF
        return Status(max(0, self.next_scan - 1), self._frames_sent, 0, 0, bad, 0xFFFF)

    def _send(self, message: Message) -> None:
        self._outbox += frame(pack(message))

    def _handle(self, command: Command) -> None:
        try:
            result = self._obey(command)
        except (struct.error, IndexError):
            result = Result.WRONG_LENGTH
        self._send(Ack(command.sequence, command.kind, result))

    def _obey(self, command: Command) -> Result:
        match command.kind:
            case Kind.INFO:
                self._send(Hello(PROTOCOL_VERSION, self.info, self.streaming))
            case Kind.START:
                self.streaming, self._unsent_from = True, self._frame_end() if self.next_scan else 0
            case Kind.STOP:
                self.streaming = False
                self._send(self._status())
            case Kind.PING:
                (token,) = struct.unpack("<I", command.fields)
                scans, ticks = divmod(self._ticks, self.info.period_ticks)
                self._send(Pong(command.sequence, token, self.next_scan + scans, ticks))
            case Kind.IDENTIFY | Kind.CUE:
                (number,) = struct.unpack("<B", command.fields)
                return Result.DONE if number <= (30 if command.kind == Kind.IDENTIFY else 5) else Result.OUT_OF_RANGE
            case Kind.RATE | Kind.NAME | Kind.SENSOR | Kind.SERIAL:
                return Result.NOT_WHILE_STREAMING if self.streaming else self._set(command)
            case _:
                return Result.UNKNOWN_COMMAND
        return Result.DONE

    def _set(self, command: Command) -> Result:
        change = {
            Kind.RATE: self._set_rate,
            Kind.NAME: self._set_name,
            Kind.SENSOR: self._set_sensor,
            Kind.SERIAL: self._set_serial,
        }[Kind(command.kind)]
        return change(command.fields)

    def _set_rate(self, fields: bytes) -> Result:
        (rate,) = struct.unpack("<H", fields)
        if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
            return Result.OUT_OF_RANGE
        self._start(plan_rate(self.info, rate))
        self._send(Hello(PROTOCOL_VERSION, self.info))
        return Result.DONE

    def _set_name(self, fields: bytes) -> Result:
        name = _name(fields, NAME_MAX)
        if name is None:
            return Result.OUT_OF_RANGE
        self.info = msgspec.structs.replace(self.info, name=name)
        return Result.DONE

    def _set_sensor(self, fields: bytes) -> Result:
        channel, ohm = struct.unpack_from("<BI", fields)
        name = _name(fields[5:], SENSOR_NAME_MAX)
        if name is None or channel >= self.info.channels or not 100 <= ohm <= 1_000_000:
            return Result.OUT_OF_RANGE
        sensors = list(self.info.sensors)
        sensors[channel] = SensorInfo(name, ohm)
        self.info = msgspec.structs.replace(self.info, sensors=tuple(sensors))
        return Result.DONE

    def _set_serial(self, fields: bytes) -> Result:
        (number,) = struct.unpack("<I", fields)
        if number < SIMULATED_SERIALS_FROM:  # a software glove never passes for a real one
            return Result.OUT_OF_RANGE
        self.info = msgspec.structs.replace(self.info, serial_number=number)
        return Result.DONE


def _name(fields: bytes, longest: int) -> str | None:
    """The name in these fields; None when its characters or length are not allowed. IndexError when cut short."""
    length = fields[0]
    text = fields[1 : 1 + length]
    if len(fields) != 1 + length:
        raise IndexError
    good = 1 <= length <= longest and all(0x20 <= byte < 0x7F for byte in text)
    return text.decode("ascii") if good else None
