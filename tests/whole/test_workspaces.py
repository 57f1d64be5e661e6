"""New workspaces: what they begin with, and what never gets into them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nmt_sense.sensing.layout import load_layout
from nmt_sense.workspace import find_workspace, open_workspace, starting_profiles

REPOSITORY = Path(__file__).parents[2]
SHIPPED = ["glove.toml", "nominal-fsr.toml"]
MAKE = "from nmt_sense.workspace import open_workspace; from pathlib import Path; open_workspace(Path('new'))"


def test_personal_profiles_of_a_checkout_never_travel_into_another_workspace(tmp_path: Path) -> None:
    """Somebody has calibrated in a checkout, whose calibration/ and layout have their own profile in them now."""
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(REPOSITORY / "nmt_sense", checkout / "nmt_sense", ignore=shutil.ignore_patterns("__pycache__"))
    folder = open_workspace(checkout).calibration
    (folder / "my-thumb.toml").write_bytes((folder / "nominal-fsr.toml").read_bytes())
    with (folder / "glove.toml").open("a", encoding="utf-8") as file:
        file.write('thumb = "my-thumb"\n')
    assert load_layout(folder).sensors == {"thumb": "my-thumb"}
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    subprocess.run([sys.executable, "-c", MAKE], cwd=elsewhere, env=environment, check=True, timeout=60)
    made = elsewhere / "new" / "calibration"
    assert sorted(path.name for path in made.iterdir()) == SHIPPED
    assert load_layout(made).sensors == {}


def test_what_ships_is_what_the_repository_has() -> None:
    """As git has it: who works in a checkout may have calibrated there."""
    assert [path.name for path in starting_profiles()] == SHIPPED
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("this is no checkout")
    texts = [
        subprocess.run(["git", "show", f":{folder}/{name}"], cwd=REPOSITORY, capture_output=True, check=True).stdout
        for name in SHIPPED
        for folder in ("calibration", "nmt_sense/starter/calibration")
    ]
    assert texts[::2] == texts[1::2]


def test_looking_for_a_workspace_makes_none(tmp_path: Path) -> None:
    assert find_workspace(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()
    made = open_workspace(tmp_path / "one")
    assert find_workspace(tmp_path / "one") == made
