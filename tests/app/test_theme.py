from __future__ import annotations

import pytest
from PyQt5.QtGui import QFontInfo

from nmt_sense.app.theme import DARK, FAMILY, LIGHT, contrast, font

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)


def test_contrast_is_the_known_one():
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#0072b2", "#ffffff") == pytest.approx(5.2, abs=0.05)


@THEMES
@pytest.mark.parametrize("name", ["text", "dim", "low", "high_text", "stale"])
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_small_letters_can_be_read(theme, name, ground):
    assert contrast(getattr(theme, name), getattr(theme, ground)) >= 4.5


@THEMES
@pytest.mark.parametrize("name", ["neutral", "low", "high", "stale", "record", "control"])
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_shapes_can_be_seen(theme, name, ground):
    assert contrast(getattr(theme, name), getattr(theme, ground)) >= 3.0


@THEMES
@pytest.mark.parametrize("name", ["neutral", "low", "high"])
def test_arc_and_filling_stand_out_from_their_track(theme, name):
    assert contrast(getattr(theme, name), theme.track) >= 3.0


@THEMES
@pytest.mark.parametrize("name", ["neutral", "low", "high"])
def test_numbers_on_discs_can_be_read(theme, name):
    assert contrast(theme.on_tone, getattr(theme, name)) >= 3.0  # bold, 14 px and larger


@pytest.mark.parametrize("bold", [False, True])
def test_the_shipped_letters_are_used(qapp, bold):
    found = QFontInfo(font(20, bold))
    assert found.family() == FAMILY
    assert found.bold() is bold
