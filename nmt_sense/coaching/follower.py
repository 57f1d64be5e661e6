"""What follows one phase of a technique: it takes runs of scans and says how many it took."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.runs import Edges, Run
from nmt_sense.coaching.sheet import Sheet
from nmt_sense.coaching.state import HoldProgress
from nmt_sense.coaching.waits import LettingGo, Rest
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import HoldEnd


class Follower(ABC):
    """Follows one phase, once. Decisions fall at a scan, never at the end of a block."""

    def __init__(self, sheet: Sheet, rest_s: float | None = None) -> None:
        self.sheet = sheet
        self.rest = Rest(sheet, rest_s)
        self.letting_go: LettingGo | None = None
        """Waits until the hand is off."""
        self.over = False
        """The phase is done; the next scan belongs to the next one."""
        self._leaving = False
        self.skipped = False
        """The practitioner left it without anything having begun."""
        self.stopped: HoldEnd | None = None
        """By which rule the client has ended what went on, or would have ended it; for the course to heed."""

    @property
    @abstractmethod
    def edges(self) -> Edges:
        """The edges of the zones that the next run is to be cut by."""

    def add(self, run: Run) -> int:
        """Take a run, or its first rows: how many (at least 1, or none when it is over because of the first one)."""
        if self.letting_go is None:
            return self.follow(run)
        rows = self.letting_go.add(run)
        if self.letting_go.over:
            self.letting_go = None
            self.is_off()
            self.over = self.over or self._leaving
        return rows

    @abstractmethod
    def follow(self, run: Run) -> int:
        """Take a run, or its first rows, while no hand has to come off: how many (as :meth:`add`)."""

    @abstractmethod
    def is_off(self) -> None:
        """The hand that had to come off has."""

    def wait_for_off(self, at_s: float, release_s: float, amends: bool = True, chimed: bool = False) -> None:
        """Something else than letting go ended a press at the newest scan taken: the hand has to come off."""
        self.letting_go = LettingGo(self.sheet, at_s, self.edges, release_s, amends, chimed)

    def leave(self) -> None:
        """The practitioner goes on while nothing is pressed: at once, or when the hand is off."""
        if self.letting_go is None:
            self.over = self.skipped = True
        self._leaving = True

    def rest_rows(self, run: Run) -> int:
        """Rows to take while nothing is pressed: the scan that ends a rest is the last one, and hears so."""
        rows = min(len(run), self.rest.rows_until_over(run))
        self.rest.look(float(run.time_s[rows - 1]))
        return rows

    def judge(self, event: Event, pain: Pain, holding: bool, asked_n: float = 0.0) -> HoldEnd | None:
        """What a stop or a pain report ends: the same rules in every phase. Takes the report into ``pain``."""
        ended: HoldEnd | None = None
        if event.kind is EventKind.CLIENT_STOP and not self.is_answer:
            ended = HoldEnd.CLIENT_STOP
        elif event.kind is EventKind.NRS:
            pain.add(event, holding, asked_n)
            if event.value > self.sheet.technique.pain_limit:
                ended = HoldEnd.PAIN_CEILING
            elif pain.rose:
                ended = HoldEnd.PAIN_ROSE
        self.stopped = ended or self.stopped
        return ended

    def takes_back(self, mark: Event) -> bool:
        """A measurement of the phase going on rests on this mark, so that it can be done again."""
        return False

    @property
    def is_answer(self) -> bool:
        """A client's stop would be the answer that is waited for."""
        return False

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
