"""Opening a file that somebody sent: only what a recording holds, only inside this one file, else one sentence."""

from __future__ import annotations

from pathlib import Path

import h5py

from nmt_sense.errors import RecordingError
from nmt_sense.session import layout

BUILT_IN_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
"""Compression that needs no plug-in; anything else would run code found on this computer."""
TABLES = (layout.ARRIVALS, layout.HOLDS, layout.EVENTS, layout.GAPS)


def open_checked(path: Path) -> h5py.File:
    """Open a recording for reading, after looking at everything but the data.

    Raises :class:`RecordingError` when it is missing, no HDF5, cut short, of another format or version, or has datasets
    that a recording does not have.
    """
    file = _open(path)
    try:
        _check_format(file, path)
        _check_columns(file, path)
        for table in [*TABLES, *([layout.UTC] if layout.UTC in file else [])]:
            _check_table(file, table, path)
        _check_inside(file, layout.INTEGRITY, path)
        for text in layout.TEXTS:
            _dataset(file, text, path)
        check_overview(file, path)
    except RecordingError:
        file.close()
        raise
    except (KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
        file.close()
        raise RecordingError(f"{path} is damaged: {error}.") from error
    return file


def _open(path: Path) -> h5py.File:
    if not path.is_file():
        raise RecordingError(f"There is no recording {path}.")
    try:
        return h5py.File(path, "r", locking="best-effort")
    except (OSError, RuntimeError) as error:
        reason = "it is cut short" if "truncated" in str(error) else "it is no HDF5 file or its start is damaged"
        if isinstance(error, PermissionError):
            reason = "no permission"
        raise RecordingError(f"{path} cannot be opened as a recording: {reason}.") from error


def _check_format(file: h5py.File, path: Path) -> None:
    if file.attrs.get("format") != layout.FORMAT:
        raise RecordingError(f"{path} is an HDF5 file, but not a recording of this program.")
    version = int(file.attrs["format_version"])
    if version > layout.FORMAT_VERSION:
        raise RecordingError(f"{path} has format version {version}, newer than this program knows; update it.")


def _check_columns(file: h5py.File, path: Path) -> None:
    counts = _dataset(file, layout.COUNTS, path)
    if counts.ndim != 2:
        raise RecordingError(f"{path} is damaged: {layout.COUNTS} is no table of scans and sensors.")
    truth = [layout.TRUTH_COLUMN] if "simulation" in file else []
    for column in [*layout.COLUMNS, *truth]:
        dataset = _dataset(file, column.path, path)
        if dataset.dtype != column.dtype or dataset.shape != column.shape(*counts.shape):
            raise RecordingError(f"{path} is damaged: {column.path} has another type or length than it should.")


def _check_table(file: h5py.File, name: str, path: Path) -> None:
    dataset = _dataset(file, name, path)
    if dataset.ndim != 1 or not set(layout.TABLE_FIELDS[name]) <= set(dataset.dtype.names or ()):
        raise RecordingError(f"{path} is damaged: {name} lacks fields that it should have.")


def check_overview(file: h5py.File, path: Path) -> None:
    """Look at the overview's levels. Raises :class:`RecordingError` when they are not what they should be."""
    _check_inside(file, layout.OVERVIEW, path)
    for level in file[layout.OVERVIEW]:
        for name in ("scan", "minimum", "maximum"):
            _dataset(file, f"{layout.OVERVIEW}/{level}/{name}", path)


def _check_inside(file: h5py.File, name: str, path: Path) -> None:
    """Every step of the way must be a hard link: the other kinds can lead to other files."""
    walked = ""
    for step in name.strip("/").split("/"):
        walked += f"/{step}"
        link = file.get(walked, getlink=True)
        if link is None:
            raise RecordingError(f"{path} is damaged: {walked} is missing.")
        if not isinstance(link, h5py.HardLink):
            raise RecordingError(f"{path} is refused: {walked} leads out of the file.")


def _dataset(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    _check_inside(file, name, path)
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise RecordingError(f"{path} is damaged: {name} is not a dataset.")
    if dataset.is_virtual or dataset.external:
        raise RecordingError(f"{path} is refused: the data of {name} lie outside the file.")
    plan = dataset.id.get_create_plist()
    if any(plan.get_filter(number)[0] not in BUILT_IN_FILTERS for number in range(plan.get_nfilters())):
        raise RecordingError(f"{path} is refused: {name} needs a compression plug-in.")
    return dataset
