"""``replay://FILE.h5`` for pyserial: a recording played back as the bytes of the glove that made it.

``?speed=`` is relative to real time, or ``max``. Scans that the recording lacks are lacking again.
The file is read as ``docs/file-format.md`` describes it: ``/raw/scan``, ``/raw/counts``, ``/device``, and the glove's
buttons among the ``/events``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from nmt_sense.blocks import Float32Array, Int64Array, Uint16Array
from nmt_sense.device import Button, GloveInfo
from nmt_sense.errors import RecordingError
from nmt_sense.glove.hello import check_info
from nmt_sense.glove.pacing import ByteSource, PacedSerial
from nmt_sense.glove.wire import (
    PROTOCOL_VERSION,
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
    frame,
    pack,
    parse_ping,
)
from nmt_sense.strict import toml
from nmt_sense.strict.apart import apart
from nmt_sense.strict.hdf5 import StrictFile

LAST_SCAN = 1 << 48
LARGEST_TABLE = 128 << 20
MOST_EVENTS = 400_000
"""What is believed of a recording, as when it is opened for reading."""
PRESSED_S = 0.2
"""A recording keeps when a button went down; it is let go after so long."""
_BUTTONS = {"client_stop": Button.CLIENT_STOP, "marker": Button.MARKER}
Press = tuple[float, Button]
"""Seconds from the first scan, and which button."""


class ReplaySource:
    """Plays the raw scans of one recording in a loop-free run; time starts with START."""

    def __init__(self, info: GloveInfo, scan: Int64Array, counts: Uint16Array, presses: list[Press]) -> None:
        self._info, self._scan, self._counts = info, scan, counts
        self._edges = sorted(_edges(presses, info, int(scan[0])), key=lambda edge: (edge.scan, edge.ticks))
        self._edges_sent, self._down = 0, 0
        self._decoder = Decoder()
        self._outbox = bytearray(frame(pack(Hello(PROTOCOL_VERSION, info))))
        self._next = 0
        self._now_s = 0.0
        self._started_s: float | None = None

    @property
    def frame_s(self) -> float:
        """Seconds from one DATA frame to the next."""
        return self._info.scans_per_frame * self._info.period_s

    @property
    def ended(self) -> bool:
        """All has been played and fetched."""
        return self._next == len(self._scan) and self._edges_sent == len(self._edges) and not self._outbox

    def advance_to(self, elapsed_s: float) -> bytes:
        """The frames that fall due up to this moment."""
        self._now_s = elapsed_s
        if self._started_s is not None:
            played = int((elapsed_s - self._started_s) / self._info.period_s + 1e-6)
            due = int(np.searchsorted(self._scan, self._scan[0] + played, "left"))
            self._send_scans(due)
            # what falls into a gap, or after the last scan, comes with no scans
            following = self._scan[self._next] if self._next < len(self._scan) else np.inf
            self._send_edges(min(self._scan[0] + played, following - 1))
        out, self._outbox = bytes(self._outbox), bytearray()
        return out

    def _send_scans(self, due: int) -> None:
        """Frames of consecutive scans up to row ``due``; the last one may have to wait until it is whole."""
        per_frame = self._info.scans_per_frame
        while self._next < due:
            rows = self._scan[self._next : self._next + per_frame]
            n = 1 + int(np.argmax(np.append(np.diff(rows) != 1, True)))
            whole = n == per_frame or self._next + n < due or due == len(self._scan)
            if not whole or self._next + n > due:
                return
            self._send_edges(int(rows[n - 1]))
            self._send(Data(int(rows[0]), self._down, self._counts[self._next : self._next + n]))
            self._next += n

    def _send_edges(self, to_scan: float) -> None:
        """The buttons pressed and released up to a scan."""
        while self._edges_sent < len(self._edges) and self._edges[self._edges_sent].scan <= to_scan:
            edge = self._edges[self._edges_sent]
            self._down = self._down | 1 << edge.button if edge.down else self._down & ~(1 << edge.button)
            self._send(replace(edge, sequence=self._edges_sent & 0xFF))
            self._edges_sent += 1

    def receive(self, received: bytes) -> None:
        """Commands: only those that a playback can follow."""
        for command in self._decoder.feed(received):
            if isinstance(command, Command):
                self._send(Ack(command.sequence, command.kind, self._obey(command)))

    def _obey(self, command: Command) -> Result:
        match command.kind:
            case Kind.INFO:
                self._send(Hello(PROTOCOL_VERSION, self._info, self._started_s is not None))
            case Kind.START:
                self._started_s = self._now_s if self._started_s is None else self._started_s
            case Kind.PING:
                self._send(Pong(command.sequence, parse_ping(command.fields), *self._moment()))
            case Kind.STOP | Kind.CUE | Kind.IDENTIFY:
                pass
            case _:
                return Result.OUT_OF_RANGE
        return Result.DONE

    def _moment(self) -> tuple[int, int]:
        """Number of the scan that would be taken now, and ticks since it was due."""
        if self._started_s is None:
            return 0, 0
        ticks = int((self._now_s - self._started_s) * self._info.tick_hz)
        return int(self._scan[0]) + ticks // self._info.period_ticks, ticks % self._info.period_ticks

    def true_newtons(self, first_scan: int, n: int) -> Float32Array | None:
        """A replay knows no more than its glove did."""
        return None

    def _send(self, message: Message) -> None:
        self._outbox += frame(pack(message))


class Serial(PacedSerial):
    """The port that pyserial makes for ``replay://``."""

    @property
    def ended(self) -> bool:
        """All has been played and read."""
        return isinstance(self._source, ReplaySource) and self._source.ended and not self.in_waiting

    def make_source(self, path: str, options: dict[str, str]) -> ByteSource:
        """The recording that the URL names."""
        if options:
            raise ValueError(f"unknown option {sorted(options)[0]!r}; only speed is known")
        try:
            recorded = apart("nmt_sense.glove.protocol_replay:read_recorded", Path(path), Recorded)
        except RecordingError as error:
            raise ValueError(f"not a recording that can be replayed ({error})") from error
        scan = np.frombuffer(recorded.scan, "<i8")
        counts = np.frombuffer(recorded.counts, "<u2").reshape(len(scan), recorded.info.channels)
        return ReplaySource(recorded.info, scan, counts, recorded.presses)


class Recorded(msgspec.Struct):
    """What is played of a recording."""

    info: GloveInfo
    scan: bytes
    """(N,) little-endian int64."""
    counts: bytes
    """(N, C) little-endian uint16."""
    presses: list[Press]


def read_recorded(path: Path) -> Recorded:
    """What can be played of a recording. Raises :class:`RecordingError` for a file that has not got it as it should."""
    with StrictFile(path) as file:
        file.check_links()
        what = "its description of the glove"
        info = toml.decode(file.text("device"), GloveInfo, what, RecordingError)
        try:
            check_info(info)
        except ValueError as error:
            raise RecordingError(str(error)) from error
        scan, counts = _raw(file, info.channels)
        events = _events(file)
    within_s = float(scan[-1] - scan[0] + info.scans_per_frame) * info.period_s
    return Recorded(info, scan.tobytes(), counts.tobytes(), list(_presses(events, within_s)))


def _raw(file: StrictFile, channels: int) -> tuple[Int64Array, Uint16Array]:
    scan, counts = file.rows("raw/scan"), file.rows("raw/counts")
    right = scan.is_of(np.dtype("<i8")) and counts.is_of(np.dtype("<u2"))
    if not right or counts.shape != (len(scan), channels):
        raise RecordingError("its scans are not those of its glove")
    numbers = scan.read()
    if len(numbers) == 0:
        raise RecordingError("it holds no scans to replay")
    if np.any(numbers[1:] <= numbers[:-1]) or numbers[0] < 0 or numbers[-1] >= LAST_SCAN:
        raise RecordingError("its scans are damaged; see nmt-sense verify")
    return numbers, counts.read()


def _events(file: StrictFile) -> Any:
    events = file.rows("events")
    fields = {"time_s": "<f8", "kind": "S", "text": "S"}
    right = all(events.has_field(field, kind) for field, kind in fields.items())
    if not right or len(events) * events.dtype.itemsize > LARGEST_TABLE or len(events) > MOST_EVENTS:
        raise RecordingError("its events are none, or more than a recording can have")
    return events.read()


def _presses(events: Any, within_s: float) -> Iterator[Press]:
    """The buttons of the glove among a recording's events, up to its end."""
    for time_s, kind, text in zip(events["time_s"], events["kind"], events["text"], strict=True):
        button = _BUTTONS.get(kind.decode(errors="replace"))
        if button is not None and text == b"glove" and time_s <= within_s:  # false for NaN
            yield max(0.0, float(time_s)), button


def _edges(presses: list[Press], info: GloveInfo, first_scan: int) -> Iterator[ButtonEdge]:
    for pressed_s, button in presses:
        for time_s, down in ((pressed_s, True), (pressed_s + PRESSED_S, False)):
            scan, ticks = divmod(round(time_s * info.tick_hz), info.period_ticks)
            yield ButtonEdge(0, button, down, first_scan + scan, ticks)
