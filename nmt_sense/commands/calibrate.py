"""``nmt-sense calibrate``: profiles from bench data, forces from readings, checks against known loads."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from nmt_sense.commands.console import (
    JsonOption,
    PortOption,
    UnusedWorkspaceOption,
    WorkspaceOption,
    check_suffix,
    print_json,
    say,
    warn,
)
from nmt_sense.errors import NmtError

app = typer.Typer(
    name="calibrate",
    help="Fit, use, check and show calibration profiles, with CSV files from any bench.",
    add_completion=False,
    rich_markup_mode=None,
)

Readings = Annotated[
    Path,
    typer.Argument(
        metavar="IN", help="CSV (also gzip'd): time_s, and counts, voltage_mv, resistance_ohm or conductance_us."
    ),
]
ProfileOption = Annotated[Path, typer.Option("--profile", metavar="P.toml", help="The profile to use.")]
NewProfileOption = Annotated[Path, typer.Option("--out", metavar="P.toml", help="Profile to write; never overwritten.")]
InstrumentOption = Annotated[str | None, typer.Option("--instrument", help="What measured the reference force.")]
OperatorOption = Annotated[str | None, typer.Option("--operator", help="A code of who does this, never a name.")]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature-c", min=-40.0, max=85.0, help="Temperature of the sensor, °C.")
]
DividerOption = Annotated[
    float | None,
    typer.Option("--divider-ohm", min=1.0, max=1e8, help="Resistor below the sensor, for counts and voltage_mv."),
]
SupplyOption = Annotated[float, typer.Option("--supply-mv", min=1.0, max=1e6, help="Supply of the divider, mV.")]
ReferenceMaxOption = Annotated[
    float | None, typer.Option("--reference-max", min=1.0, help="Where the reference ends, N; above is left out.")
]


@app.command()
def fit(
    files: Annotated[list[Path], typer.Argument(metavar="IN...", help="CSV files with a reading and force_n.")],
    sensor: Annotated[
        str, typer.Option("--sensor", help="Name of the sensor: as the glove has it, or 1 to 12 ASCII characters.")
    ],
    out: NewProfileOption,
    divider_ohm: DividerOption = None,
    supply_mv: SupplyOption = 5000.0,
    reference_max: ReferenceMaxOption = None,
    instrument: InstrumentOption = None,
    conditioning: Annotated[
        str | None, typer.Option("--conditioning", help="What was done to the sensor before, in words.")
    ] = None,
    area_cm2: Annotated[
        float | None, typer.Option("--area-cm2", min=0.01, max=1000.0, help="Area that presses, cm².")
    ] = None,
    area_method: Annotated[str | None, typer.Option("--area-method", help="How that area was obtained.")] = None,
    operator: OperatorOption = None,
    temperature_c: TemperatureOption = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Fit a profile to readings beside a reference force."""
    import msgspec
    import numpy as np

    from nmt_sense.commands.sensor_names import check_sensor, warn_of_stranger
    from nmt_sense.sensing.bench_data import read
    from nmt_sense.sensing.calibration import About, calibrate

    _check_free(out, ".toml")
    check_sensor(sensor)
    about = About(sensor, operator, instrument, conditioning, temperature_c)
    circuit = _circuit(divider_ohm, supply_mv)
    data = [read(path) for path in files]
    found = calibrate(data, about, circuit, reference_max_n=reference_max or np.inf)
    profile = found.profile
    if area := _area(area_cm2, area_method):
        profile = msgspec.structs.replace(profile, contact_area=area)
    _write_profile(out, profile)
    warn_of_stranger(sensor, workspace)
    _report_fit(found, profile, out, _unread(data), as_json)


def _circuit(divider_ohm: float | None, supply_mv: float) -> Any:
    from nmt_sense.sensing.profile import Circuit

    return None if divider_ohm is None else Circuit(divider_ohm=divider_ohm, supply_mv=supply_mv)


def _area(cm2: float | None, method: str | None) -> Any:
    from nmt_sense.sensing.profile import ContactArea

    if (cm2 is None) != (method is None):
        raise NmtError("A contact area needs both --area-cm2 and --area-method: how it was obtained.")
    return None if cm2 is None or method is None else ContactArea(cm2=cm2, method=method)


def _unread(data: list[Any]) -> dict[str, int]:
    """Rows of files with reference forces that are not used for what stands in them, by why."""
    return {"no_reading": sum(one.unusable for one in data), "no_numbers": sum(one.skipped for one in data)}


def _report_fit(found: Any, profile: Any, out: Path, unread: dict[str, int], as_json: bool) -> None:
    from nmt_sense.commands.applied import unread_words
    from nmt_sense.sensing.calibration import words_of

    facts: dict[str, Any] = unread | {
        "profile": str(out),
        "sensor": profile.sensor,
        "chosen": found.fit.chosen,
        "candidates": [{"name": one.name, "error": one.error} for one in found.fit.candidates],
        "readings": len(found.fit.pairs),
        "left_out": found.fit.pairs.clipped,
        "lag_s": profile.lag_s,
        "range_n": profile.range_n,
        "floor_n": profile.uncertainty.floor_n,
        "relative": profile.uncertainty.relative,
        "creep_per_decade": sum(term.share for term in profile.creep) / max(len(profile.creep), 1),
        "presses": profile.presses,
        "words": words_of(profile),
    }
    if as_json:
        print_json(facts)
        return
    for one in found.fit.candidates:
        mark = "→" if one.name == found.fit.chosen else " "
        say(f"{mark} {one.name}: off by {100 * one.error:.1f} % on what it had not seen")
    lag = f", the reading {1000 * profile.lag_s:+.0f} ms after the force" if profile.lag_s else ""
    say(f"{facts['readings']} readings used{lag}.{_left_out(found.fit.pairs.clipped)}")
    for line in unread_words(unread):
        warn(line)
    say(facts["words"])
    say(f"written: {out}")


def _left_out(count: int) -> str:
    """Why readings were not used; nothing where all were."""
    if not count:
        return ""
    return f" {count} more tell nothing of the curve: no load, a short circuit, or a reference at its end."


@app.command()
def apply(
    readings: Readings,
    profile: ProfileOption,
    out: Annotated[Path, typer.Option("--out", metavar="OUT.csv", help="CSV to write; never overwritten.")],
    temperature_c: TemperatureOption = None,
    as_json: JsonOption = False,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Turn readings into forces with their 95 % band; a force column is not looked at.

    An unusable reading (below zero, or no finite number) gives a row without a force, and how many is said.
    The band of a profile that was never checked is that of a sensor mounted on another day. Above the range that was
    calibrated a force has a lower bound only: upper_n is inf there. Why a band is as wide as it is, is said on stderr.
    """
    from nmt_sense.commands.applied import report
    from nmt_sense.sensing.bench_data import read
    from nmt_sense.sensing.calibration import apply as forces_of
    from nmt_sense.sensing.profile import load_profile

    _check_free(out)
    known = load_profile(profile)
    data = read(readings, with_force=False)
    forces = forces_of(known, data, temperature_c=temperature_c)
    _write_forces(out, forces)
    report(known, forces, data.skipped, temperature_c, out, as_json)


def _write_forces(out: Path, forces: Any) -> None:
    rows = zip(forces.time_s, forces.force_n, forces.lower_n, forces.upper_n, strict=True)
    with _created(out) as file:
        file.write("time_s,force_n,lower_n,upper_n\n")
        file.writelines("{:.9g},{:.6g},{:.6g},{:.6g}\n".format(*row).replace("nan", "") for row in rows)


@app.command()
def check(
    readings: Annotated[Path, typer.Argument(metavar="IN", help="CSV with a reading and force_n: known loads.")],
    profile: ProfileOption,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="P2.toml", help="Next version to write; never overwritten.")
    ] = None,
    reference_max: ReferenceMaxOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Compare a profile with known loads: ok, rescaled or stale (exit code 1). Its next version goes to --out.

    The curve is moved only by what such a sensor would not do anyway: one visit to a load tells what is off by a third,
    three visits what is off by a fifth. Below that it is ok, and how far it was off is said, and in the band. Per cents
    are of the true force.
    """
    import numpy as np

    from nmt_sense.commands.applied import unread_words
    from nmt_sense.sensing.bench_data import read
    from nmt_sense.sensing.calibration import check_against, fingerprint
    from nmt_sense.sensing.profile import load_profile

    if out is not None:
        _check_free(out, ".toml")
    known, data = load_profile(profile), read(readings)
    outcome = check_against(known, data, fingerprint(profile), operator, reference_max or np.inf)
    if out is not None:
        _write_profile(out, outcome.profile)
    if as_json:
        print_json(
            {
                "verdict": outcome.check.verdict,
                "words": outcome.words,
                "shown_off": outcome.check.shown_off,
                "check": outcome.check,
                "out": out and str(out),
            }
            | _unread([data])
        )
    else:
        for line in unread_words(_unread([data])):
            warn(line)
        say(outcome.words)
        say(
            f"written: {out} (version {outcome.profile.version})"
            if out
            else "Nothing was written; --out keeps the update."
        )
    if outcome.check.verdict == "stale":
        raise typer.Exit(1)


@app.command()
def guide(
    port: PortOption,
    sensor: Annotated[str, typer.Option("--sensor", help="Name of the sensor, as the glove has it.")],
    out: NewProfileOption,
    top: Annotated[
        float, typer.Option("--top", min=2.0, max=2000.0, help="Largest load it will be used with, N.")
    ] = 50.0,
    scale: Annotated[
        str | None, typer.Option("--scale", metavar="URL", help="Port of a scale that prints what it shows.")
    ] = None,
    scale_baud: Annotated[int, typer.Option("--scale-baud", min=300, help="Its speed.")] = 9600,
    scale_unit: Annotated[
        str, typer.Option("--scale-unit", help="Unit of numbers without one: kg, g, N or lb.")
    ] = "kg",
    instrument: InstrumentOption = None,
    operator: OperatorOption = None,
    temperature_c: TemperatureOption = None,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Calibrate a sensor step by step: condition, zero, loads up and down, a hold, and two loads to judge by."""
    from nmt_sense.commands.guide import listening, open_scale, walk
    from nmt_sense.sensing.calibration import About
    from nmt_sense.sensing.guided import Guided
    from nmt_sense.sensing.scale import NEWTONS

    _check_free(out, ".toml")
    if scale_unit.lower() not in NEWTONS:
        raise NmtError(f"There is no unit {scale_unit}; name kg, g, N or lb.")
    shown = open_scale(scale, scale_baud, scale_unit)
    with listening(port, sensor, shown) as listener:
        about = About(sensor, operator, instrument, None, temperature_c)
        result = walk(Guided(about, top, circuit_of(listener.info, sensor)), listener)
    _write_profile(out, result.profile)
    say("")
    say(result.words)
    say(f"written: {out}; name it in glove.toml, and see it with nmt-sense calibrate show {out} --out picture.svg")


def circuit_of(info: Any, sensor: str) -> Any:
    """The divider of a glove's sensor, for the profile."""
    from nmt_sense.sensing.profile import Circuit

    ohm = next((one.divider_ohm for one in info.sensors if one.name == sensor), 0)
    return Circuit(divider_ohm=ohm, supply_mv=info.reference_mv) if ohm else None


@app.command()
def show(
    profile: Annotated[Path, typer.Argument(metavar="P.toml", help="The profile to show.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="PICTURE", help="Draw it: .svg or .png; never overwritten.")
    ] = None,
    as_json: JsonOption = False,
    workspace: UnusedWorkspaceOption = None,
) -> None:
    """Say what a profile is worth today, and draw its curve, points, residuals and band."""
    from nmt_sense.sensing.calibration import verdict, words_of, worth_words
    from nmt_sense.sensing.profile import load_profile

    known = load_profile(profile)
    today = datetime.datetime.now().astimezone().date()
    worth, words = verdict(known, today), words_of(known)
    if out is not None:
        _check_free(out, ".svg", ".png")
        _draw(known, out, today)
    if as_json:
        shown_off = [entry.shown_off for entry in known.checks]
        facts = {"profile": known, "verdict": worth, "words": words, "shown_off": shown_off}
        print_json(facts | {"picture": out and str(out)})
        return
    say(f"{known.title} (version {known.version}): {worth_words(known, today)}")
    say(words)
    for entry in known.checks:
        off = f"showed {entry.shown_words}, left off by {100 * entry.left:.0f} %"
        say(f"  checked {entry.date}: {'was stale' if entry.verdict == 'stale' else entry.verdict}, {off}")
    if out is not None:
        say(f"drawn: {out}")


def _draw(profile: Any, out: Path, on: datetime.date) -> None:
    from nmt_sense.commands import calibration_picture as picture

    if out.suffix.lower() == ".svg":
        with _created(out) as file:
            file.write(picture.svg(profile, on))
    else:
        _write_bytes(out, picture.png(profile, on))


def _check_free(out: Path, *suffixes: str) -> None:
    """Raises :class:`NmtError` when there is something of that name already, or it lacks the suffix it should have."""
    if suffixes:
        check_suffix(out, *suffixes)
    if out.exists():
        raise NmtError(f"{out} exists already, and nothing is overwritten; name another file.")


def _created(out: Path) -> Any:
    try:
        return out.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise NmtError(f"{out} exists already, and nothing is overwritten; name another file.") from None
    except OSError as error:
        raise NmtError(f"{out} cannot be written ({error.strerror or error}).") from error


def _write_bytes(out: Path, content: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise NmtError(f"{out} cannot be written ({error.strerror or error}).") from error


def _write_profile(out: Path, profile: Any) -> None:
    from nmt_sense.sensing.profile import to_toml

    with _created(out) as file:
        file.write(to_toml(profile))
