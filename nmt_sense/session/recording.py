"""Reading a recording: typed, read-only, as lazy as a ten-hour file needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import h5py
import msgspec
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
from nmt_sense.session.header import Counters, RecordingHeader
from nmt_sense.session.opening import open_checked
from nmt_sense.session.overview import Level

BLOCK_SCANS = 1 << 16
OLDEST: dict[str, Any] = {"restarts": np.int64(0), "stalls": 0, "longest_stall_s": 0.0, "raw_sha256": ""}
"""What stands for the attributes of ``/integrity`` that the oldest files lack."""
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


class Integrity(msgspec.Struct, frozen=True):
    """What the file says about its own completeness."""

    expected: int
    """Scans from the first to the last that arrived."""
    received: int
    lost: int
    counters: Counters
    unreadable_pieces: int
    """Pieces of the journal that could not be read when the file was made; their scans are among the lost."""
    stalls: int
    """Times more than a quarter of a second passed between two reads that brought scans."""
    longest_stall_s: float
    calibration_verdict: str
    verdict: str
    """intact, gaps, recovered, empty or damaged."""
    description_sha256: str
    raw_sha256: str
    """Empty in the oldest files, which know nothing of stalls and restarts either."""


class Recording:
    """One open recording, as a context manager. Arrays are read from the file each time they are asked for.

    Reading raises :class:`RecordingError` where the file's checksums show damage.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_checked(path)
        try:
            with self._reading():
                self.header = _read_header(self._file)
                self.integrity = _read_integrity(self._file, self.header)
                self.recovered = bool(self._file.attrs["recovered"])
                if self._file[layout.COUNTS].shape[1] != self.header.channels:
                    raise KeyError("another number of sensors than named")
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
        return int(self._file[layout.SCAN].shape[0])

    @property
    def reads(self) -> int:
        """Number of arrival pairs, M."""
        return int(self._file[layout.ARRIVALS].shape[0])

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise RecordingError(f"{self.path} is damaged and cannot be read ({_short(error)}).") from error

    def read(self, path: str, rows: slice = slice(None)) -> NDArray[Any]:
        """Rows of one dataset, by its name in :mod:`nmt_sense.session.layout`."""
        with self._reading():
            values: NDArray[Any] = self._file[path][rows]
            return values

    @property
    def attributes(self) -> dict[str, Any]:
        """The root attributes, as they stand in the file."""
        return dict(self._file.attrs)

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
        return "simulation" in self._file

    @property
    def arrivals(self) -> Arrivals:
        """Raw pairs of scan and host time."""
        pairs = self.read(layout.ARRIVALS)
        return Arrivals(pairs["scan"], pairs["host_ns"])

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
        return layout.UTC in self._file

    @property
    def holds(self) -> list[Hold]:
        """Finished holds, oldest first."""
        return self._rows(Hold, layout.HOLDS)

    @property
    def events(self) -> list[Event]:
        """Events, in the order in which they happened to be stored."""
        return self._rows(Event, layout.EVENTS)

    def _rows(self, kind: type[Any], path: str) -> list[Any]:
        table = self.read(path)
        with self._reading():
            return layout.rows_of(kind, table)

    @property
    def gaps(self) -> list[Gap]:
        """Runs of missing scans, oldest first."""
        return [Gap(*row) for row in self.read(layout.GAPS)[list(layout.TABLE_FIELDS[layout.GAPS])].tolist()]

    @property
    def device(self) -> GloveInfo | None:
        """What the glove said of itself; None when the text in the file is not a glove's."""
        try:
            return msgspec.toml.decode(self.header.device_toml, type=GloveInfo)
        except msgspec.MsgspecError:
            return None

    def overview(self) -> list[Level]:
        """Smallest and largest force per bin, finest level first."""
        group = self._file[layout.OVERVIEW]
        return [self.overview_level(width) for width in sorted(int(name) for name in group)]

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


def _read_header(file: h5py.File) -> RecordingHeader:
    fields: dict[str, Any] = {name: _text(file.attrs[name]) for name in layout.ROOT_FIELDS if _is_kept(file, name)}
    fields["simulated"] = bool(file.attrs["simulated"])
    fields |= {field: _text(file[path][()]) for path, field in layout.TEXTS.items()}
    for path, attribute, field in layout.PLACED_FIELDS:
        value = file[path].attrs[attribute]
        fields[field] = value if isinstance(value, str) else value.tolist()
    return msgspec.convert(fields, RecordingHeader)


def _is_kept(file: h5py.File, name: str) -> bool:
    return name != layout.SOURCE or name in file.attrs


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {type(value).__name__}")
    return value


def _read_integrity(file: h5py.File, header: RecordingHeader) -> Integrity:
    said = dict(file[layout.INTEGRITY].attrs)
    if layout.UTC not in file:
        said |= OLDEST
    counters = {name: said[name].item() for name in layout.COUNTER_FIELDS}
    fields: dict[str, Any] = {"longest_stall_s": float(said["longest_stall_s"])}
    fields |= {name: int(said[name]) for name in ("expected", "received", "lost", "unreadable_pieces", "stalls")}
    fields |= {name: _text(said[name]) for name in ("verdict", "description_sha256", "raw_sha256")}
    return Integrity(
        **fields,
        counters=msgspec.convert(counters, Counters),
        calibration_verdict=header.calibration_verdict,
    )


def _short(error: Exception) -> str:
    return str(error).strip("'\"").splitlines()[0] if str(error) else type(error).__name__
