"""A journal that somebody sent stops nothing: it is refused in a sentence and stays, and the next recording begins."""

from __future__ import annotations

import os
import sqlite3
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sittings import Tenths, header

from nmt_sense.errors import RecordingError
from nmt_sense.session.header import encode_header
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.journal_form import INSERT, PAGE_BYTES, packed, piece_crc
from nmt_sense.session.journal_pages import AT_ONCE, TABLE_LEAF, JournalPages, _places
from nmt_sense.session.recovery import recover

ENDLESS = "WITH RECURSIVE n(json, crc) AS (SELECT 1, 1 UNION ALL SELECT 1, 1 FROM n) SELECT json, crc FROM n"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    written = Journal.create(journal_path(tmp_path / "a.h5"), header())
    written.close()
    return written.path


def forge_row(journal: Path, runs: list[int], counts: bytes, arrivals: list[int], counters: bytes | None) -> None:
    row = (packed(runs), counts, packed(arrivals), None, None, counters, None, None)
    crc = piece_crc(zlib.crc32(encode_header(header())), 1, row)
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute(INSERT, (1, *row, crc))


def forge_header(journal: Path, **changes: object) -> None:
    encoded = msgspec.json.encode(msgspec.json.decode(encode_header(header())) | changes)
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        for table in ("header", "header_again"):
            connection.execute(f"UPDATE {table} SET json = ?, crc = ?", (encoded, zlib.crc32(encoded)))


ONE_SCAN = struct.pack("<3H", 1, 2, 3)
FORGERIES: dict[str, Callable[[Path], None]] = {
    "a scan before all": lambda path: forge_row(path, [-(2**63), 1], ONE_SCAN, [], None),
    "a scan after all": lambda path: forge_row(path, [2**63 - 2, 1], ONE_SCAN, [], None),
    "a time beyond all": lambda path: forge_row(path, [0, 1], ONE_SCAN, [0, -(2**63)], None),
    "a count beyond all": lambda path: forge_row(path, [0, 1], ONE_SCAN, [], b'{"crc_errors":1%s}' % (b"0" * 23)),
    "a participant who is a path": lambda path: forge_header(path, participant="../../x"),
    "sensors without number": lambda path: forge_header(path, sensors=["s"] * 1000),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_journal_is_refused_in_a_sentence_and_stays(journal: Path, forge: Callable[[Path], None]) -> None:
    forge(journal)
    with pytest.raises(RecordingError, match="it is kept as it is"):
        recover(journal, Tenths)
    assert journal.exists()
    assert not journal.with_suffix(".h5").exists()


STRANGE = (
    ("DROP TABLE header", f"CREATE VIEW header AS {ENDLESS}"),
    ("CREATE TRIGGER t AFTER INSERT ON piece BEGIN SELECT 1; END",),
    ("CREATE TABLE extra (a)",),
)


@pytest.mark.parametrize("statements", STRANGE, ids=["endless view", "trigger", "table"])
def test_a_journal_that_declares_more_than_ours_do_is_not_asked_but_read_page_by_page(
    journal: Path, statements: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    assert verify(recover(journal, Tenths), Tenths).verdict == "damaged"
    assert journal.with_name(journal.name + ".damaged").exists()


@pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="where files have holes, this system does not say")
@pytest.mark.parametrize(("name", "gigabytes"), [("a.nmtj", 20), ("a.nmtj", 40), ("a.nmtj-wal", 20), ("b.nmtj", 20)])
def test_a_journal_or_log_that_is_nothing_but_long_is_done_with_at_once(
    name: str, gigabytes: int, journal: Path, tmp_path: Path
) -> None:
    forge_row(journal, [0, 1], bytes(6), [0, 1], None)
    started = time.monotonic()
    with (tmp_path / name).open("ab") as file:
        file.truncate(gigabytes << 30)
    if gigabytes > 32 or name == "b.nmtj":
        with pytest.raises(RecordingError, match=r"longer than|cannot be read as a journal"):
            recover(tmp_path / name, Tenths)
        assert (tmp_path / name).exists()
    else:
        assert recover(journal, Tenths).exists()
    assert time.monotonic() - started < 5.0


def test_zeros_are_passed_over_many_at_a_time_and_what_lies_behind_them_is_found(tmp_path: Path) -> None:
    journal = tmp_path / "a.nmtj"
    row = bytes([3, 7, 2, 1, 42])  # three bytes of payload, row 7, a header of two bytes: one integer of one byte
    page = struct.pack(">BHHHBH", TABLE_LEAF, 0, 1, 0, 0, 1000) + bytes(990) + row + bytes(19)
    with journal.open("wb") as file:
        file.write(page + bytes(PAGE_BYTES * AT_ONCE * 3) + page)
        file.seek(1 << 30)
        file.write(page + bytes(PAGE_BYTES - 1))
    with journal.open("rb", buffering=0) as file:
        assert len(list(_places(file, 0, PAGE_BYTES))) <= 3 * AT_ONCE
    with closing(JournalPages(journal)) as pages:
        assert [values for _, values in pages.rows()] == [(7, 42)] * 3


def test_rows_that_share_the_pages_in_which_they_go_on_cost_no_more_than_the_file_is_long(tmp_path: Path) -> None:
    """Sixty rows of 51 200 bytes begin in each of 1000 pages, and all go on in page 2, which goes on in itself."""
    journal, begins_at, row = tmp_path / "a.nmtj", 128, b"\x83\x90\x00\x07"
    where = begins_at + len(row) + 200  # so many bytes of it are in its own page
    begins = struct.pack(">BHHHB60H", TABLE_LEAF, 0, 60, 0, 0, *[begins_at] * 60) + row
    begins = begins.ljust(where, b"\x01") + struct.pack(">I", 2)
    goes_on = struct.pack(">I", 2).ljust(PAGE_BYTES, b"\x01")
    journal.write_bytes(begins.ljust(PAGE_BYTES, b"\x01") + goes_on + begins.ljust(PAGE_BYTES, b"\x01") * 1000)
    started = time.monotonic()
    with pytest.raises(RecordingError):
        recover(journal, Tenths)
    assert time.monotonic() - started < 3.0
