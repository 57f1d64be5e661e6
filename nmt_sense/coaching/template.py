"""Follow the expert: any hold, or a series of them, becomes a technique whose target is that hold's force over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.coaching.phases import MOST_POINTS, FollowPhase, HoldPhase, Pressing, TimedPhase
from nmt_sense.coaching.runs import Edges
from nmt_sense.coaching.technique import FORMAT, Technique, load_technique
from nmt_sense.coaching.words import meant_n
from nmt_sense.errors import TechniqueError
from nmt_sense.holds import Hold
from nmt_sense.strict import toml

COUNTED_S = 3
"""Last seconds of a rest that are counted."""
EVERY_S = 0.05
"""Between two points of a template: a hand does not follow faster."""
DECIMALS = 2
EXACT = 1e-6
"""Of a point: what division may be off by without a point being lost."""
TAKEN = "as in the recording it was made from"
SET = "set when the template was made"
HALF = "assumed: half of a template that is shorter than twice what was a touch"
AT_ONCE = "as strokes end: with the first scan below release_n"


class Pressed(msgspec.Struct, frozen=True):
    """A hold and its force from start to end."""

    hold: Hold
    force_n: list[float]
    """Contact force, N, one point each ``EVERY_S`` from the hold's start, none after its end."""
    meant_n: float
    """The force that it was meant to have, see :func:`nmt_sense.coaching.words.meant_n`."""
    meant_uncertainty_n: float
    """Half-width of its 95 % band."""


def pressed(time_s: Float64Array, contact_n: Float32Array, half_n: Float32Array, hold: Hold) -> Pressed:
    """A hold with its force; arrays (N,) are the recording's. Raises :class:`TechniqueError` when it is too long."""
    points = _points(hold.end_s - hold.start_s)
    if points > MOST_POINTS:
        raise TechniqueError(f"Hold {hold.number} is too long for a template ({hold.end_s - hold.start_s:.0f} s).")
    wanted = hold.start_s + np.arange(points) * EVERY_S
    force = np.maximum(0.0, np.round(np.interp(wanted, time_s, contact_n), DECIMALS))
    return Pressed(hold, force.tolist(), *meant_n(time_s, contact_n, half_n, hold))


def _points(seconds: float) -> int:
    """Points of a force that lasted so long; the last is not after its end."""
    return math.floor(seconds / EVERY_S + EXACT) + 1


def make_template(
    presses: Sequence[Pressed], technique: Technique, *, name: str, made_from: str, tolerance_n: float
) -> Technique:
    """A technique that asks for the same force again: one follow phase for each press, and a rest between two.

    ``technique``, by which they were recorded, gives the thresholds of each and the cues; levels of one hold are one
    press. Raises :class:`TechniqueError` for presses with missing data, none at all, or numbers that cannot be.
    """
    if not presses:
        raise TechniqueError("There is no hold to make a template of.")
    phases: list[dict[str, Any]] = []
    presses = _whole(presses)
    for number, press in enumerate(presses):
        hold = press.hold
        if len(press.force_n) < 2:
            raise TechniqueError(f"Hold {hold.number} is too short for a template.")
        if hold.missing_s > 0:
            raise TechniqueError(f"Hold {hold.number} lacks {hold.missing_s:.2f} s of data; a template must be whole.")
        if number:
            phases.append(_rest(hold.start_s - _off_s(presses[number - 1].hold)))
        phases.append(_follow(press, technique, made_from, tolerance_n, once=len(presses) > 1))
    table = {
        "format": FORMAT,
        "format_version": 2,
        "name": name,
        "title": f"Follow {name}",
        "description": f"Press as in {made_from}: the target moves as the force did then.",
        "phases": phases,
    }
    try:
        return msgspec.convert(table, Technique)
    except msgspec.ValidationError as problem:
        raise TechniqueError(f"This template cannot be made: {toml.sentence(problem)}") from problem


def _whole(presses: Sequence[Pressed]) -> list[Pressed]:
    """The same with all levels of one hold as one press, for the hand stays on from one to the next."""
    whole: list[Pressed] = []
    for press in presses:
        if whole and _goes_on(whole[-1].hold, press.hold):
            whole[-1] = _joined(whole[-1], press)
        else:
            whole.append(press)
    return whole


def _goes_on(before: Hold, hold: Hold) -> bool:
    same = all(getattr(before, name) == getattr(hold, name) for name in ("phase", "round", "repetition"))
    return same and hold.level == before.level + 1 and hold.start_s - before.end_s <= EVERY_S


def _joined(before: Pressed, after: Pressed) -> Pressed:
    """Two levels as one; its hold is the first, with the level and end of the second."""
    first, second = before.hold, after.hold
    time_s, then_s = (
        hold.start_s + EVERY_S * np.arange(len(press.force_n)) for press, hold in ((before, first), (after, second))
    )
    earlier = time_s < second.start_s
    known_s = np.append(time_s[earlier], then_s)
    known_n = np.append(np.array(before.force_n)[earlier], after.force_n)
    wanted_s = first.start_s + EVERY_S * np.arange(_points(second.end_s - first.start_s))
    force = np.round(np.interp(wanted_s, known_s, known_n), DECIMALS)
    hold = msgspec.structs.replace(
        first,
        level=second.level,
        end_s=second.end_s,
        let_go_s=second.let_go_s,
        missing_s=first.missing_s + second.missing_s,
    )
    return msgspec.structs.replace(before, hold=hold, force_n=force.tolist())


def _came_from(hold: Hold, technique: Technique) -> Pressing:
    """The phase that a press was made in; the hold of the technique where it has no such phase."""
    phases = technique.phases
    phase = phases[hold.phase - 1] if 1 <= hold.phase <= len(phases) else None
    return phase if isinstance(phase, Pressing) else technique.hold


def _with_cues(phase: Pressing, technique: Technique) -> HoldPhase | FollowPhase:
    """The phase that gives the cues: its own, another one's of the technique, or the default's."""
    for one in (phase, *technique.phases):
        if isinstance(one, HoldPhase | FollowPhase):
            return one
    return load_technique().hold


def _edges(hold: Hold, phase: Pressing) -> Edges:
    """What was contact and release: lower than the phase says where a band in percent was low."""
    percent = phase.low_percent if isinstance(phase, HoldPhase) else None
    if isinstance(phase, HoldPhase) and percent is not None and hold.low_n != phase.low_n and hold.low_n > 0:
        return phase.edges(100 * hold.low_n / percent)
    return Edges(phase.release_n, phase.contact_n)


def _thresholds(press: Pressed, phase: Pressing) -> tuple[dict[str, float], dict[str, str]]:
    """Where the press began and ended, so that it begins and ends there again; and the sources."""
    edges, sources = _edges(press.hold, phase), phase.sources
    half_s = round(EVERY_S * (len(press.force_n) - 1) / 2, 3)
    taken = {
        "contact_n": edges.contact_n,
        "release_n": edges.release_n,
        "release_s": getattr(phase, "release_s", 0.0),
        "minimum_s": min(phase.minimum_s, half_s),
    }
    told = {name: sources.get(name, AT_ONCE) for name in taken}
    told |= {name: TAKEN for name in ("contact_n", "release_n") if taken[name] != getattr(phase, name)}
    return taken, told | ({"minimum_s": HALF} if half_s < phase.minimum_s else {})


def _follow(press: Pressed, technique: Technique, made_from: str, tolerance_n: float, once: bool) -> dict[str, Any]:
    """One press; a single one can be followed as often as one likes."""
    phase = _came_from(press.hold, technique)
    cued = _with_cues(phase, technique)
    taken, sources = _thresholds(press, phase)
    sources |= {name: text for name, text in cued.sources.items() if name.startswith("cues.")}
    sources |= {"every_s": TAKEN, "tolerance_n": SET} | ({"repetitions": TAKEN} if once else {})
    return {
        "kind": "follow",
        "title": f"Hold {press.hold.number}",
        "say": "Follow the moving band.",
        **taken,
        "target_n": press.force_n,
        "every_s": EVERY_S,
        "tolerance_n": tolerance_n,
        "made_from": made_from,
        "cues": msgspec.to_builtins(cued.cues),
        "sources": sources,
    } | ({"repetitions": 1} if once else {})


def _off_s(hold: Hold) -> float:
    return hold.end_s + (0.0 if math.isnan(hold.let_go_s) else hold.let_go_s)


def _rest(seconds: float) -> dict[str, Any]:
    """The rest before a press; a short one is over before its seconds could be counted."""
    countdown_s = COUNTED_S if seconds > 2 * COUNTED_S else None
    sources = {"duration_s": TAKEN} | ({"countdown_s": "assumed"} if countdown_s else {})
    duration_s = max(0.1, round(seconds, 3))
    rest = TimedPhase(
        title="Rest", say="Rest.", role="rest", duration_s=duration_s, countdown_s=countdown_s, sources=sources
    )
    table: dict[str, Any] = msgspec.to_builtins(rest)
    return table
