"""Writing a recording file, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from nmt_sense.blocks import Arrivals, Float32Array, ForceBlock, ScanBlock
from nmt_sense.events import Event
from nmt_sense.holds import Hold
from nmt_sense.session import layout
from nmt_sense.session.chunks import ChunkWriter
from nmt_sense.session.gaps import GapFinder
from nmt_sense.session.header import Counters, RecordingHeader, description_digest
from nmt_sense.session.overview import OverviewBuilder
from nmt_sense.session.raw_digest import DerivedDigest, RawDigest
from nmt_sense.session.stalls import StallFinder
from nmt_sense.session.steady_file import SteadyFile
from nmt_sense.session.verdict import verdict_word


class RecordingWriter:
    """A new recording file, as a context manager; complete after :meth:`finish`.

    Raises :class:`OSError` when the file cannot be written.
    """

    def __init__(self, path: Path, header: RecordingHeader) -> None:
        self._header = header
        self._gaps = GapFinder(header.period_s)
        self._stalls = StallFinder()
        self._digest, self._derived = RawDigest(), DerivedDigest()
        self._overview = OverviewBuilder(header.channels)
        self._rows = 0
        self._chunks = ChunkWriter(layout.GZIP_LEVEL)
        self._steady = SteadyFile(path)
        self._file = h5py.File(self._steady, "w", libver=layout.LIBVER)
        try:
            for column in layout.COLUMNS:
                self._create(column)
            layout.create(self._file, layout.ARRIVALS, layout.ARRIVAL_TYPE, (0,))
            self._steady.check()
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        if error is None:
            self._steady.check()

    def _close(self) -> None:
        self._chunks.finish()
        with self._steady:
            self._file.close()

    def _create(self, column: layout.Column) -> None:
        shape = column.shape(0, self._header.channels)
        layout.create(self._file, column.path, column.dtype, shape, column.unit)

    def add(self, block: ScanBlock, force: ForceBlock, arrivals: Arrivals, truth: Float32Array | None) -> None:
        """Append scans, their forces, arrival pairs, and (virtual glove) true forces."""
        self._chunks.collect()  # of the piece before, compressed while this one was derived
        self._append(layout.COUNTS, block.counts)
        self._append(layout.SCAN, block.scan)
        self._append(layout.TIME, force.time_s)
        self._append(layout.NEWTONS, force.newtons)
        self._append(layout.UNCERTAINTY, force.uncertainty_n)
        self._append(layout.CONTACT, force.contact_n)
        self._append(layout.CONTACT_UNCERTAINTY, force.contact_uncertainty_n)
        self._append(layout.ARRIVALS, layout.pairs(arrivals))
        self._add_truth(truth, len(block))
        self._rows += len(block)
        self._gaps.feed(block.scan)
        self._stalls.feed(arrivals.host_ns)
        self._overview.feed(force)
        self._steady.check()

    def _add_truth(self, truth: Float32Array | None, rows: int) -> None:
        if truth is None and layout.TRUE_NEWTONS not in self._file:
            return
        if layout.TRUE_NEWTONS not in self._file:
            self._create(layout.TRUTH_COLUMN)
            self._append_unknown(self._rows)
        if truth is None:
            self._append_unknown(rows)
        else:
            self._append(layout.TRUE_NEWTONS, truth)

    def _append_unknown(self, rows: int) -> None:
        for start in range(0, rows, layout.CHUNK_ROWS):
            shape = (min(layout.CHUNK_ROWS, rows - start), self._header.channels)
            self._append(layout.TRUE_NEWTONS, np.full(shape, np.nan, np.float32))

    def _append(self, path: str, values: np.ndarray[Any, Any]) -> None:
        dataset = self._file[path]
        self._sum_up(path, values.astype(dataset.dtype, copy=False))
        self._chunks.append(dataset, values)

    def finish(
        self,
        events: Sequence[Event],
        holds: Sequence[Hold],
        counters: Counters,
        recovered: bool,
        *,
        unreadable_pieces: int,
        utc: Iterable[Sequence[int]] = (),
        pings: Arrivals | None = None,
    ) -> None:
        """Write all that is known only at the end, and flush. ``utc``: pairs of host time and UTC, both ns."""
        self._chunks.collect()
        self._table(layout.PINGS, layout.pairs(pings or Arrivals.none()))
        self._table(layout.UTC, np.array([tuple(pair) for pair in utc], layout.UTC_TYPE))
        self._table(layout.EVENTS, layout.table(Event, events))
        self._table(layout.HOLDS, layout.table(Hold, holds))
        self._table(layout.GAPS, self._gaps.table())
        self._write_integrity(counters, recovered, unreadable_pieces)
        self._write_overview()
        layout.write_header(self._file, self._header, recovered)
        self._file.flush()

    def _sum_up(self, path: str, rows: np.ndarray[Any, Any]) -> None:
        self._digest.feed(path, rows)
        self._derived.feed(path, rows)

    def _table(self, path: str, filled: np.ndarray[Any, Any]) -> None:
        self._sum_up(path, filled)
        layout.create(self._file, path, filled.dtype, filled.shape)[:] = filled

    def _write_integrity(self, counters: Counters, recovered: bool, unreadable_pieces: int) -> None:
        attributes = self._file.create_group(layout.INTEGRITY).attrs
        gaps = self._gaps
        for name, value in (("expected", gaps.expected), ("received", gaps.received), ("lost", gaps.lost)):
            attributes[name] = np.int64(value)
        for name in layout.COUNTER_FIELDS:
            attributes[name] = getattr(counters, name)
        attributes["stalls"] = np.int64(self._stalls.stalls)
        attributes["longest_stall_s"] = self._stalls.longest_s
        attributes["raw_sha256"] = self._digest.hexdigest()
        attributes["derived_sha256"] = self._derived.hexdigest()
        attributes["units"] = layout.INTEGRITY_UNITS
        attributes["unreadable_pieces"] = np.int64(unreadable_pieces)
        attributes["verdict"] = verdict_word(
            gaps.received, gaps.lost, recovered=recovered, damaged=unreadable_pieces > 0
        )
        digest = description_digest(self._header, counters, recovered, unreadable_pieces)
        attributes["description_sha256"] = digest

    def _write_overview(self) -> None:
        group = self._file.create_group(layout.OVERVIEW)
        group.attrs["columns"] = [*self._header.sensors, "contact"]
        for level in self._overview.levels():
            path = f"{layout.OVERVIEW}/{level.scans_per_bin}"
            for name, values, dtype, unit in (
                ("scan", level.scan, "<i8", layout.NO_UNIT),
                ("minimum", level.minimum, "<f4", "N"),
                ("maximum", level.maximum, "<f4", "N"),
            ):
                layout.create(self._file, f"{path}/{name}", dtype, values.shape, unit)[:] = values
            self._file[path].attrs["scans_per_bin"] = np.int64(level.scans_per_bin)
