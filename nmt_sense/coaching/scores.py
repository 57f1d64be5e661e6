"""A score that can be argued with: 100 minus itemised deductions. ``docs/scores.md`` tells it in words."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

from nmt_sense.coaching.phases import Strict, check_sources, numbers
from nmt_sense.holds import Hold, HoldEnd

Share = Annotated[float, msgspec.Meta(ge=0, le=100)]
BY_PRACTITIONER = frozenset({HoldEnd.RELEASED, HoldEnd.COMPLETED, HoldEnd.OPERATOR})
"""Ends before the wanted time that are the practitioner's own."""


class Scoring(Strict, frozen=True, kw_only=True):
    """How much each fault may cost, in points, and from where to where it counts. All of it is assumed."""

    time_points: Share = 30.0
    """Lost in full when no time was spent in the band, in proportion before; only where the practitioner ended it."""
    rmse_points: Share = 20.0
    rmse_free: Share = 0.5
    """Root mean square error, in half-widths of the band, that costs nothing (a steady force inside is below 1) ..."""
    rmse_worst: Share = 2.0
    """... and that costs all."""
    sag_points: Share = 15.0
    sag_free: Share = 0.25
    """Change of force inside the band, in widths of the band."""
    sag_worst: Share = 1.0
    ramp_points: Share = 10.0
    """Lost in proportion to the part of the loading that was out of its limits."""
    overshoot_points: Share = 15.0
    overshoot_worst: Share = 1.0
    """Peak above the band, in widths of the band."""
    lapse_points: Share = 5.0
    """For each lapse ..."""
    lapses_most: Share = 10.0
    """... and for all of them at most."""
    sources: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.sources:
            check_sources(self.sources, set(numbers(self)), "scoring")
        for free, worst in ((self.rmse_free, self.rmse_worst), (self.sag_free, self.sag_worst)):
            if not free < worst:
                raise ValueError("what costs nothing must be less than what costs all")
        if not self.overshoot_worst > 0:
            raise ValueError("overshoot_worst must be more than nothing")

    @property
    def most(self) -> float:
        """What all faults together may cost; 0 for a technique that asks for no force."""
        return self.time_points + self.rmse_points + self.sag_points + self.ramp_points + self.overshoot_points


def scored(hold: Hold, scoring: Scoring) -> Hold:
    """The hold with its score and deductions.

    Unchanged where nothing costs points, where there was no band, where somebody else ended it before the band was
    reached, and where it was not over when the recording was. The wanted time is missed only when the practitioner
    ended it, letting go or going on to what comes next: neither the client's stop nor pain, nor whatever else was to
    end it, is a fault. Time outside the band until then is.
    """
    half = (hold.high_n - hold.low_n) / 2
    by_practitioner = hold.end in BY_PRACTITIONER
    if hold.end is HoldEnd.RECORDING_ENDED and hold.in_band_s < hold.wanted_s:
        return hold
    if not scoring.most > 0 or not half > 0 or (math.isnan(hold.band_s) and not by_practitioner):
        return hold
    had = _share(hold.in_band_s, hold.wanted_s) if by_practitioner else _known(hold.share_in_band, 1.0)
    off = {
        "off_time": scoring.time_points * (1 - had),
        "off_rmse": scoring.rmse_points * _part(hold.rmse_n / half, scoring.rmse_free, scoring.rmse_worst),
        "off_sag": scoring.sag_points * _part(abs(hold.sag_n) / half / 2, scoring.sag_free, scoring.sag_worst),
        "off_ramp": scoring.ramp_points * _known(hold.rate_out_share, 0.0),
        "off_overshoot": scoring.overshoot_points * _part(hold.overshoot_n / half / 2, 0.0, scoring.overshoot_worst),
        "off_lapses": min(scoring.lapses_most, scoring.lapse_points * hold.lapses),
    }
    return msgspec.structs.replace(hold, **off, score=max(0.0, 100.0 - sum(off.values())))


def _share(value: float, wanted: float) -> float:
    """Part of what was wanted, 1 at most, also where nothing was: of a level begun when the time was full."""
    return 1.0 if value >= wanted else value / wanted


def _part(value: float, free: float, worst: float) -> float:
    """0 up to ``free``, 1 from ``worst`` on, in proportion between; 1 where it is unknown: the band was never held."""
    return 1.0 if math.isnan(value) else min(1.0, max(0.0, (value - free) / (worst - free)))


def _known(value: float, otherwise: float) -> float:
    return otherwise if math.isnan(value) else value
