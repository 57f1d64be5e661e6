"""Follow the expert: any hold, or a series of them, becomes a technique whose target is that hold's force over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.coaching.phases import MOST_POINTS, HoldPhase, TimedPhase
from nmt_sense.coaching.technique import FORMAT, Technique
from nmt_sense.coaching.words import meant_n
from nmt_sense.errors import TechniqueError
from nmt_sense.holds import Hold
from nmt_sense.strict import toml

COUNTED_S = 3
"""Last seconds of a rest that are counted."""
EVERY_S = 0.05
"""Between two points of a template: a hand does not follow faster."""
DECIMALS = 2
TAKEN = "as in the recording it was made from"
SET = "set when the template was made"


class Pressed(msgspec.Struct, frozen=True):
    """A hold and its force from start to end."""

    hold: Hold
    force_n: list[float]
    """Contact force, N, one point each ``EVERY_S`` from the hold's start."""
    meant_n: float
    """The force that it was meant to have, see :func:`nmt_sense.coaching.words.meant_n`."""
    meant_uncertainty_n: float
    """Half-width of its 95 % band."""


def pressed(time_s: Float64Array, contact_n: Float32Array, half_n: Float32Array, hold: Hold) -> Pressed:
    """A hold with its force; arrays (N,) are the recording's. Raises :class:`TechniqueError` when it is too long."""
    points = round((hold.end_s - hold.start_s) / EVERY_S) + 1
    if points > MOST_POINTS:
        raise TechniqueError(f"Hold {hold.number} is too long for a template ({hold.end_s - hold.start_s:.0f} s).")
    wanted = hold.start_s + np.arange(points) * EVERY_S
    force = np.maximum(0.0, np.round(np.interp(wanted, time_s, contact_n), DECIMALS))
    return Pressed(hold, force.tolist(), *meant_n(time_s, contact_n, half_n, hold))


def make_template(
    presses: Sequence[Pressed], settings: HoldPhase, *, name: str, made_from: str, tolerance_n: float
) -> Technique:
    """A technique that asks for the same force again: one follow phase for each press, and a rest between two.

    ``settings`` gives thresholds and cues. Raises :class:`TechniqueError` for presses with missing data, none at all,
    or numbers that cannot be.
    """
    if not presses:
        raise TechniqueError("There is no hold to make a template of.")
    phases: list[dict[str, Any]] = []
    for number, press in enumerate(presses):
        hold = press.hold
        if hold.missing_s > 0:
            raise TechniqueError(f"Hold {hold.number} lacks {hold.missing_s:.2f} s of data; a template must be whole.")
        if number:
            phases.append(_rest(hold.start_s - presses[number - 1].hold.end_s))
        phases.append(_follow(press, settings, made_from, tolerance_n, once=len(presses) > 1))
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


def _follow(press: Pressed, settings: HoldPhase, made_from: str, tolerance_n: float, once: bool) -> dict[str, Any]:
    """One press; a single one can be followed as often as one likes."""
    numbers = ("contact_n", "release_n", "release_s", "minimum_s")
    taken = {name: getattr(settings, name) for name in numbers}
    sources = {name: settings.sources[name] for name in numbers}
    sources |= {name: text for name, text in settings.sources.items() if name.startswith("cues.")}
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
        "cues": msgspec.to_builtins(settings.cues),
        "sources": sources,
    } | ({"repetitions": 1} if once else {})


def _rest(seconds: float) -> dict[str, Any]:
    """The rest before a press; a short one is over before its seconds could be counted."""
    countdown_s = COUNTED_S if seconds > 2 * COUNTED_S else None
    sources = {"duration_s": TAKEN} | ({"countdown_s": "assumed"} if countdown_s else {})
    duration_s = max(0.1, round(seconds, 2))
    rest = TimedPhase(
        title="Rest", say="Rest.", role="rest", duration_s=duration_s, countdown_s=countdown_s, sources=sources
    )
    table: dict[str, Any] = msgspec.to_builtins(rest)
    return table
