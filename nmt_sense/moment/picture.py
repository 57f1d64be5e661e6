"""What one moment looks like in words: a pure function of the pipeline's state and the time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nmt_sense.coaching.phases import FollowPhase, HoldPhase, RampPhase, TimedPhase
from nmt_sense.coaching.state import Advice, PhaseKind
from nmt_sense.moment.dial import dial
from nmt_sense.moment.numbers import half_width, lasting, number
from nmt_sense.moment.saying import Saying, Tone, phase_of, pressing, saying
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.units import NS_PER_SECOND, minutes_seconds

__all__ = ["Picture", "Scale", "Tone", "frozen", "half_width", "is_stale", "lasting", "number", "picture", "scale_top"]

STALE_AFTER_S = 0.25
FINE_BELOW_N = 10.0
"""Bands that end below this are shown to a tenth of a newton."""
WIDEST_SHARE = 1.0
"""A force more uncertain than this share of itself no longer fits a scale: its box stays open at the top."""
ABOVE_BAND = 1.38
"""Force scales end so many times the band's end, which leaves a third of them above it."""

RAMP_N = 30.0
"""Assumed: most thresholds are below; where one is not, the scale grows in steps as the force does."""
NEAR_TOP = 0.9


@dataclass(frozen=True, slots=True)
class Picture:
    """What to show, decided once for every widget."""

    tone: Tone
    word: str
    arrow: int
    """+1 press more, -1 press less, 0 neither."""
    sentence: str
    held: str
    """Digits in the ring: mostly time in the band, ``m:ss``."""
    wanted: str
    fraction: float
    """Of the wanted time in the band, or what takes its place, 0..1."""
    decimals: int
    """Of forces."""
    top_n: float
    """Upper end of every force scale."""
    data: bool
    """False before the first data: there is no force to show."""
    frozen: str = ""
    """Why the hold timer stands still; empty while it runs."""
    frozen_for: str = ""
    """For how long, e.g. ``4 s``."""
    under: str = ""
    """Caption under the ring's digits."""
    far: str = ""
    """The ring in one line, for the distance view."""
    limits: tuple[float, ...] = ()
    """Where the ring's arc should end, as two fractions."""
    say: str = ""
    """What to do in this phase, in a sentence."""
    past: bool = False
    """The ring shows a hold that is over."""
    held_is_force: bool = False
    """The digits in the ring are the force of this moment."""
    hidden: bool = False
    """Blinded: neither force nor target may be shown."""
    alarm: bool = False
    """The force is above the ceiling."""
    target_n: float = math.nan
    """Where the force should be just now, when following a template."""
    moving: bool = False
    """The band moves."""
    low_n: float = math.nan
    high_n: float = math.nan
    """The band; NaN while there is none."""


def is_stale(state: LiveState, now_ns: int) -> bool:
    """True when what the state shows is older than a quarter of a second or the hold timer waits for data."""
    if state.phase is not LinkPhase.STREAMING or state.progress.advice is Advice.WAIT or state.frozen:
        return True
    return now_ns - state.newest_ns > STALE_AFTER_S * NS_PER_SECOND


def frozen(state: LiveState) -> str:
    """Why the hold timer stands still; empty while it runs and before the first data."""
    return state.frozen if state.newest_ns else ""


def picture(state: LiveState, now_ns: int, top_n: float = 0.0) -> Picture:
    """The picture of ``state`` at the host's monotonic time ``now_ns``; scales end at ``top_n`` or higher."""
    progress, situation = state.progress, state.situation
    decimals = 1 if reach(state) < FINE_BELOW_N else 0
    stale = is_stale(state, now_ns)
    said = Saying(Tone.STALE, Advice.WAIT.value, 0, _waiting(state, now_ns)) if stale else saying(state, decimals)
    ring = dial(state)
    alarm = situation is not None and situation.above_ceiling and not stale
    return Picture(
        tone=said.tone,
        word=said.word,
        arrow=said.arrow,
        sentence=said.sentence,
        held=ring.digits,
        wanted=minutes_seconds(progress.wanted_s),
        fraction=ring.fraction,
        decimals=decimals,
        top_n=max(top_n, scale_top(reach(state))),
        data=state.newest_ns > 0,
        frozen=frozen(state),
        frozen_for=lasting(state.frozen_s) if frozen(state) else "",
        under=ring.under,
        far=ring.far,
        limits=ring.limits,
        past=ring.past,
        held_is_force=ring.force,
        say=said.say if said.say is not None else "" if situation is None else situation.say,
        hidden=situation is not None and situation.blinded,
        alarm=alarm,
        target_n=situation.target_n if situation and situation.kind is PhaseKind.FOLLOW else math.nan,
        moving=isinstance(phase_of(state), RampPhase | FollowPhase),
        low_n=progress.low_n if has_band(state) else math.nan,
        high_n=progress.high_n if has_band(state) else math.nan,
    )


def has_band(state: LiveState) -> bool:
    """True when a force is asked for just now."""
    situation, phase = state.situation, phase_of(state)
    if situation is None or phase is None:
        return True
    if isinstance(phase, RampPhase):
        return phase.fastest_n_per_s is not None and pressing(state.progress)
    return not (isinstance(phase, TimedPhase) or situation.searching or situation.finished)


def reach(state: LiveState) -> float:
    """The largest force that the phase going on may ask for, N: it sets the scales, which must not move with a band."""
    high_n = state.progress.high_n
    match phase_of(state):
        case RampPhase(limit_n=limit):
            return min(limit / ABOVE_BAND, RAMP_N)
        case FollowPhase() as follow:
            return max(follow.target_n) + follow.tolerance_n
        case HoldPhase(ends="eased", high_n=ceiling):
            return max(high_n, ceiling)
        case TimedPhase() if state.plan is not None:
            bands = [phase.high_n for phase in state.plan.phases if isinstance(phase, HoldPhase)]
            return max(bands, default=high_n)
    return high_n


def scale_top(high_n: float) -> float:
    """A round end for force scales that leaves a third of them above the band."""
    return _round_up(max(high_n, 0.1) * ABOVE_BAND)


class Scale:
    """The upper end of every force scale: it leaves room for the uncertainty of a force in the band.

    How wide that is shows with the first press. From then on the scale stays, until there is another band.
    """

    def __init__(self) -> None:
        self._high_n = self._top_n = 0.0

    def top_n(self, state: LiveState) -> float:
        """The end of the scale at this moment, N."""
        high_n, force_n = reach(state), state.contact_n
        if high_n != self._high_n:
            self._high_n, self._top_n = high_n, scale_top(high_n)
        if state.progress.low_n / 2 < force_n < high_n * 1.5:
            share = min(state.contact_uncertainty_n / force_n, WIDEST_SHARE)
            self._top_n = max(self._top_n, _round_up(high_n * (1.0 + share)))
        if force_n > NEAR_TOP * self._top_n and isinstance(phase := phase_of(state), RampPhase):
            self._top_n = min(_round_up(phase.limit_n), _round_up(force_n * ABOVE_BAND))
        return self._top_n


def _round_up(wanted: float) -> float:
    step = 10.0 ** math.floor(math.log10(wanted))
    return next(step * k for k in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * k >= wanted)


def _waiting(state: LiveState, now_ns: int) -> str:
    if state.problem:
        return state.problem
    match state.phase:
        case LinkPhase.CLOSED:
            return "No port is open: choose one."
        case LinkPhase.CONNECTING:
            return f"Looking for the glove on {state.port}."
        case _ if state.newest_ns:
            age = max(0, now_ns - state.newest_ns) // NS_PER_SECOND
            return f"Nothing from the glove{f' for {age} s' if age else ''}: what you see is old."
        case _:
            return "Waiting for the first data."
