"""A finished hold: load, in-band time, release. Coaching finds it, session keeps it, analysis reads it."""

from __future__ import annotations

import enum

import msgspec


class HoldEnd(enum.StrEnum):
    """Why a hold ended. The values are the words stored in a recording's ``/holds``."""

    RELEASED = "released"
    """The practitioner let go before the wanted time in the band was reached."""
    COMPLETED = "completed"
    """The wanted time in the band was reached, then the practitioner let go."""
    CLIENT_STOP = "client_stop"
    """The client pressed the stop button."""
    RECORDING_ENDED = "recording_ended"
    """Still pressed when the recording stopped."""


class Hold(msgspec.Struct, frozen=True):
    """One hold. Times are seconds on the axis of the filtered contact force, forces in newtons."""

    number: int
    """1, 2, 3 ... within the recording."""
    start_s: float
    """Contact force rose through the contact threshold."""
    band_s: float
    """Contact force first entered the band; NaN when it never did."""
    end_s: float
    """Contact force fell through the release threshold, or whatever ended it."""
    in_band_s: float
    """Time inside the band, missing time not counted."""
    wanted_s: float
    """Time in the band that the technique asks for."""
    low_n: float
    high_n: float
    mean_n: float
    """Mean contact force over the samples inside the band; NaN when there are none."""
    mean_uncertainty_n: float
    """Half-width of the 95 % band of ``mean_n`` (calibration error does not average out)."""
    peak_n: float
    sag_n: float
    """Change of force across the in-band samples (least-squares slope times span), N; negative is sagging."""
    ramp_n_per_s: float
    """Mean loading rate from start to first entering the band; NaN when it never did."""
    lapses: int
    """Times the force left the band for longer than the grace time."""
    missing_s: float
    """Time inside the hold for which scans are missing; the hold is flagged when this is not 0."""
    end: HoldEnd
