"""The course of a technique: phase after phase, round after round, each phase followed by its own follower."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.ceiling import CeilingWatch
from nmt_sense.coaching.follow import FollowFollower
from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.hold import HoldFollower
from nmt_sense.coaching.measuring import measured_by, measures, once_more, unknown, without
from nmt_sense.coaching.phases import FollowPhase, HoldPhase, Phase, RampPhase, StrokesPhase, TimedPhase
from nmt_sense.coaching.ramp import RampFollower
from nmt_sense.coaching.rows import Rows
from nmt_sense.coaching.runs import Edges, Run, RunCutter
from nmt_sense.coaching.sheet import Place, Sheet
from nmt_sense.coaching.state import Cue, HoldProgress, HoldState, PhaseKind, Situation
from nmt_sense.coaching.strokes import StrokesFollower
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.timed import TimedFollower
from nmt_sense.coaching.totals import Tally, Totals
from nmt_sense.coaching.waits import STOPPED, Halted
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold, HoldEnd

NOTHING = Edges(math.inf, math.inf)
SPOKEN_S = 2.0
"""What is said of a phase takes about so long (assumed)."""
LEADS_ON = frozenset({EventKind.NEXT, EventKind.EASED, EventKind.BARRIER})
"""Marks that lead on at once: what they ended stays ended."""


class Course:
    """Leads through the phases of a technique. No clock; results do not depend on how the stream is cut."""

    def __init__(self, technique: Technique, period_s: float) -> None:
        self._technique = technique
        self._sheet = Sheet(technique, period_s)
        self._tally = Tally(technique, self._sheet.rows)
        self._rows_before = 0
        """So many rows are of courses before."""
        self._cutter = RunCutter()
        self._ceiling = CeilingWatch(technique.force_ceiling_n, period_s)
        self._rounds = technique.rounds or 1
        self._no_gain: set[float] = set()
        """When the practitioner found that another round gained nothing."""
        self._ended_by: set[float] = set()
        """Of these, those by which the technique ended."""
        self._at = 0
        self._begun = self._resuming = False
        self._halted: tuple[HoldEnd, Halted] | None = None
        self._stopped_at: int | None = None
        """So many rows there were when the client stopped something that nothing leads on from."""
        self._done_without: set[str] = set()
        """What the practitioner went on without having measured."""
        self._first_words = ""
        """What is said before the words of the phase going on."""
        self.follower: Follower | None = None
        """What follows the phase going on; None when all are done."""
        self._begin(self._first(0))

    @property
    def holds(self) -> list[Hold]:
        """Finished rows, oldest first."""
        return self._sheet.rows.since(0)

    @property
    def rows(self) -> Rows:
        """The same, as they are kept."""
        return self._sheet.rows

    @property
    def totals(self) -> Totals:
        """What they come to."""
        return self._tally.totals(None if self.follower is not None else self._rows_before)

    @property
    def newest_s(self) -> float:
        """Time of the newest scan taken, s."""
        return self._sheet.newest_s

    # -- scans and events -----------------------------------------------------------------------------------------

    def feed(self, block: ForceBlock) -> list[Cue]:
        """Take the next forces; returns the cues that fall into them, in order."""
        if not len(block):
            return self._sheet.take_cues()
        residue = self._sheet.remember(block)
        if not self._begun:
            self._begun = True
            self._sheet.say(float(block.time_s[0]), self._words)
        alarms = self._ceiling.look(block)
        self._cutter.load(block, residue)
        while (run := self._cutter.run(self._edges)) is not None:
            if taken := self._take(run):
                self._cutter.used(taken)
                self._sheet.newest_s = float(run.time_s[taken - 1])
            self._go_on()
        cues = self._sheet.take_cues()
        return sorted([*cues, *alarms], key=_time) if alarms else cues

    def expect(self, scan: int) -> None:
        """That scan comes next: what is reported now was reported before it, and those up to it are missing."""
        self._sheet.next_scan = scan

    def report(self, event: Event) -> None:
        """Something was reported or asked for; it takes effect after the newest scan taken."""
        sheet, follower = self._sheet, self.follower
        sheet.heed(event)
        if event.kind is EventKind.FEEDBACK:
            sheet.gate.ask(sheet.hold)
        elif event.kind is EventKind.NO_GAIN:
            self._no_gain.add(event.time_s)
        elif event.kind is EventKind.UNDO and event.text == EventKind.NO_GAIN:
            self._no_gain.discard(event.value)
        if follower is None:
            if event.kind is EventKind.NEXT:
                self._again()
        elif event.kind is EventKind.NEXT and self._stopped_at == len(self.rows) and not follower.pressing:
            self._stopped_at = None  # nothing was halted: it goes on already
            self._resuming = True
            self._go_on()
        elif self._halted is None or event.kind is EventKind.UNDO:
            follower.report(event)
            self._halt(follower)
            self._go_on(asked=event.kind is EventKind.NEXT)
        elif event.kind is EventKind.NEXT:
            self._resume(follower)

    def takes_back(self, mark: Event) -> bool:
        """Taking this mark back would make it as if it had never been; what is over stays as it is."""
        if mark.kind in LEADS_ON or (mark.kind is EventKind.NO_GAIN and mark.time_s in self._ended_by):
            return False
        within = self.follower is not None and self.follower.takes_back(mark)
        return within or mark.time_s not in self._sheet.measured_at

    @property
    def is_answer(self) -> bool:
        """The client's button would be the answer that is waited for, and no stop."""
        return self.follower is not None and self.follower.pressing and self.follower.is_answer

    def take_cues(self) -> list[Cue]:
        """Cues that an event called for."""
        return self._sheet.take_cues()

    def finish(self) -> None:
        """The stream ended: whatever goes on is closed at the newest scan."""
        if self.follower is not None:
            self.follower.finish()

    @property
    def _phase(self) -> Phase:
        """The one going on, or the last."""
        return self._technique.phases[self._at]

    @property
    def _edges(self) -> Edges:
        if self.follower is None:
            return NOTHING
        return self.follower.edges if self._waiting is None else self._waiting.edges

    def _take(self, run: Run) -> int:
        if self.follower is None:
            return len(run)
        return self.follower.add(run) if self._waiting is None else self._waiting.add(run)

    # -- what the client stopped -----------------------------------------------------------------------------------

    @property
    def _waiting(self) -> Halted | None:
        """What takes the scans after a stop, once the hand is off."""
        off = self.follower is not None and self.follower.letting_go is None
        return self._halted[1] if self._halted is not None and off else None

    def _halt(self, follower: Follower) -> None:
        """After the client's stop or pain nothing goes on by itself.

        Holds without end are the exception: there nothing is asked for, and the next one is the practitioner's own.
        """
        stopped, follower.stopped = follower.stopped, None
        led = getattr(self._phase, "repetitions", 1) is not None
        if stopped is not None and not led:
            self._stopped_at = len(self.rows)
        elif stopped is not None and self._halted is None:
            self._halted, self._resuming = (stopped, Halted(self._sheet)), False

    def _resume(self, follower: Follower) -> None:
        """The practitioner goes on: at once, or when a hand that is on is off."""
        self._halted, self._resuming = None, True
        if follower.rest.left(self._sheet.newest_s) <= 0:
            follower.rest.drop()
        self._hand_off(follower)
        self._go_on()

    def _hand_off(self, follower: Follower) -> None:
        """The practitioner asked for what comes: a hand that is on does not press for it, and has to come off first."""
        now_s = self._sheet.newest_s
        if follower.letting_go is None and self._sheet.is_on(now_s, self._technique.contact):
            follower.wait_for_off(now_s, self._technique.release_s, amends=False)

    # -- from phase to phase --------------------------------------------------------------------------------------

    def _go_on(self, asked: bool = False) -> None:
        """To the next phase when one is over; what it says is heard at once, or when a hand that has to come off is.

        ``asked``: by the practitioner, at this instant.
        """
        if self._halted is not None:
            if self._waiting is not None:
                self._waiting.announce()
        elif self.follower is None or self.follower.letting_go is not None:
            return
        elif self.follower.over:
            self._resuming = False
            left = self._phase
            if self.follower.skipped:
                self._done_without.update(measures(left))
            self._begin(self._first(self._at + 1))
            self._introduce(asked, pause=_is_pause(left) or _is_pause(self._phase))
        elif self._resuming:
            self._resuming = False
            self._sheet.say(self._sheet.newest_s, self._words)

    def _introduce(self, asked: bool, pause: bool = False) -> None:
        """Say what comes; what was asked for with a hand on begins when that is off. A timed phase may have it on.

        Of a pause between two strokes nothing is said, nor of what follows it: words would last longer.
        """
        sheet, follower = self._sheet, self.follower
        if asked and follower is not None and not isinstance(follower, TimedFollower):
            self._hand_off(follower)
            self._resuming = follower.letting_go is not None
        if not self._resuming and not (pause and follower is not None):
            sheet.say(sheet.newest_s, "Finished." if follower is None else self._words)

    def _first(self, at: int) -> int:
        """The phase at ``at`` or the next one after it that belongs to this round."""
        phases, later = self._technique.phases, self._sheet.place.round > 1
        while at < len(phases) and later and phases[at].first_round_only:
            at += 1
        return at

    def _begin(self, at: int) -> None:
        place = self._sheet.place
        if at == len(self._technique.phases):
            if self._no_gain or place.round >= self._rounds:
                self._ended_by |= self._no_gain
                self.follower = None
                return
            place.round += 1
            at = self._first(0)
        self._at = at = self._measured_first(at)
        self._sheet.place = Place(at + 1, place.round, place.course)
        self.follower = follower_for(self._technique.phases[at], self._sheet)

    def _measured_first(self, at: int) -> int:
        """The phase at ``at``, or the one that has to measure first: no band is one of unrelated newtons unsaid."""
        phase = self._technique.phases[at]
        self._first_words = ""
        what = unknown(phase, self._sheet.references)
        if what is None or not isinstance(phase, HoldPhase):
            return at
        before = measured_by(self._technique.phases[:at], what)
        if before is None or what in self._done_without:
            self._first_words = f"{without(what, phase)} "
            return at
        self._first_words = f"{once_more(what)} "
        return before

    def _again(self) -> None:
        """From the beginning, mostly at another spot: what was measured there is not known here."""
        self._no_gain.clear()
        self._done_without.clear()
        self._sheet.references = self._technique.references
        self._sheet.place = Place(course=self._sheet.place.course + 1)
        self._rows_before = len(self.rows)
        self._begin(self._first(0))
        self._introduce(asked=True)

    @property
    def _words(self) -> str:
        """What is said when the phase begins."""
        phase = self._phase
        return f"{self._first_words}{phase.say or f'{phase.title}.'}"

    # -- what is shown --------------------------------------------------------------------------------------------

    @property
    def progress(self) -> HoldProgress:
        """The hold going on, or the last one."""
        if self.follower is not None:
            return self.follower.progress
        last = follower_for(self._technique.phases[-1], self._sheet).progress
        return replace(last, state=HoldState.RELEASED, number=len(self.rows))

    @property
    def situation(self) -> Situation:
        """Where in the technique things are. Asked for with every block, so it is made in one go."""
        phase, sheet, follower = self._phase, self._sheet, self.follower
        known, gate, number = sheet.references, sheet.gate, sheet.hold
        facts: dict[str, Any] = {
            "kind": PhaseKind(str(phase.__struct_config__.tag)),
            "title": phase.title,
            "say": "Finished." if follower is None else self._words,
            "phase": self._at + 1,
            "phases": len(self._technique.phases),
            "round": sheet.place.round,
            "course": sheet.place.course,
            "rounds": self._rounds,
            "repetition": 1,
            "repetitions": 1,
            "last_end": None if sheet.rows.last is None else sheet.rows.last.end,
            "threshold_n": _or_nan(known.threshold_n),
            "tolerance_n": _or_nan(known.tolerance_n),
            "maximum_n": _or_nan(known.maximum_n),
            "pain": sheet.pain,
            "above_ceiling": self._ceiling.above,
            "guided": gate.guided(number),
            "blinded": not gate.shown(number, resting=follower is None or not follower.pressing),
            "schedule": gate.plan.schedule.value,
            "finished": follower is None,
            "halted": None if self._halted is None else self._halted[0],
        }
        if follower is not None:
            facts |= follower.facts(STOPPED if self._waiting is not None else facts["say"])
        return Situation(**facts)


def follower_for(phase: Phase, sheet: Sheet) -> Follower:
    """What follows such a phase."""
    match phase:
        case HoldPhase():
            return HoldFollower(phase, sheet)
        case RampPhase():
            return RampFollower(phase, sheet)
        case TimedPhase():
            return TimedFollower(phase, sheet)
        case StrokesPhase():
            return StrokesFollower(phase, sheet)
        case FollowPhase():
            return FollowFollower(phase, sheet)


def _is_pause(phase: Phase) -> bool:
    return isinstance(phase, TimedPhase) and phase.duration_s < SPOKEN_S


def _time(cue: Cue) -> float:
    return cue.time_s


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
