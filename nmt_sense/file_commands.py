"""Commands about recordings that exist: ``verify``, ``recover`` and ``holds``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nmt_sense.console import OUT, JsonOption, WorkspaceOption, complaint, print_json, saving, say
from nmt_sense.errors import NmtError
from nmt_sense.workspace import Workspace, open_workspace


def verify(
    files: Annotated[list[Path], typer.Argument(help="Recordings to verify; also by name in the workspace named.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Recompute each recording from its raw data and compare.

    Exit code 2 when one cannot be read, else 1 unless each is intact or says what it lacks.
    """
    reports, unreadable = [], False
    for file in files:
        try:
            reports.append(_judge(_found(file, workspace), quiet=as_json))
        except NmtError as error:
            unreadable = True
            print(complaint(str(error)), file=sys.stderr)
    if as_json:
        print_json(reports)
    if unreadable:
        raise typer.Exit(2)
    if any(report.verdict not in ("intact", "gaps") for report in reports):
        raise typer.Exit(1)


def _judge(file: Path, quiet: bool) -> Any:
    """The report on one file, printed at once unless ``quiet``."""
    from nmt_sense.derivation import derive
    from nmt_sense.session.integrity import verify as verify_file

    report = verify_file(file, derive)
    for line in [] if quiet else _verdict_lines(report):
        say(line)
    return report


def _verdict_lines(report: Any) -> list[str]:
    simulated = ", simulated" if report.simulated else ""
    counts = f"{report.received} of {report.expected} scans, calibration {report.calibration_verdict}{simulated}"
    return [f"{report.verdict}: {report.path} ({counts})", *(f"  {finding}" for finding in report.findings)]


def recover(
    journals: Annotated[
        list[Path] | None, typer.Argument(help="Journals (.nmtj); without, all of the workspace.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Turn the journals of recordings that were cut off into recordings."""
    from nmt_sense.session.recovery import orphans

    folder = None if journals else open_workspace(workspace).recordings
    recovered, problems = _recover_each(journals or orphans(folder or Path()), quiet=as_json)
    if as_json:
        print_json([str(path) for path in recovered])
    for path in [] if as_json else recovered:
        say(f"recovered: {path}")
    if problems:
        raise NmtError(" ".join(problems))
    if not recovered and not as_json:
        say(f"Nothing to recover in {folder}.")


def _recover_each(journals: list[Path], quiet: bool) -> tuple[list[Path], list[str]]:
    """The recordings made of these journals, and a sentence for each that could not be."""
    from nmt_sense.derivation import derive
    from nmt_sense.session.recovery import recover as recover_file

    recovered, problems = [], []
    for journal in journals:
        try:
            with saving(quiet) as progress:
                recovered.append(recover_file(journal, derive, progress))
        except NmtError as error:
            problems.append(str(error))
    return recovered, problems


def recover_first(place: Workspace, out: Path | None = None) -> None:
    """Before anything new is recorded, bring back what an earlier run was cut off from writing; say so on stderr.

    That is in the workspace, and beside ``out``, the file that is to be recorded.
    """
    from nmt_sense.session.journal import journal_path
    from nmt_sense.session.recovery import orphans

    journals = orphans(place.recordings)
    if out is not None and journal_path(out).exists() and journal_path(out) not in journals:
        journals.append(journal_path(out))
    recovered, problems = _recover_each(journals, quiet=False)
    for sentence in [*(f"Recovered a recording that had been cut off: {path}" for path in recovered), *problems]:
        print(complaint(sentence), file=sys.stderr)


def _found(file: Path, workspace: Path | None) -> Path:
    """The file itself, or, when there is none of that name here, the one in the recordings of the workspace named."""
    return file if workspace is None or file.exists() else open_workspace(workspace).recordings / file


def holds(
    file: Annotated[Path, typer.Argument(help="A recording; also by name in the workspace named.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the holds of a recording."""
    from nmt_sense.session.recording import open_recording
    from nmt_sense.terminal import print_holds

    with open_recording(_found(file, workspace)) as recording:
        found = recording.holds
    if as_json:
        print_json(found)
    else:
        print_holds(OUT, found)
