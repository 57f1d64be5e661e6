"""Which serial ports this computer has, and which of them a glove answers on."""

from __future__ import annotations

import msgspec
from serial.tools import list_ports

from nmt_sense.device import GloveInfo
from nmt_sense.errors import LinkError
from nmt_sense.glove.link import Link


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
    return [Port(port.device, port.description or "serial port", port.vid is not None) for port in found]


def ask(port: Port) -> Port:
    """The same port with the glove that answers on it, or the reason why none does. Takes up to four seconds."""
    link = Link(port.url)
    try:
        return msgspec.structs.replace(port, glove=link.open())
    except LinkError as error:
        return msgspec.structs.replace(port, problem=str(error))
    finally:
        link.close()
