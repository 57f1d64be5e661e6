"""Forcing the journal to the medium, on a thread of its own: the acquisition thread never waits for a disk.

Twice a second the log (``-wal``) is synced. Once it reaches 4 MiB it is moved into the database and started over, so
that the log and its index stay small however long the recording runs. Starting over is the one delicate moment: if the
first new pages reached the medium before the log's new header, a power cut would bring old pages back. So it happens
here, in the order that SQLite guarantees, while the writer gathers in memory.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from nmt_sense.errors import RecordingError
from nmt_sense.session.durable import fsync

SYNC_EVERY_S = 0.5
LOG_BYTES = 4 * 1024 * 1024
BUSY_MS = 2000
READ_MS = 100
"""Somebody who reads the journal (a database browser) keeps the log from being started over: then another time."""
TRIES = 4
"""To move the whole log into the database without the writer adding to it meanwhile."""


def through_the_drive(connection: sqlite3.Connection) -> None:
    """On macOS: have SQLite's syncs reach the medium and not the drive's own cache; elsewhere they do so anyway."""
    connection.execute("PRAGMA fullfsync=1")
    connection.execute("PRAGMA checkpoint_fullfsync=1")


def is_busy(error: Exception) -> bool:
    """True when another program has locked the journal for a while."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Upkeep:
    """Runs from construction until :meth:`stop`; ``writing`` is held by whoever writes to the database."""

    def __init__(self, journal: Path, writing: threading.Lock, announce: str, begin: str) -> None:
        """``announce``, ``begin``: the last write of a log, and the first of the one after it (SQL)."""
        self.failure: RecordingError | None = None
        """Set once the medium refused data; nothing after that can be trusted to survive."""
        self._journal = journal
        self._log = journal.with_name(journal.name + "-wal")
        self._places = {path: _identity(path) for path in (self._journal, self._log)}
        self._writing, self._announce, self._begin = writing, announce, begin
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-upkeep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the work in hand."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with closing(sqlite3.connect(self._journal, isolation_level=None, timeout=BUSY_MS / 1000)) as connection:
                connection.execute("PRAGMA cache_size=-256")
                connection.execute("PRAGMA synchronous=NORMAL")  # syncs around starting over, not at every write
                connection.execute("PRAGMA wal_autocheckpoint=0")
                through_the_drive(connection)
                self._work(connection)
        except RecordingError as error:
            self.failure = error
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            self.failure = RecordingError(
                f"The disk refused to keep {self._journal} ({reason}); what was stored until now is kept."
            )

    def _work(self, connection: sqlite3.Connection) -> None:
        while not self._stopping.wait(SYNC_EVERY_S):
            self._look_for_it()
            if self._sync_log() >= LOG_BYTES:
                self._start_over(connection)

    def _look_for_it(self) -> None:
        """Raises :class:`RecordingError` when the journal or its log is no longer where it was begun."""
        for path, place in self._places.items():
            if _identity(path) != place:
                raise RecordingError(
                    f"{path} was moved or deleted while it was written, so the recording has ended; where it is now, "
                    "nmt-sense recover makes a recording of it."
                )

    def _sync_log(self) -> int:
        """Force the log to the medium; its size in bytes."""
        descriptor = os.open(self._log, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            fsync(descriptor)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def _start_over(self, connection: sqlite3.Connection) -> None:
        """Meanwhile the writer puts its rows aside, which costs more: so it is kept out only for the least of it."""
        for _ in range(TRIES):
            _, logged, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if moved == logged:
                break
        with self._writing:
            connection.execute(f"PRAGMA busy_timeout={READ_MS}")
            if self._done(connection, self._announce):  # else another program writes: then another time
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                while not (self._done(connection, self._begin) or self._stopping.is_set()):
                    pass  # a new log's header is synced before anybody adds to it

    def _done(self, connection: sqlite3.Connection, statement: str) -> bool:
        """False when another program has locked the journal for longer than :data:`READ_MS`."""
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return False
        return True
