"""The folder ``calibration/``: new profiles are put there under free names, and ``glove.toml`` is told of them.

A profile that is there already is never touched. In ``glove.toml`` one line changes, and what it said before stays as a
comment; everything else, the user's own comments too, is left as it is. A file written in a way that this cannot
follow is not changed: the sentence then says what to write.
"""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from pathlib import Path

import msgspec

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.layout import FILE_NAME, load_layout
from nmt_sense.sensing.profile import Profile, to_toml

_TABLE = re.compile(r"\s*\[")
_SENSORS = re.compile(r"\s*\[\s*sensors\s*\]\s*(#.*)?$")
_MOST_NAMES = 1000


def put(folder: Path, stem: str, profile: Profile) -> str:
    """Write a profile under a free name that begins with ``stem``; that name, without ``.toml``.

    Raises :class:`ProfileError` when it cannot be written.
    """
    clean = re.sub(r"[^\w.-]+", "-", stem).strip("-.") or "profile"
    for name in (clean, *(f"{clean}-{number}" for number in range(2, _MOST_NAMES))):
        try:
            _write_new(folder / f"{name}.toml", to_toml(profile))
        except FileExistsError:
            continue
        except OSError as error:
            raise ProfileError(f"The profile {name}.toml cannot be written ({error.strerror or error}).") from error
        return name
    raise ProfileError(f"There are too many profiles named {clean} in {folder}; move some away.")


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):  # half a profile is worse than none
                path.unlink()
            raise


def next_stem(name: str, version: int) -> str:
    """The name of a profile's next version: ``thumb-2026-11-25`` becomes ``thumb-2026-11-25-v2``."""
    return f"{re.sub(r'-v[0-9]+(-[0-9]+)?$', '', name)}-v{version}"


def assign(folder: Path, sensor: str, name: str) -> None:
    """Have ``glove.toml`` use the profile ``name`` for a sensor.

    Raises :class:`ProfileError` with the line to write where the file cannot be changed safely.
    """
    path = folder / FILE_NAME
    try:
        with path.open(encoding="utf-8", newline="") as file:
            before = file.read()
        after = assigned(before, sensor, name)
        if not _only_that_changed(before, after, sensor, name):
            raise ValueError("its layout is not one that this program can follow")
        _replace(path, after)
    except (OSError, ValueError) as error:
        raise ProfileError(
            f"{FILE_NAME} was not changed ({error}); write into it, under [sensors]:  {_line(sensor, name)}"
        ) from error
    load_layout(folder)


def assigned(text: str, sensor: str, name: str) -> str:
    """The text of ``glove.toml`` with one line changed: the old one stays as a comment, the new one stands below."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if _SENSORS.match(line)), None)
    if start is None:
        return end.join([*lines, "", "[sensors]", _line(sensor, name), ""])
    stop = next((at for at in range(start + 1, len(lines)) if _TABLE.match(lines[at])), len(lines))
    old = next((at for at in range(start + 1, stop) if _names(lines[at], sensor)), None)
    if old is not None:
        lines[old : old + 1] = [f"# {lines[old].strip()}   (before)", _line(sensor, name)]
    else:
        lines.insert(_last_line(lines, start, stop) + 1, _line(sensor, name))
    return end.join([*lines, ""])


def _last_line(lines: list[str], start: int, stop: int) -> int:
    return next((at for at in range(stop - 1, start, -1) if lines[at].strip()), start)


def _names(line: str, sensor: str) -> bool:
    """True for a line of the table that is about this sensor."""
    try:
        return sensor in tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return False


def _line(sensor: str, name: str) -> str:
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", sensor)
    return f"{sensor if bare else _quoted(sensor)} = {_quoted(name)}"


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()  # a JSON string is a TOML basic string


def _only_that_changed(before: str, after: str, sensor: str, name: str) -> bool:
    wanted, made = tomllib.loads(before), tomllib.loads(after)
    wanted["sensors"] = {**wanted.get("sensors", {}), sensor: name}
    return made == wanted


def _replace(path: Path, text: str) -> None:
    """Write beside, flush, put in its place: whoever reads finds the old file or the new one."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
