"""One run of scan numbers, from the first scan of a connection on; while recording it outlives a glove's restart."""

from __future__ import annotations

from nmt_sense.blocks import ScanBlock
from nmt_sense.derivation import Derivation
from nmt_sense.device import GloveInfo
from nmt_sense.errors import RecordingError
from nmt_sense.glove.clock import HostClock
from nmt_sense.glove.stream import ScanStream
from nmt_sense.glove.wire import Data, Status
from nmt_sense.state import LinkQuality


class Flow:
    """Stream, clock, counters and derivation that belong together."""

    def __init__(self, info: GloveInfo, derivation: Derivation, status: Status | None) -> None:
        """``status``: the glove's counters before this run, if it has told them."""
        self.info = info
        self.stream = ScanStream(info.channels, info.full_scale)
        self.clock = HostClock(info.period_s)
        self.derivation = derivation
        self._status = status
        self._rejoining = False
        self._overruns_before = 0
        self._dropped_before = 0

    def heed(self, status: Status) -> None:
        """The glove's newest counters."""
        self._status = status

    @property
    def overruns(self) -> int:
        """Scans the glove could not start, over all its starts."""
        return self._overruns_before + (self._status.overruns if self._status else 0)

    @property
    def dropped_scans(self) -> int:
        """Scans the glove took but could not send, over all its starts."""
        return self._dropped_before + (self._status.dropped_scans if self._status else 0)

    def take(self, frames: list[Data], now_ns: int) -> ScanBlock:
        """The new scans of these frames, read at ``now_ns``."""
        if self._rejoining and frames:
            self._rejoining = False
            first = self.clock.scan_at(now_ns) + 1 - sum(len(frame.counts) for frame in frames)
            self.stream.resume_at(round(first), round(1 / self.info.period_s))
            self.clock.restart()
        block = self.stream.feed(frames)
        if len(block):
            self.clock.add(int(block.scan[-1]), now_ns)
        return block

    def rejoin(self, info: GloveInfo) -> None:
        """The glove is back: its scans go on where its numbering or else the host's clock says.

        Raises :class:`RecordingError` when it is another glove or its settings have changed.
        """
        if _identity(info) != _identity(self.info):
            raise RecordingError(
                "The glove that came back is another one or has other settings; the recording has ended and is kept."
            )
        if info.boot_count != self.info.boot_count:  # its counters start anew as well
            self._overruns_before, self._dropped_before = self.overruns, self.dropped_scans
            self._status = None
        self.info = info
        self._rejoining = self.stream.received > 0

    def quality(self, bad_frames: int) -> LinkQuality:
        """How good the stream has been so far; ``bad_frames`` is the host's own count of dropped frames."""
        stream, clock = self.stream, self.clock
        return LinkQuality(
            rate_hz=clock.rate_hz,
            received=stream.received,
            lost=stream.lost,
            crc_errors=bad_frames,
            overruns=self.overruns,
            drift_ppm=clock.drift_ppm,
            jitter_p99_ms=clock.jitter_p99_ms,
        )

    def scan_at(self, now_ns: int) -> float:
        """Scan number at a moment of the host's clock; the newest one before anything came."""
        return self.clock.scan_at(now_ns) if self.stream.received else float(self.stream.newest)

    def time_s(self, scan: float) -> float:
        """Seconds on the derivation's axis of a scan number."""
        return self.derivation.newest_s + (scan - self.stream.newest) * self.info.period_s


def _identity(info: GloveInfo) -> tuple[object, ...]:
    return info.serial_number, info.tick_hz, info.period_ticks, info.full_scale, info.sensors
