"""Forces to coach, made from (seconds, newtons) steps at 100 scans per second, so that tables can be done by hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.state import Cue
from nmt_sense.coaching.technique import Technique, load_technique
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold

PERIOD_S = 0.01
TECHNIQUE: Technique = load_technique("ischemic-compression").with_target(low_n=28, high_n=36, hold_s=2)
"""Band 28-36 N for 2 s; contact 3 N, release below 2 N for 0.3 s, grace 0.3 s, a touch is under 1 s."""


def levels(*parts: tuple[float, float]) -> np.ndarray:
    """Force that stands at each level for its time."""
    return np.concatenate([np.full(round(seconds / PERIOD_S), newtons) for seconds, newtons in parts])


def block(force: np.ndarray, scan: np.ndarray | None = None) -> ForceBlock:
    """A force block of one sensor; time counts from scan 0."""
    count = len(force)
    numbers = np.arange(count, dtype=np.int64) if scan is None else scan
    contact = np.asarray(force, dtype=np.float32)
    return ForceBlock(
        scan=numbers,
        time_s=numbers * PERIOD_S,
        newtons=contact[:, np.newaxis],
        uncertainty_n=np.full((count, 1), 1.5, np.float32),
        contact_n=contact,
        contact_uncertainty_n=np.full(count, 1.5, np.float32),
    )


def without(force: np.ndarray, first: int, last: int) -> ForceBlock:
    """The same forces with scans ``first`` .. ``last`` (included) never having arrived."""
    scan = np.r_[0:first, last + 1 : len(force)]
    return block(force[scan], scan)


def rows(whole: ForceBlock, begin: int, end: int) -> ForceBlock:
    names = ("scan", "time_s", "newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n")
    return ForceBlock(*(getattr(whole, name)[begin:end] for name in names))


def pieces(whole: ForceBlock, cuts: Sequence[int]) -> list[ForceBlock]:
    bounds = [0, *sorted(cuts), len(whole)]
    return [rows(whole, begin, end) for begin, end in itertools.pairwise(bounds)]


def coached(
    whole: ForceBlock,
    stops: Sequence[float] = (),
    cuts: Sequence[int] = (),
    technique: Technique = TECHNIQUE,
    events: Sequence[Event] = (),
) -> tuple[Coach, list[Cue]]:
    """A coach that has seen it all, and the cues it gave."""
    coach = Coach(technique, PERIOD_S)
    for event in [*(Event(stop_s, EventKind.CLIENT_STOP) for stop_s in stops), *events]:
        coach.report(event)
    cues = [cue for piece in pieces(whole, cuts) for cue in coach.feed(piece)]
    if len(whole):
        coach.finish(float(whole.time_s[-1]))
    return coach, cues


def holds_of(force: np.ndarray | ForceBlock, stops: Sequence[float] = ()) -> list[Hold]:
    whole = force if isinstance(force, ForceBlock) else block(force)
    return coached(whole, stops)[0].holds
