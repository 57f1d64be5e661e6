"""What is made sure of before a recording, even before its glove is opened: folder, name, room, nobody else there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from nmt_sense.checks import Outcome
from nmt_sense.coaching.phases import HoldPhase, Phase, RampPhase
from nmt_sense.coaching.technique import Technique
from nmt_sense.commands.claim import LOCK_NAME, check_writable, claimed
from nmt_sense.commands.console import warn
from nmt_sense.commands.files import recover_first
from nmt_sense.errors import NmtError
from nmt_sense.pipeline.preflight import check_battery
from nmt_sense.pipeline.surroundings import battery, minutes
from nmt_sense.session.durable import lock_journal, remove_lock
from nmt_sense.session.elsewhere import noted
from nmt_sense.session.journal import journal_path
from nmt_sense.session.space import Appetite, refuse_full
from nmt_sense.setup import Setup
from nmt_sense.workspace import Workspace, is_workspace

_SENSORS, _RATE_HZ = 8, 250.0
"""Of the glove as it comes; it is not open yet, and once it is the room is looked at again."""


NAME_BYTES = 200
"""File systems take 255; the journal's and its damaged copy's endings come on top."""


@contextlib.contextmanager
def reserved(place: Workspace, participant: str, out: Path | None) -> Iterator[Path]:
    """The file to record to: ``out``, or a new name among the workspace's recordings, which then are ours alone.

    Recordings that were cut off earlier are brought back first. Raises :class:`NmtError` for a name in use or ill
    chosen, a folder that cannot be written, and when another program records there.
    """
    if out is not None:
        check_place(out)
    with _known(place, out):
        if out is not None:
            _refuse_in_use(journal_path(out.absolute()))
        recover_first(place, out and out.absolute())
        if out is not None:
            _refuse_taken(out)
        yield place.new_recording(participant) if out is None else out.absolute()


@contextlib.contextmanager
def _known(place: Workspace, out: Path | None) -> Iterator[None]:
    """Ours alone among the workspace's recordings; anywhere but right there, found again after a kill."""
    folder = place.recordings.resolve()
    parent = folder if out is None else out.absolute().parent.resolve()
    with contextlib.ExitStack() as stack:
        for ours in [folder] if out is None else _folders_of_recordings(out.absolute().parent, folder):
            stack.enter_context(claimed(ours))
        if out is not None and parent != folder:
            stack.enter_context(noted(place.recordings, journal_path(out.absolute())))
        yield


def _folders_of_recordings(named: Path, folder: Path) -> list[Path]:
    """The recordings of workspaces in which the folder ``named`` lies: of this one (``folder``), or whichever it is.

    Any part of the way there may be a link, ``recordings`` too. So every workspace on the way is asked, as it is named
    and as it is, where its recordings really are; and where the lock of a claim lies, recordings are.
    """
    real = named.resolve()
    within = (real, *real.parents)
    workspaces = [Workspace(above) for above in {*within, named, *named.parents} if is_workspace(above)]
    known = {folder, *(place.recordings.resolve() for place in workspaces)}
    return [above for above in within if above in known or os.path.isfile(above / LOCK_NAME)]


def check_place(out: Path) -> None:
    """Raises :class:`NmtError` unless a recording could be written under such a name."""
    if out.suffix != ".h5":
        raise NmtError(f"{out} does not end in .h5; name the recording with that ending.")
    if len(os.fsencode(out.name)) > NAME_BYTES:
        length = len(os.fsencode(out.name))
        raise NmtError(f"{out} is too long a name: it takes {length} bytes (é takes two), of {NAME_BYTES} at most.")
    folder = out.absolute().parent
    if not os.path.isdir(folder):
        raise NmtError(f"There is no folder {folder}; make it or choose another.")
    check_writable(folder)


def _refuse_in_use(journal: Path) -> None:
    """Raises :class:`NmtError` when a living program writes this journal."""
    lock = lock_journal(journal)
    if journal.exists():
        lock.release()
    else:
        remove_lock(journal, lock)


def _refuse_taken(out: Path) -> None:
    for name in (out, journal_path(out)):
        if os.path.lexists(name):
            raise NmtError(f"{name} exists already and is never overwritten; choose another name.")


def warn_of_shortage(target: Path, setup: Setup, seconds: float | None) -> None:
    """Say on stderr what may run out. Raises :class:`NmtError` when the disk has no room to speak of."""
    rate_hz = _RATE_HZ if setup.rate_hz is None else float(setup.rate_hz)
    room = refuse_full(target.parent, Appetite.of(_SENSORS, rate_hz, setup.port.startswith("sim:")))
    if seconds is not None and seconds > room.seconds:
        warn(f"The disk has room for {minutes(room.seconds)} of recording only; it will end then.")
    power = check_battery(battery())
    if power.outcome is not Outcome.READY:
        warn(power.sentence)


def warn_of_keys(technique: Technique) -> None:
    """Say so where a technique waits for what nobody can report in a terminal."""
    if any(map(_asks, technique.phases)):
        warn(
            f"{technique.title}: what it waits for (threshold, tolerance, pain, eased, gave way) "
            "is reported by keys in the window. "
            "Here the client's button stops what goes on, and the rest ends by its limits."
        )


def _asks(phase: Phase) -> bool:
    if isinstance(phase, RampPhase):
        return phase.measures == "both"
    return isinstance(phase, HoldPhase) and phase.ends != "time"
