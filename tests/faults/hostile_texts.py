"""Hostile TOML: profiles, layouts and techniques that somebody sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from itertools import product
from pathlib import Path

from nmt_sense.workspace import starting_profiles

PORT = "sim://?speed=max&seed=1"
LIVE = ("--port", PORT, "--seconds", "0.1")
LAYOUT, PROFILE, TECHNIQUE = "calibration/glove.toml", "calibration/nominal-fsr.toml", "techniques/own.toml"
SIZE = 250_000
DEEP = {
    "nested arrays": "a = " + "[" * 100_000 + "]" * 100_000,
    "nested tables": "a = " + "{b = " * 40_000 + "1" + "}" * 40_000,
    "a dotted name": "a." * 100_000 + "b = 1",
    "a dotted table": "[" + "a." * 100_000 + "b]",
    "many dotted names": "\n".join(f"{'a.' * 50}b{number} = 1" for number in range(2000)),
    "a long number": "a = " + "9" * SIZE,
    "a long fraction": "a = 1." + "9" * SIZE,
    "a long exponent": "a = 1e" + "9" * SIZE,
    "a long hexadecimal": "a = 0x" + "f" * SIZE,
    "a long name": "a" * SIZE + " = 1",
    "a long array": "points = [" + "1," * 120_000 + "]",
    "many tables": "[[points]]\n" * 20_000,
    "one key twice": 'format = "x"\nformat = "y"',
    "far too long": "#" * 10_000_000,
    "a NUL": 'format = "\0"',
    "no such day": "expiry = 2020-02-30",
    "a date as format": "format = 2020-02-20",
    "no UTF-8": "format = '\udcff'",
    "an order to the terminal": 'format = "\\u001b]0;owned\\u0007\\u009b2J\\u202e"',
    "such a key": '"\\u001b[31m\\u202e" = 1',
    "nothing": "",
}
NUMBERS = ("nan", "inf", "-inf", "-1.0", "0.0", "1e308", "1e-308", "true", '"5"', "[1.0]", "{}", "1979-05-27")
PATHS = (
    "../../../etc/passwd",
    "/etc/passwd",
    "..",
    "",
    "..\\\\..\\\\x",
    "C:/x",
    "nominal-fsr/../../secret",
    "a\\u0000b",
)


def texts() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """What it is, where it lies in a workspace, further words for the command line, the text."""
    for (name, text), place in product(DEEP.items(), (LAYOUT, PROFILE, TECHNIQUE)):
        yield f"{name} in {place}", place, words_for(place), text
    for place in (PROFILE, TECHNIQUE):
        good = shipped(place)
        keys = [line.partition(" = ")[0] for line in good.splitlines() if _is_number(line)]
        for key, value in product(keys, NUMBERS):
            yield f"{key} = {value} in {place}", place, words_for(place), reworded(good, key, value)
    for path in PATHS:
        text = reworded(shipped(LAYOUT), "default_profile", f'"{path}"')
        yield f"the profile {path!a}", LAYOUT, words_for(LAYOUT), text
        plain = path.replace("\\u0000", "")
        yield f"the technique {path!a}", TECHNIQUE, (*LIVE, "--technique", plain), shipped(TECHNIQUE)


def words_for(place: str) -> tuple[str, ...]:
    """How to make the command line read this place."""
    return (*LIVE, "--technique", "own") if place == TECHNIQUE else LIVE


def shipped(place: str) -> str:
    """The good text that belongs there."""
    if place == TECHNIQUE:
        folder = Path(str(resources.files("nmt_sense.coaching"))) / "techniques"
        return (folder / "ischemic-compression.toml").read_text(encoding="utf-8").replace("ischemic-compression", "own")
    (found,) = (path for path in starting_profiles() if path.name == Path(place).name)
    return found.read_text(encoding="utf-8")


def reworded(text: str, key: str, value: str) -> str:
    """The text with another value for a key."""
    lines = [f"{key} = {value}" if line.startswith(f"{key} = ") else line for line in text.splitlines()]
    return "\n".join(lines)


def furnish(workspace: Path, place: str, text: str | None) -> None:
    """A workspace in which all is well but one file; without text that one is a pipe that never answers."""
    for folder in ("recordings", "calibration", "techniques"):
        (workspace / folder).mkdir(parents=True)
    for path in starting_profiles():
        (workspace / "calibration" / path.name).write_bytes(path.read_bytes())
    file = workspace / place
    file.unlink(missing_ok=True)
    if text is None:
        os.mkfifo(file)
    else:
        file.write_bytes(text.encode(errors="surrogateescape"))


def _is_number(line: str) -> bool:
    _, _, value = line.partition(" = ")
    return value[:1].isdigit() or value[:1] == "["
