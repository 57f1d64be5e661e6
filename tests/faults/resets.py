"""The glove resets in the middle of a hold: the real firmware in its simulator, the real ``nmt-sense record``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from nmt_sense.derivation import derive
from nmt_sense.events import EventKind
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import Recording, open_recording
from tests.faults.placement import WITHIN_S, Piece, holds_not_flagged, missing_is_nan, pieces
from tests.faults.row import Form, Row
from tests.firmware.simulator import CPU_HZ, Log, Simulator, make, missing_tools, read_log

BUTTON, WATCHDOG, POWER = "reset, as by DTR", "reset by the watchdog", "reset by a power cut"
CAUSES = {BUTTON: "external", WATCHDOG: "watchdog", POWER: "power-on"}
BEFORE = "... lost before the reset"
BACK_WITHIN_S = 0.6
"""From the first scan after a reset until scans are recorded again. On a quiet computer it is a tenth of a second."""
BEFORE_S = 0.1
"""What was measured before a reset, and may be lost with it: what was under way."""
CALM_S = 0.020
"""Where the simulator could not keep pace for longer, what is where cannot be judged."""
ATTEMPTS = 3
FIRST_S = 2.5
"""When the first reset comes after the port was opened: a hold is on. Resets before the first scan do not count."""
HOLD_S, REST_S = 11.0, 1.5
SAMPLES, STEPS, REFERENCE_MV, SHIFT = 4, 1024, 5000.0, 1
"""Of a value at 250 Hz: conversions, and what each is made with (firmware/README.md)."""
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""For the simulator's log: a disk that is busy would hold the simulated clock up."""
REPOSITORY = Path(__file__).parents[2]


@dataclass
class Reset:
    """One reset."""

    kind: str
    at_s: float
    """On the simulator's clock."""
    off_s: float


@dataclass
class FirmwareLife:
    """What the firmware measured between two resets."""

    began_ns: int
    counts: dict[int, np.ndarray]


def plan(rng: np.random.Generator, times: int, every_s: float) -> list[Reset]:
    """Each kind in turn, at uneven times; power is off for 20 ms to 1 s."""
    at_s = FIRST_S + every_s * (np.arange(times) + rng.uniform(0.0, 0.3, times))
    kinds = (BUTTON, WATCHDOG, POWER)
    off_s = np.exp(rng.uniform(np.log(0.02), np.log(1.0), times))
    return [Reset(kinds[i % 3], float(at_s[i]), float(off_s[i])) for i in range(times)]


def scenario(resets: list[Reset], seconds: float, seed: int) -> str:
    """Long holds with short rests, noise that tells every scan from the others, and the resets."""
    lines = [f"noise 6.0 {seed}", f"millivolts ring 0:200 {seconds + 10}:4800", "millivolts palm_side 0:2500"]
    knots = []
    start = 0.3
    while start < seconds + 10:
        knots.append((start, start + 0.5, start + HOLD_S, start + HOLD_S + 0.4))
        start += HOLD_S + REST_S
    for sensor, newtons in (("thumb", 28), ("palm_thumb", 4)):
        shape = " ".join(f"{a:.2f}:0 {b:.2f}:{newtons} {c:.2f}:{newtons} {d:.2f}:0" for a, b, c, d in knots)
        lines.append(f"force {sensor} {shape}")
    words = {BUTTON: "reset", WATCHDOG: "hang", POWER: "power off"}
    for reset in resets:
        lines.append(f"{reset.at_s:.4f} {words[reset.kind]}")
        if reset.kind == POWER:
            lines.append(f"{reset.at_s + reset.off_s:.4f} power on")
    return "\n".join(lines) + "\n"


class Sitting:
    """One recording of a firmware that resets."""

    def __init__(self, folder: Path, seed: int, resets: list[Reset]) -> None:
        self.folder, self.seed, self.resets = folder, seed, resets
        self.seconds = resets[-1].at_s + resets[-1].off_s + 0.8
        self.out = folder / "recordings" / "resets.h5"
        self.failures: list[str] = []

    def run(self) -> None:
        """Record until well after the last reset."""
        self.folder.mkdir()
        (self.folder / "recordings").mkdir()
        shutil.copytree(REPOSITORY / "calibration", self.folder / "calibration")
        text = self.folder / "scenario.txt"
        text.write_text(scenario(self.resets, self.seconds, self.seed))
        with tempfile.TemporaryDirectory(dir=IN_MEMORY) as memory:
            self._record(text, Path(memory) / "log.csv")

    def _record(self, text: Path, log: Path) -> None:
        with Simulator(text, log=log, wait=True) as glove:
            words = [
                "record",
                "--port",
                glove.port,
                "--seconds",
                str(self.seconds),
                "--out",
                str(self.out),
                "--json",
            ]
            done = subprocess.run(
                [sys.executable, "-m", "nmt_sense", *words, "--workspace", str(self.folder)],
                cwd=REPOSITORY, capture_output=True, text=True, timeout=self.seconds + 60, check=False,
            )  # fmt: skip
        if done.returncode or "Traceback" in done.stderr:
            self.failures.append(f"exit code {done.returncode}: {done.stderr[-300:]}")
        pins = read_log(log)
        self.lives, self.late_s = lives(pins), pins.late_s


def _life(log: Log, cycles: np.ndarray) -> np.ndarray:
    return np.searchsorted(log.resets, cycles, side="right")


def lives(log: Log) -> list[FirmwareLife]:
    """What each run of the firmware measured, worked out from the voltages at its pins."""
    starts = log.scan_starts
    at = log.conversions[:, 3].astype(int) - 1
    channel = log.conversions[:, 1].astype(int)
    codes = np.minimum(np.floor(log.conversions[:, 2] / REFERENCE_MV * STEPS + 0.5), STEPS - 1).astype(int)
    total, hits = np.zeros((2, len(starts), 8), int)
    # a conversion that a reset cuts off, or that the boot makes, belongs to no scan
    inside = (at >= 0) & (_life(log, log.conversions[:, 0]) == _life(log, starts)[at])
    np.add.at(total, (at[inside], channel[inside]), codes[inside])
    np.add.at(hits, (at[inside], channel[inside]), 1)
    edges = [0, *np.searchsorted(starts, log.resets).tolist(), len(starts)]
    found = []
    for a, b in pairwise(edges):
        whole = [i for i in range(a, b) if (hits[i] == SAMPLES).all()]
        if whole:
            counts = {i - a: total[i] >> SHIFT for i in whole}
            found.append(FirmwareLife(round(int(starts[a]) / CPU_HZ * 1e9), counts))
    return found


def judge(sitting: Sitting, rows: dict[str, Row]) -> None:
    """Compare the file with what was at the pins."""
    rows[BUTTON].failures += sitting.failures
    if sitting.late_s > CALM_S:
        late_ms = 1000 * sitting.late_s
        rows[BUTTON].failures.append(f"the machine was too busy: the simulator was late by {late_ms:.0f} ms")
        return
    if not sitting.out.exists():
        rows[BUTTON].failures.append("there is no recording")
        return
    report = verify(sitting.out, derive)
    rows[BUTTON].verdicts[report.verdict] += 1
    if (report.verdict, report.derived) != ("gaps", "same"):
        rows[BUTTON].failures.append(f"verdict {report.verdict}, derived data {report.derived}: {report.findings}")
    with open_recording(sitting.out) as recording:
        # where the simulator could not keep pace, its clock stood still for so long: no glove's does
        found = pieces(recording, sitting.lives, WITHIN_S + sitting.late_s)
        _judge_pieces(sitting, found, recording, rows)
        rows[BUTTON].failures += [*holds_not_flagged(recording), *missing_is_nan(recording)]


def _judge_pieces(sitting: Sitting, found: list[Piece], recording: Recording, rows: dict[str, Row]) -> None:
    begun = max(0, found[0].life)
    first_s = float(recording.scan[0]) * recording.header.period_s
    worst_ms = 1000 * max(abs(piece.error_s) for piece in found)
    late_ms = 1000 * sitting.late_s
    print(f"  resets: scans joined on within {worst_ms:.1f} ms, simulator late by {late_ms:.1f} ms", file=sys.stderr)
    for piece in found:
        row = rows[sitting.resets[max(0, piece.life - 1)].kind]
        row.wrong += piece.wrong
        if piece.wrong:
            row.failures.append(str(piece))
    lived = list(zip(sitting.resets, sitting.lives[1:], strict=False))
    for reset, life in lived[begun:]:
        began_s = (life.began_ns - sitting.lives[begun].began_ns) * 1e-9 - first_s
        after = [piece.start_s for piece in found if piece.start_s > began_s - 0.1]
        rows[reset.kind].tried += 1
        rows[reset.kind].lose((after[0] if after else np.inf) - began_s)
    for life in range(begun, begun + len(lived[begun:])):
        _judge_end(sitting, life, found, recording, rows[BEFORE])
    rows[BUTTON].failures += _not_told([reset for reset, _ in lived], recording, begun)


def _judge_end(sitting: Sitting, number: int, found: list[Piece], recording: Recording, row: Row) -> None:
    """What is missing of the end of a life, after which the glove was reset."""
    life, period_s = sitting.lives[number], recording.header.period_s
    first = sitting.lives[max(0, found[0].life)]
    began_s = (life.began_ns - first.began_ns) * 1e-9 - float(recording.scan[0]) * period_s
    ended_s = began_s + (max(life.counts) + 1) * period_s
    kept_s = [piece.end_s - piece.error_s for piece in found if piece.life == number]
    row.tried += 1
    row.lose(ended_s - max(kept_s, default=began_s))


def _not_told(resets: list[Reset], recording: Recording, begun: int) -> list[str]:
    """Resets from the first recorded life on that the events or the counter do not tell of."""
    told = [(event.text, event.value) for event in recording.events if event.kind is EventKind.RESTARTED]
    wanted = [(CAUSES[reset.kind], float(i + 2)) for i, reset in enumerate(resets)][begun:]
    failures = [] if told == wanted else [f"resets {wanted}, told {told}"]
    if pressed := [event for event in recording.events if event.kind in (EventKind.CLIENT_STOP, EventKind.MARKER)]:
        failures.append(f"buttons that nobody pressed: {pressed}")
    if recording.integrity.counters.restarts != len(wanted):
        failures.append(f"{len(wanted)} resets, {recording.integrity.counters.restarts} counted")
    return failures


def _calm(folder: Path, number: int, resets: list[Reset]) -> Sitting:
    """A recording during which the simulator kept pace, or the last of a few; what went wrong is not tried again."""
    for attempt in range(ATTEMPTS):
        sitting = Sitting(folder / f"{number}-{attempt}", 20 + number, resets)
        sitting.run()
        if sitting.failures or sitting.late_s <= CALM_S:
            break
    return sitting


def run(form: Form) -> list[Row]:
    """Several resets in each recording."""
    if reason := missing_tools():
        raise RuntimeError(f"the firmware cannot be simulated here: {reason}")
    make("all")
    make("sim")
    recordings, times, every_s = (4, 13, 4.0) if form is Form.FULL else (1, 3, 1.2)
    rows = {kind: Row(kind, "s until back", BACK_WITHIN_S) for kind in CAUSES}
    rng = np.random.default_rng(11)
    rows[BEFORE] = Row(BEFORE, allowed=BEFORE_S)
    plans = [plan(rng, times, every_s) for _ in range(recordings)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for sitting in pool.map(_calm, [Path(folder)] * recordings, range(recordings), plans):
            judge(sitting, rows)
    return list(rows.values())
