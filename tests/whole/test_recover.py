"""A journal that may not be looked at holds up nothing else; what is no journal is left alone, and all beside it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from journals import header_of
from test_claim import run_bound
from test_commands import refused, run

from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.glove.virtual import Practitioner, Script, SensorBank, virtual_info
from nmt_sense.session.elsewhere import SUFFIX, journals_elsewhere, note_of
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import orphans
from nmt_sense.workspace import Workspace

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="permissions of this kind are POSIX")
BRING_BACK = """
import sys
from pathlib import Path
from nmt_sense.app.recovery import bring_back, orphans
for journal in orphans(Path(sys.argv[1])):
    print(bring_back(journal, lambda share: None))
"""
"""What the window does in its thread."""


def cut_off(journal: Path, workspace: Workspace) -> Path:
    """A closed journal of two seconds, as a program that was killed leaves it."""
    script = Script(seed=3)
    info = virtual_info(script)
    counts, _ = SensorBank(info, Practitioner(script.practice, 3).sensor_newtons, script.physics, 3).scans(0, 500)
    written = Journal.create(journal_path(journal.with_suffix(".h5")), header_of(workspace, info))
    for start in range(0, 500, 3):
        block = ScanBlock(np.arange(start, min(start + 3, 500)), counts[start : start + 3])
        written.add(block, Arrivals(block.scan[-1:], block.scan[-1:] * 4_000_000))
    written.close()
    return written.path


def note(workspace: Workspace, journal: Path) -> None:
    note_of(workspace.recordings, journal).write_bytes(os.fsencode(journal))


@pytest.fixture
def locked(workspace: Workspace, tmp_path: Path) -> Iterator[Path]:
    """A journal in a folder that one may not enter, of which a note and a link in the workspace tell."""
    folder = tmp_path / "locked"
    folder.mkdir()
    journal = cut_off(folder / "theirs.nmtj", workspace)
    note(workspace, journal)
    (workspace.recordings / "link.nmtj").symlink_to(journal)
    folder.chmod(0)
    yield journal
    folder.chmod(0o755)


@posix_only
def test_a_journal_that_may_not_be_looked_at_is_named_and_the_others_are_recovered(
    locked: Path, workspace: Workspace
) -> None:
    mine = cut_off(workspace.recordings / "mine.nmtj", workspace)
    done = run_bound(["recover", "--workspace", str(workspace.root)])
    assert f"recovered: {mine.with_suffix('.h5')}" in done.stdout
    complaint = refused(done)
    assert f"{locked} may not be looked at" in complaint
    assert f"{workspace.recordings / 'link.nmtj'} may not be looked at" in complaint


@posix_only
def test_a_journal_that_may_not_be_looked_at_keeps_nobody_from_recording(locked: Path, workspace: Workspace) -> None:
    mine = cut_off(workspace.recordings / "mine.nmtj", workspace)
    done = run_bound(["record", "--port", "sim://?speed=max", "--seconds", "1", "--workspace", str(workspace.root)])
    assert done.returncode == 0, done.stderr
    assert f"cut off: {mine.with_suffix('.h5')}" in done.stderr
    assert done.stderr.count("may not be looked at") == 2


@posix_only
def test_the_window_too_passes_over_what_it_may_not_look_at(locked: Path, workspace: Workspace) -> None:
    cut_off(workspace.recordings / "mine.nmtj", workspace)
    done = run_bound([str(workspace.recordings)], [sys.executable, "-c", BRING_BACK])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert sum("Recovered" in line and "mine.h5" in line for line in lines) == 1
    assert sum("may not be looked at" in line for line in lines) == 2


@pytest.mark.parametrize("name", ["x" * 300 + ".nmtj", "y/" * 3000 + "a.nmtj", "a\0b.nmtj"])
def test_a_note_of_a_name_that_no_file_can_have_is_passed_over(name: str, workspace: Workspace, tmp_path: Path) -> None:
    mine = cut_off(workspace.recordings / "mine.nmtj", workspace)
    note(workspace, tmp_path / name)
    assert orphans(workspace.recordings) == [mine]


@pytest.mark.parametrize("name", ["/", "/tmp", "/tmp/a.h5", "/tmp/.nmtj"])
def test_a_note_of_what_is_no_journal_leads_nowhere(name: str, workspace: Workspace) -> None:
    note(workspace, Path(name))
    assert journals_elsewhere(workspace.recordings) == []


def test_a_note_stays_while_its_folder_is_locked_and_leads_to_the_journal_afterwards(
    locked: Path, workspace: Workspace
) -> None:
    run_bound(["recover", "--workspace", str(workspace.root)])
    assert len(list(workspace.recordings.glob(f"*{SUFFIX}"))) == 1
    locked.parent.chmod(0o755)
    (workspace.recordings / "link.nmtj").unlink()
    assert f"recovered: {locked.with_suffix('.h5')}" in run("recover", "--workspace", workspace.root).stdout


def test_recover_leaves_a_file_of_another_name_alone_with_all_that_lies_beside_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    poetry = Path(shutil.move(cut_off(tmp_path / "a.nmtj", workspace), tmp_path / "poetry"))
    mine = [tmp_path / f"poetry{ending}" for ending in (".lock", ".new", ".part", "-spill", "-wal", ".h5")]
    for path in mine:
        path.write_text("precious")
    before = poetry.read_bytes()
    assert "poetry does not end in .nmtj" in refused(run("recover", poetry))
    assert [path.read_text() for path in mine] == ["precious"] * len(mine)
    assert poetry.read_bytes() == before


def test_a_lock_in_which_somebody_wrote_something_stays(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.nmtj").write_text("no journal")
    for journal in (tmp_path / "a.nmtj", cut_off(tmp_path / "b.nmtj", workspace)):
        lock = journal.with_name(journal.name + ".lock")
        lock.write_text("precious")
        run("recover", journal)
        assert lock.read_text() == "precious"
    assert (tmp_path / "b.h5").exists()


@pytest.mark.parametrize("name", ["a.nmtj.damaged", "a.nmtj-2.damaged", "A.NMTJ"])
def test_a_journal_that_was_kept_can_be_recovered_by_its_name(name: str, workspace: Workspace, tmp_path: Path) -> None:
    kept = Path(shutil.move(cut_off(tmp_path / "a.nmtj", workspace), tmp_path / name))
    done = run("recover", kept)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.h5")
    with open_recording(file) as recording:
        assert len(recording) == 500


@posix_only
@pytest.mark.parametrize("name", ["recordings", "calibration"])
def test_a_folder_on_the_way_that_may_not_be_entered_is_no_workspace(name: str, tmp_path: Path) -> None:
    locked, here = tmp_path / "locked", tmp_path / "here"
    for folder in (locked, here, here / "recordings", here / "calibration"):
        folder.mkdir()
    (here / name).rmdir()
    (here / name).symlink_to(locked / "inner")
    locked.chmod(0)
    words = ["record", "--port", "sim://?speed=max", "--seconds", "1", "--out", str(here / "a.h5")]
    try:
        done = run_bound([*words, "--workspace", str(tmp_path / "mine")])
    finally:
        locked.chmod(0o755)
    assert done.returncode == 0, done.stderr
