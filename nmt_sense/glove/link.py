"""The link: a port that a glove answers on. Opens, shakes hands, reads, and says why not in words."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import serial

from nmt_sense.blocks import Float32Array
from nmt_sense.device import GloveInfo
from nmt_sense.errors import LinkError, LinkReason
from nmt_sense.glove.opening import PORT_ERRORS, descriptor, open_port
from nmt_sense.glove.parts import Part, Parts
from nmt_sense.glove.pings import Pings
from nmt_sense.glove.wire import (
    PROTOCOL_VERSION,
    Ack,
    Command,
    CuePattern,
    Decoder,
    Hello,
    Kind,
    Message,
    Pong,
    Result,
    Status,
    frame,
    pack,
    rate_fields,
)
from nmt_sense.host_time import now_ns

HANDSHAKE_S = 3.5
"""How long a glove may take to answer: opening the port resets it, and its bootloader waits a second or two."""
ASK_EVERY_S = 0.3
READ_TIMEOUT_S = 0.025
_READ_BYTES = 65536
SILENT_AFTER_S = 2.0
"""A stream that says nothing for so long is lost."""
_COMMAND_S = 1.5
"""A glove answers a command in milliseconds, one that writes to EEPROM in 0.6 s."""
_HEAR_S = 0.02
_READ_ERRORS: tuple[type[Exception], ...] = (*PORT_ERRORS, TypeError)
"""pyserial raises TypeError when another thread closes the port under a read."""
_STARTS = 3
"""How often a glove may reset while it is being started before it is given up."""


class Link:
    """One glove on one port. Use :meth:`open`, then :meth:`start`, then :meth:`read` from one thread."""

    def __init__(self, url: str, idle: Callable[[], None] = lambda: None) -> None:
        """``idle`` is called now and then while :meth:`open` and :meth:`start` wait for answers."""
        self.url = url
        self._idle = idle
        self.status: Status | None = None
        """The glove's counters when it was last told to stop; None before."""
        self.info: GloveInfo | None = None
        self._port: Any = None
        self._descriptor: int | None = None
        self._decoder = Decoder()
        self._sequence = 0
        self.heard = False
        """Something has come, be it from a glove or not."""
        self._ask_at = 0.0
        self._rate_hz: int | None = None
        self._pending: list[Message] = []
        self._parts = Parts()
        self._cut: deque[Part] = deque()
        """What has come and is not decoded yet."""
        self._came_ns = 0  # when the first of the bytes last received came
        self._clock: Callable[[], int] = now_ns
        self._quiet_reads = 0
        self._pings = Pings()
        self._takes_pings = True

    @property
    def bad_frames(self) -> int:
        """Frames dropped by the host since the link was opened: CRC, COBS, length or fields wrong."""
        return self._decoder.bad_frames

    @property
    def is_open(self) -> bool:
        """The port is open."""
        return self._port is not None

    @property
    def played(self) -> bool:
        """A recording is played here: no cable that could come out, and its silences are its own."""
        return hasattr(self._port, "ended")

    def clock_ns(self) -> int:
        """The clock that arrivals are stamped with, ns: the host's, or that of a port with one of its own."""
        return self._clock()

    def true_newtons(self, first_scan: int, n: int) -> Float32Array | None:
        """True force behind these scans, N, (n, C); None for anything but a virtual glove."""
        known = getattr(self._port, "true_newtons", None)
        return None if known is None else known(first_scan, n)

    def open(self, rate_hz: int | None = None) -> GloveInfo:
        """Open the port, find the glove, set its rate if one is asked for. Does not start the stream.

        Raises :class:`LinkError` with a reason and a sentence.
        """
        self.knock()
        try:
            deadline = time.monotonic() + HANDSHAKE_S
            while self.hear(READ_TIMEOUT_S) is None:
                self._idle()
                if time.monotonic() > deadline:
                    raise self.nobody()
            return self.prepare(rate_hz)
        except BaseException:
            self.close()
            raise

    def knock(self) -> None:
        """Open the port, no more. Raises :class:`LinkError`."""
        self._port = open_port(self.url, READ_TIMEOUT_S)
        self._clock = getattr(self._port, "clock_ns", now_ns)
        self._descriptor = descriptor(self._port)

    def hear(self, seconds: float = _HEAR_S) -> GloveInfo | None:
        """Ask who is there, every so often, and listen for so long; the glove once its HELLO has come.

        Whatever else is on the line hears INFO and nothing more. Raises :class:`LinkError`.
        """
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + ASK_EVERY_S
            self._send(Command(Kind.INFO, self._next_sequence()))
        received = self._receive(seconds)
        self.heard |= bool(received.strip(b"\0"))
        hellos = [message for message in self._decoder.feed(received) if isinstance(message, Hello)]
        return self._accept(hellos[-1]) if hellos else None

    def prepare(self, rate_hz: int | None = None) -> GloveInfo:
        """Take the glove that answered: close its stream, and set its rate if one is asked for.

        Raises :class:`LinkError`.
        """
        self._rate_hz = rate_hz
        self._pings.forget()
        self._command(Kind.STOP)  # a stream left open by a killed program; and its STATUS tells the counters
        if rate_hz is not None and round(self._known.rate_hz) != rate_hz:
            self._command(Kind.RATE, rate_fields(rate_hz))
        return self._known

    def start(self) -> GloveInfo:
        """Open the flow of scans; what the glove says of itself by then. Raises :class:`LinkError`.

        One that resets meanwhile has forgotten its rate and is prepared again.
        """
        for _ in range(_STARTS):
            boot = self._known.boot_count
            self._pending.clear()
            self._command(Kind.START)
            self._quiet_reads = 0
            if self._known.boot_count == boot:
                return self._known
            self.prepare(self._rate_hz)
        raise self._error(LinkReason.SILENT, f"The glove on {self.url} keeps starting anew; check its power and cable.")

    def restart(self, rate_hz: int | None) -> GloveInfo:
        """Start a glove that has reset, at this rate if one is asked for. Raises :class:`LinkError`."""
        self.prepare(rate_hz)
        return self.start()

    def inquire(self) -> None:
        """Ask who is there without waiting: the answer comes with the messages read. Raises :class:`LinkError`."""
        self._send(Command(Kind.INFO, self._next_sequence()))

    def ask_time(self, now_ns: int) -> None:
        """Ask a glove that streams for its time, when that is due again at ``now_ns`` of :meth:`clock_ns`.

        Does not wait (where there is a descriptor) and raises nothing: when the port is gone, the next read says so.
        """
        if not self._pings.due(now_ns) or not self._takes_pings or self._port is None:
            return
        question = self._pings.question(self._next_sequence())
        sent_ns = self._clock()
        try:
            self._put(_line(question))
        except BlockingIOError:
            pass  # so much waits to go out already that the answer would say nothing
        except PORT_ERRORS:
            self._takes_pings = False  # where a write waits, it must not wait a second time
        self._pings.asked(question.sequence, sent_ns)

    def answered(self, pong: Pong) -> int | None:
        """When the question was sent that this answers, by :meth:`clock_ns`; None when it was not asked here."""
        return self._pings.answered(pong)

    def signal(self, pattern: CuePattern) -> None:
        """Have LED and buzzer do this, without waiting (where there is a descriptor). Raises :class:`LinkError`."""
        try:
            self._put(_line(Command(Kind.CUE, self._next_sequence(), bytes([pattern]))))
        except BlockingIOError:
            pass  # so much waits to go out already that this would come too late
        except PORT_ERRORS as error:
            raise self._unplugged() from error

    def count(self) -> None:
        """Have the glove tell its counters now (:attr:`status`) and go on. Scans of the moment are lost.

        Raises :class:`LinkError`.
        """
        self._command(Kind.STOP)
        self.start()

    def read(self) -> tuple[list[Message], int]:
        """Wait up to 25 ms for bytes; the messages they completed, and the host time (ns) when those began to come.

        Raises :class:`LinkError`: UNPLUGGED when the port is gone, SILENT when nothing came for two seconds, ENDED when
        a recording has been played to its end.
        """
        received, now = self._cut.popleft() if self._cut else self._next_part()
        # reads are counted, not seconds: a program that was stopped for a minute has not heard a minute of silence
        self._quiet_reads = 0 if received else self._quiet_reads + 1
        if not received and self.played and self._port.ended:
            raise self._error(LinkReason.ENDED, f"{self.url} has been played to its end.")
        if self._quiet_reads * READ_TIMEOUT_S > SILENT_AFTER_S and not self.played:
            raise self._error(
                LinkReason.SILENT,
                f"The glove on {self.url} has gone silent; check its power and cable.",
            )
        messages = [*self._pending, *self._decoder.feed(received)]
        self._pending.clear()
        for message in messages:
            if isinstance(message, Hello) and message.info is not None:
                self._know(message.info)
        return messages, now

    def _next_part(self) -> Part:
        received = self._receive()
        now = self._clock()
        if received:
            self._cut.extend(self._parts.cut(received, self._came_ns, now))
        return self._cut.popleft() if received else (received, now)

    def configure(self, kind: Kind, fields: bytes) -> GloveInfo:
        """Have the glove keep a setting (NAME, SENSOR, SERIAL) before the stream starts; what it then says of itself.

        Raises :class:`LinkError`, also when the glove refuses.
        """
        self._command(kind, fields)
        self._command(Kind.INFO)
        return self._known

    def close(self) -> None:
        """Stop the stream if the glove still listens, and close the port. Never raises."""
        if self._port is not None:
            with contextlib.suppress(LinkError):  # not flushed: a device that takes nothing would be waited for
                self._send(Command(Kind.STOP, self._next_sequence()))
        self.leave()

    def leave(self) -> None:
        """Close the port and say nothing to whoever is there. Never raises."""
        if self._port is None:
            return
        with contextlib.suppress(*PORT_ERRORS):
            self._port.close()
        self._port = None

    @property
    def _known(self) -> GloveInfo:
        assert self.info is not None
        return self.info

    def nobody(self) -> LinkError:
        """Why nobody has answered, when time is up."""
        if self.heard:
            return self._error(
                LinkReason.NOT_A_GLOVE,
                f"What is on {self.url} sends bytes but is not an NMT Sense glove; choose another port "
                "(nmt-sense devices lists them) or flash the glove's firmware.",
            )
        return self._error(
            LinkReason.SILENT,
            f"Nothing on {self.url} answered; check that this is the glove's port and that it has power.",
        )

    def _accept(self, hello: Hello) -> GloveInfo:
        if hello.info is None:
            raise self._error(
                LinkReason.OTHER_PROTOCOL,
                f"The glove on {self.url} speaks protocol version {hello.protocol}, this program version "
                f"{PROTOCOL_VERSION}; update the {'program' if hello.protocol > PROTOCOL_VERSION else 'firmware'}.",
            )
        return self._know(hello.info)

    def _know(self, info: GloveInfo) -> GloveInfo:
        if self.info is not None and self.info.boot_count != info.boot_count:
            self.status = None  # its counters have started over
        self.info = info
        return info

    def _command(self, kind: Kind, fields: bytes = b"") -> None:
        """Send a command and wait for its ACK, sending it again when none comes."""
        command = Command(kind, self._next_sequence(), fields)
        for message in self._ask(command, _COMMAND_S):
            if isinstance(message, Hello):
                self._accept(message)
            elif isinstance(message, Ack) and message.sequence == command.sequence:
                if message.result is Result.DONE:
                    return
                refusal = message.result.name.lower().replace("_", " ")
                raise self._error(LinkReason.NOT_A_GLOVE, f"The glove on {self.url} refused {kind.name}: {refusal}.")
        raise self._error(
            LinkReason.SILENT, f"The glove on {self.url} does not answer {kind.name}; unplug it and plug it in again."
        )

    def _ask(self, command: Command, seconds: float) -> Iterator[Message]:
        """Send a command every so often and yield what comes, until the time is over."""
        deadline = time.monotonic() + seconds
        ask_at = 0.0
        while time.monotonic() < deadline:
            if time.monotonic() >= ask_at:
                ask_at = time.monotonic() + ASK_EVERY_S
                self._send(command)
            self._idle()
            messages = list(self._decoder.feed(self._receive()))
            self._parts.forget()
            for i, message in enumerate(messages):
                if isinstance(message, Status):
                    self.status = message
                if isinstance(message, Ack) and message.sequence == command.sequence:
                    self._pending += messages[i + 1 :]
                yield message

    def _receive(self, seconds: float = READ_TIMEOUT_S) -> bytes:
        """Bytes up to the end of a frame, or what came within the timeout.

        A frame trickles in over a millisecond or two; waking the rest of the program for each piece would cost more
        than all its work.
        """
        if self._cut:
            return self._cut.popleft()[0]
        received = b""
        deadline = time.monotonic() + seconds
        try:
            while piece := self._wait(max(0.0, deadline - time.monotonic())):
                if not received:
                    self._came_ns = self._clock()
                received += piece
                if 0 in piece or len(received) > _READ_BYTES or time.monotonic() > deadline:
                    break
        except _READ_ERRORS as error:
            raise self._unplugged() from error
        return received

    def _wait(self, seconds: float) -> bytes:
        """The bytes there are, waiting for the first one."""
        if self._descriptor is None:
            first = self._port.read(1)
            return bytes(first + self._port.read(self._port.in_waiting)) if first else b""
        # two system calls instead of pyserial's five: at 83 frames a second they are most of what reading costs
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return b""
        received = os.read(self._descriptor, _READ_BYTES)
        if not received:
            raise serial.SerialException("the device is gone")
        return received

    def _put(self, line: bytes) -> None:
        """Write without waiting, where the system can."""
        if self._descriptor is None:
            self._port.write(line)
        else:  # pyserial waits until all is written; it has opened this not to block
            os.write(self._descriptor, line)

    def _send(self, command: Command) -> None:
        try:
            self._port.write(_line(command))
        except PORT_ERRORS as error:
            raise self._unplugged() from error

    def _unplugged(self) -> LinkError:
        return self._error(LinkReason.UNPLUGGED, f"The glove on {self.url} was unplugged; plug it in again.")

    def _error(self, reason: LinkReason, sentence: str) -> LinkError:
        return LinkError(reason, self.url, sentence)

    def _next_sequence(self) -> int:
        self._sequence = (self._sequence + 1) & 0xFF
        return self._sequence


def _line(command: Command) -> bytes:
    """What goes on the line: a zero first, which ends whatever came before."""
    return b"\0" + frame(pack(command))
