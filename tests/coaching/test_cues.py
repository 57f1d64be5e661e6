import numpy as np
import pytest
from practised import tones
from presses import block, coached, levels, without

from nmt_sense.coaching.state import Cue, CueKind

REST = (0.5, 0.0)
LITTLE, MUCH, DONE = CueKind.TOO_LITTLE, CueKind.TOO_MUCH, CueKind.DONE


def cues_of(*parts: tuple[float, float]) -> list[Cue]:
    return tones(coached(block(levels(*parts)))[1])


def times(cues: list[Cue], kind: CueKind) -> list[float]:
    return [round(cue.time_s, 3) for cue in cues if cue.kind is kind]


def test_silence_means_right() -> None:
    assert cues_of(REST, (0.5, 20.0), (1.9, 32.0), REST) == []


def test_no_contact_no_sound() -> None:
    assert cues_of((20.0, 0.0)) == []
    assert cues_of((20.0, 2.5)) == []


def test_done_sounds_once_when_the_wanted_time_is_full() -> None:
    assert times(cues_of(REST, (6.0, 32.0), REST), DONE) == [2.5]


def test_each_hold_has_its_own_done() -> None:
    assert times(cues_of(REST, (3.0, 32.0), REST, (3.0, 32.0), REST), DONE) == [2.5, 6.0]


def test_slightly_too_little_pulses_slowly_after_a_quiet_moment() -> None:
    cues = cues_of(REST, (1.0, 32.0), (2.0, 27.999), REST)
    # outside from 1.50 s; first pulse 0.3 s later, then every 1/1.5 s = 67 scans
    assert times(cues, LITTLE) == [1.8, 2.47, 3.14]
    assert cues[0].error_n == pytest.approx(0.001, abs=1e-4)
    assert cues[0].strength == pytest.approx(0.001 / 8.0, abs=1e-5)


def test_far_too_much_pulses_five_times_a_second_at_full_strength() -> None:
    cues = cues_of(REST, (1.0, 32.0), (1.0, 50.0), (0.2, 32.0), REST)
    assert times(cues, MUCH) == [1.8, 2.0, 2.2, 2.4]
    assert [cue.strength for cue in cues] == [1.0] * 4
    assert [cue.error_n for cue in cues] == [14.0] * 4


def test_tremor_over_the_edge_is_heard_although_each_moment_outside_is_short() -> None:
    sway = [part for _ in range(20) for part in ((0.05, 36.4), (0.05, 35.6))]  # 10 Hz, half of it too much
    assert times(cues_of(REST, (1.0, 32.0), *sway, (1.0, 32.0), REST), MUCH)[0] == pytest.approx(2.1, abs=0.1)


def test_who_comes_back_for_a_while_has_a_quiet_moment_again() -> None:
    slip = (0.2, 40.0), (0.35, 32.0)
    assert times(cues_of(REST, (1.0, 32.0), *slip, *slip, *slip, REST), MUCH) == []


def test_half_the_full_error_gives_the_rate_in_the_middle() -> None:
    cues = cues_of(REST, (1.0, 32.0), (1.0, 40.0), REST)
    # 1.5 + 0.5 * 3.5 = 3.25 per second: every 31 scans
    assert times(cues, MUCH) == [1.8, 2.11, 2.42]


def test_a_quick_correction_is_never_punished_with_sound() -> None:
    assert cues_of(REST, (0.5, 32.0), (0.3, 20.0), (0.5, 32.0), (0.3, 45.0), (0.5, 32.0), REST) == []


def test_loading_is_left_in_peace_for_its_allowance() -> None:
    cues = cues_of(REST, (7.0, 20.0), REST)
    assert times(cues, LITTLE)[0] == pytest.approx(5.5)
    assert times(cues, LITTLE)[1] == pytest.approx(5.7)


def test_too_much_sounds_even_before_the_band_was_ever_entered() -> None:
    assert times(cues_of(REST, (0.7, 60.0), REST), MUCH) == [0.8, 1.0]


def test_after_done_letting_go_slowly_is_silent_but_too_much_is_not() -> None:
    done = (2.5, 32.0)
    assert times(cues_of(REST, done, (3.0, 15.0), REST), LITTLE) == []
    assert times(cues_of(REST, done, (0.5, 50.0), REST), MUCH) == [3.3]


def test_done_is_said_even_when_the_force_is_gone_with_the_very_next_scan() -> None:
    assert times(cues_of(REST, (2.0, 32.0), (1.0, 0.0)), DONE) == [2.5]


def test_missing_data_hold_the_pulses_up() -> None:
    force = levels(REST, (1.0, 32.0), (3.0, 50.0), REST)
    _, cues = coached(without(force, 165, 264))
    # 0.14 s outside before the gap, so 0.16 s remain after it
    assert times(cues, MUCH)[0] == pytest.approx(2.65 + 0.16)


def test_a_louder_and_faster_cue_for_a_larger_error() -> None:
    strengths = []
    counts = []
    for newtons in (37.0, 39.0, 41.0, 43.0):
        cues = [cue for cue in cues_of(REST, (1.0, 32.0), (3.0, newtons), REST) if cue.kind is MUCH]
        strengths.append(cues[0].strength)
        counts.append(len(cues))
    assert np.all(np.diff(strengths) > 0)
    assert np.all(np.diff(counts) > 0)
