"""The journal: where a running recording lives, safe against ``kill -9`` (0.1 s) and a power cut (1 s).

One SQLite file in WAL mode. A row holds about 36 ms of scans, and when no more come it is written after another 25 ms,
so that a killed program loses less than 0.1 s also on a busy computer. One small write into the system's cache is all
that the acquisition thread pays. Forcing data to the medium is the work of :mod:`nmt_sense.session.upkeep`.

Measured with rows of 50 ms (one Linux machine, ext4, 8 sensors at 250 Hz): an hour writes 154 MB, most to the log, or
360 MB with pages of 4096 bytes instead of 1024. Rows of 36 ms write a sixth more.
"""

from __future__ import annotations

import math
import sqlite3
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
from filelock import FileLock

from nmt_sense.blocks import Arrivals, Float32Array, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event
from nmt_sense.session.durable import fsync_file, fsync_folder, lock_journal, move_without_overwriting, remove_lock
from nmt_sense.session.header import Counters, RecordingHeader, encode_header
from nmt_sense.session.journal_form import (
    ANNOUNCE_LOG,
    APPLICATION_ID,
    BEGIN_LOG,
    COMMIT_SPAN_S,
    INSERT,
    JOURNAL_VERSION,
    PAGE_BYTES,
    SCHEMA,
    packed,
    piece_crc,
    runs_of,
)
from nmt_sense.session.spill import Numbered, Spill
from nmt_sense.session.tidy import LOG, NEW, SPILL, SUFFIX, delete, unfinished
from nmt_sense.session.upkeep import Upkeep, is_busy, through_the_drive

PATIENCE_S = 2.0
"""For another program that writes to a journal, where nothing else has to go on meanwhile."""


def journal_path(recording: Path) -> Path:
    """Where the journal of a recording lies while it runs: beside it, same stem."""
    return recording.with_suffix(SUFFIX)


@contextmanager
def storage_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn what SQLite and the system say into one sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path} cannot be {doing} ({reason}); what was stored until now is kept.") from error


class Journal:
    """The writer. Everything that adds, :meth:`flush` and :meth:`close` belong to one thread."""

    def __init__(self, path: Path, header: RecordingHeader, lock: FileLock) -> None:
        self.path = path
        self.header = header
        self.lock = lock
        """Says that the journal is in use; :meth:`close` releases it or leaves it to whoever makes the file."""
        self._commit_span = max(1, math.floor(COMMIT_SPAN_S / header.period_s))
        self._counters = Counters()
        self._counters_stored = self._counters
        self._seed = zlib.crc32(encode_header(header))
        self._newest = -1
        self._rows = 0
        self._closed = False
        self._clear()
        self._writing = threading.Lock()
        self._spill = Spill(path)
        self._connection = self._opened()
        self._upkeep = Upkeep(path, self._writing, ANNOUNCE_LOG, BEGIN_LOG)

    def _opened(self) -> sqlite3.Connection:
        """NORMAL syncs only when the log starts over, with its first write; from then on Upkeep does that.

        Nobody who has locked the journal is waited for: rows are put aside.
        """
        connection = connect(self.path, "FULL", patience_s=0.0)
        connection.execute(ANNOUNCE_LOG)
        fsync_folder(self.path.parent)  # before the database says that there is a log, its name is on the medium
        checkpoint(connection, "TRUNCATE")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(BEGIN_LOG)
        return connection

    @classmethod
    def create(cls, path: Path, header: RecordingHeader) -> Journal:
        """Start a journal at ``path`` (see :func:`journal_path`) and hold its lock until :meth:`close`.

        Raises :class:`RecordingError` when the journal's or the recording's name is taken, the journal is in use, or
        the folder cannot be written. Nothing is ever overwritten.
        """
        encoded = encode_header(header)
        lock = lock_journal(path)
        try:
            _refuse_taken(path)
            with storage_errors(path, "started"):
                _write_new(path, encoded)
                return cls(path, header, lock)
        except BaseException:
            if path.exists():
                lock.release()
            else:
                remove_lock(path, lock)
            raise

    def add(self, block: ScanBlock, arrivals: Arrivals, truth: Float32Array | None = None) -> None:
        """Keep scans, the arrival times of the reads that brought them, and (virtual glove) the true forces (N, C).

        Commits once 36 ms of scans have gathered. Raises :class:`RecordingError` when they cannot be stored and
        :class:`ValueError` when a block does not follow the one before or has another shape.
        """
        # Called 125 times a second on cold caches, where NumPy's small operations cost more than Python's lists.
        if len(block):
            self._gather(block, truth)
        for pair in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
            self._reads += pair
        if self._runs and self._newest - self._runs[0] + 1 >= self._commit_span:
            self.flush()

    def _gather(self, block: ScanBlock, truth: Float32Array | None) -> None:
        shape = (len(block), self.header.channels)
        if block.counts.shape != shape or (truth is not None and truth.shape != shape):
            raise ValueError(f"block of shape {block.counts.shape}, expected {shape}")
        runs = runs_of(block.scan)
        if runs[0] <= self._newest:
            raise ValueError(f"scan {runs[0]} does not come after scan {self._newest}")
        if self._runs and self._runs[-2] + self._runs[-1] == runs[0]:
            self._runs[-1] += runs[1]
            del runs[:2]
        self._runs += runs
        self._newest = self._runs[-2] + self._runs[-1] - 1
        self._counts.append(block.counts.astype("<u2", copy=False).tobytes())
        self._truths.append((len(block), truth))

    def add_event(self, event: Event) -> None:
        """Keep an event, at once, because scans may not follow soon."""
        self.note(event)
        self.flush()

    def note(self, event: Event) -> None:
        """Keep an event with the next commit, if there is one: storing may be what went wrong."""
        text = event.text.replace("\0", " ").encode("utf-8", "replace").decode()
        self._events.append(msgspec.structs.replace(event, text=text))

    def add_utc(self, host_ns: int, utc_ns: int) -> None:
        """Keep one reading of both clocks, taken at the same moment; stored with the next commit."""
        self._utc += (host_ns, utc_ns)

    def add_ping(self, scan: int, host_ns: int) -> None:
        """Keep an answered ping (:meth:`nmt_sense.glove.clock.HostClock.add_ping`); stored with the next commit."""
        self._pings += (scan, host_ns)

    def set_counters(
        self,
        *,
        crc_errors: int | None = None,
        overruns: int | None = None,
        dropped_scans: int | None = None,
        drift_ppm: float | None = None,
        jitter_p99_ms: float | None = None,
        restarts: int | None = None,
    ) -> None:
        """Replace the named counters (totals, not differences); they are stored with the next commit."""
        given = {
            "crc_errors": crc_errors,
            "overruns": overruns,
            "dropped_scans": dropped_scans,
            "drift_ppm": drift_ppm,
            "jitter_p99_ms": jitter_p99_ms,
            "restarts": restarts,
        }
        known = {name: value for name, value in given.items() if value is not None}
        self._counters = msgspec.structs.replace(self._counters, **known)

    def flush(self) -> None:
        """Store what has gathered: in the journal, or beside it while the log is being started over.

        Raises :class:`RecordingError` when it cannot be stored, or when the medium refused earlier data.
        """
        if self._upkeep.failure is not None:
            raise self._upkeep.failure
        if not self._writing.acquire(blocking=False):
            if (gathered := self._take_row()) is not None:
                self._keep(gathered)
            return
        try:
            self._commit()
        finally:
            self._writing.release()

    def _commit(self) -> None:
        """Store what waits and what has gathered; beside the journal where another program has locked it."""
        gathered = self._take_row()
        try:
            with storage_errors(self.path, "written"):
                free = not self._spill.waits or (self._take_in() and not self._spill.waits)
                if gathered is not None and free and self._stored([gathered]):
                    gathered = None
        except RecordingError:
            if gathered is not None:  # tried again, at the latest at the end
                self._spill.keep_in_memory(gathered)
            raise
        if gathered is not None:
            self._keep(gathered)

    def _take_in(self) -> bool:
        """Store the oldest of what waits; false when another program has locked the journal."""
        rows, at = self._spill.oldest()
        if self._stored(rows):
            self._spill.stored(rows, at)
            return True
        return False

    def _stored(self, rows: list[Numbered]) -> bool:
        """Store rows, all or none; false when another program has locked the journal."""
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(INSERT, ((number, *row, crc) for number, row, crc in rows))
        except sqlite3.Error as error:
            if not is_busy(error):
                raise
            return False
        return True

    def _keep(self, row: Numbered) -> None:
        with storage_errors(self.path, "written"):
            self._spill.keep(row)

    def _take_row(self) -> Numbered | None:
        """What has gathered as the next row, if anything; gathering begins anew."""
        row = self._row()
        if not any(row):
            return None
        self._rows += 1
        self._counters_stored = self._counters
        self._clear()
        return self._rows, row, piece_crc(self._seed, self._rows, row)

    def _row(self) -> tuple[bytes | None, ...]:
        changed = self._counters != self._counters_stored
        return (
            packed(self._runs),
            b"".join(self._counts),
            packed(self._reads),
            self._truth_blob(),
            msgspec.msgpack.encode(self._events) if self._events else None,
            msgspec.json.encode(self._counters) if changed else None,
            packed(self._utc) if self._utc else None,
            packed(self._pings) if self._pings else None,
        )

    def _truth_blob(self) -> bytes | None:
        if all(truth is None for _, truth in self._truths):
            return None
        unknown = struct.pack("<f", math.nan) * self.header.channels
        return b"".join(
            unknown * scans if truth is None else truth.astype("<f4", copy=False).tobytes()
            for scans, truth in self._truths
        )

    def _clear(self) -> None:
        self._runs: list[int] = []
        self._counts: list[bytes] = []
        self._reads: list[int] = []
        self._truths: list[tuple[int, Float32Array | None]] = []
        self._events: list[Event] = []
        self._utc: list[int] = []
        self._pings: list[int] = []

    def close(self, release: bool = True) -> None:
        """Commit the rest, force it to the medium and release the lock. Calling it again does nothing.

        Without ``release`` :attr:`lock` stays held, for :func:`nmt_sense.session.finalize.finalize` to take over, so
        that no other program can come between. Raises :class:`RecordingError` when the last part cannot be stored; the
        lock is then left in the same way.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._upkeep.stop()
            self._connection.execute(f"PRAGMA busy_timeout={round(1000 * PATIENCE_S)}")
            if self._upkeep.failure is None:
                self._commit_all()
                with storage_errors(self.path, "closed"):
                    self._end_log()
            else:
                with suppress(RecordingError):  # the least that can be tried
                    self._commit_all()
        finally:
            self._connection.close()
            with suppress(OSError):  # what is in it is in the journal, or will be found when that is read
                self._spill.close()
            if release:
                self.lock.release()

    def _commit_all(self) -> None:
        """Store what is left; what another program's lock keeps out stays beside the journal."""
        with storage_errors(self.path, "written"):
            while self._spill.waits and self._take_in():
                pass
        self._commit()

    def _end_log(self) -> None:
        """Move the log into the journal, which then needs none: also where upkeep announced one that never began."""
        if self._stored([]):
            self._connection.execute(BEGIN_LOG)
            checkpoint(self._connection, "TRUNCATE")


def connect(path: Path, synchronous: str, patience_s: float = PATIENCE_S) -> sqlite3.Connection:
    """Open a journal's database; every statement is its own transaction, and waits for others that write."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=patience_s)
    connection.execute("PRAGMA cache_size=-256")  # appending needs few pages, and memory stays flat
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    through_the_drive(connection)
    return connection


def checkpoint(connection: sqlite3.Connection, mode: str) -> None:
    """Move the log into the database and force both to the medium."""
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()


def _refuse_taken(journal: Path) -> None:
    for name in (journal, journal.with_suffix(".h5")):
        if name.exists():
            raise RecordingError(f"{name} exists already and is never overwritten; choose another name.")


def _write_new(path: Path, header: bytes) -> None:
    """Write the empty journal under another name first, so that one that can be seen always has its header.

    A log left by a journal that was deleted before must not be taken for this one's.
    """
    delete(path, (*LOG, *NEW, SPILL))  # of a program killed right here; nobody else can be, the lock is ours
    fresh = unfinished(path)
    with closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=MEMORY")  # a file that is not there yet needs no way back
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={JOURNAL_VERSION}")
        connection.executescript(f"BEGIN; {SCHEMA}")
        for table in ("header", "header_again"):  # lost alone it would cost the whole recording
            connection.execute(f"INSERT INTO {table} VALUES (?, ?)", (header, zlib.crc32(header)))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    fsync_file(fresh)
    move_without_overwriting(fresh, path)
    fsync_folder(path.parent)
