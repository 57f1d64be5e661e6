"""What all phases of a course write on: rows, cues, what was measured, pain, and the last second of force."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from nmt_sense.blocks import BoolArray, ForceBlock
from nmt_sense.coaching.feedback import FeedbackGate
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import Reference
from nmt_sense.coaching.residue import Residue
from nmt_sense.coaching.rows import Rows
from nmt_sense.coaching.runs import Edges
from nmt_sense.coaching.scores import scored
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import References, Technique
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold, HoldEnd, Kind

REMEMBERED = 200
"""Assumed: nobody takes back a report made so many rows ago."""
HISTORY_S = 1.0
"""Force is remembered for so long: a report of a button can be heard of that much later."""
ROUNDING = 1e-6
"""Of a scan period: what a time that was read back may be off by."""


class Reading(NamedTuple):
    """Contact force at one scan."""

    newtons: float
    half_n: float
    """Half-width of its 95 % band, N."""
    residue: bool
    """It is nothing but residue."""

    @property
    def known(self) -> bool:
        """A scan tells."""
        return not math.isnan(self.newtons)


UNKNOWN = Reading(math.nan, math.nan, False)
"""Nobody knows: the scan of that moment never came."""


@dataclass(slots=True)
class Place:
    """Where in the technique a row belongs."""

    phase: int = 1
    round: int = 1
    course: int = 1
    """The technique has begun anew so many times, and once more."""


class Sheet:
    """Shared by the followers of one course."""

    def __init__(self, technique: Technique, period_s: float) -> None:
        self.technique, self.period_s = technique, period_s
        self.place = Place()
        self.rows = Rows()
        self.references: References = technique.references
        self.gate = FeedbackGate(technique.feedback)
        self.hold = 1
        """Number of the press going on, or that comes next, among those that can be guided: a hold with all its levels
        is one, a timed phase none."""
        self.measured_at: set[float] = set()
        """When the reports took effect that a measurement rests on."""
        self._felt = Pain()
        self._pains: list[tuple[int, Pain]] = []
        """Rows by their number, and the reports that they keep."""
        self.newest_s = -math.inf
        self.next_scan = -1
        """The scan that comes after the newest one, where it is known already."""
        self._cues: list[Cue] = []
        self._past: deque[tuple[ForceBlock, BoolArray]] = deque()
        self._residue = Residue(technique.contact.release_n)

    @property
    def number(self) -> int:
        """Number of the row going on, or that comes next."""
        return len(self.rows) + 1

    @property
    def pain(self) -> float:
        """Newest report of pain that was not taken back."""
        return self._felt.last

    def heed(self, event: Event) -> None:
        """Take note of a report of pain, or forget one that was taken back: rows that keep it, too."""
        if event.kind is EventKind.NRS:
            self._felt.add(event, False)
        elif event.kind is EventKind.UNDO and event.text == EventKind.NRS:
            self._felt.take_back(event.value)
            for number, pain in reversed(self._pains):
                if pain.take_back(event.value):
                    self.rows.amend(number, **pain.fields)
                    break

    def remember(self, block: ForceBlock) -> BoolArray:
        """Keep the last second of force at hand; (N,) where nothing but residue need be on the sensor."""
        residue = self._residue.feed(block)
        self._past.append((block, residue))
        newest_s = float(block.time_s[-1])
        while len(self._past) > 1 and self._past[1][0].time_s[0] < newest_s - HISTORY_S:
            self._past.popleft()
        return residue

    def is_on(self, time_s: float, edges: Edges) -> bool:
        """A hand was on the client at a time of the last second."""
        found = self.reading(time_s)
        return found.newtons >= edges.release_n and not found.residue

    def reading(self, time_s: float) -> Reading:
        """The newest scan not later than a time of the last second; the oldest known, where all are later.

        Unknown where the scan that would tell is missing.
        """
        moment_s = max(time_s, self.newest_s - HISTORY_S)
        found, following = UNKNOWN, self.next_scan
        for block, residue in reversed(self._past):
            row = max(0, last := int(block.time_s.searchsorted(moment_s, side="right")) - 1)
            found = Reading(float(block.contact_n[row]), float(block.contact_uncertainty_n[row]), bool(residue[row]))
            following = int(block.scan[row + 1]) if row + 1 < len(block) else following
            if last >= 0:
                gap, age_s = following - int(block.scan[row]) > 1, moment_s - float(block.time_s[row])
                return UNKNOWN if gap and age_s > (1 - ROUNDING) * self.period_s else found
            following = int(block.scan[0])
        return found

    def cue(self, cue: Cue) -> bool:
        """Give a cue, unless the schedule of feedback keeps it back: whether it was given."""
        lets = self.gate.lets(cue, self.hold)
        if lets:
            self._cues.append(cue)
        return lets

    def alarm(self, cue: Cue) -> None:
        """Give a cue whatever the schedule of feedback."""
        self._cues.append(cue)

    def say(self, time_s: float, text: str) -> None:
        """Have words spoken."""
        if text:
            self._cues.append(Cue(time_s, CueKind.SAY, text=text))

    def count(self, time_s: float, left: int) -> None:
        """Say how many seconds in the band are left: guidance, for it tells that the force is right."""
        if self.gate.guided(self.hold):
            self.say(time_s, str(left))

    def take_cues(self) -> list[Cue]:
        """The cues since this was asked last."""
        cues, self._cues = self._cues, []
        return cues

    def row(self, kind: Kind, end: HoldEnd, pain: Pain, *, guided: bool = True, **fields: Any) -> Hold:
        """Write a row down; what every row has is filled in. ``guided``: it could be."""
        number = self.number
        given = _BLANK | fields | pain.fields | {"kind": kind, "end": end, "number": number}
        word = self.gate.word(self.hold if guided else None)
        place = self.place
        given |= {"phase": place.phase, "round": place.round, "course": place.course, "feedback": word}
        if (last := self.rows.last) is not None:
            given["rest_before_s"] = given["start_s"] - last.end_s
        made = scored(Hold(**given), self.technique.scoring) if kind is Kind.HOLD else Hold(**given)
        self.rows.append(made)
        self.keep_pain(pain)
        return made

    def keep_pain(self, pain: Pain) -> None:
        """The newest row keeps these reports, and what is taken back of them."""
        self._pains.append((len(self.rows), pain))
        del self._pains[:-REMEMBERED]

    def amend(self, **changes: Any) -> None:
        """Change the newest row."""
        self.rows.amend(len(self.rows), **changes)

    def measured(self, what: Reference) -> float | None:
        """A reference by name, N; None when it is not known."""
        return self.references.measured(what)

    def learn(self, **newtons: float) -> None:
        """A reference was measured."""
        known = {name: value for name, value in newtons.items() if value > 0}
        self.references = msgspec.structs.replace(self.references, **known)


_BLANK: dict[str, Any] = {
    "band_s": math.nan,
    "in_band_s": 0.0,
    "wanted_s": 0.0,
    "low_n": math.nan,
    "high_n": math.nan,
    "mean_n": math.nan,
    "mean_uncertainty_n": math.nan,
    "peak_n": math.nan,
    "sag_n": math.nan,
    "ramp_n_per_s": math.nan,
    "lapses": 0,
    "missing_s": 0.0,
}


def latency_s(event: Event) -> float:
    """Seconds from a button to its taking effect; NaN where it is not known."""
    return event.value


def pressed_s(event: Event) -> float:
    """When the button of a report was pressed."""
    return event.time_s - (event.value if math.isfinite(event.value) else 0.0)
