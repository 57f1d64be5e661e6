"""What a recording needs of the computer: room and power. Looked at by a thread of its own, for both may take long."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from dataclasses import dataclass

import psutil

from nmt_sense.session.space import LOOK_EVERY_S, Room, Space

WARN_BELOW_S = 300.0
WARN_NO_MORE_S = 360.0
"""A warning stays until there is clearly more room again: the rate, and so the estimate, is never quite steady."""
_BATTERY_EVERY_S = 20.0
BATTERY_LOW = 20.0
"""Per cent; a session of half an hour may not end on it."""
BATTERY_EMPTY = 7.0
"""Per cent; at 3 to 5 most systems put themselves to sleep."""


@dataclass(frozen=True, slots=True)
class Battery:
    """The computer's battery."""

    percent: float
    plugged: bool


def battery() -> Battery | None:
    """The battery now; None without one, or where the system does not say."""
    with contextlib.suppress(OSError, RuntimeError, AttributeError, psutil.Error):
        found = psutil.sensors_battery()
        # where the system cannot tell whether it is plugged in, we do not cry wolf
        return None if found is None else Battery(float(found.percent), found.power_plugged is not False)
    return None


class Surroundings:
    """Looks twice a second once started. Everything else may be called from any thread and never waits."""

    def __init__(self) -> None:
        self.room = Room()
        self.battery: Battery | None = None
        self.low = False
        """True while room is left for a few minutes only."""
        self._space: Space | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._battery_at = -math.inf

    def watch(self, space: Space | None) -> None:
        """What room is to be known from now on."""
        self._space, self.room, self.low = space, Room(), False

    def start(self) -> None:
        """Begin to look."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="surroundings", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more. A look that hangs in a network drive is left to itself."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)
            self._thread = None

    @property
    def warning(self) -> str:
        """What will go wrong soon and what to do; empty while nothing will."""
        if self.low:
            return f"The disk has room for {minutes(self.room.seconds)} of recording; delete something, or stop soon."
        if self.battery is not None and not self.battery.plugged and self.battery.percent < BATTERY_EMPTY:
            return f"The battery is nearly empty ({self.battery.percent:.0f} %); plug the computer in."
        return ""

    def _run(self) -> None:
        self.look()
        while not self._stopping.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Look now."""
        space = self._space
        if space is not None:
            room = space.look()
            if space is self._space:  # another recording may have begun meanwhile
                self.room = room
                self.low = room.seconds < (WARN_NO_MORE_S if self.low else WARN_BELOW_S)
        if time.monotonic() - self._battery_at > _BATTERY_EVERY_S:
            self._battery_at = time.monotonic()
            self.battery = battery()


def minutes(seconds: float) -> str:
    """A time as words: less than a minute, about 4 minutes, about 3 hours, more than a day."""
    if seconds < 60:
        return "less than a minute"
    if seconds < 120:
        return "about a minute"
    if seconds > 24 * 3600:
        return "more than a day"
    return f"about {seconds / 60:.0f} minutes" if seconds < 2 * 3600 else f"about {seconds / 3600:.0f} hours"
