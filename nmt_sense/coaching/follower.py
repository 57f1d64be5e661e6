"""What follows one phase of a technique: it takes runs of scans and says how many it took."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from nmt_sense.coaching.runs import Dwell, Edges, Run, Zone, steps
from nmt_sense.coaching.sheet import Sheet
from nmt_sense.coaching.state import HoldProgress
from nmt_sense.events import Event


class Follower(ABC):
    """Follows one phase, once. Decisions fall at a scan, never at the end of a block."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.over = False
        """The phase is done; the next scan belongs to the next one."""

    @property
    @abstractmethod
    def edges(self) -> Edges:
        """The edges of the zones that the next run is to be cut by."""

    @abstractmethod
    def add(self, run: Run) -> int:
        """Take a run, or its first rows: how many (at least 1)."""

    @abstractmethod
    def report(self, event: Event) -> None:
        """Something was reported or asked for; it takes effect after the newest scan taken."""

    @abstractmethod
    def finish(self) -> None:
        """The stream ends: whatever goes on is closed."""

    @property
    @abstractmethod
    def progress(self) -> HoldProgress:
        """Where things stand after the newest scan."""

    @abstractmethod
    def facts(self, say: str) -> dict[str, Any]:
        """What it knows for the situation (fields by name); ``say`` is what the phase says."""

    @property
    @abstractmethod
    def pressing(self) -> bool:
        """A press is going on."""


class LettingGo:
    """Waits until the hand is off: something else than letting go has ended a press."""

    def __init__(self, sheet: Sheet, release_s: float, amends: bool) -> None:
        """``amends``: the newest row is told how long letting go took."""
        self._sheet, self._amends = sheet, amends
        self._steps = steps(release_s, sheet.period_s)
        self._away = Dwell()
        self._from_s: float | None = None
        self.over = False

    def add(self, run: Run) -> int:
        """Take a run, or what of it belongs to letting go: how many rows."""
        away = run.zone is Zone.AWAY
        rows = min(len(run), self._away.rows_until(run, self._steps)) if away else len(run)
        part = run.first(rows)
        if away and not self._away.active:
            self._from_s = float(part.time_s[0])
        self._away.add(part, away)
        self.over = self._away.active and self._away.steps >= self._steps
        last = self._sheet.rows.last
        if self.over and self._amends and self._from_s is not None and last is not None:
            self._sheet.amend(let_go_s=max(0.0, self._from_s - last.end_s))
        return rows


def rest_left(sheet: Sheet, rest_s: float | None, repetition: int) -> float:
    """Seconds of the rest before the next repetition that are still to go, s."""
    last = sheet.rows.last
    if rest_s is None or repetition <= 1 or last is None:
        return 0.0
    return max(0.0, rest_s - (sheet.newest_s - last.end_s))
