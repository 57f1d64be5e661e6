"""What one moment looks like in words: a pure function of the pipeline's state and the time."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from nmt_sense.coaching.state import Advice, HoldProgress, HoldState
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.units import NS_PER_SECOND, minutes_seconds

STALE_AFTER_S = 0.25
FINE_BELOW_N = 10.0
"""Bands that end below this are shown to a tenth of a newton."""
WIDEST_SHARE = 1.0
"""A force more uncertain than this share of itself no longer fits a scale: its box stays open at the top."""


class Tone(enum.Enum):
    """Which colour and texture, and which words go with them."""

    NEUTRAL = "right"
    LOW = "too little"
    HIGH = "too much"
    STALE = "old"


@dataclass(frozen=True, slots=True)
class Picture:
    """What to show, decided once for every widget."""

    tone: Tone
    word: str
    arrow: int
    """+1 press more, -1 press less, 0 neither."""
    sentence: str
    held: str
    """Time in the band, ``m:ss``."""
    wanted: str
    fraction: float
    """Of the wanted time in the band, 0..1."""
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
    progress = state.progress
    tone = Tone.STALE if is_stale(state, now_ns) else _tone(progress)
    wait = tone is Tone.STALE
    decimals = 1 if progress.high_n < FINE_BELOW_N else 0
    return Picture(
        tone=tone,
        word=Advice.WAIT.value if wait else progress.advice.value,
        arrow=0 if wait else _arrow(progress.advice),
        sentence=_waiting(state, now_ns) if wait else _advice(progress, decimals),
        held=minutes_seconds(progress.in_band_s),
        wanted=minutes_seconds(progress.wanted_s),
        fraction=min(1.0, progress.in_band_s / progress.wanted_s) if progress.wanted_s > 0 else 0.0,
        decimals=decimals,
        top_n=max(top_n, scale_top(progress.high_n)),
        data=state.newest_ns > 0,
        frozen=frozen(state),
        frozen_for=lasting(state.frozen_s) if frozen(state) else "",
    )


def number(value: float, decimals: int = 0) -> str:
    """``value`` with a true minus sign and never a minus zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = f"{0.0:.{decimals}f}"
    return text.replace("-", "−")


def lasting(seconds: float) -> str:
    """A duration in words with a number or two: ``4 s``, ``2 min``, ``1 h 5 min``, ``27 days``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 60:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} days"


def half_width(value: float) -> str:
    """``±`` and a half-width with the digits that mean something: two below ten, whole newtons above."""
    return f"±{number(value, 1 if value < 9.95 else 0)}"


def band_text(progress: HoldProgress) -> str:
    """The target in words, e.g. ``band 28-36 N, hold 1:30``."""
    low, high = (number(value, 0 if value.is_integer() else 1) for value in _ends(progress))
    return f"band {low}–{high} N, hold {minutes_seconds(progress.wanted_s)}"


def scale_top(high_n: float) -> float:
    """A round end for force scales that leaves a third of them above the band."""
    return _round_up(max(high_n, 0.1) * 1.38)


class Scale:
    """The upper end of every force scale: it leaves room for the uncertainty of a force in the band.

    How wide that is shows with the first press. From then on the scale stays, until there is another band.
    """

    def __init__(self) -> None:
        self._high_n = self._top_n = 0.0

    def top_n(self, state: LiveState) -> float:
        """The end of the scale at this moment, N."""
        high_n, force_n = state.progress.high_n, state.contact_n
        if high_n != self._high_n:
            self._high_n, self._top_n = high_n, scale_top(high_n)
        if state.progress.low_n / 2 < force_n < high_n * 1.5:
            share = min(state.contact_uncertainty_n / force_n, WIDEST_SHARE)
            self._top_n = max(self._top_n, _round_up(high_n * (1.0 + share)))
        return self._top_n


def _round_up(wanted: float) -> float:
    step = 10.0 ** math.floor(math.log10(wanted))
    return next(step * k for k in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * k >= wanted)


def _ends(progress: HoldProgress) -> tuple[float, float]:
    return float(progress.low_n), float(progress.high_n)


def _tone(progress: HoldProgress) -> Tone:
    return {Advice.MORE: Tone.LOW, Advice.LESS: Tone.HIGH}.get(progress.advice, Tone.NEUTRAL)


def _arrow(advice: Advice) -> int:
    return {Advice.MORE: 1, Advice.LESS: -1}.get(advice, 0)


def _advice(progress: HoldProgress, decimals: int) -> str:
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
            return _ready(progress)


def _leaving(progress: HoldProgress, off: str) -> str:
    return f"{off} N {'under' if progress.error_n < 0 else 'over'}, still counted"


def _ready(progress: HoldProgress) -> str:
    again = progress.state is HoldState.RELEASED or progress.number > 0
    return "next hold when you are" if again else "rest on the point and press"


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
