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
        if not journal.exists():
            _remove(note)


def journals_elsewhere(recordings: Path) -> list[Path]:
    """Journals outside the folder that its notes tell of, in name order. Notes that are of no use are removed."""
    found = []
    for note in sorted(recordings.glob(f"*{SUFFIX}")):
        journal = _journal_of(note)
        if journal is not None and journal.is_file():
            found.append(journal)
        elif _is_old(note) or (journal is not None and journal.with_suffix(".h5").is_file()):
            _remove(note)
    return found


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
    return journal if journal.is_absolute() and note_of(note.parent, journal) == note else None


def _is_old(note: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - note.stat().st_mtime > KEPT_S
    return False


def _remove(note: Path) -> None:
    with contextlib.suppress(OSError):
        note.unlink(missing_ok=True)
