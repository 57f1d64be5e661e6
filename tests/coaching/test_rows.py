"""A sitting of any length has all its rows in the end, and little of them in the way meanwhile."""

from __future__ import annotations

import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.coaching.rows import RECENT, Rows
from nmt_sense.coaching.sheet import _BLANK
from nmt_sense.holds import Hold, HoldEnd, Kind

FIRST = Hold(**_BLANK, number=1, start_s=0.0, end_s=1.0, kind=Kind.HOLD, end=HoldEnd.COMPLETED)  # type: ignore[arg-type]


def row(number: int) -> Hold:
    return msgspec.structs.replace(FIRST, number=number, start_s=1.0 * number)


@given(st.integers(0, 5 * RECENT), st.integers(0, 5 * RECENT))
def test_however_many_there_are_each_comes_back_as_it_was(many: int, since: int) -> None:
    rows, wanted = Rows(), [row(number) for number in range(1, many + 1)]
    for each in wanted:
        rows.append(each)
    assert len(rows) == many
    assert repr(rows.since(0)) == repr(wanted)  # NaN is not itself
    assert repr(rows.since(since)) == repr(wanted[since:])
    assert repr(rows.newest) == repr(tuple(wanted[-RECENT:]))
    assert (rows.last is None) == (many == 0)


def test_the_newest_can_still_change() -> None:
    rows = Rows()
    rows.append(row(1))
    assert len(rows.newest) == 1
    rows.amend(1, let_go_s=0.5)
    assert rows.last is not None
    assert rows.newest[0].let_go_s == rows.last.let_go_s == 0.5
    assert math.isnan(rows.last.mean_n)


def test_a_row_of_long_ago_can_still_change() -> None:
    rows = Rows()
    for number in range(1, 3 * RECENT + 1):
        rows.append(row(number))
    rows.amend(7, pain_last=3.0)
    assert [each.number for each in rows.since(0) if each.pain_last == 3.0] == [7]
    assert len(rows) == 3 * RECENT


def test_trials_are_kept_apart_as_they_are_now() -> None:
    rows, trial = Rows(), msgspec.structs.replace(FIRST, kind=Kind.RAMP, report_n=20.0)
    rows.append(trial)
    for number in range(2, 3 * RECENT):
        rows.append(row(number))
    before = rows.changes
    rows.amend(1, end=HoldEnd.WITHDRAWN)
    assert (
        repr(rows.trials) == repr((msgspec.structs.replace(trial, end=HoldEnd.WITHDRAWN),)) == repr((rows.since(0)[0],))
    )
    assert rows.changes == before + 1
