"""A virtual glove tells the moment of a PING as the chip does: to the tick."""

from __future__ import annotations

import struct
import time

import serial

import nmt_sense.glove.ports  # noqa: F401  makes sim:// known
from nmt_sense.glove.wire import Command, Decoder, Kind, Pong, frame, pack


def test_a_ping_is_answered_with_a_moment_between_its_sending_and_its_being_taken() -> None:
    port = serial.serial_for_url("sim://", timeout=0.02)
    port.write(frame(pack(Command(Kind.START, 1))))
    decoder, sent, taken, moments = Decoder(), [], [], []
    for number in range(60):
        sent.append(time.monotonic())
        port.write(frame(pack(Command(Kind.PING, number, struct.pack("<I", number)))))
        taken.append(time.monotonic())
        while len(moments) == number:
            for message in decoder.feed(port.read(400)):
                if isinstance(message, Pong):
                    assert message.token == number
                    moments.append((message.scan + message.ticks / 8000) * 0.004)
        time.sleep(0.0007 * (number % 7))
    port.close()
    tick = 1e-5
    for i in range(1, 60):
        assert sent[i] - taken[0] - tick <= moments[i] - moments[0] <= taken[i] - sent[0] + tick
