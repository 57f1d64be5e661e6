"""Any damage to the bytes: nothing invented, all well again within one frame, every loss counted, memory bounded."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.glove import wire
from tests.fuzz import chance, damage, programs, uart
from tests.fuzz.edits import KINDS, Edit, edited
from tests.fuzz.judge import judge
from tests.fuzz.sent import sent

TRUE = sent(6)
BODY = int(TRUE.starts[40])
END = int(TRUE.starts[50])
edits = st.builds(
    Edit, st.sampled_from(KINDS), st.integers(0, BODY - 1), st.integers(0, 300), st.binary(min_size=1, max_size=8)
)


@given(st.lists(edits, max_size=30), st.lists(st.integers(0, BODY), max_size=10))
def test_whatever_happened_to_the_bytes_all_is_well_one_frame_later(damages: list[Edit], cuts: list[int]) -> None:
    stream = TRUE.stream[:END].tobytes()
    arrived, clean = edited(stream, damages)
    ends = [0, *sorted(cuts), len(arrived)]
    outcome = judge(TRUE, [arrived[a:b] for a, b in itertools.pairwise(ends)])
    assert outcome.failures == []
    assert outcome.wrong == 0
    assert outcome.missed(TRUE.frames_between(clean, END)) <= 1
    if not damages:
        assert outcome.missed(TRUE.frames_between(0, END)) == outcome.bad_frames == outcome.lost == 0


@given(st.lists(edits, min_size=1, max_size=10))
def test_what_was_lost_shows_in_the_counters(damages: list[Edit]) -> None:
    stream = TRUE.stream[:END].tobytes()
    arrived, _ = edited(stream, damages)
    outcome = judge(TRUE, [arrived])
    frames = TRUE.frames_between(0, END)
    inside = frames[(frames >= outcome.given[0]) & (frames <= outcome.given[-1])]
    assert outcome.lost == 3 * outcome.missed(inside)
    before = int(outcome.given[0])  # damage before the first frame that was believed shows as frames, never silently
    assert before == 0 or outcome.bad_frames > 0 or outcome.refused > 0 or any(edit.kind == "drop" for edit in damages)


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=10))
def test_any_bytes_at_all_give_the_same_however_they_are_cut(noise: bytes, cuts: list[int]) -> None:
    stream = TRUE.stream[:BODY].tobytes() + noise + TRUE.stream[BODY:END].tobytes()
    ends = [0, *sorted(BODY + cut % (len(noise) + 1) for cut in cuts), len(stream)]
    whole = judge(TRUE, [stream])
    parts = judge(TRUE, [stream[a:b] for a, b in itertools.pairwise(ends)])
    np.testing.assert_array_equal(whole.given, parts.given)
    assert (whole.bad_frames, whole.lost, whole.refused) == (parts.bad_frames, parts.lost, parts.refused)


@pytest.mark.parametrize("baud", uart.BAUDS)
def test_a_receiver_at_nearly_the_right_rate_reads_all_and_any_other_invents_nothing(baud: int) -> None:
    rng = np.random.default_rng(baud)
    arrived = uart.received(uart.on_the_line(TRUE.stream[:BODY], rng), baud, break_gives_zero=True)
    outcome = judge(TRUE, [arrived.tobytes(), TRUE.stream[BODY:END].tobytes()])
    assert (outcome.wrong, outcome.failures) == (0, [])
    assert outcome.missed(TRUE.frames_between(BODY, END)) <= 1
    if abs(baud / wire.BAUD - 1) <= uart.NEAR:
        assert outcome.missed(TRUE.frames_between(0, END)) == outcome.bad_frames == 0


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_another_programs_output_is_never_taken_for_scans(name: str) -> None:
    chatter = programs.PROGRAMS[name](np.random.default_rng(1), 50_000)
    outcome = judge(TRUE, [chatter[i : i + 4096] for i in range(0, len(chatter), 4096)])
    assert (len(outcome.given), outcome.failures) == (0, [])


def test_damaged_frames_are_accepted_as_seldom_as_sixteen_bits_allow() -> None:
    candidates, passed = chance.accepted(200_000, seed=7)
    assert passed <= chance.most(candidates)


def test_the_judge_sees_an_invented_value_and_a_loss_that_nobody_counted() -> None:
    wrong = wire.frame(wire.pack(wire.Data(3, 0, TRUE.counts[3:6] ^ 1)))
    first, *rest = [wire.frame(wire.pack(wire.Data(i, 0, TRUE.counts[i : i + 3]))) for i in (0, 6, 9)]
    outcome = judge(TRUE, [first + wrong + b"".join(rest)])
    assert outcome.collisions == 1  # its CRC is right, so it counts as one of the 65536
    assert len(outcome.given) == 12
    assert outcome.missed(np.array([0, 6, 12])) == 1


@pytest.mark.parametrize("way", [damage.flip, damage.drop, damage.double, damage.burst])
def test_each_way_of_damage_leaves_alone_what_it_says_it_leaves_alone(way: damage.Damage) -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        arrived, clean = way(rng, TRUE.stream[:BODY])
        well = TRUE.stream[clean:BODY]
        np.testing.assert_array_equal(arrived[len(arrived) - len(well) :], well)
