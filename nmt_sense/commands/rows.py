"""Tables of what coaching found: holds with their scores, trials, strokes, timed phases."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from rich.console import Console

from nmt_sense.coaching.metrics import above_range, own_share, relative
from nmt_sense.coaching.series import Series, series
from nmt_sense.commands.tables import Column, print_table
from nmt_sense.holds import Hold, HoldEnd, Kind

END_WORDS = {
    HoldEnd.RELEASED: "let go",
    HoldEnd.COMPLETED: "done",
    HoldEnd.CLIENT_STOP: "client stop",
    HoldEnd.RECORDING_ENDED: "still held",
    HoldEnd.EASED: "pain eased",
    HoldEnd.BARRIER: "gave way",
    HoldEnd.REPORTED: "reported",
    HoldEnd.WITHDRAWN: "taken back",
    HoldEnd.NO_DATA: "no data",
    HoldEnd.PAIN_CEILING: "too painful",
    HoldEnd.PAIN_ROSE: "pain rose",
    HoldEnd.LIMIT: "limit",
    HoldEnd.OPERATOR: "went on",
}
UPWARDS = "+∞"
BEYOND = f"{UPWARDS}: went above the calibrated range; the band of that force has no upper end, only the lower one"


def number(value: float, digits: int = 1) -> str:
    """A number as it is printed; a dash where it is not known."""
    if math.isnan(value):
        return "–"
    made = f"{value:.{digits}f}"
    return made.removeprefix("-") if float(made) == 0 else made


def force_text(newtons: float) -> str:
    """A force as digits: whole newtons from 10 N up, else one decimal; never ``-0``."""
    if math.isnan(newtons):
        return "–"
    digits = f"{newtons:.0f}" if abs(newtons) >= 9.95 else f"{newtons:.1f}"
    return "0.0" if digits == "-0.0" else digits


def uncertainty_text(newtons: float) -> str:
    """A half-width as digits; an unlimited one as such."""
    return "∞" if math.isinf(newtons) else force_text(newtons)


def end_words(hold: Hold) -> str:
    """Why a row ended, and what is missing in it."""
    words = END_WORDS[hold.end]
    return f"{words}, {hold.missing_s:.2f} s missing" if hold.missing_s else words


Shares = Sequence[float]
"""Half-width of a 95 % band over the value, one for each row that has the value; not finite where it is not known."""


def band_line(parts: Mapping[str, Shares]) -> str:
    """One line under a table: the 95 % band of its columns, as a part of each number; empty for a table without any.

    ``parts``: what stands in the columns. From the narrowest row to the widest where they differ.
    """
    alike: dict[str, list[str]] = {}
    for what, shares in parts.items():
        if len(shares):
            alike.setdefault(_span(shares), []).append(what)
    line = "; of ".join(f"{', '.join(names)}: {span}" for span, names in alike.items())
    return f"{line} of each" if line.endswith("%") else line


def _span(shares: Shares) -> str:
    known = [100 * share for share in shares if math.isfinite(share)]
    if not known:
        return "not known"
    low, high = f"{min(known):.0f}", f"{max(known):.0f}"
    return f"± {high if low == high else f'{low} to {high}'} %"


def impulse_share(hold: Hold) -> float:
    """Half-width of the band of a row's force-time integral over its value; NaN where it is not known."""
    return hold.impulse_uncertainty_ns / hold.impulse_ns if hold.impulse_ns > 0 else math.nan


def own_shares(rows: Sequence[Hold], *fields: str) -> Shares:
    """Each one's own, of single forces (:data:`nmt_sense.coaching.metrics.OWN`); not of those without an upper end."""
    told = [own_share(row, name) for row in rows for name in fields if getattr(row, name) > 0]
    return [share for share in told if not math.isinf(share)]


def mean_shares(rows: Sequence[Hold], *fields: str) -> Shares:
    """That of the mean force, of rows that have one of these numbers at least."""
    return [relative(row) for row in rows if not all(math.isnan(getattr(row, name)) for name in fields)]


def _upwards(digits: str, half: float) -> str:
    return f"{digits} {UPWARDS}" if math.isinf(half) else digits


def _with_band(newtons: float, half_n: float) -> str:
    return "–" if math.isnan(newtons) else f"{number(newtons)} ± {uncertainty_text(half_n)}"


NUMBER = Column[Hold]("", lambda hold: str(hold.number))
START = Column[Hold]("start s", lambda hold: number(hold.start_s, 2))
RAMP = Column[Hold]("N/s", lambda hold: number(hold.ramp_n_per_s))
END = Column[Hold]("end", end_words, words=True)
MEAN = Column[Hold]("mean N", lambda hold: _with_band(hold.mean_n, hold.mean_uncertainty_n))
PEAK = Column[Hold]("peak N", lambda hold: _upwards(number(hold.peak_n), hold.peak_uncertainty_n))
SCORES: list[Column[Hold]] = [
    NUMBER,
    Column("score", lambda hold: number(hold.score, 0)),
    Column("-time", lambda hold: number(hold.off_time)),
    Column("-RMSE", lambda hold: number(hold.off_rmse)),
    Column("-sag", lambda hold: number(hold.off_sag)),
    Column("-ramp", lambda hold: number(hold.off_ramp)),
    Column("-over", lambda hold: number(hold.off_overshoot)),
    Column("-lapses", lambda hold: number(hold.off_lapses)),
]
ERRORS: list[Column[Hold]] = [
    NUMBER,
    Column("RMSE N", lambda hold: number(hold.rmse_n)),
    Column("CE N", lambda hold: number(hold.ce_n)),
    Column("CV %", lambda hold: number(100 * hold.cv)),
    Column("N·s", lambda hold: _upwards(number(hold.impulse_ns, 0), hold.impulse_uncertainty_ns)),
    Column("pain", lambda hold: _pain(hold)),
]
HOLDS: list[Column[Hold]] = [
    NUMBER,
    START,
    Column("in band s", lambda hold: f"{hold.in_band_s:.2f} of {hold.wanted_s:g}"),
    MEAN,
    PEAK,
    Column("sag N", lambda hold: number(hold.sag_n)),
    RAMP,
    Column("lapses", lambda hold: str(hold.lapses)),
    END,
]
LASTED = Column[Hold]("lasted s", lambda hold: number(hold.end_s - hold.start_s, 2))
STROKES: list[Column[Hold]] = [
    NUMBER,
    START,
    LASTED,
    MEAN,
    PEAK,
    Column("band N", lambda stroke: f"{number(stroke.low_n)} to {number(stroke.high_n)}"),
    END,
]
TIMED: list[Column[Hold]] = [
    NUMBER,
    Column("phase", lambda hold: hold.kind.value),
    Column("round", lambda hold: str(hold.round)),
    START,
    LASTED,
    Column("mean N", lambda hold: number(hold.mean_n)),
    PEAK,
    END,
]
_TIMED_KINDS = (Kind.RELAX, Kind.STRETCH, Kind.REST, Kind.WAIT)


def _pain(hold: Hold) -> str:
    if math.isnan(hold.pain_first):
        return "–"
    return f"{hold.pain_first:g} → {hold.pain_last:g}"


def _reported(trial: Hold) -> str:
    return _upwards(number(trial.report_n), trial.report_uncertainty_n)


def _tolerated(trial: Hold) -> str:
    return _upwards(number(trial.tolerance_n), trial.tolerance_uncertainty_n)


def _trial_columns(trials: Sequence[Hold], early: Collection[int]) -> list[Column[Hold]]:
    """Those that these trials need."""
    columns = [NUMBER, START, Column[Hold]("reported N", _reported)]
    if not all(math.isnan(trial.tolerance_n) for trial in trials):
        columns.append(Column("tolerance N", _tolerated))
    rate = Column[Hold]("rate", lambda trial: {1: "OUT OF LIMITS", 0: "ok"}.get(trial.rate_out, "–"))
    columns += [PEAK, RAMP, rate]
    if early:
        short = Column[Hold](
            "rest s", lambda trial: f"{number(trial.rest_before_s)}{' SHORT' if trial.number in early else ''}"
        )
        columns.append(short)
    return [*columns, END]


def print_others(console: Console, holds: Sequence[Hold], early: Collection[int] = ()) -> None:
    """Print the rows that are no holds: trials, strokes, timed phases.

    ``early``: numbers of the trials that began before their rest was over.
    """
    trials = [hold for hold in holds if hold.kind is Kind.RAMP]
    timed = [hold for hold in holds if hold.kind in _TIMED_KINDS]
    for course, some in _by_course(trials):
        print_table(console, f"Trials{course and f' of {course}'}", some, _trial_columns(some, early))
    if trials:
        told = own_shares(trials, "report_n", "tolerance_n")
        say_below(console, trials, {"peak": own_shares(trials, "peak_n"), "reported N and N/s": told})
    for course, some in _by_course([hold for hold in holds if hold.kind is Kind.STROKE]):
        _print_strokes(console, f"Strokes{course and f' of {course}'}", some)
    if timed:
        print_table(console, "Timed phases", timed, TIMED)
        shares = {"mean": mean_shares(timed, "mean_n"), "peak": own_shares(timed, "peak_n")}
        say_below(console, timed, shares)


def _print_strokes(console: Console, title: str, strokes: Sequence[Hold]) -> None:
    print_table(console, title, strokes, STROKES)
    say_below(console, strokes, {"peak": own_shares(strokes, "peak_n")})
    if (together := series(strokes, Kind.STROKE)) is not None:
        _say(console, _strokes_line(together))


def say_below(console: Console, rows: Sequence[Hold], parts: Mapping[str, Shares]) -> None:
    """What holds of all forces of a table: their band, and what one above the range means."""
    if line := band_line(parts):
        _say(console, f"95 % band of {line}")
    if any(map(above_range, rows)):
        _say(console, BEYOND)


def _say(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def _by_course(rows: Sequence[Hold]) -> list[tuple[str, Sequence[Hold]]]:
    """Rows of each course of a technique, and which one it is in words; these are empty where there is only one."""
    courses = sorted({row.course for row in rows})
    if len(courses) < 2:
        return [("", rows)] if rows else []
    return [(f"course {course}", [row for row in rows if row.course == course]) for course in courses]


def _strokes_line(found: Series) -> str:
    """Strokes in one line; what force sensors cannot tell is said."""
    rhythm = "" if math.isnan(found.per_min) else f", {found.per_min:.0f} a minute (CV {_percent(found.interval_cv)})"
    peak = f"peak {_banded(found.peak_n, found.peak_uncertainty_n)} (CV {_percent(found.peak_cv)})"
    mean = f"mean {_banded(found.mean_n, found.mean_uncertainty_n)} (CV {_percent(found.mean_cv)})"
    some = f"{found.count} stroke{'' if found.count == 1 else 's'}"
    return (
        f"{some}: {peak}, {mean}, {_percent(found.peaks_in_band)} of the peaks in the band{rhythm}. "
        "How fast the hand glided is not known: force sensors cannot tell."
    )


def _banded(newtons: float, half_n: float) -> str:
    """A force with its half-width; one without an upper bound is marked so."""
    if math.isinf(half_n):
        return f"{number(newtons)} N {UPWARDS}"
    return f"{number(newtons)} ± {uncertainty_text(half_n)} N"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def print_scores(console: Console, holds: Sequence[Hold], caveat: str = "") -> None:
    """Print scores with their deductions, if any hold has one; ``caveat``: what must be said beside them."""
    if scored := [hold for hold in holds if not math.isnan(hold.score)]:
        print_table(console, "Scores: 100 minus the deductions, see docs/scores.md", scored, SCORES)
        print_table(console, "Errors", scored, ERRORS)
        sums = band_line({"N·s": [impulse_share(row) for row in scored if not above_range(row)]})
        _say(console, f"95 % band of {f'{sums}; of ' if sums else ''}RMSE and CE: as the mean force, in N")
        if caveat:
            _say(console, f"Scores are {caveat}.")
