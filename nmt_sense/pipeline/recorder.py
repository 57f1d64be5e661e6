"""One recording while it runs: its journal, its own derivation from its first scan on, its own counters."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
from filelock import FileLock

from nmt_sense import __version__
from nmt_sense.blocks import Arrivals, Float32Array, ScanBlock
from nmt_sense.derivation import Derivation
from nmt_sense.device import GloveInfo
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.pipeline.flow import Flow
from nmt_sense.sensing.layout import Layout
from nmt_sense.session import layout as limits
from nmt_sense.session.header import RecordingHeader
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.space import Appetite, Space, refuse_full
from nmt_sense.session.tidy import delete_journal
from nmt_sense.session.verdict import verdict_word
from nmt_sense.setup import Setup

TOO_LONG = "The recording has as many {what} as one file can hold; it has ended and is kept. Start another one."

Pairs = Sequence[tuple[int, int]]
"""Scan numbers and host times, ns."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a recording is of."""

    participant: str
    operator: str
    target: Path
    """The file it is to become."""
    limit_s: float = math.inf
    """Length after which it takes no more scans, s."""


class Recorder:
    """Keeps scans in a journal. Made on any thread, then used by the acquisition thread only."""

    def __init__(self, sitting: Sitting, info: GloveInfo, layout: Layout, setup: Setup, now_ns: int) -> None:
        """Raises :class:`RecordingError` when the journal cannot be made, or the disk has no room to speak of."""
        self.sitting = sitting
        self.info = info
        """The glove as it is described in the recording."""
        self.derivation = Derivation(info, layout, setup.technique, setup.contact)
        self.full = False
        """True once the limit is reached."""
        self.journal_file = journal_path(sitting.target)
        appetite = Appetite.of(info.channels, info.rate_hz, info.simulated)
        refuse_full(sitting.target.parent, appetite)
        self.space = Space(sitting.target.parent, appetite, sitting.target)
        """Room that is left for it."""
        chain = self.derivation.chain
        self._period_s = info.period_s
        self._limit = math.inf if math.isinf(sitting.limit_s) else round(sitting.limit_s / info.period_s)
        self.first_scan: int | None = None
        self._newest = -1
        self._received = self._gaps = self._events = self._pings = 0
        self._base: dict[str, int] | None = None
        self._journal = Journal.create(
            self.journal_file,
            RecordingHeader(
                recording_id=str(uuid.uuid4()),
                started_at=datetime.now().astimezone().isoformat(timespec="milliseconds"),
                participant=sitting.participant,
                operator=sitting.operator,
                technique=setup.technique.name,
                software_version=__version__,
                simulated=info.simulated,
                source=setup.port,
                contact=setup.contact,
                period_s=info.period_s,
                sensors=info.sensor_names,
                device_toml=msgspec.toml.encode(info).decode(),
                calibration_toml=layout.to_toml(),
                technique_toml=setup.technique.to_toml(),
                host_start_ns=now_ns,
                start_filter=chain.filter_name,
                filter_delay_s=chain.filter_delay_s,
                calibration_verdict=chain.verdict,
            ),
        )

    def take(self, block: ScanBlock) -> ScanBlock:
        """The part of this block that the recording wants: nothing past its limit."""
        if len(block) and self.first_scan is None:
            self.first_scan = int(block.scan[0])
        if self.first_scan is not None and len(block) and block.scan[-1] - self.first_scan >= self._limit - 1:
            self.full = True
            n = int(np.searchsorted(block.scan, self.first_scan + self._limit))
            return ScanBlock(block.scan[:n], block.counts[:n])
        return block

    def keep(self, block: ScanBlock, pings: Pairs, host_ns: int, truth: Float32Array | None) -> None:
        """Journal a block that :meth:`take` gave, read at ``host_ns``, and the pings that the clock took before it.

        Raises :class:`RecordingError`.
        """
        if len(block):
            self._count_gaps(block)
            self._received += len(block)
            _refuse_more("scans", self._received, limits.MOST_SCANS)
            self._newest = int(block.scan[-1])
            arrivals = Arrivals(block.scan[-1:], np.array([host_ns], np.int64))
            for ping in pings:
                self._journal.add_ping(*ping)
                self._pings += 1
            _refuse_more("times", self._pings, limits.MOST_PINGS)
            self._journal.add(block, arrivals, truth)
            self.space.scans = self._received

    def _count_gaps(self, block: ScanBlock) -> None:
        """Raises :class:`RecordingError` while a file still has room for those that a damaged journal adds."""
        before = int(block.scan[0]) if self._newest < 0 else self._newest + 1
        missing = int(block.scan[-1]) + 1 - before - len(block)
        if missing:
            numbers = np.append(before - 1, block.scan)
            self._gaps += int(np.count_nonzero(np.diff(numbers) > 1))
        _refuse_more("gaps", self._gaps, limits.MOST_GAPS // 2)
        _refuse_more("holds", len(self.derivation.coach.rows), limits.MOST_HOLDS // 2)

    def flush(self) -> None:
        """Put what waits in memory into the journal. Raises :class:`RecordingError`."""
        self._journal.flush()

    def ends_before(self, scan: float) -> bool:
        """True when the limit lies before this scan number."""
        return self.first_scan is not None and scan - self.first_scan >= self._limit

    @property
    def verdict(self) -> str:
        """The word that the recording would get if it ended now."""
        first = self._newest + 1 if self.first_scan is None else self.first_scan
        return verdict_word(self._received, self._newest + 1 - first - self._received, recovered=False, damaged=False)

    def add_event(self, event: Event) -> None:
        """Journal an event, its text no longer than may be. Raises :class:`RecordingError`."""
        self._events += 1
        _refuse_more("events", self._events, limits.MOST_EVENTS - 1)  # the last one says why the recording ended
        self._journal.add_event(_cut(event))

    def note(self, event: Event) -> None:
        """Journal the last event of a recording for which storing may have failed: with the next commit, if any."""
        self._journal.note(_cut(event))

    def add_utc(self, host_ns: int, utc_ns: int) -> None:
        """Keep a reading of both clocks, taken at the same moment."""
        self._journal.add_utc(host_ns, utc_ns)

    def count(self, flow: Flow, bad_frames: int) -> None:
        """Newest counters of the link; those that were there before the recording are taken off.

        ``bad_frames``: frames that the host has dropped. Raises :class:`RecordingError`.
        """
        counts = {
            "crc_errors": bad_frames,
            "overruns": flow.overruns,
            "dropped_scans": flow.dropped_scans,
            "restarts": flow.restarts,
        }
        if self._base is None or self.first_scan is None:
            self._base = counts
        self._journal.set_counters(
            **{name: max(0, count - self._base[name]) for name, count in counts.items()},
            drift_ppm=flow.clock.drift_ppm,
            jitter_p99_ms=flow.clock.jitter_p99_ms,
        )

    def close(self) -> None:
        """Close the journal; it stays, and stays locked (:attr:`lock`), until it has become a file.

        Raises :class:`RecordingError`.
        """
        self._journal.close(release=False)

    def discard(self) -> None:
        """Delete the journal: nothing is in it. Raises :class:`RecordingError`."""
        self.close()
        delete_journal(self.journal_file, self.lock)

    @property
    def lock(self) -> FileLock:
        """The journal's lock, for :func:`nmt_sense.session.finalize.finalize` to take over."""
        return self._journal.lock


def _refuse_more(what: str, number: int, most: int) -> None:
    if number > most:
        raise RecordingError(TOO_LONG.format(what=what))


def _cut(event: Event) -> Event:
    """The event, its text no longer than may be."""
    text = event.text.encode(errors="replace")[: limits.LONGEST_WORDS].decode(errors="ignore")
    return msgspec.structs.replace(event, text=text)
