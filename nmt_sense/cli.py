"""The command line. Exit code 0: fine; 1: a finding; 2: wrong use or unusable input, said in one line on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from nmt_sense import __version__
from nmt_sense.errors import NmtError
from nmt_sense.workspace import Workspace, open_workspace

app = typer.Typer(
    name="nmt-sense",
    help="Pressure biofeedback for neuromuscular massage therapy. Without a command: the window.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_out = Console()
_err = Console(stderr=True)

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="Folder with calibration/ and recordings/ in it.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
PortOption = Annotated[
    str,
    typer.Option("--port", help="Serial port or URL: /dev/ttyUSB0, COM3, socket://host:port, sim://, replay://F.h5"),
]
SecondsOption = Annotated[float | None, typer.Option("--seconds", min=0.1, help="Stop after so many seconds.")]
TechniqueOption = Annotated[str, typer.Option("--technique", help="Name of the technique.")]
ParticipantOption = Annotated[str, typer.Option("--participant", help="A code for the participant, never a name.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="File to write (.h5); never overwritten.")]

DEFAULT_TECHNIQUE = "ischemic-compression"
DEMO_SECONDS = 30.0
DEMO_HOLD_S = 5.0


@app.callback(invoke_without_command=True)
def _window(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    port: Annotated[str | None, typer.Option("--port", help="Port to open first.")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if version:
        _out.print(f"nmt-sense {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(_run_window(open_workspace(workspace), port, DEFAULT_TECHNIQUE))


def _run_window(workspace: Workspace, port: str | None, technique: str, **options: Any) -> int:
    from nmt_sense.app import main as window
    from nmt_sense.coaching.technique import list_techniques, load_technique
    from nmt_sense.glove.ports import serial_ports
    from nmt_sense.live import Live
    from nmt_sense.setup import default_setup

    _recover_first(workspace)
    first = port or next((found.url for found in serial_ports() if found.usb), "sim://")
    live = Live(options.pop("setup", None) or default_setup(workspace, first, technique), workspace)
    folders = [workspace.techniques]
    techniques = [(name, load_technique(name, folders).title) for name in list_techniques(folders)]
    ports = lambda: [*(found.url for found in serial_ports()), "sim://"]  # noqa: E731
    return window.run(live, ports=ports, techniques=techniques, **options)


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="In the terminal, without a window.")] = False,
    seconds: SecondsOption = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another practitioner.")] = 1,
    out: OutOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Everything on a virtual glove: the live window, or, where there is no display, a recording in the terminal.

    With --out it always records in the terminal.
    """
    from dataclasses import replace

    from nmt_sense.setup import default_setup

    place = open_workspace(workspace)
    setup = default_setup(place, f"sim://?seed={seed}", DEFAULT_TECHNIQUE)
    setup = replace(setup, technique=setup.technique.with_target(hold_s=DEMO_HOLD_S), reconnect=False)
    if headless or out is not None or not _has_display():
        _record(place, setup, seconds or DEMO_SECONDS, out, "DEMO", as_json=False)
    else:
        raise typer.Exit(_run_window(place, None, "", setup=setup, participant="DEMO", quit_after_s=seconds))


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@app.command()
def live(
    port: PortOption,
    seconds: SecondsOption = None,
    technique: TechniqueOption = DEFAULT_TECHNIQUE,
    workspace: WorkspaceOption = None,
) -> None:
    """Show force and hold live in the terminal; nothing is recorded."""
    from nmt_sense.live import Live
    from nmt_sense.setup import default_setup

    place = open_workspace(workspace)
    setup = default_setup(place, port, technique)
    pipeline = Live(_once(setup), place)
    with _running(pipeline):
        _watch(pipeline, threading.Event(), seconds)


@app.command()
def record(
    port: PortOption,
    seconds: SecondsOption = None,
    out: OutOption = None,
    technique: TechniqueOption = DEFAULT_TECHNIQUE,
    participant: ParticipantOption = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Record from a glove, show it live, and write an HDF5 file. Ctrl-C ends the recording and keeps it."""
    from nmt_sense.setup import default_setup

    place = open_workspace(workspace)
    _record(place, _once(default_setup(place, port, technique)), seconds, out, participant, as_json)


def _once(setup: Any) -> Any:
    from dataclasses import replace

    return replace(setup, reconnect=False)


def _record(
    place: Workspace, setup: Any, seconds: float | None, out: Path | None, participant: str, as_json: bool
) -> None:
    """Record, show it live, write the file and say what is in it. A lost glove is told after the file is safe."""
    from nmt_sense.live import Live
    from nmt_sense.recorder import Sitting
    from nmt_sense.terminal import print_holds

    _recover_first(place)
    target = _free_target(out) or place.new_recording(participant)
    pipeline = Live(setup, place)
    with _running(pipeline, Sitting(participant, "", target, seconds or float("inf"))):
        with contextlib.suppress(KeyboardInterrupt):
            _watch(pipeline, pipeline.full, None, quiet=as_json)
        with _saving(quiet=as_json) as progress:
            path = pipeline.stop_recording(progress)
    assert path is not None
    from nmt_sense.session.recording import open_recording

    with open_recording(path) as recording:
        holds, verdict = recording.holds, recording.integrity.verdict
    if as_json:
        _print_json({"path": str(path), "verdict": verdict, "holds": holds})
    else:
        print_holds(_out, holds)
        _out.print(f"{verdict}: {path}", soft_wrap=True, highlight=False)
    if pipeline.failure is not None:
        raise pipeline.failure


def _free_target(out: Path | None) -> Path | None:
    """Where to record to, made absolute. Raises :class:`NmtError` before anything is recorded."""
    if out is None:
        return None
    target = out.absolute()
    if target.suffix != ".h5":
        raise NmtError(f"{out} does not end in .h5; name the recording with that ending.")
    if not target.parent.is_dir():
        raise NmtError(f"There is no folder {target.parent}; make it or choose another.")
    if target.exists():
        raise NmtError(f"{out} exists already and is never overwritten; choose another name.")
    return target


@contextlib.contextmanager
def _running(pipeline: Any, sitting: Any = None) -> Iterator[None]:
    """Start the pipeline, recording a sitting if one is given, and wait until scans come. Raises its failure."""
    from nmt_sense.state import LinkPhase

    pipeline.start(sitting)
    try:
        waiting = threading.Event()
        while pipeline.failure is None and pipeline.state.phase is not LinkPhase.STREAMING:
            waiting.wait(0.01)
        if pipeline.failure is not None and pipeline.state.info is None:
            raise pipeline.failure
        yield
    finally:
        pipeline.close()


def _watch(pipeline: Any, done: threading.Event, seconds: float | None, quiet: bool = False) -> None:
    """Show the pipeline until it is done, its time is over, or it fails; the failure is raised when nothing records."""
    from nmt_sense.terminal import watch

    watch(_out, pipeline, done, seconds, quiet=quiet)
    if pipeline.failure is not None and not pipeline.state.recording:
        raise pipeline.failure


@contextlib.contextmanager
def _saving(quiet: bool) -> Iterator[Any]:
    """A progress bar on stderr that disappears when the file is written."""
    with Progress(console=_err, transient=True, disable=quiet or not _err.is_terminal) as bar:
        task = bar.add_task("Writing the recording", total=1.0)
        yield lambda part: bar.update(task, completed=part)


@app.command()
def devices(as_json: JsonOption = False) -> None:
    """List the serial ports and the gloves that answer on them."""
    from nmt_sense.glove.ports import ask, serial_ports

    ports = [ask(port) for port in serial_ports()]
    if as_json:
        _print_json(ports)
        return
    for port in ports:
        who = f"glove “{port.glove.name}”, serial number {port.glove.serial_number}" if port.glove else port.problem
        _out.print(f"{port.url}  {port.description}: {who}", soft_wrap=True, highlight=False)
    if not ports:
        _out.print("No serial ports. Plug a glove in, or use the virtual one: --port sim://", soft_wrap=True)


@app.command()
def simulate(
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another practitioner.")] = 1,
    rate: Annotated[int, typer.Option("--rate", min=50, max=1000, help="Scans per second at the start.")] = 250,
    seconds: SecondsOption = None,
) -> None:
    """Run a virtual glove that other programs can open, on a pseudo-terminal (on Windows: a local TCP port)."""
    from nmt_sense.glove.serve import open_line, serve
    from nmt_sense.glove.virtual import Script

    with open_line() as line, contextlib.suppress(KeyboardInterrupt):
        print(line.name, flush=True)
        serve(Script(seed=seed, rate_hz=rate), line, threading.Event(), seconds or float("inf"))


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(help="Recordings to verify.")], as_json: JsonOption = False
) -> None:
    """Recompute each recording from its raw data and compare; exit 1 unless each is intact or says what it lacks."""
    from nmt_sense.derivation import derive
    from nmt_sense.session.integrity import verify as verify_file

    reports = [verify_file(path, derive) for path in files]
    if as_json:
        _print_json(reports)
    else:
        for line in (line for report in reports for line in _verdict_lines(report)):
            _out.print(line, soft_wrap=True, highlight=False)
    if any(report.verdict not in ("intact", "gaps") for report in reports):
        raise typer.Exit(1)


def _verdict_lines(report: Any) -> list[str]:
    simulated = ", simulated" if report.simulated else ""
    counts = f"{report.received} of {report.expected} scans, calibration {report.calibration_verdict}{simulated}"
    return [f"{report.verdict}: {report.path} ({counts})", *(f"  {finding}" for finding in report.findings)]


@app.command()
def recover(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Turn the journals of recordings that were cut off into recordings."""
    place = open_workspace(workspace)
    recovered, problems = _recover_all(place, quiet=as_json)
    if as_json:
        _print_json([str(path) for path in recovered])
    for path in [] if as_json else recovered:
        _out.print(f"recovered: {path}", soft_wrap=True, highlight=False)
    if problems:
        raise NmtError(" ".join(problems))
    if not recovered and not as_json:
        _out.print(f"Nothing to recover in {place.recordings}.", soft_wrap=True, highlight=False)


def _recover_all(place: Workspace, quiet: bool) -> tuple[list[Path], list[str]]:
    """Recover every orphaned journal; the recordings made, and a sentence for each that could not be."""
    from nmt_sense.derivation import derive
    from nmt_sense.session.recovery import orphans
    from nmt_sense.session.recovery import recover as recover_file

    recovered, problems = [], []
    for journal in orphans(place.recordings):
        try:
            with _saving(quiet) as progress:
                recovered.append(recover_file(journal, derive, progress))
        except NmtError as error:
            problems.append(str(error))
    return recovered, problems


def _recover_first(place: Workspace) -> None:
    """Before anything new is recorded, bring back what an earlier run was cut off from writing; say so on stderr."""
    recovered, problems = _recover_all(place, quiet=False)
    for sentence in [*(f"Recovered a recording that had been cut off: {path}" for path in recovered), *problems]:
        print(f"nmt-sense: {sentence}", file=sys.stderr)


@app.command()
def holds(file: Annotated[Path, typer.Argument(help="A recording.")], as_json: JsonOption = False) -> None:
    """Print the holds of a recording."""
    from nmt_sense.session.recording import open_recording
    from nmt_sense.terminal import print_holds

    with open_recording(file) as recording:
        found = recording.holds
    if as_json:
        _print_json(found)
    else:
        print_holds(_out, found)


def _print_json(value: Any) -> None:
    """JSON on stdout. NaN, which JSON lacks, becomes null."""
    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
    except NmtError as error:
        return _refuse(str(error))
    except typer.TyperException as error:
        words = getattr(error, "format_message", error.__str__)()
        return _refuse(f"{words.rstrip('.')}; see nmt-sense --help.")
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return code if isinstance(code, int) else 0


def _refuse(sentence: str) -> int:
    print(f"nmt-sense: {' '.join(sentence.split())}", file=sys.stderr)
    return 2
