"""A finished hold, or what else coaching gives a row: a trial, a stroke, a timed phase. Session keeps it."""

from __future__ import annotations

import enum
import math

import msgspec


class HoldEnd(enum.StrEnum):
    """Why a hold ended. The values are the words stored in a recording's ``/holds``."""

    RELEASED = "released"
    """The practitioner let go before the wanted time in the band was reached."""
    COMPLETED = "completed"
    """The wanted time (or what else was wanted) was reached, then the practitioner let go."""
    CLIENT_STOP = "client_stop"
    """The client pressed the stop button."""
    RECORDING_ENDED = "recording_ended"
    """Still pressed when the recording stopped."""
    EASED = "eased"
    """The client's pain eased as far as was wanted."""
    BARRIER = "barrier"
    """The practitioner felt the tissue give way."""
    REPORTED = "reported"
    """The client reported the threshold or tolerance that was looked for."""
    WITHDRAWN = "withdrawn"
    """That report was taken back; the trial does not count."""
    NO_DATA = "no_data"
    """The client reported while data were missing: nobody knows at which force; the trial does not count."""
    PAIN_CEILING = "pain_ceiling"
    """The client's pain was above the ceiling."""
    PAIN_ROSE = "pain_rose"
    """The client's pain rose while the force was held."""
    LIMIT = "limit"
    """The longest time, or the largest force, that the technique allows."""
    OPERATOR = "operator"
    """The practitioner went on to what comes next."""


class Kind(enum.StrEnum):
    """What a row is about."""

    HOLD = "hold"
    RAMP = "ramp"
    """A measurement of threshold, tolerance or maximum."""
    STROKE = "stroke"
    FOLLOW = "follow"
    """A press that followed a template."""
    REST = "rest"
    RELAX = "relax"
    STRETCH = "stretch"
    WAIT = "wait"


PRESSED = frozenset({Kind.HOLD, Kind.RAMP, Kind.STROKE, Kind.FOLLOW})
"""Rows in which somebody pressed; the others are timed."""


class Hold(msgspec.Struct, frozen=True):
    """One hold. Times are seconds on the axis of the filtered contact force, forces in newtons.

    Fields from ``kind`` on are missing in recordings of format version 1, those from ``peak_uncertainty_n`` on in all
    before version 4, and have these defaults then. An unknown number is NaN. ``docs/scores.md`` has the formulas.
    """

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
    """Time in the band that the technique asks for; of a level, what was left of it (``docs/scores.md``)."""
    low_n: float
    high_n: float
    mean_n: float
    """Mean contact force over the samples inside the band; NaN without. Of a trial or stroke: in contact."""
    mean_uncertainty_n: float
    """Half-width of the 95 % band of ``mean_n`` (calibration error does not average out)."""
    peak_n: float
    sag_n: float
    """Change of force across the in-band samples (least-squares slope times span), N; negative is sagging."""
    ramp_n_per_s: float
    """Mean loading rate from start to first entering the band or to the report; NaN when it never did."""
    lapses: int
    """Times the force left the band for longer than the grace time."""
    missing_s: float
    """Time inside the hold for which scans are missing; the hold is flagged when this is not 0."""
    end: HoldEnd
    kind: Kind = Kind.HOLD
    phase: int = 1
    """Which phase of the technique, 1 the first."""
    round: int = 1
    repetition: int = 1
    """Which repetition of the phase in this round."""
    level: int = 1
    """Which increment, 1 the first."""
    report_n: float = math.nan
    """Force when the client reported: the threshold of a trial, the level of an increment."""
    tolerance_n: float = math.nan
    """Force when the client reported tolerance."""
    pain_first: float = math.nan
    """First pain reported in it, 0-10."""
    pain_last: float = math.nan
    rest_before_s: float = math.nan
    """Time since the row before ended; NaN for the first."""
    let_go_s: float = math.nan
    """Time from its end to letting go, where something else than letting go ended it."""
    stop_latency_s: float = math.nan
    """Time from the client's button to the end of the hold."""
    feedback: str = "constant"
    """The schedule of feedback, and ``off`` behind it when this hold was not guided."""
    share_in_band: float = math.nan
    """Of the received time from first entering the band to the end or the final departure, 0-1."""
    ce_n: float = math.nan
    """Constant error: mean of force minus the middle of the band, over that time."""
    ae_n: float = math.nan
    """Absolute error: mean of its absolute value."""
    ve_n: float = math.nan
    """Variable error: SD of the force (denominator n)."""
    rmse_n: float = math.nan
    cv: float = math.nan
    """Variable error over mean force of that time."""
    slope_n_per_s: float = math.nan
    """Least-squares slope of the in-band samples."""
    overshoot_n: float = math.nan
    """Peak above the band, 0 when it was never left upwards."""
    ramp_10_90_n_per_s: float = math.nan
    """Loading rate from 10 % (or contact, if later) to 90 % of the band's lower edge."""
    rate_out_share: float = math.nan
    """Part of the loading during which the rate was outside its limits, 0-1; NaN without limits."""
    rate_out: int = -1
    """1: the mean loading rate was outside its limits; 0: inside; -1: there are none."""
    impulse_ns: float = math.nan
    """Force-time integral while in contact, N·s."""
    impulse_uncertainty_ns: float = math.nan
    """Half-width of its 95 % band."""
    score: float = math.nan
    """100 minus what follows; NaN where there is nothing to score."""
    off_time: float = math.nan
    off_rmse: float = math.nan
    off_sag: float = math.nan
    off_ramp: float = math.nan
    off_overshoot: float = math.nan
    off_lapses: float = math.nan
    peak_uncertainty_n: float = math.nan
    """Half-width of the 95 % band of ``peak_n``, that of its own scan; infinite where any scan of the press had no
    upper bound, for that one may have been the largest."""
    report_uncertainty_n: float = math.nan
    """Half-width of the 95 % band of ``report_n``, that of its own scan."""
    tolerance_uncertainty_n: float = math.nan
    """Half-width of the 95 % band of ``tolerance_n``, that of its own scan."""
    course: int = 1
    """Which course of the technique: it has begun anew once less, by NEXT after its end."""


FIRST_FIELDS = Hold.__struct_fields__[: Hold.__struct_fields__.index("kind")]
"""Fields that recordings of format version 1 have."""
SECOND_FIELDS = Hold.__struct_fields__[: Hold.__struct_fields__.index("peak_uncertainty_n")]
"""Fields that recordings of format versions 2 and 3 have."""
