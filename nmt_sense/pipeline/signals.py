"""What is said and shown on the glove when something happens that coaching and glove must agree on."""

from __future__ import annotations

import contextlib
import math
import time

from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.errors import LinkError
from nmt_sense.glove.link import Link
from nmt_sense.glove.wire import CuePattern

GLOVE_LOST, GLOVE_BACK = "Glove lost.", "Glove back."
PATTERNS = {
    CueKind.TOO_LITTLE: CuePattern.TOO_LITTLE,
    CueKind.TOO_MUCH: CuePattern.TOO_MUCH,
    CueKind.CEILING: CuePattern.TOO_MUCH,
    CueKind.LET_GO: CuePattern.TOO_MUCH,
    CueKind.DONE: CuePattern.DONE,
    CueKind.DATA_LOST: CuePattern.DATA_LOST,
    CueKind.DATA_BACK: CuePattern.OFF,
}
"""What LED and buzzer on the glove do for a cue. The protocol has no pattern for an alarm or for letting go; both ask
for less force."""
GOES_ON = frozenset({CuePattern.TOO_LITTLE, CuePattern.TOO_MUCH})
"""Patterns that a glove repeats until it is told something else. (So is DATA_LOST, until data are back.)"""
PULSE_S = 0.7
"""Assumed: so long a pattern goes on after its last cue, just longer than between two of the slowest pulses."""


class GloveCues:
    """Has LED and buzzer on the glove follow the cues, and be quiet when these are: silence means right there, too."""

    def __init__(self) -> None:
        self._off_at = math.inf

    def show(self, cue: Cue, link: Link) -> None:
        """Show a cue, if the glove has a pattern for it."""
        if (pattern := PATTERNS.get(cue.kind)) is not None:
            self._off_at = time.monotonic() + PULSE_S if pattern in GOES_ON else math.inf
            self._signal(pattern, link)

    def settle(self, link: Link) -> None:
        """End a pattern whose cues have ended."""
        if time.monotonic() >= self._off_at:
            self._off_at = math.inf
            self._signal(CuePattern.OFF, link)

    @staticmethod
    def _signal(pattern: CuePattern, link: Link) -> None:
        if link.is_open:
            with contextlib.suppress(LinkError):  # if the glove is gone, the next read says so
                link.signal(pattern)
