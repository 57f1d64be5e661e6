"""The cable pulled out of a running recording for 1 to 30 seconds, and plugged in again here or elsewhere.

A virtual glove in real time on pseudo-terminals, the real ``nmt-sense record``; while the cable is out, another glove
or a device that is none may sit on the port.
"""

from __future__ import annotations

import contextlib
import math
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmt_sense.derivation import derive
from nmt_sense.events import EventKind
from nmt_sense.glove.fsr import Physics
from nmt_sense.glove.practitioner import Practice
from nmt_sense.glove.virtual import Script
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import Recording, open_recording
from tests.faults.placement import Piece, holds_not_flagged, missing_is_nan, pieces
from tests.faults.row import Form, Row
from tests.whole.lines import Chatter, GloveOnLine, wait_for

SAME, OTHER_NAME, TAKEN = "cable out, same port", "cable out, other port", "cable out, place taken by another device"
BEFORE = "... lost before the cable was out"
BACK_WITHIN_S = 1.5
"""From plugging in until scans are recorded again. On a quiet computer it is half a second."""
BEFORE_S = 0.1
"""What was measured before the cable was pulled, and may be lost with it: what was under way."""
SHORTEST_S, LONGEST_S = 1.0, 30.0
WRITES = 10
"""Writes to the journal between two unpluggings, about 36 ms each."""
REPOSITORY = Path(__file__).parents[2]


@dataclass
class Unplugging:
    """One time that the cable was out."""

    kind: str
    out_s: float
    resets: bool
    pulled_s: float = math.nan
    plugged_s: float = math.nan
    """When it was out, and in again, since the glove's first scan."""


def script(seed: int) -> Script:
    """A glove whose every scan can be told from the others, and holds that most unpluggings fall into."""
    practice = Practice(first_s=0.5, load_s=0.5, hold_s=6.0, rest_s=0.6, lapse_every=0)
    return Script(seed=seed, practice=practice, physics=Physics(noise_lsb=3.0))


def plan(rng: np.random.Generator, times: int, longest_s: float) -> list[Unplugging]:
    """Durations log-uniform; kinds and resets in turn."""
    seconds = np.exp(rng.uniform(np.log(SHORTEST_S), np.log(longest_s), times))
    kinds = [(SAME, OTHER_NAME, TAKEN)[i % 3] for i in range(times)]
    return [Unplugging(kind, float(out), bool(rng.random() < 0.6)) for kind, out in zip(kinds, seconds, strict=True)]


class Sitting:
    """One recording by the real program, and what is done to its glove."""

    def __init__(self, folder: Path, seed: int, unpluggings: list[Unplugging]) -> None:
        self.folder, self.seed, self.unpluggings = folder, seed, unpluggings
        self.out = folder / "recordings" / "cable.h5"
        self.failures: list[str] = []
        self._name = 0

    def run(self) -> None:
        """Record and unplug; complaints are gathered in ``failures``."""
        self._furnish()
        with GloveOnLine(script(self.seed), link=self._port()) as self.glove:
            process = self._start()
            try:
                self._wait_until_recorded()
                for unplugging in self.unpluggings:
                    self._unplug(unplugging)
            except AssertionError:
                self.failures.append(f"the glove was not found again: {unplugging}")
            process.send_signal(signal.SIGINT)
            _, complaint = process.communicate(timeout=60)
        if process.returncode or "Traceback" in complaint:
            self.failures.append(f"exit code {process.returncode}: {complaint[-300:]}")

    def _furnish(self) -> None:
        self.folder.mkdir()
        (self.folder / "recordings").mkdir()
        (self.folder / "calibration").symlink_to(REPOSITORY / "calibration")

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "nmt_sense", "record", "--port", self.glove.port, "--out", str(self.out)]
        return subprocess.Popen(
            [*command, "--json", "--workspace", str(self.folder)],
            cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _port(self) -> Path:
        return self.folder / f"glove{self._name}"

    def _unplug(self, unplugging: Unplugging) -> None:
        unplugging.pulled_s = self._now_s()
        self.glove.unplug()
        place = self._port()
        self._name += unplugging.kind != SAME
        with self._somebody_else(place) if unplugging.kind == TAKEN else contextlib.nullcontext():
            time.sleep(unplugging.out_s)
            if unplugging.resets:
                self.glove.reset("power-on")
            self.glove.pause_stream()
            self.glove.plug(self._port())
            unplugging.plugged_s = self._now_s()
            self._see_it_back()

    def _see_it_back(self) -> None:
        self._wait_until_recorded()

    def _now_s(self) -> float:
        return (time.monotonic_ns() - self.glove.lives[0].began_ns) * 1e-9

    def _wait_until_recorded(self) -> None:
        """The glove has been found, and its scans have been written into the journal for a while."""
        wait_for(lambda: self.glove.streaming, 20.0)
        log = self.out.with_suffix(".nmtj-wal")
        for _ in range(WRITES):
            before = log.stat().st_mtime_ns if log.exists() else 0
            wait_for(lambda before=before: log.exists() and log.stat().st_mtime_ns != before, 20.0)

    def _somebody_else(self, place: Path) -> GloveOnLine | Chatter:
        if self._name % 2:
            return GloveOnLine(script(self.seed + 500), link=place)
        return Chatter(b"$GPGGA,123519,4807.038,N\r\n", link=place)


def judge(sitting: Sitting, rows: dict[str, Row]) -> None:
    """Compare the file with what the glove made and when it could be heard."""
    for failure in sitting.failures:
        rows[SAME].failures.append(failure)
    for unplugging in sitting.unpluggings:
        rows[unplugging.kind].tried += 1
        rows[BEFORE].tried += 1
    if not sitting.out.exists():
        rows[SAME].failures.append(f"there is no recording {sitting.out.name}")
        return
    report = verify(sitting.out, derive)
    rows[SAME].verdicts[report.verdict] += 1
    if (report.verdict, report.derived) != ("gaps", "same"):
        rows[SAME].failures.append(f"verdict {report.verdict}, derived data {report.derived}: {report.findings}")
    with open_recording(sitting.out) as recording:
        _judge_pieces(sitting, pieces(recording, sitting.glove.lives), recording, rows)
        rows[SAME].failures += _events_not_paired(sitting, recording)
        rows[SAME].failures += [*holds_not_flagged(recording), *missing_is_nan(recording)]


def _judge_pieces(sitting: Sitting, found: list[Piece], recording: Recording, rows: dict[str, Row]) -> None:
    before = sitting.glove.lives[0].began_ns
    first_s = float(recording.scan[0]) * recording.header.period_s
    worst_ms = 1000 * max(abs(piece.error_s) for piece in found)
    print(f"  cable: scans joined on within {worst_ms:.1f} ms of their true time", file=sys.stderr)
    for piece in found:
        last = [u for u in sitting.unpluggings if u.plugged_s <= piece.start_s + first_s + 0.1]
        row = rows[last[-1].kind if last else SAME]
        row.wrong += piece.wrong
        if piece.wrong:
            life = sitting.glove.lives[piece.life]
            row.failures.append(f"{piece}; life began at {(life.began_ns - before) * 1e-9:.3f} s")
    for unplugging in sitting.unpluggings:
        # a scan that stands in the wrong place is wrong, and no loss: these are the true times
        middle_s = (unplugging.pulled_s + unplugging.plugged_s) / 2
        before = [piece.end_s - piece.error_s + first_s for piece in found if piece.start_s + first_s < middle_s]
        after = [piece.start_s - piece.error_s + first_s for piece in found if piece.start_s + first_s > middle_s]
        rows[BEFORE].lose(unplugging.pulled_s - max(before, default=-np.inf))
        rows[unplugging.kind].lose(min(after, default=np.inf) - unplugging.plugged_s)


def _events_not_paired(sitting: Sitting, recording: Recording) -> list[str]:
    events = [event for event in recording.events if event.kind in (EventKind.LINK_LOST, EventKind.LINK_RESTORED)]
    long = [gap for gap in recording.gaps if gap.end_s - gap.start_s > 0.8 * SHORTEST_S]
    wanted = [
        pair
        for gap in long
        for pair in (
            (EventKind.LINK_LOST, gap.start_s - recording.header.period_s),
            (EventKind.LINK_RESTORED, gap.end_s),
        )
    ]
    failures = []
    if len(long) != len(sitting.unpluggings):
        failures.append(f"{len(long)} long gaps, {len(sitting.unpluggings)} unpluggings")
    same = len(events) == len(wanted) and all(
        event.kind is kind and abs(event.time_s - time_s) < 1e-6
        for event, (kind, time_s) in zip(events, wanted, strict=True)
    )
    if not same:
        failures.append(f"losses not in pairs at their gaps: {[(e.kind.value, round(e.time_s, 3)) for e in events]}")
    resets = sum(unplugging.resets for unplugging in sitting.unpluggings)
    told = sum(event.kind is EventKind.RESTARTED for event in recording.events)
    counted = recording.integrity.counters.restarts
    if (told, counted) != (resets, resets):
        failures.append(f"{resets} resets, {told} told, {counted} counted")
    return failures


def run(form: Form) -> list[Row]:
    """A few unpluggings at once in several recordings."""
    rows = {kind: Row(kind, "s until back", BACK_WITHIN_S) for kind in (SAME, OTHER_NAME, TAKEN)}
    rows[BEFORE] = Row(BEFORE, allowed=BEFORE_S)
    recordings, times, longest_s = (4, 25, LONGEST_S) if form is Form.FULL else (1, 3, 1.2)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)  # else the program inherits that it is ignored
    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(recordings) as pool:
        sittings = [Sitting(Path(folder) / str(i), 40 + i, plan(rng, times, longest_s)) for i in range(recordings)]
        list(pool.map(Sitting.run, sittings))
        for sitting in sittings:
            judge(sitting, rows)
    return list(rows.values())
