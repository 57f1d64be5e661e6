"""The coach: force blocks and events in, holds and cues out."""

from __future__ import annotations

import bisect
import math

import msgspec

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.course import Course
from nmt_sense.coaching.rows import Rows
from nmt_sense.coaching.state import Cue, HoldProgress, Situation
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.totals import Totals
from nmt_sense.events import STAYS, UNDOABLE, Event, EventKind
from nmt_sense.holds import Hold

BUTTONS = frozenset({EventKind.CLIENT_STOP, EventKind.THRESHOLD, EventKind.TOLERANCE})
"""Events whose value is the time from the button to taking effect."""


class Coach:
    """Follows one stream of contact force. No clock, no window; results do not depend on how the stream is cut."""

    def __init__(self, technique: Technique, period_s: float) -> None:
        self._course = Course(technique, period_s)
        self._waiting: list[Event] = []
        self._marks: list[Event] = []
        """Marks that can be taken back, oldest first."""

    @property
    def progress(self) -> HoldProgress:
        """The hold going on, or the last one, after the newest scan."""
        return self._course.progress

    @property
    def situation(self) -> Situation:
        """Where in the technique things are, after the newest scan."""
        return self._course.situation

    @property
    def holds(self) -> list[Hold]:
        """Finished rows (holds, trials, strokes, timed phases), oldest first."""
        return self._course.holds

    @property
    def rows(self) -> Rows:
        """The same, as they are kept: their number and the newest are at hand."""
        return self._course.rows

    @property
    def totals(self) -> Totals:
        """What they come to."""
        return self._course.totals

    def feed(self, block: ForceBlock) -> list[Cue]:
        """Take the next forces; returns the cues that fall into them, in order, and those that events called for."""
        cues: list[Cue] = []
        while self._waiting and len(block) and self._waiting[0].time_s < block.time_s[-1]:
            before = int(block.time_s.searchsorted(self._waiting[0].time_s, side="right"))
            cues += self._course.feed(_part(block, slice(None, before)))
            block = _part(block, slice(before, None))
            self._course.expect(int(block.scan[0]))
            self._heed(self._waiting.pop(0))
        cues += self._course.feed(block)
        self._heed_now()
        return cues + self._course.take_cues()

    def report(self, event: Event) -> Event:
        """Something was reported or asked for (a kind of :data:`nmt_sense.events.COACHED`) at the event's time.

        It takes effect after the last scan whose time is not later than that. May be called ahead, even before the
        first block (as when a recording is read again), or late: scans already fed cannot be taken back, so it then
        takes effect at the newest scan, and a button's delay is kept as the event's value. Returns the event as it took
        effect. **Record that one**, and reading the recording again gives the same holds.
        """
        if event.kind is EventKind.MARKER:  # nothing hangs on it: it keeps its own time
            self._marks.append(event)
            return event
        effective_s = max(event.time_s, self._course.newest_s)
        value = event.value
        if event.kind in BUTTONS and not math.isfinite(value):
            value = effective_s - event.time_s
        effective = msgspec.structs.replace(event, time_s=effective_s, value=value)
        if event.kind is EventKind.UNDO and not event.text:
            effective = self._undo(effective)
        if effective.kind in UNDOABLE or (effective.kind is EventKind.CLIENT_STOP and self._course.is_answer):
            self._marks.append(effective)
        bisect.insort(self._waiting, effective, key=lambda waiting: waiting.time_s)
        self._heed_now()
        return effective

    def finish(self, time_s: float) -> None:
        """The stream ended at ``time_s``: reports until then count, then a hold going on ends with the stream.

        It ends at the newest scan: a hold never covers time that was not measured.
        """
        for event in self._waiting:
            if event.time_s <= time_s:
                self._heed(event)
        self._waiting.clear()
        self._course.finish()

    def _undo(self, event: Event) -> Event:
        """An undo that says what it undoes: the last mark not taken back yet, or that this one stays as it is."""
        if not self._marks:
            return event
        mark = self._marks.pop()
        stays = "" if self._course.takes_back(mark) else STAYS
        return msgspec.structs.replace(event, text=f"{stays}{mark.kind.value}", value=mark.time_s)

    def _heed_now(self) -> None:
        while self._waiting and self._waiting[0].time_s <= self._course.newest_s:
            self._heed(self._waiting.pop(0))

    def _heed(self, event: Event) -> None:
        self._course.report(event)


def _part(block: ForceBlock, rows: slice) -> ForceBlock:
    return ForceBlock(
        scan=block.scan[rows],
        time_s=block.time_s[rows],
        newtons=block.newtons[rows],
        uncertainty_n=block.uncertainty_n[rows],
        contact_n=block.contact_n[rows],
        contact_uncertainty_n=block.contact_uncertainty_n[rows],
    )
