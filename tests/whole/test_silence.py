"""What has come is in the journal soon, also when nothing more comes."""

from __future__ import annotations

import itertools
import math
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
from lines import GloveOnLine, wait_for

from nmt_sense.coaching.state import CueKind
from nmt_sense.derivation import derive
from nmt_sense.events import Event
from nmt_sense.glove.wire import PROTOCOL_VERSION, Hello, frame, pack
from nmt_sense.live import Live
from nmt_sense.pipeline.recorder import Sitting
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import open_recording
from nmt_sense.session.space import Room
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace


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


def test_what_waited_while_the_log_was_started_over_is_stored_while_the_glove_is_away(
    running: Callable[..., Live], tmp_path: Path
) -> None:
    with GloveOnLine(link=tmp_path / "glove0") as glove:
        live = running(glove.port, reconnect=True)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.3)
        recorder = live._acquisition.keeping.recorder
        assert recorder is not None
        with recorder._journal._writing:  # as upkeep does
            glove.unplug()
            wait_for(lambda: live.state.frozen == "cable out")
            time.sleep(0.2)
        wait_for(lambda: stored(tmp_path / "a.nmtj") == recorder._received)
        wait_for(lambda: len(scans_kept_with_a_loss(tmp_path / "a.nmtj")) == 1)
        assert live.state.recording
        live.stop_recording()


def test_a_glove_that_fell_silent_before_the_end_is_told_of(running: Callable[..., Live], tmp_path: Path) -> None:
    with GloveOnLine() as glove:
        live = running(glove.port)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.5)
        glove.paused.set()
        time.sleep(1.5)
        path = live.stop_recording()
    assert path is not None
    report = verify(path, derive)
    assert report.verdict == "intact"
    (told,) = report.findings
    assert re.fullmatch(r"Nothing came from the glove in the last [12]\.\d s before the recording ended\.", told)


def test_a_recording_that_was_full_is_not_said_to_have_waited_for_anything(workspace: Workspace) -> None:
    """A glove that goes on, on a clock of its own and much faster, while nobody takes the recording's end in hand."""
    live = Live(default_setup(workspace, "sim://?speed=max"), workspace)
    live.start(Sitting("P-001", "T-1", workspace.recordings / "a.h5", 2.0))
    assert live.full.wait(20)
    time.sleep(1.2)
    path = live.stop_recording()
    live.close()
    assert path is not None
    assert verify(path, derive).findings == []


def test_a_recording_played_to_its_end_has_nothing_to_be_told_of(workspace: Workspace) -> None:
    setup = replace(default_setup(workspace, "sim://?speed=max"), reconnect=False)
    paths = []
    for name in ("a", "b"):
        live = Live(setup, workspace)
        live.start(Sitting("P-001", "T-1", workspace.recordings / f"{name}.h5", 20.0 if name == "a" else math.inf))
        assert live.full.wait(20)
        time.sleep(1.2)
        paths.append(live.stop_recording())
        live.close()
        setup = replace(setup, port=f"replay://{paths[0]}?speed=max")
    assert verify(paths[1], derive).findings == []


def test_a_glove_that_says_all_the_time_that_it_has_reset_does_not_lengthen_a_recording(workspace: Workspace) -> None:
    turns, boots = itertools.count(), itertools.count(7)
    out = workspace.recordings / "a.h5"
    with GloveOnLine() as glove:

        def spoil(piece: bytes) -> bytes:
            if not glove.streaming or next(turns) < 10:  # some scans come before, so that the recording has begun
                return piece
            info = msgspec.structs.replace(glove._source.glove.info, boot_count=next(boots) & 0xFFFF)
            return piece + frame(pack(Hello(PROTOCOL_VERSION, info, False)))

        glove.spoil = spoil
        command = [sys.executable, "-m", "nmt_sense", "record", "--port", glove.port, "--seconds", "2"]
        subprocess.run([*command, "--out", str(out)], cwd=workspace.root, capture_output=True, check=False, timeout=25)
    if out.exists():
        with open_recording(out) as recording:
            assert recording.duration_s <= 2.0


def test_nothing_waits_in_memory_while_the_glove_is_asked_for_its_counters(
    running: Callable[..., Live], tmp_path: Path
) -> None:
    with GloveOnLine() as glove:
        live = running(glove.port)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        acquisition, seen = live._acquisition, []

        def end_with_something_waiting() -> bool:
            recorder = acquisition.keeping.recorder
            assert recorder is not None
            if not recorder._journal._runs:
                return False
            acquisition.requests.post(lambda: seen.append((stored(tmp_path / "a.nmtj"), recorder._received)))
            acquisition.end()  # which makes other changes while it waits for the glove
            return True

        wait_for(lambda: live._ask(end_with_something_waiting))
        (now,) = seen
        assert now[0] == now[1] > 0


def test_scans_of_a_glove_just_back_are_kept_though_nothing_follows(
    running: Callable[..., Live], tmp_path: Path
) -> None:
    with GloveOnLine(link=tmp_path / "glove0") as glove:
        live = running(glove.port, reconnect=True)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.3)
        flow = live._acquisition._flow
        assert flow is not None
        glove.unplug()
        wait_for(lambda: live.state.frozen != "")
        before, release, given_up = stored(tmp_path / "a.nmtj"), live._acquisition._release, []
        live._acquisition._release = lambda: (given_up.append(True), release())  # type: ignore[method-assign, assignment, return-value]
        glove.plug(tmp_path / "glove0")
        wait_for(lambda: len(flow._joining._held) > 1)
        glove.paused.set()
        wait_for(lambda: stored(tmp_path / "a.nmtj") > before)
        assert not given_up, "they did not wait until the glove was lost again"
        glove.paused.clear()
        live.stop_recording()


def test_the_disk_is_looked_at_while_the_glove_is_away(running: Callable[..., Live], tmp_path: Path) -> None:
    with GloveOnLine(link=tmp_path / "glove0") as glove:
        live = running(glove.port, reconnect=True)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.3)
        glove.unplug()
        wait_for(lambda: live.state.frozen == "cable out")
        recorder = live._acquisition.keeping.recorder
        assert recorder is not None
        recorder.space.look = lambda: Room(0, 0.0, False)  # type: ignore[method-assign]
        wait_for(live.full.is_set)
        assert "disk is nearly full" in str(live.over)
        assert live.stop_recording() is not None


def stored(journal: Path) -> int:
    """Scans in a journal as a program that is killed now would leave it."""
    with closing(sqlite3.connect(journal)) as connection:
        (sensed,) = connection.execute("SELECT coalesce(sum(length(counts)), 0) FROM piece").fetchone()
    return int(sensed) // 16


def scans_kept_with_a_loss(journal: Path) -> list[int]:
    """How many bytes of scans had waited for each cue that data are lost."""
    with closing(sqlite3.connect(journal)) as connection:
        rows = connection.execute("SELECT length(counts), events FROM piece WHERE events IS NOT NULL").fetchall()
    return [scans for scans, events in rows if is_loss(msgspec.msgpack.decode(events, type=list[Event]))]


def is_loss(events: list[Event]) -> bool:
    return any(event.text == CueKind.DATA_LOST.value for event in events)
