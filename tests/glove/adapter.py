"""What lies between a glove and a host's clock, as a model: a drifting clock, the line, the adapter, a busy host.

Everything is seeded, and the truth is known: ``Scene.moment_s``. Two kinds of adapter hold bytes back. ``timer`` hands
over what it has whenever its free-running timer ticks (as the timing was first simulated for this project).
``packets`` is what FTDI describes (AN232B-04): a packet goes when 62 bytes are there, or when nothing has gone for the
length of the timer; USB then fetches it within a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nmt_sense.blocks import Arrivals, Float64Array, Int64Array
from nmt_sense.glove.clock import HostClock

PERIOD_S = 0.004
SCANS = 3
"""In one frame: 250 Hz, 12 ms, as the firmware does it."""
BYTE_S = 10 / 500_000
FRAME_BYTES = 16 * SCANS + 11
STATUS_BYTES = 24
STATUS_EVERY = 83
"""Frames between two STATUS frames, about a second."""
CONVERSION_S = 8 * 4 * 112e-6
"""From the start of a scan to its last conversion: eight channels, four conversions each."""
LINE_S = CONVERSION_S + BYTE_S
"""From the start of a frame's last scan to the frame's first byte, with nothing in the way."""
PACKET_BYTES = 62
USB_S = 0.001
PING_EVERY_S = 0.9839
PING_BYTES = 13

Wander = Literal["none", "slow", "brisk", "walk"]
Kind = Literal["timer", "packets"]


@dataclass(frozen=True, slots=True)
class Scene:
    """One glove on one adapter on one host."""

    ppm: float = 0.0
    """How much faster the device's clock is."""
    wander: Wander = "slow"
    """±50 ppm: a sine of 30 or of 10 minutes, or a random walk within."""
    timer_s: float = 0.016
    kind: Kind = "timer"
    seconds: float = 600.0
    lost: float = 5e-4
    stalls_per_s: float = 0.05
    stall_s: float = 0.08
    seed: int = 1

    def _rng(self, use: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, use, round(self.ppm) & 0xFFFF, round(self.timer_s * 1e6)])

    def moment_s(self, scan: Float64Array | Int64Array) -> Float64Array:
        """True host time at which these scans start, s."""
        device_s = np.asarray(scan, np.float64) * PERIOD_S
        grid_s = np.arange(0.0, self.seconds + 2, 1.0)
        strayed_s = np.concatenate([[0.0], np.cumsum(self._speed(grid_s[:-1]))])
        # a second is short against any wander, so straight pieces would do; the integral of a sine is exact
        return np.asarray(device_s / (1 + self.ppm * 1e-6) - np.interp(device_s, grid_s, strayed_s))

    def _speed(self, at_s: Float64Array) -> Float64Array:
        phase = self._rng(1).uniform(0, 2 * np.pi)
        if self.wander == "none":
            return np.zeros(len(at_s))
        if self.wander == "walk":
            walk = np.cumsum(self._rng(2).normal(0, 2e-6, len(at_s)))  # 15 ppm in a minute
            return np.asarray(np.abs((walk + 50e-6) % 200e-6 - 100e-6) - 50e-6)  # reflected at ±50 ppm
        period_s = 1800.0 if self.wander == "slow" else 600.0
        return np.asarray(50e-6 * np.sin(2 * np.pi * at_s / period_s + phase))

    def scan_at(self, moment_s: Float64Array) -> Float64Array:
        """Scan number, with a fraction, at these host times."""
        scan = np.arange(0, round(self.seconds / PERIOD_S) + 500, 50)
        return np.asarray(np.interp(moment_s, self.moment_s(scan), scan))

    def arrivals(self) -> Arrivals:
        """What the host writes down: the newest scan of frames that began to come at one time, and that time."""
        rng = self._rng(3)
        frames = int(self.seconds / PERIOD_S / SCANS) - 1
        newest = np.arange(frames) * SCANS + SCANS - 1
        begins_s = self.moment_s(newest) + CONVERSION_S
        stalls_s = rng.uniform(0, self.seconds, round(self.seconds * self.stalls_per_s))
        first_s, last_s = (_after_stalls(byte, stalls_s, self.stall_s) for byte in self._handed_over(begins_s))
        kept = np.flatnonzero(rng.random(frames) >= self.lost)
        # of frames that are handed over whole and together, the newest counts
        kept = kept[np.append((first_s[kept][1:] > first_s[kept][:-1]) | (last_s[kept][1:] > last_s[kept][:-1]), True)]
        read_s = first_s[kept] + 2e-5 + rng.exponential(5e-5, len(kept))
        return Arrivals(newest[kept], np.maximum.accumulate((read_s * 1e9).astype(np.int64)))

    def _handed_over(self, begins_s: Float64Array) -> tuple[Float64Array, Float64Array]:
        """When the host could have the first and the last byte of frames whose transmission begins at these times."""
        phase = self._rng(4).uniform(0, 1)
        if self.kind == "timer":
            ends_s = begins_s + FRAME_BYTES * BYTE_S
            return _next(begins_s + BYTE_S, self.timer_s, phase), _next(ends_s, self.timer_s, phase)
        lengths = np.full(len(begins_s), FRAME_BYTES)
        lengths[STATUS_EVERY - 1 :: STATUS_EVERY] += STATUS_BYTES
        before = np.cumsum(lengths) - lengths
        goes_s, gone = _packets(begins_s.tolist(), lengths.tolist(), self.timer_s)
        fetched_s = _next(np.array(goes_s), USB_S, phase)
        first, last = (np.searchsorted(gone, before + byte) for byte in (1, FRAME_BYTES))
        return fetched_s[first], fetched_s[last]

    def pings(self) -> Arrivals:
        """Answered pings: scan numbers, and host times before which those scans did not start, ns.

        On the way out nothing waits for a timer: a USB frame, the bytes, the glove's main loop, and now and then a
        host that is held up between its clock and its write.
        """
        rng = self._rng(5)
        sent_s = np.arange(1.0, self.seconds - 2, PING_EVERY_S)
        late_s = rng.exponential(5e-5, len(sent_s)) + rng.uniform(0, USB_S, len(sent_s)) + PING_BYTES * BYTE_S
        late_s += rng.uniform(0, 1e-4, len(sent_s)) + (rng.random(len(sent_s)) < 0.004) * rng.uniform(0, self.stall_s)
        answered = self.scan_at(sent_s + late_s)
        scan = np.floor(answered)
        return Arrivals(scan.astype(np.int64), ((sent_s - (answered - scan) * PERIOD_S) * 1e9).astype(np.int64))


def errors_ms(
    scene: Scene, pings: bool = False, after_s: float = 120.0
) -> tuple[Float64Array, HostClock, Float64Array]:
    """How far the fitted time of each newest scan is from the truth and the line's delay, as a program sees it live.

    Also the clock, and all fitted times, ns.
    """
    clock, arrivals = HostClock(PERIOD_S), scene.arrivals()
    if pings:
        for scan, host_ns in zip(*_columns(scene.pings()), strict=True):
            clock.add_ping(scan, host_ns)
    fitted = []
    for scan, host_ns in zip(*_columns(arrivals), strict=True):
        clock.add(scan, host_ns)
        fitted.append(clock.host_ns(scan))
    true_s = scene.moment_s(arrivals.scan)
    late_ms = (np.array(fitted) * 1e-9 - true_s - LINE_S) * 1e3
    return late_ms[true_s > after_s], clock, np.array(fitted)


def _columns(pairs: Arrivals) -> tuple[list[int], list[int]]:
    return pairs.scan.tolist(), pairs.host_ns.tolist()


def _next(at_s: Float64Array, timer_s: float, phase: float) -> Float64Array:
    """The next tick of a timer that runs free, for each of these times; without a timer the times themselves."""
    return np.asarray((np.ceil(at_s / timer_s - phase) + phase) * timer_s) if timer_s else at_s


def _packets(begins_s: list[float], lengths: list[int], timer_s: float) -> tuple[list[float], list[int]]:
    """When packets go that carry transmissions of so many bytes, and how many bytes have gone by then."""
    goes_s: list[float] = []
    gone: list[int] = []
    held, total, deadline_s = 0, 0, timer_s
    for begin_s, length in zip(begins_s, lengths, strict=True):
        done = 0
        while (at_s := min(begin_s + (done + PACKET_BYTES - held) * BYTE_S, deadline_s)) <= begin_s + length * BYTE_S:
            arrived = max(done, int((at_s - begin_s) / BYTE_S + 1e-6))
            total += held + arrived - done
            goes_s.append(at_s)
            gone.append(total)
            done, held, deadline_s = arrived, 0, at_s + timer_s
        held += length - done
    return [*goes_s, deadline_s], [*gone, total + held]


def _after_stalls(handed_s: Float64Array, stalls_s: Float64Array, length_s: float) -> Float64Array:
    """A host that does nothing for a while now and then."""
    for start_s in np.sort(stalls_s).tolist():
        inside = (handed_s >= start_s) & (handed_s < start_s + length_s)
        handed_s = np.where(inside, start_s + length_s, handed_s)
    return handed_s
