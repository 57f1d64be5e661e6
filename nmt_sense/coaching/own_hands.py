"""The practitioner's own hands: how much each part of the hand has pressed in a day, against a budget of one's own.

No limit in newtons, newton-seconds or seconds an hour was found in any publication: the budget is the user's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
import numpy as np

from nmt_sense.blocks import BoolArray, Float64Array, ForceBlock

PRESSING_N = 1.0
"""Assumed: less than this on a sensor is rest, or its noise."""
LEAST_S, JOINED_S = 0.3, 0.3
"""Assumed: a shorter touch is no press, a shorter dip does not divide one."""
NEAR = 0.8
"""Assumed: part of a budget from which on a change of hand or tool is suggested."""
HONEST = "The budget is your own; no medical limit is known."

Budget = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]


class Budgets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user keeps in ``hands.toml`` of the workspace: N·s a day, by sensor."""

    budget_ns: dict[str, Budget] = msgspec.field(default_factory=dict)


class SensorLoad(msgspec.Struct, frozen=True):
    """What one sensor's part of the hand has pressed."""

    sensor: str
    impulse_ns: float
    """Force-time integral above ``PRESSING_N``, N·s."""
    uncertainty_ns: float
    """Half-width of its 95 % band; calibration error does not average out."""
    peak_n: float
    peak_uncertainty_n: float
    """Half-width of its 95 % band, that of its own scan; infinite where any scan had no upper bound."""
    pressing_s: float
    presses: int
    """Stretches above ``PRESSING_N``."""


class RecordingLoad(msgspec.Struct, frozen=True):
    """One recording's part in a day."""

    day: str
    """ISO date of its start."""
    operator: str
    contact: str
    sensors: list[SensorLoad]
    worth: str = ""
    """What must be said of the calibration, in words; empty where nothing is wrong with it."""
    simulated: bool = False
    """Of a virtual glove: no hand pressed."""


class DayLoad(msgspec.Struct, frozen=True):
    """One part of the hand on one day."""

    day: str
    sensor: str
    impulse_ns: float
    uncertainty_ns: float
    peak_n: float
    peak_uncertainty_n: float
    """Half-width of its 95 % band; infinite where any part of the day had no upper bound."""
    pressing_s: float
    holds: int
    """How often this sensor pressed."""
    budget_ns: float | None
    share: float | None
    """Of the budget; None without one."""
    advice: str
    """What to consider; empty when nothing is."""


class _Presses:
    """Counts the presses of one sensor, however the stream is cut."""

    def __init__(self) -> None:
        self._count = 0
        self._on = False
        self._rose_s = self._fell_s = math.nan

    def feed(self, time_s: Float64Array, on: BoolArray) -> None:
        """Take the next times and whether it pressed at each."""
        turns = np.flatnonzero(np.concatenate(([self._on], on[:-1])) != on)
        for at in turns.tolist():
            self._turn(float(time_s[at]))
        if self._on:
            self._fell_s = float(time_s[-1])

    def _turn(self, time_s: float) -> None:
        self._on = not self._on
        if self._on and not time_s - self._fell_s < JOINED_S:
            self._count = self.count
            self._rose_s = time_s
        self._fell_s = time_s

    @property
    def count(self) -> int:
        """Presses so far, the one going on among them."""
        return self._count + (self._fell_s - self._rose_s >= LEAST_S)


class LoadMeter:
    """Adds up the load of each sensor, block by block."""

    def __init__(self, sensors: tuple[str, ...], period_s: float) -> None:
        self._sensors, self._period_s = sensors, period_s
        self._sums = np.zeros((3, len(sensors)))
        self._peak = np.full((2, len(sensors)), [[0.0], [math.nan]])
        """The largest force of each sensor, and its half-width."""
        self._presses = [_Presses() for _ in sensors]

    def feed(self, block: ForceBlock) -> None:
        """Take the next forces."""
        if not len(block):
            return
        pressing = block.newtons >= PRESSING_N
        for row, values in enumerate((block.newtons, block.uncertainty_n, np.ones_like(block.newtons))):
            self._sums[row] += np.where(pressing, values, 0.0).sum(axis=0, dtype=np.float64)
        largest = block.newtons.argmax(axis=0)[np.newaxis]
        tops = [np.take_along_axis(values, largest, axis=0)[0] for values in (block.newtons, block.uncertainty_n)]
        higher = (tops[0] >= PRESSING_N) & (tops[0] > self._peak[0])
        self._peak = np.where(higher, tops, self._peak)
        for counted, on in zip(self._presses, pressing.T, strict=True):
            counted.feed(block.time_s, on)

    def loads(self) -> list[SensorLoad]:
        """The load of every sensor so far."""
        impulse, width, seconds = (self._sums * self._period_s).tolist()
        peak, half = self._peak
        half = np.where(np.isinf(width), np.inf, half)  # then another scan may have been the larger one
        presses = [counted.count for counted in self._presses]
        columns = (self._sensors, impulse, width, peak.tolist(), half.tolist(), seconds, presses)
        return [SensorLoad(*values) for values in zip(*columns, strict=True)]


def days(loads: Iterable[RecordingLoad], budgets: Mapping[str, float]) -> list[DayLoad]:
    """Load by day and sensor, days in order; sensors that never pressed are left out."""
    gathered: dict[tuple[str, str], list[SensorLoad]] = {}
    for load in loads:
        for sensor in load.sensors:
            if sensor.impulse_ns > 0:
                gathered.setdefault((load.day, sensor.sensor), []).append(sensor)
    return [_day(day, sensor, parts, budgets.get(sensor)) for (day, sensor), parts in sorted(gathered.items())]


def _day(day: str, sensor: str, parts: list[SensorLoad], budget: float | None) -> DayLoad:
    impulse, width = sum(load.impulse_ns for load in parts), sum(load.uncertainty_ns for load in parts)
    largest = max(parts, key=lambda load: load.peak_n)
    share = None if budget is None else impulse / budget
    return DayLoad(
        day=day,
        sensor=sensor,
        impulse_ns=impulse,
        uncertainty_ns=width,
        peak_n=largest.peak_n,
        peak_uncertainty_n=math.inf if math.isinf(width) else largest.peak_uncertainty_n,
        pressing_s=sum(load.pressing_s for load in parts),
        holds=sum(load.presses for load in parts),
        budget_ns=budget,
        share=share,
        advice=advice(sensor, share),
    )


def advice(sensor: str, share: float | None) -> str:
    """What to consider at this part of a budget; empty when nothing is."""
    if share is None or share < NEAR:
        return ""
    how = "is used up" if share >= 1 else f"is {100 * share:.0f} % used"
    return f"The budget of {sensor} {how}: consider the other hand, another part of it, or a tool."
