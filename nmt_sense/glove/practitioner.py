"""A practitioner who does not exist: true force on each sensor, a pure function of time and seed.

Presses are trapezoids with smooth corners: load, hold with tremor, wander and sag, release, rest. Physiological tremor
of a loaded hand lies at 8-12 Hz (assumed amplitude 1 % of the force); slower wander and a sag of a few percent a minute
are assumed as well. What is assumed is only as true as a demonstration needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array

SENSORS = ("thumb", "index", "middle", "ring", "little", "palm_thumb", "palm_upper", "palm_side")
"""Sensors of the default glove, in channel order."""
SHARES = (0.87, 0.0, 0.0, 0.0, 0.0, 0.13, 0.0, 0.0)
"""How the contact force of a thumb press divides over them: the thumb, and the ball of the thumb."""


@dataclass(frozen=True, slots=True)
class Practice:
    """What the practitioner sets out to do, over and over."""

    force_n: float = 32.0
    """Contact force aimed at, N."""
    first_s: float = 1.5
    """Rest before the first press."""
    load_s: float = 1.6
    hold_s: float = 6.0
    release_s: float = 0.6
    rest_s: float = 1.8
    spread: float = 0.04
    """Relative spread (standard deviation) of force and durations from press to press."""
    tremor: float = 0.01
    """Amplitude of the 8-12 Hz tremor, relative to the force."""
    wander: float = 0.015
    """Amplitude of the wander below 1 Hz, relative."""
    sag_per_s: float = 0.004
    """Relative fall of the force over a hold, per second."""
    lapse_every: int = 3
    """Every so many presses the hold slips for a second to 60 %, as a tired thumb does; 0 never."""


@dataclass(frozen=True, slots=True)
class Press:
    """One press as it will be done. Times in seconds since the start."""

    load_from: float
    hold_from: float
    hold_to: float
    release_to: float
    force_n: float
    lapse_at: float | None


class Practitioner:
    """True contact force over time; the same seed gives the same forces, asked for in any order or cutting."""

    def __init__(self, practice: Practice, seed: int) -> None:
        self._practice = practice
        self._rng = np.random.default_rng([seed, 1])
        self._presses: list[Press] = []
        self._planned_to = practice.first_s
        phases = np.random.default_rng([seed, 2])
        self._tremor = phases.uniform(8.0, 12.0, 4), phases.uniform(0, 2 * np.pi, 4)
        self._wander = phases.uniform(0.1, 0.9, 5), phases.uniform(0, 2 * np.pi, 5)

    def contact_newtons(self, time_s: Float64Array) -> Float64Array:
        """True contact force, N, (N,) for times (N,) in seconds since the start."""
        force = np.zeros_like(time_s)
        for press in self.presses(float(time_s[0]), float(time_s[-1])):
            force += _shape(press, time_s)
        practice = self._practice
        sway = practice.tremor * _sines(self._tremor, time_s) + practice.wander * _sines(self._wander, time_s)
        sagged = self._sag(time_s)
        return force * (1 + sway) * sagged

    def sensor_newtons(self, time_s: Float64Array) -> Float64Array:
        """True force per sensor, N, (N, C)."""
        newtons: Float64Array = self.contact_newtons(time_s)[:, None] * np.asarray(SHARES)
        return newtons

    def presses(self, from_s: float, to_s: float) -> list[Press]:
        """The presses that touch this stretch of time."""
        while self._planned_to <= to_s:
            self._plan_one()
        return [press for press in self._presses if press.release_to >= from_s and press.load_from <= to_s]

    def _plan_one(self) -> None:
        practice = self._practice

        def vary() -> float:
            return float(np.clip(1 + practice.spread * self._rng.standard_normal(), 0.7, 1.3))

        load_from = self._planned_to
        hold_from = load_from + practice.load_s * vary()
        hold_to = hold_from + practice.hold_s * vary()
        slips = practice.lapse_every and (len(self._presses) + 1) % practice.lapse_every == 0
        lapse_at = hold_from + (0.3 + 0.2 * self._rng.random()) * (hold_to - hold_from) if slips else None
        release_to = hold_to + practice.release_s * vary()
        force = practice.force_n * vary()
        self._presses.append(Press(load_from, hold_from, hold_to, release_to, force, lapse_at))
        self._planned_to = release_to + practice.rest_s * vary()

    def _sag(self, time_s: Float64Array) -> Float64Array:
        held = np.zeros_like(time_s)
        for press in self.presses(float(time_s[0]), float(time_s[-1])):
            inside = (time_s >= press.hold_from) & (time_s <= press.release_to)
            held[inside] = time_s[inside] - press.hold_from
        return 1 - np.minimum(self._practice.sag_per_s * held, 0.3)


def _shape(press: Press, time_s: Float64Array) -> Float64Array:
    up = smooth((time_s - press.load_from) / (press.hold_from - press.load_from))
    down = 1 - smooth((time_s - press.hold_to) / (press.release_to - press.hold_to))
    force = press.force_n * up * down
    if press.lapse_at is not None:
        into, out = (smooth((time_s - press.lapse_at - wait) / 0.25) for wait in (0.0, 1.0))
        force *= 1 - 0.4 * (into - out)
    return force


def smooth(x: Float64Array) -> Float64Array:
    """0 to 1 with a continuous slope (cubic smoothstep)."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def _sines(parts: tuple[Float64Array, Float64Array], time_s: Float64Array) -> Float64Array:
    hertz, phase = parts
    total: Float64Array = np.sin(2 * np.pi * time_s[:, None] * hertz + phase).sum(axis=1) / np.sqrt(len(hertz))
    return total
