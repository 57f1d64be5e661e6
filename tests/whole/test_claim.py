"""One program records into a workspace, whatever becomes of it; names and folders are looked at before the glove is."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from lines import wait_for
from test_commands import TOOL, refused, run

from nmt_sense.commands.claim import LOCK_NAME, OWNER_NAME, check_writable, claimed
from nmt_sense.errors import NmtError
from nmt_sense.session.elsewhere import note_of, noted
from nmt_sense.workspace import Workspace, open_workspace, starting_profiles


@contextmanager
def recording(workspace: Workspace, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A program that records into the workspace."""
    process = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://", "--workspace", str(workspace.root), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(lambda: list(workspace.recordings.glob("*.nmtj")) != [])
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_second_program_is_refused_and_told_who_records(workspace: Workspace) -> None:
    with recording(workspace) as process:
        for words in (["record", "--port", "sim://"], ["demo", "--headless"]):
            complaint = refused(run(*words, "--seconds", 1, "--workspace", workspace.root))
            assert re.search(rf"process {process.pid}, since \d\d:\d\d on 20\d\d", complaint), complaint
        named = run("record", "--port", "sim://", "--out", workspace.recordings / "b.h5", "--workspace", workspace.root)
        assert "in use" in refused(named)
        assert len(list(workspace.recordings.glob("*.nmtj"))) == 1
        assert run("recover", "--workspace", workspace.root).returncode == 0
    assert len(list(workspace.recordings.glob("*.h5"))) == 1
    assert [path.name for path in workspace.recordings.glob(".*")] in ([LOCK_NAME], [])


def test_a_window_is_refused_while_a_recording_goes_on(workspace: Workspace) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    with recording(workspace):
        assert "in use" in refused(run("--workspace", workspace.root, environment=environment))


def test_a_recording_is_refused_while_a_window_is_open(workspace: Workspace) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen(
        [*TOOL, "--port", "sim://", "--workspace", str(workspace.root)], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_for((workspace.recordings / OWNER_NAME).exists, 30)
        complaint = refused(run("record", "--port", "sim://", "--seconds", 1, "--workspace", workspace.root))
        assert f"process {window.pid}" in complaint
    finally:
        window.kill()
        window.wait()


def test_recording_elsewhere_needs_no_claim(workspace: Workspace, tmp_path: Path) -> None:
    with recording(workspace):
        done = run(
            "record", "--port", "sim://", "--seconds", 1, "--out", tmp_path / "b.h5", "--workspace", workspace.root
        )
        assert done.returncode == 0, done.stderr


def test_another_workspaces_recordings_are_claimed_too(workspace: Workspace, tmp_path: Path) -> None:
    other = open_workspace(tmp_path / "other")
    with recording(workspace):
        out = workspace.recordings / "b.h5"
        complaint = refused(run("record", "--port", "sim://", "--seconds", 1, "--out", out, "--workspace", other.root))
    assert "in use" in complaint


@pytest.fixture
def linked(tmp_path: Path) -> Workspace:
    """A workspace whose recordings are a link to a folder of another name."""
    place = open_workspace(tmp_path / "linked")
    (tmp_path / "data" / "kept").mkdir(parents=True)
    place.recordings.rmdir()
    place.recordings.symlink_to(tmp_path / "data" / "kept")
    return place


def test_recordings_that_are_a_link_are_claimed_by_whatever_way_one_comes(
    linked: Workspace, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(linked.recordings)
    (tmp_path / "data" / "kept" / "P-001").mkdir()
    words = ["record", "--port", "sim://?speed=max", "--seconds", 1, "--workspace", workspace.root, "--out"]
    with recording(linked):
        for folder in ("linked/recordings", "data/kept", "link", "data/kept/P-001", "linked/recordings/../kept"):
            assert "in use" in refused(run(*words, tmp_path / folder / "b.h5"))
    done = run(*words, tmp_path / "link" / "b.h5")
    assert done.returncode == 0, done.stderr


def test_who_comes_from_recordings_that_are_a_link_is_refused_elsewhere_all_the_same(
    linked: Workspace, workspace: Workspace
) -> None:
    out = workspace.recordings / "b.h5"
    with recording(workspace):
        done = run("record", "--port", "sim://", "--seconds", 1, "--out", out, "--workspace", linked.root)
    assert "in use" in refused(done)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX")
def test_a_pipe_where_the_owner_should_be_named_holds_nobody_up(workspace: Workspace) -> None:
    with recording(workspace):
        wait_for((workspace.recordings / OWNER_NAME).exists)
        (workspace.recordings / OWNER_NAME).unlink()
        os.mkfifo(workspace.recordings / OWNER_NAME)
        complaint = refused(run("record", "--port", "sim://", "--seconds", 1, "--workspace", workspace.root))
    assert complaint.startswith("nmt-sense: Another program has")


def test_the_claim_dies_with_its_program(workspace: Workspace) -> None:
    with recording(workspace) as process:
        process.kill()
        process.wait()
    again = run("record", "--port", "sim://", "--seconds", 1, "--workspace", workspace.root)
    assert again.returncode == 0
    assert "Recovered a recording" in again.stderr


def test_a_dead_owner_is_not_named(workspace: Workspace) -> None:
    with claimed(workspace.recordings):
        for owner in (
            'process = 1\ncomputer = "elsewhere"\nsince = "2020-01-01T00:00:00+00:00"\n',
            f'process = {2**62}\ncomputer = "here"\nsince = "0001-01-01T00:00:00"\n',
            "rubbish",
        ):
            (workspace.recordings / OWNER_NAME).write_text(owner)
            with pytest.raises(NmtError, match=r"^Another program has"), claimed(workspace.recordings):
                pass


@pytest.mark.parametrize("leads_to", ["a file", "nothing"])
def test_a_workspace_that_somebody_sent_overwrites_nothing_of_mine(
    leads_to: str, workspace: Workspace, tmp_path: Path
) -> None:
    thesis, out = tmp_path / "thesis.txt", tmp_path / "a.h5"
    (profile, *_) = starting_profiles()
    for link in (
        workspace.recordings / OWNER_NAME,
        note_of(workspace.recordings, out.with_suffix(".nmtj")),
        workspace.calibration / profile.name,
    ):
        thesis.unlink(missing_ok=True)
        if leads_to == "a file":
            thesis.write_text("mine")
        link.unlink(missing_ok=True)
        link.symlink_to(thesis)
        with claimed(workspace.recordings), noted(workspace.recordings, out.with_suffix(".nmtj")):
            open_workspace(workspace.root)
        assert (thesis.read_text() if thesis.exists() else None) == ("mine" if leads_to == "a file" else None)
        link.unlink(missing_ok=True)


def test_two_recordings_in_the_same_second_get_two_names(workspace: Workspace) -> None:
    names: list[Path] = []
    threads = [threading.Thread(target=lambda: names.append(workspace.new_recording("P-1"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 20


def test_a_name_whose_journal_is_in_use_is_refused_before_the_glove_is_opened(
    workspace: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "a.h5"
    with recording(workspace, "--out", str(workspace.recordings / "x.h5")):
        pass
    holder = subprocess.Popen(
        [*TOOL, "record", "--port", "sim://", "--out", str(out), "--workspace", str(workspace.root)],
        stdout=subprocess.DEVNULL,
    )
    wait_for(out.with_suffix(".nmtj").exists)
    try:
        words = ["record", "--port", "/dev/no-such-port", "--out", out, "--workspace", workspace.root]
        assert "a.nmtj is in use" in run(*words).stderr
        assert "no-such-port" not in run(*words).stderr
    finally:
        holder.send_signal(signal.SIGINT)
        holder.wait(30)


@pytest.mark.parametrize("where", ["workspace", "out"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_glove_is_opened(
    where: str, workspace: Workspace, tmp_path: Path
) -> None:
    locked = workspace.recordings if where == "workspace" else tmp_path / "locked"
    locked.mkdir(exist_ok=True)
    words = ["record", "--port", "/dev/no-such-port", "--workspace", str(workspace.root)]
    words += ["--out", str(locked / "a.h5")] if where == "out" else []
    with unwritable(locked):
        assert f"{locked} cannot be written" in refused(run_bound(words))


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def run_bound(words: list[str], tool: Sequence[str] = TOOL) -> subprocess.CompletedProcess[str]:
    """Run the tool with permissions in force, also for root."""
    return subprocess.run(
        [*tool, *words], capture_output=True, text=True, timeout=60, check=False, preexec_fn=bound_by_permissions
    )


def bound_by_permissions() -> None:
    """Take away what lets root go and write anywhere: two capabilities leave the bounding set (24), see prctl(2).

    They are CAP_DAC_OVERRIDE (1) and CAP_DAC_READ_SEARCH (2).
    """
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def test_a_recordings_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("somebody's")
    assert str(tmp_path) in refused(run("record", "--port", "sim://", "--workspace", tmp_path))
    with pytest.raises(NmtError, match="cannot be written"):
        check_writable(tmp_path / "recordings")
    assert (tmp_path / "recordings").read_text() == "somebody's"
