"""The workspace: the folder that holds ``calibration/``, ``recordings/`` and, if wanted, ``techniques/``."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

from platformdirs import user_documents_path

from nmt_sense.errors import NmtError
from nmt_sense.participant import UNNAMED, check_code

FOLDER_NAME = "NMT Sense"
_given: set[Path] = set()
"""Names of recordings that this program has given out: the files come a moment later."""
_giving = threading.Lock()


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with ``calibration`` and ``recordings`` in it."""

    root: Path

    @property
    def calibration(self) -> Path:
        """Profiles and the glove layout (TOML)."""
        return self.root / "calibration"

    @property
    def recordings(self) -> Path:
        """Recordings (HDF5) and the journals they come from."""
        return self.root / "recordings"

    @property
    def techniques(self) -> Path:
        """The user's own techniques (TOML); may be missing."""
        return self.root / "techniques"

    def new_recording(self, participant: str) -> Path:
        """A free name for a recording that starts now: date, time, participant's code (empty: unnamed).

        No name is given twice, also when several gloves start in the same second; other programs are kept out by
        :mod:`nmt_sense.commands.claim`. Raises :class:`NmtError` for a code that is none.
        """
        check_code(participant)
        stem = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{participant or UNNAMED}"
        names = (self.recordings / f"{stem}{suffix}.h5" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
        with _giving:
            free = next(name for name in names if name not in _given and not _taken(name))
            _given.add(free)
        return free


def _taken(recording: Path) -> bool:
    return os.path.lexists(recording) or os.path.lexists(recording.with_suffix(".nmtj"))


def is_workspace(folder: Path) -> bool:
    """True when the folder has both ``calibration`` and ``recordings``, as far as one is let look."""
    return os.path.isdir(folder / "calibration") and os.path.isdir(folder / "recordings")


def open_workspace(named: Path | None = None) -> Workspace:
    """The workspace to work in: the named one, else the current folder or a parent that is one, else the default.

    The default is ``NMT Sense`` in the user's documents. A missing named or default workspace is made and filled with
    the starting profiles.

    Raises :class:`NmtError` when it cannot be made.
    """
    if named is not None:
        return _furnish(named)
    return _around(Path.cwd()) or _furnish(user_documents_path() / FOLDER_NAME)


def find_workspace(named: Path | None = None) -> Workspace | None:
    """The workspace that :func:`open_workspace` would open, if there is one: nothing is made."""
    if named is None and (around := _around(Path.cwd())) is not None:
        return around
    folder = named or user_documents_path() / FOLDER_NAME
    return Workspace(folder) if is_workspace(folder) else None


def _around(here: Path) -> Workspace | None:
    """The workspace that a folder is in."""
    return next((Workspace(folder) for folder in (here, *here.parents) if is_workspace(folder)), None)


def _furnish(root: Path) -> Workspace:
    workspace = Workspace(root)
    try:
        workspace.recordings.mkdir(parents=True, exist_ok=True)
        workspace.calibration.mkdir(exist_ok=True)
        for profile in starting_profiles():
            with suppress(FileExistsError), (workspace.calibration / profile.name).open("xb") as file:
                file.write(profile.read_bytes())  # "x": nor does a link that leads to nothing lead us anywhere
    except OSError as error:
        reason = error.strerror or error
        raise NmtError(
            f"The workspace {root} cannot be used ({reason}); name another folder with --workspace."
        ) from error
    return workspace


def starting_profiles() -> list[Path]:
    """The profiles and the layout that ship with the program, in name order.

    They lie in the package: ``calibration/`` of a checkout is its user's, as that of any workspace, and what lies
    there is nobody else's.
    """
    return sorted((Path(str(resources.files("nmt_sense"))) / "starter" / "calibration").glob("*.toml"))
