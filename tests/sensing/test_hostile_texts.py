"""TOML that somebody sent: refused in one sentence, soon, and without leaving its folder."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.layout import Layout, load_layout
from nmt_sense.sensing.profile import load_profile
from nmt_sense.workspace import starting_profiles

TEXTS = {
    "nested arrays": ("a = " + "[" * 100_000, "too deeply"),
    "nested tables": ("a = " + "{b = " * 30_000, "too deeply"),
    "dotted": ("a." * 100_000 + "b = 1", "too deeply"),
    "dotted table": ("[" + "a." * 100_000 + "b]", "too deeply"),
    "quoted dots": ('"a".' * 50_000 + "b = 1", "too deeply"),
    "digits": ("a = " + "9" * 200_000, "number"),
    "length": ("#" * 300_000, "longer than 256 KiB"),
    "twice": ("a = 1\na = 2", "not valid TOML"),
    "date": ("a = 2020-02-30", "not valid TOML"),
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_made_to_choke_on_is_refused_in_a_sentence_and_soon(what: str, tmp_path: Path) -> None:
    text, said = TEXTS[what]
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    began = time.process_time()
    for read in (lambda: load_profile(path), lambda: Layout.from_toml(text)):
        with pytest.raises(ProfileError, match=said) as caught:
            read()
        assert "\n" not in str(caught.value)
    assert time.process_time() - began < 5.0


def test_decimal_points_and_sentences_are_no_dotted_names() -> None:
    text = "x = [" + "0.5, " * 500 + "]\ny = 'a. b. c. " + "d. " * 300 + "'\n"
    with pytest.raises(ProfileError, match=r"unknown field x|missing"):
        Layout.from_toml(text)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "a/../../secret", "..\\\\secret", "C:secret", ""])
def test_a_profile_is_never_looked_for_outside_its_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "calibration"
    folder.mkdir()
    for path in starting_profiles():
        shutil.copy(path, folder)
    shutil.copy(folder / "nominal-fsr.toml", tmp_path / "secret.toml")
    glove = folder / "glove.toml"
    text = glove.read_text(encoding="utf-8").replace('"nominal-fsr"', f'"{name}"')
    glove.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError, match=r"use letters|default_profile"):
        load_layout(folder)


def test_a_pipe_in_the_place_of_a_profile_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "glove.toml")
        with pytest.raises(ProfileError, match="not a regular file"):
            load_layout(tmp_path)
