"""What the glove was asked for its time, and which answers answer that: PING and PONG of the wire format."""

from __future__ import annotations

import secrets
import struct

from nmt_sense.glove.wire import Command, Kind, Pong
from nmt_sense.units import NS_PER_SECOND

PING_EVERY_S = 0.9839
"""An odd period, so that it keeps step with nothing else that happens every so many milliseconds (Klipper's
``clocksync.py`` asks as often, for the same reason)."""
_UNANSWERED = 4
"""So many questions may wait for their answers; older ones are given up."""


class Pings:
    """Questions to one glove on one port. Tokens begin anywhere, so that nobody else's answers pass for ours."""

    def __init__(self) -> None:
        self._token = secrets.randbits(32)
        self._due_ns: int | None = None
        self._asked: dict[tuple[int, int], int] = {}  # sequence and token -> host time just before it was sent, ns

    def due(self, now_ns: int) -> bool:
        """True when it is time to ask again, by the clock that arrivals are stamped with."""
        return self._due_ns is None or now_ns >= self._due_ns

    def question(self, sequence: int) -> Command:
        """The next PING."""
        self._token = (self._token + 1) & 0xFFFFFFFF
        return Command(Kind.PING, sequence, struct.pack("<I", self._token))

    def asked(self, sequence: int, sent_ns: int) -> None:
        """The question was sent, the clock read just before."""
        self._due_ns = sent_ns + round(PING_EVERY_S * NS_PER_SECOND)
        self._asked[sequence, self._token] = sent_ns
        if len(self._asked) > _UNANSWERED:
            del self._asked[next(iter(self._asked))]

    def answered(self, pong: Pong) -> int | None:
        """When the question was sent that this answers, ns; None when it answers none, or one answered before."""
        return self._asked.pop((pong.sequence, pong.token), None)

    def forget(self) -> None:
        """The glove may count anew: what it was asked before is not to be answered any more."""
        self._asked.clear()
