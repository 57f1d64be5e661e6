"""What rows came to, in words: why the last one ended, and a finished technique."""

from __future__ import annotations

import math

from nmt_sense.coaching.totals import Part
from nmt_sense.holds import Hold, HoldEnd, Kind
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
    HoldEnd.NO_DATA: "no data when the client reported",
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
    return "; ".join(_told(part, hidden(state)) for part in state.totals.parts) or "nothing was pressed"


def counted(state: LiveState) -> tuple[int, str]:
    """How many presses a finished course had, and what they are called."""
    found = [part.series for part in state.totals.parts]
    pressed = sum(one.count for one in found)
    return pressed, _many(pressed, NOUNS.get(found[0].kind, found[0].kind.value) if len(found) == 1 else "row")


def _many(count: int, name: str) -> str:
    return name if count == 1 else f"{name}{'es' if name.endswith('s') else 's'}"


def _told(part: Part, blinded: bool) -> str:
    found = part.series
    some = f"{found.count} {_many(found.count, NOUNS.get(found.kind, found.kind.value))}"
    if blinded or found.kind is Kind.RAMP:
        return some
    if found.kind is Kind.STROKE:
        beat = "" if math.isnan(found.per_min) else f" {number(found.per_min)} a minute{_varying(found.interval_cv)},"
        return f"{some},{beat} mean peak {force(found.peak_n, found.peak_uncertainty_n)}{_varying(found.peak_cv)}"
    return f"{some}, mean {force(found.mean_n, found.mean_uncertainty_n)}{_scored(part)}"


def _varying(cv: float) -> str:
    return "" if math.isnan(cv) else f" (varying by {number(100 * cv)} %)"


def _scored(part: Part) -> str:
    if math.isnan(part.series.score):
        return ""
    return f", mean score {number(part.series.score)}{f' ({part.caveat})' if part.caveat else ''}"
