from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.app.widgets.columns import columns, gaps, line

PERIOD_S = 0.004


@st.composite
def traces(draw):
    count = draw(st.integers(1, 400))
    missing = draw(st.sets(st.integers(0, count - 1), max_size=count - 1))
    kept = [scan for scan in range(count) if scan not in missing]
    start = draw(st.integers(0, 100_000))
    seed = draw(st.integers(0, 2**32 - 1))
    value = np.random.default_rng(seed).normal(30, 5, len(kept))
    return (np.array(kept) + start) * PERIOD_S, value


@given(traces(), st.sampled_from([0.004, 0.0101, 0.016, 0.05]))
def test_each_column_shows_the_lowest_and_highest_of_its_samples(trace, column_s):
    time_s, value = trace
    made = columns(time_s, value, column_s, PERIOD_S)
    index = np.floor(time_s / column_s).astype(int)
    assert [value[index == k].min() for k in np.unique(index)] == made.low.tolist()
    assert [value[index == k].max() for k in np.unique(index)] == made.high.tolist()


@given(traces(), st.integers(1, 399))
def test_a_column_keeps_its_look_while_it_scrolls(trace, drop):
    time_s, value = trace
    whole = columns(time_s, value, 0.016, PERIOD_S)
    later = columns(time_s[drop:], value[drop:], 0.016, PERIOD_S)
    kept = len(later.low) - 1
    if kept > 0:
        assert later.low[-kept:].tolist() == whole.low[-kept:].tolist()
        assert later.time_s[-kept:].tolist() == whole.time_s[-kept:].tolist()


@given(traces())
def test_the_line_never_bridges_a_gap(trace):
    time_s, value = trace
    x, _, joined = line(columns(time_s, value, 0.016, PERIOD_S))
    for start, end in gaps(time_s, PERIOD_S):
        crossing = (x[:-1] <= start - 0.016) & (x[1:] >= end + 0.016)
        assert not (crossing & joined[:-1]).any()


@given(traces())
def test_every_missing_scan_lies_in_a_gap(trace):
    time_s, _ = trace
    scans = np.round(time_s / PERIOD_S).astype(int)
    missing = sorted(set(range(scans[0], scans[-1] + 1)) - set(scans.tolist()))
    holes = gaps(time_s, PERIOD_S)
    assert all(any(a < scan * PERIOD_S < b for a, b in holes) for scan in missing)
    assert len(holes) == sum(np.diff(scans) > 1)


def test_a_falling_column_is_drawn_from_its_highest_value():
    made = columns(np.array([0.0, 0.004, 0.008]), np.array([9.0, 5.0, 1.0]), 0.016, PERIOD_S)
    assert line(made)[1].tolist() == [9.0, 1.0]


def test_no_samples_make_no_columns():
    assert len(columns(np.empty(0), np.empty(0), 0.016, PERIOD_S).low) == 0
