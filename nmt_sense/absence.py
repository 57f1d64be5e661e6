"""Why no scans come, and for how long: what the hold timer waits for."""

from __future__ import annotations

import time

from nmt_sense.errors import LinkError, LinkReason

STALE_AFTER_S = 0.25
"""Without scans for so long, what is shown is old, and shown as old."""
ASK_EVERY_S = 0.4
"""Between questions to a glove that has gone quiet. It may have reset and its HELLO been lost on the way."""

CABLE_OUT = "cable out"
NO_DATA = "no data"
RESTARTING = "glove restarting"
LOOKING = "looking for the glove"
_CABLE = (LinkReason.UNPLUGGED, LinkReason.NO_DEVICE)


def why_lost(error: Exception) -> str:
    """The few words for what a link's failure looks like from outside."""
    return CABLE_OUT if isinstance(error, LinkError) and error.reason in _CABLE else NO_DATA


class Absence:
    """Since when no scans have come. Belongs to the acquisition thread."""

    def __init__(self) -> None:
        self._stalls = 0
        self.start_over()

    def start_over(self) -> None:
        """A stream has just been opened: nothing could have come before."""
        self._newest = self._ask_at = time.monotonic()

    def end(self) -> None:
        """Scans have come."""
        self._stalls += self.stale
        self.start_over()

    @property
    def seconds(self) -> float:
        """Since the newest scans."""
        return time.monotonic() - self._newest

    @property
    def stale(self) -> bool:
        """Nothing has come for so long that what is shown is old."""
        return self.seconds > STALE_AFTER_S

    @property
    def stalls(self) -> int:
        """Times that it lasted too long, the present one included."""
        return self._stalls + self.stale

    def ask_now(self) -> bool:
        """True every so often while nothing comes."""
        if not self.stale or time.monotonic() < self._ask_at:
            return False
        self._ask_at = time.monotonic() + ASK_EVERY_S
        return True
