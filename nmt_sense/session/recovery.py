"""Journals that a dead program left behind, and making recordings of them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from nmt_sense.errors import RecordingError
from nmt_sense.session.durable import lock_journal
from nmt_sense.session.elsewhere import is_out_of_reach, journals_elsewhere
from nmt_sense.session.finalize import Derive, Progress, finalize
from nmt_sense.session.tidy import DAMAGED, LOG, SUFFIX, beside, remove_if_only_a_name, sweep

_FORGED = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)
"""What numbers that no program of ours wrote can lead to."""
_NAME = re.compile(rf".+{re.escape(SUFFIX)}((-\d+)?{re.escape(DAMAGED)})*", re.DOTALL | re.IGNORECASE)
"""What this program calls a journal, also one that is kept because a part of it could not be read."""
LONGEST = 32 << 30
"""Bytes of a journal, and of its log: ten hours of 64 sensors at 1000 Hz with true forces would take 21 GB, of the
glove's eight 2 GB (see :mod:`nmt_sense.session.space`)."""


def orphans(folder: Path) -> list[Path]:
    """Journals of a workspace's recordings that no living program uses; none when the folder cannot be read.

    First those in the folder, in name order, then those elsewhere that notes in it tell of; also those that may not be
    looked at: recovering them says so. What killed programs left there besides, of no use to anybody, is removed.
    """
    sweep(folder)
    elsewhere = journals_elsewhere(folder)
    for journal in elsewhere:
        remove_if_only_a_name(journal)
    journals = [*sorted(folder.glob(f"*{SUFFIX}")), *elsewhere]
    return [journal for journal in journals if is_out_of_reach(journal) or _is_free(journal)]


def _is_free(journal: Path) -> bool:
    if not os.path.isfile(journal):
        return False
    try:
        lock_journal(journal).release()
    except RecordingError:
        return False
    return os.path.exists(journal)  # its owner may have finished it while we looked


def _refuse_other_than_journal(journal: Path) -> None:
    """Raises :class:`RecordingError` for what is none by kind, name or length, before anything is made beside it."""
    _refuse_other_than_file(journal)
    if not _NAME.fullmatch(journal.name):
        raise RecordingError(f"{journal} does not end in {SUFFIX}, and so is no journal; nothing was done to it.")
    for file in (journal, beside(journal, LOG[0])):
        if os.path.isfile(file) and file.stat().st_size > LONGEST:
            raise RecordingError(f"{file} is longer than the journal of any recording; it is kept as it is.")


def _refuse_other_than_file(journal: Path) -> None:
    try:
        mode = journal.stat().st_mode
    except PermissionError as error:
        raise RecordingError(f"{journal} may not be looked at ({error.strerror}); it is passed over.") from error
    except (OSError, ValueError) as error:  # also a name that no file can have
        reason = "" if isinstance(error, FileNotFoundError) else f" ({getattr(error, 'strerror', None) or error})"
        raise RecordingError(f"There is no journal {journal}{reason}.") from error
    if stat.S_ISDIR(mode):
        raise RecordingError(f"{journal} is a folder, not a journal; name the {SUFFIX} file in it.")
    if not stat.S_ISREG(mode):
        raise RecordingError(f"{journal} is not a regular file, and so no journal.")


def recover(journal: Path, derive: Derive, progress: Progress | None = None) -> Path:
    """Make a recording, marked ``recovered``, of an orphan beside it; the recording's path.

    Raises :class:`RecordingError` as :func:`nmt_sense.session.finalize.finalize` does, for what is no journal by its
    name, and for a journal that somebody has forged; it then stays.
    """
    _refuse_other_than_journal(journal)
    try:
        return finalize(journal, None, derive, recovered=True, progress=progress)
    except _FORGED as error:
        raise RecordingError(f"{journal} cannot be made a recording of ({error}); it is kept as it is.") from error
