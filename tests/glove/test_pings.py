"""Asking a glove for its time: about once a second, and only true answers to own questions count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.glove.pings import PING_EVERY_S, Pings
from nmt_sense.glove.protocol_sim import GloveSource
from nmt_sense.glove.virtual import Script
from nmt_sense.glove.wire import Command, Decoder, Kind, Pong, frame, pack, parse_ping


def answer(question: Command) -> Pong:
    return Pong(question.sequence, parse_ping(question.fields), 1, 2)


def test_it_asks_at_once_and_then_every_so_often() -> None:
    pings, asked = Pings(), []
    for now_ns in range(0, 10 * 10**9, 12_000_000):
        if pings.due(now_ns):
            pings.question(len(asked))
            pings.asked(len(asked), now_ns)
            asked.append(now_ns)
    assert asked[0] == 0
    assert (np.diff(asked) >= PING_EVERY_S * 1e9).all()
    assert (np.diff(asked) < PING_EVERY_S * 1e9 + 12_000_000).all()


def test_an_answer_tells_when_its_question_was_sent_once_and_also_when_it_is_late() -> None:
    pings = Pings()
    questions = []
    for second in range(3):
        questions.append(pings.question(second))
        pings.asked(second, second * 10**9)
    assert [pings.answered(answer(question)) for question in questions] == [0, 10**9, 2 * 10**9]
    assert [pings.answered(answer(question)) for question in questions] == [None] * 3


def test_questions_without_answers_do_not_pile_up_and_are_forgotten_when_told() -> None:
    pings = Pings()
    questions = []
    for second in range(1000):
        questions.append(pings.question(second & 0xFF))
        pings.asked(second & 0xFF, second)
    assert pings.answered(answer(questions[0])) is None
    assert pings.answered(answer(questions[-2])) == 998
    pings.forget()
    assert pings.answered(answer(questions[-1])) is None


@given(st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_what_another_program_asked_is_not_taken_for_an_answer(sequence: int, token: int) -> None:
    pings = Pings()
    question = pings.question(7)
    pings.asked(7, 5)
    own = (sequence, token) == (7, parse_ping(question.fields))
    assert (pings.answered(Pong(sequence, token, 1, 2)) is not None) is own


@pytest.mark.parametrize("late_s", [0.0, 0.0013, 0.0049, 0.1])
def test_the_virtual_glove_answers_for_the_moment_it_is_asked_at(late_s: float) -> None:
    """However long ago it last put scans on the line."""
    source = GloveSource(Script())
    source.receive(frame(pack(Command(Kind.START, 1))))
    source.advance_to(0.5)
    source.receive(frame(pack(Command(Kind.PING, 2, bytes(4)))), 0.5 + late_s)
    (pong,) = (message for message in Decoder().feed(source.advance_to(0.7)) if isinstance(message, Pong))
    info = source.glove.info
    assert pong.ticks < info.period_ticks
    assert pong.scan * info.period_s + pong.ticks / info.tick_hz == pytest.approx(0.5 + late_s, abs=2e-6)
