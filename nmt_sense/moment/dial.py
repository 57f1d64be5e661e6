"""What the ring shows in each kind of phase: digits, a caption, and how far round."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nmt_sense.coaching.phases import HoldPhase, Phase, RampPhase, StrokesPhase
from nmt_sense.coaching.state import HoldState, PhaseKind, Situation
from nmt_sense.moment.numbers import countdown, half_width, number, plain
from nmt_sense.moment.saying import phase_of, pressing, resting, until
from nmt_sense.moment.summing_up import counted, noun
from nmt_sense.state import LiveState
from nmt_sense.units import minutes_seconds

ROUNDING_S = 1e-6
"""Of a difference: a second that is full counts."""
GAUGE = 2.0
"""A full turn is so many times the fastest loading rate."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Digits, what they are, and an arc."""

    digits: str
    under: str
    """Caption under the digits."""
    fraction: float
    """Length of the arc, 0..1."""
    limits: tuple[float, ...] = ()
    """Where the arc should end, as fractions: two ticks, with the part between them marked."""
    far: str = ""
    """In one line, for the distance view."""
    past: bool = False
    """The digits are those of a press that is over; the caption says of which."""
    force: bool = False
    """The digits are the force of this moment."""


def dial(state: LiveState) -> Dial:
    """The ring at a moment."""
    situation = state.situation
    if situation is None:
        return _held(state, "")
    phase = phase_of(state)
    if situation.finished:
        number_of, name = counted(state)
        return Dial(str(number_of), name, 1.0, far=f"{number_of} {name}")
    if situation.halted is not None and not situation.let_go:
        return Dial("–", "stopped", 0.0, far="stopped")
    if situation.kind is PhaseKind.TIMED:
        return _left(situation.left_s, state.progress.wanted_s, "left of")
    if resting(state):
        return _left(situation.rest_left_s, getattr(phase, "rest_s", None) or situation.rest_left_s, "rest, of")
    if situation.blinded:
        return Dial("–", "blinded", 0.0, far="blinded")
    return _pressed(state, situation, phase)


def _pressed(state: LiveState, situation: Situation, phase: Phase | None) -> Dial:
    match phase:
        case RampPhase(measures="maximum"):
            share = max(0.0, state.contact_n) / phase.limit_n
            newtons, half = number(max(0.0, state.contact_n)), half_width(state.contact_uncertainty_n)
            return Dial(newtons, f"{half} N just now", min(1.0, share), far="as hard as is comfortable", force=True)
        case RampPhase():
            return _gauge(situation)
        case StrokesPhase():
            return _strokes(state, situation, phase)
        case HoldPhase() if situation.searching:
            left = situation.left_s if math.isfinite(situation.left_s) else phase.limit_s or 0.0
            return _left(left, phase.limit_s or left, "left at most, of")
    if situation.kind is PhaseKind.FOLLOW:
        return _followed(state, situation)
    return _held(state, until(phase))


def _held(state: LiveState, goal: str) -> Dial:
    progress = state.progress
    held, wanted = minutes_seconds(progress.in_band_s), minutes_seconds(progress.wanted_s)
    share = min(1.0, progress.in_band_s / progress.wanted_s) if progress.wanted_s > 0 else 0.0
    told, over = goal or f"of {wanted}", _over(state)
    return Dial(held, f"{over}in band, {told}", share, far=f"{over}{held} {told}", past=bool(over))


def _over(state: LiveState) -> str:
    """Which hold the numbers are of once it is over; they stay until the next one begins. Empty while one goes on."""
    over = state.progress.state is HoldState.RELEASED and bool(state.holds)
    return f"{noun(state.holds[-1])} {state.holds[-1].number}: " if over else ""


def _left(left_s: float, whole_s: float, words: str) -> Dial:
    share = 1.0 - min(1.0, max(0.0, left_s) / whole_s) if whole_s > 0 else 0.0
    return Dial(
        countdown(left_s),
        f"{words} {countdown(whole_s)}",
        share,
        far=f"{countdown(left_s)} {words.split()[0].rstrip(',')}",
    )


def _gauge(situation: Situation) -> Dial:
    rate, slow, fast = situation.rate_n_per_s, situation.slowest_n_per_s, situation.fastest_n_per_s
    if not math.isfinite(fast):
        return Dial("–" if math.isnan(rate) else number(rate, 1), "N/s", 0.0, far="evenly harder")
    whole = GAUGE * fast
    digits = "–" if math.isnan(rate) else number(max(0.0, rate), 1)
    shown = 0.0 if math.isnan(rate) else min(1.0, max(0.0, rate) / whole)
    low = slow if math.isfinite(slow) else 0.0
    wanted = f"{plain(low)}–{plain(fast)}" if low else f"up to {plain(fast)}"
    return Dial(digits, f"N/s, {wanted} wanted", shown, (low / whole, fast / whole), f"{digits} N/s")


def _strokes(state: LiveState, situation: Situation, phase: StrokesPhase) -> Dial:
    done = min(situation.repetition - (0 if pressing(state.progress) else 1), phase.strokes)
    rhythm = situation.strokes_per_min
    beat = "" if math.isnan(rhythm) else f", {number(rhythm)} a minute"
    share = max(0, situation.repetition - 1) / phase.strokes
    return Dial(
        str(max(0, done)), f"of {phase.strokes} strokes{beat}", share, far=f"{max(0, done)} of {phase.strokes}{beat}"
    )


def _followed(state: LiveState, situation: Situation) -> Dial:
    """How far the template has come, in the band or not, and how much of it was."""
    wanted_s = state.progress.wanted_s
    come_s = max(0.0, wanted_s - situation.left_s)
    held, wanted = minutes_seconds(come_s + ROUNDING_S), minutes_seconds(wanted_s)
    match = "" if math.isnan(situation.match) else f", match {number(100 * situation.match)} %"
    share = min(1.0, come_s / wanted_s) if wanted_s > 0 else 0.0
    return Dial(held, f"of {wanted}{match}", share, far=f"{held}{match}")
