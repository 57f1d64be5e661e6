"""Commands about the practitioner: ``words`` for pressure and the load on one's own ``hands``."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from nmt_sense.commands.console import OUT, JsonOption, WorkspaceOption, print_json, say, say_whole, warn
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
    """Make a practitioner's scale from a recording of the exercise; an older scale is kept beside it.

    A press counts with the median force of its middle three fifths, which is what was meant by it. The mean that
    nmt-sense holds prints is another number: that of the whole press, its way up and down too. Words that do not mean
    more and more force are no scale, and nothing is kept then.
    """
    from nmt_sense.analysis.judging import Presses
    from nmt_sense.analysis.scales import CODE_WRONG, keep_scale, scale_of

    if code_problem(practitioner):
        raise NmtError(CODE_WRONG)
    known = _names(names)
    found = apart("nmt_sense.analysis.judging:presses_of", found_file(file, workspace), Presses)
    scale = scale_of(found, practitioner, names=known, seed=seed)
    older = keep_scale(open_workspace(workspace).root, scale)
    _print_scale(scale)
    if older is not None:
        say(f"  the scale before it is kept as {older}")


@words.command("show")
def show(practitioner: CodeArgument, as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Print a practitioner's scale."""
    from nmt_sense.analysis.scales import UNORDERED
    from nmt_sense.coaching.words import read_scale

    scale = read_scale(open_workspace(workspace).root, practitioner)
    if as_json:
        levels = [
            {
                "name": word.name,
                "mean_n": word.mean_n,
                "uncertainty_n": scale.half_of(word),
                "sd_n": word.sd_n,
            }
            for word in scale.words
        ]
        known = {"practitioner": scale.practitioner, "contact": scale.contact, "simulated": scale.simulated}
        print_json(known | {"words": levels})
    else:
        _print_scale(scale)
    if not scale.ordered:  # kept by an earlier version
        warn(UNORDERED)


@words.command("compare")
def compare(
    student: CodeArgument,
    teacher: Annotated[str, typer.Argument(help="The code of whom to compare with.")],
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare a student's words with a teacher's.

    Where both pressed with one calibration, its error moves both alike, and the difference in per cent is free of it.
    """
    import msgspec

    from nmt_sense.coaching.words import compare as compare_words
    from nmt_sense.coaching.words import read_scale

    root = open_workspace(workspace).root
    one, other = read_scale(root, student), read_scale(root, teacher)
    found = compare_words(one, other)
    if as_json:
        print_json([msgspec.structs.asdict(word) | {"clear": word.clear} for word in found])
    else:
        _print_differences(found, one, other)


def _print_differences(found: list[Any], one: Any, other: Any) -> None:
    from nmt_sense.commands.tables import Column, print_table

    columns: list[Column[Any]] = [
        Column("word", lambda word: word.name, words=True),
        Column(f"{one.practitioner} N", lambda word: _banded(word.one_n, word.one_uncertainty_n)),
        Column(f"{other.practitioner} N", lambda word: _banded(word.other_n, word.other_uncertainty_n)),
        Column("more by", lambda word: "–" if math.isnan(word.percent) else f"{word.percent:+.0f} %"),
        Column("tells from", lambda word: word.telling),
        Column("in spreads", lambda word: "–" if math.isnan(word.apart) else f"{word.apart:+.1f}"),
        Column("clearly apart", lambda word: "yes" if word.clear else "no"),
    ]
    print_table(OUT, f"{one.practitioner} beside {other.practitioner}; ± is the 95 % band", found, columns)
    for scale in (one, other):
        if scale.simulated:
            say_whole(f"The presses of {scale.practitioner} are simulated.")
    say_whole("Where gloves or calibrations differ, a word that is less apart than it “tells from” tells nothing.")


def _names(given: str | None) -> tuple[str, ...]:
    from nmt_sense.analysis.scales import named
    from nmt_sense.coaching.words import FIVE

    return FIVE if given is None else named(given)


def _banded(newtons: float, half_n: float) -> str:
    from nmt_sense.commands.rows import number, uncertainty_text

    return f"{number(newtons)} ± {uncertainty_text(half_n)}"


def _print_scale(scale: Any) -> None:
    from nmt_sense.commands.rows import number
    from nmt_sense.commands.tables import Column, print_table

    columns: list[Column[Any]] = [
        Column("word", lambda word: word.name, words=True),
        Column("means N", lambda word: _banded(word.mean_n, scale.half_of(word))),
        Column("varies by N", lambda word: number(word.sd_n)),
        Column("presses", lambda word: str(len(word.presses_n))),
    ]
    worth = ", ".join(filter(None, (scale.calibration, "simulated" if scale.simulated else "")))
    title = f"{scale.practitioner}, {scale.contact}; ± is the 95 % band (calibration: {worth})"
    print_table(OUT, title, scale.words, columns)
    say_whole("Each press counts with the median of its middle three fifths, unlike the mean of nmt-sense holds.")


def hands(
    day: Annotated[
        str | None, typer.Option("--day", help="YYYY-MM-DD, today without, or all.", show_default=False)
    ] = None,
    operator: Annotated[str | None, typer.Option("--operator", help="Only what this one recorded.")] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Count recordings of a virtual glove, too: no hand pressed there.")
    ] = False,
    budget: Annotated[
        list[str] | None,
        typer.Option("--budget", help="SENSOR=N·s a day, below 1e9; kept in the workspace. 0 takes it back."),
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """How much each part of your own hand has pressed in a day, against a budget that you set.

    Recordings in the folder recordings of the workspace count, and in folders within it; none from elsewhere (record
    --out). The budget is your own; no medical limit is known.
    """
    from nmt_sense.coaching.own_hands import HONEST, days

    wanted = _day(day)
    place = open_workspace(workspace)
    everyone = list(_loads(place))
    budgets = _budgets(place, budget or [], {sensor.sensor for load in everyone for sensor in load.sensors})
    read = [load for load in everyone if operator is None or load.operator == operator]
    dated = [load for load in read if wanted in ("all", load.day)]
    loads = [load for load in dated if simulated or not load.simulated]
    found = days(loads, budgets)
    if as_json:
        print_json({"days": found, "note": HONEST})
        return
    _print_days(found, loads)
    if left_out := len(dated) - len(loads):
        say_whole(f"Left out, as no hand pressed: recordings of a virtual glove ({left_out}); --simulated counts them.")
    say_whole(f"Counted: {_recordings(len(loads))} in {place.recordings} and in folders within, none from elsewhere.")
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


def _recordings(count: int) -> str:
    return "1 recording" if count == 1 else f"{count} recordings"


def _print_days(found: list[Any], loads: list[Any]) -> None:
    """A table for each day, and what is to be known of the forces in them."""
    for day in sorted({one.day for one in found}):
        _print_day(day, [one for one in found if one.day == day])
    for worth in sorted({load.worth for load in loads if load.worth} if found else ()):
        say_whole(f"Forces are {worth} in {sum(load.worth == worth for load in loads)} of {len(loads)} recordings.")


def _print_day(day: str, loads: list[Any]) -> None:
    from nmt_sense.commands.rows import BEYOND, number
    from nmt_sense.commands.tables import Column, print_table

    columns: list[Column[Any]] = [
        Column("", lambda load: load.sensor, words=True),
        Column("N·s", lambda load: _summed(load.impulse_ns, load.uncertainty_ns)),
        Column("peak N", lambda load: _summed(load.peak_n, load.peak_uncertainty_n)),
        Column("holds", lambda load: str(load.holds)),
        Column("pressing s", lambda load: number(load.pressing_s, 0)),
    ]
    if any(load.share is not None for load in loads):
        columns.append(Column("of budget", _of_budget))
    print_table(OUT, f"{day}; ± is the 95 % band", loads, columns)
    if any(math.isinf(load.uncertainty_ns) for load in loads):
        say_whole(BEYOND)
    for advice in [load.advice for load in loads if load.advice]:
        say_whole(advice)


def _of_budget(load: Any) -> str:
    return "–" if load.share is None else f"{100 * load.share:.0f} % of {load.budget_ns:g}"


def _summed(value: float, half: float) -> str:
    """A value with its half-width; one of which a part went above the calibrated range has none upwards."""
    from nmt_sense.commands.rows import UPWARDS

    return f"{value:.0f} {UPWARDS}" if math.isinf(half) else f"{value:.0f} ± {half:.0f}"


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


def _budgets(place: Workspace, changes: list[str], sensors: set[str]) -> dict[str, float]:
    """The budgets kept in the workspace, after the changes that were asked for; of the recordings' sensors, if any."""
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
        if newton_seconds and sensors and sensor not in sensors:
            raise NmtError(f"No recording has a sensor {sensor}; there are {', '.join(sorted(sensors))}.")
        budgets[sensor] = newton_seconds
    kept = keep_budgets(place, budgets) if changes else budgets
    if sensors and (strange := sorted(set(kept) - sensors)):
        warn(f"No recording has a sensor {', '.join(strange)}; its budget is kept (--budget {strange[0]}=0 drops it).")
    return kept
