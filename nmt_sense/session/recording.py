"""Reading a recording: typed, read-only, as lazy as a ten-hour file needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import (
    Arrivals,
    Float32Array,
    Float64Array,
    ForceBlock,
    Int64Array,
    ScanBlock,
    Uint16Array,
)
from nmt_sense.device import GloveInfo
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.holds import Hold
from nmt_sense.session import layout
from nmt_sense.session.described import read_header, read_integrity, truth
from nmt_sense.session.header import MOST_SENSORS
from nmt_sense.session.opening import Opened
from nmt_sense.session.overview import Level
from nmt_sense.strict import toml
from nmt_sense.strict.hdf5 import damage

BLOCK_SCANS = 1 << 16
OBJECTS_AT_A_TIME = layout.CHUNK_ROWS
LONGEST_GRID = 100_000_000
"""Scans that a regular grid may have; a day at 1000 Hz is less."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Scans that were made and never arrived. Times are seconds from the recording's first scan."""

    first_missing_scan: int
    count: int
    start_s: float
    """Time of the first missing scan."""
    end_s: float
    """Time of the first scan that arrived again."""


class Recording:
    """One open recording, as a context manager. Arrays are read from the file each time they are asked for.

    Reading raises :class:`RecordingError` where the file's checksums show damage.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        opened = Opened(path)
        self._file, self._tables = opened.file, opened.rows
        try:
            self.header = read_header(self._file)
            self.integrity = read_integrity(self._file, self.header)
            self.recovered = truth(self._file, "recovered")
            if opened.rows[layout.COUNTS].shape[1] != self.header.channels:
                raise RecordingError(f"{path} is damaged: it has another number of sensors than it names.")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; arrays that were read stay valid."""
        self._file.close()

    def __len__(self) -> int:
        """Number of scans that arrived, N."""
        return len(self._tables[layout.SCAN])

    @property
    def reads(self) -> int:
        """Number of arrival pairs, M."""
        return len(self._tables[layout.ARRIVALS])

    def read(self, path: str, rows: slice = slice(None)) -> NDArray[Any]:
        """Rows of one dataset, by its name in :mod:`nmt_sense.session.layout`."""
        return self._tables[path].read(rows)

    def attribute(self, place: str, name: str) -> Any:
        """One attribute as it stands in the file, by names of :mod:`nmt_sense.session.layout`."""
        return self._file.attribute(place, name)

    def attribute_list(self, place: str, name: str) -> list[Any]:
        """An attribute that is a list, as it stands in the file."""
        return self._file.attribute_list(place, name, MOST_SENSORS + 1)

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """Every dataset with rows, by its name, and its fields, if it has fields."""
        return {name: rows.dtype.names or () for name, rows in self._tables.items()}

    @property
    def duration_s(self) -> float:
        """Seconds from the start of the first scan to the end of the last."""
        return self.integrity.expected * self.header.period_s

    @property
    def counts(self) -> Uint16Array:
        """(N, C) ADC counts."""
        return self.read(layout.COUNTS)

    @property
    def scan(self) -> Int64Array:
        """(N,) device scan index, unwrapped."""
        return self.read(layout.SCAN)

    @property
    def time_s(self) -> Float64Array:
        """(N,) seconds from the first scan, device clock."""
        return self.read(layout.TIME)

    @property
    def newtons(self) -> Float32Array:
        """(N, C) force on each sensor, N."""
        return self.read(layout.NEWTONS)

    @property
    def uncertainty_n(self) -> Float32Array:
        """(N, C) half-width of the 95 % band, N."""
        return self.read(layout.UNCERTAINTY)

    @property
    def contact_n(self) -> Float32Array:
        """(N,) filtered force of the contact, N."""
        return self.read(layout.CONTACT)

    @property
    def contact_uncertainty_n(self) -> Float32Array:
        """(N,) half-width of the 95 % band of ``contact_n``, N."""
        return self.read(layout.CONTACT_UNCERTAINTY)

    @property
    def true_newtons(self) -> Float32Array | None:
        """(N, C) true force of a virtual glove, N; None for a real glove."""
        return self.read(layout.TRUE_NEWTONS) if self.has_truth else None

    @property
    def has_truth(self) -> bool:
        """True when the true forces are known, because the glove was virtual."""
        return layout.TRUE_NEWTONS in self._tables

    @property
    def arrivals(self) -> Arrivals:
        """Raw pairs of scan and host time."""
        pairs = self.read(layout.ARRIVALS)
        return Arrivals(pairs["scan"], pairs["host_ns"])

    @property
    def pings(self) -> Arrivals:
        """Answered pings (:meth:`nmt_sense.glove.clock.HostClock.add_ping`); none in older files."""
        if not self.has_pings:
            return Arrivals.none()
        pairs = self.read(layout.PINGS)
        return Arrivals(pairs["scan"], pairs["host_ns"])

    @property
    def has_pings(self) -> bool:
        """False for files made before gloves were asked for their time."""
        return layout.PINGS in self._tables

    @property
    def utc(self) -> Int64Array:
        """(K, 2) readings of the host's monotonic clock and UTC at the same moments, ns; K = 0 in the oldest files."""
        if not self.has_utc:
            return np.empty((0, 2), np.int64)
        pairs = self.read(layout.UTC)
        return np.column_stack((pairs["host_ns"], pairs["utc_ns"]))

    @property
    def has_utc(self) -> bool:
        """False for the oldest files."""
        return layout.UTC in self._tables

    @property
    def holds(self) -> list[Hold]:
        """Finished holds, oldest first."""
        return self._rows(Hold, layout.HOLDS)

    @property
    def events(self) -> list[Event]:
        """Events, in the order in which they happened to be stored."""
        return self._rows(Event, layout.EVENTS)

    def _rows(self, kind: type[Any], path: str) -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(self._tables[path]), OBJECTS_AT_A_TIME):
            table = self.read(path, slice(start, start + OBJECTS_AT_A_TIME))
            with damage(self.path, f"{path} cannot be read"):
                found += layout.rows_of(kind, table)
        return found

    @property
    def gaps(self) -> list[Gap]:
        """Runs of missing scans, oldest first."""
        return [Gap(*row) for row in self.read(layout.GAPS)[list(layout.TABLE_FIELDS[layout.GAPS])].tolist()]

    @property
    def device(self) -> GloveInfo | None:
        """What the glove said of itself; None when the text in the file is not a glove's."""
        try:
            return toml.decode(self.header.device_toml, GloveInfo, "The glove's description", RecordingError)
        except RecordingError:
            return None

    def overview(self) -> list[Level]:
        """Smallest and largest force per bin, finest level first."""
        return [self.overview_level(width) for width in self.overview_widths]

    @property
    def overview_widths(self) -> list[int]:
        """Scans per bin of the levels of :meth:`overview`, finest first."""
        names = [name.split("/") for name in self._tables if name.startswith(layout.OVERVIEW)]
        return sorted({int(name[2]) for name in names})

    def overview_level(self, scans_per_bin: int) -> Level:
        """One level of :meth:`overview`."""
        path = f"{layout.OVERVIEW}/{scans_per_bin}"
        values = [self.read(f"{path}/{name}") for name in ("scan", "minimum", "maximum")]
        return Level(scans_per_bin, *values)

    def blocks(self, size: int = BLOCK_SCANS) -> Iterator[tuple[ScanBlock, ForceBlock]]:
        """Scans and their forces, ``size`` rows at a time, in bounded memory."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            scan = self.read(layout.SCAN, rows)
            raw = ScanBlock(scan, self.read(layout.COUNTS, rows))
            yield (
                raw,
                ForceBlock(
                    scan,
                    self.read(layout.TIME, rows),
                    self.read(layout.NEWTONS, rows),
                    self.read(layout.UNCERTAINTY, rows),
                    self.read(layout.CONTACT, rows),
                    self.read(layout.CONTACT_UNCERTAINTY, rows),
                ),
            )

    def regular(
        self, name: Literal["newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n"]
    ) -> tuple[Float64Array, Float32Array]:
        """Times (G,) and a force on the regular grid of scans, (G,) or (G, C), NaN where a scan is missing.

        G is the number of expected scans. Raises :class:`RecordingError` when the grid is longer than a day at 1000 Hz.
        """
        scan, values = self.scan, self.read(f"/force/{name}")
        length = int(scan[-1] - scan[0]) + 1 if len(scan) else 0
        if length > LONGEST_GRID:
            raise RecordingError(f"{self.path} spans {length} scans, too long for one regular grid.")
        grid = np.full((length, *values.shape[1:]), np.nan, dtype=np.float32)
        if length:
            grid[scan - scan[0]] = values
        return np.arange(length, dtype=np.float64) * self.header.period_s, grid


def open_recording(path: Path | str) -> Recording:
    """Open a recording for reading.

    Raises :class:`RecordingError`, with one sentence, when the file is missing, no recording, cut short, damaged where
    it says what it holds, written by a newer version, or refers to anything outside itself.
    """
    return Recording(Path(path))
