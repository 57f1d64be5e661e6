"""Which serial ports this computer has, which of them a glove answers on, and giving a glove its settings."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from serial.tools import list_ports

from nmt_sense.device import SIMULATED_SERIALS_FROM, GloveInfo, SensorInfo
from nmt_sense.errors import LinkError, NmtError
from nmt_sense.glove.link import Link
from nmt_sense.glove.wire import NAME_MAX, SENSOR_NAME_MAX, Kind, name_fields, sensor_fields, serial_fields

MIN_OHM, MAX_OHM = 100, 1_000_000


class Port(msgspec.Struct, frozen=True):
    """One serial port."""

    url: str
    description: str
    usb: bool = False
    glove: GloveInfo | None = None
    problem: str = ""
    """Why no glove answers there; empty when one does or nobody asked."""


def serial_ports() -> list[Port]:
    """The serial ports of this computer, USB ones first, in name order. Nothing is opened."""
    found = sorted(list_ports.comports(), key=lambda port: (port.vid is None, port.device))
    return [Port(port.device, _described(port.description), port.vid is not None) for port in found]


def _described(text: str | None) -> str:
    """What the system says of a port; pyserial writes n/a where that is nothing."""
    return "serial port" if not text or text == "n/a" else text


def ask(port: Port) -> Port:
    """The same port with the glove that answers on it, or the reason why none does. Takes up to four seconds."""
    link = Link(port.url)
    try:
        return msgspec.structs.replace(port, glove=link.open())
    except LinkError as error:
        return msgspec.structs.replace(port, problem=str(error))
    finally:
        link.close()


class Settings(msgspec.Struct, frozen=True):
    """What a glove is to keep in its EEPROM; None and no sensors leave it as it is."""

    name: str | None = None
    serial_number: int | None = None
    sensors: dict[int, SensorInfo] = {}
    """By channel, from 0."""


def set_up(url: str, settings: Settings) -> GloveInfo:
    """Have the glove on a port keep these settings; what it says of itself afterwards.

    Raises :class:`NmtError` before anything is changed when they are unusable, and :class:`LinkError` when the glove
    cannot be reached or refuses one.
    """
    link = Link(url)
    try:
        info = link.open()
        if problem := _problem(settings, info):
            raise NmtError(problem)
        for kind, fields in _commands(settings):
            info = link.configure(kind, fields)
        return info
    finally:
        link.close()


def _commands(settings: Settings) -> Iterator[tuple[Kind, bytes]]:
    for channel, sensor in settings.sensors.items():
        yield Kind.SENSOR, sensor_fields(channel, sensor.name, sensor.divider_ohm)
    if settings.name is not None:
        yield Kind.NAME, name_fields(settings.name)
    if settings.serial_number is not None:
        yield Kind.SERIAL, serial_fields(settings.serial_number)


def _problem(settings: Settings, info: GloveInfo) -> str:
    """Why this glove cannot have these settings, in one sentence; empty when it can."""
    if settings.name is not None and not is_name(settings.name, NAME_MAX):
        return f"A glove's name has 1 to {NAME_MAX} ASCII characters, unlike {settings.name!r}."
    for channel, sensor in settings.sensors.items():
        if not is_name(sensor.name, SENSOR_NAME_MAX):
            return f"A sensor's name has 1 to {SENSOR_NAME_MAX} ASCII characters, unlike {sensor.name!r}."
        if not 0 <= channel < info.channels:
            return f"This glove has sensors 0 to {info.channels - 1}, no sensor {channel}."
        if not MIN_OHM <= sensor.divider_ohm <= MAX_OHM:
            return f"A divider has {MIN_OHM} to {MAX_OHM} ohm, not {sensor.divider_ohm}."
    return "" if settings.serial_number is None else _serial_problem(settings.serial_number, info)


def is_name(text: str, longest: int) -> bool:
    """True for what a glove can keep as a name: 1 to so many printable ASCII characters."""
    return 1 <= len(text) <= longest and text.isascii() and text.isprintable()


def _serial_problem(number: int, info: GloveInfo) -> str:
    """A simulated glove must not pass for a real one, nor the other way round."""
    first, last = (SIMULATED_SERIALS_FROM, 2**32 - 1) if info.simulated else (1, SIMULATED_SERIALS_FROM - 1)
    if first <= number <= last:
        return ""
    return f"The serial number of a {'simulated' if info.simulated else 'real'} glove lies in {first} to {last}."
