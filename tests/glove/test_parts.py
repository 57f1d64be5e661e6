"""Frames count from when their first byte came, however an adapter gathers bytes."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.glove.link import Link
from nmt_sense.glove.parts import Parts
from nmt_sense.glove.virtual import Script, VirtualGlove
from nmt_sense.glove.wire import Data, Decoder
from nmt_sense.host_time import now_ns
from tests.whole.lines import GloveOnLine

frames = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\0", b"\1") + b"\0"), min_size=1, max_size=20)


@given(frames, st.lists(st.integers(1, 30), min_size=1))
def test_every_frame_comes_once_with_the_time_of_its_first_byte_or_of_the_newest_beside_it(
    sent: list[bytes], sizes: list[int]
) -> None:
    stream, parts, cut, came, at = b"".join(sent), Parts(), [], [], 0
    while at < len(stream):  # pieces at times 0, 1, 2 ...; each byte remembers its own
        size = sizes[len(cut) % len(sizes)]
        piece, moment = stream[at : at + size], len(came) and came[-1] + 1
        came += [moment] * len(piece)
        cut.append(parts.cut(piece, moment, moment))
        at += size
    assert b"".join(received for batch in cut for received, _ in batch) == stream
    place = 0
    for received, begun in (part for batch in cut for part in batch):
        place += len(received)
        if 0 in received:
            whole = stream[: place - (len(received) - received.rindex(0) - 1)]
            newest = whole.rfind(b"\0", 0, len(whole) - 1) + 1  # where the newest whole frame begins
            assert begun == came[newest]


def test_what_came_after_others_have_read_counts_from_when_it_came() -> None:
    parts = Parts()
    parts.cut(b"abc", 5, 5)
    parts.forget()
    assert parts.cut(b"d\0", 90, 91) == [(b"d\0", 90)]


def test_behind_an_adapter_that_gathers_62_bytes_scans_are_read_with_the_time_of_their_first_byte() -> None:
    VirtualGlove(Script()).true_newtons(0, 3)  # what it loads on its first scan may take seconds on a busy computer
    gathered, sent = bytearray(), []

    def gather(out: bytes) -> bytes:
        gathered.extend(out)
        size = len(gathered) // 62 * 62 if glove.streaming else len(gathered)
        packet = bytes(gathered[:size])
        del gathered[:size]
        if packet:
            sent.append((now_ns(), packet))
        return packet

    with GloveOnLine() as glove:
        glove.spoil = gather
        link = Link(glove.port)
        link.open()
        link.start()
        begun = {}
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            messages, moment_ns = link.read()
            begun |= {message.first_scan: moment_ns for message in messages if isinstance(message, Data)}
        link.close()
    stream = b"".join(packet for _, packet in sent)
    times = [moment_ns for moment_ns, packet in sent for _ in packet]
    first, last = {}, {}
    at = 0
    for piece in stream.split(b"\0")[:-1]:
        number = _first_scan(piece)
        if number is not None:
            first[number], last[number] = times[at], times[at + len(piece)]
        at += len(piece) + 1
    assert len(begun) > 20
    assert all(begun[number] >= first[number] for number in begun)  # never early
    assert any(begun[number] < last[number] for number in begun)  # the end came with a later packet


def _first_scan(piece: bytes) -> int | None:
    [*found] = Decoder().feed(piece + b"\0")
    return found[0].first_scan if found and isinstance(found[0], Data) else None
