"""What is said: where a phase, a level and a rest begin or end, the last seconds, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from practised import force, pain, run, said, words
from presses import without

from nmt_sense.coaching.feedback import plan_from
from nmt_sense.coaching.technique import list_techniques, load_technique
from nmt_sense.events import EventKind

COMPRESSION = load_technique()
HOLD = COMPRESSION.phases[0].say
LED = load_technique("ischemic-compression-patient-led")
SEARCH = "Press slowly harder until the client reports pain."


@pytest.mark.parametrize("name", list_techniques())
def test_every_technique_begins_with_its_words_once_with_the_first_scan(name: str) -> None:
    technique = load_technique(name)
    _, cues = run(technique, np.zeros(3000), cuts=[1, 100, 2000])
    assert words(cues) == [(0.0, technique.phases[0].say)]


def test_the_last_seconds_in_the_band_are_counted_and_nothing_is_said_before() -> None:
    # 28 N at 3.30 s; 10 s in the band are full at 13.30 s
    _, cues = run(COMPRESSION.with_target(hold_s=10), force((0, 0), (0.5, 0), (3.7, 32), (20, 32), (20.5, 0), (22, 0)))
    assert words(cues) == [(0.0, HOLD), (10.3, "3"), (11.3, "2"), (12.3, "1")]


def test_the_count_waits_while_the_force_is_outside_the_band() -> None:
    points = (0, 0), (0.5, 0), (3.7, 32), (11.5, 32), (11.51, 20), (13.5, 20), (13.51, 32), (20, 32), (20.5, 0), (22, 0)
    _, cues = run(COMPRESSION.with_target(hold_s=10), force(*points))
    # 8.21 s in the band at 11.51 s, the next second 0.79 s after coming back
    assert words(cues)[1:] == [(10.3, "3"), (11.3, "2"), (14.3, "1")]


def test_a_second_that_is_full_with_the_last_scan_in_the_band_is_said_there() -> None:
    points = (0, 0), (0.5, 0), (3.7, 32), (10.29, 32), (10.3, 20), (11.9, 20), (12, 0), (13, 0)
    technique = COMPRESSION.with_target(hold_s=10)
    one, two = (run(technique, force(*points), cuts=cuts)[1] for cuts in ([], range(0, 1300, 7)))
    assert words(one) == words(two) == [(0.0, HOLD), (10.3, "3")]


@pytest.mark.parametrize(("schedule", "counted"), [("constant", 3), ("none", 0), ("terminal", 0)])
def test_who_is_not_guided_is_not_told_that_the_force_is_right(schedule: str, counted: int) -> None:
    technique = COMPRESSION.with_target(hold_s=10).with_feedback(plan_from(schedule))
    _, cues = run(technique, force((0, 0), (0.5, 0), (3.7, 32), (20, 32), (20.5, 0), (22, 0)))
    assert len(words(cues)) == 1 + counted


def test_levels_that_the_client_leads_are_said() -> None:
    points = (0, 0), (0.5, 0), (3.5, 30), (20, 30), (22, 40), (40, 40), (40.1, 0), (42, 0)
    reports = [pain(3.5, 6), pain(12, 5), pain(20, 3), pain(22, 5)]
    _, cues = run(LED, force(*points), reports)
    assert words(cues) == [
        (0.0, SEARCH),
        (3.5, "Hold this force."),
        (20.0, "Level 2. Press slowly harder."),
        (22.0, "Hold this force."),
    ]


def test_barriers_are_said_and_so_are_the_seconds_before_the_limit() -> None:
    technique = load_technique("trigger-point-release")
    made = force((0, 0), (1, 0), (5, 16), (121.6, 16), (122, 0), (160, 0))
    _, cues = run(technique, made, [said(40, EventKind.BARRIER)])
    # contact at 1.50 s; two minutes at most; below 1 N from 121.98 s on, and 20 s of rest from the end at 121.50 s
    assert words(cues)[1:] == [
        (40.0, "Level 2. On to the next barrier."),
        (118.5, "3"),
        (119.5, "2"),
        (120.5, "1"),
        (141.5, "Rest is over."),
    ]


def test_the_end_of_a_rest_is_said_once() -> None:
    technique = load_technique("trigger-point-threshold")
    _, cues = run(technique, force((0, 0), (1, 0), (7, 30), (7.5, 0), (90, 0)), [said(7, EventKind.CLIENT_STOP)])
    assert words(cues)[1:] == [(7.0, "Let go."), (37.0, "Rest is over.")]


def test_no_rest_is_over_after_the_last_trial() -> None:
    technique = load_technique("ischemic-compression-percent").with_target(hold_s=5)
    made = force((0, 0), (1, 0), (11, 50), (11.5, 0), (60, 0))
    reports = [said(7, EventKind.THRESHOLD), said(11, EventKind.TOLERANCE)]
    _, cues = run(technique, made, reports)
    assert [text for _, text in words(cues)][1:] == ["Let go.", technique.phases[1].say]


def test_a_second_that_falls_into_missing_data_is_said_as_what_is_left() -> None:
    technique = load_technique("post-isometric-relaxation")
    skip = [said(at, EventKind.NEXT) for at in (0.5, 1, 1.5)]  # the stretch begins at 1.51 s
    made = force((0, 0), (40, 0))
    whole, gap = run(technique, made, skip)[1], run(technique, without(made, 2800, 2960), skip)[1]
    counted = [(28.51, "3"), (29.51, "2"), (30.51, "1")]
    assert [said for said in words(whole) if said[1].isdigit()] == counted
    assert [said for said in words(gap) if said[1].isdigit()] == [(29.61, "2"), (30.51, "1")]
