"""A clock under late arrivals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.blocks import Arrivals
from nmt_sense.glove.clock import HostClock, fit_arrivals


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
