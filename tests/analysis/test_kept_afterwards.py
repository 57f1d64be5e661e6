"""What is kept after a session: nothing that was there is lost."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from nmt_sense.analysis.expert import keep_template
from nmt_sense.analysis.hands import keep_budgets, loads_of, read_budgets, recordings_in
from nmt_sense.analysis.judging import Presses
from nmt_sense.analysis.scales import keep_scale, named, practitioners, scale_of
from nmt_sense.coaching.sheet import _BLANK
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.template import Pressed
from nmt_sense.coaching.words import WIDEST, Scale, Word, exercise, read_scale
from nmt_sense.commands.practitioner import show
from nmt_sense.errors import NmtError, ProfileError, RecordingError
from nmt_sense.holds import Hold, HoldEnd
from nmt_sense.workspace import Workspace, open_workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path)


def scale(light_n: float) -> Scale:
    return Scale("S-07", "thumb", "checked", 0.05, (Word("light", (light_n,)), Word("deep", (50.0,))))


def test_every_older_scale_stays_and_the_newest_is_read(place: Workspace) -> None:
    asides = [keep_scale(place.root, scale(newtons)) for newtons in (4.0, 5.0, 6.0)]
    assert [path and path.name for path in asides] == [None, "S-07.1.toml", "S-07.2.toml"]
    assert [read_scale(place.root, "S-07").words[0].mean_n, practitioners(place.root)] == [6.0, ["S-07"]]
    assert "4.0" in (place.root / "words" / "S-07.1.toml").read_text()


def test_a_folder_without_scales_has_no_practitioners(place: Workspace) -> None:
    assert practitioners(place.root) == []


@pytest.mark.parametrize("wrong", ["", "soft", "soft,soft", "soft,,hard"])
def test_fewer_than_two_different_words_are_no_scale(wrong: str) -> None:
    with pytest.raises(NmtError, match="two or more different words"):
        named(wrong)
    assert named(" soft, rather hard ") == ("soft", "rather hard")


def test_a_template_hides_no_technique_that_ships(place: Workspace) -> None:
    with pytest.raises(NmtError, match="none is ever overwritten"):
        keep_template(place, load_technique("ischemic-compression"))
    assert not place.techniques.exists()


def test_a_budget_of_nothing_is_taken_back(place: Workspace) -> None:
    assert read_budgets(place) == {}
    assert keep_budgets(place, {"thumb": 20000.0, "index": 0.0}) == {"thumb": 20000.0}
    assert read_budgets(place) == {"thumb": 20000.0}
    (place.root / "hands.toml").write_text('[budget_ns]\nthumb = "much"\n')
    with pytest.raises(ProfileError, match=r"hands\.toml cannot be used: in budget_ns"):
        read_budgets(place)


def test_what_cannot_be_read_is_told_and_does_not_stop_the_others(place: Workspace) -> None:
    (place.recordings / "elsewhere").mkdir()
    for name in ("b.h5", "elsewhere/a.h5"):
        (place.recordings / name).write_text("nothing of the kind")
    read = list(loads_of(recordings_in(place)))
    assert [path.name for path, _ in read] == ["b.h5", "a.h5"]
    assert all(isinstance(error, RecordingError) for _, error in read)


def test_words_that_do_not_rise_are_refused_by_name_and_what_was_kept_stays(place: Workspace) -> None:
    keep_scale(place.root, scale(4.0))
    words = (Word("light", (9.0,)), Word("firm", (5.0,)), Word("deep", (5.0,)))
    said = r"“firm” \(5\.0 N\) was pressed no harder than “light” \(9\.0 N\) and “deep” .* “firm” \(5\.0 N\); look"
    with pytest.raises(NmtError, match=said):
        keep_scale(place.root, Scale("S-07", "thumb", "checked", 0.05, words))
    assert read_scale(place.root, "S-07") == scale(4.0)
    assert [path.name for path in (place.root / "words").iterdir()] == ["S-07.toml"]


def test_a_scale_pressed_above_the_calibrated_range_claims_no_certainty() -> None:
    held = Hold(**_BLANK, number=1, start_s=0.0, end_s=1.0, end=HoldEnd.RELEASED)  # type: ignore[arg-type]
    presses = [
        Pressed(msgspec.structs.replace(held, mean_n=newtons, mean_uncertainty_n=9.0), [newtons], newtons, math.inf)
        for newtons in (200.0, 300.0)
    ]
    asked = exercise(("light", "deep"))
    found = Presses([presses[word == "deep"] for word in asked], "pressure-words", "", "thumb", "", "", "", False)
    made = scale_of(found, "S-07", names=("light", "deep"))
    assert made.relative_uncertainty == WIDEST
    assert [made.half_of(word) for word in made.words] == [math.inf, math.inf]


def test_each_word_has_the_band_of_its_own_presses_and_says_that_they_are_simulated(
    place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    held = Hold(**_BLANK, number=1, start_s=0.0, end_s=1.0, end=HoldEnd.RELEASED)  # type: ignore[arg-type]
    presses = {
        word: Pressed(msgspec.structs.replace(held, mean_n=9.0, mean_uncertainty_n=9.0), [meant], meant, half)
        for word, half, meant in (("light", 3.0, 4.2), ("deep", 17.8, 33.5))
    }
    asked = exercise(("light", "deep"))
    found = Presses([presses[word] for word in asked], "pressure-words", "", "thumb", "", "", "calibrated", True)
    keep_scale(place.root, scale_of(found, "S-08", names=("light", "deep")))
    show("S-08", workspace=place.root)
    told = capsys.readouterr().out
    assert "4.2 ± 3.0" in told
    assert "33.5 ± 18" in told
    assert "(calibration: calibrated, simulated)" in " ".join(told.split())


def test_a_scale_that_an_earlier_version_kept_out_of_order_is_shown_with_a_warning(
    place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_scale(place.root, scale(4.0))
    path = place.root / "words" / "S-07.toml"
    path.write_text(path.read_text().replace("4.0", "70.0"))
    show("S-07", workspace=place.root)
    told = capsys.readouterr()
    assert "70.0 ± 3.5" in told.out
    assert "do not mean more and more force" in told.err
