import datetime
from pathlib import Path

import numpy as np
import pytest
from gloves import CALIBRATION

from nmt_sense.errors import ProfileError
from nmt_sense.glove import fsr
from nmt_sense.sensing.profile import PowerLaw, load_profile

NOMINAL = (CALIBRATION / "nominal-fsr.toml").read_text(encoding="utf-8")
CUBIC = """
format = "nmt-sense profile"
format_version = 1
title = "Thumb, left glove"
status = "calibrated"
date = 2026-11-20
expiry = 2026-12-20
operator = "P07"
source = "Kitchen scale, 8 steps"
range_n = [1.0, 40.0]
points = [
  { conductance_us = 100.0, force_n = 5.0 },
  { conductance_us = 200.0, force_n = 12.0 },
  { conductance_us = 400.0, force_n = 40.0 },
]
[curve]
kind = "monotone-cubic"
[uncertainty]
floor_n = 0.3
relative = 0.05
source = "residuals"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_profile_says_that_it_is_nominal_and_matches_the_simulated_glove() -> None:
    profile = load_profile(CALIBRATION / "nominal-fsr.toml")
    assert profile.status == "nominal, uncalibrated"
    assert profile.nominal
    assert profile.curve == PowerLaw(gain_us=fsr.GAIN_US, exponent=fsr.EXPONENT)
    assert "ssumed" in profile.source


def test_an_own_profile_with_points_is_read_whole(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, CUBIC))
    assert not profile.nominal
    assert (profile.operator, profile.expiry) == ("P07", datetime.date(2026, 12, 20))
    assert profile.to_force()(np.array([0.0, 100.0, 400.0])) == pytest.approx([0.0, 5.0, 40.0])


@pytest.mark.parametrize(
    ("text", "old", "new", "sentence"),
    [
        (NOMINAL, "gain_us =", "gain_uss =", "in curve: it contains unknown field gain_uss."),
        (NOMINAL, "gain_us = 16.0", 'gain_us = "16"', "in curve.gain_us: expected float, got str."),
        (NOMINAL, "gain_us = 16.0", "gain_us = -16.0", "in curve.gain_us: expected float > 0.0."),
        (NOMINAL, "gain_us = 16.0", "gain_us = nan", "in curve.gain_us: expected float > 0.0."),
        (NOMINAL, "gain_us = 16.0", "gain_us = 1e-308", "in curve: gain_us must be at least 1e-06, exponent 0.1."),
        (
            CUBIC,
            "force_n = 12.0",
            "force_n = 1e-300",
            "in points[1]: conductance_us and force_n must be at least 1e-06.",
        ),
        (NOMINAL, "gain_us = 16.0\n", "", "in curve: it is missing required field gain_us."),
        (NOMINAL, "power-law", "spline", "in curve.kind: unknown value 'spline'."),
        (NOMINAL, "[0.5, 130.0]", "[130.0, 0.5]", "range_n must rise, but is 130 to 0.5."),
        (NOMINAL, "format_version = 1", "format_version = 3", "in format_version: unknown value 3."),
        (NOMINAL, "date = 2026-11-22", 'date = "soon"', "in date: expected date, got str."),
        (CUBIC, "range_n = [1.0, 40.0]", "range_n = [1.0, 50.0]", "range_n ends at 50, beyond the last point at 40."),
        (CUBIC, "force_n = 12.0", "force_n = 4.0", "points must have rising force_n."),
        (CUBIC, "conductance_us = 400.0", "conductance_us = 150.0", "points must have rising conductance_us."),
    ],
)
def test_a_mistake_is_explained_with_file_and_field(
    tmp_path: Path, text: str, old: str, new: str, sentence: str
) -> None:
    assert old in text
    with pytest.raises(ProfileError) as caught:
        load_profile(written(tmp_path, text.replace(old, new)))
    assert str(caught.value) == f"The profile mine.toml cannot be used: {sentence}"


def test_a_file_that_is_no_toml_says_where_it_breaks(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"The profile mine\.toml is not valid TOML: .*line 2"):
        load_profile(written(tmp_path, "title = 1\nrange_n = = 2\n"))


def test_a_file_saved_by_a_windows_editor_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + CUBIC.replace("\n", "\r\n").encode())
    assert load_profile(path).operator == "P07"


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match="not UTF-8 text"):
        load_profile(path)
