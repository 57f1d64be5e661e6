"""Sittings to record in tests: headers, seeded streams with gaps, and a small real derivation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np

from nmt_sense.blocks import Arrivals, Float32Array, ForceBlock, Int64Array, ScanBlock, Uint16Array
from nmt_sense.device import GloveInfo, SensorInfo
from nmt_sense.events import Event, EventKind
from nmt_sense.glove.clock import HostClock
from nmt_sense.holds import Hold, HoldEnd
from nmt_sense.session.finalize import finalize
from nmt_sense.session.header import RecordingHeader
from nmt_sense.session.journal import Journal, journal_path

SENSORS = ("thumb_tip", "thumb_base", "index")
PERIOD_S = 0.004

GLOVE = GloveInfo(
    protocol=1,
    firmware="1.0.0",
    board="nano",
    serial_number=0xF000_0001,
    boot_count=3,
    reset_cause="power-on",
    config_state="stored",
    name="left glove",
    tick_hz=2_000_000,
    period_ticks=8000,
    scans_per_frame=4,
    adc_bits=10,
    samples_per_value=16,
    shift=2,
    effective_bits=12,
    full_scale=4096,
    skew_ticks=208,
    reference_mv=5000,
    sensors=tuple(SensorInfo(name, 10_000) for name in SENSORS),
)


def header(**changes: object) -> RecordingHeader:
    start = RecordingHeader(
        recording_id="3f1c7d52-58a4-4f0e-9b1e-2f1f8a0f4c11",
        started_at="2026-11-22T10:15:00.000+01:00",
        participant="P07",
        operator="Åsa",
        technique="ischemic_compression",
        software_version="0.1.0",
        simulated=True,
        contact="thumb",
        period_s=PERIOD_S,
        sensors=SENSORS,
        device_toml=msgspec.toml.encode(GLOVE).decode(),
        calibration_toml='verdict = "nominal, uncalibrated"\n',
        technique_toml='name = "ischemic_compression"\n',
        host_start_ns=123_456_789_012,
        start_filter="none",
        filter_delay_s=0.0,
        calibration_verdict="nominal, uncalibrated",
        source="sim://?seed=1",
    )
    return msgspec.structs.replace(start, **changes)


def stream(seed: int, length: int, lost: float = 0.0, first: int = 0) -> tuple[Int64Array, Uint16Array]:
    """Scan numbers and counts of ``length`` made scans, of which the part ``lost`` never arrived, in runs."""
    random = np.random.default_rng(seed)
    made = np.arange(first, first + length)
    wave = 2000 + 1500 * np.sin(np.arange(length) / 200)[:, None]
    counts = (wave + random.normal(0, 5, (length, len(SENSORS)))).astype(np.uint16)
    arrived = np.repeat(random.random(length // 5 + 1) >= lost, 5)[:length]
    return made[arrived], counts[arrived]


class Tenths:
    """A derivation with state, as the real one has: a tenth of a newton per count, smoothed over scans."""

    def __init__(self, header: RecordingHeader, events: Sequence[Event]) -> None:
        self._period_s = header.period_s
        self._first: int | None = None
        self._stops = [event.time_s for event in events if event.kind is EventKind.CLIENT_STOP]
        self._level = 0.0
        self._last_s = 0.0
        self._clock = HostClock(header.period_s)

    def ping(self, pings: Arrivals) -> None:
        self._clock.add_pings(pings)

    def arrive(self, arrivals: Arrivals) -> None:
        for scan, host_ns in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
            self._clock.add(scan, host_ns)

    @property
    def drift_ppm(self) -> float:
        return self._clock.drift_ppm

    @property
    def jitter_p99_ms(self) -> float:
        return self._clock.jitter_p99_ms

    def feed(self, block: ScanBlock) -> ForceBlock:
        if self._first is None and len(block):
            self._first = int(block.scan[0])
        time_s = (block.scan - (self._first or 0)) * self._period_s
        newtons = block.counts.astype(np.float32) * np.float32(0.1)
        contact = np.empty(len(block), np.float32)
        for row, force in enumerate(newtons.sum(axis=1, dtype=np.float64)):
            self._level += 0.25 * (force - self._level)
            contact[row] = self._level
        if len(block):
            self._last_s = float(time_s[-1])
        half = np.float32(0.05)
        return ForceBlock(block.scan, time_s, newtons, newtons * half, contact, contact * half)

    def finish(self) -> list[Hold]:
        return [hold(1, self._last_s, HoldEnd.CLIENT_STOP if self._stops else HoldEnd.RECORDING_ENDED)]


def hold(number: int, end_s: float, end: HoldEnd) -> Hold:
    return Hold(number, 0.5, float("nan"), end_s, 0.0, 30.0, 20.0, 30.0, float("nan"), 1.0, 31.0, 0.0, 4.0, 0, 0.0, end)


def fill(journal: Journal, scan: Int64Array, counts: Uint16Array, cuts: Sequence[int] = ()) -> None:
    """Add a stream, cut into blocks at these rows (every 7 scans when none are given); one read per block."""
    edges = [0, *(cuts or range(7, len(scan), 7)), len(scan)]
    for start, stop in pairwise(edges):
        block = ScanBlock(scan[start:stop], counts[start:stop])
        journal.add(block, read_of(block))


def read_of(block: ScanBlock) -> Arrivals:
    newest = block.scan[-1:]
    return Arrivals(newest, 123_456_789_012 + newest * 4_000_000)


EVENTS = (
    Event(0.25, EventKind.NRS, 4.0, "pédale"),
    Event(0.5, EventKind.CLIENT_STOP),
    Event(0.75, EventKind.LINK_LOST, text="unplugged"),
    Event(0.875, EventKind.LINK_RESTORED),
)

PINGS = [(second * 250 + 40, 123_456_789_012 + (second * 250 + 40) * 4_000_000 - 700_000) for second in range(3)]
"""Answered pings: scan, and host time before which it did not start, ns."""


def recorded(
    folder: Path,
    scan: Int64Array,
    counts: Uint16Array,
    *,
    name: str = "sitting.h5",
    truth: Float32Array | None = None,
    recovered: bool = False,
    **changes: object,
) -> Path:
    """A finished recording of a stream, with events and counters."""
    target = folder / name
    journal = Journal.create(journal_path(target), header(**changes))
    if truth is not None:
        journal.add(ScanBlock(scan, counts), read_of(ScanBlock(scan, counts)), truth)
    else:
        fill(journal, scan, counts)
    for event in EVENTS:
        journal.add_event(event)
    for ping in PINGS:
        journal.add_ping(*ping)
    journal.set_counters(crc_errors=2, overruns=1, dropped_scans=3, drift_ppm=-12.5, jitter_p99_ms=0.4)
    journal.close()
    return finalize(journal.path, target, Tenths, recovered=recovered)


def record_for_real(path: Path, period_s: float) -> None:
    """Record scans at their real pace until killed; what a child process of the kill test does."""
    journal = Journal.create(path, header(period_s=period_s))
    started = time.monotonic()
    done = 0
    while True:
        due = int((time.monotonic() - started) / period_s)
        if due > done:
            scan = np.arange(done, due)
            counts = np.stack([scan * (channel + 1) for channel in range(len(SENSORS))], axis=1).astype(np.uint16)
            journal.add(ScanBlock(scan, counts), read_of(ScanBlock(scan, counts)))
            done = due
            print(done, flush=True)
        time.sleep(0.004)
