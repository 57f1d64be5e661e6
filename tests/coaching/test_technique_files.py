from importlib import resources
from pathlib import Path

import pytest

from nmt_sense.coaching.phases import HoldPhase, numbers
from nmt_sense.coaching.technique import Technique, list_techniques, load_technique
from nmt_sense.errors import TechniqueError

SHIPPED = Path(str(resources.files("nmt_sense.coaching"))) / "techniques"
TEXT = (SHIPPED / "ischemic-compression.toml").read_text(encoding="utf-8")


def own(folder: Path, text: str, name: str = "ischemic-compression") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", list_techniques())
def test_every_shipped_technique_can_be_used_and_travels_as_text(name: str) -> None:
    technique = load_technique(name)
    assert technique.name == name
    assert Technique.from_toml(technique.to_toml()) == technique


def test_ischemic_compression_asks_for_ninety_seconds_and_says_why() -> None:
    hold = load_technique().hold
    assert (hold.low_n, hold.high_n, hold.hold_s) == (28.0, 36.0, 90.0)
    assert "Hou 2002" in hold.sources["hold_s"]
    assert hold.sources["low_n"].startswith("assumed")


def test_an_own_technique_comes_before_the_shipped_one(tmp_path: Path) -> None:
    own(tmp_path, TEXT.replace("hold_s = 90.0", "hold_s = 60.0"))
    assert load_technique("ischemic-compression", [tmp_path]).hold.hold_s == 60.0
    own(tmp_path, TEXT.replace('name = "ischemic-compression"', 'name = "mine"'), "mine")
    assert list_techniques([tmp_path]) == sorted([*list_techniques(), "mine"])


def test_a_missing_techniques_folder_is_no_problem(tmp_path: Path) -> None:
    assert list_techniques([tmp_path / "techniques"]) == list_techniques()


def test_another_target_says_that_it_was_set_here() -> None:
    changed = load_technique().with_target(low_n=20, high_n=25, hold_s=30)
    assert (changed.hold.low_n, changed.hold.high_n, changed.hold.hold_s) == (20.0, 25.0, 30.0)
    assert changed.hold.sources["low_n"] == "set for this session"
    assert changed.hold.sources["grace_s"] == load_technique().hold.sources["grace_s"]
    assert Technique.from_toml(changed.to_toml()) == changed
    assert load_technique().with_target() == load_technique()


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ({"low_n": 40}, "low_n (40 N) must be below high_n (36 N)."),
        ({"low_n": 2}, "contact_n (3 N) must be below low_n (2 N)."),
        ({"hold_s": 0}, "in hold_s: expected float > 0.0."),
        ({"high_n": float("nan")}, "in high_n: expected float > 0.0."),
    ],
)
def test_a_target_that_cannot_be_is_explained(target: dict[str, float], sentence: str) -> None:
    with pytest.raises(TechniqueError) as caught:
        load_technique().with_target(**target)
    assert str(caught.value) == f"This target does not fit ischemic compression: {sentence}"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("low_n = 28.0", "low = 28.0", "in phases[0]: it contains unknown field low."),
        ("low_n = 28.0", 'low_n = "28"', "in phases[0].low_n: expected float, got str."),
        ("low_n = 28.0", "low_n = 40.0", "in phases[0]: low_n (40 N) must be below high_n (36 N)."),
        ("release_n = 2.0", "release_n = 3.0", "in phases[0]: release_n (3 N) must be below contact_n (3 N)."),
        ("fastest_hz = 5.0", "fastest_hz = 1.0", "in phases[0]: cues.slowest_hz must not be above cues.fastest_hz."),
        ('kind = "hold"', 'kind = "stroke"', "in phases[0].kind: unknown value 'stroke'."),
        ('grace_s = "ass', 'grac_s = "ass', "in phases[0]: sources does not say where grace_s comes from"),
        ("format_version = 2", "format_version = 7", "in format_version: unknown value 7."),
        ('name = "ischemic-compression"', 'name = "other"', 'in name: it says "other", but must say "ischemic'),
    ],
)
def test_a_mistake_is_explained_with_file_and_field(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    own(tmp_path, TEXT.replace(old, new))
    with pytest.raises(TechniqueError) as caught:
        load_technique("ischemic-compression", [tmp_path])
    assert str(caught.value).startswith(f"The technique ischemic-compression.toml cannot be used: {sentence}")


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("low_n = 28.0", 'low_n = "28"', 'low_n = "28"'),
        ("low_n = 28.0", "lowest_n = 28.0", "lowest_n = 28.0"),
        ("low_n = 28.0", "low_n = 40.0", "low_n = 40.0"),
        ("quiet_s = 0.3", "quiet_s = -1", "quiet_s = -1"),
        ('grace_s = "ass', 'grac_s = "ass', "grace_s = 0.3"),
        ("pain_ceiling = 7.0", "pain_ceiling = 11.0", "pain_ceiling = 11.0"),
    ],
)
def test_a_mistake_is_explained_with_its_line(tmp_path: Path, old: str, new: str, written: str) -> None:
    text = TEXT.replace(old, new, 1)
    own(tmp_path, text)
    line = next(number for number, words in enumerate(text.splitlines(), 1) if words.startswith(written))
    with pytest.raises(TechniqueError, match=rf" See line {line}\.$"):
        load_technique("ischemic-compression", [tmp_path])


def test_every_number_of_every_shipped_technique_has_a_source() -> None:
    for name in list_techniques():
        technique = load_technique(name)
        assert technique.scoring.sources or not any(isinstance(phase, HoldPhase) for phase in technique.phases)
        for phase in technique.phases:
            assert set(numbers(phase)) <= phase.sources.keys()


def test_the_first_version_of_the_format_is_still_read(tmp_path: Path) -> None:
    first = TEXT.replace("format_version = 2", "format_version = 1").replace("fastest_n_per_s = 60.0", "")
    first = "\n".join(line for line in first.splitlines() if not line.startswith("fastest_n_per_s"))
    own(tmp_path, first)
    assert load_technique("ischemic-compression", [tmp_path]).hold.fastest_n_per_s is None
    own(tmp_path, first.replace('kind = "hold"', 'kind = "timed"'))
    with pytest.raises(TechniqueError, match="cannot be used"):
        load_technique("ischemic-compression", [tmp_path])


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("ischemic-compression-patient-led", "limit_s = 90.0\n", "", "the pain may never ease"),
        ("ischemic-compression-patient-led", "tolerance_n = 4.0\n", "", "tolerance_n belongs to ends"),
        ("ischemic-compression-percent", "low_percent = 90.0\n", "", "are given together"),
        ("ischemic-compression-percent", "low_percent = 90.0", "low_percent = 120.0", "must be below high_percent"),
        ("post-isometric-relaxation", "sustain_s = 1.0\n", "", "sustain_s belongs to measures"),
        ("post-isometric-relaxation", "repetitions = 1\n", "", 'repetitions is needed in "Contract"'),
        ("trigger-point-threshold", "trials = 3", "trials = 1", "2 or more when the first is discarded"),
        ("neuromuscular-strokes", "low_n = 5.0", "low_n = 50.0", "contact_n must be below low_n"),
    ],
)
def test_numbers_that_do_not_fit_together_are_explained(
    tmp_path: Path, name: str, old: str, new: str, sentence: str
) -> None:
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    key = old.split(" = ")[0]
    assert old in text
    changed = text.replace(old, new, 1)
    if not new:
        changed = "\n".join(line for line in changed.splitlines() if not line.startswith(f'{key} = "'))
    own(tmp_path, changed, name)
    with pytest.raises(TechniqueError) as caught:
        load_technique(name, [tmp_path])
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["../secrets", "", "a b"])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(TechniqueError, match="cannot be the name of a technique"):
        load_technique(name)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(TechniqueError, match=r'no technique called "cupping"; there is .*ischemic-compression'):
        load_technique("cupping")
