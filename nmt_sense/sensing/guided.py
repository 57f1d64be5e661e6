"""A guided calibration, step by step, without a screen: terminal and window drive the same machine.

Whoever drives it passes on what the sensor reads (:meth:`Guided.read`) and what the reference says, typed
(:meth:`Guided.accept` with a force) or from a scale that is read live (:meth:`Guided.refer`); shows
:attr:`Guided.moment`; and calls :meth:`Guided.accept` when the person says that the step is done. All times are seconds
on one clock.
"""

from __future__ import annotations

import datetime
import enum
import math
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.errors import NmtError
from nmt_sense.sensing.bench_data import BenchData
from nmt_sense.sensing.calibration import About, calibrate, check_against, creep_of, words_of
from nmt_sense.sensing.checking import Outcome
from nmt_sense.sensing.pairs import paired
from nmt_sense.sensing.profile import Circuit, Profile
from nmt_sense.units import STANDARD_GRAVITY

CONDITIONING_PRESSES = 5
"""FlexiForce user manual: 110 % of the test load, four or five times."""
OVERLOAD = 1.1
WINDOW_S = 3.0
"""What is kept of a step: its last seconds."""
STEADY_S = 1.5
STEADY = 0.05
"""Largest less smallest reading of that time, as a part of their mean, that still counts as steady."""
STILL_ON = 0.1
"""Readings that have not left the last step's by this part mean that its load is still on."""
ZERO_PART = 0.05
"""A reading at rest above this part of the largest one seen means that something presses."""
PRESS_S = 0.2
"""A press lasts at least so long; what noise does to the reading of a sensor that nobody presses does not."""
SEEN = 0.5
"""Part of the largest load that a press to condition the sensor must have come to, to count as one."""
HOLD_S = 90.0
FRESH_S = 2.0
"""A scale that has said nothing for so long says nothing of now."""
HISTORY_S = 300.0
"""So much of a step is remembered, at least."""
RATE_HZ = 25.0
"""Readings that are kept per second, each the mean of those between."""
LOADS = (0.1, 0.25, 0.5, 0.75, 1.0)
HELD = 0.6
VERIFIED = (0.35, 0.85)
"""Parts of the largest load: steps (up, then down), the hold, and the two that the curve has not seen."""


class GuidedError(NmtError):
    """The step is not done; the sentence says what is missing."""


class Kind(enum.Enum):
    """What a step is for."""

    CONDITION = "condition"
    ZERO = "zero"
    LOAD = "load"
    HOLD = "hold"
    VERIFY = "verify"


LOADED = (Kind.LOAD, Kind.HOLD, Kind.VERIFY)
"""Steps that have a load."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    kind: Kind
    title: str
    do: str
    """What to do, in one sentence."""
    why: str
    """Why, in one sentence."""
    load_n: float | None = None
    """About the load to put on, N; what counts is what the reference says."""
    seconds: float = WINDOW_S
    """For how long the load must stand."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything there is to show now."""

    step: Step | None
    """None when all steps are done."""
    number: int
    """Steps done."""
    of: int
    conductance_us: float
    """Newest reading, µS; NaN before the first."""
    reference_n: float | None
    """Newest force from a scale that is read live, N."""
    steady: bool
    progress: float
    """Part of what the step needs, 0 .. 1."""
    hint: str
    """What is still missing, in one sentence; empty when the step can be accepted."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished calibration."""

    profile: Profile
    outcome: Outcome
    """The check with the two loads that the curve had not seen."""
    words: str
    """The verdict."""


def plan(top_n: float) -> tuple[Step, ...]:
    """The steps for a sensor that is to be used up to ``top_n`` N."""
    up = [_load(part * top_n, "up") for part in LOADS]
    down = [_load(part * top_n, "down") for part in reversed(LOADS[:-1])]
    return (
        Step(
            Kind.CONDITION,
            "Condition the sensor",
            f"Press {CONDITIONING_PRESSES} times with {about(OVERLOAD * top_n)}, and let go each time.",
            "A rested sensor settles under its first presses, by a tenth; a calibration would be out of date at once.",
            OVERLOAD * top_n,
        ),
        Step(
            Kind.ZERO, "Zero", "Leave the sensor unloaded.", "A strap or a bent finger presses too, and must be known."
        ),
        *up,
        *down,
        Step(
            Kind.HOLD,
            "Hold",
            f"Put {about(HELD * top_n)} on and leave it for {HOLD_S:g} seconds.",
            "Held, such a sensor seems to be pressed harder and harder; this measures by how much.",
            HELD * top_n,
            HOLD_S,
        ),
        *(_verify(part * top_n) for part in VERIFIED),
    )


def about(newtons: float) -> str:
    """A load in words, as a force gauge and as a kitchen scale shows it."""
    return f"about {newtons:.3g} N ({newtons / STANDARD_GRAVITY:.2g} kg)"


def _load(newtons: float, way: str) -> Step:
    why = {
        "up": "Steps going up give the curve.",
        "down": "Going down a sensor reads more than going up; the difference belongs into the band.",
    }
    return Step(Kind.LOAD, f"{newtons:.3g} N, going {way}", f"Put {about(newtons)} on.", why[way], newtons)


def _verify(newtons: float) -> Step:
    why = "The curve has not seen this load: it is judged by it."
    return Step(Kind.VERIFY, f"{newtons:.3g} N, to verify", f"Put {about(newtons)} on.", why, newtons)


@dataclass
class _Kept:
    """Windows that were accepted: (time, conductance, force), each (N,)."""

    parts: list[Float64Array] = field(default_factory=list)

    def data(self, name: str) -> BenchData:
        return BenchData(Path(name), "conductance_us", *np.concatenate(self.parts, axis=1))


class Guided:
    """The machine. Not thread-safe: one thread at a time."""

    def __init__(self, about: About, top_n: float, circuit: Circuit | None = None) -> None:
        """Raises :class:`GuidedError` for a largest load that is none."""
        if not 2.0 <= top_n <= 2000.0:
            raise GuidedError(f"The largest load must lie between 2 and 2000 N, not at {top_n:g} N.")
        self._about, self._circuit, self._top_n = about, circuit, top_n
        self.steps = plan(top_n)
        self.number = 0
        self._readings = np.empty((2, 0))
        self._reference = np.empty((2, 0))
        self._largest_us = 0.0
        self._pressed_us: list[float] = []
        self._kept = {kind: _Kept() for kind in Kind}
        self._taken: list[Kind] = []

    @property
    def step(self) -> Step | None:
        """What to do now; None when all is done."""
        return self.steps[self.number] if self.number < len(self.steps) else None

    def taken(self, kind: Kind) -> BenchData:
        """What was measured in all accepted steps of a kind: time s, conductance µS, force N. ValueError before any."""
        return self._kept[kind].data(kind.value)

    @property
    def points(self) -> tuple[tuple[Kind, float, float], ...]:
        """What was accepted so far, one (kind, µS, N) per step with a load: medians, in the order of the steps."""
        order: dict[Kind, int] = dict.fromkeys(Kind, 0)
        found = []
        for kind in self._taken:
            if kind in LOADED:
                _, reading, force = self._kept[kind].parts[order[kind]]
                found.append((kind, float(np.median(reading)), float(np.median(force))))
                order[kind] += 1
        return tuple(found)

    @property
    def largest_us(self) -> float:
        """Largest reading so far, µS."""
        return self._largest_us

    def read(self, time_s: Float64Array, conductance_us: Float64Array) -> None:
        """New readings (N,) of the sensor, times rising."""
        known = np.isfinite(conductance_us)
        if known.any():
            self._largest_us = max(self._largest_us, float(conductance_us[known].max()))
        self._readings = np.concatenate([self._readings, np.array([time_s, conductance_us])[:, known]], axis=1)
        if self._readings.size and self._readings[0, -1] - self._readings[0, 0] > 2.0 * HISTORY_S:
            self._readings = self._readings[:, self._readings[0] > self._readings[0, -1] - HISTORY_S]

    def refer(self, time_s: float, force_n: float) -> None:
        """A force from a scale that is read live, N."""
        recent = self._reference[:, self._reference[0] > time_s - HISTORY_S]
        self._reference = np.concatenate([recent, [[time_s], [force_n]]], axis=1)

    @property
    def moment(self) -> Moment:
        """What to show."""
        newest = float(self._readings[1, -1]) if self._readings.size else math.nan
        progress, hint = self._missing()
        return Moment(
            self.step, self.number, len(self.steps), newest, self._live_reference(), self._steady(), progress, hint
        )

    def accept(self, force_n: float | None = None) -> None:
        """The step is done; ``force_n`` is what the reference says, where it is not read live.

        Raises :class:`GuidedError` when something is missing.
        """
        step = self.step
        if step is None:
            raise GuidedError("All steps are done.")
        if hint := self._missing()[1]:
            raise GuidedError(hint)
        if step.kind in LOADED:
            self._kept[step.kind].parts.append(self._window(step, force_n))
        elif step.kind is Kind.CONDITION:
            self._pressed_us = [float(press.max()) for press in self._presses()]
        self._taken.append(step.kind)
        self._begin(self.number + 1)

    def again(self) -> None:
        """Do this step anew, or, when nothing of it has been measured yet, the one before."""
        if self._readings.size or not self._taken:
            self._begin(self.number)
            return
        if (kind := self._taken.pop()) in LOADED:
            self._kept[kind].parts.pop()
        self._begin(self.number - 1)

    def restart(self) -> None:
        """Forget what was measured of this step."""
        self._begin(self.number)

    def back(self) -> None:
        """Take the last accepted step back and do it anew. Raises :class:`GuidedError` when there is none."""
        if not self._taken:
            raise GuidedError("This is the first step.")
        self._begin(self.number)
        self.again()

    def finish(self, on: datetime.date | None = None) -> Result:
        """Fit the curve, undo the creep, judge it by the two loads. Raises :class:`NmtError` where that fails."""
        if self.step is not None:
            raise GuidedError(f"{len(self.steps) - self.number} steps are still to be done.")
        loads = self._kept[Kind.LOAD].data("guided calibration")
        found = calibrate([loads], self._about, self._circuit, on, lag_s=0.0)
        hold = [self._kept[Kind.HOLD].data("hold")]
        pairs = paired(hold, None, unloaded=True)
        creep = creep_of(pairs, np.asarray(found.profile.to_force()(pairs.conductance_us)))
        profile = msgspec.structs.replace(
            found.profile, creep=creep.terms, conditioning=self._conditioned(found.profile)
        )
        unseen = self._kept[Kind.VERIFY].data("verification")
        outcome = check_against(profile, unseen, on=on, operator=self._about.operator, fitted=loads)
        new = msgspec.structs.replace(outcome.profile, version=1, parent=None)
        return Result(new, outcome, f"{words_of(new)} Judged by two loads it had not seen: {outcome.words}")

    def _conditioned(self, profile: Profile) -> str:
        """What was seen of the conditioning, in words. Only the fitted curve tells how hard a press was."""
        force = profile.to_force()(np.array(self._pressed_us)) if self._pressed_us else np.empty(0)
        seen = force[force >= SEEN * self._top_n]
        if not len(seen):
            return "not seen"
        return f"{len(seen)} press{'' if len(seen) == 1 else 'es'} seen, of up to {seen.max():.3g} N"

    def _begin(self, number: int) -> None:
        self.number = number
        self._readings, self._reference = np.empty((2, 0)), np.empty((2, 0))

    def _missing(self) -> tuple[float, str]:
        """How far the step is, and what it still needs."""
        step = self.step
        if step is None:
            return 1.0, ""
        if not self._readings.size:
            return 0.0, "No reading has come since this step began."
        if step.kind is Kind.CONDITION:
            done = len(self._presses())
            return min(done / CONDITIONING_PRESSES, 1.0), _presses_left(CONDITIONING_PRESSES - done)
        return self._missing_of_load(step)

    def _missing_of_load(self, step: Step) -> tuple[float, str]:
        stood = self._readings[0, -1] - self._steady_since(step)
        progress = min(max(stood / step.seconds, 0.0), 1.0)
        level = float(self._readings[1, -1])
        if step.kind is Kind.ZERO:
            if level > ZERO_PART * self._largest_us:
                return 0.0, "Something presses on the sensor: loosen it, and lay the hand open."
        elif level <= ZERO_PART * self._largest_us:
            return 0.0, "Nothing presses on the sensor yet."
        elif self._still_on():
            return 0.0, "The last load is still on: change it."
        if progress < 1.0:
            return progress, f"Keep it still for {step.seconds - max(stood, 0.0):.0f} s more."
        return 1.0, ""

    def _still_on(self) -> bool:
        """True when nothing has changed since the load before was accepted, as when a key was hit twice."""
        if not self._taken or self._taken[-1] not in LOADED:
            return False
        before = float(np.median(self._kept[self._taken[-1]].parts[-1][1]))
        return bool(np.all(np.abs(self._readings[1] - before) <= STILL_ON * before))

    def _steady_since(self, step: Step) -> float:
        """Since when the reading has not left the neighbourhood of where it is; a hold may creep."""
        time_s, reading = self._readings
        near = STEADY if step.kind is not Kind.HOLD else 3.0 * STEADY
        middle = float(np.median(reading[time_s > time_s[-1] - STEADY_S]))
        away = np.flatnonzero(np.abs(reading - middle) > near * max(middle, ZERO_PART * self._largest_us))
        return float(time_s[away[-1]]) if len(away) else float(time_s[0])

    def _steady(self) -> bool:
        step = self.step
        return bool(self._readings.size and step and self._readings[0, -1] - self._steady_since(step) >= STEADY_S)

    def _presses(self) -> list[Float64Array]:
        """Readings of each press since the step began: from below a fifth to above a half of the largest reading."""
        reading = self._readings[1]
        told = self._readings[:, (reading > 0.5 * self._largest_us) | (reading < 0.2 * self._largest_us)]
        pressed = told[1] > 0.5 * self._largest_us
        parts = np.split(told, np.flatnonzero(np.diff(pressed.astype(int))) + 1, axis=1)
        long = [part for part in parts if part.shape[1] and part[0, -1] - part[0, 0] >= PRESS_S]
        return [part[1] for part in long if part[1, 0] > 0.5 * self._largest_us]

    def _live_reference(self) -> float | None:
        if not self._reference.size or not self._readings.size:
            return None
        fresh = self._reference[0, -1] >= self._readings[0, -1] - FRESH_S
        return float(self._reference[1, -1]) if fresh else None

    def _window(self, step: Step, force_n: float | None) -> Float64Array:
        """The step's last seconds, or all of a hold, thinned: (3, N) time, conductance, force."""
        newest = float(self._readings[0, -1])
        since = self._steady_since(step) if step.kind is Kind.HOLD else newest - step.seconds
        time_s, reading = self._readings[:, self._readings[0] >= since]
        if force_n is None and self._live_reference() is None:
            raise GuidedError("There is no force to compare with: type what the scale shows.")
        number = np.floor((time_s - time_s[0]) * RATE_HZ).astype(int)
        count = np.bincount(number)
        full = count > 0
        at, conductance = (np.bincount(number, values)[full] / count[full] for values in (time_s, reading))
        force = np.full(len(at), force_n) if force_n is not None else np.interp(at, *self._reference)
        window = np.array([at, conductance, force])
        if step.kind is not Kind.HOLD:
            return window
        before = [[at[0] - 1.0 / RATE_HZ], [0.0], [0.0]]  # creep begins where there was no load
        return np.concatenate([before, window], axis=1)


def _presses_left(left: int) -> str:
    if left <= 0:
        return ""
    return "One more press." if left == 1 else f"{left} more presses."
