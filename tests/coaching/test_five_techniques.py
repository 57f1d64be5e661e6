"""Each technique with a scripted practitioner and client, against tables worked out by hand.

Scans come 100 times a second, so a force of 3 N on a ramp of 10 N/s that starts at 0.50 s is reached at 0.80 s.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from practised import force, pain, run, said, table, tones, words

from nmt_sense.coaching.protocol import Protocol
from nmt_sense.coaching.series import series
from nmt_sense.coaching.state import Advice, CueKind, PhaseKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.thresholds import Published, threshold
from nmt_sense.events import EventKind
from nmt_sense.holds import Kind

STOP, NEXT, UNDO = EventKind.CLIENT_STOP, EventKind.NEXT, EventKind.UNDO


# -- trigger point identification ---------------------------------------------------------------------------------

PPT = load_technique("trigger-point-threshold")
THREE = Protocol(trials=3, discard_first=True)


def ppt_force(*trials: tuple[float, float], rest_s: float = 31.0) -> tuple[np.ndarray, list[float]]:
    """Trials of (threshold N, N/s), each let go within 0.5 s; the times at which the threshold is reached."""
    points, at, times = [(0.0, 0.0)], 1.0, []
    for newtons, rate in trials:
        took = newtons / rate
        points += [(at, 0.0), (at + took, newtons), (at + took + 0.5, 0.0)]
        times.append(round(at + took, 6))
        at += took + 0.5 + rest_s
    return force(*points, (at, 0.0)), times


def test_three_trials_of_a_threshold() -> None:
    made, times = ppt_force((30.0, 5.0), (40.0, 5.0), (44.0, 5.0))
    coach, cues = run(PPT, made, [said(time, STOP) for time in times])
    assert table(coach, "kind", "repetition", "start_s", "end_s", "report_n", "ramp_n_per_s", "rate_out", "end") == [
        ("ramp", 1, 1.4, 7.0, 30.0, 5.0, 0, "reported"),
        ("ramp", 2, 38.9, 46.5, 40.0, 5.0, 0, "reported"),
        ("ramp", 3, 78.4, 86.8, 44.0, 5.0, 0, "reported"),
    ]
    assert [hold.stop_latency_s for hold in coach.holds] == [0.0, 0.0, 0.0]
    assert coach.situation.finished
    assert coach.situation.threshold_n == pytest.approx(42.0)  # the first is discarded
    assert words(cues)[-1][1] == "Finished."
    assert not [cue for cue in cues if cue.kind in (CueKind.TOO_LITTLE, CueKind.TOO_MUCH)]


def test_mean_error_and_smallest_real_change_of_a_threshold() -> None:
    made, times = ppt_force((30.0, 5.0), (40.0, 5.0), (44.0, 5.0))
    coach, _ = run(PPT, made, [said(time, STOP) for time in times])
    found = threshold(coach.holds, THREE, studies=Published(6.1))
    assert found is not None
    # 40 and 44 N: SD sqrt(8), SEM sqrt(8) / sqrt(2) = 2, 1.96 * sqrt(2) * 2 = 5.54 N: less than the published 6.1 N
    assert (found.trials, found.discarded) == (2, 1)
    assert (found.mean_n, found.sd_n, found.sem_n) == pytest.approx((42.0, math.sqrt(8), 2.0))
    assert found.least_change_n == 6.1
    assert threshold(coach.holds[:1], THREE) is None  # a lone first trial is none that counts
    apart = threshold(coach.holds, studies=Published(6.1))
    assert apart is not None
    assert apart.mean_n == pytest.approx(38.0)
    assert apart.sem_n == pytest.approx(math.sqrt((64 + 4 + 36) / 2) / math.sqrt(3))
    assert apart.least_change_n == pytest.approx(1.96 * math.sqrt(2) * apart.sem_n)


def test_a_rate_out_of_its_limits_is_sounded_and_flagged() -> None:
    made, times = ppt_force((30.0, 10.0), (30.0, 2.0), (30.0, 5.0))
    coach, cues = run(PPT, made, [said(time, STOP) for time in times])
    assert [hold.rate_out for hold in coach.holds] == [1, 1, 0]
    assert [hold.rate_out_share for hold in coach.holds] == [1.0, 1.0, 0.0]
    fast = [round(cue.time_s, 2) for cue in cues if cue.kind is CueKind.TOO_MUCH]
    # contact at 1.20 s, then a look every half second until the report at 4.00 s
    assert fast == [1.7, 2.2, 2.7, 3.2, 3.7]
    found = threshold(coach.holds, THREE)
    assert found is not None
    assert found.rate_out == 1


def test_who_jumps_to_the_force_and_waits_there_has_not_loaded_at_that_rate() -> None:
    made = force((0, 0), (1, 0), (1.2, 39), (9.8, 39), (10, 0), (11, 0))
    coach, _ = run(PPT, made, [said(9.4, STOP)])
    (trial,) = coach.holds
    assert 3.5 < trial.ramp_n_per_s < 6.5  # on the whole
    assert trial.ramp_10_90_n_per_s > 100.0
    assert trial.rate_out == 1


def test_who_waits_a_moment_at_the_top_has() -> None:
    made = force((0, 0), (1, 0), (7.4, 32), (8.3, 32), (8.6, 0), (9.6, 0))
    coach, _ = run(PPT, made, [said(8.2, STOP)])
    (trial,) = coach.holds
    assert (trial.rate_out, trial.ramp_10_90_n_per_s) == (0, pytest.approx(5.0, abs=0.01))


def test_a_trial_without_a_report_does_not_count_and_a_limit_ends_it() -> None:
    made = force((0, 0), (1, 0), (5, 20), (5.5, 0), (7, 0), (27, 100), (29, 110), (30, 0), (31, 0))
    coach, _ = run(PPT, made)
    assert table(coach, "repetition", "end_s", "report_n", "let_go_s", "end") == [
        (1, 5.48, None, None, "released"),
        (1, 27.0, None, 3.0, "limit"),
    ]
    assert (coach.situation.repetition, coach.situation.finished) == (2, False)
    assert math.isnan(coach.situation.threshold_n)


def test_a_report_taken_back_is_done_again() -> None:
    made, times = ppt_force((30.0, 5.0), (40.0, 5.0), (44.0, 5.0), (42.0, 5.0))
    marks = [said(time, EventKind.THRESHOLD) for time in times]
    coach, _ = run(PPT, made, [*marks, said(times[1] + 0.2, UNDO)])
    assert table(coach, "repetition", "report_n", "end") == [
        (1, 30.0, "reported"),
        (2, 40.0, "withdrawn"),
        (2, 44.0, "reported"),
        (3, 42.0, "reported"),
    ]
    assert coach.situation.threshold_n == pytest.approx(43.0)


def test_the_force_of_a_report_is_that_of_the_press_of_the_button() -> None:
    made, times = ppt_force((30.0, 5.0))
    late = [said(times[0] - 0.2, STOP)]
    coach, _ = run(PPT, made, late, cuts=[round(times[0] * 100) + 1])
    assert coach.holds[0].report_n == pytest.approx(29.0)


# -- ischemic compression -----------------------------------------------------------------------------------------

COMPRESSION = load_technique().with_target(hold_s=10)
LED = load_technique("ischemic-compression-patient-led")


def test_a_plain_compression_scores_what_its_faults_cost() -> None:
    # contact 3 N at 0.80 s, 28 N at 3.30 s; 4 s in the band, 1 s at 20 N (left at 7.64, back at 8.44), 3 s in it again
    points = (0, 0), (0.5, 0), (3.7, 32), (7.5, 32), (7.51, 20), (8.5, 20), (8.51, 32), (11.5, 32), (11.51, 0), (12, 0)
    coach, _ = run(COMPRESSION, force(*points))
    (hold,) = coach.holds
    assert (hold.start_s, hold.band_s, hold.end_s, hold.end.value) == pytest.approx((0.8, 3.3, 11.51, "released"))
    # in the band: 420 + 1 steps from 3.30 to 7.50 and the one after, 299 + 1 from 8.51 to 11.50
    assert hold.in_band_s == pytest.approx(4.21 + 3.0)
    assert hold.lapses == 1
    assert hold.share_in_band == pytest.approx(7.21 / 8.21)
    # error against 32 N: ramp -4 ... 0 over 0.4 s, 100 scans at -12 N, else 0; 822 scans from 3.30 to 11.50 (821)
    ramp = np.interp(np.arange(330, 371) / 100, [0.5, 3.7], [0, 32]) - 32
    square = (np.sum(ramp**2) + 100 * 144) / 821
    assert hold.rmse_n == pytest.approx(math.sqrt(square), rel=1e-6)
    assert hold.ce_n == pytest.approx((np.sum(ramp) - 1200) / 821, rel=1e-6)
    assert hold.ae_n == pytest.approx(-hold.ce_n)
    assert hold.rmse_n**2 == pytest.approx(hold.ce_n**2 + hold.ve_n**2)
    assert hold.off_time == pytest.approx(30 * (1 - 0.721))
    assert hold.off_rmse == pytest.approx(20 * (math.sqrt(square) / 4 - 0.5) / 1.5)
    assert (hold.off_ramp, hold.off_overshoot, hold.off_lapses) == (0.0, 0.0, 5.0)
    assert hold.score == pytest.approx(100 - hold.off_time - hold.off_rmse - hold.off_sag - hold.off_lapses)
    assert hold.ramp_10_90_n_per_s == pytest.approx(10.0, abs=0.05)
    total = np.sum(force(*points)[80:1151]) / 100
    assert hold.impulse_ns == pytest.approx(total, rel=1e-6)
    assert hold.impulse_uncertainty_ns == pytest.approx(1.5 * 10.71)


def test_patient_led_increments_follow_the_pain() -> None:
    points = (0, 0), (0.5, 0), (3.5, 30), (20, 30), (22, 40), (40, 40), (42, 45), (92, 45), (93, 0), (94, 0)
    reports = [pain(3.5, 6), pain(12, 5), pain(20, 3), pain(22, 5), pain(40, 2), pain(42, 6), pain(80, 6)]
    coach, cues = run(LED, force(*points), reports)
    fields = ("level", "start_s", "end_s", "report_n", "low_n", "high_n", "pain_first", "pain_last", "end")
    assert table(coach, *fields) == [
        (1, 0.8, 20.0, 30.0, 26.0, 34.0, 6.0, 3.0, "eased"),
        (2, 20.01, 40.0, 40.0, 36.0, 44.0, 5.0, 2.0, "eased"),
        (3, 40.01, 90.8, 45.0, 41.0, 49.0, 6.0, 6.0, "limit"),
    ]
    assert coach.holds[0].in_band_s == pytest.approx(20.0 - 3.51)
    # 0 N is reached at 93 s; 2 N, the release threshold, was passed at 92.96 s
    assert coach.holds[2].let_go_s == pytest.approx(92.96 - 90.8)
    assert [round(cue.time_s, 2) for cue in cues if cue.kind is CueKind.DONE] == [90.8]


def test_letting_go_just_before_the_end_of_a_patient_led_hold_costs_what_was_left_and_no_more() -> None:
    points, reports = [(0, 0), (0.5, 0), (3, 20)], [pain(3, 6)]
    for level in range(1, 5):
        points += [(19 * level + 1, 16 + 4 * level), (19 * level + 3, 20 + 4 * level)]
        reports += [pain(19 * level + 1, 2), pain(19 * level + 3, 6)]
    coach, _ = run(LED, force(*points, (88, 36), (88.4, 0), (90, 0)), reports)
    assert [hold.score for hold in coach.holds[:4]] == pytest.approx([100.0] * 4, abs=0.01)
    last = coach.holds[4]
    # contact at 0.88 s, so the limit is at 90.88 s; the band of level 5 stands from 79.01 s on
    assert (last.level, last.end.value, last.wanted_s) == (5, "released", pytest.approx(90.88 - 79.01))
    assert last.off_time == pytest.approx(30 * (1 - last.in_band_s / last.wanted_s))
    assert last.score == pytest.approx(92.85, abs=0.05)


def test_a_barrier_held_after_the_time_wanted_was_full_costs_no_time() -> None:
    release = load_technique("trigger-point-release")
    middle_n = (release.hold.low_n + release.hold.high_n) / 2
    points = (0, 0), (1, 0), (5, middle_n), (40, middle_n), (41, 0), (43, 0)
    coach, _ = run(release, force(*points), [said(17, EventKind.BARRIER), said(30, EventKind.BARRIER)])
    first, second, third = coach.holds
    assert (first.wanted_s, third.wanted_s, third.off_time, third.end.value) == (20.0, 0.0, 0.0, "released")
    assert second.wanted_s == pytest.approx(20.0 - first.in_band_s)


def test_pain_that_never_eases_ends_by_the_limit() -> None:
    points = (0, 0), (0.5, 0), (3.5, 30), (95, 30), (96, 0), (97, 0)
    coach, _ = run(LED, force(*points), [pain(3.5, 6), *(pain(at, 6) for at in (20, 40, 60, 80))])
    assert table(coach, "level", "end_s", "pain_last", "end") == [(1, 90.8, 6.0, "limit")]
    assert coach.situation.repetition == 2  # let go, and ready for the next


@pytest.mark.parametrize(
    ("reports", "end_s", "end"),
    [
        ([pain(3.5, 6), pain(30, 7)], 30.0, "pain_rose"),
        ([pain(3.5, 6), pain(20, 4), pain(30, 5)], 30.0, "pain_rose"),
        ([pain(3.5, 6), pain(30, 8)], 30.0, "pain_ceiling"),
        ([pain(3.0, 9)], 3.0, "pain_ceiling"),
        ([pain(3.5, 6), said(30, STOP)], 30.0, "client_stop"),
        ([pain(3.5, 6), said(30, NEXT)], 30.0, "operator"),
    ],
)
def test_the_client_and_the_practitioner_end_it_at_once(reports: list, end_s: float, end: str) -> None:
    points = (0, 0), (0.5, 0), (3.5, 30), (31, 30), (31.01, 0), (33, 0)
    coach, _ = run(LED, force(*points), reports)
    assert table(coach, "end_s", "let_go_s", "end") == [(end_s, round(31.01 - end_s, 2), end)]


def test_while_searching_there_is_no_band_and_no_sound() -> None:
    points = (0, 0), (0.5, 0), (5.5, 30)
    coach, cues = run(LED, force(*points, (12, 30)), ends=False)
    assert coach.situation.searching
    assert coach.progress.advice is Advice.MORE
    assert words(cues) == [(0.0, LED.phases[0].say)]
    assert tones(cues) == []


def test_pain_while_loading_a_plain_compression_is_no_rising_pain() -> None:
    points = (0, 0), (0.5, 0), (3.7, 32), (20, 32), (20.5, 0), (21, 0)
    coach, _ = run(COMPRESSION, force(*points), [pain(2, 2), pain(5, 5), pain(10, 4)])
    assert table(coach, "pain_first", "pain_last", "end") == [(2.0, 4.0, "completed")]


def test_a_pain_report_taken_back_ends_nothing_later() -> None:
    points = (0, 0), (0.5, 0), (3.7, 32), (20, 32), (20.5, 0), (21, 0)
    reports = [pain(5, 2), said(6, UNDO), pain(8, 5)]
    coach, _ = run(COMPRESSION, force(*points), reports)
    assert coach.holds[0].end.value == "completed"


def test_three_increments_each_held_until_the_pain_has_gone() -> None:
    points = (0, 0), (0.5, 0), (3, 25), (20, 25), (22, 30), (40, 30), (42, 35), (60, 35), (61, 0), (62, 0)
    reports = [pain(3, 4), pain(20, 0), pain(22, 4), pain(40, 0), pain(42, 3), pain(58, 0)]
    coach, _ = run(load_technique("ischemic-compression-increments"), force(*points), reports)
    assert table(coach, "level", "report_n", "end") == [(1, 25.0, "eased"), (2, 30.0, "eased"), (3, 35.0, "eased")]


def test_a_band_in_percent_of_what_was_measured_first() -> None:
    technique = load_technique("ischemic-compression-percent").with_target(hold_s=5)
    points = [(0, 0), (1, 0), (11, 50), (11.5, 0), (20, 0)]
    for start in (20, 30, 40):
        points += [(start, 0), (start + 4, 40), (start + 9.5, 40), (start + 9.6, 0)]
    points += [(52, 0)]
    reports = [said(7.0, EventKind.THRESHOLD), said(11.0, EventKind.TOLERANCE)]
    coach, _ = run(technique, force(*points), reports)
    assert table(coach, "kind", "phase", "repetition", "report_n", "tolerance_n", "low_n", "high_n", "end") == [
        ("ramp", 1, 1, 30.0, 50.0, None, None, "reported"),
        *(("hold", 2, k, None, None, 36.0, 44.0, "completed") for k in (1, 2, 3)),
    ]
    assert coach.situation.finished


# -- myofascial release, trigger point release -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "limit_s"), [("myofascial-release", 300.0), ("trigger-point-release", 120.0)])
def test_barriers_are_waited_for_and_marked_by_the_practitioner(name: str, limit_s: float) -> None:
    technique = load_technique(name)
    points = (0, 0), (1, 0), (5, 16), (100, 16), (101, 0), (102, 0)
    marks = [said(at, EventKind.BARRIER) for at in (40.0, 70.0, 95.0)]
    coach, _ = run(technique, force(*points), marks)
    # contact at 2 N, 1.50 s; the next level begins with the scan after the mark
    assert table(coach, "level", "start_s", "end_s", "end") == [
        (1, 1.5, 40.0, "barrier"),
        (2, 40.01, 70.0, "barrier"),
        (3, 70.01, 95.0, "barrier"),
    ]
    never, _ = run(technique, force((0, 0), (1, 0), (5, 16), (310, 16), (311, 0), (312, 0)))
    assert table(never, "level", "end_s", "end") == [(1, 1.5 + limit_s, "limit")]


def test_letting_go_of_a_barrier_after_the_time_that_it_wants_is_no_failure() -> None:
    technique = load_technique("myofascial-release")
    points = (0, 0), (1, 0), (5, 16), (100, 16), (101, 0), (103, 0), (107, 16), (120, 16), (121, 0), (123, 0)
    coach, _ = run(technique, force(*points))
    # 5 N at 2.00 s, 90 s in the band at 92 s
    assert table(coach, "repetition", "end") == [(1, "completed"), (2, "released")]
    assert coach.situation.repetition == 2


# -- post-isometric relaxation ---------------------------------------------------------------------------------------


def test_relaxation_measures_contracts_relaxes_and_stretches_until_no_gain() -> None:
    technique = load_technique("post-isometric-relaxation")
    # a push to 100 N for 3 s; then 15 N twice
    points = [(0, 0), (1, 0), (2, 100), (5, 100), (5.5, 0), (8, 0)]
    points += [(8.5, 15), (16.5, 15), (17, 0), (53, 0), (53.5, 15), (61.5, 15), (62, 0), (100, 0)]
    coach, cues = run(technique, force(*points), [said(80.0, EventKind.NO_GAIN)])
    # 10-20 N; contact 3 N at 8.10 s, 10 N at 8.34 s, full at 15.34 s; from the next scan on relax 3 s, stretch 30 s
    assert table(coach, "kind", "phase", "round", "start_s", "end_s", "low_n", "high_n", "report_n", "end") == [
        ("ramp", 1, 1, 1.03, 5.5, None, None, 100.0, "completed"),
        ("hold", 2, 1, 8.1, 15.34, 10.0, 20.0, None, "completed"),
        ("relax", 3, 1, 15.35, 18.35, None, None, None, "completed"),
        ("stretch", 4, 1, 18.36, 48.36, None, None, None, "completed"),
        ("hold", 2, 2, 53.1, 60.34, 10.0, 20.0, None, "completed"),
        ("relax", 3, 2, 60.35, 63.35, None, None, None, "completed"),
        ("stretch", 4, 2, 63.36, 93.36, None, None, None, "completed"),
    ]
    assert coach.situation.finished
    assert coach.situation.maximum_n == pytest.approx(100.0)
    said_words = [text for _, text in words(cues)]
    contract, relax = technique.phases[1].say, technique.phases[2].say
    stretch = technique.phases[3].say
    maximum = technique.phases[0].say
    one_round = [contract, "3", "2", "1", relax, stretch, "3", "2", "1"]
    assert said_words == [maximum, *one_round, *one_round, "Finished."]
    assert words(cues)[2:5] == [(12.34, "3"), (13.34, "2"), (14.34, "1")]


def test_rounds_are_limited_when_nobody_says_no_gain() -> None:
    technique = load_technique("post-isometric-relaxation").with_references(maximum_n=100.0)
    points = [(0, 0), (1, 0), (2, 100), (4, 100), (4.5, 0)]
    for start in range(6, 6 + 5 * 45, 45):
        points += [(start, 0), (start + 0.5, 15), (start + 8.5, 15), (start + 9, 0)]
    coach, _ = run(technique, force(*points, (240, 0)))
    assert [hold.round for hold in coach.holds if hold.kind is Kind.STRETCH] == [1, 2, 3, 4, 5]
    assert coach.situation.finished


# -- strokes ----------------------------------------------------------------------------------------------------------


def test_strokes_are_counted_and_measured() -> None:
    peaks = [8.0, 9.0, 8.0, 9.0, 14.0, 4.0, 8.0, 9.0]
    points = [(0.0, 0.0)]
    for number, peak in enumerate(peaks):
        at = 1.0 + 3.0 * number
        points += [(at, 0.0), (at + 0.5, peak), (at + 1.5, peak), (at + 2.0, 0.0)]
    coach, cues = run(load_technique("neuromuscular-strokes"), force(*points, (30.0, 0.0)))
    assert [round(hold.peak_n, 3) for hold in coach.holds] == peaks
    assert all(hold.kind is Kind.STROKE for hold in coach.holds)
    found = series(coach.holds, Kind.STROKE)
    assert found is not None
    assert (found.count, found.per_min) == (8, pytest.approx(20.0, abs=0.5))
    assert found.peak_n == pytest.approx(8.625)
    assert found.peak_cv == pytest.approx(np.std(peaks, ddof=1) / 8.625)
    assert found.peaks_in_band == pytest.approx(6 / 8)
    kinds = [cue.kind for cue in cues if cue.kind is not CueKind.SAY]
    assert kinds == [CueKind.TOO_MUCH, CueKind.TOO_LITTLE, CueKind.DONE]
    assert coach.situation.finished
    # 16 N/s up: 1.5 N is passed at 1.094 s; the first stroke lasts until it is below 1 N at 2.9375 s
    assert (coach.holds[0].start_s, coach.holds[0].end_s) == pytest.approx((1.10, 2.94))


def test_the_ceiling_alarms_with_the_first_scan_above_it_and_goes_on() -> None:
    technique = COMPRESSION.with_safety(force_ceiling_n=50.0)
    _, cues = run(technique, force((0, 0), (1, 0), (1.01, 60), (2.2, 60), (2.21, 0), (3, 0)))
    alarms = [(round(cue.time_s, 2), cue.error_n) for cue in cues if cue.kind is CueKind.CEILING]
    assert alarms == [(1.01, 10.0), (1.51, 10.0), (2.01, 10.0)]


def test_tremor_at_the_ceiling_is_one_alarm_that_goes_on_and_not_hundreds() -> None:
    technique = COMPRESSION.with_safety(force_ceiling_n=32.0)
    made = force((0, 0), (1, 0), (2, 32), (12, 32), (12.5, 0), (15, 0), (16, 40), (16.5, 0), (17, 0), tremor=0.03)
    _, cues = run(technique, made)
    alarms = [cue for cue in cues if cue.kind is CueKind.CEILING]
    apart = np.diff([cue.time_s for cue in alarms])
    assert (apart >= 0.499).all()
    assert [cue.text for cue in alarms if cue.text] == ["Too much. Ease off."] * 2  # the second one for 40 N


def test_next_goes_on_and_begins_anew_when_all_is_done() -> None:
    technique = load_technique("post-isometric-relaxation")
    quiet = force((0, 0), (20, 0))
    events = [said(float(at), NEXT) for at in range(1, 4)]
    coach, _ = run(technique, quiet, events)
    assert coach.situation.kind is PhaseKind.TIMED
    assert coach.situation.title == "Stretch"
    events += [said(4 + k, NEXT) for k in range(3 * 4 + 1)]
    coach, _ = run(technique, force((0, 0), (16.5, 0)), events)
    assert coach.situation.finished
    coach, _ = run(technique, force((0, 0), (17.5, 0)), [*events, said(17.2, NEXT)])
    assert (coach.situation.title, coach.situation.finished) == ("Maximum", False)
