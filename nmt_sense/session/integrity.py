"""Judging a recording: everything that can be worked out from the raw data is worked out again and compared."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from nmt_sense import __version__
from nmt_sense.blocks import Arrivals, Float32Array, ForceBlock, ScanBlock
from nmt_sense.errors import NmtError, RecordingError
from nmt_sense.events import EventKind
from nmt_sense.holds import Hold
from nmt_sense.session import layout
from nmt_sense.session.finalize import Derivation, Derive
from nmt_sense.session.gaps import GapFinder
from nmt_sense.session.header import Counters, description_digest
from nmt_sense.session.labels import wrong_labels
from nmt_sense.session.layout import LAST_NS, LAST_SCAN, MOST_GAPS
from nmt_sense.session.overview import OverviewBuilder
from nmt_sense.session.raw_digest import DERIVED, RAW, DerivedDigest, RawDigest
from nmt_sense.session.recording import BLOCK_SCANS, Recording, open_recording
from nmt_sense.session.report import Report
from nmt_sense.session.stalls import StallFinder
from nmt_sense.session.verdict import verdict_word
from nmt_sense.units import NS_PER_SECOND

SILENT_S = 1.0
"""For so long a recording may go on without scans at its end; longer is told."""
ABSOLUTE = 1e-4
"""Newtons or seconds by which a fresh computation may differ: other processors round the last bits differently."""
RELATIVE = 1e-5

FORCES = {
    layout.NEWTONS: "newtons",
    layout.UNCERTAINTY: "uncertainty_n",
    layout.CONTACT: "contact_n",
    layout.CONTACT_UNCERTAINTY: "contact_uncertainty_n",
}


def verify(path: Path, derive: Derive | None = None) -> Report:
    """Read a whole recording, work out again what can be, and compare. The file is not changed.

    With ``derive`` forces and holds are computed afresh. A difference is damage when the file was written by this very
    version, and only mentioned otherwise.

    Raises :class:`RecordingError` when the file cannot be opened as a recording at all.
    """
    with open_recording(path) as recording:
        return _Examination(recording, derive).report()


class _Examination:
    def __init__(self, recording: Recording, derive: Derive | None) -> None:
        self._recording = recording
        self._findings: list[str] = []
        self._damaged = False
        self._unreadable: set[str] = set()
        self._differing: list[str] = []
        self._period_s = recording.header.period_s
        self._gaps = GapFinder(self._period_s)
        self._stalls = StallFinder()
        self._digest, self._derived = RawDigest(), DerivedDigest()
        self._overview = OverviewBuilder(recording.header.channels)
        self._derivation = self._clock = self._start(derive)
        nothing = np.empty(0, np.int64)
        self._newest = nothing, nothing
        self._read_everything()

    def _damage(self, sentence: str) -> None:
        self._damaged = True
        if sentence not in self._findings:
            self._findings.append(sentence)

    def _start(self, derive: Derive | None) -> Derivation | None:
        if derive is None:
            return None
        try:
            return derive(self._recording.header, self._recording.events)
        except NmtError as error:
            self._judge(f"Forces cannot be computed afresh: {error}")
            return None

    def _judge(self, sentence: str) -> None:
        """What this very version wrote it must find again; another version may have done it otherwise."""
        if self._recording.header.software_version == __version__:
            self._damage(sentence)
        else:
            self._findings.append(sentence)

    def _read_everything(self) -> None:
        for rows in _slices(len(self._recording)):
            self._examine(rows)
        self._examine_pings()
        for rows in _slices(self._recording.reads):
            self._examine_arrivals(rows)
        self._check_tables()
        self._check_integrity()
        self._check_clock()
        self._check_overview()
        self._check_holds()

    def _examine(self, rows: slice) -> None:
        scan, counts, time_s = (self._read(name, rows) for name in (layout.SCAN, layout.COUNTS, layout.TIME))
        stored = {name: self._read(name, rows) for name in FORCES}
        if self._recording.has_truth:
            self._read(layout.TRUE_NEWTONS, rows)
        if scan is None or not self._numbered(scan):
            self._derivation = None
            return
        if time_s is not None and not np.allclose(
            time_s, (scan - self._gaps.first) * self._period_s, rtol=1e-12, atol=1e-9
        ):
            self._damage(f"{layout.TIME} does not follow from the scan numbers.")
        if counts is None:
            self._derivation = None
        elif self._derivation is not None:
            self._compare_forces(self._derivation.feed(ScanBlock(scan, counts)), stored)
        newtons, contact = stored[layout.NEWTONS], stored[layout.CONTACT]
        if newtons is not None and contact is not None and time_s is not None:
            self._overview.feed(ForceBlock(scan, time_s, newtons, newtons, contact, contact))

    def _examine_arrivals(self, rows: slice) -> None:
        pairs = self._read(layout.ARRIVALS, rows)
        if pairs is None:
            self._clock = None
            return
        arrivals = Arrivals(pairs["scan"], pairs["host_ns"])
        if not self._arrived(arrivals):
            self._clock = None
            return
        self._stalls.feed(arrivals.host_ns)
        if self._clock is not None:
            self._clock.arrive(arrivals)

    def _examine_pings(self) -> None:
        pairs = self._read(layout.PINGS) if self._recording.has_pings else layout.pairs(Arrivals.none())
        if pairs is None or not self._in_order(Arrivals(pairs["scan"], pairs["host_ns"])):
            self._clock = None
        elif self._clock is not None:
            self._clock.ping(Arrivals(pairs["scan"], pairs["host_ns"]))

    def _in_order(self, pings: Arrivals) -> bool:
        """False when a clock that was right cannot have taken them."""
        within = (pings.scan >= 0) & (pings.scan <= LAST_SCAN) & (pings.host_ns > -LAST_NS) & (pings.host_ns < LAST_NS)
        if not within.all() or np.any(np.diff(pings.scan) < 0):
            self._damage(f"{layout.PINGS} goes back in time.")
            return False
        return True

    def _arrived(self, arrivals: Arrivals) -> bool:
        """False when the pairs go back in time, or lie outside of it."""
        scan, host_ns = (np.append(before, new) for before, new in zip(self._newest, astuple(arrivals), strict=True))
        right = scan[0] >= 0 and scan[-1] <= LAST_SCAN and host_ns[0] > -LAST_NS and host_ns[-1] < LAST_NS
        if not right or np.any(scan[1:] < scan[:-1]) or np.any(host_ns[1:] < host_ns[:-1]):
            self._damage(f"{layout.ARRIVALS} goes back in time.")
            return False
        self._newest = scan[-1:], host_ns[-1:]
        return True

    def _read(self, name: str, rows: slice = slice(None)) -> NDArray[Any] | None:
        """Rows of a dataset, which also go into the digest; None when they cannot be read."""
        try:
            values = self._recording.read(name, rows)
            self._digest.feed(name, values)
            self._derived.feed(name, values)
            return values
        except RecordingError:
            self._unreadable.add(name)
            self._damage(f"Part of {name} cannot be read: its checksum is wrong.")
            return None

    def _numbered(self, scan: NDArray[np.int64]) -> bool:
        """Take scan numbers into the count; false when no glove counts so."""
        if scan[0] < 0 or scan[-1] > LAST_SCAN or np.any(scan[1:] <= scan[:-1]):
            self._damage(f"{layout.SCAN} does not increase.")
            return False
        if self._gaps.received and scan[0] <= self._gaps.last:
            self._damage(f"{layout.SCAN} does not increase.")
            return False
        self._gaps.feed(scan)
        if self._gaps.gaps > MOST_GAPS:  # each costs memory, and a few bytes can stand for millions
            raise RecordingError(f"{self._recording.path} is damaged: it has more gaps than a recording can have.")
        return True

    def _compare_forces(self, fresh: ForceBlock, stored: dict[str, NDArray[Any] | None]) -> None:
        for name, field in FORCES.items():
            values = stored[name]
            if values is not None and not _close(values, getattr(fresh, field)):
                self._note_difference(name)

    def _note_difference(self, name: str) -> None:
        if name not in self._differing:
            self._differing.append(name)

    def _check_tables(self) -> None:
        for name in (layout.EVENTS, layout.HOLDS, layout.GAPS, *([layout.UTC] if self._recording.has_utc else [])):
            self._read(name)
        if layout.GAPS in self._unreadable or layout.SCAN in self._unreadable:
            return
        fresh = self._gaps.table()
        if not np.array_equal(self._recording.read(layout.GAPS), fresh):
            self._damage(f"{layout.GAPS} does not follow from the scan numbers.")
        if len(fresh):
            self._findings.append(
                f"{self._gaps.lost} of {self._gaps.expected} scans never arrived, in {len(fresh)} gaps."
            )

    def _check_integrity(self) -> None:
        recording, said = self._recording, self._recording.integrity
        digest = description_digest(recording.header, said.counters, recording.recovered, said.unreadable_pieces)
        if digest != said.description_sha256:
            self._damage("Names, settings or counters are not those that were written.")
        found = (self._gaps.expected, self._gaps.received, self._gaps.lost)
        if layout.SCAN not in self._unreadable and found != (said.expected, said.received, said.lost):
            self._damage(f"{layout.INTEGRITY} counts other scans than there are.")
        stored = verdict_word(
            said.received, said.lost, recovered=recording.recovered, damaged=said.unreadable_pieces > 0
        )
        if said.verdict != stored:
            self._damage(f"{layout.INTEGRITY} gives another verdict than its own numbers do.")
        for label in wrong_labels(recording):
            self._damage(f"The {label} are not what they should be.")
        if self._recording.has_utc:
            self._check_later_parts()
        if said.unreadable_pieces:
            self._damage(
                f"{said.unreadable_pieces} pieces of the journal could not be read; it was kept beside the recording, "
                "its name ending in .damaged."
            )
        silent_s = self._silent_at_the_end_s()
        if self._left_alone():
            self._findings.append("The glove was lost at the end and did not come back; what it did then is unknown.")
        elif silent_s >= SILENT_S:
            self._findings.append(
                f"Nothing came from the glove in the last {silent_s:.1f} s before the recording ended."
            )
        if layout.EVENTS not in self._unreadable:
            forced = (event.text for event in recording.events if event.kind is EventKind.BROKEN_OFF)
            self._findings += [f"It could not go on: {why}" for why in forced]
        if not len(recording):
            self._findings.append("Not one scan arrived: nothing was measured.")
        if recording.recovered:
            self._findings.append(
                "The program ended before the recording did; its end may lack 0.1 s, after a power cut 1 s."
            )

    def _silent_at_the_end_s(self) -> float:
        """From the last read that brought scans to the recording's end, for which the last pair of clocks stands."""
        played = self._recording.header.source.startswith("replay:")  # which ends by itself, at whatever speed
        if played or {layout.UTC, layout.ARRIVALS} & self._unreadable:
            return 0.0
        (_, newest), utc = self._newest, self._recording.utc
        return (int(utc[-1, 0]) - int(newest[-1])) / NS_PER_SECOND if len(utc) and len(newest) else 0.0

    def _left_alone(self) -> bool:
        """True when the recording ended while its glove was away."""
        if layout.EVENTS in self._unreadable:
            return False
        link = (EventKind.LINK_LOST, EventKind.LINK_RESTORED)
        kinds = [event.kind for event in self._recording.events if event.kind in link]
        return bool(kinds) and kinds[-1] is EventKind.LINK_LOST

    def _check_later_parts(self) -> None:
        """What the oldest files lack."""
        said = self._recording.integrity
        if not self._unreadable & set(RAW) and self._digest.hexdigest() != said.raw_sha256:
            self._damage("What was measured is not what was written: its checksum is wrong.")
        derived = said.derived_sha256 if not self._unreadable & set(DERIVED) else ""
        if derived and self._derived.hexdigest() != derived:
            self._damage("Forces or holds are not those that were written: their checksum is wrong.")
        found = (self._stalls.stalls, self._stalls.longest_s)
        if layout.ARRIVALS not in self._unreadable and found != (said.stalls, said.longest_stall_s):
            self._damage(f"{layout.INTEGRITY} counts other stalls than there are.")

    def _check_clock(self) -> None:
        """Drift and jitter, refitted. In the oldest files they came from the clock that ran live, and may differ."""
        if self._clock is None or not self._recording.has_utc:
            return
        said = self._recording.integrity.counters
        for name in ("drift_ppm", "jitter_p99_ms"):
            if not _same_value(getattr(self._clock, name), getattr(said, name)):
                self._note_difference(name)

    def _check_overview(self) -> None:
        try:
            stored = self._recording.overview()
        except RecordingError:
            self._damage(f"Part of {layout.OVERVIEW} cannot be read: its checksum is wrong.")
            return
        if self._unreadable & {layout.SCAN, layout.NEWTONS, layout.CONTACT, layout.TIME}:
            return
        fresh = self._overview.levels()
        same = len(stored) == len(fresh) and all(
            np.array_equal(ours.scan, theirs.scan)
            and np.array_equal(ours.minimum, theirs.minimum, equal_nan=True)
            and np.array_equal(ours.maximum, theirs.maximum, equal_nan=True)
            for ours, theirs in zip(fresh, stored, strict=True)
        )
        if not same:
            self._damage(f"{layout.OVERVIEW} does not follow from the forces.")

    def _check_holds(self) -> None:
        if self._derivation is not None:
            fresh = self._derivation.finish()
            known = self._recording.tables[layout.HOLDS]
            if layout.HOLDS not in self._unreadable and not _same_holds(fresh, self._stored_holds(), known):
                self._note_difference(layout.HOLDS)
        if self._differing:
            self._judge_difference(", ".join(self._differing))

    def _stored_holds(self) -> list[Hold]:
        try:
            return self._recording.holds
        except RecordingError:
            self._damage(f"{layout.HOLDS} holds values that no hold has.")
            return []

    def _judge_difference(self, names: str) -> None:
        written_by = self._recording.header.software_version
        if written_by == __version__:
            self._damage(f"A fresh computation gives other values for {names}.")
        else:
            self._findings.append(f"Version {written_by} computed {names} otherwise than {__version__} does.")

    def report(self) -> Report:
        recording = self._recording
        lost = self._gaps.lost
        return Report(
            path=str(recording.path).encode(errors="replace").decode(),  # a name need not be text
            verdict=verdict_word(self._gaps.received, lost, recovered=recording.recovered, damaged=self._damaged),
            findings=self._findings,
            expected=self._gaps.expected,
            received=self._gaps.received,
            lost=lost,
            gaps=self._gaps.gaps,
            recovered=recording.recovered,
            counters=self._counters(),
            stalls=self._stalls.stalls,
            longest_stall_s=self._stalls.longest_s,
            calibration_verdict=recording.header.calibration_verdict,
            simulated=recording.header.simulated,
            derived=self._derived_word(),
        )

    def _counters(self) -> Counters:
        counters, clock = self._recording.integrity.counters, self._clock
        if clock is None:
            return counters
        return msgspec.structs.replace(counters, drift_ppm=clock.drift_ppm, jitter_p99_ms=clock.jitter_p99_ms)

    def _derived_word(self) -> str:
        if self._derivation is None:
            return "not compared"
        return "differs" if self._differing else "same"


def _slices(length: int) -> Iterator[slice]:
    for start in range(0, length, BLOCK_SCANS):
        yield slice(start, min(length, start + BLOCK_SCANS))


def _close(stored: Float32Array, fresh: Float32Array) -> bool:
    return np.allclose(stored, fresh, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)


def _same_holds(fresh: list[Hold], stored: list[Hold], known: tuple[str, ...]) -> bool:
    """True when holds agree in the fields that the file has; those of version 1 know less."""
    names = [name for name in Hold.__struct_fields__ if name in known]
    return len(fresh) == len(stored) and all(_same_hold(*pair, names) for pair in zip(fresh, stored, strict=True))


def _same_hold(fresh: Hold, stored: Hold, names: list[str]) -> bool:
    return all(_same_value(getattr(fresh, name), getattr(stored, name)) for name in names)


def _same_value(ours: Any, theirs: Any) -> bool:
    if not isinstance(ours, float):
        return bool(ours == theirs)
    both_unknown = math.isnan(ours) and math.isnan(theirs)
    return both_unknown or math.isclose(ours, theirs, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
