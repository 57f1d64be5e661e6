import datetime
import shutil
from pathlib import Path

import pytest
from gloves import CALIBRATION, SENSORS, glove

from nmt_sense.errors import ProfileError
from nmt_sense.sensing.chain import ForceChain
from nmt_sense.sensing.layout import Layout, load_layout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in CALIBRATION.glob("*.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "glove.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_calibrated_thumb(folder: Path) -> None:
    nominal = (folder / "nominal-fsr.toml").read_text(encoding="utf-8")
    own = nominal.replace('status = "nominal, uncalibrated"', 'status = "calibrated"').replace("16.0", "20.0")
    (folder / "my-thumb.toml").write_text(own, encoding="utf-8")
    change(folder, "\n[sensors]", '\n[sensors]\nthumb = "my-thumb"')


def test_the_shipped_layout_has_the_four_contacts(folder: Path) -> None:
    layout = load_layout(folder)
    assert layout.contact_sensors("thumb", SENSORS) == ("thumb", "palm_thumb")
    assert layout.contact_sensors("fingers", SENSORS) == ("index", "middle", "ring", "little")
    assert layout.contact_sensors("palm", SENSORS) == ("palm_thumb", "palm_upper", "palm_side")
    assert layout.contact_sensors("hand", SENSORS) == SENSORS
    assert layout.default_contact == "thumb"


def test_uncalibrated_sensors_are_never_called_trusted(folder: Path) -> None:
    layout = load_layout(folder)
    assert layout.verdict(SENSORS) == "nominal, uncalibrated"
    assert not layout.trusted(["thumb"])


def test_the_worst_sensor_decides_the_verdict(folder: Path) -> None:
    add_calibrated_thumb(folder)
    layout = load_layout(folder)
    assert layout.verdict(["thumb"]) == "calibrated"
    assert layout.trusted(["thumb"])
    assert layout.verdict(["thumb", "palm_thumb"]) == "partly nominal, uncalibrated: palm_thumb"
    assert not layout.trusted(["thumb", "palm_thumb"])


def add_expiry(folder: Path, day: datetime.date) -> None:
    add_calibrated_thumb(folder)
    path = folder / "my-thumb.toml"
    path.write_text(f"expiry = {day}\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


def test_a_calibration_is_good_on_its_last_day_and_expired_on_the_next(folder: Path) -> None:
    last = datetime.date(2026, 12, 20)
    add_expiry(folder, last)
    layout = load_layout(folder)
    assert (layout.verdict(["thumb"], on=last), layout.trusted(["thumb"], on=last)) == ("calibrated", True)
    after = last + datetime.timedelta(days=1)
    assert (layout.verdict(["thumb"], on=after), layout.trusted(["thumb"], on=after)) == ("calibration expired", False)
    both = layout.verdict(["thumb", "palm_thumb"], on=after)
    assert both == "partly nominal, uncalibrated: palm_thumb; partly calibration expired: thumb"


def test_a_new_recording_with_a_calibration_that_ran_out_yesterday_says_so(folder: Path) -> None:
    add_expiry(folder, datetime.datetime.now().astimezone().date() - datetime.timedelta(days=1))
    change(folder, 'thumb = ["thumb", "palm_thumb"]', 'thumb = ["thumb"]')
    layout = load_layout(folder)
    assert ForceChain(glove(), layout, "thumb").verdict == "calibration expired"
    assert not layout.trusted(["thumb"])
    assert layout.verdict(["thumb"], on=datetime.date(2000, 1, 1)) == "calibrated"


def test_one_text_carries_layout_and_profiles(folder: Path) -> None:
    add_calibrated_thumb(folder)
    layout = load_layout(folder)
    again = Layout.from_toml(layout.to_toml())
    assert again == layout
    assert again.profile("thumb").curve != again.profile("index").curve


def test_a_stored_text_without_a_profile_it_names_is_refused(folder: Path) -> None:
    text = load_layout(folder).to_toml().replace('default_profile = "nominal-fsr"', 'default_profile = "gone"')
    with pytest.raises(ProfileError, match='The stored calibration cannot be used: the profile "gone" is named but'):
        Layout.from_toml(text)


def test_a_stored_text_is_checked_like_the_file(folder: Path) -> None:
    text = load_layout(folder).to_toml().replace('default_contact = "thumb"', 'default_contact = "toe"')
    with pytest.raises(ProfileError, match='default_contact "toe" is not one of the contacts'):
        Layout.from_toml(text)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("default_profile", "default_profil", "unknown field default_profil"),
        (
            'default_profile = "nominal-fsr"',
            'default_profile = "best"',
            'names the profile "best", but there is no best',
        ),
        ('default_contact = "thumb"', 'default_contact = "toe"', 'default_contact "toe" is not one of the contacts'),
        ('["thumb", "palm_thumb"]', '["thumb", "thumb"]', 'the contact "thumb" names a sensor twice'),
        ('["thumb", "palm_thumb"]', "[]", "in contacts"),
    ],
)
def test_a_mistake_in_the_layout_is_explained(folder: Path, old: str, new: str, sentence: str) -> None:
    change(folder, old, new)
    with pytest.raises(ProfileError) as caught:
        load_layout(folder)
    assert sentence in str(caught.value)
    assert "glove.toml" in str(caught.value)


def test_a_missing_layout_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"glove\.toml cannot be read"):
        load_layout(tmp_path)


def test_a_contact_that_does_not_exist_names_those_that_do(folder: Path) -> None:
    with pytest.raises(ProfileError, match=r'no contact "toe" in glove\.toml; it has fingers, hand, palm, thumb'):
        load_layout(folder).contact_sensors("toe", SENSORS)


def test_a_glove_without_a_needed_sensor_is_not_summed_short(folder: Path) -> None:
    with pytest.raises(ProfileError, match='needs the sensor "palm_thumb", which this glove does not have'):
        load_layout(folder).contact_sensors("thumb", ["thumb", "index"])
