"""Follows a ramp phase: trials of pressing harder at an even rate until the client reports."""

from __future__ import annotations

import math
from typing import Any

from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.measuring import MEASURED, NO_DATA, once_more
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import RampPhase
from nmt_sense.coaching.runs import Edges, Run, Zone, steps
from nmt_sense.coaching.sheet import Sheet, latency_s, pressed_s
from nmt_sense.coaching.state import Advice, Cue, CueKind, HoldProgress, HoldState
from nmt_sense.coaching.thresholds import counted
from nmt_sense.coaching.trial import Trial
from nmt_sense.coaching.waits import LET_GO
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold, HoldEnd, Kind

STOPS = frozenset({EventKind.CLIENT_STOP, EventKind.TOLERANCE})
ANSWERS = frozenset({EventKind.THRESHOLD, EventKind.TOLERANCE, EventKind.CLIENT_STOP})
NONE: frozenset[EventKind] = frozenset()
EARLY = "The rest is not over."


class RampFollower(Follower):
    """Waits, follows a trial, waits until the hand is off; so many trials."""

    def __init__(self, phase: RampPhase, sheet: Sheet) -> None:
        super().__init__(sheet, phase.rest_s)
        self._phase = phase
        self._trial: Trial | None = None
        self._done = 0
        self._rows_before = len(sheet.rows)
        self._known_before = sheet.references
        self._marks: dict[float, int] = {}
        """Reports by the time they took effect, and the rows that they belong to."""
        self._pulse_steps = steps(1 / phase.pulse_hz, sheet.period_s)
        self._next_pulse = 0

    @property
    def edges(self) -> Edges:
        """All contact is one zone."""
        return Edges(self._phase.release_n, self._phase.contact_n)

    def follow(self, run: Run) -> int:
        """Take a run, or its first rows: how many."""
        if self._trial is None:
            return self._begin(run)
        trial = self._trial
        rows = min(len(run), trial.contact.rows_until_released(run), self._rows_until_pulse(trial, run))
        above = run.force_n >= self._phase.limit_n
        if above.any():
            rows = min(rows, int(above.argmax()) + 1)
        part = run.first(rows)
        trial.add(part)
        self._decide(trial, part)
        return rows

    def _begin(self, run: Run) -> int:
        if run.zone < Zone.LOW:
            return self.rest_rows(run)
        time_s = float(run.time_s[0])
        if self.rest.left(time_s) > 0:
            self.sheet.say(time_s, EARLY)
        self._trial = Trial(self._phase, self.sheet.period_s, run.first(1))
        self._next_pulse = self._pulse_steps
        return 1

    def _rows_until_pulse(self, trial: Trial, run: Run) -> int:
        return max(1, self._next_pulse - trial.contact.steps - run.adjacent + 1)

    def _decide(self, trial: Trial, part: Run) -> None:
        if trial.contact.released:
            self._finish_released(trial, float(part.time_s[-1]))
        elif part.force_n[-1] >= self._phase.limit_n:
            self._end(trial, HoldEnd.LIMIT, float(part.time_s[-1]))
        elif trial.contact.steps >= self._next_pulse:
            self._next_pulse += self._pulse_steps
            self._guide(trial, float(part.time_s[-1]))

    def _guide(self, trial: Trial, time_s: float) -> None:
        """A pulse while the rate is out of its limits: the low one for too slow, the high one for too fast."""
        rate, slowest, fastest = trial.rate.now, self._phase.slowest_n_per_s, self._phase.fastest_n_per_s
        if trial.threshold is not None or math.isnan(rate):
            return
        if slowest is not None and rate < slowest:
            self.sheet.cue(Cue(time_s, CueKind.TOO_LITTLE, strength=min(1.0, 1 - max(rate, 0.0) / slowest)))
        elif fastest is not None and rate > fastest:
            self.sheet.cue(Cue(time_s, CueKind.TOO_MUCH, strength=min(1.0, rate / fastest - 1)))

    def _finish_released(self, trial: Trial, time_s: float) -> None:
        """Letting go ends a maximum as it should; a threshold or tolerance that was not reported does not count."""
        self._trial = None
        if trial.contact.lasted_s < self._phase.minimum_s:
            return
        if trial.sustained is not None and not math.isnan(trial.sustained.newtons):
            found = trial.sustained
            self._write(trial, HoldEnd.COMPLETED, report_n=found.newtons, report_uncertainty_n=found.half_n)
            self._count()
        else:
            self._write(trial, HoldEnd.RELEASED)
            self._begin_rest()
            if trial.threshold is not None:
                self._mark(trial.threshold.marked_s)
            self.sheet.say(time_s, once_more(MEASURED[self._phase.measures][trial.threshold is not None]))

    def _end(self, trial: Trial, end: HoldEnd, at_s: float, **more: float) -> None:
        self._trial = None
        self._write(trial, end, **more)
        if trial.threshold is not None:
            self._mark(trial.threshold.marked_s)
        self._done += end is not HoldEnd.NO_DATA
        self._begin_rest()
        self.wait_for_off(at_s, self._phase.release_s)

    def _count(self) -> None:
        self._done += 1
        self._begin_rest()
        self.is_off()

    def _begin_rest(self) -> None:
        if 0 < self._done < self._phase.trials:
            self.rest.begin()

    def is_off(self) -> None:
        """The hand is off: what the trial has measured is known from now on."""
        self._learn()
        self.over = self._done >= self._phase.trials

    def _write(self, trial: Trial, end: HoldEnd, **more: float) -> None:
        threshold = trial.threshold
        ramp, steep, measured = math.nan, math.nan, {}
        if threshold is not None:
            reading = threshold.reading
            ramp = trial.contact.rate_to(threshold.pressed_s, reading.newtons)
            steep = trial.rate.from_10_to_90(threshold.pressed_s, reading.newtons)
            measured = {"report_n": reading.newtons, "report_uncertainty_n": reading.half_n}
        self.sheet.row(
            Kind.RAMP,
            end,
            trial.pain,
            guided=self._guided,
            **trial.contact.fields() | measured | more,
            ramp_n_per_s=ramp,
            rate_out_share=trial.rate.out_share,
            ramp_10_90_n_per_s=steep,
            rate_out=trial.rate.judge(ramp, steep),
            repetition=self._done + 1,
        )
        self.sheet.hold += self._guided

    @property
    def _guided(self) -> bool:
        """Its rate has limits, so that it can be guided."""
        return self._phase.slowest_n_per_s is not None or self._phase.fastest_n_per_s is not None

    @property
    def _rows(self) -> list[Hold]:
        """Rows of this phase so far."""
        return self.sheet.rows.since(self._rows_before)

    def _learn(self) -> None:
        """What was measured becomes what percent are of."""
        used = counted(self._rows, self._phase.discard_first)
        reports = [row.report_n for row in used]
        tolerances = [row.tolerance_n for row in used if not math.isnan(row.tolerance_n)]
        if not reports:
            self.sheet.references = self._known_before
            return
        if self._phase.measures == "maximum":
            self.sheet.learn(maximum_n=max(reports))
            return
        self.sheet.learn(threshold_n=sum(reports) / len(reports))
        if tolerances:
            self.sheet.learn(tolerance_n=sum(tolerances) / len(tolerances))

    def finish(self) -> None:
        """The stream ends: a trial still going on is closed."""
        if self._trial is not None and self._trial.contact.lasted_s >= self._phase.minimum_s:
            self._write(self._trial, HoldEnd.RECORDING_ENDED)
        self._trial = None

    def report(self, event: Event) -> None:
        """Threshold and tolerance, pain, the client's stop, what the practitioner asks for, and a report taken back."""
        trial = self._trial
        if event.kind is EventKind.UNDO:
            self._undo(event)
        elif event.kind is EventKind.NEXT and trial is None:
            self.leave()
        elif trial is None:
            self.judge(event, Pain(), holding=False)
        elif (ended := self.judge(event, trial.pain, holding=False)) is not None:
            stopped = {"stop_latency_s": latency_s(event)} if ended is HoldEnd.CLIENT_STOP else {}
            self._end(trial, ended, self.sheet.newest_s, **stopped)
        else:
            self._report(trial, event)

    @property
    def is_answer(self) -> bool:
        """A client's stop is the report of a threshold, or after it of the tolerance; one more changes nothing."""
        trial, measures = self._trial, self._phase.measures
        if trial is None:
            return measures != "maximum" and self.letting_go is not None and len(self._rows) > 0
        return measures == "threshold" or (measures == "both" and trial.threshold is not None)

    def _awaited(self, trial: Trial) -> frozenset[EventKind]:
        """What the client may report now: the force of that moment is what is measured."""
        if self._phase.measures == "both":
            return ANSWERS if trial.threshold is not None else frozenset({EventKind.THRESHOLD})
        return frozenset({EventKind.THRESHOLD, EventKind.CLIENT_STOP}) if self._phase.measures == "threshold" else NONE

    def _report(self, trial: Trial, event: Event) -> None:
        now_s, reading = self.sheet.newest_s, self.sheet.reading(pressed_s(event))
        kind, both = event.kind, self._phase.measures == "both"
        stopped = {"stop_latency_s": latency_s(event)} if kind is EventKind.CLIENT_STOP else {}
        if kind is EventKind.NEXT:
            self._end(trial, HoldEnd.OPERATOR, now_s)
        elif kind not in self._awaited(trial):
            return
        elif not reading.known:
            self._end(trial, HoldEnd.NO_DATA, now_s, **stopped)
            self.sheet.say(now_s, NO_DATA)
        elif both and trial.threshold is not None and kind in STOPS:
            found = {"tolerance_n": reading.newtons, "tolerance_uncertainty_n": reading.half_n}
            self._end(trial, HoldEnd.REPORTED, now_s, **found, **stopped)
            self._mark(event.time_s)
        else:
            trial.report(event, reading)
            if not both:
                self._end(trial, HoldEnd.REPORTED, now_s, **stopped)

    def _mark(self, time_s: float) -> None:
        """The newest row is due to a report that took effect then."""
        self._marks[time_s] = len(self.sheet.rows)
        self.sheet.measured_at.add(time_s)

    def _undo(self, event: Event) -> None:
        """A report was a mistake: a trial that it ended does not count and is done again."""
        if event.text == EventKind.NRS and self._trial is not None:
            self._trial.pain.take_back(event.value)
        if event.text not in ANSWERS:
            return
        if self._trial is not None and self._trial.rests_on(event.value):
            self._trial.take_back(event.value)
        elif (number := self._marks.pop(event.value, None)) is not None:
            self._withdraw(number)

    def _withdraw(self, number: int) -> None:
        row = self._rows[number - self._rows_before - 1]
        if row.end is HoldEnd.REPORTED:
            self.sheet.rows.amend(number, end=HoldEnd.WITHDRAWN)
            self._done -= 1
            if not self._done:
                self.rest.drop()
        else:
            names = ("report_n", "report_uncertainty_n", "ramp_n_per_s", "ramp_10_90_n_per_s")
            self.sheet.rows.amend(number, **dict.fromkeys(names, math.nan), rate_out=-1)
        self._learn()

    def takes_back(self, mark: Event) -> bool:
        """It is of a trial of this phase."""
        return mark.time_s in self._marks or (self._trial is not None and self._trial.rests_on(mark.time_s))

    @property
    def progress(self) -> HoldProgress:
        """Where things stand: the band is where an even rate would be by now."""
        trial, phase = self._trial, self._phase
        if trial is None:
            advice = Advice.LESS if self.letting_go is not None else Advice.READY
            state = HoldState.RELEASED if self._rows else HoldState.IDLE
            return HoldProgress(state, advice, phase.contact_n, phase.limit_n, 0.0, number=self.sheet.number - 1)
        low_n, high_n = self._corridor(trial)
        advice = self._advice(trial)
        return HoldProgress(
            HoldState.LOADING,
            advice,
            low_n,
            high_n,
            0.0,
            number=self.sheet.number,
            mean_n=trial.contact.mean_n,
            missing_s=trial.contact.missing_s,
        )

    def _corridor(self, trial: Trial) -> tuple[float, float]:
        phase, contact = self._phase, trial.contact
        seconds = contact.steps * self.sheet.period_s
        low = contact.start_n + (phase.slowest_n_per_s or 0.0) * seconds
        high = phase.limit_n if phase.fastest_n_per_s is None else contact.start_n + phase.fastest_n_per_s * seconds
        return min(low, phase.limit_n), min(high, phase.limit_n)

    def _advice(self, trial: Trial) -> Advice:
        rate = trial.rate.now
        if self._phase.fastest_n_per_s is not None and rate > self._phase.fastest_n_per_s:
            return Advice.LESS
        return Advice.MORE

    @property
    def pressing(self) -> bool:
        """A press is going on."""
        return self._trial is not None

    def facts(self, say: str) -> dict[str, Any]:
        """What it knows for the situation; ``say`` is what the phase says."""
        phase, trial = self._phase, self._trial
        rows = self._rows
        going_on = min(self._done + 1, phase.trials)
        return {
            "say": LET_GO if self.letting_go is not None else self._sentence(say),
            "let_go": self.letting_go is not None,
            "repetition": rows[-1].repetition if self.letting_go is not None and rows else going_on,
            "repetitions": phase.trials,
            "rest_left_s": self.rest.left(self.sheet.newest_s) if trial is None else 0.0,
            "rate_n_per_s": math.nan if trial is None else trial.rate.now,
            "slowest_n_per_s": math.nan if phase.slowest_n_per_s is None else phase.slowest_n_per_s,
            "fastest_n_per_s": math.nan if phase.fastest_n_per_s is None else phase.fastest_n_per_s,
            "target_n": math.nan if trial is None else sum(self._corridor(trial)) / 2,
            "last_report_n": rows[-1].report_n if rows else math.nan,
        }

    def _sentence(self, say: str) -> str:
        again = self._trial is None and self._rows and self._rows[-1].end is HoldEnd.NO_DATA
        return NO_DATA if again else say
