import msgspec
import numpy as np
import pytest
from gloves import CALIBRATION, SENSORS, counts_for, feed_in_pieces, glove, scans
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.blocks import ScanBlock
from nmt_sense.sensing.chain import ForceChain, sensor_table
from nmt_sense.sensing.conductance import Divider
from nmt_sense.sensing.layout import load_layout

LAYOUT = load_layout(CALIBRATION)
FIELDS = ("scan", "time_s", "newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n")


def chain(contact: str = "thumb") -> ForceChain:
    return ForceChain(glove(), LAYOUT, contact)


def test_the_force_that_was_pressed_is_shown_to_within_half_a_step_of_the_converter() -> None:
    pressed = np.linspace(0.5, 130.0, 300)
    shown = chain().feed(scans(np.tile(counts_for(pressed)[:, None], 8))).newtons
    force, _ = sensor_table(Divider(3300, 2048, 2046, half_step=1.0), LAYOUT.profile("thumb"))
    one_count = np.interp(pressed, force[1:], np.diff(force))
    assert np.all(np.abs(shown - pressed[:, None]) <= 1.02 * one_count[:, None] + 1e-5)


@pytest.mark.parametrize("newtons", [5.0, 32.0, 100.0])
@pytest.mark.parametrize(("samples", "shift"), [(1, 0), (4, 1), (16, 2)])
def test_a_converter_that_cuts_off_does_not_make_forces_too_small(newtons: float, samples: int, shift: int) -> None:
    rng = np.random.default_rng(5)
    pressed = newtons * rng.uniform(0.97, 1.03, (5000, 8))
    siemens = 16.0e-6 * pressed**0.9
    ratio = 3300.0 / (3300.0 + 1.0 / siemens)
    noise = rng.normal(0.0, 0.5, (samples, *ratio.shape))
    codes = np.floor(ratio * 1024 + noise).astype(np.int64)
    info = glove(samples=samples, shift=shift)
    shown = ForceChain(info, LAYOUT, "thumb").feed(scans(codes.sum(axis=0) >> shift)).newtons
    assert shown.mean() == pytest.approx(pressed.mean(), rel=0.001)


def test_the_contact_is_the_sum_of_its_sensors_and_no_others() -> None:
    forces = np.zeros((200, 8))
    forces[:, SENSORS.index("thumb")], forces[:, SENSORS.index("palm_thumb")] = 25.0, 5.0
    forces[:, SENSORS.index("index")] = 40.0
    block = scans(counts_for(forces))
    assert chain("thumb").feed(block).contact_n[-1] == pytest.approx(30.0, abs=0.1)
    assert chain("fingers").feed(block).contact_n[-1] == pytest.approx(40.0, abs=0.2)
    assert chain("hand").feed(block).contact_n[-1] == pytest.approx(70.0, abs=0.2)


def test_the_band_is_floor_plus_relative_part_plus_half_a_step() -> None:
    block = scans(counts_for(np.full((1, 8), 30.0)))
    force = chain().feed(block)
    divider = Divider(3300, 2048, 2046, half_step=1.0)
    count = int(block.counts[0, 0])
    edges = (divider.conductance_us([count, count + 2.0]) / 16.0) ** (1 / 0.9)
    half = max(edges[1] - force.newtons[0, 0], force.newtons[0, 0] - edges[0])
    assert force.uncertainty_n[0, 0] == pytest.approx(0.5 + 0.5 * force.newtons[0, 0] + half, rel=1e-5)
    assert force.contact_uncertainty_n[0] == pytest.approx(2 * force.uncertainty_n[0, 0], rel=1e-6)


def test_an_unloaded_glove_is_known_to_within_the_range_it_cannot_see() -> None:
    force = chain().feed(scans(np.zeros((50, 8))))
    assert np.all(force.newtons == 0.0)
    assert np.all(force.uncertainty_n >= 0.5)
    assert np.all(force.uncertainty_n < 0.6)


def test_below_its_range_a_sensor_is_known_only_to_lie_there() -> None:
    profile = msgspec.structs.replace(LAYOUT.profile("thumb"), range_n=(5.0, 130.0))
    force, band = sensor_table(Divider(3300, 2048, 2046, half_step=1.0), profile)
    half_width = band.half_width
    assert np.all(half_width[force < 5.0] >= 5.0)
    assert half_width[force >= 5.0][0] == pytest.approx(0.5 + 2.5, abs=0.05)


def test_a_saturated_or_overloaded_sensor_claims_no_upper_bound() -> None:
    counts = np.zeros((3, 8), np.uint16)
    counts[:, 0] = [counts_for(np.array(129.0)), counts_for(np.array(135.0)), 2046]
    force = chain().feed(scans(counts))
    assert np.isfinite(force.uncertainty_n[0, 0])
    assert np.isinf(force.uncertainty_n[1:, 0]).all()
    assert force.newtons[2, 0] == 260.0
    assert np.isinf(force.contact_uncertainty_n[1:]).all()


def test_a_count_above_the_scale_is_taken_as_the_top_of_it() -> None:
    force = chain().feed(scans(np.full((1, 8), 65535)))
    assert np.all(force.newtons == 260.0)


def test_after_an_overload_the_contact_becomes_bounded_again_when_the_filter_has_forgotten_it() -> None:
    counts = np.full((200, 8), int(counts_for(np.array(30.0))))
    counts[50, 0] = 2046
    unbounded = np.isinf(chain().feed(scans(counts)).contact_uncertainty_n)
    assert np.flatnonzero(unbounded)[0] == 50
    assert 80 < np.flatnonzero(unbounded)[-1] < 100
    clean = chain().feed(scans(np.full((200, 8), int(counts_for(np.array(30.0)))))).contact_n
    shown = chain().feed(scans(counts)).contact_n
    assert np.abs(shown - clean)[~unbounded].max() < 0.05


def test_while_letting_go_the_band_does_not_shrink_faster_than_the_force_shown() -> None:
    counts = np.repeat(counts_for(np.r_[np.full(50, 60.0), np.zeros(50)])[:, None], 8, axis=1)
    force = chain().feed(scans(counts))
    assert np.all(force.contact_uncertainty_n >= 0.49 * force.contact_n)


def test_time_counts_from_the_first_scan_and_knows_gaps() -> None:
    block = ScanBlock(np.array([10**10, 10**10 + 1, 10**10 + 900_000]), np.zeros((3, 8), np.uint16))
    assert chain().feed(block).time_s.tolist() == [0.0, 0.004, 3600.0]


def test_more_counts_never_mean_less_force() -> None:
    force, band = sensor_table(Divider(3300, 2048, 2046, half_step=1.0), LAYOUT.profile("thumb"))
    assert np.all(np.diff(force) >= 0)
    assert np.all(band.half_width >= 0.5)


def test_what_was_used_is_said() -> None:
    used = chain("palm")
    assert used.contact_sensors == ("palm_thumb", "palm_upper", "palm_side")
    assert used.filter_name == "critically damped low-pass, 2nd order, 8 Hz"
    assert used.filter_delay_s == pytest.approx(0.0255, abs=1e-4)
    assert used.verdict == "nominal, uncalibrated"


@given(st.data())
def test_forces_are_the_same_bits_however_the_stream_is_cut(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    count = 300
    counts = np.clip(rng.normal(900, 300, (count, 8)), 0, 2048)
    counts[rng.random((count, 8)) < 0.001] = 2046
    scan = 1000 + np.cumsum(rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, 5], count))
    block = scans(counts, scan)
    whole = chain("hand").feed(block)
    cut = feed_in_pieces(chain("hand"), block, data.draw(st.lists(st.integers(0, count), max_size=30)))
    for name in FIELDS:
        assert getattr(cut, name).tobytes() == getattr(whole, name).tobytes(), name
        assert getattr(cut, name).dtype == getattr(whole, name).dtype
