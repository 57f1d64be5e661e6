"""How far a calibration drifts when nobody checks it: the rules by which a band widens.

All are standard deviations of the natural logarithm of the gain, added as squares: a sensor that drifts does so in
proportion. ``python -m benchmarks.calibration FOLDER`` works out the numbers again; ``docs/calibration.md`` has them.
"""

from __future__ import annotations

import datetime
import math

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing.profile import Profile

TWO_SIDED_95 = 1.96
"""Standard deviations on each side that hold 95 % of a normal distribution."""
COMMON = 0.15
"""Of what another day, or taking the glove off and on, does to the gain: the part that is the same at all forces ..."""
WANDER = 0.7
"""... and the part that changes with force ..."""
WANDER_OVER = 1.4
"""... over so many natural logarithms of it: a quarter of the load tells 40 % of what happened at the load.
Chosen on all pairs of sittings of six glove sensors: of the values that leave least error within a round of
measurements (they hardly differ) those that seldom make anything worse, and a size by which the band holds 95 % of what
follows a check. Sittings differed by 0.5 within a round (root mean square) and by 0.8 between two; one bench sensor by
0.3 to 0.9 over three days."""
USUAL = 0.2
"""A sensor repeats like this within a sitting: half-width at half its range, as a part of the force. One that repeats
worse wanders more between sittings, in proportion to ..."""
WITH_REPEATS = 0.25
"""... this power of how it repeats: of 0, 1/4 and 1/2 the one with which most bands held what they promise and few were
wide for nothing (``python -m benchmarks.calibration`` prints how they do)."""
BEST, WORST = 0.02, 1.0
"""Between these a sensor is taken to repeat: 2 % is what makers state of one part, and a band of twice the force says
no more than one of once."""
REMOUNTED = math.hypot(COMMON, WANDER)
"""Both together: what is at least not known of the gain of a sensor that nobody has checked today."""
PER_DECADE_OF_PRESSES = 0.05
"""Per tenfold number of presses since the check: 1 to 44 % of conductance in thirty presses, 4 to 6 % at the median."""
TREND = 0.11
"""Per tenfold number of presses, what one sensor and another may differ in while a check lasts: root mean square over
eight runs of thirty presses on one sensor that had rested for days (0 to 0.25)."""
PRESSES_AHEAD = 15
"""Of a sensor that runs in, a check corrects for where it will be so many presses later: half of
a sitting of thirty."""
PER_DEGREE = 0.004
"""Per kelvin between calibration and use: the 0.36 %/K that a maker states (FlexiForce; recalled, not measured)."""
UNKNOWN_DEGREES = 5.0
"""Kelvin assumed when one of the two temperatures is not known: rooms that people work in."""


def gain_deviation(
    profile: Profile,
    force_n: Float64Array,
    on: datetime.date | None,
    temperature_c: float | None = None,
) -> Float64Array:
    """(K,) standard deviation of the logarithm of the gain at forces (K,) N, used ``on`` a day (None: the check's).

    Presses since the check come on top, see :func:`after_presses`.
    """
    if profile.format_version == 1:
        return np.zeros_like(force_n)  # what a person wrote into [uncertainty] is all there is
    known, unknown = since_check(profile, force_n), remounted(profile, on)
    same_sitting = bool(profile.drift) and (on is None or on == profile.checked_on)
    # Checked that day, but left off: as unsure as unchecked. Another day comes on top of what the check left open.
    gain = np.maximum(known, unknown) if same_sitting else np.hypot(known, unknown)
    return np.asarray(np.hypot(gain, thermal(profile, temperature_c)))


def remounted(profile: Profile, on: datetime.date | None) -> float:
    """The part of another day, used ``on`` a day: nothing on that of a check that left it right."""
    return 0.0 if checked(profile, on) else max(REMOUNTED, math.hypot(COMMON, wander(profile)))


def wander(profile: Profile) -> float:
    """``WANDER`` of this very sensor, by how it repeats within a sitting."""
    terms = profile.uncertainty
    repeats = terms.relative + terms.floor_n / (0.5 * profile.range_n[1])
    return WANDER * math.pow(min(max(repeats, BEST), WORST) / USUAL, WITH_REPEATS)


def since_check(profile: Profile, force_n: Float64Array) -> Float64Array:
    """(K,) the part that the last check left at forces (K,) N."""
    if not profile.drift:
        return np.zeros_like(force_n)
    at, known = [drift.force_n for drift in profile.drift], [drift.deviation for drift in profile.drift]
    return np.asarray(np.interp(force_n, at, known))


def thermal(profile: Profile, temperature_c: float | None) -> float:
    """The part of a temperature, °C, that is another than at the calibration, or not known."""
    if profile.temperature_c is None or temperature_c is None:
        return PER_DEGREE * UNKNOWN_DEGREES
    return PER_DEGREE * abs(temperature_c - profile.temperature_c)


def after_presses(presses: int) -> float:
    """What so many presses since the check add, as a standard deviation of the logarithm of the gain."""
    return PER_DECADE_OF_PRESSES * math.log10(1 + presses)


def checked(profile: Profile, on: datetime.date | None) -> bool:
    """True when a check of that very day (None: ever) left it right, or nobody could ask that of it (version 1)."""
    known = bool(profile.drift) and (on is None or on == profile.checked_on)
    return profile.format_version == 1 or (known and not profile.still_off)


def shared_drift(profile: Profile, on: datetime.date | None) -> bool:
    """True when the drift of several such sensors must be taken as one.

    Between two rounds of measurements all six sensors of a glove had drifted the same way (by factors of 1.4 to 4.9);
    after a check what is left is the error of each sensor's own check.
    """
    return not checked(profile, on)
