"""``replay://FILE.h5`` for pyserial: a recording played back as the bytes of the glove that made it.

``?speed=`` is relative to real time, or ``max``. Scans that the recording lacks are lacking again.
The file is read as ``docs/file-format.md`` describes it: ``/raw/scan``, ``/raw/counts`` and ``/device``.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import msgspec
import numpy as np

from nmt_sense.blocks import Float32Array, Int64Array, Uint16Array
from nmt_sense.device import GloveInfo
from nmt_sense.glove.pacing import ByteSource, PacedSerial
from nmt_sense.glove.wire import (
    PROTOCOL_VERSION,
    Ack,
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


class ReplaySource:
    """Plays the raw scans of one recording in a loop-free run; time starts with START."""

    def __init__(self, info: GloveInfo, scan: Int64Array, counts: Uint16Array) -> None:
        self._info, self._scan, self._counts = info, scan, counts
        self._decoder = Decoder()
        self._outbox = bytearray(frame(pack(Hello(PROTOCOL_VERSION, info))))
        self._next = 0
        self._now_s = 0.0
        self._started_s: float | None = None

    @property
    def frame_s(self) -> float:
        """Seconds from one DATA frame to the next."""
        return self._info.scans_per_frame * self._info.period_s

    def advance_to(self, elapsed_s: float) -> bytes:
        """The frames that fall due up to this moment."""
        self._now_s = elapsed_s
        if self._started_s is not None and self._next < len(self._scan):
            played = int((elapsed_s - self._started_s) / self._info.period_s + 1e-6)
            due = int(np.searchsorted(self._scan, self._scan[0] + played, "left"))
            self._send_scans(due)
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
            self._send(Data(int(rows[0]), 0, self._counts[self._next : self._next + n]))
            self._next += n

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
                self._send(Pong(command.sequence, parse_ping(command.fields), 0, 0))
            case Kind.STOP | Kind.CUE | Kind.IDENTIFY:
                pass
            case _:
                return Result.OUT_OF_RANGE
        return Result.DONE

    def true_newtons(self, first_scan: int, n: int) -> Float32Array | None:
        """A replay knows no more than its glove did."""
        return None

    def _send(self, message: Message) -> None:
        self._outbox += frame(pack(message))


class Serial(PacedSerial):
    """The port that pyserial makes for ``replay://``."""

    def make_source(self, path: str, options: dict[str, str]) -> ByteSource:
        """The recording that the URL names."""
        if options:
            raise ValueError(f"unknown option {sorted(options)[0]!r}; only speed is known")
        try:
            with h5py.File(Path(path), "r") as file:
                info = msgspec.toml.decode(file["device"].asstr()[()], type=GloveInfo)
                scan, counts = file["raw/scan"][:], file["raw/counts"][:]
        except (OSError, KeyError, TypeError, msgspec.MsgspecError) as error:
            raise ValueError(f"not a recording that can be replayed ({error})") from error
        if scan.ndim != 1 or len(scan) == 0 or counts.shape != (len(scan), info.channels):
            raise ValueError("the recording holds no scans to replay")
        return ReplaySource(info, scan, counts)
