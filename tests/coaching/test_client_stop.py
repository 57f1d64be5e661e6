import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from presses import PERIOD_S, TECHNIQUE, block, coached, holds_of, levels, pieces, rows

from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.state import Advice, CueKind
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold, HoldEnd

STOP = EventKind.CLIENT_STOP
FORCE = levels((0.5, 0.0), (3.0, 32.0), (0.5, 0.0), (3.0, 32.0), (0.5, 0.0))


def test_the_hold_ends_with_the_last_scan_before_the_stop() -> None:
    first, second = holds_of(FORCE, stops=[1.505])
    assert first.end is HoldEnd.CLIENT_STOP
    assert first.end_s == pytest.approx(1.50)
    assert first.in_band_s == pytest.approx(1.0)
    assert second.end is HoldEnd.COMPLETED
    assert second.start_s == pytest.approx(4.0)


def test_pressing_on_after_a_stop_is_no_new_hold_until_let_go() -> None:
    coach = Coach(TECHNIQUE, PERIOD_S)
    coach.feed(rows(block(FORCE), 0, 150))
    coach.report(Event(1.49, STOP))
    assert coach.progress.advice is Advice.LESS
    assert len(coach.holds) == 1
    cues = coach.feed(rows(block(FORCE), 150, 340))
    assert [(round(cue.time_s, 2), cue.kind, cue.text) for cue in cues] == [(1.49, CueKind.LET_GO, "Let go.")]
    assert coach.progress.advice is Advice.LESS
    coach.feed(rows(block(FORCE), 340, 400))
    assert coach.progress.advice is Advice.READY
    coach.feed(rows(block(FORCE), 400, 500))
    assert coach.progress.number == 2


def test_even_a_touch_that_the_client_stopped_is_kept() -> None:
    holds = holds_of(FORCE, stops=[0.8])
    assert (holds[0].end, holds[0].start_s, holds[0].end_s) == (HoldEnd.CLIENT_STOP, 0.5, pytest.approx(0.8))


def test_a_stop_without_contact_changes_nothing() -> None:
    assert holds_of(FORCE, stops=[0.2, 3.9]) == holds_of(FORCE)


def test_a_stop_in_the_last_moment_counts() -> None:
    (hold,) = holds_of(FORCE[:200], stops=[1.99])
    assert hold.end is HoldEnd.CLIENT_STOP


def test_a_late_stop_takes_effect_at_the_newest_scan_and_says_so() -> None:
    coach = Coach(TECHNIQUE, PERIOD_S)
    coach.feed(rows(block(FORCE), 0, 200))
    assert coach.report(Event(1.5, STOP)).time_s == pytest.approx(1.99)
    assert coach.holds[0].end_s == pytest.approx(1.99)
    assert coach.holds[0].stop_latency_s == pytest.approx(0.49)


def test_no_chime_for_a_hold_that_the_client_stopped() -> None:
    _, cues = coached(block(FORCE[:360]), stops=[2.0])
    assert CueKind.DONE not in [cue.kind for cue in cues]


@given(
    stops=st.lists(st.floats(0.0, 7.5), max_size=3),
    live_cuts=st.lists(st.integers(0, len(FORCE)), max_size=40),
    other_cuts=st.lists(st.integers(0, len(FORCE)), max_size=10),
)
def test_reading_the_recording_again_gives_the_holds_that_were_shown(
    stops: list[float], live_cuts: list[int], other_cuts: list[int]
) -> None:
    whole = block(FORCE + np.sin(np.arange(len(FORCE))) * 0.1)
    live, recorded = _live(pieces(whole, live_cuts), sorted(stops))
    again = coached(whole, events=recorded, cuts=other_cuts)[0].holds
    assert repr(again) == repr(live)


def _live(blocks: list, stops: list[float]) -> tuple[list[Hold], list[Event]]:
    """The button is heard of some time after it was pressed: here, once a block has come that ends later."""
    coach = Coach(TECHNIQUE, PERIOD_S)
    recorded, waiting = [], list(stops)
    for piece in blocks:
        coach.feed(piece)
        while waiting and len(piece) and waiting[0] <= piece.time_s[-1]:
            recorded.append(coach.report(Event(waiting.pop(0), STOP)))
    coach.finish((len(FORCE) - 1) * PERIOD_S)
    return coach.holds, recorded
