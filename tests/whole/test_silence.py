"""What has come is in the journal soon, also when nothing more comes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
from lines import GloveOnLine, wait_for

from nmt_sense.coaching.state import CueKind
from nmt_sense.events import Event
from nmt_sense.live import Live
from nmt_sense.pipeline.recorder import Sitting


def test_a_glove_that_falls_silent_leaves_nothing_waiting_in_memory(
    running: Callable[..., Live], tmp_path: Path
) -> None:
    """By the time the silence is noticed, and kept as an event, all scans before it are stored."""
    journal = tmp_path / "a.nmtj"
    with GloveOnLine() as glove:
        live = running(glove.port)
        live.close()
        live.start(Sitting("P-001", "T-1", tmp_path / "a.h5"))
        for silences in range(1, 5):  # one that falls on the end of a row by chance proves nothing
            wait_for(lambda: live.state.recorded_s > 0.3 * silences)  # noqa: B023
            glove.paused.set()
            wait_for(lambda: len(scans_kept_with_a_loss(journal)) == silences)  # noqa: B023
            glove.paused.clear()
        waited = scans_kept_with_a_loss(journal)
        live.stop_recording()
    assert waited == [0] * 4


def scans_kept_with_a_loss(journal: Path) -> list[int]:
    """How many bytes of scans had waited for each cue that data are lost."""
    with closing(sqlite3.connect(journal)) as connection:
        rows = connection.execute("SELECT length(counts), events FROM piece WHERE events IS NOT NULL").fetchall()
    return [scans for scans, events in rows if is_loss(msgspec.msgpack.decode(events, type=list[Event]))]


def is_loss(events: list[Event]) -> bool:
    return any(event.text == CueKind.DATA_LOST.value for event in events)
