"""Profiles that were fitted, used live."""

import datetime

import msgspec
import numpy as np
from bench import measured, presses, staircase
from gloves import CALIBRATION, SENSORS, counts_for, feed_in_pieces, glove, scans
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt_sense.blocks import ScanBlock
from nmt_sense.sensing.ageing import after_presses
from nmt_sense.sensing.calibration import About, apply, calibrate, check_against
from nmt_sense.sensing.chain import ForceChain
from nmt_sense.sensing.layout import CALIBRATED, UNCHECKED, Layout, load_layout
from nmt_sense.sensing.profile import CreepTerm, MonotoneCubic, Play, Profile, to_toml

TODAY = datetime.date(2026, 11, 25)
FIELDS = ("scan", "time_s", "newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n")


def fitted(**changes: object) -> Profile:
    profile = calibrate([measured(staircase())], About("thumb"), on=TODAY).profile
    checked = check_against(profile, measured(presses(seed=1)), on=TODAY).profile
    return msgspec.structs.replace(checked, **changes)


PLAIN = fitted()
EVERYTHING = fitted(
    play=Play(width=0.2, floor_us=5.0, weight=0.5),
    creep=(CreepTerm(time_s=1.0, share=0.02), CreepTerm(time_s=60.0, share=0.03)),
)


def layout(**profiles: Profile) -> Layout:
    shipped = load_layout(CALIBRATION)
    return msgspec.structs.replace(
        shipped,
        profiles={**shipped.profiles, **profiles},
        sensors={name: name for name in profiles},
        used_on=TODAY,
    )


def counts_of(conductance_us: np.ndarray) -> np.ndarray:
    ratio = 3300.0 * 1e-6 * conductance_us / (1.0 + 3300.0 * 1e-6 * conductance_us)
    return np.floor(ratio * 2048).astype(np.uint16)


@settings(max_examples=30)
@given(st.data())
def test_forces_are_the_same_bits_however_the_stream_is_cut(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    count = 400
    counts = np.clip(np.cumsum(rng.normal(0, 60, (count, 8)), axis=0) + 600, 0, 2046)
    block = scans(counts, 1000 + np.cumsum(rng.choice([1] * 15 + [400], count)))
    used = layout(thumb=EVERYTHING, palm_thumb=PLAIN, index=msgspec.structs.replace(EVERYTHING, play=None))
    whole = ForceChain(glove(), used, "hand").feed(block)
    cuts = data.draw(st.lists(st.integers(0, count), max_size=30))
    cut = feed_in_pieces(ForceChain(glove(), used, "hand"), block, cuts)
    for name in FIELDS:
        assert getattr(cut, name).tobytes() == getattr(whole, name).tobytes(), name


def test_live_and_in_files_the_same_force_comes_out() -> None:
    data = measured(presses(seed=4), noise=0.0)
    in_file = apply(PLAIN, data, on=TODAY)
    counts = np.zeros((len(data.value), 8))
    counts[:, 0] = counts_of(data.value)
    live = ForceChain(glove(), layout(thumb=PLAIN), "thumb").feed(scans(counts)).newtons[:, 0]
    loaded = (in_file.force_n > 5.0) & (in_file.force_n < 45.0)
    np.testing.assert_allclose(live[loaded], in_file.force_n[loaded], rtol=0.03)


def test_a_hold_does_not_grow_and_raw_counts_are_not_touched() -> None:
    creep = tuple(CreepTerm(time_s=time_s, share=0.03) for time_s in (1.0, 10.0))
    counts = np.full((10_000, 8), counts_for(np.array(30.0)))
    block = ScanBlock(np.arange(10_000), counts.astype(np.uint16))
    before = block.counts.copy()
    corrected = ForceChain(glove(), layout(thumb=fitted(creep=creep)), "thumb").feed(block).newtons[:, 0]
    plain = ForceChain(glove(), layout(thumb=PLAIN), "thumb").feed(block).newtons[:, 0]
    assert corrected[-1] < plain[-1]
    np.testing.assert_array_equal(block.counts, before)


def test_live_and_in_files_the_band_is_as_wide_as_the_check_of_the_day_found_it() -> None:
    wide = fitted(spread=10.0)
    data = measured(np.full(100, 30.0), noise=0.0)
    counts = np.zeros((100, 8))
    counts[:, 0] = counts_of(data.value)
    widths = []
    for profile in (PLAIN, wide):
        in_file = apply(profile, data, on=TODAY)
        live = ForceChain(glove(), layout(thumb=profile), "thumb").feed(scans(counts)).uncertainty_n[:, 0]
        np.testing.assert_allclose(live, in_file.upper_n - in_file.force_n, rtol=0.15)
        widths.append(live[0])
    assert widths[1] > 2.0 * widths[0]


def test_each_press_widens_the_band_a_little() -> None:
    counts = np.zeros((4000, 8))
    counts[:, 0] = np.where(np.arange(4000) % 400 < 200, counts_of(np.array([400.0]))[0], 0)
    force = ForceChain(glove(), layout(thumb=PLAIN), "thumb").feed(scans(counts))
    loaded = np.flatnonzero(counts[:, 0])
    width = force.uncertainty_n[loaded, 0]
    assert np.all(np.diff(width) >= 0.0)
    grown = np.sqrt(width[-1] ** 2 - width[0] ** 2) / force.newtons[loaded[-1], 0]
    expected = np.expm1(1.96 * after_presses(10)) ** 2 - np.expm1(1.96 * after_presses(1)) ** 2
    np.testing.assert_allclose(grown, np.sqrt(expected), rtol=0.01)


def test_sensors_that_were_checked_err_apart_and_those_that_were_not_together() -> None:
    block = scans(np.full((1, 8), int(counts_for(np.array(30.0)))))
    tomorrow = TODAY + datetime.timedelta(days=1)
    both = layout(thumb=PLAIN, palm_thumb=PLAIN)
    fresh = ForceChain(glove(), both, "thumb").feed(block)
    stale = ForceChain(glove(), msgspec.structs.replace(both, used_on=tomorrow), "thumb").feed(block)
    one, other = fresh.uncertainty_n[0, 0], fresh.uncertainty_n[0, SENSORS.index("palm_thumb")]
    np.testing.assert_allclose(fresh.contact_uncertainty_n[0], np.hypot(one, other), rtol=1e-5)
    assert stale.uncertainty_n[0, 0] > 2.0 * one
    assert stale.contact_uncertainty_n[0] > 1.9 * stale.uncertainty_n[0, 0]


def test_a_layout_says_when_nobody_checked_today() -> None:
    used = layout(thumb=PLAIN)
    assert used.verdict(["thumb"], TODAY) == CALIBRATED
    assert used.trusted(["thumb"], TODAY)
    tomorrow = TODAY + datetime.timedelta(days=1)
    assert used.verdict(["thumb"], tomorrow) == UNCHECKED
    assert not used.trusted(["thumb"], tomorrow)
    assert (
        used.verdict(["thumb", "index"], tomorrow) == f"partly nominal, uncalibrated: index; partly {UNCHECKED}: thumb"
    )


def test_profiles_travel_whole_in_the_stored_text() -> None:
    used = layout(thumb=EVERYTHING)
    assert Layout.from_toml(used.to_toml()) == used
    assert 'kind = "monotone-cubic"' in to_toml(EVERYTHING) or not isinstance(EVERYTHING.curve, MonotoneCubic)
