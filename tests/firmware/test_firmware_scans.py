"""Scans: none lost, on an exact grid, and what the pins carried."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from simulator import CPU_HZ, CYCLES_PER_TICK, Run, command, ping_fields, simulate

from nmt_sense.glove import wire
from nmt_sense.glove.wire import Kind

START_TOLERANCE = 64
FORCES = """
noise 2.0 7
force thumb 0:0 1:32 2:32 3:5
force palm_thumb 0:3 3:4
force index 0:0 3:130
millivolts ring 0:0 3:5000
millivolts palm_side 0:2500
"""
PRESSES = "1.1003 press client_stop 0.0907\n1.5031 press marker 0.2\n2.2 press client_stop 0.0063\n"


def running(rate_hz: int, seconds: float) -> Run:
    """A run with commands, garbage, presses and cues going on all the while."""
    lines = [FORCES, PRESSES, f"0.100 send {command(Kind.RATE, 1, wire.rate_fields(rate_hz))}"]
    lines.append(f"0.300 send {command(Kind.START, 2)}")
    for n in range(3, int(seconds * 10) - 1):
        lines.append(f"{n / 10 + 0.3713:.4f} send {command(Kind.PING, n & 255, ping_fields(n))}")
        lines.append(f"{n / 10 + 0.0171:.4f} send {command(Kind.CUE, n & 255, bytes([n % 6]))}")
    lines.append(f"1.9 send {command(Kind.INFO, 9)}")
    lines.append("2.7 bytes " + "a7" * 250 + "00")
    return simulate("\n".join(lines), seconds)


@pytest.fixture(
    scope="module",
    params=[
        (250, 4.0),
        (1000, 4.0),
        pytest.param((250, 60.0), marks=pytest.mark.slow),
        pytest.param((1000, 30.0), marks=pytest.mark.slow),
    ],
    ids=lambda p: f"{p[0]}Hz-{p[1]:.0f}s",
)
def run(request: pytest.FixtureRequest) -> tuple[int, Run]:
    rate_hz, seconds = request.param
    return rate_hz, running(rate_hz, seconds)


@pytest.fixture
def rate_hz(run: tuple[int, Run]) -> int:
    return run[0]


@pytest.fixture
def glove(run: tuple[int, Run]) -> Run:
    return run[1]


def first_of_rate(glove: Run) -> int:
    """Index of scan 0 in the log: the first one started after RATE had set the timer anew."""
    starts = glove.log.scan_starts
    info = glove.hellos[1].info
    assert info is not None
    off = np.abs(np.diff(starts) - info.period_ticks * CYCLES_PER_TICK)
    first = int(np.flatnonzero(off > START_TOLERANCE)[-1]) + 1
    assert 0.1 * CPU_HZ < starts[first] < 0.11 * CPU_HZ, "a scan started off its grid"
    return first


def scan_starts(glove: Run) -> np.ndarray:
    """Cycle at which each numbered scan started, by its number."""
    return glove.log.scan_starts[first_of_rate(glove) :]


def test_hello_tells_the_timing_that_is_kept(rate_hz: int, glove: Run) -> None:
    info = glove.hellos[1].info
    assert info is not None
    assert info.rate_hz == rate_hz
    conversions = glove.log.conversions
    per_scan = np.bincount(conversions[:, 3].astype(int))[first_of_rate(glove) + 2 : -2]
    assert set(per_scan) == {info.channels * info.samples_per_value}
    within_scan = np.diff(conversions[:, 3]) == 0
    skew = np.diff(conversions[:, 0])[within_scan & (np.diff(conversions[:, 1]) == 1)]
    # The cycle counter stops between instructions, so an edge is seen up to four cycles late.
    assert np.all(np.abs(skew - info.skew_ticks * CYCLES_PER_TICK) <= 4)


def test_no_scan_is_lost_and_no_frame_damaged(rate_hz: int, glove: Run) -> None:
    numbers, counts = glove.scans()
    assert np.all(np.diff(numbers) == 1)
    assert counts.shape[1] == 8
    expected = (glove.log.scan_starts[-1] - 0.3 * CPU_HZ) / CPU_HZ * rate_hz
    assert abs(len(numbers) - expected) <= 2 * 8 + 1
    assert glove.bad_frames == 0


def test_counters_stay_at_zero(glove: Run) -> None:
    status = glove.all(wire.Status)[-1]
    assert (status.overruns, status.dropped_scans) == (0, 0)
    assert status.command_errors == 1, "the garbage that was sent on purpose"
    assert status.stack_free > 300


def test_scan_starts_stay_on_an_exact_grid_without_drift(rate_hz: int, glove: Run) -> None:
    starts = scan_starts(glove)
    off_grid = starts - np.arange(len(starts)) * (CPU_HZ // rate_hz)
    assert np.ptp(off_grid) <= START_TOLERANCE
    tenth = len(starts) // 10
    assert abs(np.median(off_grid[-tenth:]) - np.median(off_grid[:tenth])) <= 2


def test_values_are_the_millivolts_at_the_pins(glove: Run) -> None:
    numbers, counts = glove.scans()
    info = glove.hellos[1].info
    assert info is not None
    first = first_of_rate(glove)
    conversions = glove.log.conversions
    shape = (len(scan_starts(glove)) + 1, info.channels)
    total, hits = np.zeros(shape), np.zeros(shape)
    index = (conversions[:, 3].astype(int) - 1 - first, conversions[:, 1].astype(int))
    ours = index[0] >= 0
    where = (index[0][ours], index[1][ours])
    np.add.at(total, where, conversions[ours, 2])
    np.add.at(hits, where, 1)
    assert np.all(hits[numbers] == info.samples_per_value)
    presented = total[numbers] / info.samples_per_value
    measured = counts / info.full_scale * info.reference_mv
    lsb = info.reference_mv / 2**info.adc_bits
    below_top = presented < info.reference_mv - lsb
    assert np.max(np.abs(measured - presented)[below_top]) <= lsb
    assert np.ptp(presented) > 4000


def test_both_buttons_are_reported_within_one_scan(rate_hz: int, glove: Run) -> None:
    starts = scan_starts(glove)
    edges = glove.all(wire.ButtonEdge)
    # The last press is too short to leave the debouncing, but long enough to count: 6.3 ms.
    assert [(edge.button, edge.down) for edge in edges] == [(b, bool(d)) for _, b, d in glove.log.buttons]
    assert [edge.sequence for edge in edges] == list(range(len(edges)))
    for edge, (cycle, _, _) in zip(edges, glove.log.buttons, strict=True):
        seen = starts[edge.scan] + edge.ticks * CYCLES_PER_TICK
        assert -START_TOLERANCE <= seen - cycle <= CPU_HZ // rate_hz


def test_data_frames_show_which_buttons_are_down(glove: Run) -> None:
    assert {data.buttons for data in glove.all(wire.Data)} == {0, 1, 2}


def test_ping_is_answered_with_the_moment_it_arrived(rate_hz: int, glove: Run) -> None:
    starts = scan_starts(glove)
    for pong in glove.all(wire.Pong):
        moment = (starts[pong.scan] + pong.ticks * CYCLES_PER_TICK) / CPU_HZ
        sent = pong.token / 10 + 0.3713
        on_the_line = 11 * 10 / wire.BAUD
        assert on_the_line <= moment - sent < on_the_line + 0.004


@pytest.mark.parametrize("rate_hz", [50, 125, 333, 999])
def test_any_rate_keeps_its_grid(rate_hz: int) -> None:
    scenario = f"0.1 send {command(Kind.RATE, 1, struct.pack('<H', rate_hz))}\n0.2 send {command(Kind.START, 2)}"
    glove = simulate(scenario, 1.5)
    info = glove.hellos[1].info
    assert info is not None
    numbers, _ = glove.scans()
    starts = glove.log.scan_starts[-len(numbers) :]
    off_grid = starts - np.arange(len(starts)) * info.period_ticks * CYCLES_PER_TICK
    assert np.ptp(off_grid) <= START_TOLERANCE
    assert abs(info.rate_hz - rate_hz) / rate_hz < 3e-4


def test_bytes_leave_at_the_promised_baud_rate() -> None:
    glove = simulate(f"0.1 send {command(Kind.START, 1)}", 1.0)
    spacing = np.diff(glove.log.sent)
    within_frame = spacing[spacing < 1000]
    assert len(within_frame) > 1000
    assert np.mean(within_frame) == pytest.approx(CPU_HZ * 10 / wire.BAUD, rel=0.01)


def streaming(rate_hz: int, happening: str) -> Run:
    scenario = f"0.1 send {command(Kind.RATE, 1, wire.rate_fields(rate_hz))}\n0.2 send {command(Kind.START, 2)}"
    return simulate(f"{scenario}\n{happening}\n1.2 send {command(Kind.STOP, 3)}", 1.4)


def test_scans_that_could_not_start_in_time_are_counted_as_overruns_and_show_as_a_gap() -> None:
    glove = streaming(1000, "0.7 stall adc 5")
    numbers, _ = glove.scans()
    gaps = np.diff(numbers) - 1
    status = glove.all(wire.Status)[-1]
    assert status.overruns == gaps.sum() == gaps.max() == 5
    assert status.dropped_scans == 0
    starts = glove.log.scan_starts[-100:]
    assert np.all(np.abs(np.diff(starts) - 16_000) <= START_TOLERANCE), "the grid is kept after the gap"


def test_scans_are_dropped_whole_and_counted_while_the_line_is_stuck() -> None:
    glove = streaming(1000, "0.7 stall line 100")
    numbers, _ = glove.scans()
    gaps = np.diff(numbers) - 1
    status = glove.all(wire.Status)[-1]
    assert status.dropped_scans == gaps.sum()
    assert gaps.max() >= 100 - 16, "the ring holds 15 scans, then the rest of the stall is lost"
    assert (status.overruns, glove.bad_frames) == (0, 0)
