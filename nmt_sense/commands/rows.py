"""Tables of what coaching found: holds with their scores, trials, strokes, timed phases."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from nmt_sense.coaching.metrics import relative
from nmt_sense.coaching.series import Series, series
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
    HoldEnd.PAIN_CEILING: "too painful",
    HoldEnd.PAIN_ROSE: "pain rose",
    HoldEnd.LIMIT: "limit",
    HoldEnd.OPERATOR: "went on",
}
Cell = Callable[[Hold], str]


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


def band_line(rows: Sequence[Hold], what: str) -> str:
    """One line under a table: the 95 % band that all its forces have in common, as a part of each.

    ``what``: the columns. The widest of the rows where they differ.
    """
    known = [100 * share for row in rows if not math.isnan(share := relative(row))]
    if not known:
        return f"95 % band of {what}: not known"
    low, high = f"{min(known):.0f}", f"{max(known):.0f}"
    return f"95 % band of {what}: ± {high if low == high else f'{low} to {high}'} % of each"


def table(title: str, rows: Sequence[Hold], columns: dict[str, Cell], last: str = "end") -> Table:
    """Rows as a table that fits 80 columns."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        made.add_column(name, justify="left" if name == last else "right", no_wrap=True)
    for hold in rows:
        made.add_row(*(cell(hold) for cell in columns.values()))
    return made


SCORES: dict[str, Cell] = {
    "": lambda hold: str(hold.number),
    "score": lambda hold: number(hold.score, 0),
    "-time": lambda hold: number(hold.off_time),
    "-RMSE": lambda hold: number(hold.off_rmse),
    "-sag": lambda hold: number(hold.off_sag),
    "-ramp": lambda hold: number(hold.off_ramp),
    "-over": lambda hold: number(hold.off_overshoot),
    "-laps": lambda hold: number(hold.off_lapses),
    "RMSE": lambda hold: number(hold.rmse_n),
    "CE": lambda hold: number(hold.ce_n),
    "CV %": lambda hold: number(100 * hold.cv),
    "N·s": lambda hold: number(hold.impulse_ns, 0),
    "pain": lambda hold: _pain(hold),
}
TRIALS: dict[str, Cell] = {
    "": lambda hold: str(hold.number),
    "start s": lambda hold: number(hold.start_s, 2),
    "reported N": lambda hold: number(hold.report_n),
    "tolerance N": lambda hold: number(hold.tolerance_n),
    "peak N": lambda hold: number(hold.peak_n),
    "N/s": lambda hold: number(hold.ramp_n_per_s),
    "rate": lambda hold: {1: "OUT OF LIMITS", 0: "ok"}.get(hold.rate_out, "–"),
    "end": end_words,
}
TIMED: dict[str, Cell] = {
    "": lambda hold: str(hold.number),
    "phase": lambda hold: hold.kind.value,
    "round": lambda hold: str(hold.round),
    "start s": lambda hold: number(hold.start_s, 2),
    "lasted s": lambda hold: number(hold.end_s - hold.start_s, 2),
    "mean N": lambda hold: number(hold.mean_n),
    "peak N": lambda hold: number(hold.peak_n),
    "end": end_words,
}
_TIMED_KINDS = (Kind.RELAX, Kind.STRETCH, Kind.REST, Kind.WAIT)


def _pain(hold: Hold) -> str:
    if math.isnan(hold.pain_first):
        return "–"
    return f"{hold.pain_first:g} → {hold.pain_last:g}"


def print_others(console: Console, holds: Sequence[Hold], early: Collection[int] = ()) -> None:
    """Print the rows that are no holds: trials, strokes taken together, timed phases.

    ``early``: numbers of the trials that began before their rest was over.
    """
    trials = [hold for hold in holds if hold.kind is Kind.RAMP]
    timed = [hold for hold in holds if hold.kind in _TIMED_KINDS]
    if trials:
        console.print(table("Trials", trials, _trial_columns(trials, early)))
        _say(console, band_line(trials, "forces and N/s"))
    if (strokes := series(holds, Kind.STROKE)) is not None:
        console.print(strokes_line(strokes), soft_wrap=True, highlight=False)
    if timed:
        console.print(table("Timed phases", timed, TIMED))
        _say(console, band_line(timed, "forces"))


def _say(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def _trial_columns(trials: Sequence[Hold], early: Collection[int]) -> dict[str, Cell]:
    """Those that these trials need, so that the table fits."""
    columns = {name: cell for name, cell in TRIALS.items() if name != "end"}
    if all(math.isnan(trial.tolerance_n) for trial in trials):
        del columns["tolerance N"]
    if early:
        columns["rest s"] = lambda trial: f"{number(trial.rest_before_s)}{' SHORT' if trial.number in early else ''}"
    return columns | {"end": end_words}


def strokes_line(found: Series) -> str:
    """Strokes in one line; what force sensors cannot tell is said."""
    rhythm = "" if math.isnan(found.per_min) else f", {found.per_min:.0f} a minute (CV {_percent(found.interval_cv)})"
    peak = f"peak {_banded(found.peak_n, found.peak_uncertainty_n)} (CV {_percent(found.peak_cv)})"
    mean = f"mean {_banded(found.mean_n, found.mean_uncertainty_n)} (CV {_percent(found.mean_cv)})"
    return (
        f"{found.count} strokes: {peak}, {mean}, {_percent(found.peaks_in_band)} of the peaks in the band{rhythm}. "
        "How fast the hand glided is not known: force sensors cannot tell."
    )


def _banded(newtons: float, half_n: float) -> str:
    return f"{number(newtons)} ± {uncertainty_text(half_n)} N"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def print_scores(console: Console, holds: Sequence[Hold], caveat: str = "") -> None:
    """Print scores with their deductions, if any hold has one; ``caveat``: what must be said beside them."""
    if scored := [hold for hold in holds if not math.isnan(hold.score)]:
        title = "Scores: 100 minus the deductions, see docs/scores.md; RMSE and CE in N"
        console.print(table(title, scored, SCORES, last=""))
        _say(console, f"{band_line(scored, 'N·s')}; of RMSE and CE: as the mean force, in N")
        if caveat:
            _say(console, f"Scores are {caveat}.")
