"""The computer's clocks: one that nothing sets and that sleep does not stop, and a watch over the one on the wall.

What each system has (Linux ``clock_gettime(2)``; Apple ``clock_gettime(3)``; Microsoft "Acquiring high-resolution time
stamps" and ``QueryUnbiasedInterruptTime``):

* Linux: ``CLOCK_BOOTTIME`` goes on in sleep, ``CLOCK_MONOTONIC`` stands still.
* macOS: ``CLOCK_MONOTONIC_RAW`` goes on, ``CLOCK_UPTIME_RAW`` stands still; ``time.monotonic`` does, too.
* Windows: ``QueryPerformanceCounter``, which is ``time.perf_counter``, goes on; the unbiased interrupt time stands
  still, in steps of up to 16 ms. ``time.monotonic`` has such steps as well before Python 3.13.
* Elsewhere: ``time.monotonic`` for both, so that sleep shows, if at all, as a clock on the wall that was set.

Tried on Linux only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from nmt_sense.units import NS_PER_SECOND, SECONDS_PER_NS

NOTED_S = 0.1
"""The least difference between two clocks that is told of."""
SLEWED = 1e-3
"""How much faster or slower than real time the clock on the wall may be made to run (Linux: 0.5 per mille)."""
_TRIES = 5

if sys.platform == "linux":

    def now_ns() -> int:
        """Time from a clock that is never set and goes on while the computer sleeps, ns."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def awake_ns() -> int:
        """Time from a clock that is never set and stands still while the computer sleeps, ns."""
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)

elif sys.platform == "darwin":

    def now_ns() -> int:
        """Time from a clock that is never set and goes on while the computer sleeps, ns."""
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)

    def awake_ns() -> int:
        """Time from a clock that is never set and stands still while the computer sleeps, ns."""
        return time.clock_gettime_ns(time.CLOCK_UPTIME_RAW)

elif sys.platform == "win32":
    import ctypes

    def now_ns() -> int:
        """Time from a clock that is never set and goes on while the computer sleeps, ns."""
        return time.perf_counter_ns()

    def awake_ns() -> int:
        """Time from a clock that is never set and stands still while the computer sleeps, ns."""
        hundreds = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(hundreds))
        return hundreds.value * 100

else:
    now_ns = awake_ns = time.monotonic_ns


@dataclass(frozen=True, slots=True)
class Reading:
    """All clocks, at one moment."""

    host_ns: int
    """:func:`now_ns`."""
    utc_ns: int
    """The clock on the wall: ns since 1970-01-01 UTC."""
    awake_ns: int
    """:func:`awake_ns`."""


def read_clocks() -> Reading:
    """All clocks as close together as a few tries allow: mostly within a microsecond."""
    return min((_read_once() for _ in range(_TRIES)), key=lambda pair: pair[0])[1]


def _read_once() -> tuple[int, Reading]:
    """How long reading took, ns, and what was read, as of the middle."""
    before = now_ns()
    utc, awake = time.time_ns(), awake_ns()
    span = now_ns() - before
    return span, Reading(before + span // 2, utc, awake)


class Happening(Enum):
    """What can happen to a computer's time."""

    CLOCK_SET = "clock_set"
    SLEPT = "slept"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something has happened to the computer's time since it was last looked at."""

    what: Happening
    seconds: float
    """How far the clock on the wall was set, negative: back; or how long the computer slept."""

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        if self.what is Happening.SLEPT:
            return f"The computer slept for {self.seconds:.1f} s."
        way = "forward" if self.seconds > 0 else "back"
        return f"The computer's clock was set {way} by {abs(self.seconds):.1f} s; times in recordings do not follow it."


class Watch:
    """Compares the clocks whenever it is told to look. What slews slowly, as network time does, is not told of."""

    def __init__(self, read: Callable[[], Reading] = read_clocks) -> None:
        self._read = read
        self.newest = read()
        """The last reading: its ``host_ns`` and ``utc_ns`` belong together."""

    def look(self) -> list[Finding]:
        """What has happened since the last look."""
        last, self.newest = self.newest, self._read()
        host_ns = self.newest.host_ns - last.host_ns
        set_ns = self.newest.utc_ns - last.utc_ns - host_ns
        slept_ns = host_ns - (self.newest.awake_ns - last.awake_ns)
        least_ns = NOTED_S * NS_PER_SECOND + SLEWED * host_ns
        findings = [Finding(Happening.SLEPT, slept_ns * SECONDS_PER_NS)] if slept_ns > least_ns else []
        if abs(set_ns) > least_ns:
            findings.append(Finding(Happening.CLOCK_SET, set_ns * SECONDS_PER_NS))
        return findings
