"""Where scans are placed of a glove that was away: by the host's clock, and no worse the tenth time than the first."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt_sense.blocks import Arrivals
from nmt_sense.coaching.technique import load_technique
from nmt_sense.derivation import Derivation
from nmt_sense.device import GloveInfo
from nmt_sense.glove.clock import NUMBERED_ANEW, fit_arrivals
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.glove.wire import Data, Pong, Status
from nmt_sense.pipeline.flow import Flow
from nmt_sense.sensing.layout import load_layout

INFO = virtual_info(Script())
PERIOD_S = INFO.period_s
N = INFO.scans_per_frame


class Glove:
    """A glove whose clock is off, its host's reads late by chance. Times in seconds of the host."""

    def __init__(self, ppm: float, rng: np.random.Generator) -> None:
        self.flow = Flow(INFO, Derivation(INFO, load_layout(Path("calibration")), load_technique(), "thumb"), None)
        self.info: GloveInfo = INFO
        self.period_s = PERIOD_S * (1 - ppm * 1e-6)
        self.now_s, self.began_s, self.own = 100.0, 100.0, 0
        self.busy_until_s = 0.0
        """Until then every read is 6 ms later."""
        self.held_up_until_s = 0.0
        """Nothing is read before."""
        self.errors_s: list[float] = []
        self.arrivals: list[tuple[int, int]] = []
        self.lies = False
        """Half of its answers to the question for its time are wild."""
        self._rng = rng
        self._asked_s = 0.0

    def stream(self, seconds: float) -> None:
        """Send for so long; each frame is read 1 ms late, now and then up to 30 ms."""
        until = self.now_s + seconds
        while (due := self.began_s + (self.own + N) * self.period_s) < until:
            late = 0.001 + (self._rng.random() < 0.2) * self._rng.exponential(0.01)
            late += 0.006 * (self.now_s < self.busy_until_s)
            self.now_s = max(self.now_s, due + min(late, 0.03), self.held_up_until_s)
            counts = np.full((N, INFO.channels), self.own % 1000, np.uint16)
            block = self.flow.take([Data(self.own, 0, counts)], round(self.now_s * 1e9))
            self.own += N
            if len(block):
                self._note(int(block.scan[-1]))
                self._ask()
        self.now_s = until

    def _ask(self) -> None:
        """As the host does, about once a second just after scans have come; the answer comes at once."""
        if self.now_s < self._asked_s + 1.0:
            return
        self._asked_s = self.now_s
        since_s = self.now_s + self._rng.exponential(0.0005) - self.began_s
        scan, into = divmod(since_s, self.period_s)
        if self.lies and self._rng.random() < 0.5:
            scan += self._rng.integers(-300, 300)
        ticks = int(into / self.period_s * INFO.period_ticks)
        sent_ns = round(self.now_s * 1e9)
        self.flow.answer(Pong(0, 0, int(scan) & 0xFFFFFFFF, ticks), sent_ns, sent_ns + 2_000_000)

    def _note(self, number: int) -> None:
        self.arrivals.append((number, round(self.now_s * 1e9)))
        true_s = self.began_s + (self.own - 1) * self.period_s
        self.errors_s.append(number * self.period_s - (true_s - 100.0))

    def away(self, seconds: float, resets: bool) -> None:
        """Say nothing for so long, then come back, counting anew or not."""
        self.now_s += seconds
        if resets:
            self.began_s, self.own = self.now_s, 0
            self.info = msgspec.structs.replace(self.info, boot_count=self.info.boot_count + 1)
        else:
            self.own = N * int((self.now_s - self.began_s) / (N * self.period_s))
        assert self.flow.rejoin(self.info, None) is resets


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-3000, 3000),
    st.lists(st.tuples(st.floats(0.05, 30.0), st.floats(0.8, 8.0), st.booleans()), min_size=1, max_size=10),
    st.integers(0, 2**32 - 1),
)
def test_scans_after_many_absences_stand_where_they_were_measured(
    ppm: float, absences: list[tuple[float, float, bool]], seed: int
) -> None:
    glove = Glove(ppm, np.random.default_rng(seed))
    glove.stream(30.0)  # long enough to know the glove's speed
    for away_s, back_s, resets in absences:
        glove.away(away_s, resets)
        glove.stream(back_s)
    assert max(map(abs, glove.errors_s)) < 0.020


def test_a_glove_that_kept_its_numbering_keeps_it_exactly() -> None:
    glove = Glove(500.0, np.random.default_rng(1))
    glove.stream(10.0)
    for _ in range(5):
        glove.away(3.0, resets=False)
        glove.stream(2.0)
    assert max(map(abs, glove.errors_s)) < 1e-9


def test_on_a_computer_that_is_busy_at_every_return_errors_do_not_add_up() -> None:
    glove = Glove(100.0, np.random.default_rng(1))
    glove.stream(20.0)
    for _ in range(20):
        glove.away(0.5, resets=True)
        glove.busy_until_s = glove.now_s + 0.9
        glove.stream(4.0)
    assert max(map(abs, glove.errors_s)) < 0.020


def test_a_glove_that_reset_is_not_believed_even_when_its_numbers_seem_to_fit() -> None:
    glove = Glove(0.0, np.random.default_rng(1))
    glove.stream(0.4)
    glove.away(0.1, resets=True)
    glove.own = 126  # as a glove might count that has been on for half a second
    glove.began_s = glove.now_s - 0.52
    glove.stream(1.0)
    assert max(map(abs, glove.errors_s)) < 0.020
    assert glove.flow.restarts == 1


def test_counters_go_on_over_a_restart() -> None:
    glove = Glove(0.0, np.random.default_rng(1))
    glove.stream(1.0)
    assert glove.flow.heed(Status(250, 80, 3, 4, 0, 500))
    glove.away(1.0, resets=True)
    assert glove.flow.heed(Status(250, 70, 1, 0, 0, 500))
    assert (glove.flow.overruns, glove.flow.dropped_scans) == (4, 4)
    assert not glove.flow.heed(Status(10, 5, 0, 0, 0, 500)), "counters that fall say that the glove has reset"


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 0.8), st.floats(0.9, 3.0), st.floats(0.5, 5.0), st.integers(0, 2**32 - 1))
def test_a_program_held_up_at_the_start_places_all_the_same_what_comes_back(
    held_up_s: float, streamed_s: float, away_s: float, seed: int
) -> None:
    glove = Glove(0.0, np.random.default_rng(seed))
    glove.held_up_until_s = glove.now_s + held_up_s
    glove.stream(streamed_s)
    glove.away(away_s, resets=True)
    glove.stream(2.0)
    assert abs(glove.errors_s[-1]) < 0.02


def pairs(rows: list[tuple[int, int]]) -> Arrivals:
    scan, host_ns = np.array(rows, np.int64).reshape(-1, 2).T
    return Arrivals(scan, host_ns)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-3000, 3000),
    st.lists(st.tuples(st.floats(0.05, 5.0), st.floats(0.8, 20.0), st.booleans()), max_size=5),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_whatever_a_glove_answers_and_however_often_it_goes_the_clock_is_the_same_from_what_is_kept(
    ppm: float, absences: list[tuple[float, float, bool]], lies: bool, seed: int
) -> None:
    glove = Glove(ppm, np.random.default_rng(seed))
    glove.lies = lies
    glove.stream(10.0)
    for away_s, back_s, resets in absences:
        glove.away(away_s, resets)
        glove.stream(back_s)
    live, pings = glove.flow.clock, pairs(glove.flow.take_pings())
    assert (np.diff(pings.scan) >= 0).all()
    again = fit_arrivals(PERIOD_S, pairs(glove.arrivals), pings)
    newest = glove.arrivals[-1][0]
    assert [again.host_ns(at) for at in (0, newest, newest + 0.5)] == [
        live.host_ns(at) for at in (0, newest, newest + 0.5)
    ]
    assert (again.drift_ppm, again.jitter_p99_ms) == (live.drift_ppm, live.jitter_p99_ms)
    assert live.host_ns(newest) - glove.now_s * 1e9 < 20e6
    assert live.host_ns(newest) - glove.now_s * 1e9 > -100e6


def test_what_was_answered_before_a_reset_is_told_from_what_was_answered_after_however_quick_it_was() -> None:
    glove = Glove(0.0, np.random.default_rng(1))
    glove.stream(20.0)
    before = glove.flow.stream.newest
    glove.away(0.05, resets=True)
    glove.stream(3.0)
    scans, times = zip(*glove.flow.take_pings(), strict=True)
    anew = times.index(NUMBERED_ANEW)
    assert all(scan <= before + 1 for scan in scans[:anew])
    assert all(scan > before for scan in scans[anew:])
    assert anew >= 18
    assert len(scans) >= anew + 3
