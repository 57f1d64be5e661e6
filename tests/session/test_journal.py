"""What a running recording keeps, whatever happens to it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from sittings import EVENTS, PINGS, SENSORS, Tenths, fill, header, read_of, stream

from nmt_sense.blocks import ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.session.durable import lock_journal
from nmt_sense.session.finalize import finalize
from nmt_sense.session.header import Counters
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.journal_form import PAGE_BYTES
from nmt_sense.session.journal_reader import JournalReader
from nmt_sense.session.journal_rows import JournalRows
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import orphans, recover
from nmt_sense.session.upkeep import Upkeep

HERE = Path(__file__).parent


def contents(path: Path, size: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with JournalReader(path) as reader:
        pieces = list(reader.pieces(size))
        assert all(len(piece.block) == size for piece in pieces[:-1])
        assert reader.damaged_rows == 0
    scan = np.concatenate([np.empty(0, np.int64), *(piece.block.scan for piece in pieces)])
    counts = np.concatenate([np.empty((0, len(SENSORS)), np.uint16), *(piece.block.counts for piece in pieces)])
    host_ns = np.concatenate([np.empty(0, np.int64), *(piece.arrivals.host_ns for piece in pieces)])
    return scan, counts, host_ns


def test_everything_added_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.nmtj"
    scan, counts = stream(1, 1000, lost=0.1, first=2**32 - 300)
    journal = Journal.create(path, header())
    fill(journal, scan, counts)
    for event in EVENTS:
        journal.add_event(event)
    journal.set_counters(crc_errors=4, drift_ppm=-3000.25)
    journal.set_counters(overruns=2, restarts=1)
    journal.add_utc(5, 1_795_000_000_000_000_000)
    journal.flush()
    journal.add_utc(6, -7)
    for ping in PINGS:
        journal.add_ping(*ping)
    journal.close()
    journal.close()
    kept_scan, kept_counts, host_ns = contents(path)
    assert np.array_equal(kept_scan, scan)
    assert np.array_equal(kept_counts, counts)
    assert len(host_ns) == -(-len(scan) // 7)
    with JournalReader(path) as reader:
        assert reader.header == header()
        assert [event.text for event in reader.events()] == [event.text for event in EVENTS]
        assert np.isnan(reader.events()[1].value)
        assert reader.counters() == Counters(crc_errors=4, overruns=2, drift_ppm=-3000.25, restarts=1)
        assert reader.utc().tolist() == [[5, 1_795_000_000_000_000_000], [6, -7]]
        pings = reader.pings()
        assert list(zip(pings.scan.tolist(), pings.host_ns.tolist(), strict=True)) == PINGS


def test_scans_younger_than_50_ms_are_all_that_waits_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.nmtj"
    scan, counts = stream(2, 500)
    journal = Journal.create(path, header())
    for start in range(0, 500, 2):
        block = ScanBlock(scan[start : start + 2], counts[start : start + 2])
        journal.add(block, read_of(block))
        journal_copy = stored_scans(path)
        assert start + 2 - journal_copy <= 12
    journal.close()


def stored_scans(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT ifnull(sum(length(counts)), 0) FROM piece").fetchone()[0] // 6
    finally:
        connection.close()


def test_an_event_is_kept_at_once_even_when_no_scan_follows(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "a.nmtj", header())
    journal.add_event(Event(0.0, EventKind.LINK_LOST, text="bad\udcff\0name"))
    with JournalReader(tmp_path / "a.nmtj") as reader:
        assert [event.kind for event in reader.events()] == [EventKind.LINK_LOST]
        assert reader.events()[0].text == "bad? name"
    journal.close()


@pytest.mark.parametrize("taken", ["a.nmtj", "a.h5"])
def test_a_name_in_use_is_refused_and_left_alone(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_bytes(b"dear")
    with pytest.raises(RecordingError, match="never overwritten"):
        Journal.create(tmp_path / "a.nmtj", header())
    assert (tmp_path / taken).read_bytes() == b"dear"


def test_two_recordings_cannot_share_a_journal(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "a.nmtj", header())
    with pytest.raises(RecordingError, match="in use"):
        Journal.create(tmp_path / "a.nmtj", header())
    assert orphans(tmp_path) == []
    journal.close()
    assert orphans(tmp_path) == [tmp_path / "a.nmtj"]


def test_a_log_left_by_an_older_journal_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    older = Journal.create(tmp_path / "a.nmtj", header())
    fill(older, *stream(3, 300))
    shutil.copyfile(tmp_path / "a.nmtj-wal", tmp_path / "b.nmtj-wal")
    older.close()
    journal = Journal.create(tmp_path / "b.nmtj", header())
    journal.close()
    assert len(contents(tmp_path / "b.nmtj")[0]) == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sensors": ()}, "named no sensors"),
        ({"period_s": 0.0}, "named no sensors"),
        ({"period_s": float("nan")}, "named no sensors"),
        ({"participant": "P\0"}, "NUL"),
        ({"operator": "\udcff"}, "not text"),
    ],
)
def test_what_no_file_could_hold_is_refused_before_anything_is_recorded(
    tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(RecordingError, match=sentence):
        Journal.create(tmp_path / "a.nmtj", header(**changes))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="choose another folder"):
        Journal.create(tmp_path / "file" / "a.nmtj", header())


def test_scans_out_of_order_are_never_stored(tmp_path: Path) -> None:
    scan, counts = stream(4, 40)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.flush()
    for wrong in (scan[-1:], scan[5:7], np.array([60, 59]), np.array([60, 60]), np.array([60, 63, 62, 64])):
        with pytest.raises(ValueError, match=r"does not come after|do not increase"):
            journal.add(ScanBlock(wrong, counts[: len(wrong)]), read_of(ScanBlock(wrong, counts)))
    journal.close()
    assert np.array_equal(contents(tmp_path / "a.nmtj")[0], scan)


def test_the_log_is_started_over_and_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt_sense.session.upkeep.SYNC_EVERY_S", 0.005)
    monkeypatch.setattr("nmt_sense.session.upkeep.LOG_BYTES", 50_000)
    path = tmp_path / "a.nmtj"
    log = tmp_path / "a.nmtj-wal"
    scan, counts = stream(5, 20_000)
    journal = Journal.create(path, header())
    largest = started_over = before = 0
    for start in range(0, len(scan), 10):
        block = ScanBlock(scan[start : start + 10], counts[start : start + 10])
        journal.add(block, read_of(block))
        size = log.stat().st_size
        started_over += size < before
        largest, before = max(largest, size), size
        if start % 400 == 0:
            time.sleep(0.005)
    journal.close()
    assert started_over >= 3
    assert largest < 1_000_000
    kept_scan, kept_counts, _ = contents(path)
    assert np.array_equal(kept_scan, scan)
    assert np.array_equal(kept_counts, counts)


def test_a_full_disk_ends_the_recording_with_a_sentence_and_keeps_what_was_stored(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("a file-size limit to stand for a full disk exists on POSIX systems only")
    script = (
        "import resource, sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path; from sittings import *\n"
        "from nmt_sense.errors import RecordingError\n"
        "journal = Journal.create(Path(sys.argv[1]), header())\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: fill(journal, *stream(6, 100_000))\n"
        "except RecordingError as error: print(error)\n"
        "try: journal.close()\n"
        "except RecordingError as error: print(error)\n"
    )
    path = tmp_path / "a.nmtj"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(HERE)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "what was stored until now is kept" in done.stdout.splitlines()[0]
    assert done.stderr == ""
    scan, counts, _ = contents(path)
    wanted_scan, wanted_counts = stream(6, 100_000)
    assert len(scan) > 900
    assert np.array_equal(scan, wanted_scan[: len(scan)])
    assert np.array_equal(counts, wanted_counts[: len(scan)])


@pytest.mark.parametrize("after_s", [0.11, 0.37, 0.83])
def test_a_killed_program_loses_at_most_a_tenth_of_a_second(tmp_path: Path, after_s: float) -> None:
    path = journal_path(tmp_path / "killed.h5")
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]); from sittings import *; record_for_real(Path(sys.argv[1]), .001)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(path), str(HERE)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after_s)
    assert orphans(tmp_path) == []
    os.kill(child.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    reported = [int(line) for line in child.stdout.read().splitlines() if line.strip()]
    child.wait()
    child.stdout.close()
    assert orphans(tmp_path) == [path]
    with open_recording(recover(path, Tenths)) as recording:
        assert recording.recovered
        assert recording.integrity.verdict == "recovered"
        kept = len(recording)
        assert reported[-1] - kept <= 100
        assert np.array_equal(recording.scan, np.arange(kept))
        assert np.array_equal(recording.counts[:, 2], (np.arange(kept) * 3).astype(np.uint16))
    assert [file.name for file in tmp_path.iterdir()] == ["killed.h5"]


def test_a_log_cut_anywhere_gives_a_true_beginning(tmp_path: Path) -> None:
    """What a power cut leaves: a beginning of the log, and rubbish after it."""
    scan, counts = stream(7, 600)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    files = {name: (tmp_path / name).read_bytes() for name in ("a.nmtj-wal", "a.nmtj")}
    journal.close()
    random = np.random.default_rng(8)
    lengths = set()
    for cut in random.integers(0, len(files["a.nmtj-wal"]), 40):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "a.nmtj").write_bytes(files["a.nmtj"])
        (folder / "a.nmtj-wal").write_bytes(files["a.nmtj-wal"][:cut] + random.bytes(2000))
        kept_scan, kept_counts, _ = contents(folder / "a.nmtj")
        assert np.array_equal(kept_scan, scan[: len(kept_scan)])
        assert np.array_equal(kept_counts, counts[: len(kept_scan)])
        lengths.add(len(kept_scan))
    assert len(lengths) > 10


def test_flipped_bytes_in_a_journal_become_a_gap_never_a_wrong_value(tmp_path: Path) -> None:
    scan, counts = stream(9, 2000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    whole = (tmp_path / "a.nmtj").read_bytes()
    wanted = {int(number): row for number, row in zip(scan, counts, strict=True)}
    random = np.random.default_rng(10)
    found = 0
    for trial, position in enumerate(random.integers(leaf_pages(journal.path)[0], len(whole), 40)):
        damaged = tmp_path / f"{trial}.nmtj"
        flipped = bytes([whole[position] ^ 1 << random.integers(8)])
        damaged.write_bytes(whole[:position] + flipped + whole[position + 1 :])
        with JournalReader(damaged) as reader:
            for block, _ in reader.blocks():
                for number, row in zip(block.scan, block.counts, strict=True):
                    assert np.array_equal(row, wanted[int(number)])
            found += reader.damaged_rows > 0
    assert found > 20


@pytest.mark.parametrize("content", [b"", b"dear diary" * 200])
def test_a_file_that_is_no_journal_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.nmtj"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.nmtj"):
        recover(path, Tenths)
    assert path.read_bytes() == content


def leaf_pages(path: Path) -> list[int]:
    """Offsets of the pages that hold rows, in the order in which the file has them."""
    whole = path.read_bytes()
    table_leaf = 0x0D
    return [start for start in range(PAGE_BYTES, len(whole), PAGE_BYTES) if whole[start] == table_leaf][3:]


def overwrite(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * PAGE_BYTES)


@pytest.mark.parametrize("where", [0.0, 0.4, 1.0])
def test_a_bad_page_costs_its_own_scans_and_not_the_recording(tmp_path: Path, where: float) -> None:
    scan, counts = stream(30, 6000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.set_counters(crc_errors=3)
    journal.add_event(Event(1.0, EventKind.MARKER))
    fill(journal, scan + 6000, counts)
    journal.close()
    pages = leaf_pages(journal.path)
    overwrite(journal.path, pages[round(where * (len(pages) - 1))])
    damaged = journal.path.read_bytes()

    path = recover(journal.path, Tenths)
    with open_recording(path) as recording:
        assert len(recording) >= 12_000 - 200
        wanted = np.tile(counts, (2, 1))
        assert np.array_equal(recording.counts, wanted[recording.scan])
        assert [event.kind for event in recording.events] == [EventKind.MARKER]
        assert recording.integrity.counters.crc_errors == 3
    report = verify(path, Tenths)
    assert report.verdict == "damaged"
    assert any("could not be read; it was kept" in finding for finding in report.findings)
    kept = tmp_path / "a.nmtj.damaged"
    assert kept.read_bytes() == damaged
    assert orphans(tmp_path) == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.h5", "a.nmtj.damaged"]


def test_several_bad_pages_are_each_stepped_over_and_every_lost_row_is_counted(tmp_path: Path) -> None:
    scan, counts = stream(31, 6000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    rows = stored_rows(journal.path)
    pages = leaf_pages(journal.path)
    for page in (pages[20], pages[21], pages[60]):
        overwrite(journal.path, page)
    with JournalReader(journal.path) as reader:
        kept = sum(len(piece.block) for piece in reader.pieces())
        assert 3 <= reader.damaged_rows <= 24
        assert 6000 - kept == pytest.approx(reader.damaged_rows * 6000 / rows, rel=0.1)


def stored_rows(path: Path) -> int:
    with JournalReader(path) as reader:
        return sum(1 for _ in JournalRows(reader._source))


def test_a_second_damaged_journal_of_a_name_does_not_overwrite_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal.create(tmp_path / "a.nmtj", header())
        fill(journal, *stream(32, 3000))
        journal.close()
        overwrite(journal.path, leaf_pages(journal.path)[10])
        recover(journal.path, Tenths).rename(tmp_path / "elsewhere.h5")
    assert len(list(tmp_path.glob("a.nmtj*damaged"))) == 2


def test_what_programs_killed_at_the_start_leave_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.nmtj.lock", "b.nmtj.new", "b.nmtj.new-wal", "c.nmtj-shm", "d.nmtj-wal", "d.nmtj.part"):
        (tmp_path / name).touch()
    kept = ("e.nmtj-wal", "f.nmtj.damaged", "f.nmtj.damaged-wal", "g.h5", "h.nmtj.notes")
    for name in kept:
        (tmp_path / name).write_bytes(b"dear")
    running = Journal.create(tmp_path / "z.nmtj", header())
    assert orphans(tmp_path) == []
    assert sorted(path.name for path in tmp_path.glob("[a-y]*")) == sorted(kept)
    running.close()
    assert orphans(tmp_path) == [running.path]


def test_a_journal_that_is_nothing_but_a_name_is_not_complained_of_for_ever(tmp_path: Path) -> None:
    """Where there are no hard links, a kill at the start of a recording leaves its name, claimed and not yet filled."""
    (tmp_path / "a.nmtj").touch()
    (tmp_path / "a.nmtj.new").write_bytes(b"a header")
    (tmp_path / "b.nmtj").touch()
    (tmp_path / "b.nmtj-wal").write_bytes(b"dear")
    (tmp_path / "c.nmtj").touch()
    claimed = lock_journal(tmp_path / "c.nmtj")
    assert orphans(tmp_path) == [tmp_path / "b.nmtj"]
    left = sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock")
    assert left == ["b.nmtj", "b.nmtj-wal", "c.nmtj"]
    claimed.release()


@pytest.mark.parametrize("page", [0, 1, 2, 3, 4, -1])
def test_whichever_page_is_bad_the_rest_is_read(tmp_path: Path, page: int) -> None:
    """Page 0 tells SQLite what the file is, the next ones are roots; a copy of the header is elsewhere."""
    scan, counts = stream(33, 6000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.add_event(Event(1.0, EventKind.MARKER))
    journal.close()
    overwrite(journal.path, page % (journal.path.stat().st_size // PAGE_BYTES) * PAGE_BYTES)
    with JournalReader(journal.path) as reader:
        found = np.concatenate([block.scan for block, _ in reader.blocks()])
        assert len(found) >= 5900
        assert reader.damaged_rows >= 1


def test_a_journal_cut_short_gives_all_that_is_left_of_it(tmp_path: Path) -> None:
    scan, counts = stream(34, 6000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[: len(whole) // 2])
    with JournalReader(journal.path) as reader:
        kept = np.concatenate([block.counts for block, _ in reader.blocks()])
        assert 2500 < len(kept) < 3500
        assert np.array_equal(kept, counts[: len(kept)])
        assert reader.damaged_rows == 1


@pytest.mark.parametrize("version", [1, 2])
def test_a_journal_from_before_the_first_release_is_refused_and_kept(tmp_path: Path, version: int) -> None:
    journal = Journal.create(tmp_path / "a.nmtj", header())
    journal.close()
    with closing(sqlite3.connect(journal.path)) as connection:
        connection.execute(f"PRAGMA user_version={version}")
    whole = journal.path.read_bytes()
    with pytest.raises(RecordingError, match="before its first release"):
        recover(journal.path, Tenths)
    assert journal.path.read_bytes() == whole


def test_rows_of_another_journal_are_never_taken_for_this_ones(tmp_path: Path) -> None:
    scan, counts = stream(36, 600)
    for name, number in (("a.nmtj", "1"), ("b.nmtj", "2")):
        journal = Journal.create(tmp_path / name, header(recording_id=number))
        fill(journal, scan, counts)
        journal.close()
    with closing(sqlite3.connect(tmp_path / "a.nmtj")) as connection, connection:
        connection.execute("ATTACH ? AS other", (str(tmp_path / "b.nmtj"),))
        connection.execute(
            "UPDATE piece SET crc = (SELECT crc FROM other.piece AS o WHERE o.id = piece.id) WHERE id = 5"
        )
    with JournalReader(tmp_path / "a.nmtj") as reader:
        assert sum(len(block) for block, _ in reader.blocks()) < 600
        assert reader.damaged_rows == 1


def test_the_lock_goes_from_the_journal_to_the_file_without_a_moment_between(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, *stream(37, 300))
    journal.close(release=False)
    with pytest.raises(RecordingError, match="in use"):
        recover(journal.path, Tenths)
    finalize(journal.path, None, Tenths, lock=journal.lock)
    assert not journal.lock.is_locked
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_table_that_lost_its_key_is_read_all_the_same(tmp_path: Path) -> None:
    """One bit in the text that describes the table, and SQLite no longer knows which column numbers the rows."""
    scan, counts = stream(38, 600)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    for changed in (b"id INTEGEQ PRIMARY KEY", b"id INTEGER PRIMARY KEY".replace(b"id", b"it")):
        whole = journal.path.read_bytes()
        assert whole.count(b"id INTEGER PRIMARY KEY") == 1
        path = tmp_path / "b.nmtj"
        path.write_bytes(whole.replace(b"id INTEGER PRIMARY KEY", changed))
        assert np.array_equal(contents_of_any(path), scan)


def contents_of_any(path: Path) -> np.ndarray:
    with JournalReader(path) as reader:
        return np.concatenate([block.scan for block, _ in reader.blocks()])


def test_a_bad_byte_early_in_a_log_costs_no_more_than_its_own_rows(tmp_path: Path) -> None:
    scan, counts = stream(39, 6000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    for ending in ("", "-wal"):
        shutil.copyfile(tmp_path / f"a.nmtj{ending}", tmp_path / f"b.nmtj{ending}")
    journal.close()
    log = bytearray((tmp_path / "b.nmtj-wal").read_bytes())
    log[20_000] ^= 1
    (tmp_path / "b.nmtj-wal").write_bytes(log)
    path = recover(tmp_path / "b.nmtj", Tenths)
    with open_recording(path) as recording:
        assert len(recording) > 5900
        assert np.array_equal(recording.counts, counts[recording.scan])
    assert verify(path, Tenths).verdict == "damaged"


@pytest.mark.parametrize("number", [0, -5, 2**63 - 1])
def test_a_row_whose_number_makes_no_sense_is_one_that_is_lost(tmp_path: Path, number: int) -> None:
    scan, counts = stream(40, 600)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    with closing(sqlite3.connect(journal.path)) as connection, connection:
        connection.execute("UPDATE piece SET id = ? WHERE id = 5", (number,))
    overwrite(journal.path, 0)  # so that the pages are looked at one by one
    with JournalReader(journal.path) as reader:
        assert 580 < sum(len(block) for block, _ in reader.blocks()) < 600
        assert reader.damaged_rows == 2  # the row, and the end, of which nobody knows


def left_by_a_kill(folder: Path, scan: np.ndarray, counts: np.ndarray) -> Path:
    """A journal of which nearly all is in its log."""
    made = folder / "made"
    made.mkdir()
    journal = Journal.create(made / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.flush()
    for name in ("a.nmtj", "a.nmtj-wal"):
        shutil.copyfile(made / name, folder / name)
    journal.close()
    return folder / "a.nmtj"


def flip(path: Path, offset: int) -> None:
    """Change one byte."""
    whole = bytearray(path.read_bytes())
    whole[offset] ^= 1
    path.write_bytes(whole)


def frame(number: int) -> int:
    """Where a frame of a log begins, the first being number 1."""
    return 32 + (number - 1) * (24 + PAGE_BYTES)


def test_leaving_a_recovery_costs_nothing_of_a_damaged_log(tmp_path: Path) -> None:
    scan, counts = stream(41, 10_000)
    path = left_by_a_kill(tmp_path, scan, counts)
    log = tmp_path / "a.nmtj-wal"
    flip(log, frame(10) + 500)
    damaged = log.read_bytes()
    with pytest.raises(RecordingError, match="its journal is kept"):
        finalize(path, None, Tenths, recovered=True, cancelled=lambda: True)
    assert log.read_bytes() == damaged
    with open_recording(recover(path, Tenths)) as recording:
        assert len(recording) > 9900
        assert np.array_equal(recording.counts, counts[recording.scan])
        assert recording.integrity.verdict == "damaged"
    assert (tmp_path / "a.nmtj.damaged-wal").read_bytes() == damaged


@pytest.mark.parametrize("number", [1, 10])
def test_reading_a_journal_changes_neither_it_nor_its_log(tmp_path: Path, number: int) -> None:
    """Whatever its name, and also where SQLite finds nothing at all in the log."""
    folder = tmp_path / "P 7%20&mode=rw#é"
    folder.mkdir()
    path = left_by_a_kill(folder, *stream(42, 1000))
    flip(folder / "a.nmtj-wal", frame(number) + 500)
    before = [path.read_bytes(), (folder / "a.nmtj-wal").read_bytes()]
    assert len(contents_of_any(path)) > 900
    assert [path.read_bytes(), (folder / "a.nmtj-wal").read_bytes()] == before


def test_a_kill_while_the_journal_is_deleted_leaves_one_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its log is gone by then: what is left must still be all of it."""
    path = left_by_a_kill(tmp_path, *stream(43, 3000))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", unlink_all_but(path))
        with pytest.raises(KeyboardInterrupt):
            recover(path, Tenths)
    assert not (tmp_path / "a.nmtj-wal").exists()
    with open_recording(recover(path, Tenths)) as recording:
        assert len(recording) == 3000
    assert [file.name for file in tmp_path.glob("*.*")] == ["a.h5"]


def unlink_all_but(kept: Path) -> Callable[..., None]:
    unlink = Path.unlink

    def interrupted(path: Path, missing_ok: bool = False) -> None:
        if path == kept:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    return interrupted


@pytest.mark.parametrize("offset", [3, 7, 11, 15, *range(16, 32)])
def test_a_bad_byte_in_the_header_of_a_log_costs_nothing(tmp_path: Path, offset: int) -> None:
    """SQLite ignores such a log as a whole."""
    scan, counts = stream(44, 1000)
    path = left_by_a_kill(tmp_path, scan, counts)
    flip(tmp_path / "a.nmtj-wal", offset)
    with open_recording(recover(path, Tenths)) as recording:
        assert np.array_equal(recording.scan, scan)
        assert np.array_equal(recording.counts, counts)
        assert recording.integrity.verdict == "damaged"


@pytest.mark.parametrize("offset", [0, 16, 23, 32 + 8, 32 + 15])
def test_rows_that_fill_several_pages_are_found_in_a_log_with_a_bad_salt(tmp_path: Path, offset: int) -> None:
    scan, counts = stream(45, 15_000)
    made = Journal.create(tmp_path / "a.nmtj", header(period_s=0.0002))
    fill(made, scan, counts)
    path = tmp_path / "b.nmtj"
    for ending in ("", "-wal"):
        shutil.copyfile(tmp_path / f"a.nmtj{ending}", tmp_path / f"b.nmtj{ending}")
    made.close()
    flip(tmp_path / "b.nmtj-wal", offset)
    with JournalReader(path) as reader:
        found = np.concatenate([block.counts for block, _ in reader.blocks()])
    assert len(found) >= 14_500
    assert np.array_equal(found, counts[: len(found)])


@pytest.mark.parametrize("others", [0, 2])
def test_a_kill_while_a_damaged_journal_is_put_aside_costs_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    """Also where it is not clear to which of several journals the log belongs."""
    for name in ("a.nmtj.damaged", "a.nmtj-2.damaged")[:others]:
        (tmp_path / name).write_bytes(b"dear")
    path = left_by_a_kill(tmp_path, *stream(46, 3000))
    log = tmp_path / "a.nmtj-wal"
    flip(log, frame(10) + 500)
    damaged = log.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            recover(path, Tenths)
    assert not path.exists()
    (tmp_path / "a.nmtj.lock").touch()
    (tmp_path / "a.nmtj-shm").touch()
    assert orphans(tmp_path) == []
    assert [file.read_bytes() for file in tmp_path.glob("*-wal")] == [damaged]
    assert (tmp_path / "a.nmtj.damaged-wal").exists() == (not others)
    assert not list(tmp_path.glob("*.lock")) + list(tmp_path.glob("*-shm"))


def interrupt(path: Path, target: Path) -> None:
    raise KeyboardInterrupt


def test_both_connections_of_a_journal_ask_macos_to_write_through_the_drives_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere SQLite takes the request and has nothing to do."""
    monkeypatch.setattr("nmt_sense.session.upkeep.SYNC_EVERY_S", 0.01)
    asked: list[list[int]] = []
    work = Upkeep._work

    def watched(upkeep: Upkeep, connection: sqlite3.Connection) -> None:
        asked.append(full_syncs(connection))
        work(upkeep, connection)

    monkeypatch.setattr(Upkeep, "_work", watched)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    asked.append(full_syncs(journal._connection))
    journal.close()
    assert asked == [[1, 1], [1, 1]]


def full_syncs(connection: sqlite3.Connection) -> list[int]:
    return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("fullfsync", "checkpoint_fullfsync")]


@pytest.mark.parametrize("name", ["a.h5", "a b.h5"])
def test_a_forged_file_of_a_similar_name_does_not_stand_in_a_recoverys_way(tmp_path: Path, name: str) -> None:
    path = left_by_a_kill(tmp_path, *stream(47, 1000))
    with h5py.File(tmp_path / name, "w") as file:
        file.attrs["recording_id"] = header().recording_id
        file.create_group("raw/counts")
    forged = (tmp_path / name).read_bytes()
    with open_recording(recover(path, Tenths)) as recording:
        assert len(recording) == 1000
    assert (tmp_path / name).read_bytes() == forged
