"""Commands about gloves and ports: ``devices`` and ``simulate``."""

from __future__ import annotations

import contextlib
import threading
from typing import Annotated

import typer

from nmt_sense.console import JsonOption, SecondsOption, UnusedWorkspaceOption, print_json, say


def devices(as_json: JsonOption = False, workspace: UnusedWorkspaceOption = None) -> None:
    """List the serial ports and the gloves that answer on them."""
    from nmt_sense.glove.ports import ask, serial_ports

    ports = [ask(port) for port in serial_ports()]
    if as_json:
        print_json(ports)
        return
    for port in ports:
        who = f"glove “{port.glove.name}”, serial number {port.glove.serial_number}" if port.glove else port.problem
        say(f"{port.url}  {port.description}: {who}")
    if not ports:
        say("No serial ports. Plug a glove in, or use the virtual one: --port sim://")


def simulate(
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another practitioner.")] = 1,
    rate: Annotated[int, typer.Option("--rate", min=50, max=1000, help="Scans per second at the start.")] = 250,
    seconds: SecondsOption = None,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Run a virtual glove that other programs can open, on a pseudo-terminal (on Windows: a local TCP port)."""
    from nmt_sense.glove.serve import open_line, serve
    from nmt_sense.glove.virtual import Script

    with open_line() as line, contextlib.suppress(KeyboardInterrupt):
        print(line.name, flush=True)
        serve(Script(seed=seed, rate_hz=rate), line, threading.Event(), seconds or float("inf"))
