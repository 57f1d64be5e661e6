"""Which change of a threshold is real, and of which nobody can say."""

from __future__ import annotations

import math

import msgspec
import pytest

from nmt_sense.coaching.change import Circumstances, change
from nmt_sense.coaching.protocol import protocol_of
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.thresholds import Threshold, other_tip, published
from nmt_sense.errors import NmtError

BEFORE = Threshold(
    trials=2,
    discarded=1,
    mean_n=40.0,
    sd_n=2.8,
    sem_n=2.0,
    least_change_n=6.1,
    other_rater_n=17.4,
    uncertainty_n=8.0,
    rate_out=0,
    applied_by="practitioner",
)
THEN = Circumstances(day="2026-11-25", calibration="a", calibrated=True, operator="T-1")


def later(mean_n: float, **more: object) -> Threshold:
    """The same share of uncertainty, 20 %, unless told otherwise."""
    return msgspec.structs.replace(BEFORE, **({"mean_n": mean_n, "uncertainty_n": mean_n / 5} | more))


def now(**more: object) -> Circumstances:
    return msgspec.structs.replace(THEN, **more)


@pytest.mark.parametrize(
    ("mean_n", "word"),
    [(46.2, "no real change"), (47.5, "no real change"), (47.7, "higher"), (32.5, "no real change"), (32.3, "lower")],
)
def test_the_lower_edge_of_a_change_must_be_above_the_smallest_real_one(mean_n: float, word: str) -> None:
    """6.1 N, and a scale that is off by up to 20 %: 6.1 / 0.8 = 7.625 N."""
    found = change(BEFORE, later(mean_n), THEN, THEN)
    assert found.word == word
    assert found.newtons == pytest.approx(mean_n - 40.0)
    assert found.uncertainty_n == pytest.approx(0.2 * abs(mean_n - 40.0))
    assert found.least_n == pytest.approx(7.625)


def test_the_less_sure_of_two_sittings_decides() -> None:
    assert change(BEFORE, later(50.0, least_change_n=12.0), THEN, THEN).word == "no real change"


def test_an_uncalibrated_change_of_seven_newtons_whose_rate_was_wrong_is_not_called_real() -> None:
    """As it was printed once: 29.7 ± 16.2 and 37.1 ± 19.9 N, "higher (real above 6.1 N)"."""
    one, other = later(29.7, uncertainty_n=16.2, rate_out=2), later(37.1, uncertainty_n=19.9, rate_out=2)
    found = change(one, other, now(calibrated=False), now(calibrated=False))
    assert found.word == "no verdict"
    assert "sensors were not calibrated" in found.why
    assert "out of limits in 2 of 2 and 2 of 2 trials" in found.why
    assert found.uncertainty_n == pytest.approx(7.4 * 16.2 / 29.7)
    calm = change(later(29.7, uncertainty_n=16.2), later(37.1, uncertainty_n=19.9), THEN, THEN)
    assert calm.word == "no real change"
    assert calm.least_n == pytest.approx(6.1 / (1 - 16.2 / 29.7))


@pytest.mark.parametrize("more", [{"calibration": "b"}, {"day": "2026-11-26"}])
def test_on_another_day_or_after_another_calibration_both_bands_count(more: dict[str, str]) -> None:
    edge = 6.1 + math.hypot(8.0, 10.0)
    below, above = (
        change(BEFORE, later(40 + edge - 0.1, uncertainty_n=10.0), THEN, now(**more)),
        change(BEFORE, later(40 + edge + 0.1, uncertainty_n=10.0), THEN, now(**more)),
    )
    assert below.least_n == pytest.approx(edge)
    assert (below.word, above.word) == ("no real change", "higher")


@pytest.mark.parametrize("who", ["T-2", ""])
def test_between_two_people_and_where_nobody_is_named_more_is_needed(who: str) -> None:
    """17.4 / 0.8 = 21.75 N."""
    found = change(BEFORE, later(61.5), THEN, now(operator=who))
    assert (found.word, found.least_n) == ("no real change", pytest.approx(21.75))
    assert change(BEFORE, later(62.0), THEN, now(operator=who)).word == "higher"
    assert change(BEFORE, later(62.0), now(operator=""), now(operator="")).least_n == pytest.approx(21.75)
    unknown = change(BEFORE, later(80.0, other_rater_n=math.nan), THEN, now(operator=who))
    assert unknown.least_n == pytest.approx(21.75)  # one of the two techniques tells
    old = msgspec.structs.replace(BEFORE, other_rater_n=math.nan)
    assert change(old, later(80.0, other_rater_n=math.nan), THEN, now(operator=who)).word == "no verdict"


SHIPPED = {
    name: load_technique(name).measurement for name in ("trigger-point-threshold", "ischemic-compression-percent")
}
PPT, PERCENT = (protocol_of(phase) for phase in SHIPPED.values() if phase is not None)


def test_a_trial_left_out_never_makes_a_change_real() -> None:
    """Two trials of 32 and 42 N are too far apart to be higher than 30 N; the second one not measured tells nothing."""
    mean = 37.0
    whole = msgspec.structs.replace(BEFORE, mean_n=30.0, sem_n=0.7, uncertainty_n=0.5, protocol=PPT)
    both = msgspec.structs.replace(whole, mean_n=mean, sem_n=5.0, least_change_n=13.9)
    one = msgspec.structs.replace(both, trials=1, sem_n=math.nan, least_change_n=6.1)
    assert change(whole, both, THEN, THEN).word == "no real change"
    for found in (change(whole, one, THEN, THEN), change(one, whole, THEN, THEN)):
        assert found.word == "no verdict"
        assert "of 2 were measured" in found.why
        assert math.isnan(found.least_n)
    assert "of the trials that are asked for 2 of 2 and 1 of 2 were measured" in change(whole, one, THEN, THEN).why
    single = msgspec.structs.replace(one, protocol=PERCENT)
    assert change(msgspec.structs.replace(single, mean_n=30.0), single, THEN, THEN).word == "higher"


def test_thresholds_of_different_protocols_are_not_compared_and_it_is_said_in_what_they_differ() -> None:
    one, other = (later(40.0, protocol=protocol, trials=protocol.counting) for protocol in (PPT, PERCENT))
    found = change(one, msgspec.structs.replace(other, mean_n=70.0), THEN, THEN)
    assert found.word == "no verdict"
    assert found.why == (
        "the protocols differ: the threshold alone and the threshold then the tolerance, "
        "3 trials (the first discarded) and 1 trial, 30 s of rest and no rest"
    )
    copied = msgspec.structs.replace(one, mean_n=70.0)
    assert change(one, copied, THEN, THEN).word == "higher"
    faster = msgspec.structs.replace(copied, protocol=msgspec.structs.replace(PPT, fastest_n_per_s=None))
    assert "3.5 to 6.5 N/s and 3.5 to any N/s" in change(one, faster, THEN, THEN).why


def test_published_newtons_grow_with_the_declared_area() -> None:
    phase = load_technique("trigger-point-threshold").measurement
    assert phase is not None
    assert published(phase, None).same_rater_n == 6.1
    larger = published(phase, 3.0)
    assert (larger.same_rater_n, larger.other_rater_n) == (pytest.approx(18.3), pytest.approx(52.2))


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (3.0, "limits of the loading rate are for 1 cm², not for 3 cm²"),
        (0.7, "limits of the loading rate are for 1 cm², not for 0.7 cm²"),
        (1.26, "limits of the loading rate are for 1 cm², not for 1.26 cm²"),
        (1.2, ""),
        (0.85, ""),
        (None, ""),
    ],
)
def test_rate_limits_that_were_made_for_another_tip_say_so(area: float | None, said: str) -> None:
    phase = load_technique("trigger-point-threshold").measurement
    assert phase is not None
    assert other_tip(phase, area) == said


def test_a_rate_without_limits_is_for_no_tip() -> None:
    phase = load_technique("trigger-point-threshold").measurement
    assert phase is not None
    limits = ("slowest_n_per_s", "fastest_n_per_s")
    sources = {name: source for name, source in phase.sources.items() if name not in limits}
    assert other_tip(msgspec.structs.replace(phase, **dict.fromkeys(limits), sources=sources), 3.0) == ""


@pytest.mark.parametrize("area", [None, 1.0])
def test_pressed_with_another_area_nothing_is_said(area: float | None) -> None:
    found = change(BEFORE, later(70.0), now(area_cm2=3.0), now(area_cm2=area))
    assert found.word == "no verdict"
    assert "3 cm²" in found.why
    assert change(BEFORE, later(70.0), now(area_cm2=3.0), now(area_cm2=3.0)).word == "higher"


def test_a_force_that_may_be_off_by_all_of_itself_never_changes_really() -> None:
    found = change(later(1.0, uncertainty_n=1.2), later(80.0, uncertainty_n=8.0), THEN, THEN)
    assert (found.word, found.least_n) == ("no real change", math.inf)


def test_what_nobody_knows_to_be_real_is_no_change() -> None:
    unknown = later(80.0, least_change_n=math.nan)
    found = change(msgspec.structs.replace(BEFORE, least_change_n=math.nan), unknown, THEN, THEN)
    assert found.word == "no real change"


def test_self_applied_and_applied_by_another_never_share_a_trend() -> None:
    with pytest.raises(NmtError, match="cannot be compared"):
        change(BEFORE, later(60.0, applied_by="self"), THEN, THEN)


def test_a_threshold_on_oneself_is_applied_by_oneself_and_needs_a_larger_change() -> None:
    """Its readings are larger in proportion; nothing was published of a real change of them."""
    own, other = (load_technique(name) for name in ("trigger-point-threshold-self", "trigger-point-threshold"))
    assert (own.applied_by, other.applied_by) == ("self", "practitioner")
    assert own.measurement is not None
    assert other.measurement is not None
    assert own.measurement.least_change_n == pytest.approx(1.4 * other.measurement.least_change_n, abs=0.05)
    assert own.measurement.sources["least_change_n"].startswith("assumed")
