"""The glove is asked for its time while it streams: the host's clock is right, and nobody can make it wrong."""

from __future__ import annotations

import contextlib
import copy
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lines import GloveInStep, GloveOnLine, wait_for

from nmt_sense.blocks import Arrivals
from nmt_sense.derivation import derive
from nmt_sense.events import EventKind
from nmt_sense.glove.clock import NUMBERED_ANEW, HostClock, fit_arrivals
from nmt_sense.glove.link import Link
from nmt_sense.glove.serve import PseudoTerminal
from nmt_sense.glove.wire import Decoder, Pong, frame, pack
from nmt_sense.live import Live
from nmt_sense.pipeline.recorder import Sitting
from nmt_sense.session.finalize import finalize
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import Recording, open_recording
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace


class Pongs:
    """Between glove and host: every PONG may become something else."""

    def __init__(self, change: Callable[[Pong], list[Pong]]) -> None:
        self._change = change
        self._decoder = Decoder()
        self.true: list[Pong] = []

    def __call__(self, piece: bytes) -> bytes:
        return b"".join(self._changed(whole + b"\0") for whole in piece.split(b"\0")[:-1])

    def _changed(self, whole: bytes) -> bytes:
        pongs = [message for message in self._decoder.feed(whole) if isinstance(message, Pong)]
        self.true += pongs
        return b"".join(frame(pack(changed)) for pong in pongs for changed in self._change(pong)) if pongs else whole


def recorded(glove: GloveOnLine, workspace: Workspace, seconds: float, meanwhile: Callable[[], None]) -> Live:
    """Record from the very first scan; still running, nothing stopped."""
    live = Live(replace(default_setup(workspace, glove.port), reconnect=True), workspace)
    live.start(Sitting("P-001", "", workspace.recordings / "a.h5"))
    try:
        wait_for(lambda: live.state.recorded_s > seconds / 2, 30)
        meanwhile()
        wait_for(lambda: live.state.recorded_s > seconds, 30)
    except BaseException:
        live.close()
        raise
    return live


def finished(live: Live) -> Recording:
    saved = live.stop_recording()
    live.close()
    assert saved is not None
    assert verify(saved, derive).derived == "same"
    return open_recording(saved)


def record(
    glove: GloveOnLine, workspace: Workspace, seconds: float = 3.5, meanwhile: Callable[[], None] = lambda: None
) -> Recording:
    return finished(recorded(glove, workspace, seconds, meanwhile))


def errors_ms(recording: Recording, glove: GloveInStep, pings: Arrivals, after_s: float) -> np.ndarray:
    """How far the fitted time of the scans was from when they were taken."""
    clock, fitted = HostClock(recording.header.period_s), []
    clock.add_pings(pings)
    arrivals = recording.arrivals
    for pair in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
        clock.add(*pair)
        fitted.append(clock.host_ns(pair[0]))
    errors = (np.array(fitted) - glove.true_ns(arrivals.scan)) / 1e6
    return errors[arrivals.scan * recording.header.period_s > after_s]


def test_time_is_right_although_the_adapter_keeps_step_with_the_frames(workspace: Workspace) -> None:
    with GloveInStep() as glove, record(glove, workspace, 7.0) as recording:
        asked = errors_ms(recording, glove, recording.pings, 4.0)
        unasked = errors_ms(recording, glove, Arrivals.none(), 4.0)
    assert abs(asked.mean()) < 2.0
    assert unasked.mean() > 7.0, "the scan itself, and the least wait for the timer: what nobody sees without asking"


def test_the_clock_that_ran_live_is_fitted_again_from_the_file_to_the_bit(workspace: Workspace) -> None:
    with GloveOnLine() as glove:
        live = recorded(glove, workspace, 4.0, lambda: None)
        acquisition = live._acquisition
        flow = acquisition._flow
        assert flow is not None
        clock, recorder = live._ask(lambda: (copy.deepcopy(flow.clock), acquisition.end()))
        live.close()
    with open_recording(finalize(recorder.journal_file, recorder.sitting.target, derive, lock=recorder.lock)) as file:
        again = fit_arrivals(file.header.period_s, file.arrivals, file.pings)
        last = float(file.scan[-1])
    assert again.arrival_lag_ns > 0.0, "the pings count"
    assert [again.host_ns(scan) for scan in (0, last, last + 0.5)] == [clock.host_ns(s) for s in (0, last, last + 0.5)]
    assert (again.drift_ppm, again.jitter_p99_ms) == (clock.drift_ppm, clock.jitter_p99_ms)


def test_lost_answers_cost_nothing(workspace: Workspace) -> None:
    with GloveOnLine() as glove:
        glove.spoil = pongs = Pongs(lambda pong: [pong] if pong.sequence % 2 else [])
        with record(glove, workspace, 5.0) as recording:
            assert 1 <= len(recording.pings) < len(pongs.true)
            assert (recording.integrity.verdict, recording.integrity.counters.crc_errors) == ("intact", 0)
            assert fit_arrivals(recording.header.period_s, recording.arrivals, recording.pings).arrival_lag_ns > 0.0


def test_a_glove_that_never_answers_is_recorded_as_before(workspace: Workspace) -> None:
    with GloveOnLine() as glove:
        glove.spoil = Pongs(lambda pong: [])
        with record(glove, workspace) as recording:
            assert len(recording.pings) == 0
            assert (recording.integrity.verdict, recording.integrity.counters.crc_errors) == ("intact", 0)
            plain = fit_arrivals(recording.header.period_s, recording.arrivals)
            assert recording.integrity.counters.jitter_p99_ms == plain.jitter_p99_ms


EVIL: dict[str, Callable[[Pong], Pong]] = {
    "not what was asked": lambda pong: replace(pong, token=pong.token ^ 1),
    "to another question": lambda pong: replace(pong, sequence=pong.sequence ^ 0x80),
    "before it was asked": lambda pong: replace(pong, scan=max(0, pong.scan - 25)),
    "the very first scan": lambda pong: replace(pong, scan=0),
    "beyond the wrap": lambda pong: replace(pong, scan=pong.scan + (1 << 31)),
    "no such tick": lambda pong: replace(pong, ticks=8000),
}


@pytest.mark.parametrize("how", EVIL)
def test_answers_that_cannot_be_true_are_dropped_and_counted(workspace: Workspace, how: str) -> None:
    with GloveOnLine() as glove:
        glove.spoil = pongs = Pongs(lambda pong: [EVIL[how](pong)])
        with record(glove, workspace) as recording:
            assert len(recording.pings) == 0
            assert 0 < recording.integrity.counters.crc_errors <= len(pongs.true)
            assert recording.integrity.lost == 0


@pytest.mark.parametrize(("scans", "counted"), [(20, 0), (10**6, 0), (-1, None)])
def test_answers_that_might_be_true_move_time_no_further_than_arrivals_allow(
    workspace: Workspace, scans: int, counted: int | None
) -> None:
    with GloveInStep() as glove:
        glove.spoil = Pongs(lambda pong: [replace(pong, scan=pong.scan + scans)])
        with record(glove, workspace, 5.0) as recording:
            errors = errors_ms(recording, glove, recording.pings, 2.0)
            unasked = errors_ms(recording, glove, Arrivals.none(), 2.0)
            assert counted is None or recording.integrity.counters.crc_errors == counted
    assert errors.min() > -2.0
    assert errors.max() < unasked.max() + 1.0


def test_an_answer_given_twice_counts_once(workspace: Workspace) -> None:
    with GloveOnLine() as glove:
        glove.spoil = pongs = Pongs(lambda pong: [pong, pong])
        with record(glove, workspace) as recording:
            assert 2 <= len(recording.pings) <= len(pongs.true)
            assert (np.diff(recording.pings.scan) > 200).all()
            assert recording.integrity.counters.crc_errors > 0


def test_what_a_glove_answered_before_it_reset_says_nothing_of_its_new_numbers(workspace: Workspace) -> None:
    with GloveOnLine() as glove, record(glove, workspace, 5.0, glove.reset) as recording:
        (restarted,) = (event for event in recording.events if event.kind is EventKind.RESTARTED)
        pings, gap = recording.pings, recording.gaps[0]
        (anew,) = np.flatnonzero(pings.host_ns == NUMBERED_ANEW)
        assert 0 < anew < len(pings.scan) - 1, "asked before and after"
        assert pings.scan[anew - 1] <= gap.first_missing_scan
        assert pings.scan[anew] <= gap.first_missing_scan + gap.count
        assert pings.scan[anew + 1] >= gap.first_missing_scan + gap.count
        assert restarted.time_s > 0.0
        assert recording.integrity.counters.crc_errors == 0


def test_a_glove_that_came_back_after_long_is_asked_anew(workspace: Workspace) -> None:
    with GloveOnLine() as glove:

        def out_and_in() -> None:
            glove.unplug()
            glove.reset("power-on")
            time.sleep(1.0)
            glove.plug(Path(name))

        name = workspace.root / "glove"
        glove.unplug()
        glove.plug(name)
        with record(glove, workspace, 6.0, out_and_in) as recording:
            pings, gap = recording.pings, recording.gaps[0]
            inside = (pings.scan > gap.first_missing_scan) & (pings.scan < gap.first_missing_scan + gap.count)
            assert not inside.any()
            assert (pings.scan > gap.first_missing_scan + gap.count).any()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
def test_a_port_that_takes_nothing_holds_nobody_up() -> None:
    line = PseudoTerminal()
    link = Link(line.name)
    try:
        link.knock()
        assert link._descriptor is not None
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(link._descriptor, bytes(4096))
        for second in range(5):
            link.ask_time(second * 10**9)
        line.exchange(b"")
        link.ask_time(9 * 10**9)
    finally:
        link.leave()
        line.close()


def test_a_recording_that_is_played_answers_for_when_it_plays(workspace: Workspace) -> None:
    with GloveOnLine() as glove, record(glove, workspace) as first:
        path = first.path
    live = Live(default_setup(workspace, f"replay://{path}"), workspace)
    live.start(Sitting("P-001", "", workspace.recordings / "b.h5"))
    wait_for(lambda: live.failure is not None, 20)
    with finished(live) as again:
        assert len(again.pings) >= 3
        lag_ns = fit_arrivals(again.header.period_s, again.arrivals, again.pings).arrival_lag_ns
        assert 0 < lag_ns < 30e6
        assert again.integrity.counters.crc_errors == 0
