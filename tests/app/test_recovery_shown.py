"""Recordings that were cut off are brought back by the open window, which says what became of each."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from looking import leave_at_the_first_report
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtTest import QTest

from nmt_sense.app.live_window import LiveWindow
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import orphans
from nmt_sense.session.tidy import DAMAGED, SUFFIX

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of recordings whose only one was killed while it was made."""
    place = tmp_path_factory.mktemp("cut off")
    (place / "recordings").mkdir()
    shutil.copytree(REPOSITORY / "calibration", place / "calibration")
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", "sim://?seed=5", "--participant", "P-7"]
    process = subprocess.Popen([*command, "--json", "--workspace", str(place)], stdout=subprocess.DEVNULL)
    journal = _journal_with_scans(place / "recordings")
    process.kill()
    process.wait()
    assert journal.exists()
    return place / "recordings"


def _journal_with_scans(folder: Path) -> Path:
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        for journal in folder.glob(f"*{SUFFIX}"):
            log = journal.with_name(journal.name + "-wal")
            if log.exists() and log.stat().st_size > 60_000:
                return journal
        time.sleep(0.02)
    raise AssertionError("nothing was recorded")


@pytest.fixture
def folder(cut_off: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cut_off, tmp_path / "recordings"))


def recovered(window: LiveWindow, folder: Path, qtbot) -> str:
    """What the window says after it has looked through the folder."""
    window.recover(folder)
    qtbot.waitUntil(lambda: not window.recovery.busy, timeout=20_000)
    QCoreApplication.processEvents()
    return window.foot.recovered.text()


def spoil(journal: Path) -> None:
    """Write nonsense over a page in the middle of a journal."""
    with closing(sqlite3.connect(journal)) as database:
        (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy
        (page,) = database.execute("PRAGMA page_size").fetchone()
    with journal.open("r+b") as file:
        file.seek(journal.stat().st_size // 2 // page * page)
        file.write(b"\xa5" * page)


def test_a_recording_that_was_cut_off_is_brought_back_and_named(window, live, folder, qtbot):
    said = recovered(window, folder, qtbot)
    (file,) = folder.glob("*.h5")
    with open_recording(file) as recording:
        assert recording.recovered
        length = int(recording.duration_s)
    assert said == f"Recovered a recording that had been cut off: {file.name}, 0:{length:02d} long."
    assert window.foot.recovered.isVisible()
    assert window.foot.recovered.focusPolicy() & Qt.FocusPolicy.TabFocus
    live.press(0.0)
    QTest.keyClick(window, Qt.Key.Key_Space)
    window.refresh()
    assert not window.foot.recovered.isVisible()  # until the next recording


def test_a_journal_kept_as_damaged_is_named(window, folder, qtbot):
    (journal,) = folder.glob(f"*{SUFFIX}")
    spoil(journal)
    said = recovered(window, folder, qtbot)
    assert said.startswith("⚠  Recovered a recording that had been cut off")
    assert said.endswith(f"Part of its journal cannot be read; it is kept as {journal.name}{DAMAGED}.")
    assert (folder / f"{journal.name}{DAMAGED}").exists()


def test_a_journal_that_is_none_is_named_and_stays(window, folder, qtbot):
    (folder / f"odd{SUFFIX}").write_bytes(b"not a journal at all")
    first, second = recovered(window, folder, qtbot).splitlines()
    assert first.startswith("Recovered")
    assert second.startswith("⚠")
    assert "odd" in second
    assert (folder / f"odd{SUFFIX}").exists()


def test_where_nothing_was_cut_off_nothing_is_said(window, tmp_path, qtbot):
    assert recovered(window, tmp_path, qtbot) == ""
    assert not window.foot.recovered.isVisible()


def test_closing_during_recovery_loses_nothing(window, folder):
    leave_at_the_first_report(window.recovery._job)
    window.recover(folder)
    window.close()
    assert not window.isVisible()
    assert len(list(folder.glob(f"*{SUFFIX}"))) == 1
    assert not list(folder.glob("*.part"))


def test_the_window_shows_how_far_the_recovery_is(window, live, folder):
    window.recovery.share = 0.25
    window._paced_ns = 0
    window.refresh()
    assert window.foot.work.text() == "Recovering a recording  25 %"


def test_the_window_does_not_wait_for_drives_that_answer_late(window, tmp_path, qtbot, monkeypatch):
    answers = threading.Event()

    def late(folder: Path) -> list[Path]:
        assert answers.wait(20.0), "the window waited"
        return orphans(folder)

    monkeypatch.setattr("nmt_sense.app.recovery.orphans", late)
    window.recover(tmp_path)
    answers.set()
    qtbot.waitUntil(lambda: not window.recovery.busy, timeout=20_000)
    assert window.foot.recovered.text() == ""
