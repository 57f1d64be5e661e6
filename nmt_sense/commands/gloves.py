"""Commands about gloves and ports: ``devices``, ``set-up`` and ``simulate``."""

from __future__ import annotations

import contextlib
import threading
from typing import Annotated

import typer

from nmt_sense.commands.console import (
    JsonOption,
    PortOption,
    SecondsOption,
    UnusedWorkspaceOption,
    print_json,
    say,
    say_whole,
    warn,
)
from nmt_sense.device import SIMULATED_SERIALS_FROM, GloveInfo, SensorInfo
from nmt_sense.errors import NmtError

SERIAL_HELP = (
    f"Its serial number, 1 to {SIMULATED_SERIALS_FROM - 1}; that of a simulated glove {SIMULATED_SERIALS_FROM} to "
    f"{2**32 - 1}. Hexadecimal after 0x."
)
SENSOR_HELP = (
    "A sensor and its resistor; may be repeated. CHANNEL counts from 0, NAME has 1 to 12 ASCII characters, OHM is 100 "
    "to 1000000."
)


def devices(as_json: JsonOption = False, workspace: UnusedWorkspaceOption = None) -> None:
    """List the serial ports and the gloves that answer on them."""
    from nmt_sense.glove.ports import ask, serial_ports

    ports = [ask(port) for port in serial_ports()]
    if as_json:
        print_json(ports)
        return
    for port in ports:
        say_whole(f"{port.url}  {port.description}")
        say_whole(f"  {_named(port.glove) if port.glove else port.problem}")
    if not ports:
        say("No serial ports. Plug a glove in, or use the virtual one: --port sim://")


def _named(glove: GloveInfo) -> str:
    return f"glove “{glove.name}”, serial number {glove.serial_number}"


def _whole_number(text: str) -> int:
    """Decimal, or hexadecimal after 0x. Raises ValueError."""
    return int(text, 0)


def set_up(
    port: PortOption,
    name: Annotated[str | None, typer.Option("--name", help="The glove's name, 1 to 16 characters.")] = None,
    serial_number: Annotated[
        int | None, typer.Option("--serial", parser=_whole_number, metavar="N", help=SERIAL_HELP)
    ] = None,
    sensors: Annotated[
        list[str] | None,
        typer.Option("--sensor", metavar="CHANNEL:NAME:OHM", help=SENSOR_HELP),
    ] = None,
    as_json: JsonOption = False,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Give a glove its name, serial number and sensors; it keeps them. Without options: show what it has."""
    from nmt_sense.glove.ports import Settings
    from nmt_sense.glove.ports import set_up as set_up_glove

    info = set_up_glove(port, Settings(name, serial_number, dict(map(_sensor, sensors or []))))
    if as_json:
        print_json(info)
        return
    say(f"{_named(info)}, firmware {info.firmware}, settings {info.config_state}")
    for channel, sensor in enumerate(info.sensors):
        say(f"  sensor {channel}: {sensor.name}, {sensor.divider_ohm} ohm")


def _sensor(text: str) -> tuple[int, SensorInfo]:
    """``7:heel:4700`` as channel and sensor. Raises :class:`NmtError`."""
    try:
        channel, name, ohm = text.split(":")
        return int(channel), SensorInfo(name, int(ohm))
    except ValueError:
        raise NmtError(f"--sensor {text} is not CHANNEL:NAME:OHM, as in 7:heel:4700.") from None


def simulate(
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another practitioner.")] = 1,
    rate: Annotated[int, typer.Option("--rate", min=50, max=1000, help="Scans per second at the start.")] = 250,
    seconds: SecondsOption = None,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Run a virtual glove that other programs can open, on a pseudo-terminal (on Windows: a local TCP port).

    Its port is the only line on stdout; what to do with it is said on stderr. Ctrl-C ends it.
    """
    from nmt_sense.glove.serve import open_line, serve
    from nmt_sense.glove.virtual import Script

    with open_line() as line, contextlib.suppress(KeyboardInterrupt):
        print(line.name, flush=True)
        warn(
            "The line above is the port of a simulated glove, which answers while this runs (Ctrl-C ends it): give it "
            f"to another program, as in nmt-sense live --port {line.name}"
        )
        serve(Script(seed=seed, rate_hz=rate), line, threading.Event(), seconds or float("inf"))
