"""How sure the numbers of a row are: what an error of calibration does to each."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from nmt_sense.coaching.phases import FollowPhase
from nmt_sense.coaching.technique import Technique
from nmt_sense.holds import Hold, Kind

SHIFTED = ("mean_n", "ce_n", "ae_n", "rmse_n")
"""An error that is common to all samples of a hold moves these by at most as much as the mean."""
SCALED = ("ve_n", "sag_n", "slope_n_per_s")
"""Differences change in proportion: half-width over force, times the value."""
RATES = ("ramp_n_per_s", "ramp_10_90_n_per_s")
OWN = {
    "peak_n": "peak_uncertainty_n",
    "overshoot_n": "peak_uncertainty_n",
    "report_n": "report_uncertainty_n",
    "tolerance_n": "tolerance_uncertainty_n",
}
"""Single forces have the band of their own scan, which the row keeps."""


def relative(hold: Hold) -> float:
    """Half-width of the 95 % band as a part of the force; NaN where it is not known."""
    return hold.mean_uncertainty_n / hold.mean_n if hold.mean_n > 0 else math.nan


def above_range(hold: Hold) -> bool:
    """True where a sensor went above its calibrated range, or its converter to its end, in the row.

    Such a sample has no upper bound (``sensing.uncertainty``), and so neither has the sum over all of them.
    """
    return math.isinf(hold.impulse_uncertainty_ns)


def own_share(hold: Hold, name: str) -> float:
    """Half-width of the 95 % band of one of the forces of :data:`OWN` as a part of it; NaN where it is not known."""
    newtons = float(getattr(hold, name))
    return float(getattr(hold, OWN[name])) / newtons if newtons > 0 else math.nan


def rate_share(hold: Hold) -> float:
    """The same of a row's loading rate, which is as sure as the force that it leads to."""
    return own_share(hold, "report_n") if hold.kind is Kind.RAMP else relative(hold)


def with_scaled_bands(hold: Hold) -> Hold:
    """A row of a recording before format version 4, which keeps the band of its mean only, with the others made of it.

    They are the same part of the force, which was told then, and infinite where a sensor went above its range.
    """
    share = math.inf if above_range(hold) else relative(hold)
    bands = {OWN[name]: share * getattr(hold, name) for name in ("peak_n", "report_n", "tolerance_n")}
    return msgspec.structs.replace(hold, **bands)


def uncertainties(hold: Hold) -> dict[str, float]:
    """Half-widths of 95 % bands by field; NaN where the value or the mean is not known.

    Calibration error is taken as common to all samples of a hold: it does not average out, and a ratio of two forces of
    the same hold (``cv``) does not depend on it. Of ``overshoot_n`` the band is that of the peak.
    """
    found = {name: _if_known(hold, name, hold.mean_uncertainty_n) for name in SHIFTED}
    found |= {name: abs(getattr(hold, name)) * relative(hold) for name in SCALED}
    found |= {name: _if_known(hold, name, getattr(hold, band)) for name, band in OWN.items()}
    found |= {name: abs(getattr(hold, name)) * rate_share(hold) for name in RATES}
    found["impulse_ns"] = hold.impulse_uncertainty_ns
    return found


def _if_known(hold: Hold, name: str, half: float) -> float:
    return math.nan if math.isnan(getattr(hold, name)) else half


def target_width_n(row: Hold, technique: Technique | None) -> float:
    """Width of the band that a row was scored by, N; of a template twice its tolerance, as the technique knows."""
    phases = technique.phases if technique is not None else ()
    phase = phases[row.phase - 1] if 1 <= row.phase <= len(phases) else None
    return 2 * phase.tolerance_n if isinstance(phase, FollowPhase) else row.high_n - row.low_n


def unsure(row: Hold, technique: Technique | None) -> bool:
    """The row has a score, but the band of its force's uncertainty is wider than the band that it was scored by."""
    return not math.isnan(row.score) and 2 * row.mean_uncertainty_n > target_width_n(row, technique)


def score_caveat(rows: Iterable[Hold], technique: Technique | None) -> str:
    """What must be said beside the scores of these rows, by the worst of them; empty where nothing must."""
    widths = [(row.mean_uncertainty_n, target_width_n(row, technique)) for row in rows if unsure(row, technique)]
    if not widths:
        return ""
    half, wide = max(widths, key=lambda pair: pair[0] / pair[1])
    width = "∞" if math.isinf(half) else f"{half:.{0 if half >= 9.95 else 1}f}"
    return f"of the force shown: ± {width} N against a band of {round(wide, 1):g} N"
