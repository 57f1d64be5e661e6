"""The increments of one hold: which, looked for or held, and by which reports of pain."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

from nmt_sense.coaching.cues import CueMaker
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import HoldPhase
from nmt_sense.coaching.press import Press
from nmt_sense.coaching.runs import Edges, Run, Zone
from nmt_sense.coaching.sheet import Reading
from nmt_sense.events import Event, EventKind

SETS_LEVEL = frozenset({EventKind.NRS, EventKind.THRESHOLD})


class Levels:
    """From the first level on. A hold that is not led by the client has its band from the beginning."""

    def __init__(self, phase: HoldPhase, band: Edges) -> None:
        self._phase, self._band = phase, band
        self._led = phase.ends == "eased"
        self.number = 1
        self.before_s = 0.0
        """Time in the bands of the levels before this one."""
        self._eased_to = self._eased_at_s = math.nan
        self._set_at_s = math.nan
        self._unset: tuple[Press, CueMaker] | None = None
        self.pain = Pain()
        self._search()

    def _search(self) -> None:
        self.report_n = self.report_uncertainty_n = math.nan
        self.missed_s = math.nan
        """When the client last reported without its force being known."""
        self.searching = self._led
        self.edges = self._phase.open_edges if self._led else self._band

    @property
    def last(self) -> bool:
        """There is no further one."""
        return self.number >= (self._phase.levels or 1)

    def next(self, held_s: float) -> None:
        """The next one, after so long in the band: with reports of its own, and looked for anew."""
        self.number += 1
        self.before_s += held_s
        self.pain = Pain()
        self._unset = None
        self._search()

    def is_pain(self, pain: float) -> bool:
        """The report ends the search: pain at first, from then on more pain than there was when it had eased."""
        return pain > 0 and (self.number == 1 or math.isnan(self._eased_to) or pain > self._eased_to)

    def eases(self, event: Event) -> bool:
        """The report is so far below the one that set the level that it ends it."""
        held = self.pain.held
        eased = len(held) > 1 and event.value <= held[0] * (1 - (self._phase.ease_percent or 0.0) / 100)
        if eased:
            self._eased_to, self._eased_at_s = event.value, event.time_s
        return eased

    def set(self, event: Event, reading: Reading, press: Press, cues: CueMaker) -> None:
        """The client reported: the force of this moment is to be held."""
        self._set_at_s, self._unset = event.time_s, copy.deepcopy((press, cues))
        half = self._phase.tolerance_n or 0.0
        edges = self._phase.open_edges
        force_n = self.report_n = reading.newtons
        self.report_uncertainty_n = reading.half_n
        self.edges = replace(edges, low_n=max(edges.contact_n, force_n - half), high_n=force_n + half)
        press.set_band(self.edges)
        self.searching = False

    def follow(self, part: Run) -> None:
        """Keep at hand what the press would be without the report that set the level, in case it is taken back."""
        if self._unset is not None:
            self._unset[0].add(replace(part, zone=min(part.zone, Zone.LOW)))

    def take_back(self, event: Event) -> tuple[Press, CueMaker] | None:
        """A mark was a mistake. When it had set the level, that is looked for again: the press as it is without."""
        if event.value == self.missed_s:
            self.missed_s = math.nan
        if event.text == EventKind.NRS and not self.pain.take_back(event.value):
            if event.value == self._eased_at_s:  # the level stays ended, but how far the pain had eased is not known
                self._eased_to = math.nan
            return None
        if self._unset is None or event.value != self._set_at_s or event.text not in SETS_LEVEL:
            return None
        unset, self._unset = self._unset, None
        self._search()
        return unset
