"""A cue as a recording keeps it: one text, from which it can be made to sound again as it did."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nmt_sense.coaching.state import Cue, CueKind
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
    """False for a pulse of a recording made before strengths were kept: the loudest is taken for it."""


def kept_cue(event: Event) -> Kept | None:
    """The cue of an event; None for one of another kind, or made by nobody we know."""
    word, _, text = event.text.partition(": ")
    if word not in set(CueKind):
        return None
    kind = CueKind(word)
    if kind not in GRADED:
        return Kept(Cue(event.time_s, kind, event.value, text=text), True)
    strength = _strength(text)
    known = not math.isnan(strength)
    return Kept(Cue(event.time_s, kind, event.value, strength if known else 1.0), known)


def _strength(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return math.nan
    return found if 0.0 <= found <= 1.0 else math.nan
