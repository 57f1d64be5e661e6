"""Follows a strokes phase: counts strokes and measures each. How fast the hand moved over the skin is not known."""

from __future__ import annotations

import math
from typing import Any

from nmt_sense.coaching.contact import Contact
from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import StrokesPhase
from nmt_sense.coaching.runs import Edges, Run, Zone
from nmt_sense.coaching.sheet import Sheet, latency_s
from nmt_sense.coaching.state import Advice, Cue, CueKind, HoldProgress, HoldState
from nmt_sense.coaching.waits import LET_GO
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import HoldEnd, Kind

LIFT_S = 0.3
"""Assumed: off the skin for so long after the client's stop or pain before strokes count again."""


class StrokesFollower(Follower):
    """A stroke begins at the contact threshold and ends with the first scan below the release threshold."""

    def __init__(self, phase: StrokesPhase, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._phase = phase
        self._stroke: Contact | None = None
        self._too_much = False
        self._done = 0
        self._pain = Pain()
        """Of all strokes, which ask for one and the same force."""
        self._of_stroke, self._of_last = Pain(), Pain()
        """Of the stroke going on, and of the last one that has a row, the number of which follows."""
        self._row = 0
        self._before_s = self._rate = math.nan

    @property
    def edges(self) -> Edges:
        """Bands of peaks."""
        phase = self._phase
        return Edges(phase.release_n, phase.contact_n, phase.low_n, phase.high_n)

    def is_off(self) -> None:
        """The hand that had to come off has."""
        self.over = self._done >= self._phase.strokes

    def follow(self, run: Run) -> int:
        """Take a run, or its first rows: how many."""
        if self._stroke is None:
            return self._begin(run)
        rows = min(len(run), self._stroke.rows_until_released(run))
        part = run.first(rows)
        self._stroke.add(part)
        self._guide(part)
        if self._stroke.released:
            self._end(self._stroke)
        return rows

    def _begin(self, run: Run) -> int:
        if run.zone < Zone.LOW:
            return len(run)
        first = run.first(1)
        self._stroke, self._too_much = Contact(self.sheet.period_s, 0.0, first), False
        self._of_stroke = Pain()
        self._guide(first)
        return 1

    def _guide(self, part: Run) -> None:
        """Too much is told once a stroke, at once."""
        if part.zone is Zone.HIGH and not self._too_much:
            self._too_much = True
            error = float(part.force_n[0]) - self._phase.high_n
            self.sheet.cue(Cue(float(part.time_s[0]), CueKind.TOO_MUCH, error, self._strength(error)))

    def _strength(self, error_n: float) -> float:
        return min(1.0, error_n / (self._phase.high_n - self._phase.low_n))

    def _end(self, stroke: Contact) -> None:
        self._stroke = None
        if stroke.lasted_s < self._phase.minimum_s:
            return
        row = self._write(stroke, HoldEnd.COMPLETED)
        short = self._phase.low_n - stroke.peak.newtons
        if short > 0:
            self.sheet.cue(Cue(row, CueKind.TOO_LITTLE, short, self._strength(short)))
        self._rate = 60.0 / (stroke.start_s - self._before_s) if self._done > 1 else math.nan
        self._before_s = stroke.start_s
        if self._done >= self._phase.strokes:
            self.sheet.cue(Cue(row, CueKind.DONE))
            self.over = True
        self.sheet.hold += 1

    def _write(self, stroke: Contact, end: HoldEnd, **more: Any) -> float:
        """A row for a stroke; when it ended."""
        phase = self._phase
        self._done += 1
        self._of_last, self._row = self._of_stroke, self.sheet.number
        written = self.sheet.row(
            Kind.STROKE,
            end,
            self._of_stroke,
            **stroke.fields(),
            low_n=phase.low_n,
            high_n=phase.high_n,
            overshoot_n=max(0.0, stroke.peak.newtons - phase.high_n),
            repetition=self._done,
            **more,
        )
        return written.end_s

    def finish(self) -> None:
        """The stream ends in a stroke."""
        if self._stroke is not None and self._stroke.lasted_s >= self._phase.minimum_s:
            self._write(self._stroke, HoldEnd.RECORDING_ENDED)
        self._stroke = None

    def report(self, event: Event) -> None:
        """The client's stop and pain, in a stroke or between two; the practitioner's next ends stroke and series."""
        if event.kind is EventKind.NEXT:
            self._break_off(HoldEnd.OPERATOR)
            self.leave()
        elif event.kind is EventKind.UNDO and event.text == EventKind.NRS:
            for pain in (self._pain, self._of_stroke, self._of_last):
                pain.take_back(event.value)
        ended = self.judge(event, self._pain, holding=True)
        if event.kind is EventKind.NRS:
            self._keep(event)
        if ended is not None:
            self._break_off(ended, **({"stop_latency_s": latency_s(event)} if ended is HoldEnd.CLIENT_STOP else {}))

    def _break_off(self, end: HoldEnd, **more: float) -> None:
        """Something else than letting go ends the stroke going on, if there is one: the hand has to come off."""
        if self._stroke is not None:
            self._write(self._stroke, end, **more)
            self.sheet.hold += 1
            self._stroke = None
            self.wait_for_off(self.sheet.newest_s, LIFT_S)

    def _keep(self, event: Event) -> None:
        """Reported between two strokes, it is of the last one."""
        (self._of_stroke if self._stroke is not None else self._of_last).add(event, holding=True)
        if self._stroke is None and self._row:
            self.sheet.rows.amend(self._row, **self._of_last.fields)

    @property
    def progress(self) -> HoldProgress:
        """Where things stand; the strokes take the place of the time in the band."""
        stroke, phase = self._stroke, self._phase
        state = HoldState.IDLE if stroke is None else HoldState.LOADING
        advice = Advice.LESS if self.letting_go is not None or self._too_much else Advice.READY
        return HoldProgress(
            state,
            advice if stroke is None or self._too_much else Advice.HOLD,
            phase.low_n,
            phase.high_n,
            0.0,
            number=self._done + (stroke is not None),
            mean_n=math.nan if stroke is None else stroke.mean_n,
            missing_s=0.0 if stroke is None else stroke.missing_s,
        )

    @property
    def pressing(self) -> bool:
        """A press is going on."""
        return self._stroke is not None

    def facts(self, say: str) -> dict[str, Any]:
        """What it knows for the situation; ``say`` is what the phase says."""
        phase = self._phase
        return {
            "say": LET_GO if self.letting_go is not None else say,
            "let_go": self.letting_go is not None,
            "repetition": min(self._done + 1, phase.strokes),
            "repetitions": phase.strokes,
            "strokes_per_min": self._rate,
        }
