"""The files around a journal, and clearing them away: in an order in which neither a kill nor a power cut can turn a
journal into less than it was, or bring an old log back to life.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from itertools import takewhile
from os.path import lexists
from pathlib import Path

from filelock import FileLock

from nmt_sense.errors import RecordingError
from nmt_sense.session.durable import fsync_folder, lock_journal, move_without_overwriting, numbered_names, remove_lock

SUFFIX = ".nmtj"
DAMAGED = ".damaged"
"""Put behind the name of a journal of which a part could not be read."""
LOG = ("-wal", "-shm")
"""Endings of SQLite's log and of the log's index."""
SPILL = "-spill"
"""Ending of what waits to get into the journal (see :mod:`nmt_sense.session.spill`)."""
NEW = (".new", ".new-wal", ".new-shm")
"""Endings of a journal that has no header yet."""
PART = ".part"
"""Ending of a journal's recording while that is written: of a name that nobody but this program gives a file."""


def unfinished(journal: Path) -> Path:
    """Where a journal is made before it gets its name."""
    return beside(journal, NEW[0])


def beside(journal: Path, ending: str) -> Path:
    """The journal's name with something put behind it."""
    return journal.with_name(journal.name + ending)


def delete(journal: Path, endings: tuple[str, ...]) -> None:
    """Delete what lies beside a journal, for good."""
    there = [path for ending in endings if lexists(path := beside(journal, ending))]
    for path in there:
        path.unlink(missing_ok=True)
    if there:
        fsync_folder(journal.parent)


def delete_journal(journal: Path, lock: FileLock) -> None:
    """Delete a journal whose content is safe elsewhere and that nobody has open, then its lock."""
    delete(journal, (*LOG, *NEW, SPILL))
    fsync_folder(journal.parent)  # a log that SQLite deleted itself must not outlive its journal either
    journal.unlink(missing_ok=True)
    fsync_folder(journal.parent)
    remove_lock(journal, lock)


def keep_damaged(journal: Path, lock: FileLock) -> Path:
    """Take a journal that nobody has open out of the way under a free name, and remove its lock; the new path.

    A log that could not be moved into the database goes with it, under the name at which SQLite looks for it, and so
    does what still waited beside it.
    """
    for kept in numbered_names(beside(journal, DAMAGED)):
        try:
            move_without_overwriting(journal, kept)
        except FileExistsError:
            continue
        for ending in (LOG[0], SPILL):
            if _holds_something(beside(journal, ending)):
                _keep_beside(journal, kept, ending)
        delete(journal, (*LOG, *NEW, SPILL))
        fsync_folder(journal.parent)
        remove_lock(journal, lock)
        return kept
    raise AssertionError("names never run out")


def _keep_beside(journal: Path, kept: Path, ending: str) -> None:
    beside(journal, ending).replace(beside(kept, ending))


def _finish_keeping(journal: Path) -> None:
    """Move a log, or what waited, after its journal, where the program was killed between the two; it stays where that
    is not clear.
    """
    names = [*takewhile(Path.exists, numbered_names(beside(journal, DAMAGED)))]
    for ending in (LOG[0], SPILL):
        without = [kept for kept in names if not beside(kept, ending).exists()]
        if len(without) == 1 and _holds_something(beside(journal, ending)):
            _keep_beside(journal, without[0], ending)
            fsync_folder(journal.parent)


def _holds_something(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def sweep(folder: Path) -> None:
    """Remove what programs killed while starting or ending a recording left behind.

    That is locks, unfinished journals, half-written files and indices of logs that belong to no journal, and journals
    that are nothing but a name: nothing was ever recorded in them.
    """
    for path in folder.glob(f"*{SUFFIX}*"):
        remove_if_only_a_name(path)
        with suppress(RecordingError, OSError):  # of a program that runs, or in a folder that is only read
            journal = _owner(path)
            if journal is not None and not journal.exists():
                _clear(journal)


def remove_if_only_a_name(journal: Path) -> None:
    """Remove a journal of no bytes: where there are no hard links its name is claimed a moment before it is filled.

    One that a living program has claimed, or that cannot be removed, is left alone.
    """
    with suppress(RecordingError, OSError):
        if _is_only_a_name(journal):
            lock = lock_journal(journal)
            if _is_only_a_name(journal):
                delete_journal(journal, lock)
            lock.release()


def _is_only_a_name(journal: Path) -> bool:
    if journal.suffix != SUFFIX or _holds_something(beside(journal, LOG[0])):
        return False
    status = journal.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _owner(path: Path) -> Path | None:
    """The journal that a file without value lies beside; None when it may have some."""
    stem, suffix, ending = path.name.rpartition(SUFFIX)
    emptied = ending in (LOG[0], SPILL) and not _holds_something(path)
    worthless = emptied or ending in (".lock", "-shm", PART, *NEW)
    return path.with_name(stem + suffix) if worthless else None


def _clear(journal: Path) -> None:
    lock = lock_journal(journal)
    if journal.exists():  # begun while we looked
        lock.release()
        return
    _finish_keeping(journal)
    delete(
        journal, tuple(ending for ending in (*LOG, *NEW, SPILL, PART) if _owner(beside(journal, ending)) is not None)
    )
    remove_lock(journal, lock)
