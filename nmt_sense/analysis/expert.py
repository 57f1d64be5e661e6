"""Follow the expert: which presses of a recording become a template, and where it is kept."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from nmt_sense.analysis.judging import Presses
from nmt_sense.coaching.technique import Technique, list_techniques, load_technique
from nmt_sense.coaching.template import make_template
from nmt_sense.errors import NmtError, TechniqueError
from nmt_sense.storing import store_new
from nmt_sense.workspace import Workspace

TOLERANCE_N = 4.0
"""Assumed, unless told otherwise: how far off the target may be followed, N."""
FEW = 6
"""So many holds are counted, fewer are named."""


def template_of(
    found: Presses, stem: str, numbers: Collection[int], *, name: str, tolerance_n: float = TOLERANCE_N
) -> Technique:
    """The technique that asks for these presses again; without numbers for all of them.

    ``stem`` is the recording's name, by which the template says what it was made from. Raises :class:`NmtError` for a
    number that is none, and for presses that no template can be made of.
    """
    chosen = [press for press in found.presses if not numbers or press.hold.number in numbers]
    if missing := set(numbers) - {press.hold.number for press in chosen}:
        raise NmtError(f"{stem} has no hold {min(missing)}.")
    try:
        technique = Technique.from_toml(found.technique_toml)
    except TechniqueError:
        technique = load_technique()
    listed = ", ".join(str(press.hold.number) for press in chosen)
    made_from = f"hold {listed} of {stem}" if len(chosen) < FEW else f"{len(chosen)} holds of {stem}"
    return make_template(chosen, technique, name=name, made_from=made_from, tolerance_n=tolerance_n)


def keep_template(place: Workspace, made: Technique) -> Path:
    """Keep a template among the techniques of the workspace; its file.

    Raises :class:`NmtError` for a name that is none or is taken, also by a technique that ships.
    """
    if made.name in list_techniques([place.techniques]):
        raise NmtError(f"There is a technique {made.name} already, and none is ever overwritten; choose another name.")
    return store_new(place.techniques, made.name, made.to_toml(), "technique")
