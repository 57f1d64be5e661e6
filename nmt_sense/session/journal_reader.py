"""Reading a journal back, in large pieces and bounded memory."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np

from nmt_sense.blocks import Arrivals, Float32Array, Int64Array, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.session.header import Counters, RecordingHeader
from nmt_sense.session.journal import APPLICATION_ID, JOURNAL_VERSION
from nmt_sense.session.journal_rows import JournalRows, Row, RowForm, last_row, values_of

_CRC = {1: "NULL", 2: "crc"}
"""The header's checksum, by version."""
PIECE_SCANS = 1 << 16
"""Scans per piece; a multiple of the recording's chunk length."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some seconds or minutes of a journal."""

    block: ScanBlock
    truth: Float32Array | None
    """(N, C) true force of a virtual glove, N; NaN where it was not known; None when never known in this piece."""
    arrivals: Arrivals


class JournalReader:
    """A journal opened for reading, as a context manager. The caller holds its lock.

    Raises :class:`RecordingError` when the file is no journal or its beginning cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = _open(path)
        try:
            self.header = self._read_header()
            self._pass = JournalRows(self._connection, self._form)
            self._rows_stored = last_row(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _read_header(self) -> RecordingHeader:
        try:
            if self._pragma("application_id") != APPLICATION_ID:
                raise RecordingError(f"{self.path} is not a journal of this program.")
            version = self._pragma("user_version")
            if version > JOURNAL_VERSION:
                raise RecordingError(f"{self.path} was written by a newer version; update this program.")
            encoded, crc = self._connection.execute(f"SELECT json, {_CRC[version]} FROM header").fetchone()
            if crc not in (None, zlib.crc32(encoded)):
                raise RecordingError(f"{self.path} cannot be read as a journal (its header is damaged).")
            self._form = RowForm(version, crc or 0)
            return msgspec.json.decode(encoded, type=RecordingHeader)
        except (sqlite3.Error, TypeError, KeyError, msgspec.MsgspecError) as error:
            raise RecordingError(f"{self.path} cannot be read as a journal ({error}).") from error

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    @property
    def damaged_rows(self) -> int:
        """Rows that failed their checksum or could not be read in the last pass of :meth:`pieces`."""
        return self._pass.damaged

    @property
    def progress(self) -> float:
        """How much of the present pass is done, 0 .. 1."""
        return min(1.0, self._pass.newest / self._rows_stored) if self._rows_stored else 1.0

    def counters(self) -> Counters:
        """The newest counters that can be read."""
        stored = values_of(self._connection, self._form, "counters")
        return msgspec.json.decode(stored[-1], type=Counters) if stored else Counters()

    def events(self) -> list[Event]:
        """All events, in the order in which they were added."""
        stored = values_of(self._connection, self._form, "events")
        return [event for row in stored for event in msgspec.msgpack.decode(row, type=list[Event])]

    def utc(self) -> Int64Array:
        """(K, 2) readings of both clocks: the host's monotonic clock and UTC, ns."""
        stored = values_of(self._connection, self._form, "utc")
        return np.frombuffer(b"".join(stored), "<i8").reshape(-1, 2)

    def blocks(self, size: int = PIECE_SCANS) -> Iterator[tuple[ScanBlock, Float32Array | None]]:
        """Scans and true forces, ``size`` scans at a time, however they were cut when they were added."""
        for piece in self.pieces(size):
            yield piece.block, piece.truth

    def arrivals(self) -> Iterator[Arrivals]:
        """Arrival pairs, many at a time."""
        for piece in self.pieces():
            yield piece.arrivals

    def pieces(self, size: int = PIECE_SCANS) -> Iterator[Piece]:
        """Everything stored, ``size`` scans at a time (fewer in the last piece).

        A row that fails its checksum or cannot be read is left out, so that its scans become a gap, and is counted.
        """
        self._pass = JournalRows(self._connection, self._form)
        gathered = _Gathering(self.header.channels)
        for row in self._pass:
            gathered.add(row)
            if gathered.scans >= size:
                yield from gathered.take(size)
        yield from gathered.take_rest()


class _Gathering:
    """Joins small rows into large pieces."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._begin()

    def _begin(self) -> None:
        self.scans = 0
        self._runs: list[bytes] = []
        self._counts: list[bytes] = []
        self._arrivals: list[bytes] = []
        self._truths: list[tuple[int, bytes | None]] = []

    def add(self, row: Row) -> None:
        runs, counts, arrivals, truth = row[:4]
        scans = len(counts) // (2 * self._channels)
        self.scans += scans
        self._runs.append(runs)
        self._counts.append(counts)
        self._arrivals.append(arrivals)
        self._truths.append((scans, truth))

    def take(self, size: int) -> Iterator[Piece]:
        """As many pieces of exactly ``size`` scans as there are; the rest stays."""
        whole = self._join()
        self._begin()
        start = 0
        while len(whole.block) - start >= size:
            yield _cut(whole, start, start + size, with_arrivals=start == 0)
            start += size
        self._keep(_cut(whole, start, len(whole.block), with_arrivals=False))

    def take_rest(self) -> Iterator[Piece]:
        whole = self._join()
        if len(whole.block) or len(whole.arrivals):
            yield whole

    def _keep(self, piece: Piece) -> None:
        if len(piece.block):
            ones = np.ones_like(piece.block.scan)
            runs = np.column_stack((piece.block.scan, ones)).tobytes()
            truth = None if piece.truth is None else piece.truth.tobytes()
            self.add((runs, piece.block.counts.tobytes(), b"", truth, None, None, None))

    def _join(self) -> Piece:
        counts = np.frombuffer(b"".join(self._counts), "<u2").reshape(-1, self._channels)
        scan = _expand(np.frombuffer(b"".join(self._runs), "<i8").reshape(-1, 2))
        pairs = np.frombuffer(b"".join(self._arrivals), "<i8").reshape(-1, 2)
        return Piece(ScanBlock(scan, counts), self._join_truth(), Arrivals(pairs[:, 0], pairs[:, 1]))

    def _join_truth(self) -> Float32Array | None:
        if all(truth is None for _, truth in self._truths):
            return None
        unknown = np.float32(np.nan).tobytes() * self._channels
        joined = b"".join(unknown * scans if truth is None else truth for scans, truth in self._truths)
        return np.frombuffer(joined, "<f4").reshape(-1, self._channels)


def _expand(runs: Int64Array) -> Int64Array:
    """Scan numbers of (R, 2) pairs of first scan and length."""
    first, length = runs[:, 0], runs[:, 1]
    before = np.cumsum(length) - length
    return np.repeat(first - before, length) + np.arange(int(length.sum()))


def _cut(piece: Piece, start: int, stop: int, *, with_arrivals: bool) -> Piece:
    block = ScanBlock(piece.block.scan[start:stop], piece.block.counts[start:stop])
    truth = None if piece.truth is None else piece.truth[start:stop]
    nothing = np.empty(0, np.int64)
    return Piece(block, truth, piece.arrivals if with_arrivals else Arrivals(nothing, nothing))


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise RecordingError(f"There is no journal {path}.")
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=2.0)
        connection.text_factory = bytes  # damage can turn a blob into text
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
    except sqlite3.Error as error:
        raise RecordingError(f"{path} cannot be opened ({error}).") from error
    return connection
