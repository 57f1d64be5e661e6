"""A scripted practitioner and client: force from one point in time to the next, and what is reported when."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from presses import PERIOD_S, block, pieces

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import Technique
from nmt_sense.events import Event, EventKind


def force(*points: tuple[float, float], tremor: float = 0.0, seed: int = 0) -> np.ndarray:
    """Force in straight lines from (seconds, newtons) to the next, with a seeded tremor in proportion to it."""
    times, newtons = zip(*points, strict=True)
    time_s = np.arange(round(times[-1] / PERIOD_S) + 1) * PERIOD_S
    made = np.interp(time_s, times, newtons)
    if not tremor:
        return made
    rng = np.random.default_rng(seed)
    hertz, phase = rng.uniform(8, 12, 4), rng.uniform(0, 2 * np.pi, 4)
    sway = np.sin(2 * np.pi * time_s[:, None] * hertz + phase).sum(axis=1) / 2
    return made * (1 + tremor * sway)


def pain(time_s: float, value: float) -> Event:
    return Event(time_s, EventKind.NRS, value)


def said(time_s: float, kind: EventKind) -> Event:
    return Event(time_s, kind)


def run(
    technique: Technique,
    made: np.ndarray | ForceBlock,
    events: Sequence[Event] = (),
    cuts: Sequence[int] = (),
    ends: bool = True,
) -> tuple[Coach, list[Cue]]:
    """A coach that has seen the whole script, live: each report comes when its time has come."""
    whole = made if isinstance(made, ForceBlock) else block(made)
    coach, cues, waiting = Coach(technique, PERIOD_S), [], sorted(events, key=lambda event: event.time_s)
    for piece in pieces(whole, cuts):
        while waiting and len(piece) and waiting[0].time_s <= piece.time_s[-1]:
            coach.report(waiting.pop(0))
        cues += coach.feed(piece)
    for event in waiting:
        coach.report(event)
    if ends and len(whole):
        coach.finish(float(whole.time_s[-1]))
    return coach, cues


def words(cues: Sequence[Cue]) -> list[tuple[float, str]]:
    """What is said, and when."""
    return [(round(cue.time_s, 2), cue.text) for cue in cues if cue.text]


def tones(cues: Sequence[Cue]) -> list[Cue]:
    """What sounds otherwise than as words."""
    return [cue for cue in cues if cue.kind is not CueKind.SAY]


def table(coach: Coach, *fields: str) -> list[tuple[object, ...]]:
    """Some fields of all rows, times and forces to a hundredth."""
    return [tuple(_rounded(getattr(hold, field)) for field in fields) for hold in coach.holds]


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 2)
    return getattr(value, "value", value)
