"""Schedules of feedback: which holds are guided by cues and display, and which are done without."""

from __future__ import annotations

import enum
import math

import msgspec

from nmt_sense.coaching.phases import Count, Positive, Strict, check_sources, numbers
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.errors import TechniqueError


class Schedule(enum.StrEnum):
    """When guidance is given."""

    CONSTANT = "constant"
    """In every hold."""
    BANDWIDTH = "bandwidth"
    """Only when the error is larger than the schedule's bandwidth."""
    FADED = "faded"
    """In every hold at first, then in fewer and fewer, at last in none."""
    ON_REQUEST = "on_request"
    """In a hold for which the practitioner asked."""
    NONE = "none"
    """Never: a retention test."""
    TERMINAL = "terminal"
    """Never during a hold; its result is shown afterwards."""


GUIDING = frozenset({CueKind.TOO_LITTLE, CueKind.TOO_MUCH, CueKind.DONE})
"""Cues that are guidance. All others (alarm, letting go, lost data, words) always sound."""


NEVER = frozenset({Schedule.NONE, Schedule.TERMINAL})
"""Schedules without any guidance."""


class FeedbackPlan(Strict, frozen=True, kw_only=True):
    """The schedule of a technique."""

    schedule: Schedule = Schedule.CONSTANT
    bandwidth_n: Positive | None = None
    """``bandwidth``: newtons outside the band from which on cues sound."""
    fade_holds: Count | None = None
    """``faded``: the share of guided holds falls evenly from all to none over so many."""
    sources: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.schedule is Schedule.BANDWIDTH) != (self.bandwidth_n is not None):
            raise ValueError('bandwidth_n belongs to schedule = "bandwidth", and is needed there')
        if (self.schedule is Schedule.FADED) != (self.fade_holds is not None):
            raise ValueError('fade_holds belongs to schedule = "faded", and is needed there')
        check_sources(self.sources, set(numbers(self)), "feedback")


def plan_from(words: str) -> FeedbackPlan:
    """A plan as it is written on a command line: ``none``, ``bandwidth:4`` (N), ``faded:10`` (holds) and so on.

    Raises :class:`TechniqueError` for what is no schedule.
    """
    name, _, amount = words.partition(":")
    fields = {"bandwidth": "bandwidth_n", "faded": "fade_holds"}
    table: dict[str, object] = {"schedule": name.replace("-", "_")}
    try:
        if name in fields:
            table |= {fields[name]: float(amount), "sources": {fields[name]: "set for this session"}}
            if name == "faded":
                table["fade_holds"] = int(amount)
        return msgspec.convert(table, FeedbackPlan)
    except (ValueError, OverflowError):  # msgspec.ValidationError is a ValueError
        known = "constant, bandwidth:NEWTONS, faded:HOLDS, on-request, none or terminal"
        raise TechniqueError(f'"{words}" is no schedule of feedback; use {known}.') from None


class FeedbackGate:
    """Lets guidance through, or not, hold by hold. Holds are told apart by their number: presses that can be guided are
    counted (:attr:`Sheet.hold`), not rows, so that one decision holds for all levels of a hold."""

    def __init__(self, plan: FeedbackPlan) -> None:
        self.plan = plan
        self._asked_for = 0

    def ask(self, number: int) -> None:
        """The practitioner asks for guidance in this hold."""
        self._asked_for = number

    def guided(self, number: int) -> bool:
        """True when hold ``number`` (1, 2 ...) is guided."""
        match self.plan.schedule:
            case Schedule.CONSTANT | Schedule.BANDWIDTH:
                return True
            case Schedule.FADED:
                return _faded(number, self.plan.fade_holds or 1)
            case Schedule.ON_REQUEST:
                return self._asked_for == number
            case Schedule.NONE | Schedule.TERMINAL:
                return False

    def shown(self, number: int, resting: bool) -> bool:
        """True when force and target may be shown: when guided, and between holds unless this is a retention test."""
        return self.guided(number) or (resting and self.plan.schedule is not Schedule.NONE)

    def lets(self, cue: Cue, number: int) -> bool:
        """True when a cue of hold ``number`` may sound."""
        if cue.kind not in GUIDING:
            return True
        small = self.plan.bandwidth_n is not None and cue.error_n < self.plan.bandwidth_n
        return self.guided(number) and not small

    def word(self, number: int | None) -> str:
        """What is kept with hold ``number``, or with a row that nothing could guide (None)."""
        off = self.plan.schedule in NEVER if number is None else not self.guided(number)
        return f"{self.plan.schedule.value}{', off' if off else ''}"


def _faded(number: int, fade_holds: int) -> bool:
    """Guided holds are spread evenly: hold k is one when the sum of the shares up to it passes a whole number."""
    before, now = (_sum_of_shares(k, fade_holds) for k in (number - 1, number))
    return math.floor(now + 1e-9) > math.floor(before + 1e-9)


def _sum_of_shares(holds: int, fade_holds: int) -> float:
    """Sum over hold 1..k of the share 1 - (k - 1) / fade_holds, 0 from then on."""
    k = min(holds, fade_holds)
    return k - k * (k - 1) / 2 / fade_holds
