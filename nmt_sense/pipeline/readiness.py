"""Is all well for a recording, and does it stay so? Pre-flight checks before it, room and power while it goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from nmt_sense.blocks import Float32Array, ScanBlock
from nmt_sense.checks import Check
from nmt_sense.errors import RecordingError
from nmt_sense.events import EventKind
from nmt_sense.pipeline.flow import Flow
from nmt_sense.pipeline.keeping import Keeping
from nmt_sense.pipeline.preflight import OF_RECORDING, Preflight, check_battery, check_calibration, check_disk, findings
from nmt_sense.pipeline.recorder import Recorder
from nmt_sense.pipeline.surroundings import Surroundings
from nmt_sense.sensing.layout import Layout
from nmt_sense.session.space import Appetite, Space
from nmt_sense.state import LinkQuality

JUDGE_EVERY_S = 1.0
DISK_FULL = "The disk is nearly full; the recording has ended and is kept."


class Readiness:
    """Follows one run after the other. All but :attr:`surroundings` belongs to the acquisition thread."""

    def __init__(self, layout: Layout, recordings: Path) -> None:
        """``recordings``: the folder whose disk is looked at while nothing is recorded."""
        self.surroundings = Surroundings()
        self._layout, self._recordings = layout, recordings
        self._flow: Flow | None = None
        self._recorder: Recorder | None = None
        self._checks: tuple[Check, ...] = ()
        self._judged_at = 0.0
        self._said_low = self._judged = False

    def judge_by(self, layout: Layout) -> None:
        """Another calibration is in use."""
        self._layout, self._judged_at = layout, 0.0

    @property
    def due(self) -> bool:
        """The first seconds of a recording are complete and wait to be judged."""
        return self._recorder is not None and not self._judged and self._preflight.complete

    def add(self, flow: Flow, recorder: Recorder | None, block: ScanBlock, newtons: Float32Array, now_ns: int) -> None:
        """Scans and their forces (N, C), read at ``now_ns``."""
        if flow is not self._flow:
            self._preflight = Preflight(flow.info)
        if flow is not self._flow or recorder is not self._recorder:
            self._follow(flow, recorder)
        if not self._judged and len(block):
            self._preflight.add(block, newtons, now_ns)

    def _follow(self, flow: Flow, recorder: Recorder | None) -> None:
        """Another glove, or a recording has begun or ended."""
        self._flow, self._recorder = flow, recorder
        self._preflight.forget_scans()
        self._checks, self._said_low, self._judged = (), False, False
        info = flow.info
        appetite = Appetite.of(info.channels, info.rate_hz, info.simulated)
        self.surroundings.watch(Space(self._recordings, appetite) if recorder is None else recorder.space)

    def look(self, keeping: Keeping, quality: LinkQuality) -> dict[str, Any]:
        """What changes in the picture. Ends a recording for which there is no more room."""
        if self._flow is None:
            return {}
        self._preflight.note(quality)
        if self.due:
            self._judged = True
            self._judge(self._flow)
            for check in findings(self._checks, OF_RECORDING):
                keeping.event(EventKind.CHECK, 0.0, text=check.sentence)
        elif self._recorder is None and time.monotonic() - self._judged_at >= JUDGE_EVERY_S:
            self._judge(self._flow)
        if keeping.started:
            self._mind(keeping)
        room_s = self.surroundings.room.seconds
        return {"checks": self._checks, "warning": self.surroundings.warning, "room_s": room_s}

    def _judge(self, flow: Flow) -> None:
        self._judged_at = time.monotonic()
        if found := self._preflight.judge():
            around = self.surroundings
            self._checks = (
                *found,
                check_calibration(self._layout, flow.derivation.chain.contact_sensors, flow.info.sensor_names),
                check_disk(around.room),
                check_battery(around.battery),
            )

    def _mind(self, keeping: Keeping) -> None:
        """Tell the recording what it should know, and end it before its disk is full."""
        room = self.surroundings.room
        if self.surroundings.low and not self._said_low:
            self._said_low = True
            keeping.event(EventKind.DISK_LOW, value=room.seconds / 60.0)
        if not room.enough_to_finish:
            keeping.break_off(RecordingError(DISK_FULL))
