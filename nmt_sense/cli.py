"""The command line. Exit code 0: fine; 1: a finding; 2: wrong use or unusable input, said in one line on stderr."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from nmt_sense import __version__
from nmt_sense.commands import calibrate, coaching, files, gloves, practitioner
from nmt_sense.commands.console import (
    OUT,
    JsonOption,
    LookSecondsOption,
    PortOption,
    SecondsOption,
    WorkspaceOption,
    print_json,
    saving,
    say,
    warn,
)
from nmt_sense.commands.display import check_display, has_display
from nmt_sense.ending import ended_well, leave_terminal, undisturbed
from nmt_sense.errors import LinkError, LinkReason, NmtError, RecordingError
from nmt_sense.participant import ANYBODY, check_code
from nmt_sense.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from nmt_sense.setup import Setup

app = typer.Typer(
    name="nmt-sense",
    help="Pressure biofeedback for neuromuscular massage therapy. Without a command: the window.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    gloves.devices,
    gloves.set_up,
    gloves.simulate,
    files.verify,
    files.recover,
    files.holds,
    coaching.techniques,
    coaching.template,
    coaching.thresholds,
    coaching.sound,
    practitioner.hands,
):
    app.command()(command)
app.add_typer(calibrate.app)
app.add_typer(practitioner.words, name="words")

TechniqueOption = Annotated[str | None, typer.Option("--technique", help="Name of the technique.", show_default=False)]
ParticipantOption = Annotated[str, typer.Option("--participant", help="A code for the participant, never a name.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="File to write (.h5); never overwritten.")]

PATIENCE_S = 60.0
"""How long ``record`` waits for a glove that was lost before it ends the recording."""
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
        say(f"nmt-sense {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        _pass_on(context, context.invoked_subcommand, {"workspace": workspace, "port": port})
    else:
        place = open_workspace(workspace)
        raise typer.Exit(_run_window(place, _setup(place, port or _first_port())))


def _pass_on(context: typer.Context, command: str, given: dict[str, Any]) -> None:
    """Options named before the command count as if they came after it. Raises :class:`NmtError` where they cannot."""
    named = {option: value for option, value in given.items() if value is not None}
    assert isinstance(context.command, TyperGroup)
    known = {parameter.name for parameter in context.command.commands[command].params}
    if strange := sorted(set(named) - known):
        raise NmtError(f"{command} has no option --{strange[0]}; leave it out, or see nmt-sense {command} --help.")
    context.default_map = {command: named}


def _first_port() -> str:
    """The first USB serial port, or, where there is none, a virtual glove."""
    from nmt_sense.glove.ports import serial_ports

    return next((found.url for found in serial_ports() if found.usb), "sim://")


def _setup(place: Workspace, port: str, technique: str | None = None) -> Setup:
    """What to run: the technique named, or the usual one. Raises :class:`NmtError`."""
    from nmt_sense.coaching.technique import DEFAULT
    from nmt_sense.setup import default_setup

    return default_setup(place, port, technique or DEFAULT)


def _run_window(place: Workspace, setup: Setup, participant: str = ANYBODY, quit_after_s: float | None = None) -> int:
    check_display()
    from nmt_sense.app import main as window
    from nmt_sense.coaching.technique import list_techniques, load_technique
    from nmt_sense.commands.claim import claimed
    from nmt_sense.glove.ports import serial_ports
    from nmt_sense.live import Live

    folders = [place.techniques]
    with claimed(place.recordings):
        return window.run(
            Live(setup, place),
            ports=lambda: [*(found.url for found in serial_ports()), "sim://"],
            techniques=[(name, load_technique(name, folders).title) for name in list_techniques(folders)],
            participant=participant,
            quit_after_s=quit_after_s,
            recordings=place.recordings,
        )


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
    place = open_workspace(workspace)
    setup = _setup(place, f"sim://?seed={seed}")
    setup = replace(setup, technique=setup.technique.with_target(hold_s=DEMO_HOLD_S), reconnect=False)
    if headless or out is not None or not has_display():
        _record(place, setup, seconds or DEMO_SECONDS, out, ("DEMO", ""), as_json=False)
    else:
        raise typer.Exit(_run_window(place, setup, "DEMO", seconds))


@app.command()
def live(
    port: PortOption,
    seconds: SecondsOption = None,
    technique: TechniqueOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show force and hold live in the terminal; nothing is recorded."""
    from nmt_sense.live import Live

    place = open_workspace(workspace)
    setup = _setup(place, port, technique)
    pipeline = Live(_once(setup), place)
    with _running(pipeline):
        _watch(pipeline, threading.Event(), seconds)


@app.command()
def check(
    port: PortOption,
    seconds: LookSecondsOption = 3.0,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Look whether all is well for a recording: sensors, zero, rate, link, calibration, disk, battery.

    Exit code 1 when something is wrong. What is only doubtful (?) should be known, and keeps nobody from recording.
    """
    from nmt_sense.checks import Outcome
    from nmt_sense.commands.terminal import check_lines, checks_of
    from nmt_sense.live import Live

    place = open_workspace(workspace)
    pipeline = Live(_once(_setup(place, port)), place)
    with _running(pipeline):
        _watch(pipeline, threading.Event(), seconds + 0.5, quiet=True)
        checks = checks_of(pipeline)
    if not checks:
        raise NmtError(f"The glove on {port} sent too little to judge by; check its cable and try again.")
    if as_json:
        print_json(checks)
    for line in [] if as_json else check_lines(checks):
        say(line)
    if any(found.outcome is Outcome.WRONG for found in checks):
        raise typer.Exit(1)


@app.command()
def record(
    port: PortOption,
    seconds: SecondsOption = None,
    out: OutOption = None,
    technique: TechniqueOption = None,
    participant: ParticipantOption = "",
    force_ceiling: Annotated[
        float | None, typer.Option("--force-ceiling", min=1.0, max=10_000.0, help="Sound an alarm above this force, N.")
    ] = None,
    pain_ceiling: Annotated[
        float | None, typer.Option("--pain-ceiling", min=1.0, max=10.0, help="Pain above this ends a hold; 7 usually.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0.1,
            max=10_000.0,
            help="The client's pressure pain threshold, N, for a technique whose bands are in percent of it.",
        ),
    ] = None,
    operator: Annotated[str, typer.Option("--operator", help="A code of who presses, never a name.")] = "",
    feedback: Annotated[
        str | None,
        typer.Option(
            "--feedback",
            help="constant, bandwidth:NEWTONS (above 0), faded:HOLDS (1 to 10000), on-request, none or terminal.",
        ),
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Record from a glove, show it live, and write an HDF5 file. Ctrl-C ends the recording and keeps it.

    A glove that is unplugged or restarts is waited for, a minute at most and never longer than --seconds.
    """
    from nmt_sense.coaching.feedback import plan_from

    place = open_workspace(workspace)
    setup = replace(_setup(place, port, technique), patience_s=PATIENCE_S)
    coached = setup.technique.with_safety(pain_ceiling, force_ceiling).with_references(threshold_n=threshold)
    setup = replace(setup, technique=coached if feedback is None else coached.with_feedback(plan_from(feedback)))
    _record(place, setup, seconds, out, (participant, operator), as_json)


def _once(setup: Setup) -> Setup:
    return replace(setup, reconnect=False)


def _record(
    place: Workspace, setup: Setup, seconds: float | None, out: Path | None, people: tuple[str, str], as_json: bool
) -> None:
    """Record, show it live, write the file and say what is in it. A lost glove is told after the file is safe.

    ``people``: codes of participant and operator.
    """
    from nmt_sense.commands.beforehand import reserved, warn_of_keys, warn_of_shortage
    from nmt_sense.live import Live
    from nmt_sense.pipeline.recorder import Sitting

    participant, operator = people
    check_code(participant)
    check_code(operator, "operator")
    with reserved(place, participant, out) as target:
        warn_of_shortage(target, setup, seconds)
        warn_of_keys(setup.technique)
        pipeline = Live(setup, place)
        with _running(pipeline, Sitting(participant, operator, target, seconds or float("inf"))):
            _watch_until_ended(pipeline, quiet=as_json)
            path = _save(pipeline, target, as_json)
    _report(path, as_json)
    _raise(pipeline.failure or pipeline.over)


def _watch_until_ended(pipeline: Any, quiet: bool) -> None:
    """Show a recording until it is full, it fails, an order to end comes, or its terminal is closed."""
    try:
        _watch(pipeline, pipeline.full, None, quiet)
    except KeyboardInterrupt:
        pass
    except OSError:  # the terminal was closed a moment before we are told
        leave_terminal()


def _raise(ended: NmtError | None) -> None:
    """Raise what ended a run, if anything; that a recording was played to its end is only said."""
    if isinstance(ended, LinkError) and ended.reason is LinkReason.ENDED:
        warn(str(ended))
    elif ended is not None:
        raise ended


def _save(pipeline: Any, target: Path, quiet: bool) -> Path:
    """Write the file. An order to end meanwhile loses nothing, and says so; once it is written none is needed."""
    path: Path | None = None
    try:
        with saving(quiet) as progress:
            path = pipeline.stop_recording(progress)
    except KeyboardInterrupt:
        if path is None:
            journal = target.with_suffix(".nmtj")
            warn(f"Interrupted while writing {target}; all is safe in {journal}, and nmt-sense recover finishes it.")
            raise
    except RecordingError as error:
        raise NmtError(f"{error} Once that is mended, nmt-sense recover makes the file of it.") from error
    return path or target


def _report(path: Path, as_json: bool) -> None:
    """Say what is in a recording."""
    from nmt_sense.analysis.judging import holds_of
    from nmt_sense.commands.terminal import print_holds
    from nmt_sense.session.recording import open_recording

    with open_recording(path) as recording:
        verdict = recording.integrity.verdict
    held = holds_of(path)
    if as_json:
        print_json({"path": str(path), "verdict": verdict, "simulated": held.simulated, "holds": held.holds})
    else:
        print_holds(OUT, held)
        say(f"{verdict}: {path}")
    if held.elsewhere:
        warn(held.elsewhere)


@contextlib.contextmanager
def _running(pipeline: Any, sitting: Any = None) -> Iterator[None]:
    """Start the pipeline, recording a sitting if one is given, and wait until scans come. Raises its failure."""
    from nmt_sense.state import LinkPhase

    try:
        with undisturbed():
            pipeline.start(sitting)
        waiting = threading.Event()
        while pipeline.failure is None and pipeline.state.phase is not LinkPhase.STREAMING:
            if pipeline.full.is_set():  # its time was over before a steady stream came
                break
            waiting.wait(0.01)
        if pipeline.failure is not None and pipeline.state.info is None:
            raise pipeline.failure
        yield
    finally:
        pipeline.close()


def _watch(pipeline: Any, done: threading.Event, seconds: float | None, quiet: bool = False) -> None:
    """Show the pipeline until it is done, its time is over, or it fails; the failure is raised when nothing records."""
    from nmt_sense.commands.terminal import watch

    watch(OUT, pipeline, done, seconds, quiet=quiet)
    if not pipeline.state.recording:
        _raise(pipeline.failure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # where ± cannot be printed, a question mark must do
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        with ended_well():
            code = app(None if arguments is None else list(arguments), "nmt-sense", standalone_mode=False)
            if sys.stdout is not None:  # as it is when a program is started without one
                sys.stdout.flush()
    except NmtError as error:
        return _refuse(str(error))
    except typer.TyperException as error:
        return _wrong_use(error)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except OSError as error:
        return _unwritable(error)
    return code if isinstance(code, int) else 0


def _wrong_use(error: Any) -> int:
    """Say what is wrong with a call, and where the help for it is."""
    context = getattr(error, "ctx", None)
    words = getattr(error, "format_message", error.__str__)()
    return _refuse(f"{words.rstrip('.')}; see {context.command_path if context else 'nmt-sense'} --help.")


def _unwritable(error: OSError) -> int:
    """What no command expected of the system: most likely a full disk behind what is printed."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.close()  # what is still to be written would be tried once more at the end, and complained of
    where = f" ({error.filename})" if error.filename else ""
    return _refuse(f"The system refused to go on: {error.strerror or error}{where}.")


def _refuse(sentence: str) -> int:
    warn(sentence)
    return 2
