"""A technique begun anew is mostly at another spot: each course has its own result, its sums are of all its rows."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from practised import force, run, said, table, words

from nmt_sense.coaching.protocol import protocol_of
from nmt_sense.coaching.series import series
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.thresholds import by_course, threshold, with_courses
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold, Kind

NEXT, THRESHOLD, UNDO = EventKind.NEXT, EventKind.THRESHOLD, EventKind.UNDO
PPT = load_technique("trigger-point-threshold")
assert PPT.measurement is not None
PROTOCOL = protocol_of(PPT.measurement)
SIX = (20.0, 25.0, 27.0, 40.0, 44.0, 45.0)
AGAIN_S = 3 * 40 - 5.0


def two_spots(*extra: Event) -> tuple[list[tuple[float, float]], list[Event]]:
    """Six trials at 5 N/s, each beginning at a multiple of 40 s; N after the third."""
    points, events = [(0.0, 0.0)], [said(AGAIN_S, NEXT), *extra]
    for at, newtons in zip(range(0, 240, 40), SIX, strict=True):
        points += [(at + 1.0, 0.0), (at + 1.0 + newtons / 5, newtons), (at + 1.5 + newtons / 5, 0.0)]
        events.append(said(at + 1.0 + newtons / 5, THRESHOLD))
    return [*points, (240.0, 0.0)], events


def unnumbered(rows: list[Hold]) -> list[Hold]:
    """As an older recording has them."""
    return [msgspec.structs.replace(row, course=1) for row in rows]


def test_a_threshold_at_the_next_spot_is_one_of_its_own() -> None:
    points, events = two_spots()
    coach, _ = run(PPT, force(*points), events)
    assert table(coach, "course", "repetition", "report_n") == [
        (1, 1, 20.0), (1, 2, 25.0), (1, 3, 27.0), (2, 1, 40.0), (2, 2, 44.0), (2, 3, 45.0),
    ]  # fmt: skip
    first, second = (threshold(rows, PROTOCOL) for rows in by_course(coach.holds))
    assert first is not None
    assert second is not None
    assert (first.mean_n, first.trials, first.discarded) == (pytest.approx(26.0), 2, 1)
    assert (second.mean_n, second.trials, second.discarded) == (pytest.approx(44.5), 2, 1)
    assert second.sem_n == pytest.approx(0.5)
    assert coach.situation.threshold_n == pytest.approx(44.5)  # what bands in percent follow
    assert coach.situation.course == 2


@given(st.lists(st.integers(0, 24_000), max_size=20))
@settings(max_examples=10)
def test_courses_and_their_sums_do_not_depend_on_how_the_stream_is_cut(cuts: list[int]) -> None:
    points, events = two_spots()
    (one, _), (many, _) = run(PPT, force(*points), events), run(PPT, force(*points), events, cuts)
    assert repr((one.holds, one.totals)) == repr((many.holds, many.totals))


def test_older_rows_tell_their_courses_by_a_trial_that_comes_again() -> None:
    """But one taken back is done again in the same course."""
    points, events = two_spots(said(50.0, UNDO))
    coach, _ = run(PPT, force(*points, (270.0, 0.0)), events)
    taken_back = [row for row in coach.holds if row.end == "withdrawn"]
    assert len(taken_back) == 1
    told = [row.course for row in with_courses(unnumbered(coach.holds)) if row not in taken_back]
    assert told == [row.course for row in coach.holds if row not in taken_back]
    whole, _ = run(PPT, force(*two_spots()[0]), two_spots()[1])
    assert [row.course for row in with_courses(unnumbered(whole.holds))] == [1, 1, 1, 2, 2, 2]


def strokes(count: int, from_s: float, newtons: float) -> list[tuple[float, float]]:
    """Strokes of 1.2 s every two seconds, each 0.03 N higher than the one before."""
    points = []
    for stroke in range(count):
        at, peak = from_s + 2 * stroke, newtons + 0.03 * stroke
        points += [(at, 0.0), (at + 0.3, peak), (at + 0.9, peak), (at + 1.2, 0.0)]
    return points


STROKES = load_technique("neuromuscular-strokes")


def test_the_sum_of_150_strokes_is_of_150_strokes() -> None:
    long = msgspec.structs.replace(STROKES.phases[0], strokes=150)
    coach, _ = run(msgspec.structs.replace(STROKES, phases=(long,)), force((0, 0), *strokes(150, 1.0, 6.0), (303, 0)))
    assert coach.situation.finished
    (part,) = coach.totals.parts
    assert part.series == series(coach.holds, Kind.STROKE)
    assert part.series.count == 150
    assert part.series.peak_n == pytest.approx(6.0 + 0.03 * 149 / 2, abs=0.01)


def test_strokes_of_the_next_spot_are_summed_up_by_themselves() -> None:
    made = force((0, 0), *strokes(8, 1.0, 6.0), *strokes(8, 21.0, 12.0), (40, 0))
    coach, _ = run(STROKES, made, [said(19.0, NEXT)])
    (part,) = coach.totals.parts
    assert (part.series.count, len(coach.holds)) == (8, 16)
    assert part.series.peak_n == pytest.approx(12.0 + 0.03 * 7 / 2, abs=0.01)
    assert part.series.per_min == pytest.approx(30.0)


def test_nothing_is_summed_up_before_the_end() -> None:
    going_on, _ = run(STROKES, force((0, 0), *strokes(8, 1.0, 6.0), (20, 0))[:1000], ends=False)
    assert len(going_on.holds) > 1
    assert going_on.totals.parts == ()


def test_trials_are_at_hand_however_many_rows_follow() -> None:
    """The picture of now has the newest hundred rows, of which a measurement at the beginning is none."""
    both = load_technique("ischemic-compression-percent")
    many = msgspec.structs.replace(both.phases[1], repetitions=200, hold_s=1.0, rest_s=1.0)
    technique = msgspec.structs.replace(both, phases=(both.phases[0], many))
    points, at = [(0.0, 0.0), (1.0, 0.0), (7.0, 30.0), (8.0, 35.0), (8.5, 0.0)], 12.0
    for _ in range(110):
        points += [(at, 0.0), (at + 0.2, 32.0), (at + 1.6, 32.0), (at + 1.8, 0.0)]
        at += 3.0
    marks = [said(7.0, THRESHOLD), said(8.0, EventKind.TOLERANCE)]
    coach, _ = run(technique, force(*points, (at, 0.0)), marks, ends=False)
    assert len(coach.holds) > 105
    assert not [row for row in coach.rows.newest if row.kind is Kind.RAMP]
    (trial,) = coach.totals.trials
    assert (trial.report_n, trial.tolerance_n) == (30.0, 35.0)


def test_another_spot_is_never_held_at_the_tolerance_of_the_one_before() -> None:
    percent = load_technique("ischemic-compression-percent")
    first = (0, 0), (1, 0), (9, 40), (9.3, 0), (12, 0), (14, 30), (20, 30), (20.3, 0), (25, 0)
    broken = (28, 12), (28.3, 12), (30, 0), (33, 0), (35, 30), (60, 30), (60.3, 0), (62, 0)
    reports = [said(5, EventKind.THRESHOLD), said(8.9, EventKind.TOLERANCE)]
    nexts = [said(at, EventKind.NEXT) for at in (22, 23, 28)]
    coach, cues = run(percent, force(*first, *broken), [*reports, *nexts])
    second = [row for row in coach.holds if row.course == 2]
    assert {row.kind.value for row in second} == {"ramp"}
    assert any("measure again" in told for at, told in words(cues) if at > 28)
