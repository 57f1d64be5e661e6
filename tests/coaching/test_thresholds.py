"""Which change of a threshold is real."""

from __future__ import annotations

import math

import msgspec
import pytest

from nmt_sense.coaching.thresholds import Threshold, change
from nmt_sense.errors import NmtError

BEFORE = Threshold(2, 1, 40.0, 2.8, 2.0, 6.1, 8.0, 0, "practitioner")


def later(mean_n: float, **more: object) -> Threshold:
    return msgspec.structs.replace(BEFORE, mean_n=mean_n, **more)


@pytest.mark.parametrize(
    ("mean_n", "word"),
    [(46.0, "no real change"), (46.2, "higher"), (34.0, "no real change"), (33.8, "lower"), (40.0, "no real change")],
)
def test_a_change_below_the_smallest_real_one_is_none(mean_n: float, word: str) -> None:
    found = change(BEFORE, later(mean_n))
    assert found.word == word
    assert found.newtons == pytest.approx(mean_n - 40.0)


def test_the_less_sure_of_two_sittings_decides() -> None:
    assert change(BEFORE, later(50.0, least_change_n=12.0)).word == "no real change"


def test_after_another_calibration_both_bands_must_be_exceeded_too() -> None:
    found = change(BEFORE, later(50.0), same_calibration=False)
    assert found.least_n == pytest.approx(math.sqrt(6.1**2 + 8**2 + 8**2))
    assert found.word == "no real change"


def test_what_nobody_knows_to_be_real_is_no_change() -> None:
    unknown = later(80.0, least_change_n=math.nan)
    assert change(msgspec.structs.replace(BEFORE, least_change_n=math.nan), unknown).word == "no real change"


def test_self_applied_and_applied_by_another_never_share_a_trend() -> None:
    with pytest.raises(NmtError, match="cannot be compared"):
        change(BEFORE, later(60.0, applied_by="self"))
