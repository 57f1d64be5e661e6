from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.layout import FILE_NAME, load_layout
from nmt_sense.sensing.profile import load_profile
from nmt_sense.sensing.shelf import assign, assigned, next_stem, put
from nmt_sense.workspace import open_workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return open_workspace(tmp_path).calibration


def nominal(folder: Path):
    return load_profile(folder / "nominal-fsr.toml")


def test_a_profile_gets_a_free_name_and_none_is_ever_overwritten(folder: Path) -> None:
    names = [put(folder, "thumb 2026", nominal(folder)) for _ in range(3)]
    assert names == ["thumb-2026", "thumb-2026-2", "thumb-2026-3"]
    assert load_profile(folder / "thumb-2026-3.toml") == nominal(folder)


def test_the_glove_uses_a_new_profile_and_keeps_its_comments(folder: Path) -> None:
    before = (folder / FILE_NAME).read_text(encoding="utf-8")
    assign(folder, "thumb", put(folder, "first", nominal(folder)))
    assign(folder, "thumb", put(folder, "second", nominal(folder)))
    after = (folder / FILE_NAME).read_text(encoding="utf-8")
    assert load_layout(folder).sensors == {"thumb": "second"}
    assert after.startswith(before)
    assert '# thumb = "first"   (before)\nthumb = "second"\n' in after
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [FILE_NAME, "first.toml", "second.toml", "nominal-fsr.toml"]
    )


def test_a_layout_that_cannot_be_followed_is_left_alone_and_the_line_to_write_is_told(folder: Path) -> None:
    text = (folder / FILE_NAME).read_text(encoding="utf-8").replace("[sensors]", "")
    written = text.replace("format_version = 1\n", 'format_version = 1\nsensors = { index = "nominal-fsr" }\n')
    (folder / FILE_NAME).write_text(written, encoding="utf-8")
    with pytest.raises(ProfileError, match='under \\[sensors\\]:  thumb = "nominal-fsr"'):
        assign(folder, "thumb", "nominal-fsr")
    assert (folder / FILE_NAME).read_text(encoding="utf-8") == written


def test_lines_end_as_they_did() -> None:
    assert assigned("a = 1\r\n[sensors]\r\n", "thumb", "p") == 'a = 1\r\n[sensors]\r\nthumb = "p"\r\n'


def test_a_layout_without_a_table_gets_one() -> None:
    assert tomllib.loads(assigned("a = 1\n", "thumb", "p")) == {"a": 1, "sensors": {"thumb": "p"}}


def test_a_table_after_the_sensors_stays_behind_them() -> None:
    text = "[sensors]\n\n[contact_areas]\nthumb = { cm2 = 3.0, method = 'ink' }\n"
    made = tomllib.loads(assigned(text, "thumb", "p"))
    assert made["sensors"] == {"thumb": "p"}
    assert made["contact_areas"]["thumb"]["cm2"] == 3.0


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@given(sensors=st.lists(names, min_size=1, max_size=5), profile=names)
def test_whatever_a_sensor_is_called_its_line_is_found_again(sensors: list[str], profile: str) -> None:
    text = "# mine\n[sensors]\n"
    for sensor in [*sensors, sensors[0]]:
        text = assigned(text, sensor, profile)
    assert tomllib.loads(text)["sensors"] == dict.fromkeys(sensors, profile)


def test_the_next_version_is_named_after_the_first() -> None:
    assert next_stem("thumb-2026-11-25", 2) == "thumb-2026-11-25-v2"
    assert next_stem("thumb-2026-11-25-v2", 3) == "thumb-2026-11-25-v3"
    assert next_stem("thumb-2026-11-25-v2-3", 3) == "thumb-2026-11-25-v3"
