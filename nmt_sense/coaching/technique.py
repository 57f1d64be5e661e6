"""A technique: what to do and for how long, as a strict TOML file in which every number names its source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from nmt_sense.errors import TechniqueError
from nmt_sense.strict import toml

FORMAT = "nmt-sense technique"
DEFAULT = "ischemic-compression"
SET_HERE = "set for this session"
"""Source of a number that :meth:`Technique.with_target` replaced."""

Positive = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
Words = Annotated[str, msgspec.Meta(min_length=1)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every table of a technique has in common: nothing unknown, nothing changed after reading."""


class CuePlan(_Strict, frozen=True):
    """When cues sound, and how fast."""

    quiet_s: Positive
    """Time outside the band before the first pulse."""
    loading_s: Positive
    """Time allowed from contact to the band before "too little" may sound at all."""
    slowest_hz: Positive
    """Pulses per second just outside the band."""
    fastest_hz: Positive
    """Pulses per second at ``full_error_n`` and beyond."""
    full_error_n: Positive
    """Newtons outside the band at which a cue is fastest and strongest."""


class HoldPhase(_Strict, frozen=True, tag_field="kind", tag="hold"):
    """Press into the band and stay there until the wanted time is reached."""

    title: Words
    low_n: Positive
    high_n: Positive
    hold_s: Positive
    """Wanted time inside the band."""
    contact_n: Positive
    """A hold begins when the force reaches this ..."""
    release_n: Positive
    """... and ends when it stays below this ..."""
    release_s: Positive
    """... for this long."""
    grace_s: Positive
    """Leaving the band for no longer than this is no lapse."""
    minimum_s: Positive
    """A shorter press is a touch, not a hold."""
    cues: CuePlan
    sources: dict[str, Words]
    """For every number above, by its field name, where it comes from; "assumed" where from nowhere."""

    def __post_init__(self) -> None:
        if not self.low_n < self.high_n:
            raise ValueError(f"low_n ({self.low_n:g} N) must be below high_n ({self.high_n:g} N)")
        if not self.contact_n < self.low_n:
            raise ValueError(f"contact_n ({self.contact_n:g} N) must be below low_n ({self.low_n:g} N)")
        if not self.release_n < self.contact_n:
            raise ValueError(f"release_n ({self.release_n:g} N) must be below contact_n ({self.contact_n:g} N)")
        if not self.cues.slowest_hz <= self.cues.fastest_hz:
            raise ValueError("cues.slowest_hz must not be above cues.fastest_hz")
        self._check_sources()

    def _check_sources(self) -> None:
        wanted = set(_numbers(self)) | {f"cues.{name}" for name in _numbers(self.cues)}
        for name in sorted(wanted - self.sources.keys()):
            raise ValueError(f'sources does not say where {name} comes from (write "assumed" if from nowhere)')
        for name in sorted(self.sources.keys() - wanted):
            raise ValueError(f"sources names {name}, which is no number of this phase")


class Technique(_Strict, frozen=True):
    """What to do, phase by phase."""

    format: Literal["nmt-sense technique"]
    format_version: Literal[1]
    name: Words
    """File name without ``.toml``."""
    title: Words
    description: Words
    phases: tuple[HoldPhase, ...]

    def __post_init__(self) -> None:
        if len(self.phases) != 1:
            raise ValueError(f"phases must be one hold in this version, not {len(self.phases)}")

    @property
    def hold(self) -> HoldPhase:
        """The phase that is a hold."""
        return self.phases[0]

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
        """This technique with another band or wanted time, and its sources saying so.

        Raises :class:`TechniqueError` when the new numbers do not fit together.
        """
        given = {"low_n": low_n, "high_n": high_n, "hold_s": hold_s}
        changes = {name: float(value) for name, value in given.items() if value is not None}
        if not changes:
            return self
        table: dict[str, Any] = msgspec.to_builtins(self.hold)
        table |= changes | {"sources": self.hold.sources | dict.fromkeys(changes, SET_HERE)}
        try:
            phase = msgspec.convert(table, HoldPhase)
        except msgspec.ValidationError as problem:
            raise TechniqueError(
                f"This target does not fit {self.title.lower()}: {toml.sentence(problem)}"
            ) from problem
        return msgspec.structs.replace(self, phases=(phase,))


def load_technique(name: str = DEFAULT, folders: Sequence[Path] = ()) -> Technique:
    """The technique called ``name``: from the first of the ``folders`` that has it, else the one that ships.

    Raises :class:`TechniqueError` when there is none or its file cannot be used; the sentence names file and field.
    """
    if not re.fullmatch(r"[\w-]+", name):
        raise TechniqueError(f'"{name}" cannot be the name of a technique: use letters, digits, - and _ only.')
    for folder in (*folders, _shipped()):
        path = folder / f"{name}.toml"
        if path.is_file():
            return _read(path)
    known = ", ".join(list_techniques(folders))
    raise TechniqueError(f'There is no technique called "{name}"; there is {known}.')


def list_techniques(folders: Iterable[Path] = ()) -> list[str]:
    """Names of all techniques in the folders and of those that ship, in name order; files are not opened."""
    return sorted({path.stem for folder in (*folders, _shipped()) for path in folder.glob("*.toml")})


def _read(path: Path) -> Technique:
    technique = toml.read(path, Technique, f"The technique {path.name}", TechniqueError)
    if technique.name != path.stem:
        raise TechniqueError(
            f'The technique {path.name} cannot be used: in name: it says "{technique.name}", but must say '
            f'"{path.stem}" like the file.'
        )
    return technique


def _shipped() -> Path:
    return Path(str(resources.files("nmt_sense.coaching"))) / "techniques"


def _numbers(struct: msgspec.Struct) -> list[str]:
    return [
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if isinstance(getattr(struct, field.name), int | float)
    ]
