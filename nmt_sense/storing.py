"""Small TOML files that belong to a workspace: written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from nmt_sense.errors import NmtError


def store_new(folder: Path, name: str, text: str, what: str) -> Path:
    """Write ``name.toml`` into a folder, which is made; its path.

    Raises :class:`NmtError` for a name that is none or is taken, and when it cannot be written.
    """
    if not re.fullmatch(r"[\w-]{1,80}", name):
        raise NmtError(f'"{name}" cannot be the name of a {what}: use letters, digits, - and _ only.')
    path = folder / f"{name}.toml"
    if path.exists():
        raise NmtError(f"{path} exists already and is never overwritten; choose another name.")
    store(path, text)
    return path


def store(path: Path, text: str) -> None:
    """Write a text file in place of whatever is there. Raises :class:`NmtError` when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NmtError(f"{path} cannot be written ({error.strerror or error}).") from error
