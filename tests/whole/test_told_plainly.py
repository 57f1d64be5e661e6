"""Commands that were given the wrong thing, or measured the wrong thing, say so plainly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nmt_sense.workspace import Workspace


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nmt_sense", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", ["verify", "holds"])
def test_a_journal_is_said_to_be_one_and_what_makes_a_recording_of_it(command: str, tmp_path: Path) -> None:
    journal = tmp_path / "cut.nmtj"
    journal.write_bytes(b"SQLite format 3\0")
    done = run(command, journal)
    assert done.returncode == 2
    assert done.stderr == f"nmt-sense: {journal} is a journal; nmt-sense recover {journal} makes a recording of it.\n"
    assert "is a journal" not in run(command, tmp_path / "missing.nmtj").stderr


def test_who_presses_beside_the_contact_all_the_time_is_told_how_another_is_chosen(workspace: Workspace) -> None:
    out = workspace.recordings / "beside.h5"
    port = "sim://?steps=20:3,0:2&on=index&speed=max"
    done = run("record", "--seconds", 5, "--out", out, "--workspace", workspace.root, "--port", port)
    assert done.returncode == 0
    (told,) = [line for line in done.stderr.splitlines() if "Nothing pressed" in line]
    assert told == (
        "nmt-sense: Nothing pressed with the contact thumb, but index carried force: name another contact "
        "(fingers or hand) as default_contact in glove.toml, and record again."
    )
    assert told in run("holds", out).stderr


def test_live_ends_by_the_gloves_clock_however_fast_that_is(workspace: Workspace) -> None:
    """Three hundred seconds of it, in less than the minute that this test waits."""
    done = run("live", "--port", "sim://?speed=max", "--seconds", 300, "--workspace", workspace.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "simulated" in done.stdout


@pytest.mark.parametrize(
    ("technique", "told"),
    [
        ("ischemic-compression-patient-led", True),
        ("ischemic-compression-percent", True),
        ("trigger-point-threshold", False),
    ],
)
def test_a_technique_that_waits_for_keys_says_at_once_that_a_terminal_has_none(
    technique: str, told: bool, workspace: Workspace
) -> None:
    port = "sim://?speed=max"
    done = run("record", "--seconds", 2, "--technique", technique, "--workspace", workspace.root, "--port", port)
    assert (done.returncode, "is reported by keys in the window" in done.stderr) == (0, told)
