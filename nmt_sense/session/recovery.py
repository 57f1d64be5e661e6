"""Journals that a dead program left behind, and making recordings of them."""

from __future__ import annotations

import stat
from pathlib import Path

from nmt_sense.errors import RecordingError
from nmt_sense.session.durable import lock_journal
from nmt_sense.session.elsewhere import journals_elsewhere
from nmt_sense.session.finalize import Derive, Progress, finalize
from nmt_sense.session.tidy import SUFFIX, remove_if_only_a_name, sweep

_FORGED = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)
"""What numbers that no program of ours wrote can lead to."""


def orphans(folder: Path) -> list[Path]:
    """Journals of a workspace's recordings that no living program uses; none when the folder cannot be read.

    First those in the folder, in name order, then those elsewhere that notes in it tell of. What killed programs left
    there besides, of no use to anybody, is removed.
    """
    sweep(folder)
    elsewhere = journals_elsewhere(folder)
    for journal in elsewhere:
        remove_if_only_a_name(journal)
    journals = [*sorted(folder.glob(f"*{SUFFIX}")), *elsewhere]
    return [journal for journal in journals if journal.is_file() and _is_free(journal)]


def _is_free(journal: Path) -> bool:
    try:
        lock_journal(journal).release()
    except RecordingError:
        return False
    return journal.exists()  # its owner may have finished it while we looked


def _refuse_other_than_file(journal: Path) -> None:
    try:
        mode = journal.stat().st_mode
    except (OSError, ValueError) as error:  # also a name that no file can have
        reason = "" if isinstance(error, FileNotFoundError) else f" ({getattr(error, 'strerror', None) or error})"
        raise RecordingError(f"There is no journal {journal}{reason}.") from error
    if stat.S_ISDIR(mode):
        raise RecordingError(f"{journal} is a folder, not a journal; name the {SUFFIX} file in it.")
    if not stat.S_ISREG(mode):
        raise RecordingError(f"{journal} is not a regular file, and so no journal.")


def recover(journal: Path, derive: Derive, progress: Progress | None = None) -> Path:
    """Make a recording, marked ``recovered``, of an orphan beside it; the recording's path.

    Raises :class:`RecordingError` as :func:`nmt_sense.session.finalize.finalize` does, and for a journal that somebody
    has forged; it then stays.
    """
    _refuse_other_than_file(journal)
    try:
        return finalize(journal, None, derive, recovered=True, progress=progress)
    except _FORGED as error:
        raise RecordingError(f"{journal} cannot be made a recording of ({error}); it is kept as it is.") from error
