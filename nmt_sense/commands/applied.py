"""What ``calibrate apply`` says: how many forces, what the profile is worth, and why their band is as wide as it is."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmt_sense.commands.console import print_json, say, warn
from nmt_sense.sensing.calibration import Forces, verdict, worth_words
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.sensing.profile import Profile
from nmt_sense.sensing.why_wide import why_wide

WORTH = {
    "nominal": "The profile is nominal, not a calibration: forces are orders of magnitude.",
    "expired": "The profile has expired: calibrate again, or check it; the forces are as good as their band.",
    "stale": "The profile was not checked since the sensor was calibrated; such sensors drift by tens of per cent. "
    "Check it against two known loads: nmt-sense calibrate check.",
}
STILL_OFF = "The last check found the profile wrong, and could not mend it: calibrate again."


LOADED = 0.1
"""Forces above this part of the largest that has a band: how wide the band is without a load tells little."""


def report(
    profile: Profile, forces: Forces, skipped: int, temperature_c: float | None, out: Path, as_json: bool
) -> None:
    """Say what was made of a file; what is to be known of it goes to stderr, or into the JSON.

    ``skipped``: rows of the file of which nothing was made.
    """
    facts = _facts(profile, forces, out) | {"no_numbers": skipped}
    known = np.isfinite(forces.upper_n)
    notes = [
        *unread_words(facts, "their force is left blank"),
        *_band(profile, forces, known, temperature_c),
        *_beyond(profile, facts["beyond_range"]),
    ]
    if facts["verdict"] != "ok":
        warn(STILL_OFF if profile.still_off else WORTH[facts["verdict"]])
    if as_json:
        print_json(facts | {"notes": notes})
        return
    for note in notes:
        warn(note)
    half = facts["median_half_width_n"]
    width = "no band: all beyond the range" if half is None else f"± {half:.3g} N (median under load)"
    worth = worth_words(profile, _latest(profile))
    say(f"{worth}: {facts['rows'] - facts['no_reading']} forces up to {facts['largest_n']:.3g} N, {width}: {out}")
    if facts["pressure_of_largest"] is not None:
        say(f"The largest is {facts['pressure_of_largest'].words}.")


def unread_words(unread: dict[str, int], become: str = "they are not used") -> list[str]:
    """How many rows have no usable reading and what became of them, and how many are no rows at all; each where any."""
    no_reading, no_numbers = unread["no_reading"], unread["no_numbers"]
    told = {
        f"with an unusable reading (below zero, or no finite number): {no_reading}; {become}": no_reading,
        f"without a time, or with something else than numbers: {no_numbers}; they are left out": no_numbers,
    }
    return [f"Rows {words}." for words, count in told.items() if count]


def _facts(profile: Profile, forces: Forces, out: Path) -> dict[str, Any]:
    half, largest = (forces.upper_n - forces.lower_n) / 2.0, float(np.nanmax(forces.force_n))
    banded = np.isfinite(half)
    known = half[banded & (forces.force_n >= LOADED * np.max(forces.force_n, where=banded, initial=0.0))]
    return {
        "out": str(out),
        "rows": len(forces.time_s),
        "no_reading": int(np.isnan(forces.force_n).sum()),
        "verdict": verdict(profile, _latest(profile)),
        "version": profile.version,
        "largest_n": largest,
        "median_half_width_n": float(np.median(known)) if len(known) else None,
        "beyond_range": int(np.isinf(forces.upper_n).sum()),
        "pressure_of_largest": nominal_pressure(largest, profile.contact_area),
    }


def _latest(profile: Profile) -> datetime.date:
    """The day of a file's readings is not known: they are taken to belong to the last check."""
    return profile.checked_on or profile.date


def _band(profile: Profile, forces: Forces, known: NDArray[np.bool_], temperature_c: float | None) -> list[str]:
    """The band at the largest force that has one on both sides, and why it is so wide."""
    if not known.any():
        return []
    at = int(np.argmax(np.where(known, forces.force_n, -np.inf)))
    force, low, high = (float(values[at]) for values in (forces.force_n, forces.lower_n, forces.upper_n))
    why = why_wide(profile, force, temperature_c=temperature_c)
    return [f"At {force:.3g} N the band reaches from {low:.3g} to {high:.3g} N, mostly because {why}."]


def _beyond(profile: Profile, rows: int) -> list[str]:
    """What is known of forces above the range."""
    if not rows:
        return []
    lie = "1 force lies" if rows == 1 else f"{rows} forces lie"
    return [
        f"{lie} above the {profile.range_n[1]:.3g} N to which the profile was calibrated, or where the reading is at "
        "its end: such a force is at least lower_n, and nothing is known above (upper_n is inf)."
    ]
