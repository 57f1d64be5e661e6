"""Recordings that are made outside the workspace: notes of where their journals lie, so that they are found again.

A note is a small text file among the workspace's recordings. It goes when its recording has become a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nmt_sense.session.durable import put
from nmt_sense.session.tidy import SUFFIX as JOURNAL_SUFFIX

SUFFIX = ".elsewhere"
KEPT_S = 30 * 24 * 3600.0
"""A note whose journal is not there is kept for so long: it may lie on a drive that is not plugged in."""
_LONGEST_NOTE = 4096


@contextlib.contextmanager
def noted(recordings: Path, journal: Path) -> Iterator[None]:
    """While this journal is written, outside the folder ``recordings``, note there where it is.

    The note stays when the journal does. A folder that cannot be written gets none.
    """
    note = note_of(recordings, journal)
    with contextlib.suppress(OSError):
        put(note, os.fsencode(journal))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # of a drive that has gone: it may come back
            if not journal.exists():
                _remove(note)


def journals_elsewhere(recordings: Path) -> list[Path]:
    """Journals outside the folder that its notes tell of, in name order. Notes that are of no use are removed.

    That is those that are there, and those of which the system does not let us know (see :func:`is_out_of_reach`).
    """
    found = []
    for note in sorted(recordings.glob(f"*{SUFFIX}")):
        journal = _journal_of(note)
        if journal is not None and os.path.isfile(journal):
            found.append(journal)
        elif _is_old(note) or (journal is not None and os.path.isfile(journal.with_suffix(".h5"))):
            _remove(note)
        elif journal is not None and is_out_of_reach(journal):
            found.append(journal)
    return found


def is_out_of_reach(path: Path) -> bool:
    """True where one is not let look what such a path leads to: then something may be there."""
    try:
        path.stat()
    except PermissionError:
        return True
    except (OSError, ValueError):  # not there, or of a name that no file can have
        return False
    return False


def note_of(recordings: Path, journal: Path) -> Path:
    """Where the note of a journal lies."""
    return recordings / f"{hashlib.sha256(os.fsencode(journal)).hexdigest()[:16]}{SUFFIX}"


def _journal_of(note: Path) -> Path | None:
    try:
        if not note.is_file():  # opening a pipe would wait for ever
            return None
        with note.open("rb") as file:
            journal = Path(os.fsdecode(file.read(_LONGEST_NOTE)))
    except (OSError, ValueError):
        return None
    # only what this program would have written: the note's name follows from the journal's
    ours = journal.is_absolute() and journal.suffix == JOURNAL_SUFFIX and note_of(note.parent, journal) == note
    return journal if ours else None


def _is_old(note: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - note.stat().st_mtime > KEPT_S
    return False


def _remove(note: Path) -> None:
    with contextlib.suppress(OSError):
        note.unlink(missing_ok=True)
