"""Commands about the practitioner: ``words`` for pressure and the load on one's own ``hands``."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from nmt_sense.commands.console import JsonOption, WorkspaceOption, print_json, say, warn
from nmt_sense.commands.files import found_file
from nmt_sense.errors import NmtError, ProfileError, RecordingError
from nmt_sense.participant import code_problem
from nmt_sense.strict import toml
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
    """Make a practitioner's scale from a recording of the exercise; an older scale is replaced."""
    from nmt_sense.coaching.words import Scale, exercise, scale_path
    from nmt_sense.coaching.words import learn as learn_words
    from nmt_sense.commands.judging import Presses
    from nmt_sense.commands.storing import store

    if code_problem(practitioner):
        raise NmtError(
            "The practitioner's code has 1 to 32 letters, digits, - and _ only, no spaces: a code, never a name."
        )
    known = _names(names)
    found = apart("nmt_sense.commands.judging:presses_of", found_file(file, workspace), Presses)
    pressed = [press.meant_n for press in found.presses]
    made = learn_words(exercise(known, seed=seed), pressed, known)
    relative = [hold.mean_uncertainty_n / hold.mean_n for hold in (press.hold for press in found.presses)]
    widest = max((value for value in relative if math.isfinite(value)), default=0.0)
    scale = Scale(practitioner, found.contact, found.calibration_verdict, widest, made)
    store(scale_path(open_workspace(workspace).root, practitioner), toml.encode(scale))
    _print_scale(scale)
    if not scale.ordered:
        warn("The words do not mean more and more force; look at the order, or do the exercise once more.")


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
    from nmt_sense.coaching.words import FIVE

    if given is None:
        return FIVE
    names = tuple(name.strip() for name in given.split(","))
    if len(names) < 2 or len(set(names)) < len(names) or not all(names):
        raise NmtError("Give two or more different words, with commas between.")
    return names


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

    All recordings of the workspace count. The budget is your own; no medical limit is known.
    """
    from nmt_sense.coaching.own_hands import HONEST, days

    wanted = _day(day)
    place = open_workspace(workspace)
    budgets = _budgets(place, budget or [])
    read = [load for load in _loads(place) if operator is None or load.operator == operator]
    if strange := sorted(set(budgets) - {sensor.sensor for load in read for sensor in load.sensors}):
        warn(f"No recording has a sensor {', '.join(strange)}; its budget is kept (--budget {strange[0]}=0 drops it).")
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
    return (
        f"{one.day}  {one.sensor:<12} {one.impulse_ns:8.0f} ± {one.uncertainty_ns:.0f} N·s, peak {one.peak_n:.0f} N, "
        f"{one.holds} holds, {one.pressing_s:.0f} s pressing{share}"
    )


def _loads(place: Workspace) -> list[Any]:
    """Loads of all recordings of the workspace; those that cannot be read are told and left out."""
    from nmt_sense.coaching.own_hands import RecordingLoad
    from nmt_sense.commands.console import going_through

    loads = []
    for path in going_through(sorted(place.recordings.rglob("*.h5")), "Reading recordings"):
        try:
            loads.append(apart("nmt_sense.commands.judging:load_of", path, RecordingLoad))
        except RecordingError as error:
            warn(str(error))
    return loads


def _budgets(place: Workspace, changes: list[str]) -> dict[str, float]:
    """The budgets kept in the workspace, after the changes that were asked for."""
    from nmt_sense.coaching.own_hands import Budgets
    from nmt_sense.commands.storing import store

    path = place.root / "hands.toml"
    kept = toml.read(path, Budgets, f"The budgets {path.name}", ProfileError) if path.exists() else Budgets()
    budgets = dict(kept.budget_ns)
    for change in changes:
        sensor, _, value = change.partition("=")
        try:
            newton_seconds = float(value)
        except ValueError:
            newton_seconds = math.nan
        if not sensor or not 0 <= newton_seconds < 1e9:
            raise NmtError(f"A budget is written SENSOR=N·s, as in thumb=20000, not {change}.")
        budgets[sensor] = newton_seconds
    budgets = {sensor: value for sensor, value in budgets.items() if value > 0}
    if changes:
        store(path, toml.encode(Budgets(budgets)))
    return budgets
