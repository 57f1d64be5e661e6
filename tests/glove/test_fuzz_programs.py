"""The fuzzer's own programs, without the fuzzer: frames with right CRCs and absurd fields, gaps, leaps, absences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.program import INFO, TEMPLATES, Line, run, seeds

SEEDS = list(seeds())
number = st.integers(0, 255)
instructions = st.one_of(
    st.sampled_from(SEEDS),
    st.builds(bytes, st.tuples(st.integers(0, 8), number)),
    st.builds(lambda body: bytes([3, len(body)]) + body, st.binary(min_size=1, max_size=60)),
    st.builds(
        lambda which, at, n, value: bytes([4, which, at, n, len(value)]) + value,
        st.integers(0, len(TEMPLATES) - 1), number, st.integers(0, 4), st.binary(max_size=8),
    ),
)  # fmt: skip


@pytest.mark.parametrize("program", SEEDS, ids=range(len(SEEDS)))
def test_what_the_search_begins_with_keeps_every_promise(program: bytes) -> None:
    run(program)


@given(st.lists(instructions, max_size=20))
def test_frames_with_right_crcs_and_absurd_fields_break_nothing(programs: list[bytes]) -> None:
    run(b"".join(programs))


def test_true_frames_reach_the_force_chain() -> None:
    line = Line(bytes([0, 8]))
    line.run()
    assert (line.stream.received, line.stream.lost) == (8 * INFO.scans_per_frame, 0)
