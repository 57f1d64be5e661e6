"""Follows a hold phase: finds holds by themselves, from contact to release, level by level."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from nmt_sense.coaching.cues import CueMaker
from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.levels import Levels
from nmt_sense.coaching.measuring import NO_DATA
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import HoldPhase
from nmt_sense.coaching.press import Press
from nmt_sense.coaching.runs import Edges, Run, Zone, steps
from nmt_sense.coaching.sheet import UNKNOWN, Reading, Sheet, latency_s
from nmt_sense.coaching.state import Advice, Cue, CueKind, HoldProgress, HoldState
from nmt_sense.coaching.waits import LET_GO, Countdown
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import HoldEnd, Kind

ENDS_LEVEL = {EventKind.EASED: HoldEnd.EASED, EventKind.BARRIER: HoldEnd.BARRIER}
COUNTED = frozenset(HoldEnd) - {HoldEnd.RELEASED, HoldEnd.RECORDING_ENDED, HoldEnd.WITHDRAWN}
"""Ends after which a repetition counts as done. Whoever lets go early presses again."""
SEARCH = "Press slowly harder until the client reports pain."


class HoldFollower(Follower):
    """Idle, loading, in the band, left the band, released.

    Missing scans freeze it: they add no time in the band, end nothing, and are counted. A touch (shorter than
    ``minimum_s``) leaves no trace. What else ends a hold (client, pain, limit) wants the hand off before the next.
    """

    def __init__(self, phase: HoldPhase, sheet: Sheet) -> None:
        super().__init__(sheet, phase.rest_s)
        self._phase = phase
        measured = None if phase.percent_of is None else sheet.measured(phase.percent_of)
        self._band = phase.edges(measured)
        self._patient_led = phase.ends == "eased"
        self._cues = CueMaker(phase, sheet.period_s)
        self.press: Press | None = None
        """The press going on, hold or still a touch."""
        self._done = 0
        self._rows_before = len(sheet.rows)
        self._written = False
        self._renew()

    def _renew(self) -> None:
        """Ready for the next repetition."""
        self._count()
        self._again = False
        self._since_s = math.nan
        self._levels = Levels(self._phase, self._band)
        self._limit = Countdown(self.sheet, self._phase.countdown_s if self._phase.ends != "time" else None)

    def _count(self) -> None:
        """However many levels it had, it was one hold."""
        self.sheet.hold += self._written
        self._written = False

    @property
    def edges(self) -> Edges:
        """The edges of the zones that the next run is to be cut by."""
        return self._levels.edges

    # -- scans ----------------------------------------------------------------------------------------------------

    def follow(self, run: Run) -> int:
        """Take a run, or its first rows: how many."""
        if self.press is None:
            return self._begin(run)
        rows = self._rows(self.press, run)
        part = run.first(rows)
        self._follow(self.press, part)
        return len(part)

    def _rows(self, press: Press, run: Run) -> int:
        """Rows until something is decided."""
        rows = min(len(run), press.rows_until_released(run))
        if self._phase.advance == "time":
            rows = min(rows, press.rows_until_in_band(run, press.wanted_steps))
        if self._phase.limit_s is not None:
            rows = min(rows, run.rows_until(self._limit.due_s(self._since_s + self._phase.limit_s)))
        return rows

    def _begin(self, run: Run) -> int:
        """A press begins with a scan that is in contact; one that goes on with the next level begins with any."""
        if run.zone < Zone.LOW and not (self._again and run.zone is not Zone.AWAY):
            if self._again:
                self._renew()
            rows = self.rest_rows(run)
            self._cue(run.first(rows), None)
            return rows
        first = run.first(1)
        self.press = Press(self._phase, self.edges, self.sheet.period_s, first)
        if not self._again:
            self._since_s = self.press.start_s
        self._again = False
        self._cue(first, self.press)
        return 1

    def _follow(self, press: Press, part: Run) -> None:
        before = press.in_band_steps
        press.add(part)
        self._levels.follow(part)
        self._count_down(press, before, part)
        self._cue(part, press)
        limit_s = self._phase.limit_s
        if press.released:
            done = press.done and not self._patient_led
            self._close(HoldEnd.COMPLETED if done else HoldEnd.RELEASED)
        elif press.done and self._phase.advance == "time":
            self._close(HoldEnd.COMPLETED)
        elif limit_s is not None:
            self._look_at_limit(float(part.time_s[-1]), self._since_s + limit_s)

    def _look_at_limit(self, time_s: float, limit_s: float) -> None:
        self._limit.look(time_s, limit_s)
        if time_s >= limit_s:
            self._end(HoldEnd.LIMIT, time_s, self.sheet.cue(Cue(time_s, CueKind.DONE)))

    def _cue(self, run: Run, press: Press | None) -> None:
        if not self._levels.searching:
            for cue in self._cues.add(run, press, self.edges):
                if cue.kind is not CueKind.DONE or self._phase.ends == "time":
                    self.sheet.cue(cue)

    def _count_down(self, press: Press, before: int, part: Run) -> None:
        """Say the whole seconds in the band that remain, each at the scan that reaches it."""
        for left in range(self._phase.countdown_s or 0, 0, -1) if self._phase.ends == "time" else ():
            at = press.wanted_steps - steps(float(left), self.sheet.period_s)
            if before < at <= press.in_band_steps:
                row = len(part) - 1 - (press.in_band_steps - at) if part.zone is Zone.BAND else 0
                self.sheet.count(float(part.time_s[row]), left)

    def is_off(self) -> None:
        """The hand that had to come off has."""
        self.over = self._all_done
        self._renew()

    @property
    def _all_done(self) -> bool:
        return self._phase.repetitions is not None and self._done >= self._phase.repetitions

    # -- ends -----------------------------------------------------------------------------------------------------

    def _close(self, end: HoldEnd) -> None:
        """The press is over, by letting go or by going on to the next phase at once."""
        written = self._write(end)
        self._done += written and end in COUNTED
        self._begin_rest(written)
        self.over = self._all_done
        self._renew()

    def _end(self, end: HoldEnd, at_s: float, chimed: bool = False, **more: Any) -> None:
        """Something else than letting go ends the repetition: the hand must be off before the next."""
        written = self._write(end, **more)
        self._done += 1
        self._again = False
        self._count()
        self._begin_rest(written)
        self.wait_for_off(at_s, self._phase.release_s, amends=written, chimed=chimed)

    def _begin_rest(self, written: bool) -> None:
        if written and self._done and not self._all_done:
            self.rest.begin()

    def _write(self, end: HoldEnd, **more: Any) -> bool:
        """A row for the press going on, unless it was a touch that nobody ended on purpose."""
        press, self.press = self.press, None
        if press is None or (
            end in (HoldEnd.RELEASED, HoldEnd.RECORDING_ENDED, HoldEnd.COMPLETED) and press.is_touch()
        ):
            return False
        self._written = True
        self.sheet.row(
            Kind.HOLD,
            end,
            self._levels.pain,
            **press.fields(),
            wanted_s=self._wanted_s(press),
            repetition=self._done + 1,
            level=self._levels.number,
            report_n=self._levels.report_n,
            report_uncertainty_n=self._levels.report_uncertainty_n,
            **more,
        )
        return True

    def _wanted_s(self, press: Press) -> float:
        """Of the time wanted, what was left for this level: less that of those before, and what the limit still gave.

        A single band has the whole time, for there only the time ends it.
        """
        if self._phase.ends == "time":
            return self._phase.hold_s
        left_s = self._phase.hold_s - self._levels.before_s
        if self._phase.limit_s is not None:
            limit_s = self._since_s + self._phase.limit_s
            left_s = min(left_s, limit_s - press.band_since_s - press.missing_s)
        return max(0.0, left_s)

    def _end_level(self, end: HoldEnd) -> None:
        """One increment is over: the next one begins with the next scan, or the hold is done."""
        if self._levels.last:
            now_s = self.sheet.newest_s
            self._end(end, now_s, self.sheet.cue(Cue(now_s, CueKind.DONE)))
            return
        held_s = 0.0 if self.press is None else self.press.in_band_s
        self._write(end)
        self._again = True
        self._levels.next(held_s)
        then = "Press slowly harder." if self._patient_led else "On to the next barrier."
        self.sheet.say(self.sheet.newest_s, f"Level {self._levels.number}. {then}")

    def finish(self) -> None:
        """The stream ends: a press still going on is closed."""
        if self.press is not None:
            self._write(HoldEnd.RECORDING_ENDED)

    # -- reports --------------------------------------------------------------------------------------------------

    def report(self, event: Event) -> None:
        """Pain, marks, the client's stop and what the practitioner asks for."""
        going_on = self.press is not None or self._again
        match event.kind:
            case EventKind.CLIENT_STOP | EventKind.NRS:
                self._feel(event, going_on)
            case EventKind.THRESHOLD:
                if going_on and self._levels.searching:
                    self._set_level(event, self._reading(event))
            case EventKind.EASED | EventKind.BARRIER:
                held = self.press is not None and not self._levels.searching
                if held and ENDS_LEVEL[event.kind].value == self._phase.ends:
                    self._end_level(ENDS_LEVEL[event.kind])
            case EventKind.UNDO:
                self._undo(event)
            case EventKind.NEXT:
                self._next(going_on)

    def _next(self, going_on: bool) -> None:
        if going_on:
            self._end(HoldEnd.OPERATOR, self.sheet.newest_s)
        else:
            self.leave()

    def _feel(self, event: Event, going_on: bool) -> None:
        """The rules of pain, and what leads from level to level."""
        press, levels = self.press, self._levels
        found = going_on and event.kind is EventKind.NRS and levels.searching and levels.is_pain(event.value)
        reading = self._reading(event)
        sets = found and reading.known
        holding = press is not None and not levels.searching and press.entered
        ended = self.judge(event, levels.pain if going_on else Pain(), holding or sets)
        if ended is not None and going_on:
            stopped: dict[str, Any] = {"stop_latency_s": latency_s(event)} if ended is HoldEnd.CLIENT_STOP else {}
            self._end(ended, self.sheet.newest_s, **stopped)
        elif ended is None and found:
            self._set_level(event, reading)
        elif ended is None and self._patient_led and holding and levels.eases(event):
            self._end_level(HoldEnd.EASED)

    def _reading(self, event: Event) -> Reading:
        """The force of a report; unknown while no scan of this level has come."""
        return UNKNOWN if self.press is None else self.sheet.reading(event.time_s)

    def _set_level(self, event: Event, reading: Reading) -> None:
        """The client reported: hold the force of this moment, if it is known."""
        if self.press is None or not reading.known:
            self._levels.missed_s = event.time_s
            self.sheet.say(self.sheet.newest_s, NO_DATA)
        else:
            self._levels.set(event, reading, self.press, self._cues)
            self.sheet.say(self.sheet.newest_s, "Hold this force.")

    def _undo(self, event: Event) -> None:
        """A mark was a mistake. What it ended stays ended; a level that it had set is looked for again."""
        unset = self._levels.take_back(event)
        if unset is not None and self.press is not None:
            self.press, self._cues = unset
            self.sheet.say(self.sheet.newest_s, SEARCH)

    # -- what is shown --------------------------------------------------------------------------------------------

    @property
    def progress(self) -> HoldProgress:
        """Where things stand after the newest scan."""
        press = self.press
        if press is None:
            return self._resting()
        return replace(
            self._blank(),
            state=self._state(press),
            advice=self._advice(press),
            number=self.sheet.number,
            in_band_s=press.in_band_s,
            error_n=press.error_n,
            mean_n=press.mean_n,
            lapses=press.lapses,
            missing_s=press.missing_s,
        )

    def _blank(self) -> HoldProgress:
        """The band always has numbers: from contact to the ceiling while none is known."""
        edges = self.edges
        low_n = edges.low_n if math.isfinite(edges.low_n) else edges.contact_n
        high_n = edges.high_n if math.isfinite(edges.high_n) else self._band.high_n
        return HoldProgress(HoldState.IDLE, Advice.READY, low_n, max(high_n, low_n), self._phase.hold_s)

    def _resting(self) -> HoldProgress:
        advice = Advice.LESS if self.letting_go is not None else Advice.READY
        blank = replace(self._blank(), advice=advice)
        last = self.sheet.rows.last
        if last is None or len(self.sheet.rows) == self._rows_before:
            return blank
        return replace(
            blank,
            state=HoldState.RELEASED,
            number=last.number,
            in_band_s=last.in_band_s,
            mean_n=last.mean_n,
            lapses=last.lapses,
            missing_s=last.missing_s,
        )

    @staticmethod
    def _state(press: Press) -> HoldState:
        if not press.entered:
            return HoldState.LOADING
        return HoldState.LEFT_BAND if press.lapsed else HoldState.IN_BAND

    def _advice(self, press: Press) -> Advice:
        if press.done and self._phase.ends == "time":
            return Advice.DONE
        if press.entered and not press.lapsed:
            return Advice.HOLD
        return Advice.LESS if press.error_n > 0 else Advice.MORE

    @property
    def pressing(self) -> bool:
        """A press is going on."""
        return self.press is not None

    def facts(self, say: str) -> dict[str, Any]:
        """What it knows for the situation; ``say`` is what the phase says."""
        phase, press = self._phase, self.press
        loading = press is not None and not press.entered
        left = (
            math.nan if phase.limit_s is None or press is None else self._since_s + phase.limit_s - self.sheet.newest_s
        )
        repetition = max(1, self._done + (0 if self.letting_go is not None else 1))
        return {
            "say": self._sentence(say),
            "let_go": self.letting_go is not None,
            "repetition": repetition,
            "repetitions": phase.repetitions or 0,
            "level": self._levels.number,
            "levels": phase.levels or 1,
            "searching": self._levels.searching,
            "left_s": left,
            "rest_left_s": self.rest.left(self.sheet.newest_s) if press is None else 0.0,
            "rate_n_per_s": press.rate.now if press is not None and loading else math.nan,
            "fastest_n_per_s": phase.fastest_n_per_s or math.nan,
            "last_report_n": self._levels.report_n,
        }

    def _sentence(self, say: str) -> str:
        if self.letting_go is not None:
            return LET_GO
        if not self._patient_led or self.press is None:
            return say
        if self._levels.searching:
            return SEARCH if math.isnan(self._levels.missed_s) else NO_DATA
        return "Hold this force until the pain has eased."
