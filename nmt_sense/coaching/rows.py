"""Finished rows of a sitting. A long one has thousands, of which only the newest are looked at while it goes on."""

from __future__ import annotations

from typing import Any

import msgspec

from nmt_sense.holds import Hold, Kind

RECENT = 100
"""So many at least are at hand as objects; the others are packed, which takes a quarter of the memory."""
_FIELDS = tuple(field.name for field in msgspec.structs.fields(Hold))


class Rows:
    """Rows in the order in which they were finished."""

    def __init__(self) -> None:
        self._packed: list[bytes] = []
        self._recent: list[Hold] = []
        self._shown: tuple[Hold, ...] | None = ()
        self._trials: dict[int, Hold] = {}
        self.changes = 0
        """How often a row was added or changed."""

    def __len__(self) -> int:
        return len(self._packed) + len(self._recent)

    def append(self, row: Hold) -> None:
        """One more."""
        self._recent.append(row)
        self._shown = None
        self.changes += 1
        if row.kind is Kind.RAMP:
            self._trials[len(self)] = row
        if len(self._recent) > 2 * RECENT:
            self._packed += map(_packed, self._recent[:RECENT])
            del self._recent[:RECENT]

    def amend(self, number: int, **changes: Any) -> None:
        """Change the row of that number, counted from 1."""
        self.changes += 1
        if number in self._trials:
            self._trials[number] = msgspec.structs.replace(self._trials[number], **changes)
        at = number - 1 - len(self._packed)
        if at < 0:
            self._packed[number - 1] = _packed(msgspec.structs.replace(_unpacked(self._packed[number - 1]), **changes))
            return
        self._recent[at] = msgspec.structs.replace(self._recent[at], **changes)
        self._shown = None

    @property
    def last(self) -> Hold | None:
        """The newest, if there is any."""
        return self._recent[-1] if self._recent else None

    def since(self, number: int) -> list[Hold]:
        """All but the first ``number``."""
        at = number - len(self._packed)
        if at >= 0:
            return self._recent[at:]
        return [*map(_unpacked, self._packed[number:]), *self._recent]

    @property
    def trials(self) -> tuple[Hold, ...]:
        """Those of a measurement, of which there are few."""
        return tuple(self._trials.values())

    @property
    def newest(self) -> tuple[Hold, ...]:
        """The newest hundred, or all if there are fewer."""
        if self._shown is None:
            self._shown = tuple(self._recent[-RECENT:])
        return self._shown


def _packed(row: Hold) -> bytes:
    """Its values without their names, which would be more than half of it."""
    return msgspec.msgpack.encode(msgspec.structs.astuple(row))


def _unpacked(values: bytes) -> Hold:
    return msgspec.convert(dict(zip(_FIELDS, msgspec.msgpack.decode(values), strict=True)), Hold)
