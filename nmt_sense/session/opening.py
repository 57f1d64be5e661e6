"""Opening a recording that somebody sent: all of it is looked at, but for the rows, before anything of it is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nmt_sense.errors import RecordingError
from nmt_sense.session import layout
from nmt_sense.session.header import MOST_SENSORS
from nmt_sense.session.overview import BASE_SCANS, FACTOR
from nmt_sense.strict.hdf5 import MOST_ROWS, Rows, StrictFile, damage

MOST_LEVELS = 8
LARGEST_TABLE = 128 << 20
"""Bytes of a table; all events that there may be, with the longest text."""
MOST_ROWS_OF = {layout.ARRIVALS: MOST_ROWS, **layout.MOST_ROWS}
"""Few bytes can stand for many rows, and each hold or event becomes an object."""


class Opened:
    """An open recording: its file and its datasets with rows, by name."""

    def __init__(self, path: Path) -> None:
        self.file = StrictFile(path)
        try:
            with damage(path):
                self.rows = self._check()
        except BaseException:
            self.file.close()
            raise

    def _check(self) -> dict[str, Rows]:
        if not self.file.has_attribute("/", "format") or not self.file.has("raw"):
            raise RecordingError(f"{self.file.path} is an HDF5 file, but not a recording of this program.")
        self.file.check_links()
        columns = self._columns()
        rows = columns | {name: self._table(name) for name in self._tables()}
        rows |= self._overview(columns[layout.COUNTS].shape[1])
        self.file.check_texts(list(rows.values()))
        self._check_format()
        return rows

    def _check_format(self) -> None:
        path = self.file.path
        if self.file.attribute("/", "format") != layout.FORMAT:
            raise RecordingError(f"{path} is an HDF5 file, but not a recording of this program.")
        version = self._version()
        if version < 1:
            raise self._damaged("its format version is none")
        later = set(layout.TABLE_FIELDS[layout.HOLDS]) - set(layout.hold_fields(version))
        if later & set(self.file.rows(layout.HOLDS).dtype.names or ()):
            raise self._damaged(f"{layout.HOLDS} is not that of its format version")
        if version > layout.FORMAT_VERSION:
            raise RecordingError(f"{path} has format version {version}, newer than this program knows; update it.")

    def _columns(self) -> dict[str, Rows]:
        counts = self.file.rows(layout.COUNTS)
        if len(counts.shape) != 2 or counts.shape[1] > MOST_SENSORS:
            raise self._damaged(f"{layout.COUNTS} is no table of scans and sensors")
        truth = [layout.TRUTH_COLUMN] if self.file.has("simulation") else []
        return {column.path: self._column(column, counts.shape) for column in [*layout.COLUMNS, *truth]}

    def _column(self, column: layout.Column, shape: tuple[int, ...]) -> Rows:
        rows = self.file.rows(column.path)
        if not rows.is_of(np.dtype(column.dtype)) or rows.shape != column.shape(*shape):
            raise self._damaged(f"{column.path} has another type or length than it should")
        return rows

    def _tables(self) -> list[str]:
        later = (layout.UTC, layout.PINGS)
        return [name for name in layout.TABLE_FIELDS if name not in later or self.file.has(name)]

    def _table(self, name: str) -> Rows:
        rows, fields = self.file.rows(name), self._fields(name)
        if len(rows.shape) != 1 or not all(rows.has_field(field, kind) for field, kind in fields.items()):
            raise self._damaged(f"{name} lacks fields that it should have")
        wide = name != layout.ARRIVALS and len(rows) * rows.dtype.itemsize > LARGEST_TABLE
        if wide or len(rows) > MOST_ROWS_OF[name]:
            raise self._damaged(f"{name} is longer than it can be")
        return rows

    def _fields(self, name: str) -> dict[str, str]:
        return layout.hold_fields(self._version()) if name == layout.HOLDS else layout.TABLE_FIELDS[name]

    def _version(self) -> int:
        return int(self.file.attribute("/", "format_version"))

    def _overview(self, channels: int) -> dict[str, Rows]:
        levels = self.file.children(layout.OVERVIEW, MOST_LEVELS)
        if not levels or set(levels) != {str(BASE_SCANS * FACTOR**number) for number in range(len(levels))}:
            raise self._damaged(f"{layout.OVERVIEW} has levels that it should not have")
        return {part.name: part for level in levels for part in self._level(level, channels)}

    def _level(self, level: str, channels: int) -> list[Rows]:
        bins = self.file.rows(f"{layout.OVERVIEW}/{level}/scan")
        sides = [self.file.rows(f"{layout.OVERVIEW}/{level}/{side}") for side in ("minimum", "maximum")]
        right = [side.is_of(np.dtype("<f4")) and side.shape == (len(bins), channels + 1) for side in sides]
        if not all(right) or len(bins.shape) != 1 or not bins.is_of(np.dtype("<i8")):
            raise self._damaged(f"level {level} of {layout.OVERVIEW} has another type or length than it should")
        return [bins, *sides]

    def _damaged(self, what: str) -> RecordingError:
        return RecordingError(f"{self.file.path} is damaged: {what}.")
