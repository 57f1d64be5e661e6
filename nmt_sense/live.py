"""THE pipeline: glove -> sensing -> coaching -> session, no window needed.

One acquisition thread owns read, decode, clock, force, hold and journal. Everybody else reads :attr:`Live.state`, which
it replaces as a whole, and asks for changes through a queue that it empties between reads.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nmt_sense.blocks import ForceBlock, ScanBlock
from nmt_sense.coaching.state import Advice, Cue, CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.derivation import Derivation, derive
from nmt_sense.device import Button, GloveInfo
from nmt_sense.errors import LinkError, NmtError, RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.flow import Flow
from nmt_sense.glove.link import Link
from nmt_sense.glove.wire import ButtonEdge, Data, Hello, Message, Status
from nmt_sense.recorder import Recorder, Sitting
from nmt_sense.requests import Requests
from nmt_sense.sensing.layout import load_layout
from nmt_sense.session.finalize import finalize
from nmt_sense.setup import Setup
from nmt_sense.showing import blank_state, newest, picture
from nmt_sense.state import LinkPhase
from nmt_sense.trace import Trace
from nmt_sense.workspace import Workspace

STALE_AFTER_S = 0.25
"""Without scans for so long, what is shown is old, and shown as old."""
RETRY_S = 1.0
"""Between attempts to find a glove again."""
_QUALITY_EVERY_S = 0.5
_CUES_KEPT = 256
"""Cues wait for whoever sounds them; where nobody does, they must not pile up."""


class Live:
    """A running pipeline."""

    def __init__(self, setup: Setup, workspace: Workspace) -> None:
        """Raises :class:`NmtError` when the workspace's calibration cannot be used."""
        self.workspace = workspace
        self.setup = setup
        self.layout = load_layout(workspace.calibration)
        self.trace = Trace()
        self.cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
        self.failure: NmtError | None = None
        """What ended a run that does not reconnect."""
        self.full = threading.Event()
        """Set when the recording that goes on has reached its limit, or cannot go on."""
        self._armed: Sitting | None = None
        self._trouble = ""
        """Why the recording that goes on takes nothing more; empty while all is well."""
        self._requests = Requests()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._link = Link(setup.port)
        self._bad_frames = 0
        self._flow: Flow | None = None
        self._recorder: Recorder | None = None
        self.state = blank_state(setup, self.layout, LinkPhase.CLOSED)

    def start(self, sitting: Sitting | None = None) -> None:
        """Begin to read. What happens shows in :attr:`state`. With a sitting, record it from the very first scan."""
        self._armed = sitting
        self._stopping.clear()
        self.failure = None
        self.state = blank_state(self.setup, self.layout, LinkPhase.CONNECTING)
        self._thread = threading.Thread(target=self._run, name="acquisition")
        self._thread.start()

    def close(self) -> None:
        """Stop reading and close the port. A recording that is going on stays safe in its journal."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

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

    def _change(self, setup: Setup) -> None:
        if self._recorder is not None:
            raise NmtError("Not while recording; stop the recording first.")
        dead = self._thread is not None and not self._thread.is_alive()
        if dead or (setup.port != self.setup.port and self._thread is not None):
            self.close()
            self.setup = setup
            self.start()
        else:
            self._ask(lambda: self._adopt(setup))

    def _adopt(self, setup: Setup) -> None:
        self.setup = setup
        self._derive_anew()
        self._show()

    def start_recording(
        self, participant: str, operator: str = "", path: Path | None = None, limit_s: float = math.inf
    ) -> None:
        """Begin to keep what comes, in ``path`` or a new name in the workspace's recordings.

        With ``limit_s`` the recording takes no more scans after that many seconds and :attr:`full` is set.
        Raises :class:`NmtError` when no glove streams, one is recorded already, or it cannot be stored.
        """
        info = self.state.info
        if self._recorder is not None:
            raise NmtError("A recording is going on already; stop it first.")
        if info is None or self.state.phase is not LinkPhase.STREAMING:
            raise NmtError("There is no glove to record from yet; connect one first.")
        target = path or self.workspace.new_recording(participant)
        recorder = self._new_recorder(Sitting(participant, operator, target, limit_s), info)
        self._ask(lambda: self._begin(recorder))

    def _new_recorder(self, sitting: Sitting, info: GloveInfo) -> Recorder:
        setup = self.setup
        return Recorder(sitting, info, self.layout, setup.technique, setup.contact, setup.port, self._link.clock_ns())

    def stop_recording(self, progress: Callable[[float], None] | None = None) -> Path | None:
        """End the recording and write its file; blocks, and tells ``progress`` the part done. None without one.

        Raises :class:`RecordingError` when the file cannot be written; the journal then keeps everything.
        """
        recorder = self._ask(self._end)
        if recorder is None:
            return None
        path = finalize(recorder.journal_file, recorder.sitting.target, derive, progress=progress)
        self._ask(lambda: self._show(path=path))
        return path

    def mark(self, text: str = "marker") -> None:
        """Keep a mark at this instant of the host's clock, placed on the device's. Returns at once."""
        now_ns = self._link.clock_ns()
        self._requests.post(lambda: self._mark(now_ns, text))

    def _ask(self, change: Callable[[], Any]) -> Any:
        return self._requests.ask(change, self._thread)

    # -- the acquisition thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._connect()
                while not self._stopping.is_set():
                    self._step(*self._link.read())
            except NmtError as error:
                self._lose(error)
            except Exception as error:
                self._lose(NmtError(f"The program met an unexpected error ({error!r}); the recording so far is kept."))
                raise
            finally:
                self._hang_up()
        self._requests.answer()
        if self.failure is None:
            self.state = replace(self.state, phase=LinkPhase.CLOSED)

    def _connect(self) -> None:
        self._link = Link(self.setup.port, self._requests.answer)
        info = self._link.open(self.setup.rate_hz)
        if self._flow is None or self._recorder is None or not self._rejoin(info):
            self._flow = Flow(info, self._derivation(info), self._link.status)
            self.trace.clear()
        self._last_scan_at = time.monotonic()
        self._quality_at = 0.0
        if self._armed is not None:
            sitting, self._armed = self._armed, None
            self._begin(self._new_recorder(sitting, info))
        self._link.start()

    def _hang_up(self) -> None:
        self._bad_frames += self._link.bad_frames
        self._link.close()
        self._link = Link(self.setup.port)

    def _rejoin(self, info: GloveInfo) -> bool:
        """Go on with the recording on a glove that is back; False when it is another one, which ends the recording."""
        assert self._flow is not None
        try:
            self._flow.rejoin(info)
        except RecordingError as error:
            self._break_off(error)
            return False
        return True

    def _lose(self, error: NmtError) -> None:
        """The glove is gone: say so, and wait a moment before looking for it again, or end the run."""
        again = self.state.phase is LinkPhase.LOST
        self._cue_lost()
        progress = replace(self.state.progress, advice=Advice.WAIT)
        self.state = replace(self.state, phase=LinkPhase.LOST, problem=str(error), progress=progress)
        retry = self.setup.reconnect and isinstance(error, LinkError)
        if not retry:
            self.failure = error
            self._stopping.set()
            self.full.set()
        if not again:
            self._event(EventKind.LINK_LOST, text=error.reason.value if isinstance(error, LinkError) else str(error))
        waited = time.monotonic() + RETRY_S
        while retry and time.monotonic() < waited and not self._stopping.wait(0.05):
            self._requests.answer()

    def _step(self, messages: list[Message], now_ns: int) -> None:
        assert self._flow is not None
        self._requests.answer()
        frames = [message for message in messages if isinstance(message, Data)]
        if len(frames) != len(messages):
            self._heed([message for message in messages if not isinstance(message, Data)])
        block = self._flow.take(frames, now_ns)
        if len(block):
            self._last_scan_at = time.monotonic()
            self._take(block, now_ns)
        elif time.monotonic() - self._last_scan_at > STALE_AFTER_S and self.state.phase is LinkPhase.STREAMING:
            self._stall()

    def _take(self, block: ScanBlock, now_ns: int) -> None:
        flow, recorder = self._flow, self._recorder
        assert flow is not None
        if recorder is not None and not self._trouble:
            block = recorder.take(block)
            self._keep(lambda: recorder.keep(block, now_ns, self._truth(block)))
            if recorder.full:
                self.full.set()
        was = self.state.phase
        force, cues = flow.derivation.advance(block)
        if len(force):
            self._welcome_back(was, float(force.time_s[0]))
            self.trace.add(force)
            self._show(force)
        for cue in cues:
            self._cue(cue)

    def _welcome_back(self, was: LinkPhase, time_s: float) -> None:
        """The first scans after a silence have come."""
        if was is LinkPhase.LOST:
            self._event(EventKind.LINK_RESTORED, time_s)
        if was in (LinkPhase.STALLED, LinkPhase.LOST):
            self._cue(Cue(time_s, CueKind.DATA_BACK))

    def _keep(self, store: Callable[[], None]) -> None:
        """Store something of the recording. When it cannot be stored the recording is over, and the glove goes on."""
        try:
            store()
        except RecordingError as error:
            self._break_off(error)

    def _break_off(self, error: RecordingError) -> None:
        self._trouble = str(error)
        self.full.set()
        if not self.setup.reconnect:
            self.failure = error

    def _derivation(self, info: GloveInfo) -> Derivation:
        return Derivation(info, self.layout, self.setup.technique, self.setup.contact)

    def _derive_anew(self) -> None:
        """Forces and holds start over, with another technique or target."""
        if self._flow is not None:
            self._flow.derivation = self._derivation(self._flow.info)
            self.trace.clear()

    def _truth(self, block: ScanBlock) -> Any:
        """True forces of a virtual glove; without gaps only, since a virtual glove loses nothing."""
        if not len(block) or block.scan[-1] - block.scan[0] + 1 != len(block):
            return None
        return self._link.true_newtons(int(block.scan[0]), len(block))

    def _heed(self, messages: list[Message]) -> None:
        """Everything that is not scans: buttons, counters, a glove that has started anew."""
        assert self._flow is not None
        for message in messages:
            match message:
                case ButtonEdge():
                    self._press(message)
                case Status():
                    self._flow.heed(message)
                case Hello(info=GloveInfo() as info, streaming=False):
                    if not self._rejoin(info):
                        self._flow = Flow(info, self._derivation(info), None)
                    self._link.start()

    def _press(self, edge: ButtonEdge) -> None:
        flow = self._flow
        assert flow is not None
        if edge.button is Button.CLIENT_STOP:
            self.state = replace(self.state, client_stop_down=edge.down)
        else:
            self.state = replace(self.state, marker_down=edge.down)
        if not edge.down:
            return
        moment = flow.stream.unwrap(edge.scan) + edge.ticks / flow.info.period_ticks
        if edge.button is Button.MARKER:
            self._event(EventKind.MARKER, flow.time_s(moment), text="glove")
        else:
            stop_s = flow.derivation.coach.client_stop(flow.time_s(moment))
            self._event(EventKind.CLIENT_STOP, stop_s, text="glove")

    def _stall(self) -> None:
        self._cue_lost()
        progress = replace(self.state.progress, advice=Advice.WAIT)
        problem = "No data from the glove; check its cable. The hold timer waits."
        self.state = replace(self.state, phase=LinkPhase.STALLED, problem=problem, progress=progress)

    def _cue_lost(self) -> None:
        if self.state.phase is LinkPhase.STREAMING:
            self._cue(Cue(self.state.time_s, CueKind.DATA_LOST))

    # -- recording, on the acquisition thread --------------------------------------------------------------------

    def _begin(self, recorder: Recorder) -> None:
        assert self._flow is not None
        self.full.clear()
        self._trouble = ""
        self._recorder = recorder
        self._flow.derivation = recorder.derivation
        self.trace.clear()
        self._count()
        self._show(path=None)

    def _end(self) -> Recorder | None:
        recorder = self._recorder
        if recorder is not None:
            self._keep(self._count)
            self._recorder = None
            self._keep(recorder.close)
            self._show()  # its holds and trace stay to be looked at until the next recording
        return recorder

    def _count(self) -> None:
        recorder, flow = self._recorder, self._flow
        if recorder is None or flow is None:
            return
        clock = flow.clock
        recorder.count(
            self._bad_frames + self._link.bad_frames,
            flow.overruns,
            flow.dropped_scans,
            clock.drift_ppm,
            clock.jitter_p99_ms,
        )

    def _mark(self, now_ns: int, text: str) -> None:
        if self._flow is not None:
            self._event(EventKind.MARKER, self._flow.time_s(self._flow.scan_at(now_ns)), text=text)

    def _event(self, kind: EventKind, time_s: float | None = None, value: float = math.nan, text: str = "") -> None:
        """Journal an event at a time on the recording's axis, or at its newest scan."""
        recorder = self._recorder
        if recorder is None or recorder.full or self._trouble or recorder.first_scan is None:
            return
        moment = recorder.derivation.newest_s if time_s is None else max(0.0, time_s)
        self._keep(lambda: recorder.add_event(Event(moment, kind, value, text)))

    def _cue(self, cue: Cue) -> None:
        if self.cues.qsize() < _CUES_KEPT:
            self.cues.put(cue)
        self._event(EventKind.CUE, cue.time_s, cue.error_n, cue.kind.value)

    # -- what is shown -------------------------------------------------------------------------------------------

    def _show(self, force: ForceBlock | None = None, **changes: Any) -> None:
        """Replace the picture of now; with a block of forces, its newest scan becomes the newest."""
        flow = self._flow
        if flow is None:
            blank = blank_state(self.setup, self.layout, self.state.phase)
            self.state = replace(blank, problem=self.state.problem, **changes)
            return
        if force is not None:
            changes |= {"problem": self._trouble, **newest(force, flow.derivation)}
        if time.monotonic() - self._quality_at > _QUALITY_EVERY_S:
            self._quality_at = time.monotonic()
            changes["quality"] = flow.quality(self._bad_frames + self._link.bad_frames)
            self._keep(self._count)
        self.state = picture(self.state, self.setup, flow, self._recorder, changes)
