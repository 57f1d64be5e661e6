"""Strict TOML: text to a typed struct and back, with one sentence naming file and field when it does not fit.

Used wherever a person writes a file for us (profiles, layouts, techniques): an unknown or misspelt field is an error,
never ignored.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TypeVar

import msgspec

from nmt_sense.errors import NmtError

T = TypeVar("T", bound=msgspec.Struct)

LONGEST = 256 * 1024
"""Bytes that a file or text may have: a hundred times what a person writes."""
MOST_DOTS = 500
"""Dots that a name may have: reading one takes time and memory with their square."""


def decode(text: str, kind: type[T], what: str, error: type[NmtError]) -> T:
    """The struct that ``text`` describes; ``what`` names its origin in the sentence of the ``error`` raised."""
    if len(text) > LONGEST:
        raise error(f"{what} cannot be used: it is longer than {LONGEST // 1024} KiB.")
    if _most_dots(text) > MOST_DOTS:
        raise error(f"{what} cannot be used: it is nested too deeply.")
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.ValidationError as problem:
        raise error(f"{what} cannot be used: {sentence(problem)}") from problem
    except RecursionError as problem:
        raise error(f"{what} cannot be used: it is nested too deeply.") from problem
    except msgspec.DecodeError as problem:
        raise error(f"{what} is not valid TOML: {_stop(str(problem))}") from problem
    except (ValueError, OverflowError) as problem:
        raise error(f"{what} is not valid TOML: a number in it is too long.") from problem


def read(path: Path, kind: type[T], what: str, error: type[NmtError]) -> T:
    """Like :func:`decode`, from a UTF-8 file; a file that cannot be read raises ``error`` too."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise error(f"{what} is not a regular file: {path}.")
        if status.st_size > LONGEST:
            raise error(f"{what} cannot be used: it is longer than {LONGEST // 1024} KiB.")
        text = path.read_text(encoding="utf-8-sig")  # Windows editors like to put a byte order mark first
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise error(f"{what} cannot be read ({reason}): {path}.") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{what} is not UTF-8 text: {path}.") from problem
    return decode(text, kind, what, error)


def _most_dots(text: str) -> int:
    """Dots in the longest run of dots with nothing between two of them that ends a name."""
    longest = run = 0
    for part in text.split(".")[1:]:
        run = run + 1
        longest = max(longest, run)
        if re.search(r"[\n=,\[\]{}]", part):
            run = 0
    return longest


def encode(struct: msgspec.Struct) -> str:
    """The TOML text of a struct (fields that are None must be left out by the struct itself)."""
    return msgspec.toml.encode(struct).decode("utf-8")


def sentence(problem: msgspec.ValidationError) -> str:
    """What is wrong, place first: "in curve.gain_us: expected float, got str."."""
    message, _, place = str(problem).partition(" - at ")
    field = place.strip("`").removeprefix("$").removeprefix(".")
    return f"in {field}: {_stop(_plain(message))}" if field else _stop(_plain(message))


def _plain(message: str) -> str:
    words = message.replace("`", "").replace("Object ", "it is ", 1).replace("it is contains", "it contains")
    return re.sub("^Invalid (enum )?value", "unknown value", words[:1].lower() + words[1:], flags=re.IGNORECASE)


def _stop(message: str) -> str:
    return message if message.endswith(".") else message + "."
