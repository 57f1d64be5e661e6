"""One run of scan numbers, from the first scan of a connection on; while recording it outlives a glove's restart."""

from __future__ import annotations

from nmt_sense.blocks import ScanBlock
from nmt_sense.derivation import Derivation
from nmt_sense.device import Button, GloveInfo
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.glove.clock import NUMBERED_ANEW, HostClock
from nmt_sense.glove.edge import MAX_SLOPE
from nmt_sense.glove.presses import Presses
from nmt_sense.glove.stream import ScanStream
from nmt_sense.glove.wire import ButtonEdge, Data, Pong, Status
from nmt_sense.pipeline.joining import Joining
from nmt_sense.state import LinkQuality
from nmt_sense.units import NS_PER_SECOND

PAUSE_S = 0.5
"""What is missing so soon after a stream was closed and opened on purpose is no loss."""
AGREES_S = 0.05
"""A glove that kept its numbering is believed when the host's clock agrees to within this and 1 % of its absence."""

ROUND_TRIP_S = 0.05
"""An answer that took longer says too little: how much of it was the way out, nobody knows."""


class Flow:
    """Stream, clock, counters and derivation that belong together."""

    def __init__(self, info: GloveInfo, derivation: Derivation, status: Status | None) -> None:
        """``status``: the glove's counters before this run, if it has told them."""
        self.info = info
        self.stream = ScanStream(info.channels, info.full_scale)
        self.presses = Presses(info)
        self.clock = HostClock(info.period_s)
        self.derivation = derivation
        self.pings: list[tuple[int, int]] = []
        """Scan numbers and host times, ns, as the clock has taken them, for whoever keeps them (:meth:`take_pings`)."""
        self._pinged = -1
        self.restarts = 0
        """Times the glove started anew."""
        self._status = status
        self._low_before = False
        self._overruns_before = 0
        self._dropped_before = 0
        self._excused = 0
        self._pausing: tuple[int, int] | None = None
        self._rejoining = self._may_have_kept = False
        self._joining = Joining(info.period_s)

    def heed(self, status: Status) -> bool:
        """Take the glove's newest counters; False when they seem to have started over, as when the glove has.

        Said once: counters that stay low are believed, the higher ones before must have been damaged.
        """
        low = self._status is not None and status.frames_sent < self._status.frames_sent
        self._low_before, fine = low, self._low_before or not low
        if fine:
            self._status, self._low_before = status, False
        return fine

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
        if self._rejoining:
            self._joining.hold(frames, now_ns)
            return self.settle(now_ns) if self._joining.ready(now_ns) else ScanBlock.empty(self.info.channels)
        block = self.stream.feed(frames)
        if len(block):
            self._excuse()
            self.clock.add(int(block.scan[-1]), now_ns)
            self._joining.follow(int(block.scan[-1]), now_ns)
        return block

    def answer(self, pong: Pong, sent_ns: int | None, now_ns: int) -> bool:
        """The glove's time, asked at ``sent_ns``, read at ``now_ns``; false when not asked, or when it cannot be true.

        What has come by now was measured before: an earlier scan would mean that it answered before it was asked. One
        far ahead would place the clock far too early; where scans are missing just now, the next answer will do.
        """
        scan = self.stream.unwrap(pong.scan)
        earliest = max(self.stream.newest, self._pinged)
        if sent_ns is None or scan < earliest or pong.ticks >= self.info.period_ticks:
            return False
        near = scan - self.stream.newest <= 2 * self.info.scans_per_frame
        if near and now_ns - sent_ns <= ROUND_TRIP_S * NS_PER_SECOND:
            self._ping(scan, sent_ns - round(pong.ticks * NS_PER_SECOND / self.info.tick_hz))
        return True

    def _ping(self, scan: int, host_ns: int) -> None:
        self.clock.add_ping(scan, host_ns)
        self.pings.append((scan, host_ns))
        self._pinged = scan

    def take_pings(self) -> list[tuple[int, int]]:
        """What has come since this was last asked for: scan numbers and host times, ns."""
        taken, self.pings = self.pings, []
        return taken

    def pause(self, status: Status | None) -> None:
        """The stream was closed and opened again on purpose: scans missing right here are no loss.

        ``status``: the counters that the glove told, if it did.
        """
        self._pausing = self.stream.newest, self.stream.lost
        if status is not None:
            self.heed(status)

    def _excuse(self) -> None:
        if self._pausing is not None and (
            self.stream.lost > self._pausing[1]
            or (self.stream.newest - self._pausing[0]) * self.info.period_s > PAUSE_S
        ):
            self._excused += self.stream.lost - self._pausing[1]
            self._pausing = None

    def rejoin(self, info: GloveInfo, status: Status | None) -> bool:
        """The glove is back: its scans go on where its numbering or else the host's clock says; true if it restarted.

        ``status``: its counters, if it has told them. Raises :class:`RecordingError` when it is another glove or its
        settings have changed.
        """
        if _identity(info) != _identity(self.info):
            raise RecordingError(
                "The glove that came back is another one or has other settings; the recording has ended and is kept."
            )
        restarted = info.boot_count != self.info.boot_count or (status is not None and not self.heed(status))
        if restarted:  # its counters start anew as well
            self._overruns_before, self._dropped_before = self.overruns, self.dropped_scans
            self._status, self._low_before = status, False
            self.restarts += 1
        self.info = info
        self._may_have_kept = not restarted and (self._may_have_kept or not self._rejoining)
        self._rejoining = self.stream.received > 0
        return restarted

    def settle(self, now_ns: int) -> ScanBlock:
        """Place the scans of a glove just back that are held, if any, with what is known by now."""
        frames, first = self._joining.release(now_ns)
        if not frames:
            return ScanBlock.empty(self.info.channels)
        away_s = (first - self.stream.newest) * self.info.period_s
        within = round((AGREES_S + MAX_SLOPE * away_s) / self.info.period_s) if self._may_have_kept else -1
        if self._pinged >= 0:
            self._ping(max(self._pinged, self.stream.newest + 1), NUMBERED_ANEW)
        self.stream.resume_at(first, within)
        self._rejoining, self._may_have_kept = False, False
        return self.take(frames, now_ns)

    def quality(self, bad_frames: int, stalls: int) -> LinkQuality:
        """How good the stream has been so far.

        ``bad_frames`` is the host's own count of dropped frames, ``stalls`` how often nothing came for too long.
        """
        stream, clock = self.stream, self.clock
        return LinkQuality(
            rate_hz=clock.rate_hz,
            received=stream.received,
            lost=stream.lost - self._excused,
            crc_errors=bad_frames,
            overruns=self.overruns,
            repeated=stream.repeated,
            stalls=stalls,
            restarts=self.restarts,
            drift_ppm=clock.drift_ppm,
            jitter_p99_ms=clock.jitter_p99_ms,
        )

    def scan_at(self, now_ns: int) -> float:
        """Scan number at a moment of the host's clock; the newest one before anything came."""
        return self.clock.scan_at(now_ns) if self.stream.received else float(self.stream.newest)

    def press(self, edge: ButtonEdge, now_ns: int) -> Event:
        """A button that went down, read at ``now_ns``: what it means, as it took effect."""
        if self._rejoining:  # where the glove's own numbers belong is not known yet
            scan = self.scan_at(now_ns)
        else:
            scan = self.stream.unwrap(edge.scan) + edge.ticks / self.info.period_ticks
        kind = EventKind.MARKER if edge.button is Button.MARKER else EventKind.CLIENT_STOP
        return self.report(Event(self.time_s(scan), kind, text="glove"))

    def report(self, event: Event) -> Event:
        """Have the coach heed an event; as it took effect."""
        return self.derivation.coach.report(event)

    def time_s(self, scan: float) -> float:
        """Seconds on the derivation's axis of a scan number."""
        return self.derivation.newest_s + (scan - self.stream.newest) * self.info.period_s


def _identity(info: GloveInfo) -> tuple[object, ...]:
    return info.serial_number, info.tick_hz, info.period_ticks, info.full_scale, info.sensors
