"""Follows a timed phase: relaxing, stretching, resting. Its time is the glove's, through gaps as well."""

from __future__ import annotations

import math
from typing import Any

from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.peak import Peak
from nmt_sense.coaching.phases import FollowPhase, TimedPhase
from nmt_sense.coaching.runs import Edges, Run, Zone
from nmt_sense.coaching.sheet import Sheet, latency_s
from nmt_sense.coaching.state import Advice, HoldProgress, HoldState
from nmt_sense.coaching.sums import ChunkedSums
from nmt_sense.coaching.waits import LET_GO, Countdown, LettingGo
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import PRESSED, HoldEnd, Kind

ALL_ONE_ZONE = Edges(-math.inf, -math.inf)


def press_after(sheet: Sheet, phase: TimedPhase) -> Edges | None:
    """The edges of the press that a rest comes before, where that follows a template: its beginning ends the rest.

    Otherwise what the hand does in a timed phase does not matter.
    """
    phases, at = sheet.technique.phases, sheet.place.phase
    after = phases[at] if phase.role == "rest" and at < len(phases) else None
    return Edges(after.release_n, after.contact_n) if isinstance(after, FollowPhase) else None


class TimedFollower(Follower):
    """From its first scan on for so long; a rest from letting go on, or until the press that it comes before begins.

    What the client ends in it wants the hand off, if it is on.
    """

    def __init__(self, phase: TimedPhase, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._phase = phase
        self._start_s = math.nan
        self._peak = Peak()
        self._missing = 0
        self._sums = ChunkedSums(2)
        self._pain = Pain()
        self._countdown = Countdown(sheet, phase.countdown_s)
        self._press_after = press_after(sheet, phase)
        self._was_off = self._press_after is not None and not sheet.is_on(sheet.newest_s, self._press_after)

    @property
    def edges(self) -> Edges:
        """The force does not matter, but for a press that ends a rest, and until the hand has to come off."""
        return self._press_after or ALL_ONE_ZONE if self.letting_go is None else self.sheet.technique.contact

    @property
    def _end_s(self) -> float:
        return self._start_s + self._phase.duration_s

    def follow(self, run: Run) -> int:
        """Take a run, or its first rows: how many; none of the press that ends a rest."""
        first_s, begins = float(run.time_s[0]), math.isnan(self._start_s)
        if self._was_off and run.zone >= Zone.LOW:
            return self._go_on(first_s)
        self._was_off = self._was_off or (self._press_after is not None and run.zone is Zone.AWAY)
        if begins:
            self._start_s = self._since_s(first_s)
        if not begins or self._start_s < first_s:
            self._missing += run.missing
        rows = min(len(run), run.rows_until(self._countdown.due_s(self._end_s)))
        part = run.first(rows)
        self._sums.add(part.force_n, part.uncertainty_n)
        self._peak.add(part)
        self._look(float(part.time_s[-1]))
        return rows

    def _go_on(self, time_s: float) -> int:
        """The press that the rest comes before has begun, at its time but for two scans or before."""
        if not math.isnan(self._start_s):
            early = time_s < self._end_s - 2 * self.sheet.period_s
            self._write(self.sheet.newest_s, HoldEnd.OPERATOR if early else HoldEnd.COMPLETED)
        self.over = True
        return 0

    def _since_s(self, now_s: float) -> float:
        """When it began: a rest with letting go of the press of the phase before."""
        last, place = self.sheet.rows.last, self.sheet.place
        if self._phase.role != "rest" or last is None or last.kind not in PRESSED:
            return now_s
        if (last.phase, last.round) != (place.phase - 1, place.round):
            return now_s
        return min(now_s, last.end_s + (0.0 if math.isnan(last.let_go_s) else last.let_go_s))

    def _look(self, time_s: float) -> None:
        self._countdown.look(time_s, self._end_s)
        if time_s >= self._end_s:
            self._write(time_s, HoldEnd.COMPLETED)
            self.over = True

    def is_off(self) -> None:
        """The hand that had to come off has."""
        self.over = not math.isnan(self._start_s)

    def _write(self, time_s: float, end: HoldEnd, **more: float) -> None:
        force, width = self._sums.totals().tolist()
        period_s, count = self.sheet.period_s, max(1, self._sums.count)
        self.sheet.row(
            Kind(self._phase.role),
            end,
            self._pain,
            guided=False,
            start_s=self._start_s,
            end_s=time_s,
            mean_n=force / count,
            mean_uncertainty_n=width / count,
            **self._peak.fields(width),
            missing_s=self._missing * period_s,
            impulse_ns=force * period_s,
            impulse_uncertainty_ns=width * period_s,
            **more,
        )

    def finish(self) -> None:
        """The stream ends in it."""
        if not math.isnan(self._start_s) and self.letting_go is None and not self.over:
            self._write(self.sheet.newest_s, HoldEnd.RECORDING_ENDED)

    def report(self, event: Event) -> None:
        """The practitioner's next ends it, and so do, by the same rules as everywhere, the client's stop and pain."""
        if event.kind is EventKind.UNDO and event.text == EventKind.NRS:
            self._pain.take_back(event.value)
        started, over = not math.isnan(self._start_s), self.letting_go is not None or self.over
        ended = self.judge(event, self._pain, started and not over)
        if event.kind is EventKind.NEXT:
            ended = HoldEnd.OPERATOR
            self.skipped = not started
        if ended is not None and not over:
            self._end(ended, started, event)

    def _end(self, ended: HoldEnd, started: bool, event: Event) -> None:
        now_s = self.sheet.newest_s
        if started:
            more = {"stop_latency_s": latency_s(event)} if ended is HoldEnd.CLIENT_STOP else {}
            self._write(now_s, ended, **more)
        contact = self.sheet.technique.contact
        if started and ended is not HoldEnd.OPERATOR and self.sheet.is_on(now_s, contact):
            self.letting_go = LettingGo(self.sheet, now_s, contact, self.sheet.technique.release_s, amends=True)
        else:
            self.over = started or ended is HoldEnd.OPERATOR

    @property
    def progress(self) -> HoldProgress:
        """Where things stand: the time takes the place of the time in the band."""
        elapsed = 0.0 if math.isnan(self._start_s) else self.sheet.newest_s - self._start_s
        return HoldProgress(
            HoldState.IDLE,
            Advice.HOLD if self._phase.role == "stretch" else Advice.READY,
            0.0,
            self.sheet.technique.force_ceiling_n or 100.0,
            self._phase.duration_s,
            number=self.sheet.number,
            in_band_s=max(0.0, elapsed),
            missing_s=self._missing * self.sheet.period_s,
        )

    @property
    def pressing(self) -> bool:
        """A press is going on."""
        return False

    def facts(self, say: str) -> dict[str, Any]:
        """What it knows for the situation; ``say`` is what the phase says."""
        left = self._phase.duration_s if math.isnan(self._start_s) else self._end_s - self.sheet.newest_s
        let_go = self.letting_go is not None
        said = LET_GO if let_go else say
        return {"repetition": 1, "repetitions": 1, "left_s": max(0.0, left), "let_go": let_go, "say": said}
