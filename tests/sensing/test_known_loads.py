from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from bench import conductance

from nmt_sense.sensing.ageing import checked
from nmt_sense.sensing.guided import GuidedError
from nmt_sense.sensing.known_loads import KnownLoads
from nmt_sense.sensing.layout import FILE_NAME, Layout, load_layout
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.sensing.profile import ContactArea, MonotoneCubic, Point, Profile, load_profile
from nmt_sense.workspace import open_workspace, starting_profiles

TODAY = datetime.date(2026, 11, 25)
RATE_HZ = 50.0


def profile() -> Profile:
    force = np.array([2.0, 5.0, 10.0, 20.0, 40.0])
    nominal = load_profile(next(path for path in starting_profiles() if path.stem == "nominal-fsr"))
    points = tuple(
        Point(conductance_us=us, force_n=n) for us, n in zip(conductance(force).tolist(), force.tolist(), strict=True)
    )
    return msgspec.structs.replace(
        nominal,
        format_version=2,
        status="calibrated",
        range_n=(1.0, 40.0),
        points=points,
        curve=MonotoneCubic(),
        uncertainty=msgspec.structs.replace(nominal.uncertainty, floor_n=0.2, relative=0.05),
    )


def go_through(check: KnownLoads, gain: float, loads: tuple[float, float] = (12.0, 32.0)) -> None:
    at = np.arange(0.0, 4.0, 1.0 / RATE_HZ)
    for number, load in enumerate((0.0, *loads)):
        check.read(10.0 * number + at, np.full(len(at), gain * float(conductance(np.array([load]))[0])))
        check.accept(load)


def test_a_sensor_that_has_not_drifted_is_ok_and_counts_as_checked_today() -> None:
    check = KnownLoads(profile(), "P07")
    go_through(check, 1.0)
    outcome = check.verdict("abc", TODAY)
    assert outcome.check.verdict == "ok"
    assert outcome.check.operator == "P07"
    assert checked(outcome.profile, TODAY)
    assert (outcome.profile.version, outcome.profile.parent) == (2, "abc")
    assert outcome.profile.spread == 1.0  # two loads at rest say nothing of how it repeats


def test_a_sensor_that_has_drifted_is_called_stale_and_its_next_version_is_nearer_the_truth() -> None:
    check = KnownLoads(profile())
    go_through(check, 1.6)
    outcome = check.verdict(None, TODAY)
    assert outcome.check.verdict == "stale"
    reading = 1.6 * conductance(np.array([32.0]))
    before, after = (abs(float(one.to_force()(reading)[0]) - 32.0) for one in (check.profile, outcome.profile))
    assert after < 0.3 * before


def test_the_nominal_profile_is_not_checked() -> None:
    with pytest.raises(GuidedError, match="calibrate it"):
        KnownLoads(load_profile(next(path for path in starting_profiles() if path.stem == "nominal-fsr")))


def test_the_verdict_waits_for_both_loads() -> None:
    with pytest.raises(GuidedError, match="3 steps are still to be done"):
        KnownLoads(profile()).verdict(None, TODAY)


def test_the_same_load_is_not_taken_twice() -> None:
    check = KnownLoads(profile())
    go_through(check, 1.0)
    check.back()
    at = np.arange(0.0, 4.0, 1.0 / RATE_HZ)
    check.read(40.0 + at, np.full(len(at), float(conductance(np.array([12.0]))[0])))
    with pytest.raises(GuidedError, match="The last load is still on"):
        check.accept(12.0)


def test_no_pressure_without_a_declared_area_and_always_nominal_with_one(tmp_path: Path) -> None:
    folder = open_workspace(tmp_path).calibration
    assert load_layout(folder).area("thumb") is None
    assert nominal_pressure(30.0, None) is None
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write('\n[contact_areas]\nthumb = { cm2 = 3.0, method = "ink print on paper" }\n')
    layout = load_layout(folder)
    assert layout.area("thumb") == ContactArea(cm2=3.0, method="ink print on paper")
    found = nominal_pressure(30.0, layout.area("thumb"))
    assert found is not None
    assert found.words == "nominal 100 kPa (1.02 kg/cm²) on 3 cm² (ink print on paper)"
    assert Layout.from_toml(layout.to_toml()) == layout
