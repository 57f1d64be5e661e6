"""The acquisition thread: reads, decodes, derives, journals, and finds a glove again that was lost.

It replaces its picture of now as a whole, for all to read; changes that others ask for it makes between two reads.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import threading
import time
from dataclasses import replace
from typing import Any

from nmt_sense.blocks import ForceBlock, ScanBlock
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.derivation import Derivation
from nmt_sense.device import GloveInfo
from nmt_sense.errors import LinkError, LinkReason, NmtError, RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.glove.link import Link
from nmt_sense.glove.search import Search, ports_there
from nmt_sense.glove.wire import ButtonEdge, Data, Hello, Message, Pong, Status
from nmt_sense.pipeline.absence import LOOKING, NO_DATA, RESTARTING, Absence, why_lost
from nmt_sense.pipeline.flow import Flow
from nmt_sense.pipeline.keeping import Keeping
from nmt_sense.pipeline.readiness import Readiness
from nmt_sense.pipeline.recorder import Recorder, Sitting
from nmt_sense.pipeline.requests import Requests
from nmt_sense.pipeline.showing import blank_state, newest, picture, pressed, waiting, with_event
from nmt_sense.pipeline.signals import GLOVE_BACK, GLOVE_LOST, GloveCues
from nmt_sense.sensing.layout import Layout
from nmt_sense.setup import Setup
from nmt_sense.state import LinkPhase
from nmt_sense.trace import Scans, Trace

RETRY_S = 1.0
"""Between attempts to find a glove that was never there."""
DUMB_AFTER_S = 3.0
"""A glove that answers but sends nothing for so long is lost, too: opening its port anew may reset it."""
_QUALITY_EVERY_S = 0.5


class Acquisition:
    """What the acquisition thread has and does. Others read the public attributes and ask through :attr:`requests`."""

    def __init__(self, setup: Setup, layout: Layout, readiness: Readiness) -> None:
        self.setup = setup
        self.layout = layout
        self.trace, self.scans = Trace(), Scans()
        self.requests = Requests()
        self.stopping = threading.Event()
        self.failure: NmtError | None = None
        """What ended the run."""
        self.keeping = Keeping()
        self._readiness = readiness
        self._armed: Sitting | None = None
        self._link = Link(setup.port)
        self._bad_frames = 0
        self._flow: Flow | None = None
        self._absence = Absence()
        self._glove_cues = GloveCues()
        self._quality_at = 0.0
        self._stranger = 0  # serial number of the glove that was heard last
        self._ports: set[str] = set()
        """Ports there were when the glove was last met."""
        self.state = blank_state(setup, layout, LinkPhase.CLOSED)

    def get_ready(self, sitting: Sitting | None) -> None:
        """Before :meth:`run`: with a sitting, record it from the very first scan."""
        self._armed = sitting
        self.stopping.clear()
        self._flow = None
        self.failure = None
        self.state = blank_state(self.setup, self.layout, LinkPhase.CONNECTING)

    def clock_ns(self) -> int:
        """The host clock that arrivals are stamped with, ns."""
        return self._link.clock_ns()

    def run(self) -> None:
        """Read until told to stop, or for good when the glove is lost and not waited for."""
        try:
            while not self.stopping.is_set():
                self._visit()
        except Exception as error:
            self._give_up(NmtError(f"The program met an unexpected error ({error!r}); the recording so far is kept."))
            self._freeze(LinkPhase.LOST, NO_DATA, str(self.failure))
            raise
        self.requests.answer()
        if self.failure is None:
            self.state = replace(self.state, phase=LinkPhase.CLOSED)

    def _visit(self) -> None:
        """One port, until its glove is lost or the run is over."""
        try:
            self._connect()
            while not self.stopping.is_set():
                self._step(*self._link.read())
        except NmtError as error:
            self._lose(error)
        finally:
            self._hang_up()

    def _give_up(self, error: NmtError) -> None:
        """Nothing more comes: whoever waits for the run or for its recording need not."""
        self.failure = error
        self.stopping.set()
        self.keeping.full.set()
        self.keeping.look_at_clocks(self._moment, self._link.clock_ns)  # while the port's own clock is there

    def _connect(self) -> None:
        """Meet the glove, or find it again; nothing when told to stop meanwhile."""
        if self._flow is None:
            self._link = Link(self.setup.port, self.requests.answer)
            info = self._link.open(self.setup.rate_hz)
            self._absence = Absence()
        elif (found := self._find_again(self._flow)) is None:
            return
        else:
            self._link = found
            info = found.prepare(self._rate_hz)
        self._ports = set(ports_there(self._link.url))
        if self._flow is None or self.keeping.recorder is None or not self._rejoin(info):
            self._flow = Flow(info, self._derivation(info), self._link.status)
            self.trace.clear()
            self.scans.begin()
        if self._armed is not None:
            sitting, self._armed = self._armed, None
            self.begin(Recorder(sitting, info, self.layout, self.setup, self._link.clock_ns()))
        started = self._link.start()
        if started.boot_count != info.boot_count:  # it has reset on the way
            self._rejoin(started)
        self._absence.opened()

    @property
    def _rate_hz(self) -> int | None:
        """The rate to set: one that was asked for, or that of the recording, which a glove forgets when it resets."""
        if self._flow is None or self.keeping.recorder is None:
            return self.setup.rate_hz
        return round(self._flow.info.rate_hz)

    def _hang_up(self) -> None:
        self._bad_frames += self._link.bad_frames
        self._link.close()
        self._link = Link(self.setup.port)

    # -- a glove that is lost, and returns -----------------------------------------------------------------------

    def _lose(self, error: NmtError) -> None:
        """The glove is gone: say so, and end the run or have it looked for."""
        reason = error.reason if isinstance(error, LinkError) else None
        if reason is not None:
            self._release()
        if reason is LinkReason.ENDED:
            self.state = waiting(self.state, LinkPhase.LOST, NO_DATA, str(error), self._absence.seconds)
        else:
            self._freeze(LinkPhase.LOST, why_lost(error), str(error))
            self.keeping.lost(str(error) if reason is None else reason.value)
        if self._gives_up(reason):
            self._give_up(error)
        elif self._flow is None:
            self.requests.answer_until(time.monotonic() + RETRY_S, self.stopping)

    def _gives_up(self, reason: LinkReason | None) -> bool:
        if not self.setup.reconnect or reason in (None, LinkReason.ENDED):
            return True
        if self._flow is None:
            return not math.isinf(self.setup.patience_s)
        return self._waited_too_long(self._flow)

    def _waited_too_long(self, flow: Flow) -> bool:
        """True when patience is at an end, or the recording's time."""
        up = self.keeping.time_is_up(flow.scan_at(self._link.clock_ns()))
        return up or self._absence.seconds > self.setup.patience_s

    def _find_again(self, flow: Flow) -> Link | None:
        """Wait for this glove, wherever it is plugged in; while nothing is recorded another one will do at its place.

        None when told to stop. Raises :class:`LinkError` when it was waited for long enough.
        """
        search = Search(self.setup.port, flow.info.serial_number, self._ports, self.requests.answer)
        why, problem = self.state.frozen, self.state.problem
        try:
            while not self.stopping.is_set():
                self._between()
                self.keeping.flush()
                if (found := search.step(any_glove=self.keeping.recorder is None)) is not None:
                    self.setup = replace(self.setup, port=found.url)
                    self.state = replace(self.state, port=found.url)
                    return found
                self._freeze(LinkPhase.LOST, LOOKING if search.asking else why, search.problem or problem)
                if self._waited_too_long(flow):
                    gone = f"{self.state.problem} It did not come back in time; what there was until then is kept."
                    raise LinkError(LinkReason.UNPLUGGED, self.setup.port, gone)
        finally:
            search.end()
        return None

    def _rejoin(self, info: GloveInfo, now_ns: int | None = None) -> bool:
        """Go on with the same numbering on a glove that is back; False when its settings have changed."""
        assert self._flow is not None
        try:
            restarted = self._flow.rejoin(info, self._link.status)
        except RecordingError as error:
            if self.keeping.recorder is not None:
                self.keeping.break_off(error)
            return False
        if restarted:
            at = self._flow.time_s(self._flow.scan_at(now_ns or self._link.clock_ns()))
            self.keeping.event(EventKind.RESTARTED, at, info.boot_count, info.reset_cause)
            self._count()  # also when nothing is recorded yet: this restart then lies before the recording
        return True

    def _meet(self, info: GloveInfo, streaming: bool, now_ns: int) -> None:
        """The glove says who it is: it has been asked, or it has started anew and waits to be told to go on."""
        assert self._flow is not None
        known, before, self._stranger = self._flow.info, self._stranger, info.serial_number
        if info.serial_number not in (known.serial_number, before):  # a HELLO may be damaged: ask once more
            self._link.inquire()
            return
        if info.serial_number != known.serial_number:
            other = f"Another glove has taken the place on {self._link.url}."
            raise LinkError(LinkReason.UNPLUGGED, self._link.url, other)
        if streaming and info.boot_count == known.boot_count:
            return
        self._release()
        self._freeze(LinkPhase.STALLED, RESTARTING, "The glove has started anew. The hold timer waits.")
        info = self._link.restart(self._rate_hz)
        if not self._rejoin(info, now_ns):
            self._flow = Flow(info, self._derivation(info), self._link.status)
            self.scans.begin()
        self._absence.opened()

    def _release(self) -> None:
        """Take the scans of a glove just back that still waited for their place."""
        now_ns = self._link.clock_ns()
        if self._flow is not None:
            self._take(self._flow.settle(now_ns), now_ns)
        self.keeping.flush()  # the glove is waited for now, or the next scans are

    def _freeze(self, phase: LinkPhase, why: str, problem: str) -> None:
        """Nothing comes: the hold timer waits, and what is shown says why."""
        if self.state.phase is LinkPhase.STREAMING:
            self._cue(Cue(self.state.time_s, CueKind.DATA_LOST, text=GLOVE_LOST))
        self.state = waiting(self.state, phase, why, problem, self._absence.seconds)

    # -- what comes ----------------------------------------------------------------------------------------------

    def _between(self) -> None:
        """What is done between two reads, and while a lost glove is looked for."""
        self.requests.answer()
        self._glove_cues.settle(self._link)
        self.keeping.look_at_clocks(self._moment, self._link.clock_ns)
        if self._flow is not None and self.state.phase is not LinkPhase.STREAMING:
            self.state = replace(self.state, **self._look(self._flow))

    def _moment(self) -> float:
        """Now, on the axis of what is derived."""
        return 0.0 if self._flow is None else self._flow.time_s(self._flow.scan_at(self._link.clock_ns()))

    def _step(self, messages: list[Message], now_ns: int) -> None:
        assert self._flow is not None
        if not messages:  # for 25 ms: then nothing that came waits in memory, nor longer than it must for its place
            self._take(self._flow.take([], now_ns), now_ns)
            self.keeping.flush()
        messages = self._flow.presses.feed(messages)
        for is_data, group in itertools.groupby(messages, lambda message: isinstance(message, Data)):
            if is_data:
                self._take(self._flow.take(list(group), now_ns), now_ns)  # type: ignore[arg-type]
            else:
                for message in group:
                    self._heed(message, now_ns)
        self._between()
        self._absence.listen()
        if self._absence.overdue:
            self.keeping.end_in_time(self._flow.scan_at(self._link.clock_ns()))
        if self._absence.stale:
            self._wait()

    def _wait(self) -> None:
        """No scans have come for a while: show that, and ask, for the glove may have reset and not been heard."""
        if self.state.phase is LinkPhase.STREAMING or self.state.frozen == NO_DATA:
            self._freeze(LinkPhase.STALLED, NO_DATA, "No data from the glove; check its cable. The hold timer waits.")
        else:
            self._freeze(self.state.phase, self.state.frozen, self.state.problem)
        if self._absence.silent_s > DUMB_AFTER_S and not self._link.played:
            gone = f"The glove on {self._link.url} answers but sends no data; check its power and cable."
            raise LinkError(LinkReason.SILENT, self._link.url, gone)
        if self._absence.ask_now():
            self._link.inquire()

    def _take(self, block: ScanBlock, now_ns: int) -> None:
        flow = self._flow
        if flow is None or not len(block):
            return
        self._absence.end()
        block = self.keeping.take(block, flow.take_pings(), now_ns, self._link.true_newtons)
        self.scans.add(block, flow.info)
        was = self.state.phase
        force, cues = flow.derivation.advance(block)
        if len(force):
            first_s = float(force.time_s[0])
            self.keeping.back(first_s)
            if was in (LinkPhase.STALLED, LinkPhase.LOST):
                self._cue(Cue(first_s, CueKind.DATA_BACK, text=GLOVE_BACK))
            self.trace.add(force)
            self._readiness.add(flow, self.keeping.recorder, block, force.newtons, now_ns)
            self.show(force)
        for cue in cues:
            self._cue(cue)
        self._link.ask_time(now_ns)

    def _cue(self, cue: Cue) -> None:
        """Sound a cue here and on the glove, and keep it."""
        self.keeping.cue(cue)
        self._glove_cues.show(cue, self._link)

    def _derivation(self, info: GloveInfo) -> Derivation:
        return Derivation(info, self.layout, self.setup.technique, self.setup.contact)

    def _heed(self, message: Message, now_ns: int) -> None:
        """Everything that is not scans: buttons, counters, its time, a glove that says who it is."""
        assert self._flow is not None
        match message:
            case ButtonEdge():
                self._press(self._flow, message, now_ns)
            case Status():
                if not self._flow.heed(message):
                    self._link.inquire()
            case Hello(info=GloveInfo() as info, streaming=streaming):
                self._meet(info, streaming, now_ns)
            case Pong() if not self._flow.answer(message, self._link.answered(message), now_ns):
                self._bad_frames += 1

    def _press(self, flow: Flow, edge: ButtonEdge, now_ns: int) -> None:
        self.state = pressed(self.state, edge)
        if edge.down:
            self._keep(flow.press(edge, now_ns))

    def _keep(self, event: Event) -> None:
        """Keep what was reported, and show and sound at once what it changed."""
        self.keeping.event(event.kind, event.time_s, event.value, event.text)
        self.show(events=with_event(self.state, event))

    # -- what is shown -------------------------------------------------------------------------------------------

    def show(self, force: ForceBlock | None = None, **changes: Any) -> None:
        """Replace the picture of now; with a block of forces, its newest scan becomes the newest."""
        flow = self._flow
        if flow is None:
            changes |= {"problem": self.state.problem}
            self.state = replace(blank_state(self.setup, self.layout, self.state.phase), **changes)
            return
        if force is not None:
            changes |= {"problem": str(self.keeping.over or ""), **newest(force, flow.derivation)}
        self.state = picture(self.state, self.setup, flow, self.keeping.recorder, changes | self._look(flow))

    def _look(self, flow: Flow) -> dict[str, Any]:
        """Twice a second: how good the stream is, and whether all is well around it. What changes in the picture."""
        if time.monotonic() - self._quality_at <= _QUALITY_EVERY_S and not self._readiness.due:
            return {}
        self._quality_at = time.monotonic()
        quality = flow.quality(self._bad_frames + self._link.bad_frames, self._absence.stalls)
        self._count()
        return {"quality": quality, **self._readiness.look(self.keeping, quality)}

    # -- what others ask for; only between two reads --------------------------------------------------------------

    def begin(self, recorder: Recorder) -> None:
        """Keep what comes from now on. Raises :class:`NmtError` when it is not from the glove the recorder is for."""
        if self._flow is None or self._flow.info != recorder.info:
            recorder.discard()
            raise NmtError("Another glove is there since, or it has started anew; start the recording again.")
        self.keeping.begin(recorder)
        self._flow.derivation = recorder.derivation
        self.trace.clear()
        self._count()
        self.show(path=None, events=())

    def end(self) -> Recorder | None:
        """End the recording; its recorder, the journal closed. None without one."""
        if self.keeping.recorder is not None:
            self._release()
            self._ask_counters()
            self._count()
            self.keeping.look_at_clocks(self._moment, self._link.clock_ns, last=True)
        if (recorder := self.keeping.end()) is not None:
            self.show()  # its holds and trace stay to be looked at until the next recording
        return recorder

    def _ask_counters(self) -> None:
        """The glove's counters come once a second; those of the recording's last second are asked for."""
        if self.state.phase is LinkPhase.STREAMING and self._flow is not None and self._link.is_open:
            with contextlib.suppress(LinkError):  # if the glove is gone, the next read says so
                self._link.count()
                self._flow.pause(self._link.status)

    def _count(self) -> None:
        if self._flow is not None:
            self.keeping.count(self._flow, self._bad_frames + self._link.bad_frames)

    def report(self, now_ns: int, kind: EventKind, value: float, text: str) -> None:
        """Heed and keep a mark, a pain report or what is asked for, at a moment of :meth:`clock_ns`."""
        if self._flow is not None:
            moment_s = self._flow.time_s(self._flow.scan_at(now_ns))
            self._keep(self._flow.report(Event(moment_s, kind, value, text)))

    def adopt(self, setup: Setup, layout: Layout | None = None) -> None:
        """Run with another setup, and another calibration where one is given: forces and holds start over."""
        self.setup = setup
        if layout is not None:
            self.layout = layout
            self._readiness.judge_by(layout)
        if self._flow is not None:
            self._flow.derivation = self._derivation(self._flow.info)
            self.trace.clear()
        self.show(events=())
