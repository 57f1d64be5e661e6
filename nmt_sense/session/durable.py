"""Making what was written survive a power cut, and giving files names without ever overwriting one."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from nmt_sense.errors import RecordingError

if sys.platform == "darwin":
    import fcntl

    def fsync(descriptor: int) -> None:
        """Write a file through to the medium; macOS leaves the drive's own cache alone unless asked this way."""
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError:  # network and some foreign file systems know only the plain call
            os.fsync(descriptor)
else:

    def fsync(descriptor: int) -> None:
        """Write a file through to the medium."""
        os.fsync(descriptor)


def fsync_file(path: Path) -> None:
    """Write a closed file through to the medium."""
    with path.open("r+b") as file:
        fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Make names in a folder durable. Windows has no such call and NTFS journals its names."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fsync(descriptor)
    except OSError:  # some network file systems refuse to sync a folder; there is nothing else to do
        pass
    finally:
        os.close(descriptor)


def move_without_overwriting(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``.

    Raises :class:`FileExistsError` when the name is taken, also when it was taken a moment ago.
    """
    if os.name == "nt":
        source.rename(target)  # refuses by itself
        return
    try:
        target.hardlink_to(source)  # the one POSIX call that refuses a taken name atomically
    except FileExistsError:
        raise
    except OSError:  # FAT and some network drives have no hard links: claim the name, then fill it
        with target.open("xb"):
            pass
        source.replace(target)
        return
    source.unlink()


def put(path: Path, content: bytes) -> None:
    """Write a small file of our own whole, for good, in place of whatever had its name; a link there is not followed.

    Raises :class:`OSError`; what was there then stays.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with fresh.open("xb") as file:  # refuses a link, wherever it leads
        file.write(content)
    fsync_file(fresh)
    fresh.replace(path)
    fsync_folder(path.parent)


def numbered_names(wanted: Path) -> Iterator[Path]:
    """``name.h5``, ``name-2.h5``, ``name-3.h5`` ... without end."""
    yield wanted
    number = 2
    while True:
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        number += 1


def lock_path(journal: Path) -> Path:
    """The file whose operating-system lock says that a living program uses the journal."""
    return journal.with_name(journal.name + ".lock")


def lock_journal(journal: Path, advice: str = "choose another name") -> FileLock:
    """Take the lock of a journal; the system releases it when the program dies.

    ``advice``: what to do when it is in use. Raises :class:`RecordingError` when another program has it or the folder
    cannot be written.
    """
    lock = FileLock(lock_path(journal), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RecordingError(f"{journal} is in use by a recording that goes on; {advice}.") from None
    except OSError as error:
        raise RecordingError(why_not_locked(lock_path(journal), error)) from error
    return lock


def why_not_locked(lock: Path, error: Exception) -> str:
    """A sentence for a lock that cannot be made."""
    if lock.is_symlink():
        return f"{lock} is a link, where this program keeps a file of its own; delete that link and try again."
    return f"{lock.parent} cannot be written ({getattr(error, 'strerror', None) or error}); choose another folder."


def remove_lock(journal: Path, lock: FileLock) -> None:
    """Release the lock of a journal that no longer exists, and remove the lock's file; one with something in it stays.

    Our locks are empty: such a file is somebody's own.
    """
    path = lock_path(journal)
    if os.name != "nt" and _is_empty(path):  # unlink first: once released, it may already be somebody else's lock
        path.unlink(missing_ok=True)
    lock.release()
    if os.name == "nt" and _is_empty(path):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _is_empty(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0
