"""Creep: a sensor that is held seems to be pressed harder and harder, by a few per cent per tenfold time. Undone here.

The filter is linear, so that a true slow change passes. With L_k the one-pole low-pass of time constant t_k (step
response 1 - exp(-t/t_k)) and f the force of the curve,

    F = (f - sum_k share_k L_k f) / (1 - sum_k share_k (1 - exp(-REFERENCE_S / t_k)))

It is a sum of stable low-passes, so it is stable for any shares. Time constants a decade apart follow creep that grows
with the logarithm of time; one number, creep per decade, is fitted, so that F stands in holds whose load stood. The
divisor leaves a hold unchanged ``REFERENCE_S`` after it began: about when a reading is taken in a calibration.

(A gate that freezes a slowly moving output removes creep as well, Florez & Velasquez 2010, and with it what a therapist
waits for. It was not used.)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array, Int64Array
from nmt_sense.sensing.filters import ends_of_runs
from nmt_sense.sensing.profile import CreepTerm

TIMES_S = (1.0, 10.0, 100.0)
"""Time constants of a fitted filter: one per decade between a second and a hold of 90 s follow a logarithm to 4 %."""
REFERENCE_S = 10.0
SETTLED_S = 1.0
"""After the load stands: before that the two instruments do not agree on when it was."""
SHORTEST_HOLD_S = 4.0
STEADY = 0.03
"""A hold is where the reference stays within this part of its median ..."""
LOADED = 0.5
"""... and above this part of its largest value."""
MOSTLY = 0.9
LEAST_HOLDS = 5
LONG_HOLD_S = 60.0
"""One hold as long as this will do as well."""
HOLD_TO_HOLD = 0.015
"""Deviation of creep per decade from one hold to the next, about: a few holds are never surer than that."""
EXPECTED = 0.02
"""Size of the creep of such sensors per decade (less than 5 % stated, 0.9 to 3.5 % seen): what is found is weighed
against it."""
NEWTON_STEPS = 4
LEAST_PER_DECADE = 1e-4
MOST_PER_DECADE = 0.08
"""Makers state less than 5 % per decade."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch of steady load."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class CreepFit:
    """Creep found in holds."""

    per_decade: float
    """Part of the force per tenfold time."""
    standard_error: float
    holds: int

    @property
    def terms(self) -> tuple[CreepTerm, ...]:
        """The filter that undoes it, weighed against what such sensors do: few holds, little correction."""
        trust = EXPECTED**2 / (EXPECTED**2 + self.standard_error**2)
        creep = min(trust * self.per_decade, MOST_PER_DECADE)
        if creep < LEAST_PER_DECADE:
            return ()
        shares = shares_of(creep)[0].tolist()
        return tuple(CreepTerm(time_s=at, share=round(share, 6)) for at, share in zip(TIMES_S, shares, strict=True))


class CreepFilter:
    """Undoes the creep of some columns of force. State is carried; the same bits however the stream is cut.

    What a gap held is not known; the first value after it is taken to have stood since the one before.
    """

    def __init__(self, terms: Sequence[tuple[CreepTerm, ...]], period_s: float) -> None:
        """One tuple of terms per column, scans ``period_s`` apart."""
        from scipy.signal import lfilter  # slow to import

        self._lfilter = lfilter
        times = sorted({term.time_s for column in terms for term in column})
        self._poles = np.array([math.exp(-period_s / time_s) for time_s in times])
        self._shares = np.array([[_share(column, time_s) for column in terms] for time_s in times])
        self._scale = np.array([1.0 / unit(column) for column in terms])
        self._memory: Float64Array | None = None
        self._next_scan = 0

    def feed(self, scan: Int64Array, force_n: Float64Array) -> Float64Array:
        """Forces (N, columns) in N without creep, never below zero, for those of the curve."""
        out = np.empty_like(force_n)
        start = 0
        for end in ends_of_runs(scan):
            out[start:end] = self._run(int(scan[start]), force_n[start:end])
            start = end
        return out

    def _run(self, first_scan: int, force_n: Float64Array) -> Float64Array:
        self._pass_gap(first_scan, force_n[0])
        assert self._memory is not None
        rest = force_n.copy()
        for number, pole in enumerate(self._poles):
            state = pole * self._memory[number]
            followed, _ = self._lfilter([1.0 - pole], [1.0, -pole], force_n, axis=0, zi=state[np.newaxis])
            self._memory[number] = followed[-1]
            rest -= self._shares[number] * followed
        self._next_scan = first_scan + len(force_n)
        return np.asarray(np.maximum(rest * self._scale, 0.0))

    def _pass_gap(self, first_scan: int, value_n: Float64Array) -> None:
        if self._memory is None:
            self._memory = np.repeat(value_n[np.newaxis], len(self._poles), axis=0)
        elif missing := first_scan - self._next_scan:
            kept = self._poles[:, np.newaxis] ** missing
            self._memory = value_n + kept * (self._memory - value_n)


def without_creep(time_s: Float64Array, force_n: Float64Array, terms: tuple[CreepTerm, ...]) -> Float64Array:
    """(N,) the same for forces (N,) at irregular rising times (N,), s: each value stands since the one before."""
    rest = force_n.copy()
    for term in terms:
        rest -= term.share * _low_passed(time_s, force_n, term.time_s)
    return np.asarray(np.maximum(rest / unit(terms), 0.0)) if terms else rest


def _low_passed(time_s: Float64Array, force_n: Float64Array, constant_s: float) -> Float64Array:
    """(N,) L f at irregular times."""
    kept = np.exp(-np.diff(time_s, prepend=time_s[:1]) / constant_s)
    return np.array(list(_followed(force_n.tolist(), kept.tolist())))


def _followed(values: list[float], kept: list[float]) -> Iterable[float]:
    state = values[0] if values else 0.0
    for value, part in zip(values, kept, strict=True):
        state = value + part * (state - value)
        yield state


def unit(terms: tuple[CreepTerm, ...]) -> float:
    """What the filter leaves of a hold after ``REFERENCE_S``, by which it is divided."""
    return 1.0 - sum(term.share * (1.0 - math.exp(-REFERENCE_S / term.time_s)) for term in terms)


def _share(terms: tuple[CreepTerm, ...], time_s: float) -> float:
    return sum(term.share for term in terms if term.time_s == time_s)


def find_holds(time_s: Float64Array, force_n: Float64Array, shortest_s: float = SHORTEST_HOLD_S) -> list[Hold]:
    """Stretches of steady load in a reference force (N,) at rising times (N,)."""
    from scipy.ndimage import median_filter

    if len(force_n) < 5:
        return []
    smooth = median_filter(force_n, 5)  # single wrong samples end no hold
    loaded = smooth > LOADED * float(np.quantile(smooth, 0.99))
    edges = np.flatnonzero(np.diff(np.r_[0, loaded.astype(int), 0]))
    found = [_steady(time_s[a:b], smooth[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [hold for hold in found if hold is not None and hold.end_s - hold.start_s >= shortest_s]


def _steady(time_s: Float64Array, force_n: Float64Array) -> Hold | None:
    middle = float(np.median(force_n))
    steady = np.abs(force_n - middle) < STEADY * middle
    rows = np.flatnonzero(steady)
    if len(rows) < 3 or np.mean(steady[rows[0] : rows[-1] + 1]) < MOSTLY:
        return None
    return Hold(float(time_s[rows[0]]), float(time_s[rows[-1]]))


def fit_creep(
    time_s: Float64Array, shown_n: Float64Array, reference_n: Float64Array, holds: Sequence[Hold]
) -> CreepFit:
    """Creep per decade from what a curve showed and the reference (N,) during holds, by least squares."""
    if len(holds) < LEAST_HOLDS and not any(hold.end_s - hold.start_s >= LONG_HOLD_S for hold in holds):
        return CreepFit(0.0, math.inf, len(holds))
    followed = np.column_stack([_low_passed(time_s, shown_n, at) for at in TIMES_S])
    parts = [_of_hold(time_s, shown_n, reference_n, followed, hold) for hold in holds]
    kept = [part for part in parts if part is not None]
    creep = 0.0
    for _ in range(NEWTON_STEPS):
        crossed, squared = np.array([_step(*part, creep) for part in kept]).reshape(-1, 2).T
        if not squared.sum() > 0.0:
            return CreepFit(0.0, math.inf, len(kept))
        creep = float(np.clip(creep + crossed.sum() / squared.sum(), -MOST_PER_DECADE, MOST_PER_DECADE))
    # samples of one hold err alike, so each hold counts as one (a cluster-robust standard error)
    error = math.sqrt(float(np.sum(crossed**2))) / float(squared.sum())
    return CreepFit(creep, max(error, HOLD_TO_HOLD / math.sqrt(len(kept))), len(kept))


def shares_of(creep: float) -> tuple[Float64Array, Float64Array]:
    """Shares of the filter that undoes a creep per decade, fastest first, and what they change by with it.

    A force that grows by c in each of three decades, 1 + c (L_1 + L_2 + L_3), is (1 + k c) times as large once k of
    them are over. What undoes it falls from 1 / (1 + k c) to 1 / (1 + (k + 1) c) in the next.
    """
    before = np.arange(len(TIMES_S))
    start, end = 1.0 / (1.0 + before * creep), 1.0 / (1.0 + (before + 1) * creep)
    return start - end, (before + 1) * end**2 - before * start**2


def _of_hold(
    time_s: Float64Array, shown_n: Float64Array, reference_n: Float64Array, followed_n: Float64Array, hold: Hold
) -> tuple[Float64Array, Float64Array] | None:
    """In a hold: f (N,) and L_k f (N, terms), each over the reference force, in units of the hold's usual ratio."""
    rows = (time_s >= hold.start_s + SETTLED_S) & (time_s <= hold.end_s) & (reference_n > 0.0)
    if np.count_nonzero(rows) < 5 or not (usual := float(np.median(shown_n[rows] / reference_n[rows]))) > 0.0:
        return None
    unit_n = usual * reference_n[rows]
    return shown_n[rows] / unit_n, followed_n[rows] / unit_n[:, np.newaxis]


def _step(shown: Float64Array, followed: Float64Array, creep: float) -> tuple[float, float]:
    """One step of Gauss and Newton: shown - sum share_k followed_k is to be level in each hold.

    Noise of the sensor is in what is explained only, and hardly in what explains it, or it would pull creep down.
    """
    shares, slopes = shares_of(creep)
    change = followed @ slopes
    change = change - change.mean()
    return float(change @ (shown - followed @ shares)), float(change @ change)


def per_decade(
    time_s: Float64Array, shown_n: Float64Array, reference_n: Float64Array, holds: Sequence[Hold]
) -> Float64Array:
    """(holds,) growth of shown over reference force in each hold, as a part of it per tenfold time."""
    out = []
    for hold in holds:
        rows = (time_s >= hold.start_s + SETTLED_S) & (time_s <= hold.end_s) & (reference_n > 0) & (shown_n > 0)
        if np.count_nonzero(rows) >= 5:
            decades = np.log10(time_s[rows] - hold.start_s)
            out.append(float(np.polyfit(decades, np.log(shown_n[rows] / reference_n[rows]), 1)[0]))
    return np.array(out)
