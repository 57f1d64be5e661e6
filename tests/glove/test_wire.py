"""The wire format: PROTOCOL.md's own examples, any cutting, any noise."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.device import Button, SensorInfo
from nmt_sense.glove import wire
from nmt_sense.glove.virtual import Script, virtual_info

PROTOCOL = (Path(__file__).parents[2] / "firmware" / "PROTOCOL.md").read_text(encoding="utf-8")
EXAMPLES = [
    (name, bytes.fromhex(message), bytes.fromhex(framed))
    for name, message, framed in re.findall(r"^([a-z0-9-]+) ([0-9a-f]+) ([0-9a-f]+)$", PROTOCOL, re.MULTILINE)
]

u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
messages = st.one_of(
    st.builds(wire.ButtonEdge, u8, st.sampled_from(Button), st.booleans(), u32, u16),
    st.builds(wire.Status, u32, u32, u32, u32, u16, u16),
    st.builds(wire.Ack, u8, u8, st.sampled_from(wire.Result)),
    st.builds(wire.Pong, u8, u32, u32, u16),
    st.builds(wire.Command, st.integers(0x80, 0xFF), u8, st.binary(max_size=20)),
)


def test_protocol_page_has_an_example_of_every_message() -> None:
    assert {message[0] for _, message, _ in EXAMPLES} == set(wire.Kind)


@pytest.mark.parametrize(("name", "message", "framed"), EXAMPLES, ids=[name for name, _, _ in EXAMPLES])
def test_examples_of_the_protocol_page_hold_both_ways(name: str, message: bytes, framed: bytes) -> None:
    assert wire.frame(message) == framed
    (parsed,) = wire.Decoder().feed(framed)
    assert wire.pack(parsed) == message


def test_the_page_states_the_limits_that_the_code_keeps() -> None:
    assert f"{wire.BAUD // 1000} {wire.BAUD % 1000:03d} baud" in PROTOCOL
    assert f"at most {wire.MAX_MESSAGE + 2} bytes" in PROTOCOL
    assert f"| 2: scans per second, {wire.MIN_RATE_HZ}-{wire.MAX_RATE_HZ} |" in PROTOCOL
    assert (
        f"rate × {wire.FRAME_SECONDS} rounded down, but at least 1 and at most {wire.MAX_SCANS_PER_FRAME}" in PROTOCOL
    )


@given(st.lists(messages, max_size=12), st.data())
def test_messages_come_through_however_the_stream_is_cut(sent: list[wire.Message], data: st.DataObject) -> None:
    stream = b"".join(wire.frame(wire.pack(message)) for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = wire.Decoder()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    received = [message for piece in pieces for message in decoder.feed(piece)]
    assert received == sent
    assert decoder.bad_frames == 0


@given(st.binary(max_size=2000), st.lists(messages, min_size=1, max_size=3))
def test_after_any_noise_the_next_whole_frame_is_read(noise: bytes, sent: list[wire.Message]) -> None:
    decoder = wire.Decoder()
    list(decoder.feed(noise + b"\0"))
    received = list(decoder.feed(b"".join(wire.frame(wire.pack(message)) for message in sent)))
    assert received == sent


@given(messages, st.data())
def test_a_flipped_bit_is_dropped_and_counted(message: wire.Message, data: st.DataObject) -> None:
    framed = bytearray(wire.frame(wire.pack(message)))
    position = data.draw(st.integers(0, 8 * (len(framed) - 1) - 1))
    framed[position // 8] ^= 1 << position % 8
    decoder = wire.Decoder()
    assert list(decoder.feed(bytes(framed))) == []
    assert decoder.bad_frames >= 1 or 0 in framed[:-1]


@given(st.binary(min_size=1, max_size=252))
def test_no_message_however_odd_raises(message: bytes) -> None:
    list(wire.Decoder().feed(wire.frame(message)))


def test_endless_noise_without_a_zero_takes_no_memory_and_counts_once() -> None:
    decoder = wire.Decoder()
    for _ in range(1000):
        list(decoder.feed(b"\x55" * 1000))
    assert decoder.bad_frames == 1
    assert len(decoder._rest) <= wire.MAX_ENCODED


def test_data_carries_counts_scan_by_scan() -> None:
    counts = np.arange(16, dtype=np.uint16).reshape(2, 8)
    parsed = wire.parse(wire.pack(wire.Data(7, 0, counts)))
    assert isinstance(parsed, wire.Data)
    np.testing.assert_array_equal(parsed.counts, counts)


def test_a_glove_of_another_protocol_is_recognised_whatever_follows() -> None:
    assert wire.parse(bytes([wire.Kind.HELLO, 9, 1, 2, 3])) == wire.Hello(9, None)


def test_hello_says_everything_of_the_glove() -> None:
    info = virtual_info(Script())
    assert wire.parse(wire.pack(wire.Hello(1, info, True))) == wire.Hello(1, info, True)


ABSURD = {
    "period_ticks": [0, 1, 50_000],
    "tick_hz": [0, 4_000_000_000],
    "adc_bits": [0, 12, 255],
    "samples_per_value": [0, 255],
    "shift": [0, 255],
    "full_scale": [0, 2047, 65_535],
    "scans_per_frame": [0, 16, 255],
    "name": ["n" * 17, "\x1b[2J", "tab\t", "\x7f"],
    "sensors": [(), (SensorInfo("thumb", 0),), (SensorInfo("s" * 13, 3300),), (SensorInfo("\x1b]0;x\x07", 3300),)],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in ABSURD.items() for value in values])
def test_a_hello_that_no_glove_says_is_dropped_and_counted(field: str, value: object) -> None:
    hello = wire.pack(wire.Hello(1, msgspec.structs.replace(virtual_info(Script()), **{field: value})))
    decoder = wire.Decoder()
    assert list(decoder.feed(wire.frame(hello))) == []
    assert decoder.bad_frames == 1


@pytest.mark.parametrize("rate", [50, 51, 250, 999, 1000])
def test_a_hello_at_every_rate_is_believed(rate: int) -> None:
    hello = wire.Hello(1, virtual_info(Script(rate_hz=rate)))
    assert wire.parse(wire.pack(hello)) == hello


def test_the_longest_hello_fits_one_frame() -> None:
    info = virtual_info(Script())
    long = [msgspec.structs.replace(sensor, name="n" * wire.SENSOR_NAME_MAX) for sensor in info.sensors]
    info = msgspec.structs.replace(info, name="g" * wire.NAME_MAX, sensors=tuple(long))
    assert len(wire.frame(wire.pack(wire.Hello(1, info)))) <= 256
