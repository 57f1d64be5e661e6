"""A glove that is unplugged, replaced, or starts anew while a recording runs, through the real pipeline."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import serial
from lines import Chatter, GloveOnLine, wait_for

from nmt_sense.coaching.state import Advice
from nmt_sense.derivation import derive
from nmt_sense.device import SensorInfo
from nmt_sense.errors import LinkError, RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.glove.link import Link
from nmt_sense.glove.practitioner import Practice
from nmt_sense.glove.search import Search, neighbours
from nmt_sense.glove.virtual import Script
from nmt_sense.live import Live
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import Recording, open_recording
from nmt_sense.setup import default_setup
from nmt_sense.state import LinkPhase
from nmt_sense.workspace import Workspace
from tests.faults.placement import holds_not_flagged, missing_is_nan, pieces

Start = Callable[..., Live]
PRESSING = Practice(first_s=0.2, load_s=0.3, hold_s=60.0)


def ports(folder: Path) -> Iterator[Path]:
    return (folder / f"glove{n}" for n in itertools.count())


def recording_from(glove: GloveOnLine, running: Start, out: Path) -> Live:
    live = running(glove.port, reconnect=True)
    live.start_recording("P-001", path=out)
    wait_for(lambda: live.state.recorded_s > 0.8)
    return live


def finished(live: Live) -> Recording:
    saved = live.stop_recording()
    assert saved is not None
    assert verify(saved, derive).derived == "same"
    return open_recording(saved)


def events(recording: Recording, kind: EventKind) -> list[Event]:
    return [event for event in recording.events if event.kind is kind]


def goes_on(live: Live) -> None:
    """The glove is back and more than half a second of it is recorded."""
    wait_for(lambda: live.state.phase is LinkPhase.STREAMING and not live.state.frozen)
    back = live.state.recorded_s
    wait_for(lambda: live.state.recorded_s > back + 0.5)


def test_a_glove_plugged_in_elsewhere_goes_on_in_the_same_recording(running: Start, tmp_path: Path) -> None:
    names = ports(tmp_path)
    with GloveOnLine(Script(practice=PRESSING), link=next(names)) as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        glove.unplug()
        wait_for(lambda: live.state.frozen == "cable out")
        assert live.state.progress.advice is Advice.WAIT
        glove.reset("power-on")
        with Chatter(b"$GPGGA,123519\r\n", link=tmp_path / "glove0"), GloveOnLine(Script(seed=9), link=next(names)):
            wait_for(lambda: live.state.frozen_s > 0.5)
            glove.plug(next(names))
            goes_on(live)
        assert live.state.port == glove.port
        assert (live.state.verdict, live.state.quality.restarts) == ("gaps", 1)
        with finished(live) as recording:
            assert not any(piece.wrong for piece in pieces(recording, glove.lives))
            assert not [*holds_not_flagged(recording), *missing_is_nan(recording)]
            (lost,), (back,) = (events(recording, kind) for kind in (EventKind.LINK_LOST, EventKind.LINK_RESTORED))
            (restarted,) = events(recording, EventKind.RESTARTED)
            assert lost.time_s < restarted.time_s <= back.time_s
            assert (restarted.value, restarted.text) == (2.0, "power-on")
            assert recording.integrity.counters.restarts == 1


def test_another_glove_in_its_place_is_refused_and_the_recording_waits(running: Start, tmp_path: Path) -> None:
    port = tmp_path / "glove0"
    with GloveOnLine(link=port) as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        glove.unplug()
        with GloveOnLine(Script(seed=77), link=port) as other:
            wait_for(lambda: "Another glove" in live.state.problem)
            assert live.state.recording
            assert not live.full.is_set()
            assert not other.streaming, "it must not be told anything"
        glove.plug(port)
        goes_on(live)
        with finished(live) as recording:
            assert not any(piece.wrong for piece in pieces(recording, glove.lives))


def test_when_nothing_is_recorded_another_glove_takes_over(running: Start, tmp_path: Path) -> None:
    port = tmp_path / "glove0"
    with GloveOnLine(link=port) as glove:
        live = running(glove.port, reconnect=True)
        glove.unplug()
        with GloveOnLine(Script(seed=77), link=port):
            wait_for(lambda: live.state.phase is LinkPhase.STREAMING and live.state.info is not None)
            wait_for(lambda: live.state.info is not None and live.state.info.serial_number & 0xFF == 77)


def test_the_recording_can_be_stopped_while_the_glove_is_away(running: Start, tmp_path: Path) -> None:
    with GloveOnLine(link=tmp_path / "glove0") as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        glove.unplug()
        wait_for(lambda: live.state.frozen == "cable out")
        assert live.state.verdict == "intact", "nothing is missing before the last scan"
        with finished(live) as recording:
            assert recording.integrity.verdict == "intact"
            assert len(events(recording, EventKind.LINK_LOST)) == 1


def test_a_glove_with_other_sensors_ends_the_recording_and_says_so(running: Start, tmp_path: Path) -> None:
    port = tmp_path / "glove0"
    with GloveOnLine(link=port) as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        glove.unplug()
        virtual = glove._source.glove
        sensors = (SensorInfo("thumb", 2200), *virtual.info.sensors[1:])
        virtual.info = msgspec.structs.replace(virtual.info, sensors=sensors)
        glove.plug(port)
        wait_for(live.full.is_set)
        assert isinstance(live.over, RecordingError)
        assert "other settings" in str(live.over)
        wait_for(lambda: live.state.phase is LinkPhase.STREAMING)  # it is shown all the same
        with finished(live) as recording:
            assert recording.integrity.verdict == "intact"
            assert not any(piece.wrong for piece in pieces(recording, glove.lives[:1]))


@pytest.mark.parametrize("hello", ["heard", "lost", "damaged"])
def test_a_reset_in_mid_hold_freezes_the_timer_and_the_hold_is_flagged(
    hello: str, running: Start, tmp_path: Path
) -> None:
    with GloveOnLine(Script(practice=PRESSING)) as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        wait_for(lambda: live.state.progress.in_band_s > 0.3)
        if hello == "lost":
            glove.paused.set()
        elif hello == "damaged":
            glove.spoil = lambda piece: piece.replace(b"Virtual", b"Wirtual")
        glove.reset("watchdog")
        time.sleep(0.1)
        glove.paused.clear()
        glove.spoil = bytes
        wait_for(lambda: live.state.quality.restarts == 1 or live.state.frozen != "")
        goes_on(live)
        with finished(live) as recording:
            assert not any(piece.wrong for piece in pieces(recording, glove.lives))
            assert not [*holds_not_flagged(recording), *missing_is_nan(recording)]
            (restarted,) = events(recording, EventKind.RESTARTED)
            assert (restarted.value, restarted.text) == (2.0, "watchdog")
            assert not events(recording, EventKind.LINK_LOST), "the cable was never out"
            assert len(recording.gaps) == 1


def test_scans_sent_before_a_reset_and_read_with_what_came_after_stay_where_they_belong(
    running: Start, tmp_path: Path
) -> None:
    with GloveOnLine() as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        held: list[bytes] = []

        def hold(piece: bytes) -> bytes:
            held.append(piece)
            return b""

        def release(piece: bytes) -> bytes:
            out = b"".join(held) + piece
            held.clear()
            return out

        glove.spoil = hold
        time.sleep(0.15)
        glove.reset("watchdog")
        time.sleep(0.05)
        glove.spoil = release
        goes_on(live)
        with finished(live) as recording:
            found = pieces(recording, glove.lives)
            assert not any(piece.wrong for piece in found)
            ends = [piece.end_s for piece in found if piece.life == 0]
            reset_s = (glove.lives[1].began_ns - glove.lives[0].began_ns) * 1e-9
            assert ends[-1] + float(recording.scan[0]) * 0.004 == pytest.approx(reset_s, abs=0.03), "none was dropped"


def test_who_is_waited_for_long_enough_is_given_up_and_everything_kept(workspace: Workspace, tmp_path: Path) -> None:
    with GloveOnLine(link=tmp_path / "glove0") as glove:
        live = Live(replace(default_setup(workspace, glove.port), patience_s=1.0), workspace)
        live.start()
        wait_for(lambda: live.state.phase is LinkPhase.STREAMING)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.5)
        glove.unplug()
        wait_for(lambda: live.failure is not None)
        assert "unplugged; plug it in again. It did not come back in time" in str(live.failure)
        with finished(live) as recording:
            assert recording.integrity.verdict == "intact"
        live.close()
        assert any("did not come back" in finding for finding in verify(tmp_path / "a.h5").findings)


def test_a_rate_that_was_asked_for_is_set_again_after_a_reset(workspace: Workspace, tmp_path: Path) -> None:
    with GloveOnLine() as glove:
        live = Live(replace(default_setup(workspace, glove.port), rate_hz=500), workspace)
        live.start()
        wait_for(lambda: live.state.phase is LinkPhase.STREAMING)
        live.start_recording("P-001", path=tmp_path / "a.h5")
        wait_for(lambda: live.state.recorded_s > 0.5)
        glove.reset("brown-out")
        wait_for(lambda: live.state.quality.restarts == 1)
        goes_on(live)
        with finished(live) as recording:
            assert recording.header.period_s == 0.002
            assert recording.integrity.counters.restarts == 1
        live.close()


def test_a_board_that_resets_when_its_port_is_opened_is_waited_for(running: Start, tmp_path: Path) -> None:
    port = tmp_path / "glove0"
    with GloveOnLine(link=port) as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        glove.unplug()
        glove.paused.set()
        glove.plug(port)
        wait_for(lambda: live.state.frozen == "looking for the glove")
        time.sleep(1.7)  # the bootloader
        glove.reset("external")
        glove.paused.clear()
        goes_on(live)
        with finished(live) as recording:
            assert not any(piece.wrong for piece in pieces(recording, glove.lives))


@pytest.mark.skipif(sys.platform == "win32", reason="stops a program as POSIX can")
def test_a_program_that_stood_still_has_lost_scans_and_not_the_glove(workspace: Workspace) -> None:
    out = workspace.recordings / "paused.h5"
    with GloveOnLine(Script(practice=PRESSING)) as glove:
        process = subprocess.Popen(
            [sys.executable, "-m", "nmt_sense", "record", "--port", glove.port, "--out", str(out)],
            cwd=workspace.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_for(lambda: glove.streaming, 20.0)
        time.sleep(1.0)
        process.send_signal(signal.SIGSTOP)
        time.sleep(4.0)
        process.send_signal(signal.SIGCONT)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=30)
        assert process.returncode == 0, complaint
        with open_recording(out) as recording:
            found = pieces(recording, glove.lives)
            assert not any(piece.wrong for piece in found)
            assert max(abs(piece.error_s) for piece in found) < 1e-9, "the numbering tells"
            assert not events(recording, EventKind.LINK_LOST)
            assert not events(recording, EventKind.RESTARTED)
            assert recording.integrity.verdict == "gaps"


def test_the_last_counters_of_the_glove_are_in_the_file(running: Start, tmp_path: Path) -> None:
    with GloveOnLine() as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        status = glove._source.glove._status
        glove._source.glove._status = lambda: replace(status(), overruns=7)  # type: ignore[method-assign]
        with finished(live) as recording:
            assert recording.integrity.counters.overruns == 7
        lost = live.state.quality.lost
        time.sleep(0.6)
        assert live.state.quality.lost == lost == 0, "asking for them is no loss"


def test_ports_are_neighbours_when_only_their_numbers_differ(tmp_path: Path) -> None:
    for name in ("cu.usb-1410", "cu.usb-1420", "cu.usb-1420x", "cu.Usb-3", "cu.usb-"):
        (tmp_path / name).touch()
    found = {Path(port).name for port in neighbours(str(tmp_path / "cu.usb-7"))}
    assert found == {"cu.usb-1410", "cu.usb-1420"}
    assert neighbours("sim://?seed=1") == neighbours("COM3") == set()
    assert neighbours("/dev/pts/999999") == set(), "other pseudo-terminals are other people's terminals"


def test_ports_that_were_there_before_are_left_in_peace(tmp_path: Path) -> None:
    old = Chatter(b"", link=tmp_path / "glove1")
    with old as there, GloveOnLine(link=tmp_path / "glove2") as glove:
        search = Search(str(tmp_path / "glove0"), 0xF000_0101, {str(tmp_path / "glove0"), there}, lambda: None)
        found = None
        deadline = time.monotonic() + 10
        while found is None and time.monotonic() < deadline:
            found = search.step(any_glove=False)
        assert found is not None
        assert found.url == glove.port
        found.leave()
    assert old.heard == b""


@pytest.mark.skipif(sys.platform == "win32", reason="pulls a pseudo-terminal")
def test_a_cable_pulled_while_the_port_is_closed_raises_nothing() -> None:
    with GloveOnLine() as glove:
        link = Link(glove.port)
        link.open()
        write = link._port.write

        def write_and_pull(words: bytes) -> None:
            write(words)
            glove.unplug()

        link._port.write = write_and_pull
        link.close()
        assert not link.is_open


@pytest.mark.skipif(sys.platform == "win32", reason="pulls a pseudo-terminal")
def test_a_cable_pulled_while_the_port_is_opened_is_a_port_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with GloveOnLine() as glove:
        reset = serial.Serial._reset_input_buffer

        def pull_and_reset(port: serial.Serial) -> None:
            glove.unplug()
            reset(port)

        monkeypatch.setattr(serial.Serial, "_reset_input_buffer", pull_and_reset)
        with pytest.raises(LinkError, match="There is no port"):
            Link(glove.port).knock()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("where", ["_lose", "_hang_up"])
def test_a_fault_of_the_program_ends_the_recording_and_keeps_it(where: str, running: Start, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    with GloveOnLine(link=tmp_path / "glove0") as glove:
        live = recording_from(glove, running, tmp_path / "a.h5")
        setattr(live._acquisition, where, fail)
        glove.unplug()
        wait_for(live.full.is_set)
        wait_for(lambda: live.failure is not None)
        assert "on purpose" in str(live.failure)
        assert live.state.phase is LinkPhase.LOST
        with finished(live) as recording:
            assert recording.duration_s > 0.5
