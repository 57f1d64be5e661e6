"""Follow the expert."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from practised import force, pain, run, said, table, tones, words
from presses import block, coached, holds_of, without

from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.phases import TimedPhase
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import Technique, load_technique
from nmt_sense.coaching.template import make_template, pressed
from nmt_sense.errors import TechniqueError
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import PRESSED

EXPERT = force((0, 0), (1, 0), (4, 30), (9, 28), (10, 0), (12, 0), (14, 20), (18, 20), (18.5, 0), (20, 0))
"""Contact (3 N) at 1.30 s, released (2 N) at 9.93 s; again at 12.30 s until 18.45 s."""
COMPRESSION = load_technique()


def template(*numbers: int, tolerance_n: float = 3.0) -> Technique:
    whole = block(EXPERT)
    chosen = [hold for hold in holds_of(whole) if hold.number in numbers]
    presses = [pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold) for hold in chosen]
    return make_template(presses, COMPRESSION, name="expert", made_from="hold 1 of sitting", tolerance_n=tolerance_n)


def test_a_template_is_a_technique_that_travels_as_text() -> None:
    made = template(1)
    assert Technique.from_toml(made.to_toml()) == made
    (phase,) = made.phases
    assert phase.length_s == pytest.approx(8.6)
    assert phase.target_n[:2] == (3.0, 3.5)


def test_the_expert_matches_his_own_template() -> None:
    coach, cues = run(template(1), EXPERT[:1100])
    (hold,) = coach.holds
    assert (hold.kind.value, hold.end.value) == ("follow", "completed")
    assert hold.score == pytest.approx(100.0, abs=0.5)
    assert hold.rmse_n < 0.3
    assert [cue.kind for cue in tones(cues)] == [CueKind.DONE]


def test_the_match_is_the_part_of_the_time_within_the_tolerance() -> None:
    student = EXPERT[:1100].copy()
    student[500:700] += 5.0  # 2 s of 8.6 s are 5 N too much
    coach, cues = run(template(1), student)
    (hold,) = coach.holds
    assert hold.share_in_band == pytest.approx(1 - 200 / 865, abs=0.01)
    assert hold.score == pytest.approx(100 * (1 - 200 / 865), abs=1.0)
    much = [cue for cue in cues if cue.kind is CueKind.TOO_MUCH]
    assert much[0].time_s == pytest.approx(5.3)  # after a quiet moment of 0.3 s
    assert much[0].error_n == pytest.approx(2.0, abs=0.05)


def test_letting_go_early_is_not_finished() -> None:
    coach, _ = run(template(1), force((0, 0), (1, 0), (4, 30), (5, 30), (5.1, 0), (7, 0)))
    (hold,) = coach.holds
    assert hold.end.value == "released"
    assert hold.score < 60.0


def test_the_client_ends_following_too() -> None:
    coach, _ = run(template(1), EXPERT[:1100], [said(5.0, EventKind.CLIENT_STOP)])
    (hold,) = coach.holds
    assert (hold.end.value, hold.end_s, hold.off_time) == ("client_stop", 5.0, 0.0)
    assert hold.score == pytest.approx(100.0, abs=0.5)


def test_a_press_still_going_on_at_the_end_has_no_score() -> None:
    coach, _ = run(template(1), EXPERT[:500])
    (hold,) = coach.holds
    assert hold.end.value == "recording_ended"
    assert math.isnan(hold.score)


def test_a_series_has_its_rests() -> None:
    made = template(1, 2)
    assert [phase.__struct_config__.tag for phase in made.phases] == ["follow", "timed", "follow"]
    coach, _ = run(made, np.append(EXPERT, np.zeros(300)))
    assert [hold.kind.value for hold in coach.holds] == ["follow", "rest", "follow"]
    assert coach.situation.finished


def again(technique: Technique, made: np.ndarray, events: list[Event] | None = None, tolerance_n: float = 2.0) -> Coach:
    """All that was pressed becomes a template, and is followed by the very same force."""
    return again_heard(technique, made, events, tolerance_n)[0]


def again_heard(
    technique: Technique, made: np.ndarray, events: list[Event] | None = None, tolerance_n: float = 2.0
) -> tuple[Coach, list[Cue]]:
    """The same, and what was heard."""
    whole = block(made)
    expert, _ = run(technique, whole, events or [])
    presses = [
        pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, row)
        for row in expert.holds
        if row.kind in PRESSED
    ]
    series = make_template(presses, technique, name="again", made_from="it", tolerance_n=tolerance_n)
    assert Technique.from_toml(series.to_toml()) == series
    return run(series, whole, [event for event in events or [] if event.kind is EventKind.NRS])


def again_with(technique: Technique, made: np.ndarray, events: list[Event]) -> Technique:
    """The template that is made of these presses."""
    whole = block(made)
    expert, _ = run(technique, whole, events)
    presses = [pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, row) for row in expert.holds]
    return make_template(presses, technique, name="again", made_from="it", tolerance_n=2.0)


def four(tremor: float = 0.0) -> np.ndarray:
    points = [(0.0, 0.0)]
    for start in (1.0, 21.0, 41.0, 61.0):
        points += [(start, 0), (start + 1.5, 30), (start + 10, 30), (start + 10.4, 0)]
    return force(*points, (75, 0), tremor=tremor)


@pytest.mark.parametrize("tremor", [0.0, 0.02])
def test_a_series_of_holds_matches_itself(tremor: float) -> None:
    coach = again(COMPRESSION.with_target(hold_s=5), four(tremor))
    presses = [row for row in coach.holds if row.kind.value == "follow"]
    assert len(presses) == 4
    assert min(row.score for row in presses) >= 99
    assert coach.situation.finished
    # each begins with the contact that the expert's began with, and the rest is from letting go to there
    assert [row.start_s for row in presses] == pytest.approx([1.15, 21.15, 41.15, 61.15], abs=0.03)
    rests = [row for row in coach.holds if row.kind.value == "rest"]
    assert [row.start_s for row in rests] == pytest.approx([11.38, 31.38, 51.38], abs=0.03)
    assert [row.end_s for row in rests] == pytest.approx([21.14, 41.14, 61.14], abs=0.03)
    assert {row.end.value for row in rests} == {"completed"}


def test_a_series_of_strokes_matches_itself() -> None:
    points = [(0.0, 0.0)]
    for start in (1 + 1.6 * k for k in range(8)):
        points += [(start, 0), (start + 0.3, 9), (start + 0.6, 9), (start + 0.95, 0)]
    coach, cues = again_heard(load_technique("neuromuscular-strokes"), force(*points, (15, 0)))
    strokes = [row for row in coach.holds if row.kind.value == "follow"]
    assert len(strokes) == 8
    assert min(row.score for row in strokes) >= 99
    assert coach.situation.finished
    assert [said for _, said in words(cues)][-1] == "Finished."
    assert len(words(cues)) <= 2  # nobody can listen to "Rest." between two strokes


def test_strokes_that_follow_at_once_match_themselves() -> None:
    """The hand is off for a single scan between two of them."""
    made = force((0, 0), (1, 0), (1.1, 9), (1.8, 9), (1.9, 0.9), (2.0, 9), (2.73, 9), (2.83, 0.9), (2.93, 9), (4, 0))
    coach = again(load_technique("neuromuscular-strokes"), made)
    assert [row.kind.value for row in coach.holds] == ["follow"] * 3
    assert min(row.score for row in coach.holds) >= 99


def test_a_touch_before_a_short_template_is_none_of_it_and_a_stop_in_it_is_kept() -> None:
    whole = block(force((0, 0), (1, 0), (1.5, 30), (2, 30), (2.4, 0), (4, 0)))
    (hold,) = holds_of(whole)
    press = pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold)
    made = make_template([press], COMPRESSION, name="x", made_from="x", tolerance_n=4.0)
    assert (made.phases[0].minimum_s, made.phases[0].length_s) == pytest.approx((0.65, 1.3))
    touch = force((0, 0), (1, 0), (1.1, 10), (1.4, 10), (1.5, 0), (4, 0))
    assert run(made, touch)[0].holds == []
    stopped = run(made, touch, [said(1.3, EventKind.CLIENT_STOP)])[0].holds
    assert [row.end.value for row in stopped] == ["client_stop"]


def test_data_lost_when_a_rest_begins_are_missing_in_it() -> None:
    coach, _ = run(template(1, 2), without(np.append(EXPERT, np.zeros(300)), 1024, 1043))
    assert [row.missing_s for row in coach.holds] == pytest.approx([0.0, 0.2, 0.0])


def test_a_short_hold_matches_itself() -> None:
    coach = again(COMPRESSION, force((0, 0), (1, 0), (1.5, 30), (2, 30), (2.4, 0), (4, 0)))
    assert table(coach, "kind", "end", "score") == [("follow", "completed", 100.0)]


def test_a_hold_that_the_client_stopped_at_once_can_be_followed() -> None:
    coach = again(COMPRESSION, force((0, 0), (1, 0), (3, 30), (4, 0), (6, 0)), [said(1.8, EventKind.CLIENT_STOP)])
    assert [(row.kind.value, row.end.value) for row in coach.holds] == [("follow", "completed")]
    assert coach.holds[0].score >= 99


@pytest.mark.parametrize("name", ["trigger-point-release", "myofascial-release", "pressure-words"])
def test_a_press_begins_and_ends_where_its_own_technique_has_contact(name: str) -> None:
    coach = again(load_technique(name), force((0, 0), (1, 0), (11, 20), (30, 20), (31, 0), (33, 0)), tolerance_n=0.5)
    assert [row.score for row in coach.holds] == pytest.approx([100.0])


def test_a_press_in_a_low_band_of_percent_begins_where_it_did_then() -> None:
    technique = load_technique("ischemic-compression-percent").with_references(threshold_n=4.0, tolerance_n=4.4)
    technique = msgspec.structs.replace(technique, phases=technique.phases[1:])
    made = force((0, 0), (1, 0), (5, 4.2), (30, 4.2), (31, 0), (33, 0))
    coach = again(technique, made, tolerance_n=0.2)
    assert coach.holds[0].start_s < 1 + 4 * 2.5 / 4.2  # below the 3 N of the file
    assert coach.holds[0].score >= 99


def test_levels_of_one_hold_are_followed_as_one_press_with_the_pain_that_led_it() -> None:
    led = load_technique("ischemic-compression-patient-led")
    made = force((0, 0), (1, 0), (4, 20), (20, 20), (22, 26), (40, 26), (42, 32), (60, 32), (61, 0), (63, 0))
    reports = [pain(4, 6), pain(18, 2), pain(22, 6), pain(38, 2), pain(42, 6), pain(58, 2)]
    assert [row.level for row in run(led, made, reports)[0].holds] == [1, 2, 3, 4]
    coach = again(led, made, reports)
    assert table(coach, "kind", "end", "start_s") == [("follow", "completed", 1.45)]
    assert coach.holds[0].score >= 99
    assert coach.holds[0].end_s > 60.8


def test_a_press_before_the_rest_is_over_is_followed_from_its_contact() -> None:
    made = template(1, 2)
    early = force((0, 0), (1, 0), (4, 30), (9, 28), (10, 0), (10.5, 0), (12.5, 20), (16.5, 20), (17, 0), (20, 0))
    coach, cues = run(made, early)
    # the rest is from letting go (9.93 s) to contact (10.80 s), 2.37 s in the recording
    assert table(coach, "kind", "start_s", "end_s", "end")[1] == ("rest", 9.93, 10.79, "operator")
    assert coach.holds[2].start_s == 10.8
    assert min(coach.holds[0].score, coach.holds[2].score) >= 99
    assert (10.79, "Follow the moving band.") in words(cues)


def test_a_hand_that_stays_on_after_the_template_rests_from_letting_go() -> None:
    late = force(
        (0, 0), (1, 0), (4, 30), (9, 28), (12, 28), (12.5, 0), (14.8, 0), (16.8, 20), (21, 20), (21.5, 0), (23, 0)
    )
    coach, _ = run(template(1, 2), late)
    first, rest, second = coach.holds
    assert rest.start_s == pytest.approx(first.end_s + first.let_go_s) == 12.47
    assert (rest.end.value, second.start_s) == ("completed", 15.1)


def test_letting_go_of_a_stroke_long_before_its_end_does_not_count_and_a_little_before_does() -> None:
    made = force((0, 0), (1, 0), (1.3, 9), (1.6, 9), (1.95, 0), (4, 0))
    whole = block(made)
    technique = load_technique("neuromuscular-strokes")
    (row,) = run(technique, whole)[0].holds
    press = pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, row)
    one = make_template([press, press], technique, name="x", made_from="x", tolerance_n=4.0)
    for lasts, end in ((0.5, "released"), (0.8, "completed")):
        coach, _ = run(one, force((0, 0), (1, 0), (1.3, 9), (0.7 + lasts, 9), (1 + lasts, 0), (4, 0)))
        assert coach.holds[0].end.value == end


@given(
    st.lists(
        st.tuples(st.floats(0.5, 3), st.floats(1, 6), st.floats(0.2, 2), st.floats(0.5, 9)), min_size=1, max_size=4
    ),
    st.sampled_from(["ischemic-compression", "trigger-point-release", "neuromuscular-strokes", "pressure-words"]),
)
def test_whatever_series_was_pressed_matches_itself(parts: list[tuple[float, float, float, float]], name: str) -> None:
    points, at = [(0.0, 0.0), (1.0, 0.0)], 1.0
    for load_s, hold_s, release_s, pause_s in parts:
        points += [(at + load_s, 25.0), (at + load_s + hold_s, 24.0), (at + load_s + hold_s + release_s, 0.0)]
        at += load_s + hold_s + release_s + pause_s
        points.append((at, 0.0))
    coach = again(load_technique(name), force(*points, (at + 2, 0), tremor=0.02))
    presses = [row for row in coach.holds if row.kind.value == "follow"]
    assert len(presses) >= len(parts)
    assert min(row.score for row in presses) >= 99


REPORTS = st.lists(
    st.tuples(
        st.floats(0, 75), st.sampled_from([EventKind.NEXT, EventKind.CLIENT_STOP, EventKind.NRS]), st.integers(1, 8)
    ),
    max_size=4,
)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 7500), max_size=60), REPORTS, st.integers(1, 7000), st.integers(0, 80), st.floats(0, 9))
def test_a_series_is_followed_in_the_same_way_however_the_stream_is_cut(
    cuts: list[int], reports: list, gap: int, lost: int, error_n: float
) -> None:
    made = template(1, 2)
    student = four(0.05)
    student[student > 20] += error_n
    whole = without(student, gap, gap + lost)
    events = [Event(at, kind, float(value)) for at, kind, value in sorted(reports, key=lambda one: one[0])]
    one, one_cues = coached(whole, technique=made, events=events)
    many, many_cues = coached(whole, technique=made, events=events, cuts=[min(cut, len(whole)) for cut in cuts])
    assert repr(many.holds) == repr(one.holds)
    assert repr(many_cues) == repr(one_cues)
    assert repr(many.situation) == repr(one.situation)


def test_the_ghost_is_where_the_expert_was_at_this_time() -> None:
    coach, _ = run(template(1), EXPERT[:501], ends=False)
    assert coach.situation.target_n == pytest.approx(EXPERT[500], abs=0.1)
    assert coach.progress.high_n - coach.progress.low_n == pytest.approx(6.0)


def test_a_hold_with_missing_data_is_no_template() -> None:
    torn = without(EXPERT, 500, 520)
    (first, _) = holds_of(torn)
    with pytest.raises(TechniqueError, match=r"Hold 1 lacks 0\.21 s of data"):
        make_template(
            [pressed(torn.time_s, torn.contact_n, torn.contact_uncertainty_n, first)],
            COMPRESSION,
            name="expert",
            made_from="x",
            tolerance_n=3.0,
        )
    with pytest.raises(TechniqueError, match="no hold to make a template of"):
        template(7)


@pytest.mark.parametrize(("seconds", "counted"), [(4.0, []), (20.0, ["3", "2", "1"])])
def test_the_last_seconds_of_a_rest_between_two_presses_are_counted(seconds: float, counted: list[str]) -> None:
    first = (0, 0), (1, 0), (2, 30), (6, 30), (6.1, 0)
    back_s = 6.1 + seconds
    made = force(*first, (back_s, 0), (back_s + 1, 30), (back_s + 5, 30), (back_s + 5.1, 0), (back_s + 7, 0))
    whole = block(made)
    chosen = [pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold) for hold in holds_of(whole)]
    series = make_template(chosen, COMPRESSION, name="two", made_from="two holds", tolerance_n=4.0)
    _, cues = run(series, made)
    assert [cue.text for cue in cues if cue.text.isdigit()] == counted


def test_tremor_over_the_edge_of_the_tolerance_is_heard() -> None:
    """In and out eight times a second, outside for more than half of the time: no moment outside is a quiet one."""
    student = EXPERT[:1100].copy()
    time_s = np.arange(500, 800) * 0.01
    student[500:800] += 3.2 + 0.6 * np.sin(2 * np.pi * 8 * time_s)
    _, cues = run(template(1), student)
    much = [cue.time_s for cue in tones(cues) if cue.kind is CueKind.TOO_MUCH]
    assert much[0] == pytest.approx(5.5, abs=0.15)
    assert len(much) == 3  # 1.5 a second of the time outside
    assert much[-1] < 8.0


STEPS = force((0, 0), (1, 0), (3, 20), (8, 20), (10, 35), (15, 35), (17, 20), (22, 20), (22.4, 0), (24, 0))
"""Loaded to 20 N, more to 35 N, and back to 20 N."""


def in_steps() -> Technique:
    whole = block(STEPS)
    (hold,) = holds_of(whole)
    press = pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold)
    return make_template([press], COMPRESSION, name="steps", made_from="a hold", tolerance_n=4.0)


@pytest.mark.parametrize(
    ("reports", "end"),
    [
        ([pain(1.6, 1), pain(3.0, 4)], "completed"),  # while loading
        ([pain(1.6, 1), pain(6.0, 4)], "completed"),  # the first of them while loading
        ([pain(6.0, 3), pain(9.0, 5)], "completed"),  # the second
        ([pain(6.0, 3), pain(13.0, 5)], "completed"),  # more force, more pain
        ([pain(5.0, 3), pain(7.0, 4)], "pain_rose"),  # the same force
        ([pain(6.0, 3), pain(12.5, 5), pain(14.0, 6)], "pain_rose"),
        ([pain(6.0, 3), pain(13.0, 3), pain(20.0, 4)], "pain_rose"),  # less force, more pain
        ([pain(6.0, 3), pain(9.0, 8)], "pain_ceiling"),  # whatever the target does
    ],
)
def test_more_pain_where_the_template_asks_for_more_force_ends_nothing(reports: list, end: str) -> None:
    coach, _ = run(in_steps(), STEPS, reports)
    (hold,) = coach.holds
    assert hold.end.value == end
    if end != "completed":
        assert hold.end_s == reports[-1].time_s


def test_pain_rises_at_a_held_target_though_the_hand_it_was_made_from_trembled() -> None:
    trembling = force((0, 0), (1, 0), (3, 30), (20, 28), (20.4, 0), (22, 0), tremor=0.03)
    whole = block(trembling)
    (hold,) = holds_of(whole)
    press = pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold)
    made = make_template([press], COMPRESSION, name="x", made_from="a hold", tolerance_n=4.0)
    for first_s in np.arange(5.0, 15.0, 0.37):
        coach, _ = run(made, trembling, [pain(first_s, 3), pain(first_s + 2.3, 4)])
        assert [row.end.value for row in coach.holds] == ["pain_rose"]


def test_the_time_in_the_band_is_the_same_before_and_after_the_press_is_over() -> None:
    student = EXPERT[:1100].copy()
    student[400:800] += 5.0
    made = template(1)
    last = 990  # the template ends with the scan after the next
    live, _ = run(made, student[:last], ends=False)
    (hold,) = run(made, student)[0].holds
    assert live.progress.in_band_s == pytest.approx(hold.in_band_s, abs=0.05)
    assert live.situation.left_s == pytest.approx(hold.end_s - (last - 1) * 0.01, abs=0.05)
    assert hold.in_band_s < 5.0


def test_the_rest_of_a_series_begins_when_the_hand_is_off_whatever_ended_the_press() -> None:
    """The client stopped the first one, and letting go took 3.8 s."""
    made = force((0, 0), (1, 0), (4, 30), (9, 30), (12, 0), (16, 0), (19, 30), (25, 30), (25.5, 0), (28, 0))
    coach = again_with(COMPRESSION, made, [said(8, EventKind.CLIENT_STOP)])
    rests = [phase.duration_s for phase in coach.phases if isinstance(phase, TimedPhase)]
    assert rests == [pytest.approx(16.3 - 11.81, abs=0.05)]
