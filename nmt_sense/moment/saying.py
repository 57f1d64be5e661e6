"""What to do now, in a word and a sentence, for every kind of phase: pure functions of the pipeline's state."""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass

from nmt_sense.coaching.phases import HoldPhase, Phase
from nmt_sense.coaching.state import Advice, HoldProgress, HoldState, PhaseKind, Situation
from nmt_sense.coaching.words import TECHNIQUE as WORDS_EXERCISE
from nmt_sense.coaching.words import exercise
from nmt_sense.moment.numbers import force, number
from nmt_sense.moment.summing_up import ENDED, ended, summary
from nmt_sense.state import LiveState
from nmt_sense.units import minutes_seconds

ROLES = {"relax": "RELAX", "stretch": "STRETCH", "rest": "REST", "wait": "PAUSE"}


class Tone(enum.Enum):
    """Which colour and texture, and which words go with them."""

    NEUTRAL = "right"
    LOW = "too little"
    HIGH = "too much"
    STALE = "old"


@dataclass(frozen=True, slots=True)
class Saying:
    """A word, its colour and arrow, and a sentence."""

    tone: Tone
    word: str
    arrow: int
    sentence: str
    say: str | None = None
    """In place of what the phase says."""


def phase_of(state: LiveState) -> Phase | None:
    """The phase that goes on; None when it is not known."""
    plan, situation = state.plan, state.situation
    if plan is None or situation is None or not 1 <= situation.phase <= len(plan.phases):
        return None
    phase = plan.phases[situation.phase - 1]
    return phase if phase.__struct_config__.tag == situation.kind.value else None


def pressing(progress: HoldProgress) -> bool:
    """A press goes on."""
    return progress.state in (HoldState.LOADING, HoldState.IN_BAND, HoldState.LEFT_BAND)


def saying(state: LiveState, decimals: int) -> Saying:
    """What to do at a moment whose data are not old."""
    situation, progress = state.situation, state.progress
    if situation is None:
        return _by_band(progress, decimals)
    if situation.above_ceiling:
        ceiling = state.plan.force_ceiling_n if state.plan else None
        told = f"Above the ceiling{f' of {ceiling:g} N' if ceiling else ''}: ease off now."
        return Saying(Tone.HIGH, "LESS", -1, "", told)
    if situation.finished:
        told = summary(state)
        return Saying(Tone.NEUTRAL, "DONE", 0, "N begins anew", f"{told[:1].upper()}{told[1:]}.")
    if situation.let_go:
        told = ended(state)
        return Saying(Tone.HIGH, "LET GO", -1, "", f"{told[:1].upper()}{told[1:]}." if told else "")
    if situation.halted is not None:
        told = ENDED[situation.halted]
        return Saying(Tone.HIGH, "STOPPED", 0, "", f"{told[:1].upper()}{told[1:]}. N goes on.")
    if situation.kind is PhaseKind.TIMED:
        role = getattr(phase_of(state), "role", "rest")
        return Saying(Tone.NEUTRAL, ROLES[role], 0, ended(state))
    if resting(state):
        return Saying(Tone.NEUTRAL, "REST", 0, ended(state), "Take the hand off before the next one.")
    if situation.blinded:
        return _blinded(state, situation)
    return _pressed(state, situation, decimals)


def resting(state: LiveState) -> bool:
    """Between two repetitions, and the rest is not over."""
    return state.situation is not None and state.situation.rest_left_s > 0 and not pressing(state.progress)


def word_asked_for(state: LiveState) -> str:
    """The word for a pressure that the exercise asks for now; empty in every other technique."""
    if state.plan is None or state.situation is None or state.plan.name != WORDS_EXERCISE:
        return ""
    asked = _exercise()
    return asked[min(state.situation.repetition, len(asked)) - 1]


@functools.cache
def _exercise() -> tuple[str, ...]:
    return tuple(exercise())


def _blinded(state: LiveState, situation: Situation) -> Saying:
    asked = word_asked_for(state)
    told = "blinded: recorded, not shown"
    if situation.schedule == "on_request":
        told = "blinded: R shows this one"
    return Saying(Tone.NEUTRAL, asked.upper() or "BLIND", 0, told)


def _pressed(state: LiveState, situation: Situation, decimals: int) -> Saying:
    going_on = pressing(state.progress)
    match situation.kind:
        case PhaseKind.RAMP if going_on:
            return by_rate(situation)
        case PhaseKind.STROKES:
            return _stroke(state, going_on)
        case PhaseKind.HOLD if situation.searching and going_on:
            return by_rate(situation)
        case _ if going_on or state.progress.advice is not Advice.READY:
            return _by_band(state.progress, decimals)
    return Saying(Tone.NEUTRAL, "READY", 0, _ready(state))


def by_rate(situation: Situation) -> Saying:
    """Only the loading rate can be wrong."""
    rate, slowest, fastest = situation.rate_n_per_s, situation.slowest_n_per_s, situation.fastest_n_per_s
    if rate > fastest:
        return Saying(Tone.HIGH, "SLOWER", -1, f"{number(rate, 1)} N/s, {number(fastest, 1)} at most")
    if rate < slowest:
        return Saying(Tone.LOW, "FASTER", 1, f"{number(rate, 1)} N/s, {number(slowest, 1)} at least")
    return Saying(Tone.NEUTRAL, "GO ON", 0, "")


def _stroke(state: LiveState, going_on: bool) -> Saying:
    if state.progress.advice is Advice.LESS:
        return Saying(Tone.HIGH, "LESS", -1, "this stroke is above the band")
    told = "" if going_on or not state.holds else _stroke_told(state)
    return Saying(Tone.NEUTRAL, "STROKE", 0, told)


def _stroke_told(state: LiveState) -> str:
    last = state.holds[-1]
    side = "in" if last.low_n <= last.peak_n <= last.high_n else ("under" if last.peak_n < last.low_n else "over")
    return f"stroke {last.number}: peak {force(last.peak_n, last.peak_uncertainty_n)}, {side} the band"


def _by_band(progress: HoldProgress, decimals: int) -> Saying:
    advice = progress.advice
    tone = {Advice.MORE: Tone.LOW, Advice.LESS: Tone.HIGH}.get(advice, Tone.NEUTRAL)
    arrow = {Advice.MORE: 1, Advice.LESS: -1}.get(advice, 0)
    return Saying(tone, advice.value, arrow, _distance(progress, decimals))


def _distance(progress: HoldProgress, decimals: int) -> str:
    off = number(abs(progress.error_n), max(decimals, 1 if abs(progress.error_n) < 1 else 0))
    match progress.advice:
        case Advice.MORE:
            return f"{off} N under the band"
        case Advice.LESS:
            return f"{off} N over the band"
        case Advice.DONE:
            return f"{minutes_seconds(progress.wanted_s)} in the band: let go"
        case Advice.HOLD:
            return "steady" if progress.error_n == 0 else _leaving(progress, off)
        case _:
            return "rest on the point and press"


def _leaving(progress: HoldProgress, off: str) -> str:
    return f"{off} N {'under' if progress.error_n < 0 else 'over'}, still counted"


def _ready(state: LiveState) -> str:
    if state.holds:
        return ended(state)
    return "rest on the point and press"


def until(phase: Phase | None) -> str:
    """What ends a hold that no clock ends."""
    ends = phase.ends if isinstance(phase, HoldPhase) else "time"
    return {"eased": "until eased", "barrier": "until it gives way"}.get(ends, "")
