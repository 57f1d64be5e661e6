"""What the client says and the practitioner asks for, from keys, pedal and buttons to the pipeline."""

from __future__ import annotations

from collections.abc import Callable

from nmt_sense.app.keys import Action
from nmt_sense.app.source import LiveSource
from nmt_sense.events import EventKind

KINDS = {
    Action.MARK: EventKind.MARKER,
    Action.CLIENT_STOP: EventKind.CLIENT_STOP,
    Action.THRESHOLD: EventKind.THRESHOLD,
    Action.TOLERANCE: EventKind.TOLERANCE,
    Action.EASED: EventKind.EASED,
    Action.GAVE_WAY: EventKind.BARRIER,
    Action.NO_GAIN: EventKind.NO_GAIN,
    Action.NEXT: EventKind.NEXT,
    Action.UNDO: EventKind.UNDO,
    Action.GUIDE: EventKind.FEEDBACK,
}


class Reports:
    """Passes reports on at once; what became of them shows when they have taken effect."""

    def __init__(self, live: LiveSource, say: Callable[[str, bool], None]) -> None:
        self._live, self._say = live, say

    def report(self, action: Action) -> None:
        """Pass on a mark, a stop, or what else is no number."""
        if action is Action.MARK and not self._live.state.recording:
            self._say("A marker needs a recording: Space starts one.", True)
        elif self._can():
            self._live.report(KINDS[action])

    def pain(self, level: int) -> None:
        """Pass on the client's pain, 0-10."""
        if self._can():
            self._live.report(EventKind.NRS, float(level))

    def _can(self) -> bool:
        """Without a glove there is no time axis to put anything on."""
        if self._live.state.info is None:
            self._say("No glove has sent anything yet, so there is no moment to mark; connect one first.", True)
            return False
        return True
