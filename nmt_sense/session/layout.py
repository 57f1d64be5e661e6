"""The recording file's names, types, units and attributes, in one place. ``docs/file-format.md`` tells it in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

import h5py
import msgspec
import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Arrivals
from nmt_sense.events import Event
from nmt_sense.holds import FIRST_FIELDS, SECOND_FIELDS, Hold
from nmt_sense.session.header import Counters, RecordingHeader

FORMAT = "nmt-sense"
FORMAT_VERSION = 4
"""2: ``/holds`` has more fields, and ``/events`` more kinds. 3: forces and holds have a checksum. 4: ``/holds`` keeps
the bands of peaks and reports. All can be read."""
DERIVED_DIGEST_FROM = 3
"""Format version from which on the checksum of forces and holds must be there."""
LIBVER = ("v110", "v110")
"""The newest HDF5 file format that version 1.10 tools still read; its metadata carries checksums."""
CHUNK_ROWS = 16384
LONGEST_TABLE_CHUNK = 1 << 20
"""Bytes of a chunk of a table."""
GZIP_LEVEL = 1
"""Level 4 takes a quarter longer for the same size: counts are noisy and forces follow counts."""

COUNTS = "/raw/counts"
SCAN = "/raw/scan"
ARRIVALS = "/raw/arrivals"
UTC = "/raw/utc"
"""The oldest files lack it, and with it ``stalls``, ``longest_stall_s``, ``restarts`` and ``raw_sha256``."""
PINGS = "/raw/pings"
"""Files made before gloves were asked for their time lack it."""
TIME = "/time_s"
NEWTONS = "/force/newtons"
UNCERTAINTY = "/force/uncertainty_n"
CONTACT = "/force/contact_n"
CONTACT_UNCERTAINTY = "/force/contact_uncertainty_n"
TRUE_NEWTONS = "/simulation/true_newtons"
HOLDS = "/holds"
EVENTS = "/events"
GAPS = "/gaps"
INTEGRITY = "/integrity"
OVERVIEW = "/overview"
DEVICE = "/device"
CALIBRATION = "/calibration"
TECHNIQUE = "/technique"
SOURCE = "source"
"""Root attribute that the oldest files lack."""
TEXTS = {DEVICE: "device_toml", CALIBRATION: "calibration_toml", TECHNIQUE: "technique_toml"}
"""Text datasets and the header fields they hold."""

NO_UNIT = "1"
"""What UDUNITS calls a plain number."""
TEXT_UNIT = "n/a"


@dataclass(frozen=True, slots=True)
class Column:
    """One dataset with a row per scan."""

    path: str
    dtype: str
    unit: str
    per_sensor: bool
    """Shape (N, C) when true, else (N,)."""

    def shape(self, rows: int, channels: int) -> tuple[int, ...]:
        """Shape for so many scans and sensors."""
        return (rows, channels) if self.per_sensor else (rows,)


COLUMNS = (
    Column(COUNTS, "<u2", "count", True),
    Column(SCAN, "<i8", NO_UNIT, False),
    Column(TIME, "<f8", "s", False),
    Column(NEWTONS, "<f4", "N", True),
    Column(UNCERTAINTY, "<f4", "N", True),
    Column(CONTACT, "<f4", "N", False),
    Column(CONTACT_UNCERTAINTY, "<f4", "N", False),
)
TRUTH_COLUMN = Column(TRUE_NEWTONS, "<f4", "N", True)

ARRIVAL_TYPE = np.dtype([("scan", "<i8"), ("host_ns", "<i8")])
MOST_SCANS = 100_000_000
"""28 hours at 1000 Hz; what a file of rows may hold (:mod:`nmt_sense.strict.hdf5`)."""
MOST_HOLDS = 200_000
MOST_EVENTS = 400_000
LAST_SCAN = 1 << 48
"""No glove gets so far: at 1000 Hz it would take 8900 years."""
LAST_NS = 1 << 62
"""Nor does any clock, in nanoseconds."""
MOST_GAPS = 1_000_000
MOST_PINGS = 1_000_000
MOST_ROWS = {UTC: 100_000, PINGS: MOST_PINGS, GAPS: MOST_GAPS, HOLDS: MOST_HOLDS, EVENTS: MOST_EVENTS}
"""Rows of a table: eleven days of clocks and pings, ten hours with 27 gaps in each second, 22 hours of cues without a
pause. A recording ends before it gets there (:class:`nmt_sense.pipeline.recorder.Recorder`)."""
LONGEST_WORDS = 300
"""Bytes that the text of an event may have: each takes as much room as the longest."""

UTC_TYPE = np.dtype([("host_ns", "<i8"), ("utc_ns", "<i8")])
GAP_TYPE = np.dtype([("first_missing_scan", "<i8"), ("count", "<i8"), ("start_s", "<f8"), ("end_s", "<f8")])

FIELD_UNITS = {
    "scan": NO_UNIT,
    "host_ns": "ns",
    "utc_ns": "ns",
    "first_missing_scan": NO_UNIT,
    "count": NO_UNIT,
    "number": NO_UNIT,
    "start_s": "s",
    "band_s": "s",
    "end_s": "s",
    "in_band_s": "s",
    "wanted_s": "s",
    "missing_s": "s",
    "time_s": "s",
    "low_n": "N",
    "high_n": "N",
    "mean_n": "N",
    "mean_uncertainty_n": "N",
    "peak_n": "N",
    "sag_n": "N",
    "ramp_n_per_s": "N/s",
    "lapses": NO_UNIT,
    "phase": NO_UNIT,
    "round": NO_UNIT,
    "course": NO_UNIT,
    "repetition": NO_UNIT,
    "level": NO_UNIT,
    "report_n": "N",
    "tolerance_n": "N",
    "pain_first": NO_UNIT,
    "pain_last": NO_UNIT,
    "rest_before_s": "s",
    "let_go_s": "s",
    "stop_latency_s": "s",
    "feedback": TEXT_UNIT,
    "share_in_band": NO_UNIT,
    "ce_n": "N",
    "ae_n": "N",
    "ve_n": "N",
    "rmse_n": "N",
    "cv": NO_UNIT,
    "slope_n_per_s": "N/s",
    "overshoot_n": "N",
    "ramp_10_90_n_per_s": "N/s",
    "rate_out_share": NO_UNIT,
    "rate_out": NO_UNIT,
    "impulse_ns": "N s",
    "impulse_uncertainty_ns": "N s",
    "score": NO_UNIT,
    "off_time": NO_UNIT,
    "off_rmse": NO_UNIT,
    "off_sag": NO_UNIT,
    "off_ramp": NO_UNIT,
    "off_overshoot": NO_UNIT,
    "off_lapses": NO_UNIT,
    "peak_uncertainty_n": "N",
    "report_uncertainty_n": "N",
    "tolerance_uncertainty_n": "N",
    "end": TEXT_UNIT,
    "kind": TEXT_UNIT,
    "value": NO_UNIT,
    "text": TEXT_UNIT,
}
"""Units of the tables' fields. An event's ``value`` has the unit its kind says, usually none."""

NUMBER_TYPES = {int: "<i8", float: "<f8"}


def table(kind: type[Event] | type[Hold], rows: Sequence[Event] | Sequence[Hold]) -> NDArray[Any]:
    """Holds or events as a compound table, (len(rows),), fields as in the struct.

    Text becomes UTF-8 of fixed length, padded with NULs, as long as the longest here: every reader of HDF5 knows it,
    and unlike variable-length text the file's checksums cover it.
    """
    columns = {name: [getattr(row, name) for row in rows] for name in kind.__struct_fields__}
    encoded = {name: _as_array(hint, columns[name]) for name, hint in _hints(kind).items()}
    filled = np.zeros(len(rows), [(name, _stored_type(values)) for name, values in encoded.items()])
    for name, values in encoded.items():
        filled[name] = values
    return filled


def pairs(arrivals: Arrivals) -> NDArray[Any]:
    """Arrivals or pings as a compound table."""
    filled = np.empty(len(arrivals), ARRIVAL_TYPE)
    filled["scan"], filled["host_ns"] = arrivals.scan, arrivals.host_ns
    return filled


def rows_of(kind: type[Any], filled: NDArray[Any]) -> list[Any]:
    """The inverse of :func:`table`; what a file of an older version lacks has its default.

    Raises :class:`msgspec.ValidationError` or :class:`UnicodeDecodeError` when a value is none that the program writes.
    """
    names = [name for name in kind.__struct_fields__ if name in (filled.dtype.names or ())]
    rows = [dict(zip(names, _plain(row), strict=True)) for row in filled[list(names)].tolist()]
    return [msgspec.convert(row, kind) for row in rows]  # raises where a field without a default is missing


def _plain(row: tuple[Any, ...]) -> list[Any]:
    return [value.decode() if isinstance(value, bytes) else value for value in row]


def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in kind.__struct_fields__}


def _as_array(hint: Any, values: list[Any]) -> NDArray[Any]:
    if hint in NUMBER_TYPES:
        return np.array(values, NUMBER_TYPES[hint])
    encoded = [str(value).encode() for value in values]
    return np.array(encoded, f"S{max([1, *map(len, encoded)])}")


def _stored_type(values: NDArray[Any]) -> np.dtype[Any]:
    if values.dtype.kind == "S":
        text: np.dtype[Any] = h5py.string_dtype("utf-8", values.dtype.itemsize)
        return text
    return values.dtype


def create(
    file: h5py.File, path: str, dtype: Any, shape: tuple[int, ...], units: str | list[str] | None = None
) -> h5py.Dataset:
    """A chunked, compressed, checksummed dataset that can grow along its first axis, with its units.

    ``units`` defaults to those of the compound type's fields, in field order.
    """
    dataset = file.create_dataset(
        path,
        shape=shape,
        maxshape=(None, *shape[1:]),
        dtype=dtype,
        chunks=(_chunk_rows(np.dtype(dtype)), *shape[1:]),
        compression="gzip",
        compression_opts=GZIP_LEVEL,
        shuffle=True,
        fletcher32=True,
        track_times=False,
    )
    dataset.attrs["units"] = units or [FIELD_UNITS[name] for name in dataset.dtype.names]
    return dataset


def _chunk_rows(dtype: np.dtype[Any]) -> int:
    """Rows per chunk; fewer where long words make the rows of a table long, because a chunk is read as a whole."""
    return min(CHUNK_ROWS, max(1, LONGEST_TABLE_CHUNK // dtype.itemsize)) if dtype.names else CHUNK_ROWS


def create_text(file: h5py.File, path: str, text: str) -> None:
    """A scalar UTF-8 dataset."""
    dataset = file.create_dataset(path, data=text, dtype=h5py.string_dtype(), track_times=False)
    dataset.attrs["units"] = TEXT_UNIT


def write_header(file: h5py.File, header: RecordingHeader, recovered: bool) -> None:
    """Root attributes, the texts, and what belongs to single datasets (which must exist)."""
    root: dict[str, Any] = {"format": FORMAT, "format_version": np.int64(FORMAT_VERSION)}
    root |= {name: getattr(header, name) for name in ROOT_FIELDS}
    root |= {"simulated": header.simulated, "recovered": recovered}
    file.attrs.update(root)
    for path, field in TEXTS.items():
        create_text(file, path, getattr(header, field))
    for path, attribute, field in PLACED_FIELDS:
        value = getattr(header, field)
        file[path].attrs[attribute] = list(value) if isinstance(value, tuple) else value
    for path in (COUNTS, NEWTONS, UNCERTAINTY):
        file[path].attrs["sensors"] = list(header.sensors)


ROOT_FIELDS = ("recording_id", "started_at", "participant", "operator", "technique", "software_version", SOURCE)
"""Header fields that are root attributes of the same name, as text."""

PLACED_FIELDS = (
    ("/raw", "period_s", "period_s"),
    ("/raw", "host_start_ns", "host_start_ns"),
    ("/raw", "sensors", "sensors"),
    (CONTACT, "contact", "contact"),
    (CONTACT, "filter", "start_filter"),
    (CONTACT, "filter_delay_s", "filter_delay_s"),
    (INTEGRITY, "calibration_verdict", "calibration_verdict"),
)
"""Header fields kept elsewhere: where, as which attribute, which field."""

COUNTER_FIELDS = Counters.__struct_fields__
"""Counters that are attributes of ``/integrity`` under the same name."""
INTEGRITY_UNITS = "drift_ppm: ppm, jitter_p99_ms: ms, longest_stall_s: s, the others: 1"
OLDEST_INTEGRITY_UNITS = "drift_ppm: ppm, jitter_p99_ms: ms, the others: 1"


def _fields(dtype: np.dtype[Any]) -> dict[str, str]:
    return {name: dtype[name].str for name in dtype.names or ()}


def _struct_fields(kind: type[Any]) -> dict[str, str]:
    return {name: NUMBER_TYPES.get(hint, "S") for name, hint in _hints(kind).items()}


TABLE_FIELDS: dict[str, dict[str, str]] = {
    ARRIVALS: _fields(ARRIVAL_TYPE),
    UTC: _fields(UTC_TYPE),
    PINGS: _fields(ARRIVAL_TYPE),
    GAPS: _fields(GAP_TYPE),
    HOLDS: _struct_fields(Hold),
    EVENTS: _struct_fields(Event),
}
"""Fields that the compound tables have, in order, and their types; ``S``: text, however long."""
OLDER_HOLD_FIELDS = {1: FIRST_FIELDS, 2: SECOND_FIELDS, 3: SECOND_FIELDS}
"""Those that ``/holds`` has in older format versions."""


def hold_fields(version: int) -> dict[str, str]:
    """Fields that ``/holds`` has in a format version, in order, and their types."""
    known = TABLE_FIELDS[HOLDS]
    return {name: known[name] for name in OLDER_HOLD_FIELDS.get(version, known)}
