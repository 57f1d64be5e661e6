"""Room on the disk: what is said to be needed is what a recording really takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from journals import header_of
from lines import wait_for

from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.commands.beforehand import warn_of_shortage
from nmt_sense.derivation import derive
from nmt_sense.errors import RecordingError
from nmt_sense.events import EventKind
from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.practitioner import Practitioner
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.live import Live
from nmt_sense.pipeline.readiness import DISK_FULL
from nmt_sense.pipeline.surroundings import WARN_BELOW_S, WARN_NO_MORE_S, Surroundings, minutes
from nmt_sense.session.finalize import finalize
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.recording import open_recording
from nmt_sense.session.space import FEWEST_S, RESERVE_BYTES, Appetite, Room, Space, free_bytes, refuse_full
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace

SCANS = 24_000


def filled(workspace: Workspace, rate_hz: int, truth: bool, noise: float) -> Path:
    """A closed journal of so many scans of a pressing hand."""
    script = Script(seed=3, rate_hz=rate_hz)
    info = virtual_info(script)
    counts, newtons = SensorBank(info, Practitioner(script.practice, 3).sensor_newtons, script.physics, 3).scans(
        0, SCANS
    )
    rough = np.random.default_rng(1).normal(0, noise, counts.shape)
    counts = np.clip(counts + rough * (counts > 0), 0, info.full_scale - 1).astype(np.uint16)
    journal = Journal.create(journal_path(workspace.recordings / "a.h5"), header_of(workspace, info))
    step = max(1, round(0.012 * rate_hz))
    for start in range(0, SCANS, step):
        rows = slice(start, start + step)
        block = ScanBlock(np.arange(start, min(start + step, SCANS)), counts[rows])
        read = Arrivals(block.scan[-1:], np.array([round(block.scan[-1] * info.period_s * 1e9)]))
        journal.add(block, read, newtons[rows].astype(np.float32) if truth else None)
    journal.close()
    return journal.path


@pytest.mark.parametrize(("rate_hz", "truth", "noise"), [(250, False, 0.0), (1000, True, 0.0), (50, False, 10.0)])
def test_a_recording_takes_what_is_said_and_not_half_as_much(
    rate_hz: int, truth: bool, noise: float, workspace: Workspace
) -> None:
    journal = filled(workspace, rate_hz, truth, noise)
    appetite = Appetite.of(8, rate_hz, truth)
    in_journal = journal.stat().st_size / SCANS
    in_file = (finalize(journal, None, derive).stat().st_size - RESERVE_BYTES / 4) / SCANS
    assert 0.5 * appetite.journal_bytes < in_journal <= 1.02 * appetite.journal_bytes
    assert 0.3 * appetite.file_bytes < in_file <= appetite.file_bytes


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """One number: what the system says is free."""
    said: list[int | None] = [10**12]
    monkeypatch.setattr("nmt_sense.session.space.free_bytes", lambda folder: said[0])
    return said


def test_less_than_a_minute_is_refused_before_anything_is_recorded(tmp_path: Path, free: list[int | None]) -> None:
    appetite = Appetite.of(8, 250, False)
    free[0] = round(8_000_000 + FEWEST_S * appetite.bytes_per_s)
    assert refuse_full(tmp_path, appetite).seconds > FEWEST_S
    free[0] = round(FEWEST_S * appetite.bytes_per_s)
    with pytest.raises(RecordingError, match="no room for a recording of one minute"):
        refuse_full(tmp_path, appetite)


def test_a_system_that_does_not_say_how_much_is_free_never_ends_a_recording(tmp_path: Path) -> None:
    appetite = Appetite.of(8, 250, False)
    gone = tmp_path / "unplugged drive"
    assert free_bytes(gone) is None
    assert Space(gone, appetite).look() == Room()
    assert refuse_full(gone, appetite).enough_to_finish


def test_a_recording_ends_on_what_its_file_needs_not_on_a_guess(tmp_path: Path, free: list[int | None]) -> None:
    space = Space(tmp_path, appetite := Appetite.of(8, 250, False), tmp_path / "a.h5")
    space.scans = 900_000
    needed = 900_000 * (appetite.journal_bytes + appetite.file_bytes) + RESERVE_BYTES
    free[0] = round(needed + 200_000)
    full = space.look()
    assert full.seconds == 0.0  # no room is left that anyone should count on
    assert full.enough_to_finish
    free[0] = round(needed - 1)
    assert not space.look().enough_to_finish


def test_bytes_for_a_scan_are_measured_when_the_log_goes_into_the_journal(
    tmp_path: Path, free: list[int | None]
) -> None:
    appetite = Appetite.of(8, 250, False)
    space = Space(tmp_path, appetite, tmp_path / "a.h5")
    journal = tmp_path / "a.nmtj"
    journal.write_bytes(bytes(7_000))
    space.scans = 29_000
    before = space.look().seconds
    journal.write_bytes(bytes(2_000_000))
    space.scans = 30_000
    after = space.look().seconds
    assert after == pytest.approx(before * (appetite.journal_bytes + 46) / (66.7 + 46), rel=0.02)


def test_the_warning_comes_below_five_minutes_and_does_not_flicker(tmp_path: Path, free: list[int | None]) -> None:
    appetite = Appetite.of(8, 250, False)
    around, log_and_reserve = Surroundings(), 5 * 1024 * 1024 + RESERVE_BYTES
    around.watch(Space(tmp_path, appetite))

    def with_room_for(seconds: float) -> str:
        free[0] = round(log_and_reserve + seconds * appetite.bytes_per_s)
        around.look()
        return around.warning

    assert with_room_for(WARN_BELOW_S + 10) == ""
    assert "about 5 minutes" in with_room_for(WARN_BELOW_S - 10)
    assert "about 5 minutes" in with_room_for(WARN_BELOW_S + 10)
    assert "less than a minute" in with_room_for(20)
    assert with_room_for(WARN_NO_MORE_S + 10) == ""


def test_a_recording_is_warned_then_ended_with_room_for_its_file(
    running: Callable[..., Live], tmp_path: Path, free: list[int | None]
) -> None:
    live = running("sim://")
    live.start_recording("P-1", path=tmp_path / "a.h5")
    wait_for(lambda: live.state.recorded_s > 0.5)
    free[0] = round(6_000_000 + 200 * Appetite.of(8, 250, True).bytes_per_s)
    wait_for(lambda: "The disk has room for about 3 minutes" in live.state.warning)
    assert 150 < live.state.room_s < 250
    assert not live.full.is_set()
    free[0] = 100_000
    wait_for(live.full.is_set)
    wait_for(lambda: live.state.problem == DISK_FULL)
    saved = live.stop_recording()
    assert saved is not None
    report = verify(saved, derive)
    assert report.verdict == "intact"
    with open_recording(saved) as recording:
        (low,) = [event for event in recording.events if event.kind is EventKind.DISK_LOW]
    assert low.value == pytest.approx(200 / 60, abs=0.5)
    assert 0.5 < low.time_s < recording.duration_s


def test_what_will_not_fit_is_said_beforehand(
    workspace: Workspace, free: list[int | None], capsys: pytest.CaptureFixture[str]
) -> None:
    setup, target = default_setup(workspace, "sim://"), workspace.recordings / "a.h5"
    free[0] = round(6_000_000 + 200 * Appetite.of(8, 250, True).bytes_per_s)
    warn_of_shortage(target, setup, 100.0)
    assert "disk" not in capsys.readouterr().err
    warn_of_shortage(target, setup, 1000.0)
    assert "The disk has room for about 3 minutes of recording only; it will end then." in capsys.readouterr().err
    free[0] = 1000
    with pytest.raises(RecordingError, match="no room for a recording of one minute"):
        warn_of_shortage(target, setup, 5.0)


def test_times_are_said_as_people_say_them() -> None:
    assert [minutes(seconds) for seconds in (0, 59, 60, 250, 5000, 10_000, 1e6)] == [
        "less than a minute", "less than a minute", "about a minute", "about 4 minutes", "about 83 minutes",
        "about 3 hours", "more than a day",
    ]  # fmt: skip
