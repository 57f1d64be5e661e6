"""The recording that goes on, if one does. Nothing here raises: one that cannot go on is over, and says why."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable

from nmt_sense.blocks import Float32Array, ScanBlock
from nmt_sense.coaching.kept_cues import cue_words
from nmt_sense.coaching.state import Cue
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.host_time import Watch, now_ns
from nmt_sense.pipeline.flow import Flow
from nmt_sense.pipeline.recorder import Pairs, Recorder

LOOK_EVERY_S = 1.0
"""Between looks at the computer's clocks."""
PAIR_EVERY_S = 10.0
"""Between pairs of host time and UTC in the recording."""
CUES_KEPT = 256
"""Cues wait for whoever sounds them; where nobody does, they must not pile up."""
SAME_NS = 1_000_000
"""Two clocks read one after the other that differ by less are one."""


class Keeping:
    """Hands a recorder what it is to keep. Belongs to the acquisition thread; others may read."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.over: RecordingError | None = None
        """Why the recording that goes on takes nothing more; None while all is well."""
        self.full = threading.Event()
        """Set when it has reached its limit, or cannot go on."""
        self.cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
        """What is to be sounded, whether something is recorded or not."""
        self._lost = False
        self._watch = Watch()
        self._look_at = 0.0
        self._pair_at = 0.0
        self._ended = False
        """The last pair of clocks is kept, which says when the recording ended."""

    @property
    def started(self) -> bool:
        """A recording has scans and takes more."""
        recorder = self.recorder
        return recorder is not None and recorder.first_scan is not None and not recorder.full and self.over is None

    def begin(self, recorder: Recorder) -> None:
        """Keep what comes from now on."""
        self.full.clear()
        self.over = None
        self._lost = self._ended = False
        self._look_at = self._pair_at = 0.0
        self.recorder = recorder

    def end(self) -> Recorder | None:
        """Keep nothing more; the recorder, its journal closed."""
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            self._store(recorder.close)
        return recorder

    def break_off(self, error: RecordingError) -> None:
        """The recording cannot go on; what it has is kept, and why it ended, if that can still be."""
        if self.recorder is not None and self.started and self.over is None:
            moment = self.recorder.derivation.newest_s
            self.recorder.note(Event(moment, EventKind.BROKEN_OFF, text=str(error)))
        self.over = error
        self.full.set()

    def take(
        self, block: ScanBlock, pings: Pairs, now_ns: int, known: Callable[[int, int], Float32Array | None]
    ) -> ScanBlock:
        """Keep scans read at ``now_ns`` and the pings answered before; the scans left to derive forces from.

        ``known``: a virtual glove's true forces, by first scan and number of scans.
        """
        recorder = self.recorder
        if recorder is None or self.over is not None:
            return block
        block = recorder.take(block)
        self._store(lambda: recorder.keep(block, pings, now_ns, _truth(block, known)))
        if recorder.full:
            self.full.set()
        return block

    def flush(self) -> None:
        """Let nothing that was taken wait for more to come."""
        if self.recorder is not None and self.over is None:
            self._store(self.recorder.flush)

    def time_is_up(self, scan: float) -> bool:
        """True when a recording of limited length would be full at this scan number."""
        return self.recorder is not None and self.recorder.ends_before(scan)

    def end_in_time(self, scan: float) -> None:
        """Where no scans come that would fill a recording of limited length, it ends by the host's clock."""
        if self.time_is_up(scan):
            self.full.set()

    def look_at_clocks(self, moment: Callable[[], float], clock_ns: Callable[[], int], last: bool = False) -> None:
        """Once a second: tell of a wall clock that was set, or of sleep; every ten seconds: keep a pair of clocks.

        ``moment``: now, on the recording's axis; ``clock_ns``: the clock that arrivals are stamped with; ``last``: now
        in any case. The last pair is kept when the recording ends, or takes nothing more, whichever comes first.
        """
        last = (last or self.full.is_set()) and not self._ended
        if time.monotonic() < self._look_at and not last:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        for finding in self._watch.look():
            self.event(EventKind(finding.what.value), moment(), finding.seconds)
        if self.recorder is not None and not self._ended and (last or time.monotonic() >= self._pair_at):
            self._ended = last
            self._pair_at = time.monotonic() + PAIR_EVERY_S
            ahead_ns = clock_ns() - now_ns()  # of a port with a clock of its own
            newest = self._watch.newest
            self.recorder.add_utc(newest.host_ns + (ahead_ns if abs(ahead_ns) > SAME_NS else 0), newest.utc_ns)

    def event(self, kind: EventKind, time_s: float | None = None, value: float = math.nan, text: str = "") -> None:
        """Keep an event at a time on the recording's axis, or at its newest scan."""
        recorder = self.recorder
        if recorder is None or not self.started:
            return
        moment = recorder.derivation.newest_s if time_s is None else max(0.0, time_s)
        self._store(lambda: recorder.add_event(Event(moment, kind, value, text)))

    def cue(self, cue: Cue) -> None:
        """Have a cue sounded, and keep it."""
        if self.cues.qsize() < CUES_KEPT:
            self.cues.put(cue)
        self.event(EventKind.CUE, cue.time_s, cue.error_n, cue_words(cue))

    def lost(self, why: str) -> None:
        """The glove is gone. Said once, until it is back."""
        if self.started and not self._lost:
            self._lost = True
            self.event(EventKind.LINK_LOST, text=why)

    def back(self, time_s: float) -> None:
        """Scans come again from this time on."""
        if self._lost:
            self._lost = False
            self.event(EventKind.LINK_RESTORED, time_s)

    def count(self, flow: Flow, bad_frames: int) -> None:
        """Keep the newest counters."""
        recorder = self.recorder
        if recorder is not None and self.over is None:
            self._store(lambda: recorder.count(flow, bad_frames))

    def _store(self, store: Callable[[], None]) -> None:
        try:
            store()
        except RecordingError as error:
            self.break_off(error)


def _truth(block: ScanBlock, known: Callable[[int, int], Float32Array | None]) -> Float32Array | None:
    """True forces behind a block; without gaps only, since a virtual glove loses nothing."""
    if not len(block) or block.scan[-1] - block.scan[0] + 1 != len(block):
        return None
    return known(int(block.scan[0]), len(block))
