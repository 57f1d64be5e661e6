"""Force-sensing resistors that do not exist: force -> conductance -> ADC counts.

Each has a power law with its own spread, hysteresis (a play operator), creep (three exponentials that together look
like a few percent per decade of time, docs: Interlink "drift < 5 % per log10(time)"), and a noisy ADC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array, Uint16Array
from nmt_sense.device import GloveInfo

GAIN_US, EXPONENT = 16.0, 0.9
"""Nominal conductance law, µS = GAIN_US * N**EXPONENT: the same as the nominal profile and the firmware's simulator."""
PAGE = 256
"""Scans are made in pages of this many, so that noise and state do not depend on how they are asked for."""
_PAGES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Physics:
    """How far the sensors are from nominal."""

    gain_spread: float = 0.06
    """Relative standard deviation of the gain from part to part (Interlink: ±6 % within a lot)."""
    hysteresis: float = 0.3
    play_n: float = 2.0
    """Hysteresis: this share of the force goes through a play of this many newtons."""
    creep: float = 0.02
    """Relative growth of the conductance per decade of time under load."""
    noise_lsb: float = 0.7
    """Standard deviation of the noise of one conversion, in ADC steps."""


IDEAL = Physics(gain_spread=0.0, hysteresis=0.0, creep=0.0, noise_lsb=0.0)
_CREEP_S = (1.0, 10.0, 100.0)


class SensorBank:
    """All sensors of one glove. Scan number in, counts and true force out; the same seed gives the same numbers.

    ``true_newtons`` maps times (N,) in seconds to forces (N, C).
    """

    def __init__(
        self, info: GloveInfo, true_newtons: Callable[[Float64Array], Float64Array], physics: Physics, seed: int
    ) -> None:
        self._info, self._true, self._physics, self._seed = info, true_newtons, physics, seed
        spread = np.random.default_rng([seed, 3]).standard_normal(info.channels)
        self._gain = GAIN_US * (1 + physics.gain_spread * np.clip(spread, -2.5, 2.5))
        self._divider_us = 1e6 / np.array([sensor.divider_ohm for sensor in info.sensors])
        self._play = np.zeros(info.channels)
        self._creep = [np.zeros((1, info.channels)) for _ in _CREEP_S]
        self._pages: dict[int, tuple[Uint16Array, Float64Array]] = {}
        self._made = 0

    def scans(self, first: int, n: int) -> tuple[Uint16Array, Float64Array]:
        """Counts (n, C) and true force (n, C), N, of scans ``first`` .. ``first + n - 1``.

        Scans must not be older than the last few thousand: raises LookupError.
        """
        pages = [self._page(number) for number in range(first // PAGE, (first + n - 1) // PAGE + 1)]
        start = first % PAGE
        counts = np.concatenate([page[0] for page in pages])[start : start + n]
        truth = np.concatenate([page[1] for page in pages])[start : start + n]
        return counts, truth

    def _page(self, number: int) -> tuple[Uint16Array, Float64Array]:
        while self._made <= number:
            self._pages[self._made] = self._make(self._made)
            self._pages.pop(self._made - _PAGES_KEPT, None)
            self._made += 1
        if number not in self._pages:
            raise LookupError(f"scans before page {self._made - _PAGES_KEPT} are forgotten")
        return self._pages[number]

    def _make(self, number: int) -> tuple[Uint16Array, Float64Array]:
        truth = self._true(np.arange(number * PAGE, (number + 1) * PAGE, dtype=np.float64) * self._info.period_s)
        felt = self._crept(self._played(truth))
        conductance = self._gain * np.maximum(felt, 0.0) ** EXPONENT
        ratio = conductance / (conductance + self._divider_us)
        return self._convert(ratio, number), truth

    def _played(self, force: Float64Array) -> Float64Array:
        share, width, play = self._physics.hysteresis, self._physics.play_n, self._play
        lagging = np.empty_like(force)
        for i, now in enumerate(force):
            # the play can not push below zero force: with no load there is no contact
            play = np.clip(play, np.maximum(now - width, 0.0), now + width)
            lagging[i] = np.minimum(play, 1.5 * now)
        self._play = play
        return force + share * (lagging - force)

    def _crept(self, force: Float64Array) -> Float64Array:
        from scipy.signal import lfilter  # half a second to import: not before it is needed

        crept = force.copy()
        for i, seconds in enumerate(_CREEP_S):
            keep = np.exp(-self._info.period_s / seconds)
            slow, self._creep[i] = lfilter([1 - keep], [1, -keep], force, axis=0, zi=self._creep[i])
            crept += self._physics.creep * slow
        return crept

    def _convert(self, ratio: Float64Array, page: int) -> Uint16Array:
        """Counts as the firmware makes them: conversions, each cut off to a whole step, summed, shifted."""
        info = self._info
        steps = 1 << info.adc_bits
        rng = np.random.default_rng([self._seed, 4, page])
        noise = self._physics.noise_lsb * rng.standard_normal((info.samples_per_value, *ratio.shape))
        conversions = np.clip(ratio * steps + noise, 0, steps - 1).astype(np.int64)
        counts: Uint16Array = (conversions.sum(axis=0) >> info.shift).astype(np.uint16)
        return counts
