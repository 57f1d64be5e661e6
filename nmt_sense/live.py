"""THE pipeline: glove -> sensing -> coaching -> session, no window needed.

One acquisition thread owns read, decode, clock, force, hold and journal. Everybody else reads :attr:`Live.state`, which
it replaces as a whole, and asks for changes through a queue that it empties between reads.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nmt_sense.coaching.feedback import FeedbackPlan
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.words import Scale, read_scale, scale_path
from nmt_sense.derivation import derive
from nmt_sense.errors import NmtError
from nmt_sense.events import EventKind
from nmt_sense.pipeline.acquisition import Acquisition
from nmt_sense.pipeline.readiness import Readiness
from nmt_sense.pipeline.recorder import Recorder, Sitting
from nmt_sense.sensing.layout import load_layout
from nmt_sense.session.finalize import finalize
from nmt_sense.setup import Setup
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.workspace import Workspace


class Live:
    """A running pipeline."""

    def __init__(self, setup: Setup, workspace: Workspace) -> None:
        """Raises :class:`NmtError` when the workspace's calibration cannot be used."""
        self.workspace = workspace
        self.layout = load_layout(workspace.calibration)
        self._readiness = Readiness(self.layout, workspace.recordings)
        self._acquisition = Acquisition(setup, self.layout, self._readiness)
        self._thread: threading.Thread | None = None
        self.trace = self._acquisition.trace
        self.scans = self._acquisition.scans
        """The newest scans as they came, for whoever calibrates."""
        self.cues = self._acquisition.keeping.cues
        self.full = self._acquisition.keeping.full
        """Set when the recording that goes on has reached its limit, or cannot go on."""

    @property
    def setup(self) -> Setup:
        """What runs."""
        return self._acquisition.setup

    @property
    def state(self) -> LiveState:
        """The newest picture of now."""
        return self._acquisition.state

    @property
    def failure(self) -> NmtError | None:
        """What ended a run that does not reconnect, or waited long enough."""
        return self._acquisition.failure

    @property
    def over(self) -> NmtError | None:
        """Why the last recording ended by itself, if it did."""
        return self._acquisition.keeping.over

    def start(self, sitting: Sitting | None = None) -> None:
        """Begin to read. What happens shows in :attr:`state`. With a sitting, record it from the very first scan."""
        self._acquisition.get_ready(sitting)
        self._readiness.surroundings.start()
        self._thread = threading.Thread(target=self._acquisition.run, name="acquisition")
        self._thread.start()

    def close(self) -> None:
        """Stop reading and close the port. A recording that is going on stays safe in its journal."""
        self._acquisition.stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._readiness.surroundings.stop()

    def set_port(self, url: str) -> None:
        """Read from another port. Raises :class:`NmtError` while recording."""
        self._change(replace(self.setup, port=url))

    def set_technique(self, name: str) -> None:
        """Coach another technique. Raises :class:`NmtError` for an unusable one, and while recording."""
        self._change(replace(self.setup, technique=load_technique(name, [self.workspace.techniques])))

    def set_target(self, low_n: float, high_n: float, hold_s: float) -> None:
        """Another band (N) and wanted time in it (s). Raises :class:`NmtError` when unusable, and while recording."""
        technique = self.setup.technique.with_target(low_n=low_n, high_n=high_n, hold_s=hold_s)
        self._change(replace(self.setup, technique=technique))

    def use_calibration(self) -> None:
        """Read the workspace's calibration again and use it from here on.

        Raises :class:`NmtError` when it cannot be used, and while recording.
        """
        self._not_while_recording()
        layout, acquisition = load_layout(self.workspace.calibration), self._acquisition
        self._ask(lambda: acquisition.adopt(acquisition.setup, layout))
        self.layout = layout

    def set_references(self, **newtons: float | None) -> None:
        """What is known of the client (``threshold_n``, ``tolerance_n``, ``maximum_n``); bands in percent are of it.

        Raises :class:`NmtError` for numbers that cannot be, and while recording.
        """
        self._change(replace(self.setup, technique=self.setup.technique.with_references(**newtons)))

    def set_safety(self, pain_ceiling: float | None = None, force_ceiling_n: float | None = None) -> None:
        """Other ceilings, those not None. Raises :class:`NmtError` for numbers that cannot be, and while recording."""
        self._change(replace(self.setup, technique=self.setup.technique.with_safety(pain_ceiling, force_ceiling_n)))

    def set_feedback(self, plan: FeedbackPlan) -> None:
        """Another schedule of feedback. Raises :class:`NmtError` while recording."""
        self._change(replace(self.setup, technique=self.setup.technique.with_feedback(plan)))

    def _change(self, setup: Setup) -> None:
        self._not_while_recording()
        acquisition = self._acquisition
        dead = self._thread is not None and not self._thread.is_alive()
        if dead or (setup.port != self.setup.port and self._thread is not None):
            self.close()
            acquisition.setup = setup
            self.start()
        else:
            self._ask(lambda: acquisition.adopt(setup))

    def _not_while_recording(self) -> None:
        if self._acquisition.keeping.recorder is not None:
            raise NmtError("Not while recording; stop the recording first.")

    def start_recording(
        self, participant: str, operator: str = "", path: Path | None = None, limit_s: float = math.inf
    ) -> None:
        """Begin to keep what comes, in ``path`` or a new name in the workspace's recordings.

        With ``limit_s`` the recording takes no more scans after that many seconds and :attr:`full` is set.
        Raises :class:`NmtError` when no glove streams, one is recorded already, or it cannot be stored.
        """
        info = self.state.info
        if self._acquisition.keeping.recorder is not None:
            raise NmtError("A recording is going on already; stop it first.")
        if info is None or self.state.phase is not LinkPhase.STREAMING:
            raise NmtError("There is no glove to record from yet; connect one first.")
        target = path or self.workspace.new_recording(participant)
        sitting = Sitting(participant, operator, target, limit_s)
        recorder = Recorder(sitting, info, self.layout, self.setup, self._acquisition.clock_ns())
        self._ask(lambda: self._acquisition.begin(recorder))

    def stop_recording(self, progress: Callable[[float], None] | None = None) -> Path | None:
        """End the recording and write its file; blocks, and tells ``progress`` the part done. None without one.

        Raises :class:`RecordingError` when the file cannot be written; the journal then keeps everything.
        """
        recorder = self._ask(self._acquisition.end)
        if recorder is None:
            return None
        path = finalize(recorder.journal_file, recorder.sitting.target, derive, lock=recorder.lock, progress=progress)
        self._ask(lambda: self._acquisition.show(path=path))
        return path

    def mark(self, text: str = "marker") -> None:
        """Keep a mark at this instant of the host's clock, placed on the device's. Returns at once."""
        self.report(EventKind.MARKER, text=text)

    def report(self, kind: EventKind, value: float = math.nan, text: str = "") -> None:
        """Tell the coach at this instant of the host's clock: pain (NRS, 0-10), a mark, what is asked for.

        ``kind`` is one of :data:`nmt_sense.events.COACHED`; for NRS ``value`` is the pain. Kept when something is
        recorded, heeded in any case. Returns at once; may be called from any thread.
        """
        now_ns = self._acquisition.clock_ns()
        self._acquisition.requests.post(lambda: self._acquisition.report(now_ns, kind, value, text))

    def scale_of(self, practitioner: str) -> Scale | None:
        """A practitioner's words for pressure, None without. Raises :class:`NmtError` when they cannot be used."""
        root = self.workspace.root
        return read_scale(root, practitioner) if scale_path(root, practitioner).is_file() else None

    def undo(self) -> None:
        """Take back the last mark or pain report; a client's stop stays. Returns at once."""
        self.report(EventKind.UNDO)

    def _ask(self, change: Callable[[], Any]) -> Any:
        return self._acquisition.requests.ask(change, self._thread)
