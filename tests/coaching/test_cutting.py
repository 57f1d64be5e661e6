"""Results do not depend on how the stream is cut, and agree with a plain count, sample by sample."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presses import PERIOD_S, TECHNIQUE, block, coached, pieces

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.feedback import plan_from
from nmt_sense.coaching.press import LETTING_GO_S
from nmt_sense.coaching.technique import Technique, list_techniques, load_technique
from nmt_sense.events import COACHED, Event, EventKind

PHASE = TECHNIQUE.hold
NEWTONS = st.sampled_from([0.0, 1.9, 2.0, 2.5, 3.0, 10.0, 27.9, 28.0, 32.0, 36.0, 36.1, 44.0])
PRESSES = st.lists(st.tuples(st.integers(1, 130), NEWTONS, st.sampled_from([0, 0, 0, 0, 3, 60])), max_size=25)


def stream(parts: list[tuple[int, float, int]], seed: int = 0) -> ForceBlock:
    """Levels of so many scans, each followed by so many missing ones, a little noise on those inside the band.

    No two scans are as sure, and of every 301st nobody knows how sure.
    """
    force, scan, at = [], [], 0
    for count, newtons, missing in parts:
        force.append(np.full(count, newtons))
        scan.append(np.arange(at, at + count))
        at += count + missing
    if not parts:
        return block(np.empty(0), np.empty(0, np.int64))
    joined = np.concatenate(force)
    noise = np.random.default_rng(seed).uniform(-1, 1, len(joined)) * (joined == 32.0)
    whole = block(joined + noise, np.concatenate(scan))
    half = np.where(whole.scan % 301 == 300, np.inf, 1.5 + whole.scan / 1e4).astype(np.float32)
    return replace(whole, contact_uncertainty_n=half)


@given(PRESSES, st.lists(st.integers(0, 2000), max_size=60), st.lists(st.floats(0, 20), max_size=2))
def test_holds_cues_and_progress_are_the_same_however_the_stream_is_cut(
    parts: list[tuple[int, float, int]], cuts: list[int], stops: list[float]
) -> None:
    whole = stream(parts)
    one, one_cues = coached(whole, stops)
    many, many_cues = coached(whole, stops, cuts=[min(cut, len(whole)) for cut in cuts])
    assert repr(many.holds) == repr(one.holds)
    assert repr(many_cues) == repr(one_cues)
    assert repr(many.progress) == repr(one.progress)


REPORTS = st.lists(
    st.tuples(
        st.floats(0, 20),
        st.sampled_from(sorted(COACHED)),
        st.sampled_from([0.0, 2.0, 3.0, 6.0, 7.0, 9.0]),
    ),
    max_size=8,
)


SCHEDULES = st.sampled_from(["constant", "faded:2", "on-request", "none"])
CUTS = st.lists(st.integers(0, 2000), max_size=60)


@settings(max_examples=80)
@given(st.sampled_from(list_techniques()), PRESSES, REPORTS, CUTS, st.booleans(), SCHEDULES)
def test_every_technique_gives_the_same_rows_cues_and_situation_however_the_stream_is_cut(
    name: str, parts: list, reports: list, cuts: list[int], ceiling: bool, schedule: str
) -> None:
    technique = short(load_technique(name)).with_feedback(plan_from(schedule))
    technique = technique.with_safety(force_ceiling_n=40.0) if ceiling else technique
    whole = stream(parts, seed=5)
    events = [
        Event(time_s, kind, value if kind is EventKind.NRS else math.nan)
        for time_s, kind, value in sorted(reports, key=lambda report: report[0])
    ]
    one, one_cues = coached(whole, technique=technique, events=events)
    many, many_cues = coached(whole, technique=technique, events=events, cuts=[min(cut, len(whole)) for cut in cuts])
    assert repr(many.holds) == repr(one.holds)
    assert repr(many_cues) == repr(one_cues)
    assert repr(many.situation) == repr(one.situation)
    assert repr(many.progress) == repr(one.progress)


HALTS = st.sampled_from([EventKind.CLIENT_STOP, EventKind.NRS, EventKind.UNDO, EventKind.NEXT, EventKind.THRESHOLD])


@settings(max_examples=80)
@given(
    st.sampled_from(["post-isometric-relaxation", "neuromuscular-strokes", "ischemic-compression-patient-led"]),
    PRESSES,
    st.lists(st.tuples(st.floats(0, 12), HALTS, st.sampled_from([1.0, 2.0, 3.0, 6.0])), max_size=8),
    CUTS,
)
def test_stops_halts_and_reports_taken_back_live_are_the_same_when_read_again(
    name: str, parts: list, reports: list, cuts: list[int]
) -> None:
    """Live, a report comes after the scans of its block; the recording has it as it took effect."""
    technique = short(load_technique(name))
    whole = stream([(60, 0.0, 0), (150, 44.0, 0), (100, 0.0, 0), *parts], seed=5)
    live, recorded = Coach(technique, PERIOD_S), []
    waiting = [Event(at, kind, value if kind is EventKind.NRS else math.nan) for at, kind, value in sorted(reports)]
    for piece in pieces(whole, [min(cut, len(whole)) for cut in cuts]):
        live.feed(piece)
        while waiting and len(piece) and waiting[0].time_s <= piece.time_s[-1]:
            recorded.append(live.report(waiting.pop(0)))
    situation = live.situation
    live.finish(float(whole.time_s[-1]))
    again, _ = coached(whole, technique=technique, events=recorded)
    assert repr(again.holds) == repr(live.holds)
    assert repr(again.situation.halted) == repr(situation.halted)


OUTSIDE = st.sampled_from([12.0, 4.0, 2.5, 0.0])


@given(st.integers(1, 119), st.integers(1, 40), OUTSIDE, st.integers(119, 121), OUTSIDE, CUTS)
def test_a_contraction_ends_with_the_scan_that_fills_its_time_also_where_that_one_is_outside_the_band(
    first: int, between: int, slip: float, inside: int, last: float, cuts: list[int]
) -> None:
    """A contraction of 1.2 s in 5-10 N: the step from the last scan in the band to the one that leaves it counts."""
    technique = short(load_technique("post-isometric-relaxation")).with_references(maximum_n=50.0)
    parts = [(20, 0.0, 0), (first, 7.0, 0), (between, max(slip, 2.5), 0), (inside - first, 7.0, 0), (300, last, 0)]
    whole, skip = stream(parts), [Event(0.1, EventKind.NEXT)]
    one, one_cues = coached(whole, technique=technique, events=skip)
    many, many_cues = coached(whole, technique=technique, events=skip, cuts=[min(cut, len(whole)) for cut in cuts])
    assert repr((many.holds, many_cues, many.situation)) == repr((one.holds, one_cues, one.situation))
    if inside == 120:
        leaves = 20 + first + between + inside - first
        assert (one.holds[0].end.value, one.holds[0].end_s) == ("completed", pytest.approx(leaves * PERIOD_S))


ABOVE = st.lists(st.tuples(st.integers(1, 90), st.sampled_from([44.0, 44.0, 20.0]), st.integers(0, 130)), max_size=8)


@given(ABOVE, CUTS)
def test_the_words_of_the_ceiling_are_the_same_however_the_stream_is_cut_around_lost_data(
    parts: list[tuple[int, float, int]], cuts: list[int]
) -> None:
    technique = TECHNIQUE.with_safety(force_ceiling_n=40.0)
    whole = stream(parts)
    joints = list(itertools.accumulate(count for count, _, _ in parts))  # live, lost data part two blocks
    _, one = coached(whole, technique=technique)
    _, many = coached(whole, technique=technique, cuts=[*joints, *(min(cut, len(whole)) for cut in cuts)])
    assert repr(many) == repr(one)


def short(technique: Technique) -> Technique:
    """The technique with its times so short that a few seconds run through all its phases."""
    table = msgspec.to_builtins(technique)
    for phase in table["phases"]:
        for name in ("hold_s", "limit_s", "duration_s", "rest_s"):
            if name in phase:
                phase[name] /= 20
        if "countdown_s" in phase:
            phase |= {"countdown_s": 1} | ({"hold_s": 1.2} if "hold_s" in phase else {})
        if "minimum_s" in phase:
            phase["minimum_s"] = 0.1
    return msgspec.convert(table, Technique)


@settings(max_examples=40)
@given(PRESSES)
def test_progress_after_every_single_scan_is_that_of_all_scans_at_once(parts: list[tuple[int, float, int]]) -> None:
    whole = stream(parts[:8])
    slow, fast = Coach(TECHNIQUE, PERIOD_S), Coach(TECHNIQUE, PERIOD_S)
    for at in range(len(whole)):
        slow.feed(_row(whole, at))
    fast.feed(whole)
    assert repr(slow.progress) == repr(fast.progress)


def test_a_hold_of_many_thousand_scans_has_the_same_bits_in_any_pieces() -> None:
    whole = stream([(100, 10.0, 0), (11_000, 32.0, 7), (9_000, 32.0, 0), (100, 0.0, 0)], seed=3)
    one = coached(whole)[0].holds
    many = coached(whole, cuts=list(range(0, len(whole), 13)))[0].holds
    assert len(one) == 1
    assert repr(one) == repr(many)


@given(PRESSES)
def test_holds_are_those_of_a_plain_walk_through_the_samples(parts: list[tuple[int, float, int]]) -> None:
    whole = stream(parts)
    found = [
        (hold.start_s, hold.end_s, hold.in_band_s, hold.lapses, hold.missing_s, hold.end.value)
        for hold in coached(whole)[0].holds
    ]
    expected = Walk().through(whole)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one[:5] == pytest.approx(other[:5])
        assert one[5] == other[5]


@given(PRESSES)
def test_time_in_the_band_is_a_plain_count_of_samples_in_the_band(parts: list[tuple[int, float, int]]) -> None:
    """Without touches and slips in the way: everything is one press that never ends."""
    whole = stream([(150, 10.0, 0), *((count, max(newtons, 2.0), missing) for count, newtons, missing in parts)])
    (hold,) = coached(whole)[0].holds
    force = whole.contact_n[:-1].astype(np.float64)
    inside = (force >= 28.0) & (force <= 36.0) & (np.diff(whole.scan) == 1)
    assert hold.in_band_s == pytest.approx(np.count_nonzero(inside) * PERIOD_S)


def _row(whole: ForceBlock, at: int) -> ForceBlock:
    return block(whole.contact_n[at : at + 1], whole.scan[at : at + 1])


@dataclass
class Walk:
    """The rules of a hold written down a second time, one sample after the other, as slowly as need be."""

    start: int = -1
    received: int = 0
    inside: int = 0
    missing: int = 0
    out: int = -1
    entered: bool = False
    lapses: int = 0
    away: int = -1
    let_go: tuple[int, int, int] = (0, 0, 0)
    coming_down: int = 0

    def through(self, whole: ForceBlock) -> list[tuple[float, float, float, int, float, str]]:
        holds = []
        force = whole.contact_n.astype(np.float64)
        for at in range(len(whole)):
            if self.start < 0:
                if force[at] >= PHASE.contact_n:
                    self.__init__(start=at)  # type: ignore[misc]
                    self._look(force[at], False, at)
                continue
            gap = int(whole.scan[at] - whole.scan[at - 1]) - 1
            self.missing += gap
            self.received += gap == 0
            self.inside += gap == 0 and PHASE.low_n <= force[at - 1] <= PHASE.high_n
            self._look(force[at], gap == 0, at)
            if self.away >= round(PHASE.release_s / PERIOD_S):
                end, received, missing = self.let_go
                if received * PERIOD_S >= PHASE.minimum_s:
                    done = "completed" if self.inside * PERIOD_S >= PHASE.hold_s else "released"
                    quick = self.coming_down <= round(LETTING_GO_S / PERIOD_S)
                    lapses = self.lapses - (quick and self.out > round(PHASE.grace_s / PERIOD_S))
                    holds.append(self._hold(whole, end, missing, lapses, done))
                self.start = -1
        if self.start >= 0 and self.received * PERIOD_S >= PHASE.minimum_s:
            holds.append(self._hold(whole, len(whole) - 1, self.missing, self.lapses, "recording_ended"))
        return holds

    def _look(self, newtons: float, neighbour: bool, at: int) -> None:
        if newtons < PHASE.release_n:
            self.let_go = (at, self.received, self.missing) if self.away < 0 else self.let_go
            self.away = 0 if self.away < 0 else self.away + neighbour
        else:
            self.away = -1
        if PHASE.low_n <= newtons <= PHASE.high_n:
            self.entered, self.out = True, -1
        elif self.entered:
            self.out = 0 if self.out < 0 else self.out + neighbour
            self.lapses += neighbour and self.out == round(PHASE.grace_s / PERIOD_S) + 1
        if self.away >= 0 and self.let_go[0] == at:
            self.coming_down = self.out

    def _hold(
        self, whole: ForceBlock, end: int, missing: int, lapses: int, word: str
    ) -> tuple[float, float, float, int, float, str]:
        start_s, end_s = float(whole.time_s[self.start]), float(whole.time_s[end])
        return start_s, end_s, self.inside * PERIOD_S, lapses, missing * PERIOD_S, word
