"""Room on the disk: how much there is, how long a recording can go on, and whether it can still become a file.

A recording takes room three times: its journal grows with every scan, the journal's log swings between nothing and a
few megabytes, and at the end the HDF5 file is written beside the journal before that goes. Measured, 8 sensors at
250 Hz: the journal grows by 29 bytes a scan (86 with a virtual glove's true forces; 23 and 55 at 1000 Hz), the finished
file by 20 to 36 (7 more with true forces), and 56 when all sensors are pressed with a noise of 1.5 % of their range.
"""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from nmt_sense.errors import RecordingError
from nmt_sense.session.journal import journal_path
from nmt_sense.session.journal_form import COMMIT_SPAN_S
from nmt_sense.session.upkeep import LOG_BYTES

LOG_ROOM = LOG_BYTES + LOG_BYTES // 4
"""What the log grows to before it is started over: it is looked at twice a second only."""
LOG_GROWTH = 6.0
"""Bytes written to the log for one that the journal grows by: its last page is written many times (measured: 5)."""
RESERVE_BYTES = 512 * 1024
"""Kept free for what is not counted by the scan: the file's own tables (50 KB), settings, events, the log's index."""
LOOK_EVERY_S = 0.5
FEWEST_S = 60.0
"""A recording is not begun without room for so long."""
READS_PER_S = 84.0
"""A glove sends a frame every 12 ms."""


@dataclass(frozen=True, slots=True)
class Appetite:
    """What one recording takes."""

    rate_hz: float
    journal_bytes: float
    """Bytes in the journal for one scan, before it can be measured."""
    file_bytes: float
    """Bytes in the finished file for one scan."""

    @classmethod
    def of(cls, channels: int, rate_hz: float, truth: bool) -> Appetite:
        """An estimate from the number of sensors and the rate; ``truth``: a virtual glove's true forces are kept too.

        A row of the journal has counts, arrivals and some 36 bytes of its own; half as much again is for the unused
        ends of pages. The file's figures are those of the module, noisier than any glove so far.
        """
        scans = max(1.0, rate_hz * COMMIT_SPAN_S)
        row = scans * channels * (6 if truth else 2) + 16 * max(1.0, min(READS_PER_S, rate_hz) * COMMIT_SPAN_S) + 36
        return cls(rate_hz, 1.5 * row / scans, 10 + channels * (6.0 if truth else 4.5))

    @property
    def bytes_per_s(self) -> float:
        """Journal and finished file together."""
        return self.rate_hz * (self.journal_bytes + self.file_bytes)


@dataclass(frozen=True, slots=True)
class Room:
    """What was found at one look."""

    free: int | None = None
    """Bytes that may be written; None when the system does not say."""
    seconds: float = math.inf
    """For how long a recording can go on and still become a file; infinite when not known."""
    enough_to_finish: bool = True
    """False once nothing is left but the room to write the file, and a small reserve."""


def free_bytes(folder: Path) -> int | None:
    """Bytes that may be written there; None when the system does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


class Space:
    """Room for one recording: the one with this target, or, without, one that is yet to begin in ``folder``."""

    def __init__(self, folder: Path, appetite: Appetite, target: Path | None = None) -> None:
        self.scans = 0
        """Scans in the journal; told by whoever writes it."""
        self._folder = folder
        self._appetite = appetite
        self._journal = target and journal_path(target)
        self._per_scan = appetite.journal_bytes
        self._size = 0
        self._pace = _Pace(appetite.rate_hz)

    def look(self) -> Room:
        """Ask the system. Takes microseconds, but on a network drive perhaps for ever: not for a thread in a hurry."""
        scans, free = self.scans, free_bytes(self._folder)
        if free is None:
            return Room()
        journal, log = self._measured(scans)
        rate = self._pace.of(scans)
        finishing = max(0.0, scans * self._per_scan - journal) + scans * self._appetite.file_bytes + RESERVE_BYTES
        log_room = max(0, LOG_ROOM - log)
        left = max(0.0, free - finishing - log_room)
        until_next_look = rate * 2 * LOOK_EVERY_S
        growing = until_next_look * self._appetite.file_bytes + min(log_room, until_next_look * self._log_bytes)
        return Room(free, left / (rate * (self._per_scan + self._appetite.file_bytes)), free >= finishing + growing)

    @property
    def _log_bytes(self) -> float:
        return LOG_GROWTH * self._per_scan

    def _measured(self, scans: int) -> tuple[int, int]:
        """Sizes of journal and log, bytes. When the log has just gone into the journal, that tells bytes per scan."""
        if self._journal is None:
            return 0, 0
        size, log = _size(self._journal), _size(self._journal.with_name(self._journal.name + "-wal"))
        if self._size and size - self._size > LOG_BYTES // 10 and scans:
            self._per_scan = size / scans
        self._size = size
        return size, log


class _Pace:
    """Scans per second: nominal, or faster when they come faster (a virtual glove may run at any speed)."""

    def __init__(self, rate_hz: float) -> None:
        self._nominal = rate_hz
        self._scans, self._at = 0, time.monotonic()

    def of(self, scans: int) -> float:
        now = time.monotonic()
        passed, new = now - self._at, scans - self._scans
        self._scans, self._at = scans, now
        return max(self._nominal, new / passed if passed > LOOK_EVERY_S / 10 else 0.0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def refuse_full(folder: Path, appetite: Appetite) -> Room:
    """What room there is. Raises :class:`RecordingError` when it is too little to begin a recording."""
    room = Space(folder, appetite).look()
    if room.seconds < FEWEST_S:
        raise RecordingError(
            f"The disk of {folder} has no room for a recording of one minute; delete something or record elsewhere."
        )
    return room
