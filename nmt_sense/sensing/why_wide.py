"""Why the band of a force is as wide as it is, in one sentence, and what would narrow it.

The parts of the band (``uncertainty``, ``ageing``) add as squares, so the largest one makes nearly all of it, and only
what narrows that one narrows the band.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable

import numpy as np

from nmt_sense.sensing.ageing import TWO_SIDED_95, remounted, since_check, thermal
from nmt_sense.sensing.checking import LEVEL, MORE_VISITS
from nmt_sense.sensing.profile import Profile
from nmt_sense.sensing.uncertainty import half_width_of_day_n


def why_wide(
    profile: Profile, force_n: float, on: datetime.date | None = None, temperature_c: float | None = None
) -> str:
    """What makes most of the band at a force (N) within the range, and what would narrow it.

    A clause that goes on after "mostly because". Used ``on`` a day, None: that of the last check.
    """
    if profile.format_version == 1:
        return _stated(profile)
    at = np.array([force_n])
    own = float(half_width_of_day_n(profile, at, on)[0])
    gains: list[tuple[float, Callable[[], str]]] = [
        (float(since_check(profile, at)[0]), lambda: _checked(profile, force_n)),
        (remounted(profile, on), lambda: _another_day(profile, on)),
        (thermal(profile, temperature_c), lambda: _temperature(profile, temperature_c)),
    ]
    deviation, words = max(gains, key=lambda part: part[0])
    return words() if force_n * math.expm1(TWO_SIDED_95 * deviation) > own else _repeats(own)


def _stated(profile: Profile) -> str:
    terms = profile.uncertainty
    return (
        f"the profile says so itself (± {terms.floor_n:g} N and {100.0 * terms.relative:.0f} % of the force): "
        "a calibration of this very sensor would narrow it"
    )


def _checked(profile: Profile, force_n: float) -> str:
    factor = math.exp(TWO_SIDED_95 * float(since_check(profile, np.array([force_n]))[0]))
    tells = f"{_last_check(profile)} tells the gain there to a factor of {factor:.2g} only"
    been = _been_near(profile, force_n)
    if been >= MORE_VISITS:  # once more would tell hardly more
        return f"{tells}, from {been} visits to loads near {force_n:.3g} N" if profile.checks[-1].loads else tells
    return f"{tells}: a check that goes to loads near {force_n:.3g} N three times or more would narrow it"


def _been_near(profile: Profile, force_n: float) -> int:
    """How often the last check came to loads near a force; where it does not say, at most so often."""
    if not profile.checks:
        return 0
    last = profile.checks[-1]
    if not last.loads:
        return last.presses if force_n <= math.exp(LEVEL) * last.range_n[1] else 0
    near = [load.times for load in last.loads if math.exp(-LEVEL) <= load.force_n / force_n <= math.exp(LEVEL)]
    return max(near, default=0)


def _last_check(profile: Profile) -> str:
    if not profile.checks:  # written by hand
        return "what the profile says of its drift"
    return f"the last check (up to {profile.checks[-1].range_n[1]:.3g} N)"


def _another_day(profile: Profile, on: datetime.date | None) -> str:
    factor = math.exp(TWO_SIDED_95 * remounted(profile, on))
    if profile.still_off:
        return (
            f"the last check left the profile off by {100.0 * profile.checks[-1].left:.0f} %, so its gain counts as "
            f"known to a factor of {factor:.2g} only: a new calibration would narrow it"
        )
    return (
        "the sensor was not checked on the day of use, and from one day to another the gain of such sensors changes by "
        f"up to a factor of {factor:.2g}: a check against known loads would narrow it"
    )


def _temperature(profile: Profile, temperature_c: float | None) -> str:
    if profile.temperature_c is None or temperature_c is None:
        return "the temperature is not known, at the calibration or now: --temperature-c at both would narrow it"
    apart = abs(temperature_c - profile.temperature_c)
    return f"the sensor is {apart:.0f} K away from its calibration: one at the temperature of use would narrow it"


def _repeats(own_n: float) -> str:
    return (
        f"the sensor repeats no better than within ± {own_n:.2g} N during one sitting: only a steadier mounting and "
        "a calibration made with it would narrow it"
    )
