"""Next (key N) with a hand on: what it ends is kept, and what comes begins when the hand is off."""

from __future__ import annotations

from practised import force, pain, run, said, table, words

from nmt_sense.coaching.technique import load_technique
from nmt_sense.events import EventKind
from nmt_sense.holds import HoldEnd

NEXT = EventKind.NEXT
COMPRESSION = load_technique("ischemic-compression")
STROKES = load_technique("neuromuscular-strokes")
RELAXATION = load_technique("post-isometric-relaxation")
CONTRACTED = [(0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0), (8.5, 15), (16.5, 15), (17, 0)]
"""Maximum, contraction until 15.34 s, relaxing until 18.35 s; then stretching."""


def test_next_in_a_stroke_keeps_the_stroke_and_says_let_go() -> None:
    made = force((0, 0), (1, 0), (1.5, 9), (2.5, 9), (3, 0), (4, 0), (4.5, 9), (6.5, 9), (7, 0), (9, 0))
    coach, cues = run(STROKES, made, [said(5.5, NEXT)])
    assert table(coach, "repetition", "end_s", "let_go_s", "end") == [
        (1, 2.95, None, "completed"),
        (2, 5.5, 1.45, "operator"),
    ]
    assert words(cues)[1:] == [(5.5, "Let go."), (7.25, "Finished.")]
    assert coach.situation.finished


def test_next_between_two_strokes_ends_the_series_at_once() -> None:
    coach, cues = run(STROKES, force((0, 0), (1, 0), (1.5, 9), (2.5, 9), (3, 0), (6, 0)), [said(4, NEXT)])
    assert (table(coach, "end"), words(cues)[1:]) == ([("completed",)], [(4.0, "Finished.")])


def test_what_begins_anew_with_a_hand_on_begins_when_that_is_off() -> None:
    made = force((0, 0), (2, 0), (2.5, 9), (6, 9), (6.5, 0), (8, 0), (8.5, 9), (9.5, 9), (10, 0), (11, 0))
    coach, cues = run(STROKES, made, [said(1, NEXT), said(4, NEXT)])
    assert words(cues)[1:] == [(1.0, "Finished."), (4.0, "Let go."), (6.0, "Let go."), (6.75, STROKES.phases[0].say)]
    assert table(coach, "start_s", "end") == [(8.09, "completed")]


def test_next_in_a_stretch_makes_no_contraction_of_the_hand_that_stretches() -> None:
    stretched = [(20, 0), (20.5, 12), (30, 12), (30.5, 0), (33, 0), (33.5, 15), (42, 15), (42.5, 0), (44, 0)]
    coach, cues = run(RELAXATION, force(*CONTRACTED, *stretched), [said(25, NEXT)], ends=False)
    assert table(coach, "kind", "round", "start_s", "end")[3:5] == [
        ("stretch", 1, 18.36, "operator"),
        ("hold", 2, 33.1, "completed"),
    ]
    told = [(25.0, "Let go."), (27.0, "Let go."), (29.0, "Let go."), (30.92, RELAXATION.phases[1].say)]
    assert [word for word in words(cues) if 25 <= word[0] < 31] == told
    asked, _ = run(RELAXATION, force(*CONTRACTED, *stretched)[:2800], [said(25, NEXT)], ends=False)
    assert (asked.situation.let_go, asked.situation.phase, asked.situation.repetition) == (True, 2, 1)


def test_a_client_s_stop_counts_while_the_hand_has_to_come_off_before_the_first_trial() -> None:
    made = force((0, 0), (2, 0), (2.5, 9), (6, 9), (6.5, 0), (8, 0), (9, 5), (10, 5), (11, 0))
    events = [said(1, NEXT), said(4, NEXT), said(5, EventKind.CLIENT_STOP)]
    coach, _ = run(load_technique("trigger-point-threshold"), made, events, ends=False)
    assert (coach.situation.halted, coach.holds) == (HoldEnd.CLIENT_STOP, [])


def test_next_from_relaxing_to_stretching_leaves_the_hand_where_it_is() -> None:
    made = force(*CONTRACTED, (17.2, 0), (17.4, 12), (60, 12))
    coach, cues = run(RELAXATION, made, [said(18, NEXT)], ends=False)
    assert table(coach, "kind", "end")[2:4] == [("relax", "operator"), ("stretch", "completed")]
    assert "Let go." not in dict(words(cues)).values()


def test_next_after_pain_ended_a_free_hold_goes_on_and_ends_nothing() -> None:
    """Whoever has learned that a stop asks for key N uses it here too, and the presses that follow count."""
    made = force((0, 0), (1, 0), (2, 32), (6, 32), (6.5, 0), (9, 0), (10, 32), (14, 32), (14.5, 0), (17, 0))
    coach, cues = run(COMPRESSION, made, [pain(5, 9), said(8, NEXT)])
    assert table(coach, "end") == [("pain_ceiling",), ("released",)]
    assert (8.0, COMPRESSION.phases[0].say) in words(cues)
    assert not coach.situation.finished
    coach, _ = run(COMPRESSION, made, [pain(5, 9), said(8, NEXT), said(8.5, NEXT)])
    assert coach.situation.finished
    coach, _ = run(COMPRESSION, made, [pain(5, 9), said(16, NEXT)])
    assert coach.situation.finished  # another hold has come since


def test_next_in_a_press_after_a_stop_ends_that_press() -> None:
    made = force((0, 0), (1, 0), (2, 32), (6, 32), (6.5, 0), (9, 0), (10, 32), (20, 32), (20.5, 0), (22, 0))
    coach, cues = run(COMPRESSION, made, [pain(5, 9), said(15, NEXT)])
    assert table(coach, "end") == [("pain_ceiling",), ("operator",)]
    assert COMPRESSION.phases[0].say not in [told for at, told in words(cues) if at > 5]


def test_next_after_a_stop_with_the_hand_still_on_says_what_comes_when_it_is_off() -> None:
    made = force((0, 0), (1, 0), (2, 32), (12, 32), (12.5, 0), (15, 0))
    _, cues = run(COMPRESSION, made, [pain(5, 9), said(8, NEXT)])
    later = [(at, told) for at, told in words(cues) if at >= 8]
    assert {told for _, told in later[:-1]} == {"Let go."}
    assert later[-1][0] > 12.5
    assert later[-1][1] == COMPRESSION.phases[0].say
