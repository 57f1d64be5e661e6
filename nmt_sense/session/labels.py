"""Units and names written beside the data: they follow from the rest of the file, so each can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nmt_sense.errors import RecordingError
from nmt_sense.session import layout
from nmt_sense.session.recording import Recording

_COLUMN_UNITS = {column.path: column.unit for column in (*layout.COLUMNS, layout.TRUTH_COLUMN)}
_LEVEL_UNITS = {"scan": layout.NO_UNIT, "minimum": "N", "maximum": "N"}


def wrong_labels(recording: Recording) -> Iterator[str]:
    """The place and name of each label that is not what the rest of the file says."""
    for place, name, wanted in _labels(recording):
        if not _stands(recording, place, name, wanted):
            yield f"{name} of {place}"


def _stands(recording: Recording, place: str, name: str, wanted: Any) -> bool:
    try:
        if isinstance(wanted, list):
            return [_plain(value) for value in recording.attribute_list(place, name)] == wanted
        return bool(_plain(recording.attribute(place, name)) == wanted)
    except RecordingError:
        return False


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _labels(recording: Recording) -> Iterator[tuple[str, str, Any]]:
    sensors = list(recording.header.sensors)
    for place, fields in recording.tables.items():
        yield place, "units", [layout.FIELD_UNITS.get(field, "") for field in fields] if fields else _units(place)
    for place in layout.TEXTS:
        yield place, "units", layout.TEXT_UNIT
    for place in (layout.COUNTS, layout.NEWTONS, layout.UNCERTAINTY):
        yield place, "sensors", sensors
    yield layout.OVERVIEW, "columns", [*sensors, "contact"]
    for width in recording.overview_widths:
        yield f"{layout.OVERVIEW}/{width}", "scans_per_bin", width
    units = layout.INTEGRITY_UNITS if recording.has_utc else layout.OLDEST_INTEGRITY_UNITS
    yield layout.INTEGRITY, "units", units


def _units(place: str) -> str:
    return _COLUMN_UNITS.get(place) or _LEVEL_UNITS[place.rpartition("/")[2]]
