"""Tables in a terminal of eighty columns: every heading and every value whole, whatever the numbers."""

from __future__ import annotations

import math
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from nmt_sense.analysis.judging import Held
from nmt_sense.coaching.metrics import above_range
from nmt_sense.commands.files import _beside
from nmt_sense.commands.rows import ERRORS, HOLDS, SCORES, STROKES, TIMED, print_scores
from nmt_sense.commands.tables import Column, print_table
from nmt_sense.commands.terminal import print_holds
from nmt_sense.holds import Hold, HoldEnd, Kind

LONG = Hold(
    number=1234, start_s=35999.25, band_s=36000.0, end_s=36120.5, in_band_s=118.25, wanted_s=120.0, low_n=28.0,
    high_n=36.0, mean_n=131.2, mean_uncertainty_n=66.0, peak_n=248.9, sag_n=-12.5, ramp_n_per_s=1234.5, lapses=12,
    missing_s=12.34, end=HoldEnd.RECORDING_ENDED, report_n=123.4, tolerance_n=234.5, rest_before_s=1234.5,
    pain_first=10.0, pain_last=10.0, rate_out=1, rmse_n=102.3, ce_n=-101.2, cv=1.234, impulse_ns=123456.0,
    impulse_uncertainty_ns=61234.0, score=100.0, off_time=100.0, off_rmse=100.0, off_sag=100.0, off_ramp=100.0,
    off_overshoot=100.0, off_lapses=100.0, peak_uncertainty_n=130.5, report_uncertainty_n=65.4,
    tolerance_uncertainty_n=123.4,
)  # fmt: skip
ABOVE = msgspec.structs.replace(
    LONG, number=2, mean_n=32.0, mean_uncertainty_n=17.0, impulse_uncertainty_ns=math.inf, peak_uncertainty_n=math.inf
)


def held(*holds: Hold, worth: str = "partly nominal, uncalibrated: palm_thumb") -> Held:
    return Held(list(holds), worth, None, [hold.number for hold in holds])


def printed(found: Held, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, no_color=True)
    print_holds(console, found)
    print_scores(console, found.holds)
    text = console.file
    assert isinstance(text, StringIO)
    return text.getvalue()


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.FOLLOW, Kind.RAMP, Kind.REST, Kind.STROKE])
@pytest.mark.parametrize("width", [60, 80])
def test_every_heading_and_value_is_whole(kind: Kind, width: int) -> None:
    hold = msgspec.structs.replace(LONG, kind=kind)
    text = printed(held(hold), width)
    tables = [line for line in text.splitlines() if not line.startswith(("95 % band", "Scores: ", "1 stroke: "))]
    assert max(map(len, tables)) <= width
    assert "…" not in text
    wanted = {Kind.HOLD: HOLDS, Kind.FOLLOW: HOLDS, Kind.REST: TIMED, Kind.RAMP: HOLDS[:2], Kind.STROKE: STROKES}[kind]
    for column in [*wanted, *SCORES, *ERRORS]:
        assert column.heading in text
        assert column.cell(hold) in text
    if kind is Kind.RAMP:
        for value in ("123.4", "234.5", "OUT OF LIMITS", "1234.5 SHORT"):
            assert value in text


def test_what_fits_is_one_table() -> None:
    short = msgspec.structs.replace(LONG, number=1, start_s=1.5, missing_s=0.0, mean_n=32.0, mean_uncertainty_n=17.0)
    (line,) = [line for line in printed(held(short), 120).splitlines() if "start s" in line]
    assert [name in line for name in ("mean N", "lapses", "end")] == [True] * 3


def test_what_goes_on_below_is_called_by_the_same_name() -> None:
    console = Console(file=StringIO(), width=24, no_color=True)
    columns: list[Column[str]] = [
        Column("who", lambda word: word, words=True),
        Column("heading 2", lambda word: word * 2),
        Column("heading 3", lambda word: word * 3),
    ]
    print_table(console, "All", ["ab", "[b]"], columns)
    text = console.file
    assert isinstance(text, StringIO)
    lines = [line.split() for line in text.getvalue().splitlines() if line.strip(" ─")]
    assert lines == [
        ["All"], ["who", "heading", "2"], ["ab", "abab"], ["[b]", "[b][b]"],
        ["who", "heading", "3"], ["ab", "ababab"], ["[b]", "[b][b][b]"],
    ]  # fmt: skip


def test_a_peak_above_the_calibrated_range_has_no_upper_bound_and_what_was_sound_stays() -> None:
    text = printed(held(ABOVE))
    assert "248.9 +∞" in text
    assert "32.0 ± 17" in text
    assert "the band of that force has no upper end, only the lower one" in text
    assert "± 53 % of each" in text
    assert "∞" not in printed(held(LONG))
    beside = _beside(ABOVE)
    assert beside["above_range"]
    assert (beside["uncertainty"]["peak_n"], beside["uncertainty"]["mean_n"]) == (math.inf, 17.0)
    assert not math.isnan(beside["uncertainty"]["sag_n"])


def test_the_band_of_a_peak_is_its_own_and_not_that_of_a_mean_far_below() -> None:
    """Mean 1.4 ± 1.7 N with a peak of 9.7 ± 5.9 N: not ± 122 %."""
    low = msgspec.structs.replace(LONG, number=3, mean_n=1.4, mean_uncertainty_n=1.7, peak_n=9.7)
    low = msgspec.structs.replace(low, peak_uncertainty_n=5.9)
    text = printed(held(low))
    assert "95 % band of peak: ± 61 %; of sag and N/s: ± 121 % of each" in text
    assert _beside(low)["uncertainty"]["peak_n"] == 5.9


def test_the_force_of_a_hold_that_never_reached_its_band_has_its_band() -> None:
    nothing = dict.fromkeys(("band_s", "mean_n", "mean_uncertainty_n", "sag_n", "ramp_n_per_s", "score"), math.nan)
    below = msgspec.structs.replace(LONG, **nothing, peak_n=20.0, peak_uncertainty_n=11.0)
    assert "95 % band of peak: ± 55 % of each" in printed(held(below))
    assert "not known" not in printed(held(below))


def test_a_report_has_its_own_band_and_one_above_the_calibrated_range_is_marked() -> None:
    trial = msgspec.structs.replace(LONG, kind=Kind.RAMP, tolerance_n=math.nan)
    assert "95 % band of peak: ± 52 %; of reported N and N/s: ± 53 % of each" in printed(held(trial))
    above = msgspec.structs.replace(ABOVE, kind=Kind.RAMP, tolerance_uncertainty_n=math.inf)
    assert "234.5 +∞" in printed(held(above), 120)
    assert "123.4 +∞" not in printed(held(above), 120)
    assert "95 % band of reported N and N/s: ± 53 % of each" in printed(held(above), 120)


def test_the_sum_of_a_hold_has_its_own_band() -> None:
    scored = msgspec.structs.replace(LONG, impulse_ns=100.0, impulse_uncertainty_ns=40.0)
    assert "95 % band of N·s: ± 40 % of each; of RMSE and CE: as the mean force, in N" in printed(held(scored))


def test_simulated_forces_say_so_over_and_under_their_tables() -> None:
    simulated = msgspec.structs.replace(held(LONG, worth=""), simulated=True)
    assert "Holds – simulated" in printed(simulated)
    trial = msgspec.structs.replace(LONG, kind=Kind.RAMP)
    both = msgspec.structs.replace(held(trial, worth="nominal, uncalibrated"), simulated=True)
    assert "Forces are nominal, uncalibrated, simulated." in printed(both)


def test_rows_of_the_first_format_version_are_not_called_above_the_range() -> None:
    assert not above_range(msgspec.structs.replace(LONG, impulse_uncertainty_ns=math.nan))


def test_strokes_of_two_courses_are_summed_up_apart() -> None:
    """Begun anew they are mostly at another spot."""
    stroke = msgspec.structs.replace(LONG, kind=Kind.STROKE)
    at = enumerate((1, 1, 2), 1)
    rows = [msgspec.structs.replace(stroke, number=n, start_s=2.0 * n, course=course) for n, course in at]
    text = printed(Held(rows, "", None, []), 100)
    assert text.index("Strokes of course 1") < text.index("2 strokes: ") < text.index("Strokes of course 2")
    assert "1 stroke: " in text[text.index("Strokes of course 2") :]
    assert "of course" not in printed(Held(rows[:2], "", None, []), 100)
