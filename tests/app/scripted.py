"""A pipeline whose force follows a script: the real coach, trace and state, without a thread or a port."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nmt_sense.blocks import ForceBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.feedback import FeedbackPlan
from nmt_sense.coaching.state import Advice, Cue
from nmt_sense.coaching.technique import Technique, load_technique
from nmt_sense.coaching.words import Scale
from nmt_sense.device import GloveInfo, SensorInfo
from nmt_sense.errors import NmtError, RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.state import LinkPhase, LinkQuality, LiveState
from nmt_sense.trace import Trace

PERIOD_S = 0.004
EXAMPLE = Path(__file__).parents[2] / "recordings" / "example_simulated.h5"
NAMES = ("thumb", "index", "middle", "ring", "little", "palm_thumb", "palm_upper", "palm_side")
INFO = GloveInfo(
    protocol=1,
    firmware="0.1.0",
    board="nano",
    serial_number=0xF000_0001,
    boot_count=1,
    reset_cause="power-on",
    config_state="stored",
    name="scripted",
    tick_hz=250_000,
    period_ticks=1000,
    scans_per_frame=4,
    adc_bits=10,
    samples_per_value=1,
    shift=0,
    effective_bits=10,
    full_scale=1024,
    skew_ticks=26,
    reference_mv=5000,
    sensors=tuple(SensorInfo(name, 3300) for name in NAMES),
)

NOTHING = np.empty(0)
EMPTY = ForceBlock(NOTHING.astype(np.int64), NOTHING, *[NOTHING.astype(np.float32)] * 4)


class ScriptedLive:
    """Give it forces with :meth:`press`; it is otherwise like the real pipeline."""

    def __init__(self, low_n: float = 28.0, high_n: float = 36.0, hold_s: float = 2.0) -> None:
        self.technique = load_technique("ischemic-compression").with_target(low_n, high_n, hold_s)
        self.trace, self.cues = Trace(), queue.SimpleQueue[Cue]()
        self.ports: list[str] = []
        self.participants: list[str] = []
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.stop_error: NmtError | None = None
        self.finished = EXAMPLE
        """The file that stopping leaves; a real one, since the window reads its verdict."""
        self.pieces = 1
        """Steps in which the file is written; before each it waits to be allowed to."""
        self.full = threading.Event()
        self.over: NmtError | None = None
        self.closed = False
        self.operators: list[str] = []
        self.scales: dict[str, Scale] = {}
        self._scan = 0
        self._coach = Coach(self.technique, PERIOD_S)
        self.state = LiveState(
            phase=LinkPhase.CONNECTING,
            port="sim://",
            progress=self._coach.progress,
            situation=self._coach.situation,
            plan=self.technique,
            contact="thumb",
            technique=self.technique.title,
            calibration="nominal, uncalibrated",
            contact_sensors=("thumb", "palm_thumb"),
        )

    def press(self, *newtons: float, seconds: float = 1.0) -> None:
        """Force runs in a straight line through ``newtons``, in ``seconds``; a single one stays."""
        count = round(seconds / PERIOD_S)
        force = np.interp(
            np.linspace(0, 1, count), np.linspace(0, 1, max(2, len(newtons))), (newtons * 2)[: max(2, len(newtons))]
        )
        scan = np.arange(self._scan, self._scan + count)
        self._scan += count
        each = np.zeros((count, len(NAMES)), np.float32)
        each[:, 0], each[:, 5] = 0.875 * force, 0.125 * force
        half = np.full(count, 2.0, np.float32)
        block = ForceBlock(scan, scan * PERIOD_S, each, np.abs(each) * 0.05, force.astype(np.float32), half)
        self.trace.add(block)
        for cue in self._coach.feed(block):
            self.cues.put(cue)
        self._show(block)

    def skip(self, seconds: float) -> None:
        """Scans that never arrive."""
        self._scan += round(seconds / PERIOD_S)

    def age(self, seconds: float) -> None:
        """Nothing has come for so long."""
        self.state = replace(self.state, newest_ns=time.monotonic_ns() - round(seconds * 1e9))

    def lose(self, problem: str, phase: LinkPhase = LinkPhase.LOST) -> None:
        """The glove is gone."""
        progress = replace(self.state.progress, advice=Advice.WAIT)
        self.state = replace(self.state, phase=phase, problem=problem, progress=progress)

    def start(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    def start_recording(self, participant: str, operator: str = "", path: Path | None = None) -> None:
        if self.state.info is None:
            raise NmtError("There is no glove to record from yet; connect one first.")
        self.participants.append(participant)
        self.operators.append(operator)
        self.full.clear()
        self.state = replace(self.state, recording=True)

    def stop_recording(self, progress: Callable[[float], None] | None = None) -> Path | None:
        self.state = replace(self.state, recording=False)
        for piece in range(self.pieces):
            if progress is not None:
                progress(piece / self.pieces)
            self.may_finish.wait()
        if self.stop_error is not None:
            raise self.stop_error
        return self.finished

    @property
    def marks(self) -> list[str]:
        """What has been reported so far, by kind."""
        return [event.kind.value for event in self.state.events]

    def report(self, kind: EventKind, value: float = math.nan, text: str = "") -> None:
        now_s = max(self.state.time_s, (self._scan - 1) * PERIOD_S)  # time goes on while nothing arrives
        event = self._coach.report(Event(now_s, kind, value, text))
        for cue in self._coach.feed(EMPTY):
            self.cues.put(cue)
        self.state = replace(self.state, events=(*self.state.events, event), **self._coached())

    def set_target(self, low_n: float, high_n: float, hold_s: float) -> None:
        self.run(self.technique.with_target(low_n, high_n, hold_s))

    def set_safety(self, pain_ceiling: float | None = None, force_ceiling_n: float | None = None) -> None:
        self.run(self.technique.with_safety(pain_ceiling, force_ceiling_n))

    def set_references(self, **newtons: float | None) -> None:
        self.run(self.technique.with_references(**newtons))

    def set_feedback(self, plan: FeedbackPlan) -> None:
        self.run(self.technique.with_feedback(plan))

    def scale_of(self, practitioner: str) -> Scale | None:
        return self.scales.get(practitioner)

    def run(self, technique: Technique) -> None:
        """Another technique, from its beginning."""
        self.technique = technique
        self._coach = Coach(technique, PERIOD_S)
        self.state = replace(self.state, plan=technique, technique=technique.title, events=(), **self._coached())

    def set_port(self, url: str) -> None:
        if url == "COM99":
            raise RecordingError("COM99 is not there; choose another port.")
        self.ports.append(url)
        self.state = replace(self.state, port=url)

    def set_technique(self, name: str) -> None:
        self.run(load_technique(name))

    def _coached(self) -> dict[str, Any]:
        coach = self._coach
        return {
            "progress": coach.progress,
            "situation": coach.situation,
            "holds": coach.rows.newest,
            "totals": coach.totals,
        }

    def _show(self, block: ForceBlock) -> None:
        self.state = replace(
            self.state,
            phase=LinkPhase.STREAMING,
            problem="",
            info=INFO,
            time_s=float(block.time_s[-1]),
            newtons=tuple(block.newtons[-1].tolist()),
            uncertainty_n=tuple(block.uncertainty_n[-1].tolist()),
            contact_n=float(block.contact_n[-1]),
            contact_uncertainty_n=float(block.contact_uncertainty_n[-1]),
            newest_ns=time.monotonic_ns(),
            quality=LinkQuality(rate_hz=250.0, received=self._scan),
            **self._coached(),
        )
