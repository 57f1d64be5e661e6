"""Follow the expert."""

from __future__ import annotations

import math

import numpy as np
import pytest
from practised import force, pain, run, said, tones
from presses import block, holds_of, without

from nmt_sense.coaching.state import CueKind
from nmt_sense.coaching.technique import Technique, load_technique
from nmt_sense.coaching.template import make_template, pressed
from nmt_sense.errors import TechniqueError
from nmt_sense.events import EventKind

EXPERT = force((0, 0), (1, 0), (4, 30), (9, 28), (10, 0), (12, 0), (14, 20), (18, 20), (18.5, 0), (20, 0))
"""Contact (3 N) at 1.30 s, released (2 N) at 9.93 s; again at 12.30 s until 18.45 s."""
SETTINGS = load_technique().hold


def template(*numbers: int, tolerance_n: float = 3.0) -> Technique:
    whole = block(EXPERT)
    chosen = [hold for hold in holds_of(whole) if hold.number in numbers]
    presses = [pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold) for hold in chosen]
    return make_template(presses, SETTINGS, name="expert", made_from="hold 1 of sitting", tolerance_n=tolerance_n)


def test_a_template_is_a_technique_that_travels_as_text() -> None:
    made = template(1)
    assert Technique.from_toml(made.to_toml()) == made
    (phase,) = made.phases
    assert phase.length_s == pytest.approx(8.65)
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
            SETTINGS,
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
    series = make_template(chosen, SETTINGS, name="two", made_from="two holds", tolerance_n=4.0)
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
    return make_template([press], SETTINGS, name="steps", made_from="a hold", tolerance_n=4.0)


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
    made = make_template([press], SETTINGS, name="x", made_from="a hold", tolerance_n=4.0)
    for first_s in np.arange(5.0, 15.0, 0.37):
        coach, _ = run(made, trembling, [pain(first_s, 3), pain(first_s + 2.3, 4)])
        assert [row.end.value for row in coach.holds] == ["pain_rose"]


def test_the_time_in_the_band_is_the_same_before_and_after_the_press_is_over() -> None:
    student = EXPERT[:1100].copy()
    student[400:800] += 5.0
    made = template(1)
    last = 994  # the scan with which the template ends is the next one
    live, _ = run(made, student[:last], ends=False)
    (hold,) = run(made, student)[0].holds
    assert live.progress.in_band_s == pytest.approx(hold.in_band_s, abs=0.05)
    assert live.situation.left_s == pytest.approx(hold.end_s - (last - 1) * 0.01, abs=0.05)
    assert hold.in_band_s < 5.0
