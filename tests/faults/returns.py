"""``kill -9`` just after a lost glove is back: its first scans still wait for their place then.

Every other glove sits behind an adapter that looks for bytes every 16 ms. The cable is out for a second and the glove
resets; the program is killed up to 0.3 s after it has told the glove to go on. What is lost is how long ago the oldest
scan that is not in the recording had been sent.
"""

from __future__ import annotations

import math
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from nmt_sense.derivation import derive
from nmt_sense.errors import NmtError
from nmt_sense.glove.wire import Data, Decoder
from nmt_sense.session.recording import Recording, open_recording
from nmt_sense.session.recovery import orphans, recover
from tests.faults.cable import SAME, Sitting, Unplugging, script
from tests.faults.placement import pieces
from tests.faults.row import Form, Row
from tests.whole.lines import GloveOnLine, wait_for

ALLOWED_S = 0.1
LATEST_S = 0.3
ADAPTER_S = 0.016
TIMES = 60
AT_A_TIME = 2


class Return(Sitting):
    """A recording that is killed when its glove has just come back."""

    def __init__(self, folder: Path, seed: int, kill_after_s: float) -> None:
        super().__init__(folder, seed, [Unplugging(SAME, 1.0, resets=True)])
        self._kill_after_s = kill_after_s
        self.killed_ns = 0
        self.sent_ns: dict[int, int] = {}
        """When each scan of the glove's second life went on the line, by its own number."""

    def run(self) -> None:
        """Record, unplug, plug in, kill, recover."""
        self._furnish()
        turn_s = ADAPTER_S if self.seed % 2 else 0.003
        with GloveOnLine(script(self.seed), link=self._port(), turn_s=turn_s) as self.glove:
            process = self._start()
            try:
                self._wait_until_recorded()
                self.glove.spoil = self._note
                self._unplug(self.unpluggings[0])
            except AssertionError:
                self.failures.append("the glove was not found again")
            self.killed_ns = time.monotonic_ns()
            process.kill()
            process.communicate(timeout=60)
        for journal in orphans(self.out.parent):
            recover(journal, derive)

    def _see_it_back(self) -> None:
        wait_for(lambda: bool(self.sent_ns), 20.0)
        time.sleep(self._kill_after_s)

    def _note(self, out: bytes) -> bytes:
        if len(self.glove.lives) > 1:
            for message in Decoder().feed(out):
                if isinstance(message, Data):
                    numbers = range(message.first_scan, message.first_scan + len(message.counts))
                    self.sent_ns |= dict.fromkeys(numbers, time.monotonic_ns())
        return out


def judge(row: Row, sitting: Return) -> None:
    """Compare the recovered file with what the glove had sent."""
    row.tried += 1
    row.failures += sitting.failures
    try:
        with open_recording(sitting.out) as recording:
            row.verdicts[recording.integrity.verdict] += 1
            row.wrong += sum(piece.wrong for piece in pieces(recording, sitting.glove.lives))
            row.lose(_lost_s(sitting, recording))
    except NmtError as error:
        row.failures.append(str(error))


def _lost_s(sitting: Return, recording: Recording) -> float:
    stored = {row.tobytes() for row in recording.counts}
    made = sitting.glove.lives[1].counts
    missing = [
        sent_ns
        for own, sent_ns in sitting.sent_ns.items()
        if sent_ns < sitting.killed_ns and np.asarray(made[own], "<u2").tobytes() not in stored
    ]
    return (sitting.killed_ns - min(missing)) * 1e-9 if missing else 0.0


def run(form: Form) -> list[Row]:
    """Moments of the kill spread evenly."""
    times = TIMES if form is Form.FULL else 2
    row = Row("killed as a lost glove comes back", allowed=ALLOWED_S)
    moments = [math.fmod(0.618 * number, 1.0) * LATEST_S for number in range(times)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_A_TIME) as pool:
        sittings = [Return(Path(folder) / str(k), 900 + k, moment) for k, moment in enumerate(moments)]
        list(pool.map(Return.run, sittings))
        for sitting in sittings:
            judge(row, sitting)
    return [row]
