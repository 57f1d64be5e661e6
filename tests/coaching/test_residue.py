"""A sensor that was loaded reads a few percent of it for a while: no hand, no press, no more words to let go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from practised import force, run, said, words
from presses import PERIOD_S, block, pieces

from nmt_sense.coaching.residue import Residue
from nmt_sense.coaching.technique import load_technique
from nmt_sense.events import EventKind

CREEP = 0.02
"""Per decade, as the virtual glove's."""
CREEP_S = (1.0, 10.0, 100.0)
THRESHOLD = load_technique("trigger-point-threshold")


def crept(made: np.ndarray) -> np.ndarray:
    """As a sensor with creep shows it: three exponentials, each a share of what it was loaded with."""
    shown = made.copy()
    for seconds in CREEP_S:
        keep, slow = np.exp(-PERIOD_S / seconds), 0.0
        for row, newtons in enumerate(made):
            slow = keep * slow + (1 - keep) * newtons
            shown[row] += CREEP * slow
    return shown


def trials(newtons: float, held_s: float) -> np.ndarray:
    """Three trials, each held for so long after the report, a rest of 35 s after each."""
    points = [(0.0, 0.0), (2.0, 0.0)]
    for _ in range(3):
        begin = points[-1][0]
        up = begin + newtons / 5
        points += [(up, newtons), (up + held_s, newtons), (up + held_s + 0.2, 0.0), (up + held_s + 35, 0.0)]
    return force(*points)


@pytest.mark.parametrize(("newtons", "held_s"), [(40.0, 20.0), (80.0, 2.0), (95.0, 20.0)])
def test_every_trial_is_seen_although_the_sensor_does_not_come_down_to_nothing(newtons: float, held_s: float) -> None:
    made = trials(newtons, held_s)
    on = np.flatnonzero((made[1:] >= newtons) & (made[:-1] < newtons)) + 1
    reports = [said(float(row) * PERIOD_S, EventKind.CLIENT_STOP) for row in on]
    shown = crept(made)
    off = np.flatnonzero((made[1:] <= 0) & (made[:-1] > 0)) + 1
    assert shown[off[0]] > THRESHOLD.contact.release_n  # else there is nothing to see
    coach, cues = run(THRESHOLD, shown, reports)
    assert [hold.end.value for hold in coach.holds] == ["reported"] * 3
    off_s = off * PERIOD_S
    told_s = [time_s for time_s, text in words(cues) if text == "Let go."]
    late = [time_s for time_s in told_s if any(hand <= time_s < hand + 30 for hand in off_s)]
    assert all(time_s <= off_s[np.searchsorted(off_s, time_s) - 1] + 1.0 for time_s in late)
    assert all(hold.let_go_s <= held_s + 1.0 for hold in coach.holds)


def test_a_press_begins_at_the_plain_threshold_once_the_sensor_has_come_down() -> None:
    made = force((0, 0), (1, 0), (9, 80), (9.5, 0), (10, 0), (11, 2.5), (13, 2.5), (13.1, 0), (14, 0))
    coach, _ = run(THRESHOLD, made)
    assert [round(hold.start_s, 2) for hold in coach.holds] == [1.2, 10.8]


def test_a_hand_that_comes_back_before_the_sensor_has_come_down_is_seen() -> None:
    made = force((0, 0), (1, 0), (9, 80), (9.5, 2.5), (12, 2.4), (14, 30), (15, 30), (15.3, 1.8), (18, 1.5))
    coach, _ = run(THRESHOLD, made)
    assert [round(hold.start_s) for hold in coach.holds] == [1, 12]
    assert [hold.end.value for hold in coach.holds] == ["released"] * 2


def test_a_light_band_can_be_reached_after_a_heavy_press() -> None:
    light = load_technique("myofascial-release").with_target(low_n=3.0)
    made = force((0, 0), (1, 0), (2, 95), (3, 95), (3.2, 2.5), (4, 2.5), (4.5, 3.5), (12, 3.5), (12.2, 0), (14, 0))
    coach, _ = run(light, made)
    assert coach.holds[-1].in_band_s == pytest.approx(7.8, abs=0.1)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3000), max_size=30))
def test_residue_is_the_same_however_the_stream_is_cut(seed: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    points = np.cumsum(rng.uniform(0.2, 3, 20)), rng.choice([0.0, 0.9, 1.1, 2.0, 3.0, 40.0, 100.0], 20)
    whole = block(np.interp(np.arange(3000) * PERIOD_S, *points) + rng.normal(0, 0.05, 3000))
    at_once = Residue(1.0).feed(whole)
    in_pieces = Residue(1.0)
    joined = np.concatenate([in_pieces.feed(piece) for piece in pieces(whole, cuts) if len(piece)])
    np.testing.assert_array_equal(joined, at_once)
