"""The glove's layout: which profile for which sensor, and which sensors press together as a contact."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.ageing import checked
from nmt_sense.sensing.profile import ContactArea, Profile, load_profile
from nmt_sense.strict import toml

FILE_NAME = "glove.toml"
FORMAT = "nmt-sense glove layout"

NOMINAL = "nominal, uncalibrated"
EXPIRED = "calibration expired"
UNCHECKED = "calibration not checked today"
CALIBRATED = "calibrated"
UNKNOWN = "no glove yet"
"""The verdict on no sensors at all."""

Words = Annotated[str, msgspec.Meta(min_length=1)]
SensorNames = Annotated[tuple[Words, ...], msgspec.Meta(min_length=1)]
Contacts = Annotated[dict[Words, SensorNames | Literal["all"]], msgspec.Meta(min_length=1)]


class _Glove(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What ``glove.toml`` says."""

    format: Literal["nmt-sense glove layout"]
    format_version: Literal[1]
    default_profile: Words
    """Profile (file name without ``.toml``) of every sensor not named in ``sensors``."""
    default_contact: Words
    """Contact to coach when none is chosen."""
    contacts: Contacts
    """Contact name to the sensors whose forces add up to it, or ``"all"``."""
    sensors: dict[Words, Words] = {}
    """Sensor name to profile."""
    contact_areas: dict[Words, ContactArea] = {}
    """Contact name to the area that presses and how it was obtained; only with it a nominal pressure is shown."""

    def __post_init__(self) -> None:
        if self.default_contact not in self.contacts:
            raise ValueError(f'default_contact "{self.default_contact}" is not one of the contacts')
        if strange := sorted(set(self.contact_areas) - set(self.contacts)):
            raise ValueError(f'contact_areas names "{strange[0]}", which is not one of the contacts')
        for contact, names in self.contacts.items():
            if names != "all" and len(set(names)) < len(names):
                raise ValueError(f'the contact "{contact}" names a sensor twice')

    def profile_names(self) -> list[str]:
        """Every profile that is named, once each, in name order."""
        return sorted({self.default_profile, *self.sensors.values()})


class Layout(_Glove, frozen=True):
    """The layout together with every profile it names: all there is to know about calibration, in one text."""

    profiles: dict[Words, Profile]
    used_on: datetime.date | None = None
    """Day on which the glove was used: a band widens when a profile was not checked on that day."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.profile_names():
            if name not in self.profiles:
                raise ValueError(f'the profile "{name}" is named but not given')

    def to_toml(self) -> str:
        """Everything as one TOML text, as stored with each recording."""
        return toml.encode(self)

    @classmethod
    def from_toml(cls, text: str) -> Layout:
        """The layout that :meth:`to_toml` wrote. Raises :class:`ProfileError`."""
        return toml.decode(text, cls, "The stored calibration", ProfileError)

    def profile(self, sensor: str) -> Profile:
        """The profile of a sensor: its own, else the default one."""
        return self.profiles[self.sensors.get(sensor, self.default_profile)]

    def area(self, contact: str) -> ContactArea | None:
        """The area declared for a contact; without one no pressure may be shown."""
        return self.contact_areas.get(contact)

    def contact_sensors(self, contact: str, present: Iterable[str]) -> tuple[str, ...]:
        """The sensors of a contact, in the order of the glove's own sensors ``present``.

        Raises :class:`ProfileError` when there is no such contact, or the glove lacks one of its sensors.
        """
        names = tuple(present)
        if not names:
            raise ProfileError("This glove reports no sensors, so there is no contact to measure.")
        wanted = self.contacts.get(contact)
        if wanted is None:
            known = ", ".join(sorted(self.contacts))
            raise ProfileError(f'There is no contact "{contact}" in {FILE_NAME}; it has {known}.')
        if wanted == "all":
            return names
        for sensor in wanted:
            if sensor not in names:
                raise ProfileError(
                    f'The contact "{contact}" needs the sensor "{sensor}", which this glove does not have '
                    f"(it has {', '.join(names)}); change [contacts] in {FILE_NAME}."
                )
        return tuple(name for name in names if name in wanted)

    def trusted(self, sensor_names: Iterable[str], on: datetime.date | None = None) -> bool:
        """True when every one of the sensors has been calibrated itself and that still holds ``on`` a day (today)."""
        return self.verdict(sensor_names, on) == CALIBRATED

    def verdict(self, sensor_names: Iterable[str], on: datetime.date | None = None) -> str:
        """How far the calibration of the sensors can be trusted ``on`` a day (today), in a few words.

        The worst sensor decides. A recording keeps the verdict of the day on which it was made.
        """
        names, day = tuple(sensor_names), on or _today()
        if not names:
            return UNKNOWN
        found = {name: _verdict(self.profile(name), day) for name in names}
        kinds = (NOMINAL, EXPIRED, UNCHECKED)
        if len(set(found.values())) == 1:
            return found[names[0]]
        groups = [(kind, [name for name in names if found[name] == kind]) for kind in kinds]
        return "; ".join(f"partly {kind}: {', '.join(those)}" for kind, those in groups if those) or CALIBRATED


def _verdict(profile: Profile, on: datetime.date) -> str:
    if profile.nominal:
        return NOMINAL
    if profile.expired(on):
        return EXPIRED
    return CALIBRATED if checked(profile, on) else UNCHECKED


def _today() -> datetime.date:
    return datetime.datetime.now().astimezone().date()


def load_layout(folder: Path) -> Layout:
    """The layout in ``folder/glove.toml`` with the profiles it names, from the same folder.

    Raises :class:`ProfileError`, in a sentence naming file and field.
    """
    glove = toml.read(folder / FILE_NAME, _Glove, f"The glove layout {FILE_NAME}", ProfileError)
    profiles = {name: _named_profile(folder, name) for name in glove.profile_names()}
    return Layout(**msgspec.structs.asdict(glove), profiles=profiles, used_on=_today())


def _named_profile(folder: Path, name: str) -> Profile:
    if not re.fullmatch(r"\w[\w .-]*", name):  # no way out of the folder
        raise ProfileError(f'{FILE_NAME} names the profile "{name}"; use letters, digits, spaces, ., - and _ only.')
    path = folder / f"{name}.toml"
    if not path.is_file():
        raise ProfileError(
            f'{FILE_NAME} names the profile "{name}", but there is no {path.name} beside it in {folder}.'
        )
    return load_profile(path)
