"""Which change of a pressure pain threshold from one sitting to another is real, and of which nobody can say.

A change is real when the lower edge of its calibration band is above the smallest real change. An error of the
calibration that both sittings share is one of scale: a difference is wrong in the same proportion as the forces are.
Where it may be another in each (another day, another calibration), both bands count, added as squares.
"""

from __future__ import annotations

import math

import msgspec

from nmt_sense.coaching.protocol import unlike
from nmt_sense.coaching.thresholds import Threshold, larger
from nmt_sense.errors import NmtError

NO_VERDICT = "no verdict"
SAME_AREA = 1e-6


class Circumstances(msgspec.Struct, frozen=True):
    """What two sittings must have in common to be compared."""

    day: str
    """``YYYY-MM-DD``, where the recording was made."""
    calibration: str
    """Digest of glove and calibration: the same where an error of the sensor may be."""
    calibrated: bool
    """Every sensor of the contact had a calibration of its own."""
    operator: str
    """Code of who pressed; empty: not known."""
    area_cm2: float | None = None
    """Declared for the contact."""


class Change(msgspec.Struct, frozen=True):
    """What became of a threshold between two sittings. Forces in N."""

    newtons: float
    uncertainty_n: float
    """Half-width of the 95 % band that the calibration gives."""
    least_n: float
    """Smallest change that would be real, that band included; infinite where none would be; NaN: not known."""
    word: str
    """``higher``, ``lower``, ``no real change``, or ``no verdict``."""
    why: str
    """What the word rests on."""


def change(before: Threshold, after: Threshold, then: Circumstances, now: Circumstances) -> Change:
    """The change from one sitting (``before``, under ``then``) to the next; one below the smallest real one is none.

    Raises :class:`NmtError` when the two were applied by different people.
    """
    if before.applied_by != after.applied_by:
        raise NmtError(
            "A threshold applied by oneself is about 40 % higher than one applied by another (Lalouni 2021, "
            "doi 10.1097/j.pain.0000000000002151); the two cannot be compared."
        )
    newtons = after.mean_n - before.mean_n
    least, whose = _least(before, after, then, now)
    uncertainty, edge, shared = _calibration(before, after, then, now, least)
    if problems := _problems(before, after, then, now):
        edge = math.nan if before.short or after.short else edge
        return Change(newtons, uncertainty, edge, NO_VERDICT, "; ".join(problems))
    why = f"{whose}, and {shared}"
    if math.isnan(edge) or abs(newtons) <= edge:
        return Change(newtons, uncertainty, edge, "no real change", why)
    return Change(newtons, uncertainty, edge, "higher" if newtons > 0 else "lower", why)


def _problems(before: Threshold, after: Threshold, then: Circumstances, now: Circumstances) -> list[str]:
    """Why nothing can be said; empty mostly."""
    found = []
    if other := unlike(before.protocol, after.protocol):
        found.append(f"the protocols differ: {other}")
    if before.short or after.short:
        measured = " and ".join(f"{one.trials} of {one.protocol.counting}" for one in (before, after))
        found.append(f"of the trials that are asked for {measured} were measured")
    if not (then.calibrated and now.calibrated):
        found.append("sensors were not calibrated")
    if math.isinf(before.uncertainty_n) or math.isinf(after.uncertainty_n):
        found.append("a force went above the calibrated range, where its band has no upper end")
    if before.rate_out or after.rate_out:
        out = f"{before.rate_out} of {before.trials} and {after.rate_out} of {after.trials}"
        found.append(f"the loading rate was out of limits in {out} trials")
    if before.rest_short or after.rest_short:
        early = f"{before.rest_short} of {before.trials} and {after.rest_short} of {after.trials}"
        found.append(f"the rest was too short before {early} trials")
    if not _same_area(then.area_cm2, now.area_cm2):
        found.append(f"the area that pressed was {_area(then.area_cm2)} and {_area(now.area_cm2)}")
    if not _same_person(then, now) and math.isnan(larger(before.other_rater_n, after.other_rater_n)):
        found.append("not known to be by one person, and the technique names no change that is real between two")
    return found


def _least(before: Threshold, after: Threshold, then: Circumstances, now: Circumstances) -> tuple[float, str]:
    """Smallest real change but for the calibration, and whose it is."""
    if _same_person(then, now):
        least, whose = larger(before.least_change_n, after.least_change_n), "one person"
    else:
        least = larger(before.other_rater_n, after.other_rater_n)
        whose = "two people" if then.operator and now.operator else "who pressed is not known, so as between two people"
    return least, f"{'nothing known' if math.isnan(least) else f'{least:.1f} N'} ({whose})"


def _calibration(
    before: Threshold, after: Threshold, then: Circumstances, now: Circumstances, least: float
) -> tuple[float, float, str]:
    """Half-width of the change's band, the change whose lower edge is at ``least``, and what the band is."""
    if then.calibration == now.calibration and then.day == now.day:
        share = larger(before.uncertainty_n / before.mean_n, after.uncertainty_n / after.mean_n)
        width = share * abs(after.mean_n - before.mean_n)
        edge = least / (1 - share) if share < 1 else math.inf
        return width, edge, f"{100 * share:.0f} % for the scale of one calibration"
    width = math.hypot(before.uncertainty_n, after.uncertainty_n)
    another = "calibration" if then.day == now.day else "day"
    return width, least + width, f"{width:.1f} N for the calibration, which is another on another {another}"


def _same_person(then: Circumstances, now: Circumstances) -> bool:
    return bool(then.operator) and then.operator == now.operator


def _same_area(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=SAME_AREA)


def _area(cm2: float | None) -> str:
    return "not declared" if cm2 is None else f"{cm2:g} cm²"
