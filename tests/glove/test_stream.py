"""Scan numbers that only grow, losses that are counted, and no frame that throws the numbering off."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.glove.stream import CONFIRMED_WITHIN, ScanStream
from nmt_sense.glove.wire import Data

HOURS = 250 * 3600 * 9
u32 = st.integers(0, 2**32 - 1)


def data(first: int, n: int = 2, channels: int = 1) -> Data:
    return Data(first & 0xFFFFFFFF, 0, np.full((n, channels), first & 0xFFFF, np.uint16))


def numbers(stream: ScanStream, *firsts: int) -> list[int]:
    """What frames of two scans give, fed one by one."""
    return [scan for first in firsts for scan in stream.feed([data(first)]).scan.tolist()]


@pytest.fixture
def running() -> ScanStream:
    """A stream that has taken scans 96 to 99."""
    stream = ScanStream(1)
    assert numbers(stream, 96, 98) == [96, 97, 98, 99]
    return stream


@given(st.lists(st.booleans(), min_size=1, max_size=60), u32)
def test_lost_frames_are_counted_and_numbering_goes_on_over_the_wrap(arrives: list[bool], first: int) -> None:
    stream = ScanStream(1)
    arrives = [True, *arrives, True, True]
    sent = [first + 2 * i for i, here in enumerate(arrives) if here]
    received = numbers(stream, *sent)
    assert received == [n for number in sent for n in (number, number + 1)]
    assert stream.received == len(received)
    assert stream.lost == received[-1] - received[0] + 1 - len(received)
    assert stream.repeated == stream.refused == 0


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([0, 0, 0, 3, 700])), min_size=1, max_size=30), st.data())
def test_blocks_do_not_depend_on_how_frames_are_grouped(steps: list[tuple[int, int]], cuts: st.DataObject) -> None:
    frames, first = [], 0
    for n, gap in steps:
        frames.append(data(first + gap, n))
        first += gap + n
    cut = cuts.draw(st.integers(0, len(frames)))
    whole, parts = ScanStream(1), ScanStream(1)
    together = whole.feed(frames)
    before, after = parts.feed(frames[:cut]), parts.feed(frames[cut:])
    np.testing.assert_array_equal(together.scan, np.concatenate([before.scan, after.scan]))
    np.testing.assert_array_equal(together.counts, np.concatenate([before.counts, after.counts]))
    assert (whole.lost, whole.refused) == (parts.lost, parts.refused)


def test_frames_that_continue_are_given_at_once(running: ScanStream) -> None:
    assert numbers(running, 100) == [100, 101]
    assert numbers(running, 102) == [102, 103]


def test_a_repeated_frame_is_dropped_and_counted(running: ScanStream) -> None:
    assert numbers(running, 98, 100) == [100, 101]
    assert (running.repeated, running.refused, running.lost) == (2, 0, 0)


def test_a_frame_that_comes_twice_after_a_gap_is_taken_once(running: ScanStream) -> None:
    assert numbers(running, 110, 110, 112) == [110, 111, 112, 113]
    assert (running.repeated, running.refused, running.lost) == (2, 0, 10)


@given(st.integers(3, 2**31 - 1), st.integers(0, 3))
def test_one_frame_with_a_wrong_number_costs_nothing_but_itself(leap: int, lost: int) -> None:
    stream = ScanStream(1)
    numbers(stream, 96, 98)
    true = [100 + 2 * (lost + i) for i in range(4)]
    assert numbers(stream, 99 + leap) == []
    given_out = numbers(stream, *true)
    inside = 101 + leap <= true[0]  # the gap has room for it: only its CRC could have told
    assert given_out == [
        *((99 + leap, 100 + leap) if inside else ()),
        *(n for first in true for n in (first, first + 1)),
    ]
    assert stream.refused + stream.repeated == (0 if inside else 2)


@given(u32, u32)
def test_a_wrong_first_frame_does_not_hide_the_scans_that_follow(wrong: int, first: int) -> None:
    stream = ScanStream(1)
    numbers(stream, wrong)
    true = [first + 2 * i for i in range(4)]
    credible = (first - wrong - 2) % 2**32 <= CONFIRMED_WITHIN
    given_out = numbers(stream, *true)
    assert len(given_out) == 8 + (2 if credible else 0)
    assert given_out[-1] - given_out[-8] == 7


@given(u32, st.permutations([2**31, 2**30, 3 * 2**30, 12345678]))
def test_true_frames_that_take_turns_with_wrong_ones_are_all_taken(first: int, leaps: list[int]) -> None:
    stream = ScanStream(1)
    true = [first + 2 * i for i in range(4)]
    given_out = numbers(stream, *(n for number, leap in zip(true, leaps, strict=True) for n in (number, first + leap)))
    assert len(given_out) == 8
    assert given_out[-1] - given_out[0] == 7


def test_of_two_held_frames_the_nearer_one_is_followed() -> None:
    stream = ScanStream(1)
    assert numbers(stream, 1000, 50, 1002) == [1000, 1001, 1002, 1003]
    assert stream.refused == 2


@pytest.mark.parametrize("away", [3, 250 * 30, 250 * 60, HOURS])
def test_nothing_is_lost_after_a_true_gap_of_any_length(running: ScanStream, away: int) -> None:
    assert numbers(running, 100 + away, 102 + away) == [100 + away, 101 + away, 102 + away, 103 + away]
    assert (running.lost, running.refused, running.repeated) == (away, 0, 0)


def test_where_only_every_tenth_frame_gets_through_all_of_them_are_taken(running: ScanStream) -> None:
    got = numbers(running, *range(120, 1120, 20))
    assert got == [n for first in range(120, 1120, 20) for n in (first, first + 1)]


def test_a_frame_that_cuts_into_those_before_is_not_taken(running: ScanStream) -> None:
    assert numbers(running, 99, 100) == [100, 101]
    assert (running.repeated, running.refused) == (1, 1)


def test_old_frames_played_again_change_nothing(running: ScanStream) -> None:
    numbers(running, *range(100, 1000, 2))
    assert numbers(running, *range(0, 1000, 2)) == []
    assert running.repeated == 1000
    assert numbers(running, 1000) == [1000, 1001]
    assert (running.lost, running.refused) == (0, 0)


def test_a_glove_that_counts_anew_goes_on_where_the_clock_says(running: ScanStream) -> None:
    running.resume_at(1500, tolerance=250)
    assert numbers(running, 0, 2, 4) == [1500, 1501, 1502, 1503, 1504, 1505]
    assert running.lost == 1400


def test_a_glove_that_kept_counting_is_believed(running: ScanStream) -> None:
    running.resume_at(1500, tolerance=250)
    assert numbers(running, 1490, 1492) == [1490, 1491, 1492, 1493]


@given(u32, st.sampled_from([0, 1490]))
def test_a_wrong_number_just_after_plugging_in_is_not_built_on(wrong: int, first: int) -> None:
    if (first - wrong - 2) % 2**32 <= CONFIRMED_WITHIN or wrong == first:
        return
    stream = ScanStream(1)
    numbers(stream, 96, 98)
    expected = first or 1500
    stream.resume_at(expected + wrong - first, tolerance=250)  # as counted from reads whose frames were mostly true
    given_out = numbers(stream, wrong, first, first + 2)
    assert given_out == [expected, expected + 1, expected + 2, expected + 3]
    assert stream.refused == 2


@given(st.lists(u32, min_size=1, max_size=6), st.integers(0, 2**24))
def test_numbers_only_grow_whatever_comes_after_an_absence(first: list[int], away: int) -> None:
    stream = ScanStream(1)
    numbers(stream, 96, 98)
    stream.resume_at(stream.newest + away, tolerance=250)
    given_out = numbers(stream, *(number for one in first for number in (one, (one + 2) % 2**32)))
    assert all(later > before for before, later in itertools.pairwise([99, *given_out]))


def test_two_wrong_frames_that_agree_do_not_turn_the_numbering_round(running: ScanStream) -> None:
    newest = running.newest
    running.resume_at(newest + 50, tolerance=5)
    assert numbers(running, 394_395, 4_245_094_659, 4_245_094_661)[0] == newest + 1


def test_a_frame_held_when_the_glove_goes_away_is_counted(running: ScanStream) -> None:
    numbers(running, 150)
    running.resume_at(1500, tolerance=250)
    assert numbers(running, 0, 2)[0] == 1500
    assert (running.refused, running.lost) == (2, 1400)


def test_a_frame_of_another_number_of_sensors_is_refused() -> None:
    stream = ScanStream(8)
    assert stream.feed([data(0, channels=7)]).scan.tolist() == []
    assert (stream.refused, stream.repeated) == (2, 0)


def test_counts_that_no_scan_reaches_are_refused() -> None:
    stream = ScanStream(1, full_scale=2048)
    frames = [Data(2 * i, 0, np.full((2, 1), counts, np.uint16)) for i, counts in enumerate([2047, 2048, 0, 0])]
    assert stream.feed(frames).scan.tolist() == [0, 1, 4, 5, 6, 7]
    assert (stream.refused, stream.lost) == (2, 2)
