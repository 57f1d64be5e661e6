"""What the rows of a sitting come to, however many they are: its trials, and a course's presses kind by kind."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from nmt_sense.coaching.metrics import score_caveat
from nmt_sense.coaching.rows import Rows
from nmt_sense.coaching.series import Series, series
from nmt_sense.coaching.technique import Technique
from nmt_sense.holds import PRESSED, Hold, Kind


class Part(msgspec.Struct, frozen=True):
    """The presses of one kind."""

    series: Series
    caveat: str
    """What must be said beside their mean score; empty where nothing must."""


class Totals(msgspec.Struct, frozen=True):
    """Sums of all rows: the picture of now has the newest ones only."""

    trials: tuple[Hold, ...] = ()
    """Trials of a measurement, also of courses before, oldest first."""
    parts: tuple[Part, ...] = ()
    """Presses of the course that is over; empty while one goes on."""


class Tally:
    """Adds up when something has changed, since it is asked with every block."""

    def __init__(self, technique: Technique, rows: Rows) -> None:
        self._technique, self._rows = technique, rows
        self._made: tuple[tuple[int, int | None], Totals] = (0, None), Totals()

    def totals(self, since: int | None) -> Totals:
        """``since``: rows before the course that is over; None while one goes on."""
        state = self._rows.changes, since
        if self._made[0] != state:
            parts = () if since is None else _parts(self._rows.since(since), self._technique)
            self._made = state, Totals(self._rows.trials, parts)
        return self._made[1]


def _parts(rows: Sequence[Hold], technique: Technique) -> tuple[Part, ...]:
    found = [made for kind in Kind if kind in PRESSED and (made := series(rows, kind)) is not None]
    return tuple(Part(made, score_caveat([row for row in rows if row.kind is made.kind], technique)) for made in found)
