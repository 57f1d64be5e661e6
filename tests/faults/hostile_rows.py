"""Few bytes that stand for many rows, and rows that stand for many gaps."""

from __future__ import annotations

from collections.abc import Callable

import h5py
import numpy as np

from nmt_sense.session import layout

Change = Callable[[h5py.File], object]
FILTERS = {"chunks": (64,), "compression": "gzip", "shuffle": True, "fletcher32": True}


def repeated(name: str, number: int) -> Change:
    """As many rows as that, all alike: a megabyte at most. Of texts no more than they need."""

    def change(file: h5py.File) -> None:
        rows = file[name][:]
        row = np.zeros(1, rows.dtype) if not len(rows) else rows[:1]
        if name == layout.EVENTS:
            narrow = {"kind": h5py.string_dtype("utf-8", 3), "text": h5py.string_dtype("utf-8", 1)}
            kinds = [(field, narrow.get(field, row.dtype[field])) for field in row.dtype.names]
            row = np.array([(0.1, b"cue", 1.0, b"x")], kinds)
        units = file[name].attrs["units"]
        del file[name]
        file.create_dataset(name, (number,), row.dtype, **dict(FILTERS, chunks=(16384,), maxshape=(None,)))
        file[name].attrs["units"] = units
        for start in range(0, number, 16384):
            file[name][start : start + 16384] = np.repeat(row, min(16384, number - start))

    return change


def gappy(scans: int) -> Change:
    """Every other scan is missing."""

    def change(file: h5py.File) -> None:
        for column in (*layout.COLUMNS, layout.TRUTH_COLUMN):
            dataset = file[column.path]
            shape, dtype, attributes = (scans, *dataset.shape[1:]), dataset.dtype, dict(dataset.attrs)
            del file[column.path]
            stored = dict(FILTERS, chunks=(16384, *shape[1:]), maxshape=(None, *shape[1:]))
            fresh = file.create_dataset(column.path, shape, dtype, **stored)
            fresh.attrs.update(attributes)
            for start in range(0, scans, 16384):
                part = slice(start, min(scans, start + 16384))
                fresh[part] = 2 * np.arange(part.start, part.stop) if column.path == layout.SCAN else 0

    return change
