"""Marks and reports as they took effect: told for a moment, and kept as labels of the chart."""

from __future__ import annotations

import math

from nmt_sense.app.source import TraceSource
from nmt_sense.app.widgets.strip import Mark
from nmt_sense.events import STAYS, Event, EventKind
from nmt_sense.moment.numbers import force, plain
from nmt_sense.moment.picture import STALE_AFTER_S
from nmt_sense.state import LiveState
from nmt_sense.units import minutes_seconds

TOLD_S = 3.0
"""So long a mark is told where the advice stands."""
NAMES = {
    EventKind.MARKER: "mark",
    EventKind.CLIENT_STOP: "client's stop",
    EventKind.NRS: "pain",
    EventKind.THRESHOLD: "threshold",
    EventKind.TOLERANCE: "tolerance",
    EventKind.EASED: "eased",
    EventKind.BARRIER: "gave way",
    EventKind.NO_GAIN: "no gain",
    EventKind.NEXT: "next",
    EventKind.FEEDBACK: "guided",
    EventKind.UNDO: "undone",
}


class MarkWatch:
    """Notices marks as they take effect, whoever made them: keys, pedal, the glove's buttons."""

    def __init__(self) -> None:
        self._known: tuple[Event, ...] = ()
        self._told, self._told_ns = "", 0

    def follow(self, state: LiveState, trace: TraceSource, now_ns: int) -> str:
        """What has just taken effect, in a sentence; empty mostly."""
        if state.events is self._known:
            return ""
        before, self._known = self._known, state.events
        news = [event for event in state.events if not any(event is one for one in before)]
        if not news:
            return ""
        self._told, self._told_ns = sentence(news[-1], state, trace), now_ns
        return self._told

    def told(self, now_ns: int) -> str:
        """The newest mark, for as long as it is to be seen."""
        return self._told if self._told and now_ns - self._told_ns < TOLD_S * 1e9 else ""

    @property
    def labels(self) -> list[Mark]:
        """Marks for the chart, without those taken back."""
        return labels(self._known)


def labels(events: tuple[Event, ...]) -> list[Mark]:
    """Labels of events; what was undone has none."""
    undone = {(event.text, event.value) for event in events if event.kind is EventKind.UNDO}
    kept = (event for event in events if event.kind not in (EventKind.UNDO, EventKind.FEEDBACK))
    return [Mark(moment(event), label(event)) for event in kept if (event.kind.value, event.time_s) not in undone]


def label(event: Event) -> str:
    """What happened, in a word or two."""
    name = NAMES.get(event.kind, event.kind.value)
    return f"{name} {plain(event.value)}" if event.kind is EventKind.NRS else name


def moment(event: Event) -> float:
    """When the button was pressed: for some kinds the value is how much later it took effect."""
    late = event.kind in (EventKind.CLIENT_STOP, EventKind.THRESHOLD, EventKind.TOLERANCE)
    return event.time_s - (event.value if late and math.isfinite(event.value) else 0.0)


def sentence(event: Event, state: LiveState, trace: TraceSource) -> str:
    """A mark with its time and the force at that time, as it is told."""
    if event.kind is EventKind.UNDO:
        return _undone(event)
    at_s = moment(event)
    force = "" if _hidden(state) else _force_at(trace, at_s)
    kept = "" if state.recording else "; not recorded"
    return f"{label(event)} at {minutes_seconds(max(0.0, at_s))}{force}{kept}"


def _undone(event: Event) -> str:
    if not event.text:
        return "there is no mark to undo"
    kind = event.text.removeprefix(STAYS)
    what = f"{NAMES.get(EventKind(kind), kind)} at {minutes_seconds(max(0.0, event.value))}"
    return f"{what} stays: what it led to is over" if event.text.startswith(STAYS) else f"undone: {what}"


def _hidden(state: LiveState) -> bool:
    return state.situation is not None and state.situation.blinded


def _force_at(trace: TraceSource, at_s: float) -> str:
    time_s, force_n, half_n = trace.window(20.0)
    if not len(time_s) or at_s < time_s[0]:
        return ""
    row = max(0, min(int(time_s.searchsorted(at_s, side="right")), len(time_s)) - 1)
    if at_s - time_s[row] > STALE_AFTER_S:
        return ", no data"
    return f", {force(float(force_n[row]), float(half_n[row]))}"
