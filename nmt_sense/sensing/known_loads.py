"""The check of the day: half a minute with two known loads, step by step, without a screen."""

from __future__ import annotations

import datetime

from nmt_sense.sensing.calibration import About, check_against
from nmt_sense.sensing.checking import Outcome, conductance_at
from nmt_sense.sensing.guided import Guided, GuidedError, Kind, Step, about
from nmt_sense.sensing.profile import Profile

PARTS = (0.3, 0.8)
"""Of the range that the profile holds for: far enough apart to tell a gain from an offset."""


def check_plan(top_n: float) -> tuple[Step, ...]:
    """The steps of a check of a profile that goes up to ``top_n`` N."""
    zero = Step(Kind.ZERO, "Nothing on it", "Leave the sensor unloaded.", "What presses at rest would count as a load.")
    first, second = (part * top_n for part in PARTS)
    return (
        zero,
        Step(
            Kind.VERIFY,
            "A small known load",
            f"Put a known load of {about(first)} on.",
            "It need not be exact: what counts is what the scale says, or what is written on the weight.",
            first,
        ),
        Step(
            Kind.VERIFY,
            "A large known load",
            f"Put a known load of {about(second)} on.",
            "A check says little of loads far above it.",
            second,
        ),
    )


class KnownLoads(Guided):
    """A profile against two known loads; what comes back is its next version."""

    def __init__(self, profile: Profile, operator: str | None = None) -> None:
        """Raises :class:`GuidedError` for a profile that is no calibration."""
        if profile.nominal:
            raise GuidedError("This sensor has the nominal profile only: there is nothing to check, calibrate it.")
        top_n = profile.range_n[1]
        super().__init__(About(profile.sensor or "", operator), min(max(top_n, 2.0), 2000.0), profile.circuit)
        self.profile = profile
        self.steps = check_plan(top_n)
        self._largest_us = conductance_at(profile.to_force(), top_n)

    def verdict(self, parent: str | None, on: datetime.date | None = None) -> Outcome:
        """What came of it; ``parent`` is the fingerprint of the profile's file. Raises :class:`NmtError`."""
        if self.step is not None:
            raise GuidedError(f"{len(self.steps) - self.number} steps are still to be done.")
        return check_against(self.profile, self.taken(Kind.VERIFY), parent, self._about.operator, on=on)
