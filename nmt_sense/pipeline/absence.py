"""Why no scans come, and for how long: what the hold timer waits for."""

from __future__ import annotations

import time

from nmt_sense.errors import LinkError, LinkReason

STALE_AFTER_S = 0.25
"""Without scans for so long, what is shown is old, and shown as old."""
OVERDUE_S = 1.0
ASK_EVERY_S = 0.4
"""Between questions to a glove that has gone quiet. It may have reset and its HELLO been lost on the way."""

_LONGEST_READ_S = 0.1
"""No read takes longer when the program runs."""

CABLE_OUT = "cable out"
NO_DATA = "no data"
RESTARTING = "glove restarting"
LOOKING = "looking for the glove"
_CABLE = (LinkReason.UNPLUGGED, LinkReason.NO_DEVICE)


def why_lost(error: Exception) -> str:
    """The few words for what a link's failure looks like from outside."""
    return CABLE_OUT if isinstance(error, LinkError) and error.reason in _CABLE else NO_DATA


class Absence:
    """Since when no scans have come. Belongs to the acquisition thread.

    Only what was listened to counts as silence: a program that stood still for a minute has heard nothing of it.
    """

    def __init__(self) -> None:
        self._stalls = 0
        self._newest = time.monotonic()
        self.opened()

    def opened(self) -> None:
        """A stream has just been opened; listening begins."""
        self._listened = time.monotonic()
        self._ask_at = self.silent_s = 0.0

    def listen(self) -> None:
        """Called after every read."""
        now = time.monotonic()
        self.silent_s += min(now - self._listened, _LONGEST_READ_S)
        self._listened = now

    def end(self) -> None:
        """Scans have come."""
        self._stalls += self.seconds > STALE_AFTER_S
        self._newest = self._listened = time.monotonic()
        self._ask_at = self.silent_s = 0.0

    @property
    def seconds(self) -> float:
        """Since the newest scans, or since the beginning."""
        return time.monotonic() - self._newest

    @property
    def stale(self) -> bool:
        """Nothing has been heard for so long that what is shown is old."""
        return self.silent_s > STALE_AFTER_S

    @property
    def overdue(self) -> bool:
        """No scans have come for so long that none are waited for to end a recording in time."""
        return self.seconds > OVERDUE_S

    @property
    def stalls(self) -> int:
        """Times that nothing came for too long, the present one included."""
        return self._stalls + (self.seconds > STALE_AFTER_S)

    def ask_now(self) -> bool:
        """True every so often while nothing is heard."""
        if not self.stale or self.silent_s < self._ask_at:
            return False
        self._ask_at = self.silent_s + ASK_EVERY_S
        return True
