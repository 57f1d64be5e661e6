"""A small language for bytes on a line, so that a fuzzer's mutations get past COBS and CRC and at the meaning.

A program is bytes: an instruction, its arguments, the next instruction, until they run out. What it says comes over the
line is fed to the real decoder, stream, clock and force chain, and everything that must hold of any bytes is asserted.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from nmt_sense.device import Button
from nmt_sense.glove import wire
from nmt_sense.glove.stream import DOUBTED, ScanStream
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.sensing.chain import ForceChain
from nmt_sense.sensing.layout import load_layout
from tests.fuzz.edits import KINDS, Edit, edited

CALIBRATION = Path(__file__).parents[2] / "calibration"
INFO = virtual_info(Script())
COUNTS = np.random.default_rng(1).integers(0, 2046, (3, INFO.channels)).astype(np.uint16)
TEMPLATES: tuple[wire.Message, ...] = (
    wire.Hello(1, INFO),
    wire.Data(0, 0, COUNTS),
    wire.ButtonEdge(0, Button.MARKER, True, 0, 0),
    wire.Status(0, 1, 0, 0, 0, 900),
    wire.Ack(1, wire.Kind.START, wire.Result.DONE),
    wire.Pong(1, 2, 3, 4),
    wire.Command(wire.Kind.INFO, 1),
)


class Line:
    """What lies between a glove and its host while a program runs."""

    def __init__(self, program: bytes) -> None:
        self._program = program
        self._at = 0
        self._out = bytearray()
        self._scan = 0
        self.fed = 0
        """Bytes that came over the line."""
        self.decoder = wire.Decoder()
        self.stream = ScanStream(INFO.channels, INFO.full_scale)
        self._chain = _fresh_chain()
        self._newest = -1
        self._given = self._gaps = 0

    def run(self) -> None:
        """Every instruction, then what is left on the line."""
        while self._at < len(self._program):
            _INSTRUCTIONS[self._number() % len(_INSTRUCTIONS)](self)
        self.read()

    def _number(self, size: int = 1) -> int:
        taken = self._program[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken, "little")

    def _bytes(self) -> bytes:
        n = self._number()
        taken = self._program[self._at : self._at + n]
        self._at += n
        return taken

    def _next_frame(self) -> bytes:
        self._scan += 3
        return wire.frame(wire.pack(wire.Data(self._scan - 3, 0, COUNTS)))

    def true(self) -> None:
        """Frames as they should be."""
        for _ in range(self._number() % 16):
            self._out += self._next_frame()

    def edit(self) -> None:
        """A frame that is damaged on its way."""
        kind = KINDS[self._number() % len(KINDS)]
        edit = Edit(kind, self._number() % 64, self._number(), bytes([self._number()]))
        self._out += edited(self._next_frame(), [edit])[0]

    def raw(self) -> None:
        """Bytes as they are."""
        self._out += self._bytes()

    def framed(self) -> None:
        """A message as it is, with the right CRC."""
        if message := self._bytes()[: wire.MAX_MESSAGE]:
            self._out += wire.frame(message)

    def fields(self) -> None:
        """A true message in which a field is another one, with the right CRC."""
        message = bytearray(wire.pack(TEMPLATES[self._number() % len(TEMPLATES)]))
        at = self._number() % len(message)
        message[at : at + self._number() % 5] = self._bytes()
        self._out += wire.frame(bytes(message[: wire.MAX_MESSAGE]) or b"\0")

    def lose(self) -> None:
        """Frames of which nothing arrives."""
        self._scan += 3 * self._number(3)

    def jump(self) -> None:
        """The glove counts from somewhere else."""
        self._scan = self._number(4)

    def away(self) -> None:
        """The glove was away, and the host knows by its clock where the numbering should go on."""
        self.read()
        self.stream.resume_at(self.stream.newest + self._number(3), self._number())

    def read(self) -> None:
        """The host reads what has come."""
        received, self._out = bytes(self._out), bytearray()
        self.fed += len(received)
        bad, known = self.decoder.bad_frames, len(self.decoder._rest)
        messages = list(self.decoder.feed(received))
        assert len(self.decoder._rest) <= wire.MAX_ENCODED
        whole = sum(1 for piece in received.split(b"\0")) + (known > 0)
        assert bad <= self.decoder.bad_frames <= bad + whole
        for message in messages:
            _check(message)
        self._take([message for message in messages if isinstance(message, wire.Data)])

    def _take(self, frames: list[wire.Data]) -> None:
        stream = self.stream
        before = stream.received + stream.repeated + stream.refused + self._held()
        block = stream.feed(frames)
        after = stream.received + stream.repeated + stream.refused + self._held()
        assert after - before == sum(len(frame.counts) for frame in frames)
        assert len(stream._doubted) <= DOUBTED
        if not len(block):
            return
        assert block.scan[0] > self._newest
        assert np.all(np.diff(block.scan) > 0)
        assert block.counts.shape == (len(block), INFO.channels)
        assert block.counts.max() < INFO.full_scale
        self._gaps += int(block.scan[-1] - self._newest) - len(block) if self._given else _inner_gaps(block.scan)
        self._given += len(block)
        self._newest = int(block.scan[-1])
        assert (stream.newest, stream.received, stream.lost) == (self._newest, self._given, self._gaps)
        force = self._chain.feed(block)
        assert np.all(np.isfinite(force.contact_n))
        assert np.all(force.time_s >= 0)

    def _held(self) -> int:
        return sum(len(frame.counts) for frame in self.stream._doubted.values())


_INSTRUCTIONS: tuple[Callable[[Line], None], ...] = (
    Line.true,
    Line.edit,
    Line.raw,
    Line.framed,
    Line.fields,
    Line.lose,
    Line.jump,
    Line.away,
    Line.read,
)


@functools.cache
def _chain() -> ForceChain:
    return ForceChain(INFO, load_layout(CALIBRATION), "hand")


def _fresh_chain() -> ForceChain:
    """One that has seen nothing; its tables are made only once."""
    chain = copy.copy(_chain())
    chain._filter, chain._unbounded = copy.deepcopy(chain._filter), copy.deepcopy(chain._unbounded)
    return chain


def _inner_gaps(scan: np.ndarray) -> int:
    return int(scan[-1] - scan[0]) + 1 - len(scan)


def _check(message: wire.Message) -> None:
    """A message that was understood says the same when it is packed again, and nothing a terminal would obey."""
    if isinstance(message, wire.Hello):
        if message.info is None:
            return
        names = [message.info.name, *message.info.sensor_names]
        assert all(name.isascii() and (name == "" or name.isprintable()) for name in names)
        assert message.info.period_s > 0
    again = wire.parse(wire.pack(message))
    assert again is not None
    assert wire.pack(again) == wire.pack(message)


def run(program: bytes) -> int:
    """Run one program; the bytes that came over its line."""
    line = Line(program)
    line.run()
    return line.fed


def seeds() -> Iterator[bytes]:
    """Programs to begin with: each instruction, and a few stories."""
    true, edit, raw, framed, fields, lose, jump, away, read = (bytes([i]) for i in range(len(_INSTRUCTIONS)))
    some = true + b"\x05" + read
    for i in range(len(KINDS)):
        yield some + edit + bytes([i, 30, 9, 0]) + some
    for i, template in enumerate(TEMPLATES):
        message = wire.pack(template)
        yield some + framed + bytes([len(message)]) + message + some
        for at in range(0, min(len(message), 40), 3):
            yield some + fields + bytes([i, at, 1, 1, 255]) + some
    yield some + raw + b"\xff" + bytes(range(255)) + some
    yield some + lose + b"\x64\x00\x00" + some + lose + b"\xff\xff\xff" + some
    yield some + away + b"\xe8\x03\x00\xfa" + jump + bytes(4) + some
    yield jump + b"\xfa\xff\xff\xff" + some + some
