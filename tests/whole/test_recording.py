"""From a glove's bytes to a file one can trust, through the real pipeline."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines import GloveOnLine, wait_for

from nmt_sense.blocks import ScanBlock
from nmt_sense.coaching.state import Advice, CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.derivation import Derivation, derive
from nmt_sense.errors import LinkError, LinkReason, NmtError
from nmt_sense.events import EventKind
from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.link import Link
from nmt_sense.glove.practitioner import Practitioner
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.holds import HoldEnd
from nmt_sense.live import Live
from nmt_sense.pipeline.recorder import Recorder, Sitting
from nmt_sense.sensing.layout import load_layout
from nmt_sense.session import layout
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import open_recording
from nmt_sense.state import LinkPhase
from nmt_sense.strict.hdf5 import MOST_ROWS
from nmt_sense.workspace import Workspace

Start = Callable[..., Live]


def record(live: Live, path: Path, seconds: float) -> Path:
    live.close()
    live.start(Sitting("P-001", "T-1", path, seconds))
    wait_for(live.full.is_set, seconds + 20)
    saved = live.stop_recording()
    assert saved is not None
    return saved


def test_a_recording_is_intact_and_holds_what_the_glove_measured(running: Start, tmp_path: Path) -> None:
    path = record(running("sim://?seed=3&speed=max"), tmp_path / "a.h5", 25.0)
    report = verify(path, derive)
    assert (report.verdict, report.received, report.lost, report.derived) == ("intact", 6250, 0, "same")
    with open_recording(path) as recording:
        assert recording.header.simulated
        assert recording.header.participant == "P-001"
        truth = recording.true_newtons
        assert truth is not None
        error = abs(recording.newtons[:, 0] - truth[:, 0])
        assert (error <= recording.uncertainty_n[:, 0]).mean() > 0.95
        assert len(recording.holds) == 3


def test_the_same_seed_gives_the_same_bits(running: Start, tmp_path: Path) -> None:
    paths = [record(running("sim://?seed=8&speed=max"), tmp_path / f"{name}.h5", 8.0) for name in "ab"]
    with open_recording(paths[0]) as one, open_recording(paths[1]) as other:
        for name in ("scan", "counts", "time_s", "newtons", "uncertainty_n", "contact_n", "true_newtons"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert repr(one.holds) == repr(other.holds)  # NaN is not equal to itself


def test_holds_seen_live_are_the_holds_in_the_file(running: Start, tmp_path: Path) -> None:
    live = running("sim://?seed=2&speed=max&client_stop=12")
    live.close()
    live.start(Sitting("P-001", "", tmp_path / "a.h5", 30.0))
    wait_for(live.full.is_set)
    seen = live.state.holds
    saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        stored = recording.holds
        assert [hold.end for hold in stored].count(HoldEnd.CLIENT_STOP) == 1
        assert repr(stored[: len(seen)]) == repr(list(seen))  # as words: NaN differs from itself
        assert EventKind.CLIENT_STOP in {event.kind for event in recording.events}
        assert EventKind.CUE in {event.kind for event in recording.events}


def test_a_mark_lands_on_the_moment_it_was_made(running: Start, tmp_path: Path) -> None:
    live = running("sim://?marker=1.5")
    live.start_recording("P-001", path=tmp_path / "a.h5")
    wait_for(lambda: live.state.recorded_s > 0.6)
    before = live.state.recorded_s
    live.mark("key")
    after = live.state.recorded_s
    wait_for(lambda: live.state.recorded_s > 1.8)
    saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        marks = {event.text: event.time_s for event in recording.events if event.kind is EventKind.MARKER}
        first_scan = int(recording.scan[0])
    assert before - 0.05 <= marks["key"] <= after + 0.1
    assert marks["glove"] == pytest.approx(1.5 - first_scan * 0.004, abs=0.004)


def test_a_replayed_recording_gives_the_same_counts(running: Start, tmp_path: Path) -> None:
    original = record(running("sim://?seed=5&speed=max"), tmp_path / "a.h5", 4.0)
    again = record(running(f"replay://{original}?speed=max"), tmp_path / "b.h5", 2.0)
    with open_recording(original) as one, open_recording(again) as other:
        rows = np.searchsorted(one.scan, other.scan)
        np.testing.assert_array_equal(one.counts[rows], other.counts)
        assert other.header.simulated


@pytest.mark.parametrize("seconds", [(), ("--seconds", "60")])
def test_a_recording_that_is_played_to_its_end_ends_there(
    seconds: tuple[str, ...], running: Start, tmp_path: Path
) -> None:
    """Once and not over and over, also where scans are missing for longer than a glove would be believed to live."""
    original, again = tmp_path / "a.h5", tmp_path / "b.h5"
    with GloveOnLine() as glove:
        live = running(glove.port, reconnect=True)
        live.start_recording("P-001", path=original)
        wait_for(lambda: live.state.recorded_s > 0.5)
        glove.paused.set()
        time.sleep(3.5)
        glove.paused.clear()
        wait_for(lambda: live.state.recorded_s > 4.2)
        live.stop_recording()
    words = ["record", "--port", f"replay://{original}", *seconds, "--out", again, "--workspace", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "nmt_sense", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "played to its end" in done.stderr
    with open_recording(original) as one, open_recording(again) as other:
        np.testing.assert_array_equal(one.scan, other.scan)
        np.testing.assert_array_equal(one.counts, other.counts)
        assert EventKind.LINK_LOST not in {event.kind for event in other.events}


@settings(max_examples=20)
@given(st.lists(st.integers(1, 4999), max_size=12), st.booleans())
def test_forces_and_holds_do_not_depend_on_how_the_stream_is_cut(cuts: list[int], lossy: bool) -> None:
    whole, parts = (_derived(cut, lossy) for cut in ([], sorted(set(cuts))))
    for name in ("time_s", "newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n"):
        np.testing.assert_array_equal(whole[0][name], parts[0][name])
    assert whole[1] == parts[1]


def _derived(cuts: list[int], lossy: bool) -> tuple[dict[str, np.ndarray], list[object]]:
    info = virtual_info(Script())
    person = Practitioner(Script().practice, 6)
    counts, _ = SensorBank(info, person.sensor_newtons, Script().physics, 6).scans(0, 5000)
    scan = np.arange(5000)
    kept = np.ones(5000, bool) if not lossy else (scan % 700 < 660)
    derivation = Derivation(info, load_layout(Path("calibration")), load_technique(), "thumb")
    edges = [0, *cuts, 5000]
    blocks = [derivation.feed(_part(scan, counts, kept, a, b)) for a, b in itertools.pairwise(edges)]
    names = ("time_s", "newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n")
    return {name: np.concatenate([getattr(block, name) for block in blocks]) for name in names}, derivation.finish()


def _part(scan: np.ndarray, counts: np.ndarray, kept: np.ndarray, a: int, b: int) -> ScanBlock:
    rows = np.arange(a, b)[kept[a:b]]
    return ScanBlock(scan[rows], counts[rows])


def test_a_glove_pulled_out_leaves_everything_until_then(running: Start, tmp_path: Path) -> None:
    with GloveOnLine() as glove:
        live = running(glove.port)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 1.0)
        glove.unplug()
        wait_for(lambda: live.failure is not None)
        assert "unplugged" in str(live.failure)
        assert (live.state.phase, live.state.progress.advice) == (LinkPhase.LOST, Advice.WAIT)
        saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        assert recording.duration_s >= 0.9
        assert recording.integrity.verdict == "intact"
        (lost,) = [event for event in recording.events if event.kind is EventKind.LINK_LOST]
        assert lost.time_s == pytest.approx(recording.duration_s, abs=0.02)


def test_a_glove_that_comes_back_goes_on_in_the_same_recording(running: Start, tmp_path: Path) -> None:
    link = tmp_path / "ttyGlove"
    with GloveOnLine(link=link) as glove:
        live = running(glove.port, reconnect=True)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 1.0)
        unplugged_at = time.monotonic()
        glove.unplug()
        wait_for(lambda: live.state.phase is LinkPhase.LOST)
    lost_at, away_s = live.state.time_s, time.monotonic() - unplugged_at
    with GloveOnLine(link=link):
        wait_for(lambda: live.state.phase is LinkPhase.STREAMING)
        back_s = time.monotonic() - unplugged_at
        wait_for(lambda: live.state.recorded_s > lost_at + 1.5)
        saved = live.stop_recording()
    assert saved is not None
    assert verify(saved, derive).verdict == "gaps"
    with open_recording(saved) as recording:
        (gap,) = recording.gaps
        frame_s = 0.05  # what was on its way when it was unplugged, and where the new clock is put
        assert away_s - frame_s < gap.end_s - gap.start_s < back_s + frame_s
        (lost,) = [event for event in recording.events if event.kind is EventKind.LINK_LOST]
        (restored,) = [event for event in recording.events if event.kind is EventKind.LINK_RESTORED]
        assert lost.time_s == pytest.approx(gap.start_s, abs=0.01)
        assert restored.time_s == gap.end_s
        assert abs(recording.integrity.counters.drift_ppm) < 1000  # both run on this computer's clock


def test_when_data_stop_the_word_is_wait_and_a_sound_says_so(running: Start) -> None:
    with GloveOnLine() as glove:
        live = running(glove.port)
        glove.paused.set()
        wait_for(lambda: live.state.phase is LinkPhase.STALLED)
        assert live.state.progress.advice is Advice.WAIT
        assert "No data" in live.state.problem
        frozen = live.state.time_s
        time.sleep(0.2)
        assert live.state.time_s == frozen
        glove.paused.clear()
        wait_for(lambda: live.state.phase is LinkPhase.STREAMING)
        assert live.state.problem == ""
        kinds = [live.cues.get().kind for _ in range(live.cues.qsize())]
        assert kinds[:3] == [CueKind.SAY, CueKind.DATA_LOST, CueKind.DATA_BACK]  # first, what is to be done


def test_noise_on_the_line_is_counted_and_never_becomes_force(running: Start, tmp_path: Path) -> None:
    with GloveOnLine(Script(seed=9)) as glove:
        live = running(glove.port)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        rng = np.random.default_rng(1)

        def flip(piece: bytes) -> bytes:
            spoilt = bytearray(piece)
            if spoilt and rng.random() < 0.1:
                spoilt[int(rng.integers(len(spoilt)))] ^= 1 << int(rng.integers(8))
            return bytes(spoilt)

        glove.spoil = flip
        wait_for(lambda: live.state.recorded_s > 3.0)
        glove.spoil = bytes
        wait_for(lambda: live.state.recorded_s > 3.5)
        saved = live.stop_recording()
    assert saved is not None
    live.close()
    with open_recording(saved) as recording:
        assert recording.integrity.counters.crc_errors == live.state.quality.crc_errors > 0
        assert recording.integrity.verdict == "gaps"
        info = virtual_info(Script(seed=9))
        person = Practitioner(Script().practice, 9)
        counts, _ = SensorBank(info, person.sensor_newtons, Script().physics, 9).scans(0, int(recording.scan[-1]) + 1)
        np.testing.assert_array_equal(recording.counts, counts[recording.scan])


def test_changes_are_refused_while_recording_and_nothing_is_overwritten(running: Start, tmp_path: Path) -> None:
    live = running("sim://")
    live.start_recording("P-001", path=tmp_path / "a.h5")
    for change in (lambda: live.set_target(20, 25, 30), lambda: live.set_port("sim://?seed=2")):
        with pytest.raises(NmtError, match="while recording"):
            change()
    with pytest.raises(NmtError, match="already"):
        live.start_recording("P-002")
    saved = live.stop_recording()
    with pytest.raises(NmtError, match="a\\.h5"):
        live.start_recording("P-001", path=saved)


@pytest.mark.parametrize("what", ["events", "holds", "gaps", "scans"])
def test_a_recording_ends_and_says_so_before_its_file_could_not_be_read(
    what: str, running: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, f"MOST_{what.upper()}", most := 500 if what == "scans" else 3)
    with GloveOnLine(Script(seed=9)) as glove:
        live = running(glove.port if what == "gaps" else "sim://?seed=5&speed=40")
        live.start_recording("P-001", path=tmp_path / "a.h5")
        rng = np.random.default_rng(1)
        glove.spoil = lambda piece: b"" if rng.random() < 0.1 else piece
        wait_for(live.full.is_set, 30)
        wait_for(lambda: f"as many {what}" in live.state.problem)
        saved = live.stop_recording()
    assert saved is not None
    assert verify(saved, derive).verdict == ("gaps" if what == "gaps" else "intact")
    with open_recording(saved) as recording:
        assert 1 <= len(recording.scan if what == "scans" else getattr(recording, what)) <= most


def test_a_file_holds_as_many_scans_as_a_recording_may_have() -> None:
    assert layout.MOST_SCANS <= MOST_ROWS


def test_a_recording_is_not_begun_with_the_description_of_another_glove(
    running: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The glove changes after it was described and before the first scan is kept."""
    live = running("sim://")
    begin = live._acquisition.begin

    def begin_late(recorder: Recorder) -> None:
        flow = live._acquisition._flow
        assert flow is not None
        flow.info = msgspec.structs.replace(flow.info, serial_number=77)
        begin(recorder)

    monkeypatch.setattr(live._acquisition, "begin", begin_late)
    with pytest.raises(NmtError, match="Another glove"):
        live.start_recording("P-001", path=tmp_path / "a.h5")
    assert not live.state.recording
    assert not list(tmp_path.glob("a.*"))


def test_another_target_and_port_take_effect_at_once(running: Start) -> None:
    live = running("sim://")
    live.set_target(20.0, 25.0, 30.0)
    assert (live.state.progress.low_n, live.state.progress.high_n, live.state.progress.wanted_s) == (20.0, 25.0, 30.0)
    live.set_port("sim://?seed=7&rate=500")
    wait_for(lambda: live.state.phase is LinkPhase.STREAMING and live.state.info is not None)
    assert live.state.info is not None
    assert round(live.state.info.rate_hz) == 500


def test_recording_needs_a_glove(workspace: object, running: Start) -> None:
    live = running("/dev/no-such-port")
    assert live.failure is not None
    assert getattr(live.failure, "reason", None) is LinkReason.NO_DEVICE
    with pytest.raises(NmtError, match="no glove"):
        live.start_recording("P-001")


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as POSIX can")
def test_when_the_disk_is_full_what_was_stored_becomes_a_file_and_the_glove_goes_on(workspace: Workspace) -> None:
    script = Path(__file__).with_name("full_disk.py")
    done = subprocess.run(
        [sys.executable, script, workspace.root], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    said = json.loads(done.stdout)
    assert said["phase"] == "streaming"
    assert "cannot be written" in said["problem"]
    with open_recording(Path(said["path"])) as recording:
        assert recording.duration_s > 0.5
        assert recording.integrity.lost == 0


def test_bytes_without_end_are_not_waited_for(workspace: Workspace) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def pour() -> None:
        caller, _ = server.accept()
        with contextlib.suppress(OSError):
            while not stop.is_set():
                caller.sendall(b"A" * 65536)
        caller.close()

    pouring = threading.Thread(target=pour)
    pouring.start()
    try:
        with pytest.raises(LinkError) as caught:
            Link(f"socket://127.0.0.1:{server.getsockname()[1]}").open()
        assert caught.value.reason is LinkReason.NOT_A_GLOVE
    finally:
        stop.set()
        pouring.join()
        server.close()


def test_counters_from_before_the_recording_are_not_charged_to_it(running: Start, tmp_path: Path) -> None:
    with GloveOnLine() as glove:
        glove.spoil = lambda piece: piece.replace(b"\x00", b"\x00\x01\x02\x00")
        live = running(glove.port)
        wait_for(lambda: live.state.quality.crc_errors > 5)
        glove.spoil = bytes
        wait_for(lambda: live.state.quality.received > 500)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.5)
        saved = live.stop_recording()
    assert saved is not None
    with open_recording(saved) as recording:
        assert recording.integrity.counters.crc_errors == 0


def test_a_recording_made_before_the_second_format_version_is_still_intact() -> None:
    first = Path(__file__).parents[1] / "session" / "first_version_simulated.h5"
    report = verify(first, derive)
    assert (report.verdict, report.derived, report.simulated) == ("intact", "same", True)
    with open_recording(first) as recording:
        assert [hold.end.value for hold in recording.holds] == ["completed", "completed", "recording_ended"]
        assert all(np.isnan(hold.score) for hold in recording.holds)


def test_the_example_recording_is_true_for_this_version() -> None:
    example = Path(__file__).parents[2] / "recordings" / "example_simulated.h5"
    report = verify(example, derive)
    assert (report.verdict, report.derived, report.simulated) == ("intact", "same", True)
