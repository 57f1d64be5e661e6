"""A profile: one sensor's calibration, as a strict TOML file."""

from __future__ import annotations

import datetime
import itertools
import math
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.curves import Curve, monotone_cubic, power_law
from nmt_sense.strict import toml

FORMAT = "nmt-sense profile"
REPEATS = 0.15
"""Deviation of one visit, as a part of the force, however well a profile fitted its own data: handling and history of
the load differ between a calibration and a check (conditioning alone moved one sensor by 11-12 %)."""

Positive = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, lt=1e9)]
Words = Annotated[str, msgspec.Meta(min_length=1)]
SMALLEST = 1e-6
"""Microsiemens or newtons; less is no measurement, and what is divided by it soon no number."""
SMALLEST_EXPONENT = 0.1
MOST_CREEP = 0.5
"""Parts of a held force that creep may add up to; such sensors creep by a few hundredths."""
MOST_DEVIATION = 3.0
"""Standard deviation of the logarithm of a gain; its 95 % band is a factor of 350 to either side."""
Status = Literal["nominal, uncalibrated", "calibrated"]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every table of a profile has in common: nothing unknown, nothing changed after reading."""


class Circuit(_Strict, frozen=True):
    """The circuit the curve was found with. Conductance does not depend on it to first order; a check may want it."""

    divider_ohm: Positive
    supply_mv: Positive
    full_scale: Positive | None = None
    """Counts that stand for the whole supply, where the readings were counts."""


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


class Play(_Strict, frozen=True):
    """Hysteresis: the force of the curve times exp(weight * what a play of this half-width lags behind)."""

    width: Annotated[float, msgspec.Meta(gt=0, le=3)]
    """Half-width, natural logarithms of (conductance + floor_us)."""
    floor_us: Positive
    weight: Annotated[float, msgspec.Meta(ge=0, le=2)]
    """Never negative: a hysteretic sensor reads more while the load falls. A negative one would only smooth noise."""


class CreepTerm(_Strict, frozen=True):
    """Part of a held force that comes with a time constant (see ``creep``)."""

    time_s: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    share: Annotated[float, msgspec.Meta(ge=0, le=0.3)]


class Drift(_Strict, frozen=True):
    """How well the gain is known since the last check: standard deviation of its logarithm at a force."""

    force_n: NotNegative
    deviation: Annotated[float, msgspec.Meta(ge=0, le=MOST_DEVIATION)]


class Visits(_Strict, frozen=True):
    """A level of load, and how often a check came to it."""

    force_n: NotNegative
    times: Annotated[int, msgspec.Meta(ge=1, le=10**6)]


class Check(_Strict, frozen=True):
    """A comparison with known loads, and what came of it."""

    date: datetime.date
    verdict: Literal["ok", "rescaled", "stale"]
    found: Annotated[float, msgspec.Meta(ge=-1, le=1e6)]
    """True force over the force shown at the loads, less 1, before anything was changed: what would mend the profile.

    What is said of it is :attr:`shown_off`, whose base is the true force."""
    left: NotNegative
    """Median part by which it is still off at these loads afterwards."""
    range_n: tuple[NotNegative, Positive]
    """Loads between which it was checked."""
    presses: Annotated[int, msgspec.Meta(ge=0, le=10**6)]
    operator: str | None = None
    loads: tuple[Visits, ...] = ()
    """Levels of load that it came to; empty in profiles of earlier versions of this program."""

    @property
    def shown_off(self) -> float:
        """By which part of the true force too much (+) or too little (-) was shown: force shown over true, less 1."""
        return 1.0 / (1.0 + self.found) - 1.0 if self.found > -1.0 else math.inf

    @property
    def shown_words(self) -> str:
        """That in words."""
        percent = f"{abs(100.0 * self.shown_off):.0f}"
        way = "more" if self.shown_off > 0 else "less"
        return "the true force" if percent == "0" else f"{percent} % {way} than the true force"


class ContactArea(_Strict, frozen=True):
    """The area that presses, and how it was obtained: what newtons need to become a nominal pressure."""

    cm2: Annotated[float, msgspec.Meta(ge=0.01, le=1000)]
    method: Words


class Residual(_Strict, frozen=True):
    """What a curve that had not seen this reading was off by, kept to be drawn."""

    conductance_us: NotNegative
    force_n: Annotated[float, msgspec.Meta(gt=-1e9, lt=1e9)]
    error_n: Annotated[float, msgspec.Meta(gt=-1e9, lt=1e9)]


class UncertaintyTerms(_Strict, frozen=True):
    """The half-width of the 95 % band is floor + relative * force + half a converter step (see ``uncertainty``)."""

    floor_n: NotNegative
    relative: NotNegative
    source: Words


class Profile(_Strict, frozen=True):
    """One sensor's calibration: what turns its conductance into force, and how far that can be trusted."""

    format: Literal["nmt-sense profile"]
    format_version: Literal[1, 2]
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

    # Since format version 2: what calibrate writes.
    sensor: str | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=10**6)] = 1
    """Counts the checks that changed it; a file is never changed, each version is another one."""
    parent: str | None = None
    """SHA-256 of the text of the version that this one was made from."""
    instrument: str | None = None
    """What measured the reference force."""
    conditioning: str | None = None
    """What was done to the sensor before, in words."""
    presses: Annotated[int, msgspec.Meta(ge=0, le=10**6)] | None = None
    """Presses that the calibration was made from."""
    temperature_c: Annotated[float, msgspec.Meta(ge=-40, le=85)] | None = None
    lag_s: Annotated[float, msgspec.Meta(ge=-2, le=2)] = 0.0
    """By how much the readings came after the reference; undone in files, part of the delay when live."""
    play: Play | None = None
    creep: tuple[CreepTerm, ...] = ()
    drift: tuple[Drift, ...] = ()
    """How well the gain is known since the last check, at rising forces; empty: never checked."""
    spread: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 1.0
    """Half-width of the band within the sitting of the last check, against the one that the fit said: a factor."""
    checks: tuple[Check, ...] = ()
    contact_area: ContactArea | None = None
    residuals: tuple[Residual, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.range_n
        if low >= high:
            raise ValueError(f"range_n must rise, but is {low:g} to {high:g}")
        if not _rising([point.conductance_us for point in self.points]):
            raise ValueError("points must have rising conductance_us")
        if not _rising([point.force_n for point in self.points]):
            raise ValueError("points must have rising force_n")
        if not _rising([known.force_n for known in self.drift]):
            raise ValueError("drift must have rising force_n")
        if sum(term.share for term in self.creep) > MOST_CREEP:
            raise ValueError(f"creep must not add up to more than {MOST_CREEP:g}")
        if isinstance(self.curve, MonotoneCubic):
            self._check_cubic(high)
        if self.format_version == 1 and (known := self._of_version_2()):
            raise ValueError(f"{known} needs format_version = 2")

    def _of_version_2(self) -> str | None:
        later = self.__struct_fields__[self.__struct_fields__.index("sensor") :]
        defaults = dict(zip(reversed(self.__struct_fields__), reversed(self.__struct_defaults__), strict=False))
        return next((name for name in later if getattr(self, name) != defaults[name]), None)

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
        at, known = [point.conductance_us for point in self.points], [point.force_n for point in self.points]
        return monotone_cubic(at, known, proportional=self.format_version > 1)

    @property
    def checked_on(self) -> datetime.date | None:
        """Day of the last check."""
        return self.checks[-1].date if self.checks else None

    @property
    def still_off(self) -> bool:
        """The last check found it off, and left more than such a sensor differs from press to press."""
        return bool(self.checks) and self.checks[-1].verdict == "stale" and self.checks[-1].left > REPEATS


def load_profile(path: Path) -> Profile:
    """The profile in a TOML file.

    Raises :class:`ProfileError`, in a sentence naming file and field.
    """
    return toml.read(path, Profile, f"The profile {path.name}", ProfileError)


def _rising(values: list[float]) -> bool:
    return all(one < next_one for one, next_one in itertools.pairwise(values))


def to_toml(profile: Profile) -> str:
    """The text of a profile file."""
    return toml.encode(profile)
