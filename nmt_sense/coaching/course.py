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
from nmt_sense.coaching.phases import FollowPhase, HoldPhase, Phase, RampPhase, StrokesPhase, TimedPhase
from nmt_sense.coaching.ramp import RampFollower
from nmt_sense.coaching.rows import Rows
from nmt_sense.coaching.runs import Edges, RunCutter
from nmt_sense.coaching.sheet import Place, Sheet
from nmt_sense.coaching.state import Cue, HoldProgress, HoldState, PhaseKind, Situation
from nmt_sense.coaching.strokes import StrokesFollower
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.timed import TimedFollower
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold

NOTHING = Edges(math.inf, math.inf)


class Course:
    """Leads through the phases of a technique. No clock; results do not depend on how the stream is cut."""

    def __init__(self, technique: Technique, period_s: float) -> None:
        self._technique = technique
        self._sheet = Sheet(technique, period_s)
        self._cutter = RunCutter()
        self._ceiling = CeilingWatch(technique.force_ceiling_n, period_s)
        self._rounds = technique.rounds or 1
        self._no_gain = False
        self._at = 0
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
    def newest_s(self) -> float:
        """Time of the newest scan taken, s."""
        return self._sheet.newest_s

    # -- scans and events -----------------------------------------------------------------------------------------

    def feed(self, block: ForceBlock) -> list[Cue]:
        """Take the next forces; returns the cues that fall into them, in order."""
        if not len(block):
            return self._sheet.take_cues()
        self._sheet.remember(block)
        alarms = self._ceiling.look(block)
        self._cutter.load(block)
        while (run := self._cutter.run(self._edges)) is not None:
            taken = len(run) if self.follower is None else self.follower.add(run)
            self._cutter.used(taken)
            self._sheet.newest_s = float(run.time_s[taken - 1])
            self._go_on()
        cues = self._sheet.take_cues()
        return sorted([*cues, *alarms], key=_time) if alarms else cues

    def report(self, event: Event) -> None:
        """Something was reported or asked for; it takes effect after the newest scan taken."""
        sheet = self._sheet
        if event.kind is EventKind.NRS:
            sheet.pain = event.value
        elif event.kind is EventKind.FEEDBACK:
            sheet.gate.ask(sheet.number)
        elif event.kind is EventKind.NO_GAIN:
            self._no_gain = True
        if self.follower is not None:
            self.follower.report(event)
            self._go_on()
        elif event.kind is EventKind.NEXT:
            self._again()

    def take_cues(self) -> list[Cue]:
        """Cues that an event called for."""
        return self._sheet.take_cues()

    def finish(self) -> None:
        """The stream ended: whatever goes on is closed at the newest scan."""
        if self.follower is not None:
            self.follower.finish()

    @property
    def _edges(self) -> Edges:
        return NOTHING if self.follower is None else self.follower.edges

    # -- from phase to phase --------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """To the next phase when one is over; what it says is heard at once."""
        if self.follower is not None and self.follower.over:
            self._begin(self._first(self._at + 1))
            sheet = self._sheet
            sheet.say(sheet.newest_s, "Finished." if self.follower is None else self._say)

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
                self.follower = None
                return
            place.round += 1
            at = self._first(0)
        self._at = at
        self._sheet.place = Place(at + 1, place.round)
        self.follower = follower_for(self._technique.phases[at], self._sheet)

    def _again(self) -> None:
        """From the beginning; what was measured stays known, and is measured anew."""
        self._no_gain = False
        self._sheet.place = Place()
        self._begin(self._first(0))
        self._sheet.say(self._sheet.newest_s, self._say)

    @property
    def _say(self) -> str:
        phase = self._technique.phases[self._at]
        return phase.say or f"{phase.title}."

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
        phase, sheet, follower = self._technique.phases[self._at], self._sheet, self.follower
        known, gate, number = sheet.references, sheet.gate, sheet.number
        facts: dict[str, Any] = {
            "kind": PhaseKind(str(phase.__struct_config__.tag)),
            "title": phase.title,
            "say": "Finished." if follower is None else self._say,
            "phase": self._at + 1,
            "phases": len(self._technique.phases),
            "round": sheet.place.round,
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
        }
        return Situation(**facts if follower is None else facts | follower.facts(facts["say"]))


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


def _time(cue: Cue) -> float:
    return cue.time_s


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
