"""Commands about the practitioner: ``words`` for pressure and the load on one's own ``hands``."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from nmt_sense.commands.console import JsonOption, WorkspaceOption, print_json, say, warn
from nmt_sense.commands.files import found_file
from nmt_sense.errors import NmtError, RecordingError
from nmt_sense.participant import code_problem
from nmt_sense.strict.apart import apart
from nmt_sense.workspace import Workspace, open_workspace

words = typer.Typer(help="Words for pressure: what you mean, in newtons, by light or firm.")
CodeArgument = Annotated[str, typer.Argument(help="The practitioner's code.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Another seed, another order; the same for both steps.")]
NamesOption = Annotated[
    str | None,
    typer.Option("--names", help="Your own words, from the least on, with commas between.", show_default=False),
]


@words.command("order")
def order(seed: SeedOption = 0, names: NamesOption = None) -> None:
    """The exercise: the words in the order to press them in, two minutes for five.

    Record it with nmt-sense record --technique pressure-words, then make a scale of it with nmt-sense words learn.
    """
    from nmt_sense.coaching.words import exercise

    for number, word in enumerate(exercise(_names(names), seed=seed), 1):
        say(f"{number:>3}. {word}")


@words.command("learn")
def learn(
    file: Annotated[Path, typer.Argument(help="Recording of the exercise.")],
    practitioner: Annotated[str, typer.Option("--practitioner", help="A code, never a name.")],
    seed: SeedOption = 0,
    names: NamesOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make a practitioner's scale from a recording of the exercise; an older scale is kept beside it."""
    from nmt_sense.analysis.judging import Presses
    from nmt_sense.analysis.scales import CODE_WRONG, UNORDERED, keep_scale, scale_of

    if code_problem(practitioner):
        raise NmtError(CODE_WRONG)
    known = _names(names)
    found = apart("nmt_sense.analysis.judging:presses_of", found_file(file, workspace), Presses)
    scale = scale_of(found, practitioner, names=known, seed=seed)
    older = keep_scale(open_workspace(workspace).root, scale)
    _print_scale(scale)
    if older is not None:
        say(f"  the scale before it is kept as {older}")
    if not scale.ordered:
        warn(UNORDERED)


@words.command("show")
def show(practitioner: CodeArgument, as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Print a practitioner's scale."""
    from nmt_sense.coaching.words import read_scale

    scale = read_scale(open_workspace(workspace).root, practitioner)
    if as_json:
        levels = [{"name": word.name, "mean_n": word.mean_n, "sd_n": word.sd_n} for word in scale.words]
        print_json({"practitioner": scale.practitioner, "contact": scale.contact, "words": levels})
    else:
        _print_scale(scale)


@words.command("compare")
def compare(
    student: CodeArgument,
    teacher: Annotated[str, typer.Argument(help="The code of whom to compare with.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare a student's words with a teacher's."""
    from nmt_sense.coaching.words import compare as compare_words
    from nmt_sense.coaching.words import read_scale

    root = open_workspace(workspace).root
    found = compare_words(read_scale(root, student), read_scale(root, teacher))
    if as_json:
        print_json(found)
    for one in [] if as_json else found:
        apart_words = "–" if math.isnan(one.apart) else f"{one.apart:+.1f} spreads"
        say(f"{one.name:<14} {one.one_n:6.1f} N  {one.other_n:6.1f} N  {one.percent:+5.0f} %  {apart_words}")


def _names(given: str | None) -> tuple[str, ...]:
    from nmt_sense.analysis.scales import named
    from nmt_sense.coaching.words import FIVE

    return FIVE if given is None else named(given)


def _print_scale(scale: Any) -> None:
    percent = 100 * scale.relative_uncertainty
    say(f"{scale.practitioner}, {scale.contact}; all forces ± {percent:.0f} % (calibration: {scale.calibration})")
    for word in scale.words:
        spread = "" if math.isnan(word.sd_n) else f" ± {word.sd_n:.1f}"
        say(f"  {word.name:<14} {word.mean_n:6.1f}{spread} N, {len(word.presses_n)} presses")


def hands(
    day: Annotated[
        str | None, typer.Option("--day", help="YYYY-MM-DD, today without, or all.", show_default=False)
    ] = None,
    operator: Annotated[str | None, typer.Option("--operator", help="Only what this one recorded.")] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Count recordings of a virtual glove, too: no hand pressed there.")
    ] = False,
    budget: Annotated[
        list[str] | None, typer.Option("--budget", help="SENSOR=N·s a day; kept in the workspace. 0 takes it back.")
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """How much each part of your own hand has pressed in a day, against a budget that you set.

    All recordings in the folder recordings of the workspace count. The budget is your own; no medical limit is known.
    """
    from nmt_sense.coaching.own_hands import HONEST, days

    wanted = _day(day)
    place = open_workspace(workspace)
    budgets = _budgets(place, budget or [])
    everyone = list(_loads(place))
    if strange := sorted(set(budgets) - {sensor.sensor for load in everyone for sensor in load.sensors}):
        warn(f"No recording has a sensor {', '.join(strange)}; its budget is kept (--budget {strange[0]}=0 drops it).")
    read = [load for load in everyone if operator is None or load.operator == operator]
    dated = [load for load in read if wanted in ("all", load.day)]
    loads = [load for load in dated if simulated or not load.simulated]
    found = days(loads, budgets)
    if as_json:
        print_json({"days": found, "note": HONEST})
        return
    for one in found:
        say(_load_line(one))
        if one.advice:
            say(f"  {one.advice}")
    for worth in sorted({load.worth for load in loads if load.worth} if found else ()):
        say(f"  forces are {worth} in {sum(load.worth == worth for load in loads)} of {len(loads)} recordings")
    if left_out := len(dated) - len(loads):
        say(f"Left out, as no hand pressed: recordings of a virtual glove ({left_out}); --simulated counts them.")
    say(HONEST if found else "Nothing was pressed." if wanted == "all" else f"Nothing was pressed on {wanted}.")


def _day(given: str | None) -> str:
    """The day asked for as an ISO date, or ``all``. Raises :class:`NmtError`."""
    if given is None:
        return date.today().isoformat()
    if given == "all":
        return given
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise NmtError(f"--day takes a date as in 2026-03-09, or all, not {given}.") from None


def _load_line(one: Any) -> str:
    share = "" if one.share is None else f", {100 * one.share:.0f} % of {one.budget_ns:g}"
    peak = f"peak {one.peak_n:.0f} ± {one.peak_uncertainty_n:.0f} N"
    return (
        f"{one.day}  {one.sensor:<12} {one.impulse_ns:8.0f} ± {one.uncertainty_ns:.0f} N·s, {peak}, "
        f"{one.holds} holds, {one.pressing_s:.0f} s pressing{share}"
    )


def _loads(place: Workspace) -> list[Any]:
    """Loads of all recordings of the workspace; those that cannot be read are told and left out."""
    from nmt_sense.analysis.hands import loads_of, recordings_in
    from nmt_sense.commands.console import going_through

    loads = []
    for path in going_through(recordings_in(place), "Reading recordings"):
        for _, read in loads_of([path]):
            if isinstance(read, RecordingError):
                warn(str(read))
            else:
                loads.append(read)
    return loads


def _budgets(place: Workspace, changes: list[str]) -> dict[str, float]:
    """The budgets kept in the workspace, after the changes that were asked for."""
    from nmt_sense.analysis.hands import keep_budgets, read_budgets

    budgets = read_budgets(place)
    for change in changes:
        sensor, _, value = change.partition("=")
        try:
            newton_seconds = float(value)
        except ValueError:
            newton_seconds = math.nan
        if not sensor or not 0 <= newton_seconds < 1e9:
            raise NmtError(f"A budget is written SENSOR=N·s, as in thumb=20000, not {change}.")
        budgets[sensor] = newton_seconds
    return keep_budgets(place, budgets) if changes else budgets
