"""What is waited for between presses: that the hand comes off, that a rest is over, that seconds are counted down."""

from __future__ import annotations

import math

from nmt_sense.coaching.runs import Dwell, Edges, Run, Zone, steps
from nmt_sense.coaching.sheet import Sheet
from nmt_sense.coaching.state import Cue, CueKind

LET_GO = "Let go."
LET_GO_EVERY_S = 2.0
"""Assumed: between two tones while the hand stays on; time enough for the words."""
REST_OVER = "Rest is over."
STOPPED = "Stopped. Next goes on."


class LettingGo:
    """Waits until the hand is off: something else than letting go has ended a press. Silence would mean right, so it
    is sounded and said at once, and again while the hand stays on; no schedule of feedback keeps that back.
    """

    def __init__(
        self, sheet: Sheet, at_s: float, edges: Edges, release_s: float, amends: bool, chimed: bool = False
    ) -> None:
        """``at_s``: of the newest scan taken; ``amends``: the newest row is told how long letting go took;
        ``chimed``: a chime has just said that the press is over.
        """
        self._sheet, self._amends = sheet, amends
        self._steps = steps(release_s, sheet.period_s) if release_s > 0 else 0
        self._away = Dwell()
        self._from_s: float | None = None
        self._next_s = at_s
        self.over = False
        if chimed:
            self._next_s += LET_GO_EVERY_S
        elif sheet.is_on(at_s, edges):
            self._sound(at_s)

    def add(self, run: Run) -> int:
        """Take a run, or what of it belongs to letting go: how many rows."""
        away = run.zone is Zone.AWAY
        rows = self._away.rows_until(run, self._steps) if away else run.rows_until(self._next_s)
        part = run.first(rows)
        if away and not self._away.active:
            self._from_s = float(part.time_s[0])
        self._away.add(part, away)
        if not away and part.time_s[-1] >= self._next_s:
            self._sound(float(part.time_s[-1]))
        self.over = self._away.active and self._away.steps >= self._steps
        last = self._sheet.rows.last
        if self.over and self._amends and self._from_s is not None and last is not None:
            self._sheet.amend(let_go_s=max(0.0, self._from_s - last.end_s))
        return len(part)

    def _sound(self, time_s: float) -> None:
        self._sheet.alarm(Cue(time_s, CueKind.LET_GO, text=LET_GO))
        self._next_s = time_s + LET_GO_EVERY_S


class Halted:
    """The client's stop or pain ended what went on, and the hand is off: a press counts for nothing, and hears so."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._said = self._on = False

    @property
    def edges(self) -> Edges:
        """All contact is one zone."""
        return self._sheet.technique.contact

    def announce(self) -> None:
        """Say it, once."""
        if not self._said:
            self._said = True
            self._sheet.say(self._sheet.newest_s, STOPPED)

    def add(self, run: Run) -> int:
        """Take a run, or its first rows: how many."""
        if run.zone >= Zone.LOW and not self._on:
            self._sheet.say(float(run.time_s[0]), STOPPED)
        self._on = run.zone >= Zone.LOW or (self._on and run.zone is not Zone.AWAY)
        return len(run)


class Rest:
    """The rest after a repetition; its end is said."""

    def __init__(self, sheet: Sheet, rest_s: float | None) -> None:
        self._sheet, self._rest_s = sheet, rest_s
        self._ends_s = math.nan

    def begin(self) -> None:
        """The newest row was a repetition, and another one comes."""
        last = self._sheet.rows.last
        if self._rest_s is not None and last is not None:
            self._ends_s = last.end_s + self._rest_s

    def drop(self) -> None:
        """There is nothing to rest from, or its end need not be said any more."""
        self._ends_s = math.nan

    def rows_until_over(self, run: Run) -> int:
        """Rows of a run up to the one that ends it; more than there are when that is not in it."""
        return len(run) + 1 if math.isnan(self._ends_s) else run.rows_until(self._ends_s)

    def look(self, time_s: float) -> None:
        """Say its end at the first scan that reaches it."""
        if time_s >= self._ends_s:
            self._sheet.say(time_s, REST_OVER)
            self.drop()

    def left(self, time_s: float) -> float:
        """Seconds that are still to go at a time, s."""
        return 0.0 if math.isnan(self._ends_s) else max(0.0, self._ends_s - time_s)


class Countdown:
    """Whole seconds before a moment, each said at the first scan that reaches it."""

    def __init__(self, sheet: Sheet, seconds: int | None) -> None:
        self._sheet = sheet
        self._next = seconds or 0

    def due_s(self, end_s: float) -> float:
        """When the next one is to be said; the moment itself after the last."""
        return end_s - self._next

    def look(self, time_s: float, end_s: float) -> None:
        """Say what is due at a scan."""
        if self._next and self.due_s(end_s) <= time_s < end_s:
            self._next = max(1, math.ceil(end_s - time_s - 1e-6))
            self._sheet.say(time_s, str(self._next))
            self._next -= 1
