"""What rows came to, in words: why the last one ended, and a finished technique."""

from __future__ import annotations

import math

from nmt_sense.coaching.metrics import score_caveat
from nmt_sense.coaching.series import Series, series
from nmt_sense.holds import PRESSED, Hold, HoldEnd, Kind
from nmt_sense.moment.numbers import force, number
from nmt_sense.state import LiveState

ENDED = {
    HoldEnd.RELEASED: "let go before its end",
    HoldEnd.COMPLETED: "done",
    HoldEnd.CLIENT_STOP: "the client stopped it",
    HoldEnd.RECORDING_ENDED: "still held when the recording ended",
    HoldEnd.EASED: "the pain has eased",
    HoldEnd.BARRIER: "the tissue gave way",
    HoldEnd.REPORTED: "the client reported",
    HoldEnd.WITHDRAWN: "taken back, and done again",
    HoldEnd.PAIN_CEILING: "pain above the ceiling ended it",
    HoldEnd.PAIN_ROSE: "rising pain ended it",
    HoldEnd.LIMIT: "its limit ended it",
    HoldEnd.OPERATOR: "you went on",
}
NOUNS = {Kind.RAMP: "trial", Kind.FOLLOW: "press"}


def hidden(state: LiveState) -> bool:
    """The display is blinded."""
    return state.situation is not None and state.situation.blinded


def noun(row: Hold) -> str:
    """What a row is called."""
    return NOUNS.get(row.kind, row.kind.value)


def ended(state: LiveState) -> str:
    """Why the last row ended, in words; empty before the first."""
    if not state.holds:
        return ""
    last = state.holds[-1]
    reported = last.end is HoldEnd.REPORTED and not math.isnan(last.report_n)
    at = f" at {force(last.report_n, last.report_uncertainty_n, 0)}" if reported else ""
    return f"{noun(last)} {last.number}: {ENDED[last.end]}{'' if hidden(state) else at}"


def summary(state: LiveState) -> str:
    """What a finished technique came to, kind by kind."""
    parts = [made for kind in Kind if kind in PRESSED and (made := series(state.holds, kind))]
    return "; ".join(_told(part, state) for part in parts) or "nothing was pressed"


def counted(state: LiveState) -> tuple[int, str]:
    """How many rows there are in which somebody pressed, and what they are called."""
    pressed = [row for row in state.holds if row.kind in PRESSED]
    names = {noun(row) for row in pressed}
    name = names.pop() if len(names) == 1 else "row"
    return len(pressed), name if len(pressed) == 1 else f"{name}{'es' if name.endswith('s') else 's'}"


def _told(part: Series, state: LiveState) -> str:
    name = NOUNS.get(part.kind, part.kind.value)
    some = f"{part.count} {name}" if part.count == 1 else f"{part.count} {name}{'es' if name.endswith('s') else 's'}"
    if hidden(state) or part.kind is Kind.RAMP:
        return some
    if part.kind is Kind.STROKE:
        beat = "" if math.isnan(part.per_min) else f" {number(part.per_min)} a minute{_varying(part.interval_cv)},"
        return f"{some},{beat} mean peak {force(part.peak_n, part.peak_uncertainty_n)}{_varying(part.peak_cv)}"
    return f"{some}, mean {force(part.mean_n, part.mean_uncertainty_n)}{_scored(part, state)}"


def _varying(cv: float) -> str:
    return "" if math.isnan(cv) else f" (varying by {number(100 * cv)} %)"


def _scored(part: Series, state: LiveState) -> str:
    if math.isnan(part.score):
        return ""
    caveat = score_caveat([row for row in state.holds if row.kind is part.kind], state.plan)
    return f", mean score {number(part.score)}{f' ({caveat})' if caveat else ''}"
