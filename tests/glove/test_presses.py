"""The client's stop is never missed because a message was damaged, and never invented."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.device import Button
from nmt_sense.glove.presses import Presses
from nmt_sense.glove.virtual import Script, VirtualGlove, virtual_info
from nmt_sense.glove.wire import ButtonEdge, Command, Data, Decoder, Kind, Message, Status, frame, pack

INFO = virtual_info(Script())
STOP = Button.CLIENT_STOP


def data(first: int, buttons: int = 0) -> Data:
    return Data(first & 0xFFFFFFFF, buttons, np.zeros((3, INFO.channels), np.uint16))


def edge(scan: int, down: bool = True, button: Button = STOP, ticks: int = 0) -> ButtonEdge:
    return ButtonEdge(0, button, down, scan & 0xFFFFFFFF, ticks)


def edges(presses: Presses, *messages: Message) -> list[tuple[Button, bool, int]]:
    """What is believed of these messages, one read each."""
    believed = [out for message in messages for out in presses.feed([message])]
    return [(out.button, out.down, out.scan) for out in believed if isinstance(out, ButtonEdge)]


@pytest.fixture
def presses() -> Presses:
    """Buttons of a glove that has sent scans 0 to 5."""
    presses = Presses(INFO)
    assert edges(presses, data(0), data(3)) == []
    return presses


def test_an_edge_passes_at_once_and_only_once(presses: Presses) -> None:
    down, up = edge(7), edge(60, down=False)
    frames = [data(6, 1), data(9, 1)]
    assert edges(presses, down, *frames, down, *frames, up, data(60), data(63)) == [(STOP, True, 7), (STOP, False, 60)]


def test_a_press_whose_message_was_lost_shows_two_frames_later(presses: Presses) -> None:
    assert edges(presses, data(6, 1), data(9, 1), data(12, 1)) == [(STOP, True, 9)]
    assert edges(presses, data(15, 1), data(18), data(21)) == [(STOP, False, 21)]


def test_one_wrong_frame_presses_nothing(presses: Presses) -> None:
    assert edges(presses, data(6, 3), data(9), data(1 << 30, 3), data(12)) == []


@pytest.mark.parametrize("scan", [1 << 31, 1 << 20, -600, -(1 << 20)])
def test_a_press_from_another_time_is_not_believed_but_what_the_scans_show_is(presses: Presses, scan: int) -> None:
    assert edges(presses, edge(scan)) == []
    assert edges(presses, data(6, 1), data(9, 1)) == [(STOP, True, 9)]


def test_a_press_after_a_gap_or_a_restart_is_believed(presses: Presses) -> None:
    assert edges(presses, edge(5000)) == [(STOP, True, 5000)]
    assert edges(presses, data(5001, 1), data(5004, 1), edge(5100, down=False)) == [(STOP, False, 5100)]
    assert edges(presses, data(0), data(3), edge(5)) == [(STOP, True, 5)]


def test_a_button_held_while_the_glove_was_away_counts_when_it_is_back(presses: Presses) -> None:
    assert edges(presses, data(9000, 1), data(9003, 1)) == [(STOP, True, 9003)]


def test_a_button_that_was_down_from_the_start_is_no_press() -> None:
    assert edges(Presses(INFO), data(0, 1), data(3, 1), data(6, 1)) == []


def test_a_flood_of_edges_is_held_to_what_a_debounced_button_can_do(presses: Presses) -> None:
    flood = [edge(6 + i // 40, down=i % 2 == 0, ticks=200 * (i % 40)) for i in range(10_000)]
    assert len(edges(presses, *flood)) <= 250 * INFO.period_s / 0.005 + 1


def test_everything_else_passes_untouched(presses: Presses) -> None:
    others: list[Message] = [Status(1, 2, 3, 4, 5, 6), data(6), Command(Kind.INFO, 1)]
    assert presses.feed(others) == others


@functools.cache
def sent() -> list[Message]:
    glove = VirtualGlove(Script(client_stop_s=(0.5, 1.5, 2.5), marker_s=(0.7, 2.6)))
    glove.receive(frame(pack(Command(Kind.START, 1))))
    return list(Decoder().feed(glove.advance(1000)))


@given(st.lists(st.booleans(), min_size=400, max_size=400))
def test_whatever_is_lost_every_long_press_is_found_once(arrives: list[bool]) -> None:
    heard = [message for message, here in zip(sent(), arrives, strict=False) if here or _steady(message)]
    down = [(b, s) for b, is_down, s in edges(Presses(INFO), *heard) if is_down]
    assert [button for button, _ in down] == [0, 1, 0, 0, 1]
    times = np.array([scan for _, scan in down]) * INFO.period_s
    np.testing.assert_allclose(times, [0.5, 0.7, 1.5, 2.5, 2.6], atol=0.1)


def _steady(message: Message) -> bool:
    """Of the scans every fourth pair of frames arrives for certain, so that a press of 0.2 s is seen."""
    return isinstance(message, Data) and message.first_scan // 3 % 8 < 2
