"""A model of what a power cut leaves on the medium, after any beginning of a program's logged calls.

What was written to a file before the last sync of that file that had been completed is there. Of what was written
later each call is kept or not, by chance, also in part by sectors of 512 bytes. What was changed in the folder since
its last sync (a name made, linked, renamed, taken away) is kept or not, each change by itself. A rename is one change.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.faults.shim import Call

SECTOR_BYTES = 512
Names = dict[str, "File"]
Change = Callable[[Names], object]


@dataclass(slots=True, eq=False)
class File:
    """One file, whatever names it has."""

    safe: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)
    """Writes and truncations since."""
    syncs: list[int] = field(default_factory=list)
    """Lengths of ``pending`` when the syncs under way began."""

    def synced(self) -> None:
        """The oldest sync under way is done."""
        done = self.syncs.pop(0)
        for call in self.pending[:done]:
            _apply(self.safe, call)
        del self.pending[:done]
        self.syncs = [max(0, length - done) for length in self.syncs]

    def after_cut(self, chance: random.Random, kept: float) -> bytes:
        """What is left of it."""
        left = bytearray(self.safe)
        for call in self.pending:
            if chance.random() < kept:
                for part in _torn(call, chance) if chance.random() < 0.3 else [call]:
                    _apply(left, part)
        return bytes(left)


def _apply(content: bytearray, call: Call | tuple[int, bytes]) -> None:
    if isinstance(call, Call) and call.kind == "T":
        content[call.offset :] = bytes(max(0, call.offset - len(content)))
        return
    offset, data = (call.offset, call.data) if isinstance(call, Call) else call
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def _torn(call: Call, chance: random.Random) -> Iterable[Call | tuple[int, bytes]]:
    """Half of the sectors that a write touches."""
    if call.kind == "T":
        return [call]
    end = call.offset + len(call.data)
    edges = [call.offset, *range(call.offset // SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES, end, SECTOR_BYTES), end]
    parts = pairwise(edges)
    return [(a, call.data[a - call.offset : b - call.offset]) for a, b in parts if chance.random() < 0.5]


class Medium:
    """One folder and its files, while calls are replayed."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._files: dict[int, File] = {}
        self._now: Names = {}
        self._safe: Names = {}
        self._changes: list[Change] = []
        self._syncs: list[int] = []

    def replay(self, call: Call) -> None:
        """Make one logged call."""
        if call.kind in "RK" or call.path.endswith("(deleted)"):
            return
        if call.kind in "Ss" and call.path == self._folder:
            self._sync_folder(call.kind)
        elif call.kind in "CLMU":
            change = self._change(call)
            change(self._now)
            self._changes.append(change)
        elif call.kind == "S":
            file = self._files[call.file]
            file.syncs.append(len(file.pending))
        elif call.kind == "s":
            self._files[call.file].synced()
        else:
            self._files[call.file].pending.append(call)

    def _change(self, call: Call) -> Change:
        path, path2 = call.path, call.path2
        if call.kind == "U":
            return lambda names: names.pop(path, None)
        if call.kind == "C":
            created = self._files[call.file] = File()
            return lambda names: names.update({path: created})
        moved = self._now[path]
        if call.kind == "L":
            return lambda names: names.update({path2: moved})
        return lambda names: (names.pop(path, None), names.update({path2: moved}))

    def _sync_folder(self, kind: str) -> None:
        if kind == "S":
            self._syncs.append(len(self._changes))
            return
        done = self._syncs.pop(0)
        for change in self._changes[:done]:
            change(self._safe)
        del self._changes[:done]
        self._syncs = [max(0, length - done) for length in self._syncs]

    def after_cut(self, chance: random.Random, target: Path) -> None:
        """Write into ``target`` what is left in the folder when the power goes now."""
        kept = chance.choice((0.0, 0.5, 0.9, 1.0))
        names = dict(self._safe)
        for change in self._changes:
            if chance.random() < kept:
                change(names)
        left = {file: file.after_cut(chance, kept) for file in names.values()}
        for name, file in names.items():
            (target / Path(name).name).write_bytes(left[file])
