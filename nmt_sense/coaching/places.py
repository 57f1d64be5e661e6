"""Where in a TOML text something stands that was found wrong: msgspec names the field, an editor wants the line."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\"-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*(\"[^\"]+\"|[\w-]+)\s*=")


def line_of(text: str, message: str) -> int | None:
    """The line (1 the first) that a message of msgspec is about, or its table's; None when neither is found.

    Such a message ends in "- at `$.phases[0].low_n`", or names a field of the table it is about.
    """
    what, _, place = message.partition(" - at ")
    wanted = place.strip("`").removeprefix("$").removeprefix(".")
    tables, keys = _places(text)
    if wanted in keys:
        return keys[wanted]
    within = f"{wanted}." if wanted else ""
    words = sorted(re.findall(r"[\w.]*\w", what), key=lambda word: "_" not in word)  # "say" may be a plain word
    named = (keys.get(f"{within}{word}") for word in words)
    for line in named:
        if line is not None:
            return line
    return tables.get(wanted)


def _places(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """Lines of tables and of keys, by their places as msgspec writes them."""
    tables: dict[str, int] = {}
    keys: dict[str, int] = {}
    counts: dict[str, int] = {}
    here = ""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = '"""' not in line
            continue
        if header := _HEADER.match(line):
            here = _table(header[2], header[1] == "[[", counts)
            tables[here] = number
        elif key := _KEY.match(line):
            keys[f"{here}.{key[1].strip(chr(34))}".removeprefix(".")] = number
            inside = line.count('"""') == 1
    return tables, keys


def _table(name: str, of_array: bool, counts: dict[str, int]) -> str:
    """A table's place: names of arrays get the number of the element that is being written."""
    parts = name.split(".")
    if of_array:
        counts[name] = counts.get(name, -1) + 1
    placed, known = [], ""
    for part in parts:
        known = f"{known}.{part}".removeprefix(".")
        placed.append(f"{part}[{counts[known]}]" if known in counts else part)
    return ".".join(placed)
