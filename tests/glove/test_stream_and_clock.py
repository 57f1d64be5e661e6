"""Scan numbers that only grow, losses that are counted, and a clock under late arrivals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.blocks import Arrivals
from nmt_sense.glove.clock import HostClock, fit_arrivals
from nmt_sense.glove.stream import ScanStream
from nmt_sense.glove.wire import Data


def data(first: int, n: int = 2, channels: int = 1) -> Data:
    return Data(first & 0xFFFFFFFF, 0, np.full((n, channels), first & 0xFFFF, np.uint16))


def numbers(stream: ScanStream, frames: list[Data]) -> list[int]:
    return stream.feed(frames).scan.tolist()


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 2**32 - 1))
def test_lost_frames_are_counted_and_numbering_goes_on_over_the_wrap(arrives: list[bool], first: int) -> None:
    stream = ScanStream(1)
    sent = [first + 2 * i for i, here in enumerate(arrives) if here]
    received = [n for number in sent for n in numbers(stream, [data(number)])]
    assert received == [n for number in sent for n in (number, number + 1)]
    assert stream.received == len(received)
    assert stream.lost == (received[-1] - received[0] + 1 - len(received) if received else 0)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.data())
def test_blocks_do_not_depend_on_how_frames_are_grouped(sizes: list[int], cuts: st.DataObject) -> None:
    firsts = np.cumsum([0, *sizes[:-1]])
    frames = [data(int(first), n) for first, n in zip(firsts, sizes, strict=True)]
    cut = cuts.draw(st.integers(0, len(frames)))
    whole, parts = ScanStream(1), ScanStream(1)
    together = whole.feed(frames)
    first, second = parts.feed(frames[:cut]), parts.feed(frames[cut:])
    np.testing.assert_array_equal(together.scan, np.concatenate([first.scan, second.scan]))
    np.testing.assert_array_equal(together.counts, np.concatenate([first.counts, second.counts]))


def test_a_repeated_frame_is_dropped_and_counted() -> None:
    stream = ScanStream(1)
    assert numbers(stream, [data(10), data(10), data(12)]) == [10, 11, 12, 13]
    assert stream.repeated == 2


def test_a_glove_that_counts_anew_goes_on_where_the_clock_says() -> None:
    stream = ScanStream(1)
    numbers(stream, [data(1000)])
    stream.resume_at(1500, tolerance=250)
    assert numbers(stream, [data(0), data(2)]) == [1500, 1501, 1502, 1503]
    assert stream.lost == 498


def test_a_glove_that_kept_counting_is_believed() -> None:
    stream = ScanStream(1)
    numbers(stream, [data(1000)])
    stream.resume_at(1500, tolerance=250)
    assert numbers(stream, [data(1490)]) == [1490, 1491]


def test_a_frame_of_another_number_of_sensors_is_not_taken() -> None:
    stream = ScanStream(8)
    assert numbers(stream, [data(0, channels=7)]) == []
    assert stream.repeated == 2


def arrivals_of(rng: np.random.Generator, ppm: float, seconds: float = 180.0) -> tuple[Arrivals, np.ndarray]:
    """Arrivals through a 16 ms adapter timer with stalls, and the true time of each scan, s."""
    scan = np.arange(2, round(seconds * 250), 3)
    true_s = scan * 0.004 / (1 + ppm * 1e-6)
    late = np.ceil((true_s + 1.5e-3) / 0.016) * 0.016 + rng.exponential(5e-5, len(scan))
    stalled = rng.uniform(0, seconds, 9)
    for start in stalled:
        inside = (late >= start) & (late < start + 0.08)
        late[inside] = start + 0.08
    kept = rng.random(len(scan)) > 5e-4
    host = np.maximum.accumulate(late[kept])
    return Arrivals(scan[kept], (host * 1e9).astype(np.int64)), true_s[kept]


@pytest.mark.parametrize("ppm", [-3000.0, 1000.0, 3000.0])
def test_the_fitted_clock_is_right_to_two_milliseconds_although_arrivals_are_16_ms_late(ppm: float) -> None:
    arrivals, true_s = arrivals_of(np.random.default_rng(7), ppm)
    clock = HostClock(0.004)
    errors = []
    for scan, host_ns, true in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), true_s, strict=True):
        clock.add(scan, host_ns)
        errors.append(clock.host_ns(scan) / 1e9 - true)
    settled = np.array(errors)[true_s > 120]
    assert 0 < settled.mean() < 1.5e-3 + 2e-3  # the wire, and at most 2 ms
    assert np.quantile(abs(settled - settled.mean()), 0.99) < 1e-3
    assert clock.drift_ppm == pytest.approx(ppm, abs=30)
    assert 10 < clock.jitter_p99_ms < 25


@given(st.lists(st.integers(0, 80_000_000), min_size=2, max_size=400))
def test_fitted_time_never_steps_back_whatever_the_delays(delays: list[int]) -> None:
    clock = HostClock(0.02)
    host, fitted = 0, []
    for i, delay in enumerate(delays):
        host = max(host, i * 20_000_000 + delay)
        clock.add(i, host)
        if i >= 50:  # in the first second the clock still looks for its first minimum
            fitted.append(clock.host_ns(i))
    assert all(later > earlier for earlier, later in itertools.pairwise(fitted))


def test_a_refit_from_the_stored_pairs_is_the_same_clock() -> None:
    arrivals, _ = arrivals_of(np.random.default_rng(3), 500.0, seconds=70.0)
    live = HostClock(0.004)
    for scan, host_ns in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
        live.add(scan, host_ns)
    again = fit_arrivals(0.004, arrivals)
    assert again.host_ns(12345) == live.host_ns(12345)
    assert again.scan_at(live.host_ns(12345)) == pytest.approx(12345, abs=1e-6)
