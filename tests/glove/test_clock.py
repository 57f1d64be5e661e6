"""A clock under late arrivals: right to half a millisecond, never stepping back, the same again from stored pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.blocks import Arrivals
from nmt_sense.glove.clock import NUMBERED_ANEW, PAUSE_S, HostClock, fit_arrivals
from tests.glove.adapter import LINE_S, PERIOD_S, Kind, Scene, errors_ms

PINGED = [
    Scene(ppm, wander, timer_s, kind, seconds=240)
    for ppm, wander, timer_s, kind in [
        (3000.0, "brisk", 0.016, "timer"),
        (-3000.0, "walk", 0.016, "packets"),
        (1000.0, "brisk", 0.016, "packets"),
        (150.0, "slow", 0.016, "timer"),
        (0.0, "slow", 0.016, "timer"),
        (0.0, "brisk", 0.001, "packets"),
        (-150.0, "walk", 0.0, "timer"),
    ]
]


PLAIN = [
    Scene(3000.0, "brisk", 0.016, seconds=240),
    Scene(-3000.0, "walk", 0.016, seconds=240),
    Scene(-1000.0, "slow", 0.016, seconds=240),
    Scene(3000.0, "walk", 0.016, "packets", seconds=240),
    Scene(-1000.0, "brisk", 0.016, "packets", seconds=240),
    Scene(150.0, "slow", 0.016, "packets", seconds=240),
    Scene(1000.0, "brisk", 0.001, seconds=240),
    Scene(-150.0, "walk", 0.0, seconds=240),
]


@pytest.mark.parametrize("scene", PLAIN)
def test_without_pings_time_is_right_although_arrivals_are_16_ms_late(scene: Scene) -> None:
    errors, _, _ = errors_ms(scene)
    assert -0.1 < errors.mean() < 2  # beyond conversion and wire
    assert np.quantile(abs(errors - errors.mean()), 0.99) < 0.5


@pytest.mark.parametrize("kind", ["timer", "packets"])
def test_without_pings_in_step_with_the_timer_time_is_late_by_no_more_than_one_of_its_phases(kind: Kind) -> None:
    errors, _, _ = errors_ms(Scene(0.0, "slow", 0.016, kind, seconds=240))
    assert errors.min() > -0.5
    assert errors.max() < 4.5  # 12 ms frames meet a 16 ms timer every 4 ms, somewhere in between


@pytest.mark.parametrize("scene", PINGED)
def test_with_pings_time_is_right_even_in_step_with_the_adapters_timer(scene: Scene) -> None:
    errors, clock, _ = errors_ms(scene, pings=True)
    assert -1.5 < errors.mean() + LINE_S * 1e3 < 0  # of the scan itself: early by the shortest way out
    assert np.quantile(abs(errors - errors.mean()), 0.99) < 0.5
    assert clock.drift_ppm == pytest.approx(scene.ppm, abs=80)
    assert clock.jitter_p99_ms < 25


def test_arrivals_are_expected_as_late_as_they_come_once_pings_say_when_scans_are() -> None:
    scene = PINGED[0]
    _, plain, _ = errors_ms(scene)
    _, pinged, _ = errors_ms(scene, pings=True)
    assert plain.arrival_lag_ns == 0.0
    assert pinged.arrival_lag_ns / 1e6 == pytest.approx(LINE_S * 1e3, abs=1.0)
    assert pinged.jitter_p99_ms == pytest.approx(plain.jitter_p99_ms, abs=0.7)


@pytest.mark.parametrize("pings", [False, True])
def test_a_refit_from_the_stored_pairs_is_the_same_clock_to_the_bit(pings: bool) -> None:
    scene = Scene(ppm=500.0, seconds=100)
    _, live, _ = errors_ms(scene, pings)
    again = fit_arrivals(PERIOD_S, scene.arrivals(), scene.pings() if pings else None)
    assert [again.host_ns(scan) for scan in (0, 12_345, 24_990.5)] == [live.host_ns(s) for s in (0, 12_345, 24_990.5)]
    assert (again.drift_ppm, again.jitter_p99_ms) == (live.drift_ppm, live.jitter_p99_ms)


@pytest.mark.parametrize("scan", [-500.0, 12_345.25, 24_700.0, 24_990.0, 30_000.0])
def test_scan_at_is_the_inverse_of_host_ns(scan: float) -> None:
    clock = fit_arrivals(PERIOD_S, Scene(ppm=500.0, seconds=100).arrivals())
    assert clock.scan_at(clock.host_ns(scan)) == pytest.approx(scan, abs=1e-4)


steps = st.one_of(st.integers(-5, 300), st.sampled_from([1, 3, 250, 2**33]))
jumps = st.one_of(st.integers(-(10**8), 10**9), st.sampled_from([0, 12_000_000, 10**12, -(10**12), 2**50]))
walks = st.lists(st.tuples(steps, jumps), min_size=1, max_size=300)


def pairs_of(walk: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    scan, host_ns = np.cumsum(np.array(walk, np.int64), axis=0).T
    return scan, host_ns


@given(walks, st.lists(st.tuples(st.integers(-5, 50_000), st.integers(-(2**60), 2**60)), max_size=30))
def test_time_never_steps_back_whatever_comes(walk: list[tuple[int, int]], pings: list[tuple[int, int]]) -> None:
    clock = HostClock(PERIOD_S)
    for scan, host_ns in pings:
        clock.add_ping(scan, host_ns)
    newest, fitted = -(10**9), []
    for scan, host_ns in zip(*(column.tolist() for column in pairs_of(walk)), strict=True):
        clock.add(scan, host_ns)
        if scan > newest:
            newest = scan
            fitted.append(clock.host_ns(scan))
    assert all(later > earlier for earlier, later in itertools.pairwise(fitted))


@given(st.lists(st.integers(0, 80_000_000), min_size=2, max_size=400))
def test_time_never_steps_back_under_late_arrivals_from_the_first_on(delays: list[int]) -> None:
    clock = HostClock(0.02)
    host, fitted = 0, []
    for i, delay in enumerate(delays):
        host = max(host, i * 20_000_000 + delay)
        clock.add(i, host)
        fitted.append(clock.host_ns(i))
    assert all(later > earlier for earlier, later in itertools.pairwise(fitted))


@given(walks, st.lists(st.integers(0, 300), max_size=8))
def test_pairs_in_bulk_are_the_same_clock_however_they_are_cut(walk: list[tuple[int, int]], cuts: list[int]) -> None:
    scan, host_ns = pairs_of(walk)
    single, bulk = HostClock(PERIOD_S), HostClock(PERIOD_S)
    for pair in zip(scan.tolist(), host_ns.tolist(), strict=True):
        single.add(*pair)
    for part in np.split(np.arange(len(scan)), sorted(cuts)):
        bulk.add_many(scan[part], host_ns[part])
    probes = [scan[0] - 1000, scan[-1], scan.max() + 0.5, scan.max() + 10_000]
    assert [single.host_ns(float(at)) for at in probes] == [bulk.host_ns(float(at)) for at in probes]
    assert (single.drift_ppm, single.jitter_p99_ms) == (bulk.drift_ppm, bulk.jitter_p99_ms)


def steady(clock: HostClock, scans: range, late_ns: int = 0) -> None:
    """Frames of three scans at 250 Hz that all come at once."""
    for scan in scans:
        clock.add(scan, scan * 4_000_000 + late_ns)


def test_a_glove_that_was_away_and_is_numbered_anew_is_fitted_anew() -> None:
    clock = HostClock(PERIOD_S)
    steady(clock, range(2, 60 * 250, 3))
    steady(clock, range(63 * 250, 66 * 250, 3), late_ns=9_000_000)  # the numbering differs by 9 ms from before
    assert clock.host_ns(66 * 250) - 66 * 250 * 4_000_000 == pytest.approx(9e6, abs=1e5)
    assert abs(clock.drift_ppm) < 1


def test_a_program_that_was_stopped_reads_old_scans_late_and_time_stays_right() -> None:
    clock = HostClock(PERIOD_S)
    steady(clock, range(2, 60 * 250, 3))
    for scan in range(60 * 250 + 2, 63 * 250, 207):  # three seconds of scans wait in the port and come as 4 kB pieces
        clock.add(scan, 63 * 250 * 4_000_000 + scan)
    steady(clock, range(63 * 250 + 2, 66 * 250, 3))
    assert clock.host_ns(66 * 250) == pytest.approx(66 * 250 * 4_000_000, abs=2e4)
    assert abs(clock.drift_ppm) < 10


@pytest.mark.parametrize("before", [1, 60])
def test_old_scans_read_after_a_pause_do_not_tilt_the_line(before: int) -> None:
    clock = HostClock(PERIOD_S)
    steady(clock, range(2, before * 250, 3))
    end = (before + 2) * 250
    for scan in range(before * 250 + 150, end, 150):  # more than half a second in each piece
        clock.add(scan, end * 4_000_000 + scan)
    for seconds in range(1, 20):
        steady(clock, range(end + (seconds - 1) * 250 + 2, end + seconds * 250, 3))
        if seconds > 2:
            at = end + seconds * 250
            assert clock.host_ns(at) == pytest.approx(at * 4_000_000, abs=1e6)


@pytest.mark.parametrize("piece", [3, 150, 300])
@pytest.mark.parametrize("before", [3, 60])
def test_after_a_pause_in_which_the_port_overflowed_time_is_right_again(before: int, piece: int) -> None:
    clock = HostClock(PERIOD_S)
    steady(clock, range(2, before * 250, 3))
    back = (before + 20) * 250
    for scan in range(before * 250 + piece, before * 250 + 1000, 65):  # what the port had room for, then what comes now
        clock.add(scan, back * 4_000_000 + scan)
    for second in range(90):
        begin = back + second * 250
        steady(clock, range(begin + 2, begin + 250, 3))
        assert clock.host_ns(begin + 250) == pytest.approx((begin + 250) * 4_000_000, abs=1e6)


def test_arrivals_that_prove_time_to_be_late_are_followed_at_once() -> None:
    clock = HostClock(PERIOD_S)
    steady(clock, range(2, 20 * 250, 3), late_ns=30_000_000)
    steady(clock, range(20 * 250 + 2, 20 * 250 + 50, 3))
    assert clock.host_ns(20 * 250 + 50) == pytest.approx((20 * 250 + 50) * 4_000_000, abs=1.1e6)


def test_a_first_scan_that_came_late_is_made_up_for_within_the_second() -> None:
    clock = HostClock(PERIOD_S)
    clock.add(0, 300_000_000)
    steady(clock, range(76, 300))
    assert clock.host_ns(299) == pytest.approx(299 * 4_000_000, abs=1e3)


def test_pings_of_before_a_pause_are_of_another_numbering() -> None:
    clock = HostClock(PERIOD_S)
    steady(clock, range(2, 40 * 250, 3), late_ns=5_000_000)
    for second in range(40):
        clock.add_ping(second * 250 + 100, (second * 250 + 100) * 4_000_000)
    pause = 2 + round(PAUSE_S * 250)
    steady(clock, range(40 * 250 + pause, 45 * 250, 3), late_ns=-3_000_000)
    assert clock.host_ns(45 * 250) == pytest.approx(45 * 250 * 4_000_000 - 3e6, abs=1e5)


def test_pings_of_before_a_glove_counted_anew_do_not_hold_its_new_numbers_back() -> None:
    """Also when it was away for so short a time that no pause shows in the pairs."""
    late = {}
    for told in (False, True):
        clock = HostClock(PERIOD_S)
        for second in range(20):
            clock.add_ping(second * 250, second * 10**9 - 300_000)
        if told:
            clock.add_ping(20 * 250 + 1, NUMBERED_ANEW)
        clock.add_ping(20 * 250 + 50, (20 * 250 + 50) * 4_000_000 - 5_300_000)
        steady(clock, range(2, 20 * 250, 3), late_ns=15_000_000)
        steady(clock, range(20 * 250 + 41, 23 * 250, 3), late_ns=10_000_000)  # numbered 5 ms ahead of before
        late[told] = (clock.host_ns(23 * 250) - 23 * 10**9) / 1e6
    assert late[False] > -2.0, "so much they would"
    assert late[True] == pytest.approx(-5.3, abs=1.0)  # the arrivals bend the line a little


def test_a_ping_that_contradicts_the_arrivals_is_not_believed() -> None:
    clock = HostClock(PERIOD_S)
    for second in range(40):
        clock.add_ping(second * 250, second * 10**9 + 20_000_000)
    steady(clock, range(2, 40 * 250, 3))
    assert clock.host_ns(40 * 250) == pytest.approx(40 * 10**9, abs=1e4)


def test_without_a_pair_there_is_no_time() -> None:
    clock = HostClock(PERIOD_S)
    clock.add_many(np.empty(0, np.int64), np.empty(0, np.int64))
    with pytest.raises(ValueError, match="no arrival"):
        clock.host_ns(0)
    with pytest.raises(ValueError, match="no arrival"):
        clock.scan_at(0)
    assert fit_arrivals(PERIOD_S, Arrivals(np.empty(0, np.int64), np.empty(0, np.int64))).jitter_p99_ms == 0.0
