"""One press of a measurement: contact, loading rate, what was sustained, and what the client reported in it."""

from __future__ import annotations

import copy
import math
from typing import NamedTuple

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.coaching.contact import Contact
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import RampPhase
from nmt_sense.coaching.rate import RateMeter
from nmt_sense.coaching.runs import Run, steps
from nmt_sense.coaching.sheet import Reading, pressed_s
from nmt_sense.events import Event


class Sustained:
    """The largest force that was not fallen below for a time: a maximum that no single spike makes."""

    def __init__(self, sustain_s: float, period_s: float) -> None:
        self._samples = steps(sustain_s, period_s) + 1
        self._tail: Float64Array = np.empty((2, 0))
        self.newtons = self._half_n = math.nan
        self._unbounded = False

    def add(self, run: Run) -> None:
        """Take the next scans. Where some are missing before them, nobody knows what was there."""
        samples = np.stack((run.force_n, run.uncertainty_n))
        joined = np.concatenate((self._tail, samples), axis=1) if run.adjacent else samples
        if joined.shape[1] >= self._samples:
            self._look(*np.lib.stride_tricks.sliding_window_view(joined, self._samples, axis=1))
        self._tail = joined[:, -(self._samples - 1) :]

    def _look(self, force_n: Float64Array, half_n: Float64Array) -> None:
        """Take stretches of the wanted time (W, S) into account: of each its smallest force is what was sustained."""
        least = force_n.argmin(axis=1)
        best = int(np.take_along_axis(force_n, least[:, None], axis=1).argmax())
        largest = float(force_n[best, least[best]])
        if math.isnan(self.newtons) or largest > self.newtons:
            self.newtons, self._half_n = largest, float(half_n[best, least[best]])
        self._unbounded |= bool(np.isinf(half_n.min(axis=1)).any())

    @property
    def half_n(self) -> float:
        """Half-width of its 95 % band, N: that of its own scan; infinite where a whole stretch had no upper bound."""
        return math.inf if self._unbounded else self._half_n


class Report(NamedTuple):
    """A threshold, as it was reported in a trial."""

    marked_s: float
    """When it took effect, by which an undo names it."""
    pressed_s: float
    reading: Reading
    rate: RateMeter
    """The loading rate until then."""


class Trial:
    """One press of a measurement."""

    def __init__(self, phase: RampPhase, period_s: float, first: Run) -> None:
        self.contact = Contact(period_s, phase.release_s, first)
        self._rate = RateMeter(period_s, phase.slowest_n_per_s, phase.fastest_n_per_s)
        self.sustained = None if phase.sustain_s is None else Sustained(phase.sustain_s, period_s)
        self.pain = Pain()
        self._reports: list[Report] = []
        """Of the threshold; the last one counts."""
        self._feed(first)

    def add(self, run: Run) -> None:
        """Take the next run."""
        self.contact.add(run)
        self._feed(run)

    @property
    def threshold(self) -> Report | None:
        """The report of it that counts."""
        return self._reports[-1] if self._reports else None

    @property
    def rate(self) -> RateMeter:
        """The loading rate; from the report of a threshold on, that which led to it."""
        return self._reports[-1].rate if self._reports else self._rate

    def report(self, event: Event, reading: Reading) -> None:
        """The client reported the threshold. The rate is measured on, in case that is taken back."""
        self._reports.append(Report(event.time_s, pressed_s(event), reading, copy.copy(self._rate)))

    def rests_on(self, time_s: float) -> bool:
        """It has a report of the threshold that took effect then."""
        return any(report.marked_s == time_s for report in self._reports)

    def take_back(self, time_s: float) -> None:
        """That report was a mistake: as if it had never been."""
        self._reports = [report for report in self._reports if report.marked_s != time_s]

    def _feed(self, run: Run) -> None:
        self._rate.add(run.time_s, run.force_n)
        if self.sustained is not None:
            self.sustained.add(run)
