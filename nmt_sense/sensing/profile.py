"""A profile: one sensor's calibration, as a strict TOML file."""

from __future__ import annotations

import datetime
import itertools
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.curves import Curve, monotone_cubic, power_law
from nmt_sense.strict import toml

FORMAT = "nmt-sense profile"

Positive = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, lt=1e9)]
Words = Annotated[str, msgspec.Meta(min_length=1)]
SMALLEST = 1e-6
"""Microsiemens or newtons; less is no measurement, and what is divided by it soon no number."""
SMALLEST_EXPONENT = 0.1
Status = Literal["nominal, uncalibrated", "calibrated"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every table of a profile has in common: nothing unknown, nothing changed after reading."""


class Circuit(_Strict, frozen=True):
    """The circuit the curve was found with. Conductance does not depend on it to first order; a check may want it."""

    divider_ohm: Positive
    supply_mv: Positive


class PowerLaw(_Strict, frozen=True, tag_field="kind", tag="power-law"):
    """G = gain_us * F**exponent, G in µS and F in N."""

    gain_us: Positive
    exponent: Annotated[float, msgspec.Meta(gt=0, le=3)]

    def __post_init__(self) -> None:
        if self.gain_us < SMALLEST or self.exponent < SMALLEST_EXPONENT:
            raise ValueError(f"gain_us must be at least {SMALLEST:g}, exponent {SMALLEST_EXPONENT:g}")


class MonotoneCubic(_Strict, frozen=True, tag_field="kind", tag="monotone-cubic"):
    """Through zero and the profile's points, never falling."""


class Point(_Strict, frozen=True):
    """One calibration point."""

    conductance_us: Positive
    force_n: Positive

    def __post_init__(self) -> None:
        if min(self.conductance_us, self.force_n) < SMALLEST:
            raise ValueError(f"conductance_us and force_n must be at least {SMALLEST:g}")


class UncertaintyTerms(_Strict, frozen=True):
    """The half-width of the 95 % band is floor + relative * force + half a converter step (see ``uncertainty``)."""

    floor_n: NotNegative
    relative: NotNegative
    source: Words


class Profile(_Strict, frozen=True):
    """One sensor's calibration: what turns its conductance into force, and how far that can be trusted."""

    format: Literal["nmt-sense profile"]
    format_version: Literal[1]
    title: Words
    status: Status
    date: datetime.date
    source: Words
    """Where the numbers come from, in words."""
    range_n: tuple[NotNegative, Positive]
    """Forces between which the curve holds."""
    curve: PowerLaw | MonotoneCubic
    uncertainty: UncertaintyTerms
    circuit: Circuit | None = None
    points: tuple[Point, ...] = ()
    expiry: datetime.date | None = None
    """Last day on which it may be used without a new check."""
    operator: str | None = None
    """Code of who calibrated, never a name."""

    def __post_init__(self) -> None:
        low, high = self.range_n
        if low >= high:
            raise ValueError(f"range_n must rise, but is {low:g} to {high:g}")
        if not _rising([point.conductance_us for point in self.points]):
            raise ValueError("points must have rising conductance_us")
        if not _rising([point.force_n for point in self.points]):
            raise ValueError("points must have rising force_n")
        if isinstance(self.curve, MonotoneCubic):
            self._check_cubic(high)

    def _check_cubic(self, high_n: float) -> None:
        if len(self.points) < 2:
            raise ValueError("a monotone-cubic curve needs at least two points")
        last = self.points[-1].force_n
        if high_n > last:
            raise ValueError(f"range_n ends at {high_n:g}, beyond the last point at {last:g}")

    @property
    def nominal(self) -> bool:
        """True when nobody has calibrated this very sensor."""
        return self.status != "calibrated"

    def expired(self, on: datetime.date) -> bool:
        """True when its last day lies before that day."""
        return self.expiry is not None and self.expiry < on

    def to_force(self) -> Curve:
        """The curve from conductance in µS to force in N."""
        if isinstance(self.curve, PowerLaw):
            return power_law(self.curve.gain_us, self.curve.exponent)
        return monotone_cubic([point.conductance_us for point in self.points], [point.force_n for point in self.points])


def load_profile(path: Path) -> Profile:
    """The profile in a TOML file.

    Raises :class:`ProfileError`, in a sentence naming file and field.
    """
    return toml.read(path, Profile, f"The profile {path.name}", ProfileError)


def _rising(values: list[float]) -> bool:
    return all(one < next_one for one, next_one in itertools.pairwise(values))
