"""Follows a timed phase: relaxing, stretching, resting. Its time is the glove's, through gaps as well."""

from __future__ import annotations

import math
from typing import Any

from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.phases import TimedPhase
from nmt_sense.coaching.runs import Edges, Run
from nmt_sense.coaching.sheet import Sheet, latency_s
from nmt_sense.coaching.state import Advice, HoldProgress, HoldState
from nmt_sense.coaching.sums import ChunkedSums
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import HoldEnd, Kind

ALL_ONE_ZONE = Edges(-math.inf, -math.inf)


class TimedFollower(Follower):
    """From its first scan on for so long."""

    def __init__(self, phase: TimedPhase, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._phase = phase
        self._start_s = math.nan
        self._peak_n = 0.0
        self._missing = 0
        self._sums = ChunkedSums(2)
        self._said = (phase.countdown_s or 0) + 1

    @property
    def edges(self) -> Edges:
        """The force does not matter."""
        return ALL_ONE_ZONE

    @property
    def _end_s(self) -> float:
        return self._start_s + self._phase.duration_s

    def add(self, run: Run) -> int:
        """Take a run, or its first rows: how many."""
        if math.isnan(self._start_s):
            self._start_s = float(run.time_s[0])
        else:
            self._missing += run.missing
        rows = min(len(run), run.rows_until(self._next_s()))
        part = run.first(rows)
        self._sums.add(part.force_n, part.uncertainty_n)
        self._peak_n = max(self._peak_n, float(part.force_n.max()))
        self._look(float(part.time_s[-1]))
        return rows

    def _next_s(self) -> float:
        """When something is to be said next, or the end."""
        return self._end_s - max(0, self._said - 1)

    def _look(self, time_s: float) -> None:
        if time_s >= self._end_s:
            self._write(time_s, HoldEnd.COMPLETED)
            self.over = True
        elif time_s >= self._next_s():
            self._said = max(1, math.ceil(self._end_s - time_s - 1e-6))
            self.sheet.say(time_s, str(self._said))

    def _write(self, time_s: float, end: HoldEnd, **more: float) -> None:
        force, width = self._sums.totals().tolist()
        period_s, count = self.sheet.period_s, max(1, self._sums.count)
        self.sheet.row(
            Kind(self._phase.role),
            end,
            start_s=self._start_s,
            end_s=time_s,
            mean_n=force / count,
            mean_uncertainty_n=width / count,
            peak_n=self._peak_n,
            missing_s=self._missing * period_s,
            impulse_ns=force * period_s,
            impulse_uncertainty_ns=width * period_s,
            **more,
        )

    def finish(self) -> None:
        """The stream ends in it."""
        if not math.isnan(self._start_s):
            self._write(self.sheet.newest_s, HoldEnd.RECORDING_ENDED)

    def report(self, event: Event) -> None:
        """The client's stop and the practitioner's next end it at once; so does pain above the ceiling."""
        started = not math.isnan(self._start_s)
        ended: HoldEnd | None = None
        more: dict[str, float] = {}
        if event.kind is EventKind.CLIENT_STOP:
            ended, more = HoldEnd.CLIENT_STOP, {"stop_latency_s": latency_s(event)}
        elif event.kind is EventKind.NEXT:
            ended = HoldEnd.OPERATOR
        elif event.kind is EventKind.NRS and event.value > self.sheet.technique.pain_limit:
            ended = HoldEnd.PAIN_CEILING
        if ended is not None:
            if started:
                self._write(self.sheet.newest_s, ended, **more)
            self.over = True

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
        return {"repetition": 1, "repetitions": 1, "left_s": max(0.0, left)}
