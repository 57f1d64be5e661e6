"""Rows that must wait while the log is started over are found again after a kill, in their place and once."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from sittings import Tenths, header, stream  # type: ignore[import-not-found]

from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.journal_form import ANNOUNCE_LOG
from nmt_sense.session.journal_reader import JournalReader
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import orphans, recover
from nmt_sense.session.spill import MOST
from nmt_sense.session.tidy import LOG, SPILL, beside

N = 240
LONG = 2400
"""Long enough that what is lost of it is more than may be in doubt."""
ROW = 24


@pytest.fixture
def journal(tmp_path: Path):
    journal = Journal.create(journal_path(tmp_path / "a.h5"), header())
    yield journal
    if journal._writing.locked():
        journal._writing.release()
    journal.close()


def add(journal: Journal, start: int, stop: int) -> None:
    scan, counts = stream(4, LONG)
    for at in range(start, stop, ROW):
        rows = slice(at, at + ROW)
        newest = scan[rows][-1:]
        journal.add(ScanBlock(scan[rows], counts[rows]), Arrivals(newest, newest * 4_000_000))


def stored(journal: Journal) -> list[int]:
    """What a program finds that looks now, as after a kill."""
    with JournalReader(journal.path) as reader:
        scans = [scan for block, _ in reader.blocks() for scan in block.scan.tolist()]
        assert reader.damaged_rows == 0
    return scans


def test_nothing_is_lost_when_a_program_is_killed_while_its_log_is_started_over(journal: Journal) -> None:
    add(journal, 0, 96)
    with journal._writing:
        add(journal, 96, N)
        assert stored(journal) == stream(4, N)[0].tolist()


def test_what_has_waited_gets_into_the_journal_once_and_in_order(journal: Journal) -> None:
    add(journal, 0, 48)
    with journal._writing:
        add(journal, 48, 120)
    waited = beside(journal.path, SPILL).read_bytes()
    add(journal, 120, N)
    assert stored(journal) == stream(4, N)[0].tolist()
    assert beside(journal.path, SPILL).read_bytes() == b""
    beside(journal.path, SPILL).write_bytes(waited)  # as if killed just before it was emptied
    assert stored(journal) == stream(4, N)[0].tolist()


def test_what_still_waits_when_a_recording_ends_is_in_it_and_nothing_is_left_lying(journal: Journal) -> None:
    add(journal, 0, 48)
    with journal._writing:
        add(journal, 48, N)
    journal.close()
    assert stored(journal) == stream(4, N)[0].tolist()
    assert not beside(journal.path, SPILL).exists()


def test_a_row_that_was_being_written_when_the_program_was_killed_is_left_out(journal: Journal) -> None:
    add(journal, 0, 48)
    with journal._writing:
        add(journal, 48, N)
        path = beside(journal.path, SPILL)
        whole, all_scans = path.read_bytes(), stream(4, N)[0].tolist()
        for length in range(0, len(whole), 97):
            path.write_bytes(whole[:length])
            found = stored(journal)
            assert found == all_scans[: len(found)]
            assert len(found) >= 48
        path.write_bytes(whole)


@pytest.mark.parametrize("at", [2, 100, 200], ids=["a length", "a row", "another length"])
def test_what_waited_and_was_changed_makes_a_damaged_recording_and_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr("nmt_sense.session.journal.PATIENCE_S", 0.05)
    journal = Journal.create(journal_path(tmp_path / "a.h5"), header())
    add(journal, 0, 48)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        add(journal, 48, LONG)
        journal.close()
    path = beside(journal.path, SPILL)
    content = bytearray(path.read_bytes())
    content[at] ^= 0x40
    path.write_bytes(content)
    made = recover(journal.path, Tenths)
    with open_recording(made) as recording:
        assert recording.integrity.verdict == "damaged"
        np.testing.assert_array_equal(recording.counts, stream(4, LONG)[1][: len(recording.scan)])
    kept = made.with_name("a.nmtj.damaged")
    assert kept.exists()
    assert beside(kept, SPILL).read_bytes() == content


def test_a_file_beside_a_journal_that_is_too_long_to_be_its_own_is_not_read_and_kept(journal: Journal) -> None:
    add(journal, 0, 48)
    with beside(journal.path, SPILL).open("wb") as file:
        file.truncate(MOST + 1)
    with JournalReader(journal.path) as reader:
        assert sum(len(block) for block, _ in reader.blocks()) == 48
        assert reader.damaged_rows == 1


def test_a_recording_ends_and_says_why_before_more_waits_than_is_read_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt_sense.session.journal.PATIENCE_S", 0.05)
    monkeypatch.setattr("nmt_sense.session.spill.MOST", 1500)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordingError, match=r"has kept .*a\.nmtj locked for too long, so the recording has ended"):
            add(journal, 0, N)
        assert beside(journal.path, SPILL).stat().st_size <= 1500
        found = stored(journal)
        browser.execute("ROLLBACK")
    journal.close()
    assert len(stored(journal)) == len(found) + ROW  # the row that was too much, too
    assert not beside(journal.path, SPILL).exists()


def test_what_has_waited_long_gets_into_the_journal_little_by_little(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt_sense.session.spill.AT_ONCE", 3)
    with journal._writing:
        add(journal, 0, 192)
    add(journal, 192, 216)
    assert journal._spill.waits
    assert stored(journal) == stream(4, N)[0].tolist()[:216]
    for start in range(216, LONG, ROW):
        add(journal, start, start + ROW)
    assert not journal._spill.waits
    assert stored(journal) == stream(4, LONG)[0].tolist()


def test_a_disk_that_fills_while_rows_wait_costs_nothing_once_there_is_room(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(journal, 0, 48)
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        real(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with closing(sqlite3.connect(journal.path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        add(journal, 48, 96)
        monkeypatch.setattr(os, "write", half)
        with pytest.raises(RecordingError, match="No space left"):
            add(journal, 96, 120)
        monkeypatch.undo()
        assert stored(journal) == stream(4, N)[0].tolist()[:96]
        browser.execute("ROLLBACK")
    journal.note(Event(0.5, EventKind.BROKEN_OFF, text="full"))
    journal.close()
    assert stored(journal) == stream(4, N)[0].tolist()[:120]
    with JournalReader(journal.path) as reader:
        assert [event.kind for event in reader.events()] == [EventKind.BROKEN_OFF]


def test_what_waited_beside_a_journal_that_somebody_moved_is_not_swept_away(journal: Journal, tmp_path: Path) -> None:
    add(journal, 0, 48)
    with journal._writing:
        add(journal, 48, N)
        other = tmp_path / "other"
        other.mkdir()
        waited = shutil.copyfile(beside(journal.path, SPILL), beside(other / "a.nmtj", SPILL))
        assert orphans(other) == []
        assert waited.read_bytes() == beside(journal.path, SPILL).read_bytes()


def test_a_journal_that_is_moved_away_ends_its_recording_at_once(journal: Journal, tmp_path: Path) -> None:
    add(journal, 0, 48)
    journal._upkeep._look_for_it()
    journal.path.rename(tmp_path / "moved.nmtj")
    with pytest.raises(RecordingError, match="moved or deleted"):
        journal._upkeep._look_for_it()
    (tmp_path / "moved.nmtj").rename(journal.path)


def test_a_log_that_is_deleted_ends_its_recording_at_once_and_nothing_is_lost(journal: Journal) -> None:
    add(journal, 0, 48)
    beside(journal.path, LOG[0]).unlink()
    with pytest.raises(RecordingError, match=r"a\.nmtj-wal was moved or deleted"):
        journal._upkeep._look_for_it()
    journal.close()
    assert stored(journal) == stream(4, N)[0].tolist()[:48]


def test_a_lock_taken_while_the_log_is_started_over_does_not_make_a_whole_journal_damaged(journal: Journal) -> None:
    add(journal, 0, 48)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as upkeep:
        upkeep.execute(ANNOUNCE_LOG)
        upkeep.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # and then another program was quicker
    add(journal, 48, N)
    journal.close()
    assert stored(journal) == stream(4, N)[0].tolist()


def test_who_reads_a_journal_does_not_hold_up_its_writing(journal: Journal) -> None:
    add(journal, 0, 48)
    with closing(sqlite3.connect(journal.path)) as browser:
        browser.execute("BEGIN")
        browser.execute("SELECT count(*) FROM piece").fetchone()
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as upkeep:
            journal._upkeep._start_over(upkeep)
        add(journal, 48, N)
    assert stored(journal) == stream(4, N)[0].tolist()


def test_another_programs_lock_costs_nothing_and_ends_nothing(journal: Journal) -> None:
    add(journal, 0, 48)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        add(journal, 48, 144)
        assert stored(journal) == stream(4, 144)[0].tolist()  # a kill right now would lose nothing
        with closing(sqlite3.connect(journal.path, isolation_level=None)) as upkeep:
            journal._upkeep._start_over(upkeep)  # nor is the log started over meanwhile
        browser.execute("ROLLBACK")
    add(journal, 144, N)
    assert not journal._spill.waits
    assert stored(journal) == stream(4, N)[0].tolist()


def test_what_another_program_keeps_locked_to_the_end_is_found_beside_the_journal(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt_sense.session.journal.PATIENCE_S", 0.05)
    add(journal, 0, 48)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        add(journal, 48, N)
        journal.close()
        assert stored(journal) == stream(4, N)[0].tolist()


def test_a_journal_without_its_log_is_damaged_and_kept(journal: Journal, tmp_path: Path) -> None:
    add(journal, 0, N)
    alone = tmp_path / "alone" / "a.nmtj"
    alone.parent.mkdir()
    shutil.copyfile(journal.path, alone)
    path = recover(alone, Tenths)
    with open_recording(path) as recording:
        assert recording.integrity.verdict == "damaged"
    assert (alone.parent / "a.nmtj.damaged").exists()


def test_a_journal_that_was_closed_needs_no_log(journal: Journal) -> None:
    add(journal, 0, N)
    journal.close()
    assert not beside(journal.path, LOG[0]).exists()
    assert stored(journal) == stream(4, N)[0].tolist()


def test_a_journal_whose_log_another_program_has_taken_into_it_has_lost_nothing(
    journal: Journal, tmp_path: Path
) -> None:
    add(journal, 0, 96)
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as upkeep:
        journal._upkeep._start_over(upkeep)
    add(journal, 96, N)
    left = tmp_path / "left" / "a.nmtj"
    left.parent.mkdir()
    for ending in ("", *LOG):
        shutil.copyfile(beside(journal.path, ending), beside(left, ending))
    with closing(sqlite3.connect(left, isolation_level=None)) as browser:
        browser.execute("SELECT count(*) FROM piece").fetchone()
    assert not beside(left, LOG[0]).exists()
    with JournalReader(left) as reader:
        assert sum(len(block) for block, _ in reader.blocks()) == N
        assert reader.damaged_rows == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_among_the_recordings_holds_nothing_up(journal: Journal, tmp_path: Path) -> None:
    add(journal, 0, N)
    os.mkfifo(beside(journal.path, SPILL))
    assert stored(journal) == stream(4, N)[0].tolist()
    os.mkfifo(tmp_path / "0123456789abcdef.elsewhere")
    (tmp_path / "folder.nmtj").mkdir()
    assert orphans(tmp_path) == []
    assert not (tmp_path / "folder.nmtj.lock").exists()
