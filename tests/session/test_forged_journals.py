"""A journal that somebody sent stops nothing: it is refused in a sentence and stays, and the next recording begins."""

from __future__ import annotations

import sqlite3
import struct
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
from nmt_sense.session.journal_form import INSERT, packed, piece_crc
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
