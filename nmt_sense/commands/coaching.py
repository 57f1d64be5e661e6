"""Commands about coaching: ``techniques``, ``template``, ``thresholds`` and ``sound``."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from nmt_sense.commands.console import JsonOption, WorkspaceOption, check_suffix, print_json, say, say_whole
from nmt_sense.commands.files import found_file
from nmt_sense.errors import NmtError, TechniqueError
from nmt_sense.participant import UNNAMED
from nmt_sense.strict.apart import apart
from nmt_sense.workspace import open_workspace

FileArgument = Annotated[Path, typer.Argument(help="A recording; also by name in the workspace named.")]
WIDTH = 100
COURSES = "Not compared: begun anew in one recording, each course may be of another spot. Record each spot by itself."
NOT_COMPARED = (
    "Unnamed recordings are not compared: nobody can say whether they are of one person (record --participant CODE)."
)


def techniques(
    name: Annotated[str | None, typer.Argument(help="Explain this one.", show_default=False)] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the techniques, or explain one: its phases, and where each number comes from.

    One of your own is a TOML file in the folder techniques of the workspace; copy one that ships and change it.
    """
    from nmt_sense.coaching.technique import find_technique, list_techniques, load_technique

    folders = [open_workspace(workspace).techniques]
    if name is not None:
        technique = load_technique(name, folders)
        if as_json:
            print_json(technique)
        for line in [] if as_json else _explained(technique, find_technique(name, folders)):
            say(line)
        return
    known = [(each, *_title(each, folders)) for each in list_techniques(folders)]
    if as_json:
        print_json([{"name": each, "title": title, "problem": problem} for each, title, problem in known])
    for each, title, problem in [] if as_json else known:
        say(f"{each:<34} {title or problem}")


def _title(name: str, folders: list[Path]) -> tuple[str, str]:
    """Title of a technique, or what is wrong with its file."""
    from nmt_sense.coaching.technique import load_technique

    try:
        return load_technique(name, folders).title, ""
    except TechniqueError as error:
        return "", str(error)


def _explained(technique: Any, path: Path) -> Iterator[str]:
    yield f"{technique.title} ({path})"
    yield from textwrap.wrap(" ".join(technique.description.split()), WIDTH)
    rounds = f"; {technique.rounds} rounds at most" if technique.rounds else ""
    yield f"Pain above {technique.pain_limit:g} ends a hold{rounds}."
    yield from _sourced(technique, technique.sources)
    for number, phase in enumerate(technique.phases, 1):
        kind = phase.__struct_config__.tag
        once = ", in the first round only" if phase.first_round_only else ""
        yield ""
        yield f"{number}. {phase.title} ({kind}{once}): {phase.say or phase.title}"
        words = {name: value for name, value in msgspec.structs.asdict(phase).items() if isinstance(value, str)}
        chosen = (
            f"{name} {words[name]}" for name in ("ends", "advance", "measures", "percent_of", "role") if name in words
        )
        if line := ", ".join(chosen):
            yield f"   {line}"
        yield from _sourced(phase, phase.sources)


def _sourced(struct: Any, sources: dict[str, str]) -> Iterator[str]:
    """Each number with its source, in the order of the file."""
    for name, source in sources.items():
        value = struct
        for part in name.split("."):
            value = getattr(value, part)
        yield from textwrap.wrap(
            f"{name} = {value:g}: {' '.join(source.split())}", WIDTH, initial_indent="   ", subsequent_indent="      "
        )


def template(
    file: FileArgument,
    name: Annotated[str, typer.Option("--name", help="Name of the new technique: letters, digits, - and _.")],
    hold: Annotated[
        list[int] | None,
        typer.Option("--hold", min=1, help="Number of a hold; several make a series. Without: all holds."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance", min=0.1, max=10_000.0, help="How far off the target may be followed, N; without: as usual."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Follow the expert: make a technique whose target moves as the force did in a hold, or in a series of holds.

    Record with it (--technique NAME): the score of each hold is the match.
    """
    from nmt_sense.analysis.expert import TOLERANCE_N, keep_template, template_of
    from nmt_sense.analysis.judging import Presses

    place = open_workspace(workspace)
    path = found_file(file, workspace)
    found = apart("nmt_sense.analysis.judging:presses_of", path, Presses)
    if missing := set(hold or ()) - {press.hold.number for press in found.presses}:
        raise NmtError(f"{path} has no hold {min(missing)}; see nmt-sense holds {path}.")
    wide = TOLERANCE_N if tolerance is None else tolerance
    made = template_of(found, path.stem, hold or (), name=name, tolerance_n=wide)
    say(f"made: {keep_template(place, made)}")


def thresholds(
    files: Annotated[list[Path], typer.Argument(help="Recordings of thresholds at the same spot, in any order.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Pressure pain thresholds of recordings, oldest first, and which change from one to the next is real.

    A change is real when the lower edge of its calibration band is above the smallest real change. Without a
    calibration, with a loading rate out of limits, with fewer trials than asked for or between two protocols, there is
    no verdict. Name who presses (record --operator, or key F2 in the window): between two people more is needed.
    Thresholds that were applied by oneself and by another are never compared, nor those of different participants, or
    without a participant's code (anon is none). Only you know whether it was the same spot; a recording in which the
    technique was begun anew has a threshold for each course, and is compared with none.
    """
    from nmt_sense.analysis.judging import Measured

    judge = "nmt_sense.analysis.judging:thresholds_of"
    read = [apart(judge, found_file(file, workspace), list[Measured]) for file in files]
    found = sorted(itertools.chain.from_iterable(read), key=lambda measured: measured.started_at)
    changes = list(_changes(found))
    if as_json:
        print_json([{"measured": measured, "change": change} for measured, change in zip(found, changes, strict=True)])
    for measured, change in [] if as_json else zip(found, changes, strict=True):
        for line in _threshold_lines(measured, change):
            say_whole(line)
    unnamed = {measured.path for measured in found if measured.threshold is not None and not measured.participant}
    if not as_json and len(unnamed) > 1:
        say_whole(NOT_COMPARED)


def _changes(found: list[Any]) -> Iterator[Any]:
    """For each recording its change from the last one it can be compared with; None without one.

    Those of nobody known may be of anybody, and several courses in a recording of several spots.
    """
    from nmt_sense.coaching.change import change

    last: dict[tuple[str, str], Any] = {}
    for measured in found:
        if measured.threshold is None or not measured.participant or measured.courses > 1:
            yield None
            continue
        key = measured.participant, measured.threshold.applied_by
        before, last[key] = last.get(key), measured
        yield before and change(before.threshold, measured.threshold, before.circumstances, measured.circumstances)


def _named(measured: Any) -> str:
    """Who pressed and with which area, where that is known."""
    about = measured.circumstances
    area = "" if about.area_cm2 is None else f" on {about.area_cm2:g} cm²"
    return f" {about.operator}{area}".rstrip()


def _threshold_lines(measured: Any, change: Any) -> Iterator[str]:
    from nmt_sense.commands.rows import uncertainty_text

    if measured.course == 1:
        yield f"{measured.started_at[:16]}  {measured.participant or UNNAMED}  {measured.path}"
    if measured.courses > 1:
        yield f"  course {measured.course} of {measured.courses}"
    yield from _result_lines(measured)
    if change is not None:
        yield f"  change {change.newtons:+.1f} ± {uncertainty_text(change.uncertainty_n)} N: {_judged(change)}"
    if measured.course == measured.courses > 1:
        yield f"  {COURSES}"


def _result_lines(measured: Any) -> Iterator[str]:
    from nmt_sense.commands.rows import number, uncertainty_text

    found = measured.threshold
    if found is None:
        yield "  no threshold was measured"
        return
    dropped = f", the first {found.discarded} discarded" if found.discarded else ""
    trials = f"{found.trials} trial{'' if found.trials == 1 else 's'}{dropped}"
    yield (
        f"  {number(found.mean_n)} N ± {uncertainty_text(found.uncertainty_n)} (calibration), "
        f"SEM {number(found.sem_n)} N, {trials}, applied by {found.applied_by}{_named(measured)}"
    )
    if found.short:
        asked = found.protocol.counting
        yield f"  {found.trials} of the {asked} trials that are asked for: not to be compared with a whole sitting"
    elif not math.isnan(found.least_change_n):
        yield f"  smallest real change: {number(found.least_change_n)} N beyond the calibration's band of the change"
    if worth := ", ".join(filter(None, (measured.worth, "simulated" if measured.simulated else ""))):
        yield f"  forces are {worth}"
    if found.rate_out:
        yield f"  loading rate out of limits in {found.rate_out} of {found.trials}"
    if measured.other_tip:
        yield f"  {measured.other_tip}"
    if found.rest_short:
        yield f"  rest too short before {found.rest_short} of {found.trials}: not to be compared with a rested one"


def _judged(change: Any) -> str:
    from nmt_sense.coaching.change import NO_VERDICT
    from nmt_sense.commands.rows import number

    if change.word == NO_VERDICT:
        return f"{change.word}: {change.why}"
    known = "none would be" if math.isinf(change.least_n) else f"above {number(change.least_n)} N"
    return f"{change.word} (real {known}: {change.why})"


def sound(
    file: FileArgument,
    out: Annotated[Path, typer.Option("--out", help="WAV file to write; never overwritten.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Write the cues of a recording as a WAV file: each tone at its time, as strong as it was, at full volume.

    Words are short notes there. Whether sound was on, and how loud, a recording does not know.
    """
    from nmt_sense.analysis.judging import Heard
    from nmt_sense.coaching.rendering import LONGEST_S, TAIL_S, recorded_cues, render, write_wav
    from nmt_sense.coaching.technique import Technique

    check_suffix(out, ".wav")
    heard = apart("nmt_sense.analysis.judging:heard_in", found_file(file, workspace), Heard)
    if not 0 <= heard.duration_s <= LONGEST_S:
        raise NmtError(f"{file} is too long for a WAV file ({heard.duration_s / 3600:.1f} hours).")
    kept = recorded_cues(heard.cues, Technique.from_toml(heard.technique_toml))
    write_wav(out, render([one.cue for one in kept], heard.duration_s + TAIL_S))
    say(f"{len(kept)} cues in {heard.duration_s:.1f} s: {out}")
    if loud := sum(not one.strength_known for one in kept):
        say(f"{loud} of them are as loud as can be: this recording was made before their strength was kept.")
