"""How sure the numbers of a row are: what an error of calibration does to each."""

from __future__ import annotations

import math

from nmt_sense.holds import Hold

SHIFTED = ("mean_n", "ce_n", "ae_n", "rmse_n")
"""An error that is common to all samples of a hold moves these by at most as much as the mean."""
SCALED = (
    *("peak_n", "overshoot_n", "ve_n", "sag_n", "slope_n_per_s", "ramp_n_per_s", "ramp_10_90_n_per_s"),
    *("report_n", "tolerance_n"),
)
"""Differences and single values change in proportion: half-width over mean, times the value."""


def uncertainties(hold: Hold) -> dict[str, float]:
    """Half-widths of 95 % bands by field; NaN where the value or the mean is not known.

    Calibration error is taken as common to all samples of a hold: it does not average out, and a ratio of two forces of
    the same hold (``cv``) does not depend on it. Of ``overshoot_n`` the band is that of the peak.
    """
    width = hold.mean_uncertainty_n
    relative = width / hold.mean_n if hold.mean_n > 0 else math.nan
    found = {name: width if not math.isnan(getattr(hold, name)) else math.nan for name in SHIFTED}
    for name in SCALED:
        value = hold.peak_n if name == "overshoot_n" else getattr(hold, name)
        found[name] = abs(value) * relative
    found["impulse_ns"] = hold.impulse_uncertainty_ns
    return found
