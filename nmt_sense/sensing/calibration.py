"""From bench data to a profile, from a profile to forces in a file, from known loads to the next version."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.sensing import checking
from nmt_sense.sensing.ageing import TWO_SIDED_95, checked, gain_deviation
from nmt_sense.sensing.bench_data import BenchData, BenchDataError
from nmt_sense.sensing.conformal import scaled_band
from nmt_sense.sensing.creep import CreepFit, find_holds, fit_creep, without_creep
from nmt_sense.sensing.fitting import Fit, fit
from nmt_sense.sensing.hysteresis import lag
from nmt_sense.sensing.pairs import Pairs, find_lag, paired, runs
from nmt_sense.sensing.profile import Circuit, MonotoneCubic, Profile, Residual, UncertaintyTerms
from nmt_sense.sensing.uncertainty import BEYOND, half_width_of_day_n

VALID_DAYS = 30
"""After which a profile says that it has expired; long before that only a check of the day makes it trustworthy."""
MOST_RESIDUALS = 150
LEAST_RATIO = 1.5
"""Of large readings to small ones, for a curve."""
MOST_CONDUCTANCE_US = 1e9
"""A short circuit, for what cannot count with infinity."""


@dataclass(frozen=True, slots=True)
class About:
    """What a profile says of how it came about, beside the numbers."""

    sensor: str
    operator: str | None = None
    instrument: str | None = None
    conditioning: str | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fitted profile and how it was found."""

    profile: Profile
    fit: Fit
    creep: CreepFit


@dataclass(frozen=True, slots=True)
class Forces:
    """Forces of a file, row for row its readings: (N,) time in s, force and the ends of its 95 % band in N.

    NaN for a reading that cannot be used.
    """

    time_s: Float64Array
    force_n: Float64Array
    lower_n: Float64Array
    upper_n: Float64Array


def calibrate(
    data: Sequence[BenchData],
    about: About,
    circuit: Circuit | None = None,
    on: datetime.date | None = None,
    reference_max_n: float = np.inf,
    lag_s: float | None = None,
) -> Calibrated:
    """Fit a profile to bench data, the readings late by ``lag_s`` (None: found here).

    Raises :class:`BenchDataError` where they do not suffice.
    """
    circuit = _circuit(circuit, data)
    lag_s = find_lag(data, circuit) if lag_s is None else lag_s
    pairs = paired(data, circuit, lag_s, reference_max_n)
    low, high = np.quantile(pairs.conductance_us, (0.05, 0.95))
    if high < LEAST_RATIO * low:
        raise BenchDataError(f"{data[0].path}: the reading hardly changes; a curve needs small loads and large ones.")
    found = fit(pairs)
    everything = paired(data, circuit, lag_s, reference_max_n, unloaded=True)
    creep = creep_of(everything, found.shape.force(everything))
    return Calibrated(_profile(found, creep, data, about, circuit, on or _today(), lag_s), found, creep)


def creep_of(pairs: Pairs, shown_n: Float64Array) -> CreepFit:
    """Creep in the run whose holds of steady load tell most, from what a curve showed; none where there are too few."""
    best = CreepFit(0.0, np.inf, 0)
    for run in np.unique(pairs.run):
        rows = pairs.run == run
        time_s, reference = pairs.time_s[rows], pairs.force_n[rows]
        found = fit_creep(time_s, shown_n[rows], reference, find_holds(time_s, reference))
        best = found if found.standard_error < best.standard_error else best
    return best


def _profile(
    found: Fit,
    creep: CreepFit,
    data: Sequence[BenchData],
    about: About,
    circuit: Circuit | None,
    on: datetime.date,
    lag_s: float,
) -> Profile:
    pairs = found.pairs
    floor, relative = scaled_band(found.unseen_n, found.unseen_n - pairs.force_n)
    cubic = isinstance(found.shape.kind, MonotoneCubic)
    top = found.shape.points[-1].force_n if cubic else float(pairs.force_n.max())
    names = ", ".join(one.path.name for one in data)
    return Profile(
        format="nmt-sense profile",
        format_version=2,
        title=f"{about.sensor}, {on}",
        status="calibrated",
        date=on,
        expiry=on + datetime.timedelta(days=VALID_DAYS),
        source=f"Fitted to {len(pairs)} readings beside a reference force in {names}: {found.chosen}.",
        range_n=(min(floor / TWO_SIDED_95, top / 2.0), top),
        curve=found.shape.kind,
        points=found.shape.points,
        uncertainty=UncertaintyTerms(
            floor_n=floor,
            relative=relative,
            source="95 % of unseen readings lie within (conformal, curves fitted without the block of time).",
        ),
        circuit=circuit,
        operator=about.operator,
        sensor=about.sensor,
        instrument=about.instrument,
        conditioning=about.conditioning,
        presses=checking.count_presses(pairs.force_n),
        temperature_c=about.temperature_c,
        lag_s=lag_s,
        play=found.shape.play,
        creep=creep.terms,
        residuals=_residuals(found),
    )


def _circuit(circuit: Circuit | None, data: Sequence[BenchData]) -> Circuit | None:
    """The circuit, with the full scale that counts were read by, so that another file is read by the same."""
    counts = [one for one in data if one.reading == "counts"]
    if circuit is None or not counts or circuit.full_scale:
        return circuit
    return msgspec.structs.replace(circuit, full_scale=max(one.full_scale() for one in counts))


def _residuals(found: Fit) -> tuple[Residual, ...]:
    rows = np.unique(np.linspace(0, len(found.pairs) - 1, MOST_RESIDUALS).astype(int))
    at, known = found.pairs.conductance_us[rows], found.pairs.force_n[rows]
    error = found.unseen_n[rows] - known
    return tuple(
        Residual(conductance_us=round(one, 3), force_n=round(two, 4), error_n=round(three, 4))
        for one, two, three in zip(at.tolist(), known.tolist(), error.tolist(), strict=True)
    )


def apply(
    profile: Profile, data: BenchData, on: datetime.date | None = None, temperature_c: float | None = None
) -> Forces:
    """Forces and band of the readings in a file, whatever reference it may hold; used ``on`` a day, None: at once.

    Raises :class:`BenchDataError` when the circuit that the readings need is not in the profile.
    """
    there = ~np.isnan(data.value)
    time_s, conductance = data.time_s[there], data.conductance_us(profile.circuit)[there]
    read = ~np.isnan(conductance)
    if not read.any():
        raise BenchDataError(f"{data.path} has no usable reading.")
    made = np.full((3, len(time_s)), np.nan)
    made[:, read] = _forces(profile, time_s[read], conductance[read], on, temperature_c)
    return Forces(time_s, *made)


def _forces(
    profile: Profile,
    time_s: Float64Array,
    conductance_us: Float64Array,
    on: datetime.date | None,
    temperature_c: float | None,
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Forces and the ends of their band, each (N,), of usable readings."""
    force = np.concatenate([_run(profile, time_s[rows], conductance_us[rows]) for rows in runs(time_s)])
    lower, upper = ends_of_band(profile, force, on, temperature_c)
    return force, lower, np.where(np.isfinite(conductance_us), upper, np.inf)


def _run(profile: Profile, time_s: Float64Array, conductance_us: Float64Array) -> Float64Array:
    """Forces of readings whose clock runs on: curve, hysteresis, creep, and the lag undone."""
    force = np.minimum(profile.to_force()(conductance_us), BEYOND * profile.range_n[1])
    if profile.play is not None:
        behind = lag(np.minimum(conductance_us, MOST_CONDUCTANCE_US), profile.play)
        force = force * np.exp(profile.play.weight * behind)
    force = without_creep(time_s, np.asarray(force), profile.creep)
    return np.asarray(np.interp(time_s + profile.lag_s, time_s, force)) if profile.lag_s else force


def ends_of_band(
    profile: Profile, force_n: Float64Array, on: datetime.date | None = None, temperature_c: float | None = None
) -> tuple[Float64Array, Float64Array]:
    """Lower and upper end (N,) of the 95 % band of forces (N,), N; infinite above the profile's range."""
    own = half_width_of_day_n(profile, force_n, on)
    spread = TWO_SIDED_95 * gain_deviation(profile, force_n, on, temperature_c)
    low, high = profile.range_n
    lower = np.maximum(force_n - np.hypot(own, force_n * -np.expm1(-spread)), 0.0)
    upper = force_n + np.hypot(own, force_n * np.expm1(spread))
    lower, upper = np.where(force_n < low, 0.0, lower), np.where(force_n < low, np.maximum(upper, 2.0 * low), upper)
    return lower, np.where(force_n > high, np.inf, upper)


def verdict(profile: Profile, on: datetime.date) -> str:
    """What a profile is worth on a day, in a word or two: nominal, expired, stale, or ok."""
    if profile.nominal:
        return "nominal"
    if profile.expired(on):
        return "expired"
    return "ok" if checked(profile, on) else "stale"


def worth_words(profile: Profile, on: datetime.date) -> str:
    """The same for people: why it is stale, or what its last check did to it."""
    found = verdict(profile, on)
    if found == "stale" and profile.still_off:
        return "found wrong by its last check"
    if found == "stale":
        return "not checked today" if profile.checks else "not checked yet"
    corrected = found == "ok" and bool(profile.checks) and profile.checks[-1].verdict == "stale"
    return "ok since its last check, which corrected it" if corrected else found


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, hexadecimal: how a version names the one that it was made from."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _today() -> datetime.date:
    return datetime.datetime.now().astimezone().date()


def check_against(
    profile: Profile,
    data: BenchData,
    parent: str | None = None,
    operator: str | None = None,
    reference_max_n: float = np.inf,
    on: datetime.date | None = None,
    fitted: BenchData | None = None,
) -> checking.Outcome:
    """Check a profile with a file of known loads; ``fitted`` as in :func:`checking.check`.

    Raises :class:`BenchDataError` where they do not suffice.
    """
    pairs = paired([data], profile.circuit, profile.lag_s, reference_max_n)
    seen = None if fitted is None else paired([fitted], profile.circuit, profile.lag_s, reference_max_n)
    return checking.check(profile, pairs, on or _today(), parent, operator, seen)


def words_of(profile: Profile) -> str:
    """What a profile can do, in one or two sentences."""
    terms, (low, high) = profile.uncertainty, profile.range_n
    share = 100.0 * terms.relative
    width = f"± ({terms.floor_n:.2g} N + {share:.0f} %)"
    within = f"Holds from {low:.2g} to {high:.3g} N; within a sitting 95 % lie within {width}"
    if profile.nominal:
        return f"{within}. Nominal: nobody has calibrated this sensor."
    creep = f", creep of {100.0 * profile.creep[0].share:.1f} % per tenfold time is undone" if profile.creep else ""
    memory = ", hysteresis is undone" if profile.play is not None else ""
    judged = next(word for limit, word in QUALITY if terms.relative + terms.floor_n / (0.5 * high) <= limit)
    return f"{within}{creep}{memory}. {judged} On another day it needs a check."


QUALITY = (
    (0.15, "Good for a sensor of this kind."),
    (0.35, "Usable: compare presses, do not quote newtons without their band."),
    (
        float("inf"),
        "Poor: the load does not meet the sensor in the same way twice; mend the mounting before anything else.",
    ),
)
