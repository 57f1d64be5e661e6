"""A cue as a recording keeps it: one text, from which it can be made to sound again as it did."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nmt_sense.coaching.phases import FollowPhase, HoldPhase, StrokesPhase
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import Technique
from nmt_sense.events import Event

GRADED = frozenset({CueKind.TOO_LITTLE, CueKind.TOO_MUCH})
"""Cues whose loudness is their strength."""


def cue_words(cue: Cue) -> str:
    """Text of a cue's event: its kind; behind a colon what is said, or the strength of a pulse (0..1, every digit)."""
    if cue.kind is CueKind.SAY:
        return f"{cue.kind.value}: {cue.text}"
    return f"{cue.kind.value}: {float(cue.strength)!r}" if cue.kind in GRADED else cue.kind.value


@dataclass(frozen=True, slots=True)
class Kept:
    """A cue of a recording."""

    cue: Cue
    strength_known: bool
    """False for some pulses of recordings made before strengths were kept: the loudest is taken for them."""


def kept_cue(event: Event, loudest_n: float = math.nan) -> Kept | None:
    """The cue of an event; None for one of another kind, or made by nobody we know.

    ``loudest_n``: error at which pulses are as strong as can be, for events that do not keep their strength; NaN: not
    known.
    """
    word, _, text = event.text.partition(": ")
    if word not in set(CueKind):
        return None
    kind = CueKind(word)
    if kind not in GRADED:
        return Kept(Cue(event.time_s, kind, event.value, text=text), True)
    strength = _strength(text)
    if math.isnan(strength) and math.isfinite(event.value) and math.isfinite(loudest_n):
        strength = min(1.0, abs(event.value) / loudest_n)
    known = not math.isnan(strength)
    return Kept(Cue(event.time_s, kind, event.value, strength if known else 1.0), known)


def loudest_n(technique: Technique) -> float:
    """Error at which pulses are as strong as can be, N, where all phases agree on that; else NaN."""
    guided = (phase.cues.full_error_n for phase in technique.phases if isinstance(phase, HoldPhase | FollowPhase))
    strokes = (phase.high_n - phase.low_n for phase in technique.phases if isinstance(phase, StrokesPhase))
    found = {*guided, *strokes}
    return found.pop() if len(found) == 1 else math.nan


def _strength(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return math.nan
    return found if 0.0 <= found <= 1.0 else math.nan
