"""A recording made outside the workspace is found again from the workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nmt_sense.cli import main
from nmt_sense.session.elsewhere import SUFFIX, journals_elsewhere, noted
from nmt_sense.session.recording import open_recording
from tests.whole.lines import wait_for

NMT_SENSE = [sys.executable, "-m", "nmt_sense"]


@pytest.mark.parametrize("folder", ["else where", "workspace/recordings/P-001"])
def test_a_killed_recording_outside_the_workspace_or_deeper_in_it_is_recovered_from_the_workspace(
    folder: str, tmp_path: Path
) -> None:
    workspace, out = tmp_path / "workspace", tmp_path / folder / "mine.h5"
    out.parent.mkdir(parents=True)
    journal = out.with_suffix(".nmtj")
    command = [*NMT_SENSE, "record", "--port", "sim://", "--out", str(out), "--workspace", str(workspace)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        log = journal.with_name(journal.name + "-wal")
        wait_for(lambda: log.exists() and log.stat().st_size > 20_000, 30)
        process.kill()
    done = subprocess.run(
        [*NMT_SENSE, "recover", "--workspace", str(workspace)], capture_output=True, text=True, check=True
    )
    assert str(out) in done.stdout
    with open_recording(out) as recording:
        assert recording.recovered
        assert len(recording) > 0
    assert journals_elsewhere(workspace / "recordings") == []
    assert not list((workspace / "recordings").glob(f"*{SUFFIX}"))


@pytest.mark.parametrize("folder", ["", "workspace/recordings/P-001"])
def test_a_recording_that_ends_well_leaves_no_note(folder: str, tmp_path: Path) -> None:
    workspace, out = tmp_path / "workspace", tmp_path / folder / "mine.h5"
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [*NMT_SENSE, "record", "--port", "sim://?speed=max", "--seconds", "2", "--out", str(out)]
    subprocess.run([*command, "--workspace", str(workspace)], capture_output=True, check=True)
    assert out.is_file()
    assert not list((workspace / "recordings").glob(f"*{SUFFIX}"))


def test_a_note_that_the_program_did_not_write_leads_nowhere(tmp_path: Path) -> None:
    journal = tmp_path / "a.nmtj"
    journal.write_bytes(b"x")
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / f"0123456789abcdef{SUFFIX}").write_text(str(journal))
    (folder / f"fedcba9876543210{SUFFIX}").write_bytes(b"\xff\xfe")
    assert journals_elsewhere(folder) == []
    with noted(folder, journal):
        assert journals_elsewhere(folder) == [journal]
    assert journals_elsewhere(folder) == [journal]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_recording_whose_name_is_no_text_is_made_and_found_like_any_other(tmp_path: Path) -> None:
    out = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.h5"))
    command = [*NMT_SENSE, "record", "--port", "sim://?speed=max", "--seconds", "0.5", "--out", str(out)]
    done = subprocess.run(
        [*command, "--workspace", str(tmp_path / "workspace")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert out.is_file()
    folder, journal = tmp_path / "workspace" / "recordings", out.with_suffix(".nmtj")
    journal.write_bytes(b"x")
    with noted(folder, journal):
        assert journals_elsewhere(folder) == [journal]


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_every_json_is_json_whatever_bytes_are_in_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff"))
    techniques, out = bad / "techniques", str(bad.with_suffix(".h5"))
    techniques.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(techniques) + b"/bad\xff.toml")).write_text("rubbish")
    record = ["record", "--port", "sim://?speed=max", "--seconds", "1"]
    for words, code in (
        (record, 0), ([*record, "--out", out], 0), (["verify", out], 0), (["verify", str(techniques)], 2),
        (["holds", out], 0), (["thresholds", out], 0), (["techniques"], 0), (["hands"], 0), (["recover"], 0),
    ):  # fmt: skip
        assert main([*words, "--json", "--workspace", str(bad)]) == code, words
        json.loads(capsys.readouterr().out)


def test_a_name_that_no_file_can_have_is_one_sentence_also_with_a_workspace(tmp_path: Path) -> None:
    command = [*NMT_SENSE, "holds", "--workspace", str(tmp_path / "workspace"), "x" * 300 + ".h5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "There is no recording" in done.stderr
    assert len(done.stderr.splitlines()) == 1
