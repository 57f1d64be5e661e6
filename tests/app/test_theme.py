from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt5.QtGui import QFontInfo

from nmt_sense.app.theme import DARK, FAMILY, LIGHT, Theme, contrast, font, mixed
from nmt_sense.app.widgets.hand import Hand
from nmt_sense.app.widgets.ring import Ring
from nmt_sense.app.widgets.word import Word
from nmt_sense.moment.picture import Tone, picture

STATES = (
    (Tone.LOW, "MORE", 1),
    (Tone.NEUTRAL, "HOLD", 0),
    (Tone.HIGH, "LESS", -1),
    (Tone.NEUTRAL, "DONE", 0),
    (Tone.STALE, "WAIT", 0),
)
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
@pytest.mark.parametrize("name", ["neutral", "low", "high", "stale", "dim"])
def test_arc_and_filling_stand_out_from_their_track(theme, name):
    assert contrast(getattr(theme, name), theme.track) >= 3.0


@THEMES
@pytest.mark.parametrize("tone", Tone)
def test_numbers_on_the_hand_can_be_read(theme, tone, qtbot):
    hand = Hand()
    qtbot.addWidget(hand)
    hand.restyle(theme, 1.0)
    hand.show_sensors(("thumb",), ("thumb",))
    hand.show_forces((4.0,), (0.4,), tone, True)
    hollow = tone is Tone.STALE
    letters, ground = (theme.text, theme.panel) if hollow else (theme.on_tone, hand._code())
    assert contrast(letters, ground) >= 4.5  # as small as on a disc of four newtons


@THEMES
def test_letters_on_the_plate_of_an_alarm_can_be_read(theme):
    assert contrast(theme.on_tone, theme.high) >= 3.0  # as large as the word


@THEMES
@pytest.mark.parametrize("tone", ["neutral", "low", "high", "stale"])
def test_the_row_of_the_hold_going_on_can_be_read(theme, tone):
    ground = mixed(getattr(theme, tone), theme.panel, 0.2).name()
    assert contrast(theme.text, ground) >= 4.5


@THEMES
@pytest.mark.parametrize("name", ["text", "dim"])
def test_words_and_keys_on_buttons_can_be_read(theme, name):
    assert contrast(getattr(theme, name), theme.track) >= 4.5


def without_colour(theme: Theme) -> Theme:
    """What is left to who sees no colours, and not how bright they are."""
    return replace(theme, **dict.fromkeys(("neutral", "low", "high", "high_text", "stale", "record"), theme.text))


@THEMES
@pytest.mark.parametrize("kind", [Ring, Word])
def test_every_state_can_be_told_without_its_colour(theme, kind, live, qtbot):
    live.press(32.0)
    base = replace(picture(live.state, live.state.newest_ns), held="0:03", fraction=0.4)
    part, seen = kind(), set()
    qtbot.addWidget(part)
    part.resize(360, 360)
    part.restyle(without_colour(theme), 1.0)
    for tone, word, arrow in STATES:
        part.show_picture(replace(base, tone=tone, word=word, arrow=arrow))
        shown = part.grab().toImage()
        seen.add(shown.bits().asstring(shown.sizeInBytes()))
    assert len(seen) == len(STATES)


@pytest.mark.parametrize("bold", [False, True])
def test_the_shipped_letters_are_used(qapp, bold):
    found = QFontInfo(font(20, bold))
    assert found.family() == FAMILY
    assert found.bold() is bold
