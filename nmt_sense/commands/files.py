"""Commands about recordings that exist: ``verify``, ``recover`` and ``holds``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from nmt_sense.commands.console import OUT, JsonOption, WorkspaceOption, print_json, saving, say, warn
from nmt_sense.errors import NmtError
from nmt_sense.strict.apart import apart
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
            reports.append(_judge(found_file(file, workspace), quiet=as_json))
        except NmtError as error:
            unreadable = True
            warn(str(error))
    if as_json:
        print_json(reports)
    if unreadable:
        raise typer.Exit(2)
    if any(report.verdict not in ("intact", "gaps") for report in reports):
        raise typer.Exit(1)


def _judge(file: Path, quiet: bool) -> Any:
    """The report on one file, printed at once unless ``quiet``."""
    from nmt_sense.session.report import Report

    report = apart("nmt_sense.analysis.judging:report_on", file, Report)
    for line in [] if quiet else _verdict_lines(report):
        say(line)
    return report


def _verdict_lines(report: Any) -> list[str]:
    simulated = ", simulated" if report.simulated else ""
    facts = [*report.findings, *_numbers(report), f"calibration: {report.calibration_verdict}{simulated}"]
    return [f"{report.verdict}: {report.path}", *(f"  {fact}" for fact in facts)]


def _numbers(report: Any) -> list[str]:
    counted = report.counters
    stalls = f"{report.stalls} stalls" + (f", the longest {report.longest_stall_s:.2f} s" if report.stalls else "")
    return [
        f"scans: {report.expected} expected, {report.received} received, {report.lost} lost",
        f"glove: {counted.overruns} overruns, {counted.dropped_scans} not sent, {counted.restarts} restarts",
        f"link: {counted.crc_errors} CRC errors, {stalls}",
        f"clock: drift {round(counted.drift_ppm, 1) + 0.0:+} ppm, jitter {counted.jitter_p99_ms:.2f} ms (99 %)",
    ]


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
        say(f"recovered: {path}{_unreadable_words(path)}")
    if problems:
        raise NmtError(" ".join(problems))
    if not recovered and not as_json:
        say(f"Nothing to recover in {folder}.")


def _unreadable_words(path: Path) -> str:
    """What to add when a part of the journal of a recovered recording could not be read; else nothing."""
    from nmt_sense.session.recording import open_recording

    with open_recording(path) as recording:
        pieces = recording.integrity.unreadable_pieces
    return f" ({pieces} pieces of its journal could not be read; it is kept as .damaged)" if pieces else ""


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
    from nmt_sense.session.tidy import remove_if_only_a_name

    journals = orphans(place.recordings)
    if out is not None:
        remove_if_only_a_name(journal_path(out))
        if journal_path(out).exists() and journal_path(out) not in journals:
            journals.append(journal_path(out))
    recovered, problems = _recover_each(journals, quiet=False)
    for sentence in [*map(_recovered_words, recovered), *problems]:
        warn(sentence)


def _recovered_words(path: Path) -> str:
    return f"Recovered a recording that had been cut off: {path}{_unreadable_words(path)}"


def found_file(file: Path, workspace: Path | None) -> Path:
    """The file itself, or, when there is none of that name here, the one in the recordings of the workspace named.

    Raises :class:`NmtError` for a journal, of which a recording is still to be made.
    """
    from nmt_sense.session.tidy import SUFFIX

    known = workspace is None or os.path.exists(file)  # false, too, for a name that no file can have
    found = file if known else open_workspace(workspace).recordings / file
    if found.suffix == SUFFIX and os.path.isfile(found):
        raise NmtError(f"{found} is a journal; nmt-sense recover {found} makes a recording of it.")
    return found


def holds(
    file: Annotated[Path, typer.Argument(help="A recording; also by name in the workspace named.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Print the holds of a recording, and what their scores are made of; also trials, strokes and timed phases.

    --json has every number of them (docs/scores.md), and how sure it is. Where a force went above the calibrated range
    (above_range, or +∞) the band of its peak has a lower end only.
    """
    from nmt_sense.analysis.judging import Held
    from nmt_sense.commands.rows import print_scores
    from nmt_sense.commands.terminal import print_holds

    path = found_file(file, workspace)
    found = apart("nmt_sense.analysis.judging:holds_of", path, Held)
    if as_json:
        print_json(
            [
                msgspec.structs.asdict(hold)
                | _beside(hold)
                | {"rest_short": hold.number in found.early, "simulated": found.simulated}
                for hold in found.holds
            ]
        )
    else:
        print_holds(OUT, found)
        print_scores(OUT, found.holds, found.caveat)
        if found.elsewhere:
            warn(found.elsewhere)
        if found.damaged:
            say(f"damaged: what this file says may be wrong; see nmt-sense verify {path}")


def _beside(hold: Any) -> dict[str, Any]:
    """How sure the numbers of a row are."""
    from nmt_sense.coaching.metrics import above_range, uncertainties

    return {"uncertainty": uncertainties(hold), "above_range": above_range(hold)}
