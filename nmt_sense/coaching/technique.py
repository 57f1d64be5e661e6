"""A technique: what to do and for how long, as a strict TOML file in which every number names its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from nmt_sense.coaching.feedback import FeedbackPlan
from nmt_sense.coaching.phases import (
    Count,
    HoldPhase,
    Phase,
    Positive,
    Pressing,
    RampPhase,
    Reference,
    Strict,
    Words,
    check_sources,
    numbers,
)
from nmt_sense.coaching.places import line_of
from nmt_sense.coaching.runs import Edges
from nmt_sense.coaching.scores import Scoring
from nmt_sense.errors import TechniqueError
from nmt_sense.strict import toml

FORMAT = "nmt-sense technique"
DEFAULT = "ischemic-compression"
SET_HERE = "set for this session"
"""Source of a number that was replaced for one session."""
PAIN_CEILING = 7.0
"""Assumed where a technique sets none: Travell's 7-8 of 10, as quoted; no better rule was found."""
MOST_PHASES = 50
RESTING_N = 2.0
"""Assumed, as release_n of ischemic-compression."""
RELEASE_S = 0.3
"""Assumed, as release_s of ischemic-compression: longer than a slip."""


class References(Strict, frozen=True, kw_only=True):
    """What was measured on this client before, and percent are of. N."""

    threshold_n: Positive | None = None
    tolerance_n: Positive | None = None
    maximum_n: Positive | None = None

    def measured(self, what: Reference) -> float | None:
        """A reference by name, N; None when it is not known."""
        if what == "midway":
            both = self.threshold_n, self.tolerance_n
            return None if both[0] is None or both[1] is None else (both[0] + both[1]) / 2
        value: float | None = getattr(self, f"{what}_n")
        return value


class Technique(Strict, frozen=True, kw_only=True):
    """What to do, phase by phase."""

    format: Literal["nmt-sense technique"]
    format_version: Literal[1, 2]
    name: Words
    """File name without ``.toml``."""
    title: Words
    description: Words
    rounds: Count | None = None
    """Times that all phases are done; once when not given."""
    pain_ceiling: Annotated[float, msgspec.Meta(ge=1, le=10)] | None = None
    """Pain above this ends a hold."""
    force_ceiling_n: Positive | None = None
    """Force above this sounds an alarm at once."""
    applied_by: Literal["practitioner", "self"] = "practitioner"
    """Thresholds measured by the one and by the other never share a trend."""
    sources: dict[str, Words] = msgspec.field(default_factory=dict)
    """Where the numbers above come from."""
    references: References = References()
    feedback: FeedbackPlan = FeedbackPlan()
    scoring: Scoring = Scoring()
    phases: Annotated[tuple[Phase, ...], msgspec.Meta(min_length=1, max_length=MOST_PHASES)]

    def __post_init__(self) -> None:
        if self.format_version == 1:
            self._check_first_version()
        check_sources(self.sources, set(numbers(self)) - {"format_version"}, "technique")
        if all(phase.first_round_only for phase in self.phases) and self.rounds is not None:
            raise ValueError("rounds needs a phase that is not for the first round only")
        self._check_endless()

    def _check_first_version(self) -> None:
        if len(self.phases) != 1 or not isinstance(self.phases[0], HoldPhase):
            raise ValueError(f"phases must be one hold in version 1, not {len(self.phases)}")

    def _check_endless(self) -> None:
        for phase in self.phases[:-1]:
            if getattr(phase, "repetitions", 1) is None:
                raise ValueError(f'repetitions is needed in "{phase.title}": other phases come after it')

    @property
    def hold(self) -> HoldPhase:
        """The first phase that is a hold. Raises :class:`TechniqueError` where there is none."""
        for phase in self.phases:
            if isinstance(phase, HoldPhase):
                return phase
        raise TechniqueError(f"{self.title} has no hold whose band could be set.")

    @property
    def measurement(self) -> RampPhase | None:
        """The first phase that measures a threshold."""
        ramps = (phase for phase in self.phases if isinstance(phase, RampPhase))
        return next((phase for phase in ramps if phase.measures != "maximum"), None)

    @property
    def pain_limit(self) -> float:
        """Pain above this ends a hold."""
        return PAIN_CEILING if self.pain_ceiling is None else self.pain_ceiling

    @property
    def contact(self) -> Edges:
        """What a hand on the client is where no phase says so: the lightest contact of its phases, all one zone.

        Without any phase in which somebody presses, that of a resting hand and an unloaded sensor (assumed).
        """
        pressed = [(phase.release_n, phase.contact_n) for phase in self.phases if isinstance(phase, Pressing)]
        return Edges(*min(pressed, default=(RESTING_N, 1.5 * RESTING_N)))

    @property
    def release_s(self) -> float:
        """How long a hand is off before it counts as let go: the longest of its phases."""
        return max((getattr(phase, "release_s", RELEASE_S) for phase in self.phases), default=RELEASE_S)

    def to_toml(self) -> str:
        """The technique as TOML text, as stored with each recording."""
        return toml.encode(self)

    @classmethod
    def from_toml(cls, text: str) -> Technique:
        """The technique that :meth:`to_toml` wrote. Raises :class:`TechniqueError`."""
        return toml.decode(text, cls, "The stored technique", TechniqueError)

    def with_target(
        self, low_n: float | None = None, high_n: float | None = None, hold_s: float | None = None
    ) -> Technique:
        """This technique with another band or wanted time in its first hold, and its sources saying so.

        A band in newtons takes the place of one in percent. Raises :class:`TechniqueError` when the new numbers do not
        fit together, or there is no hold.
        """
        given = {"low_n": low_n, "high_n": high_n, "hold_s": hold_s}
        changes = {name: float(value) for name, value in given.items() if value is not None}
        if not changes:
            return self
        hold = self.hold
        table: dict[str, Any] = msgspec.to_builtins(hold)
        table |= changes | {"sources": hold.sources | dict.fromkeys(changes, SET_HERE)}
        if {"low_n", "high_n"} & changes.keys():
            for name in ("percent_of", "low_percent", "high_percent"):
                table.pop(name, None)
                table["sources"].pop(name, None)
        changed = self._converted(table, HoldPhase, "target")
        return msgspec.structs.replace(self, phases=tuple(changed if phase is hold else phase for phase in self.phases))

    def with_references(self, **newtons: float | None) -> Technique:
        """This technique knowing ``threshold_n``, ``tolerance_n`` or ``maximum_n`` of the client (those not None).

        0 forgets one.
        """
        known = msgspec.to_builtins(self.references) | {name: n for name, n in newtons.items() if n is not None}
        known = {name: n for name, n in known.items() if n}
        return msgspec.structs.replace(self, references=self._converted(known, References, "reference"))

    def with_safety(self, pain_ceiling: float | None = None, force_ceiling_n: float | None = None) -> Technique:
        """This technique with other ceilings (those not None), and its sources saying so; 0 takes a ceiling away."""
        given = {"pain_ceiling": pain_ceiling, "force_ceiling_n": force_ceiling_n}
        changes = {name: float(value) for name, value in given.items() if value}
        gone = {name for name, value in given.items() if value == 0}
        sources = {name: text for name, text in self.sources.items() if name not in gone}
        table = {name: value for name, value in msgspec.to_builtins(self).items() if name not in gone}
        table |= changes | {"sources": sources | dict.fromkeys(changes, SET_HERE)}
        changed: Technique = self._converted(table, Technique, "ceiling")
        return changed

    def with_feedback(self, plan: FeedbackPlan) -> Technique:
        """This technique with another schedule of feedback."""
        return msgspec.structs.replace(self, feedback=plan)

    def _converted(self, table: dict[str, Any], kind: Any, what: str) -> Any:
        try:
            return msgspec.convert(table, kind)
        except msgspec.ValidationError as problem:
            raise TechniqueError(
                f"This {what} does not fit {self.title.lower()}: {toml.sentence(problem)}"
            ) from problem


def load_technique(name: str = DEFAULT, folders: Sequence[Path] = ()) -> Technique:
    """The technique called ``name``: from the first of the ``folders`` that has it, else the one that ships.

    Raises :class:`TechniqueError` when there is none or its file cannot be used; the sentence has the line.
    """
    path = find_technique(name, folders)
    try:
        technique = toml.read(path, Technique, f"The technique {path.name}", TechniqueError)
    except TechniqueError as error:
        raise _with_line(error, path) from error
    if technique.name != path.stem:
        raise TechniqueError(
            f'The technique {path.name} cannot be used: in name: it says "{technique.name}", but must say '
            f'"{path.stem}" like the file.'
        )
    return technique


def find_technique(name: str, folders: Sequence[Path] = ()) -> Path:
    """The file of the technique called ``name``. Raises :class:`TechniqueError` when there is none."""
    if not re.fullmatch(r"[\w-]+", name):
        raise TechniqueError(f'"{name}" cannot be the name of a technique: use letters, digits, - and _ only.')
    for folder in (*folders, _shipped()):
        path = folder / f"{name}.toml"
        if path.is_file():
            return path
    known = ", ".join(list_techniques(folders))
    raise TechniqueError(f'There is no technique called "{name}"; there is {known}.')


def list_techniques(folders: Iterable[Path] = ()) -> list[str]:
    """Names of all techniques in the folders and of those that ship, in name order; files are not opened."""
    return sorted({path.stem for folder in (*folders, _shipped()) for path in folder.glob("*.toml")})


def _with_line(error: TechniqueError, path: Path) -> TechniqueError:
    """The same error, with the line of the file that it is about, where that can be found."""
    problem = error.__cause__
    if not isinstance(problem, msgspec.ValidationError):
        return error
    line = line_of(path.read_text(encoding="utf-8-sig"), str(problem))
    return error if line is None else TechniqueError(f"{error} See line {line}.")


def _shipped() -> Path:
    return Path(str(resources.files("nmt_sense.coaching"))) / "techniques"
