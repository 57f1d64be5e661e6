"""Bench data as CSV: a sensor's reading beside a reference force, from any instruments, strictly read.

Columns ``time_s``, ``force_n`` and one of ``counts``, ``voltage_mv``, ``resistance_ohm``, ``conductance_us``; others
are left alone. A row may lack the reading or the force (two instruments seldom sample together), headers may repeat,
and files may be gzip'd.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import stat
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.errors import NmtError
from nmt_sense.sensing.profile import Circuit

READINGS = ("counts", "voltage_mv", "resistance_ohm", "conductance_us")
LARGEST = 256 << 20
"""Bytes of text, unpacked: ten hours of two columns at 250 Hz take less."""
LONGEST_LINE = 64 << 10
"""Characters of a row."""
MOST_READINGS, MOST_BESIDE_FORCE = 10_000_000, 2_000_000
"""Rows: ten hours at 250 Hz; beside a reference force, two hours."""
LONGEST_FIELD = 64
"""Characters of a number."""
MOST_BAD_SHARE = 0.05
"""More rows than this that are no numbers make it another kind of file."""
NO_NUMBER = -1.0
"""Stands for a reading that is no finite number; like all below zero it cannot be used."""
CONVERTERS = (10, 12, 14, 16)
"""Bits of usual converters."""


class BenchDataError(NmtError):
    """A CSV file cannot be used."""


@dataclass(frozen=True, slots=True)
class BenchData:
    """One file: rows in file order, NaN where a cell was empty."""

    path: Path
    reading: str
    """Which of ``READINGS`` it has."""
    time_s: Float64Array
    """(N,) s."""
    value: Float64Array
    """(N,) the reading, in the unit of its column; below zero where it cannot be used."""
    force_n: Float64Array
    """(N,) the reference, N; all NaN when the file has none, or was read without it."""
    skipped: int = 0
    """Rows that are not here: without a time, or with something else than numbers."""

    @property
    def unusable(self) -> int:
        """Rows whose reading cannot be used."""
        return int(np.count_nonzero(self.value < 0.0))

    def conductance_us(self, circuit: Circuit | None) -> Float64Array:
        """(N,) conductance of the sensor in µS, NaN without a usable reading, infinite where it has no limit.

        Raises :class:`BenchDataError` when the circuit that turns the reading into conductance is not known.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.reading == "conductance_us":
                found = self.value
            elif self.reading == "resistance_ohm":
                found = 1e6 / self.value
            else:
                found = self._of_divider(self._needed(circuit))
            return np.where(self.value >= 0.0, found, np.nan)

    def full_scale(self) -> float:
        """Counts that stand for the whole supply: of the smallest usual converter that can give the largest one."""
        largest = float(np.nanmax(self.value, initial=0.0))
        return float(next((1 << bits for bits in CONVERTERS if largest < 1 << bits), 1 << CONVERTERS[-1]))

    def _needed(self, circuit: Circuit | None) -> Circuit:
        if circuit is None:
            raise BenchDataError(
                f"{self.path} has {self.reading}, which needs the divider it was measured with: "
                "give it when fitting (--divider-ohm and --supply-mv), so that the profile knows it; this one does not."
            )
        return circuit

    def _of_divider(self, circuit: Circuit) -> Float64Array:
        """With r = reading / its full scale, G = r / (R (1 - r)): Ohm's law for a sensor between supply and pin."""
        scale = circuit.supply_mv if self.reading == "voltage_mv" else circuit.full_scale or self.full_scale()
        ratio = np.clip(self.value / scale, 0.0, 1.0)
        return np.asarray(1e6 * ratio / (circuit.divider_ohm * (1.0 - ratio)))


def read(path: Path, *, with_force: bool = True) -> BenchData:
    """The data of a file; ``with_force=False`` never looks at a force column.

    Raises :class:`BenchDataError`, in a sentence naming the file, for what is not such data.
    """
    try:
        lines = csv.reader(_text(path), strict=True)
        header = [name.strip().lower() for name in next(lines, [])]
        reading = _reading(path, header)
        most = MOST_BESIDE_FORCE if with_force else MOST_READINGS
        names = ("time_s", reading, *(["force_n"] if with_force else []))
        numbers, bad = _numbers(path, lines, header, names, most)
    except (OSError, EOFError, zlib.error) as problem:
        raise BenchDataError(f"{path} cannot be read ({getattr(problem, 'strerror', None) or problem}).") from problem
    except UnicodeDecodeError as problem:
        raise BenchDataError(f"{path} is not text.") from problem
    except csv.Error as problem:
        raise BenchDataError(f"{path} is no CSV file ({problem}).") from problem
    columns = np.frombuffer(numbers, np.float64).reshape(-1, len(names))
    timed = columns[np.isfinite(columns[:, 0])]
    time_s, value, *force = np.ascontiguousarray(timed.T)
    value = np.where(np.isinf(value), NO_NUMBER, value)
    if not (value >= 0.0).any():
        raise BenchDataError(f"{path} has no row with a time and a usable reading.")
    reference = np.where(np.isinf(force[0]), np.nan, force[0]) if force else np.full(len(time_s), np.nan)
    return BenchData(path, reading, time_s, value, reference, bad + len(columns) - len(timed))


def _reading(path: Path, header: list[str]) -> str:
    """The column with the reading."""
    found = [name for name in READINGS if name in header]
    if "time_s" not in header or len(found) != 1:
        has = ", ".join(name[:LONGEST_FIELD] for name in header[:8]) or "nothing"
        raise BenchDataError(
            f"{path} cannot be used: it needs a first line with time_s and one of {', '.join(READINGS)}; it has {has}."
        )
    return found[0]


def _numbers(
    path: Path, lines: Iterable[list[str]], header: list[str], names: tuple[str, ...], most: int
) -> tuple[array[float], int]:
    """These columns of each row, one after the other, and how many rows are no numbers.

    NaN for what is not there, infinite for what is no finite number.
    """
    places = [header.index(name) if name in header else -1 for name in names]
    out: array[float] = array("d")
    bad = good = 0
    first = ""
    for number, cells in enumerate(lines, 2):  # the header is row 1
        row = _row(cells, places)
        if row is not None:
            good += 1
            out.extend(row)
            if good > most:
                raise BenchDataError(f"{path} cannot be used: it has more than {most} rows.")
        elif cells and [cell.strip().lower() for cell in cells] != header:
            bad += 1
            first = first or f"row {number} ({','.join(cells)[:LONGEST_FIELD]})"
    if bad > MOST_BAD_SHARE * (good + bad):
        hold = f"{bad} of its {good + bad} rows {'holds' if bad == 1 else 'hold'} something else than numbers"
        raise BenchDataError(f"{path} cannot be used: {hold}, first of all {first}.")
    return out, bad


def _row(cells: list[str], places: list[int]) -> list[float] | None:
    """The cells at these places, or None where nothing is in them or what is no number."""
    try:
        row = [_cell(cells[place]) if 0 <= place < len(cells) else math.nan for place in places]
    except ValueError:
        return None
    return None if all(map(math.isnan, row)) else row


def _cell(text: str) -> float:
    if len(text) > LONGEST_FIELD:
        raise ValueError
    if not text.strip():
        return math.nan
    value = float(text)
    return value if abs(value) < 1e12 else math.inf


def _text(path: Path) -> Iterator[str]:
    """Lines of a file that may be gzip'd, no more of them than ``LARGEST`` bytes."""
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
        raise BenchDataError(f"{path} is not a regular file.")
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with gzip.GzipFile(fileobj=raw) if packed else raw as plain:
            limited = io.BufferedReader(_Limited(plain, path), 1 << 16)
            text = io.TextIOWrapper(limited, encoding="utf-8-sig", newline="")
            while line := text.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise BenchDataError(f"{path} cannot be used: a row is longer than {LONGEST_LINE} characters.")
                yield line


class _Limited(io.RawIOBase):
    """Bytes of a file, up to ``LARGEST`` of them; a megabyte of gzip can claim a gigabyte."""

    def __init__(self, plain: io.BufferedIOBase | gzip.GzipFile, path: Path) -> None:
        self._plain, self._path, self._left = plain, path, LARGEST

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer. Raises :class:`BenchDataError` beyond the limit."""
        piece = self._plain.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise BenchDataError(f"{self._path} cannot be used: it is longer than {LARGEST >> 20} MiB.")
        buffer[: len(piece)] = piece
        return len(piece)
