"""A folder of recordings is written by one program at a time; the system ends a claim with its program."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import psutil
from filelock import FileLock, Timeout

from nmt_sense.errors import NmtError
from nmt_sense.session.durable import put, why_not_locked

LOCK_NAME = ".in-use.lock"
OWNER_NAME = ".in-use.toml"
"""Says who has the lock. Not in the lock itself: Windows does not let others read what is locked."""
_CLOCK_DOUBT_S = 5.0
_LONGEST_OWNER = 4096


class Owner(msgspec.Struct, frozen=True):
    """Who records into a folder."""

    process: int
    computer: str
    since: str
    """ISO 8601, local time."""

    @classmethod
    def me(cls) -> Owner:
        """This program, now."""
        return cls(os.getpid(), platform.node(), datetime.now().astimezone().isoformat(timespec="seconds"))

    def alive(self) -> bool:
        """True when such a process runs here and is no younger than the claim, so that it cannot be another one."""
        try:
            began = psutil.Process(self.process).create_time()
        except (psutil.Error, OSError):
            return False
        claimed_at = datetime.fromisoformat(self.since).timestamp()
        return self.computer == platform.node() and began <= claimed_at + _CLOCK_DOUBT_S


@contextlib.contextmanager
def claimed(recordings: Path) -> Iterator[None]:
    """Be the one program that records into this folder.

    Raises :class:`NmtError` when another program is, or when the folder cannot be written.
    """
    check_writable(recordings)
    lock = FileLock(recordings / LOCK_NAME, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise NmtError(
            f"Another program{_who(recordings)} has {recordings} in use; close it, or name another --workspace."
        ) from None
    except (OSError, NotImplementedError) as error:
        raise NmtError(why_not_locked(recordings / LOCK_NAME, error)) from error
    try:
        with contextlib.suppress(OSError):  # a full disk: then nobody is told who we are
            put(recordings / OWNER_NAME, msgspec.toml.encode(Owner.me()))
        yield
    finally:
        with contextlib.suppress(OSError):
            (recordings / OWNER_NAME).unlink(missing_ok=True)
        lock.release()


def _who(recordings: Path) -> str:
    """Which process has the claim and since when, where that is certain; else nothing."""
    time.sleep(0.05)  # it may have the lock since this very moment and be about to write its name
    try:
        if not os.path.isfile(recordings / OWNER_NAME):  # opening a pipe would wait for ever
            return ""
        with (recordings / OWNER_NAME).open("rb") as file:
            owner = msgspec.toml.decode(file.read(_LONGEST_OWNER), type=Owner)
        since = datetime.fromisoformat(owner.since)
        return f" (process {owner.process}, since {since:%H:%M on %Y-%m-%d})" if owner.alive() else ""
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return ""


def check_writable(folder: Path) -> None:
    """Write something there and remove it: the one answer that holds on every system. Raises :class:`NmtError`."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0")
    except OSError as error:
        reason = error.strerror or error
        raise NmtError(f"{folder} cannot be written ({reason}); choose another folder or mend that.") from error
