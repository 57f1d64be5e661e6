"""The glove's two buttons as far as they can be believed: no press is missed because its message was damaged.

A BUTTON message says exactly when a button went down or up, once. Every DATA says which buttons are down. So an edge
whose message was lost shows a frame later, and one that cannot be true is no loss.
"""

from __future__ import annotations

from collections.abc import Iterator

from nmt_sense.device import Button, GloveInfo
from nmt_sense.glove.wire import ButtonEdge, Data, Message

BEHIND_S, AHEAD_S = 2.0, 60.0
"""An edge lies close to the newest scan; further ahead of it when scans were lost in between."""
DEBOUNCE_S = 0.005
"""A button's edges are at least so far apart (firmware/PROTOCOL.md)."""
_HALF, _WRAP = 1 << 31, 1 << 32
_BOTH = 1 << Button.CLIENT_STOP | 1 << Button.MARKER


class Presses:
    """Both buttons of one glove, also over its absences."""

    def __init__(self, info: GloveInfo) -> None:
        self._period_s, self._period_ticks = info.period_s, info.period_ticks
        self._newest = 0  # scan, as sent
        self._down: int | None = None  # bit per button; None until two frames have agreed
        self._shown = -1  # what the last frame said
        self._last: dict[Button, ButtonEdge] = {}

    def feed(self, messages: list[Message]) -> list[Message]:
        """The same messages, without edges that cannot be true, and with those whose message was lost."""
        return [believed for message in messages for believed in self._believe(message)]

    def _believe(self, message: Message) -> Iterator[Message]:
        if isinstance(message, Data):
            yield message
            yield from self._missed(message)
        elif not isinstance(message, ButtonEdge) or self._credible(message):
            yield message

    def _missed(self, frame: Data) -> Iterator[ButtonEdge]:
        """The edges that this frame and the one before show, and no message has told."""
        shown, self._shown = self._shown, frame.buttons & _BOTH
        self._newest = frame.first_scan + len(frame.counts) - 1
        if shown != self._shown:  # one frame by itself may be wrong
            return
        if self._down is None:
            self._down = shown
        for button in Button:
            if (self._down ^ shown) >> button & 1:
                self._down ^= 1 << button
                yield ButtonEdge(0, button, bool(shown >> button & 1), frame.first_scan, 0)

    def _credible(self, edge: ButtonEdge) -> bool:
        """True for an edge that changes what is known, at a moment that can be."""
        if self._down is None:
            return True
        last = self._last.get(edge.button)
        ahead_s = _after(edge.scan, self._newest) * self._period_s
        if bool(self._down >> edge.button & 1) == edge.down or not -BEHIND_S <= ahead_s <= AHEAD_S:
            return False
        if last is not None and -BEHIND_S <= self._seconds(last, edge) < DEBOUNCE_S:
            return False
        self._down ^= 1 << edge.button
        self._last[edge.button] = edge
        return True

    def _seconds(self, before: ButtonEdge, after: ButtonEdge) -> float:
        scans = _after(after.scan, before.scan) + (after.ticks - before.ticks) / self._period_ticks
        return scans * self._period_s


def _after(number: int, other: int) -> int:
    """Scans from the other number to this one, both 32 bits."""
    return (number - other + _HALF) % _WRAP - _HALF
