"""Watching a pipeline in a terminal, and the tables that the command line prints."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live as RichLive

from nmt_sense.checks import Check, Outcome
from nmt_sense.coaching.ceiling import AGAIN_S
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.commands.console import warn
from nmt_sense.commands.live_view import live_line, live_view
from nmt_sense.commands.rows import HOLDS, mean_shares, own_shares, print_others, say_below
from nmt_sense.commands.tables import print_table
from nmt_sense.errors import NmtError
from nmt_sense.holds import Hold, Kind
from nmt_sense.pipeline.preflight import OF_RECORDING, findings
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.state import LinkPhase, LiveState

if TYPE_CHECKING:
    from nmt_sense.analysis.judging import Held

_REDRAW_S = 0.1
_LINE_EVERY_S = 3.0
GOES_ON_S = 2 * AGAIN_S
"""Alarms closer than this are one."""
SIMULATED = "simulated"
"""Said beside every force that no hand pressed."""
PATIENCE_WITH_CHECKS_S = 10.0
_OUTCOME_WORDS = {Outcome.READY: "ok", Outcome.DOUBTFUL: "?", Outcome.WRONG: "WRONG"}


class Watched(Protocol):
    """A running pipeline, as far as it is watched."""

    @property
    def state(self) -> LiveState:
        """The newest picture of now."""
        ...

    @property
    def failure(self) -> NmtError | None:
        """What ended it, if anything."""
        ...

    @property
    def cues(self) -> queue.SimpleQueue[Cue]:
        """What sounds; whoever takes one has it alone."""
        ...


def watch(console: Console, source: Watched, done: threading.Event, seconds: float | None, *, quiet: bool) -> None:
    """Show a running pipeline until ``done`` is set, ``seconds`` of the glove's time are over, or it fails.

    On a terminal one view is redrawn; in a log a line is printed every few seconds; ``quiet`` shows nothing. What
    should be known about a recording while it goes on is said on stderr, each sentence once.
    """
    elapsed = Elapsed(source.state, time.monotonic())
    drawn = console.is_terminal and not quiet
    view = RichLive(live_view(source.state, time.monotonic_ns()), console=console, auto_refresh=False, transient=True)
    told: set[str] = set()
    alarms = Alarms(source.cues, console if drawn else None)
    with view if drawn else contextlib.nullcontext():
        line_at = 0.0
        while not done.wait(_REDRAW_S) and source.failure is None:
            if elapsed.at(source.state, time.monotonic()) >= (math.inf if seconds is None else seconds):
                break
            _tell(source.state, told)
            alarms.heed()
            if drawn:
                view.update(live_view(source.state, time.monotonic_ns()), refresh=True)
            elif not quiet and time.monotonic() >= line_at:
                line_at = time.monotonic() + _LINE_EVERY_S
                console.print(live_line(source.state, time.monotonic_ns()), soft_wrap=True, highlight=False)
    _tell(source.state, told)
    alarms.heed()


class Elapsed:
    """The glove's time since its first scan, s. While no scans come it goes on by the computer's."""

    def __init__(self, state: LiveState, now_s: float) -> None:
        """``now_s``: the computer's time, as it will be in :meth:`at`."""
        self._before_s, self._now_s = state.time_s, now_s
        self._sum_s = max(0.0, state.time_s)

    def at(self, state: LiveState, now_s: float) -> float:
        """What has passed by now. Where the glove's time begins anew, it goes on from there."""
        step_s, waited_s = state.time_s - self._before_s, now_s - self._now_s
        self._before_s, self._now_s = state.time_s, now_s
        if step_s > 0.0:
            self._sum_s += step_s
        elif state.phase is not LinkPhase.STREAMING:
            self._sum_s += waited_s
        return self._sum_s


class Alarms:
    """The alarm of the force ceiling: a terminal's bell, or, where a log is written, a line on stderr.

    The bell rings for a press that is over, too, while the hand stays on.
    """

    def __init__(self, cues: queue.SimpleQueue[Cue], console: Console | None) -> None:
        """``console``: whose bell to ring."""
        self._cues, self._console = cues, console
        self._last_s = -math.inf

    def heed(self) -> None:
        """Take what has come; one that goes on is said once."""
        while not self._cues.empty():
            cue = self._cues.get_nowait()
            if cue.kind is CueKind.CEILING:
                self._alarm(cue)
            elif cue.kind is CueKind.LET_GO and self._console is not None:
                self._console.bell()

    def _alarm(self, cue: Cue) -> None:
        begins, self._last_s = cue.time_s - self._last_s > GOES_ON_S, cue.time_s
        if self._console is not None:
            self._console.bell()
        elif begins:
            warn(f"Above the force ceiling at {cue.time_s:.1f} s: ease off now.")


def _tell(state: LiveState, told: set[str]) -> None:
    found = findings(state.checks, OF_RECORDING) if state.recording else []
    for sentence in [*(check.sentence for check in found), *filter(None, [state.warning])]:
        if sentence not in told:
            told.add(sentence)
            warn(sentence)


def checks_of(source: Watched) -> list[Check]:
    """The pre-flight check; on a busy computer it takes longer until there is enough to judge from. Empty: too little.

    That the glove is simulated is one of its findings.
    """
    waiting, deadline = threading.Event(), time.monotonic() + PATIENCE_WITH_CHECKS_S
    while not source.state.checks and source.failure is None and time.monotonic() < deadline:
        waiting.wait(0.1)
    found, info = list(source.state.checks), source.state.info
    if found and info is not None and info.simulated:
        found.insert(0, Check("glove", Outcome.DOUBTFUL, "The glove is simulated: no hand presses it."))
    return found


def check_lines(checks: Sequence[Check]) -> list[str]:
    """Each finding of a pre-flight check as a line: how it came out, what it is about, what was found."""
    return [f"{_OUTCOME_WORDS[check.outcome]:<5} {check.name:<12} {check.sentence}" for check in checks]


def print_holds(console: Console, found: Held) -> None:
    """Print the table of holds and what else there is (trials, strokes, timed phases), or say that there are none."""
    holds, worth = found.holds, ", ".join(filter(None, (found.worth, SIMULATED if found.simulated else "")))
    if not holds:
        console.print("No holds.")
    if pressed := [hold for hold in holds if hold.kind in (Kind.HOLD, Kind.FOLLOW)]:
        print_table(console, f"Holds – {worth}" if worth else "Holds", pressed, HOLDS)
        rates = mean_shares(pressed, "sag_n", "ramp_n_per_s")
        say_below(console, pressed, {"peak": own_shares(pressed, "peak_n"), "sag and N/s": rates})
        for line in pressure_lines(pressed, found.area):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    print_others(console, holds, found.early)
    if worth and len(pressed) < len(holds):
        console.print(f"Forces are {worth}.", soft_wrap=True, highlight=False, markup=False)


def pressure_lines(holds: Sequence[Hold], area: ContactArea | None) -> list[str]:
    """The mean force of each hold as a nominal pressure; nothing where no area is declared."""
    found = [(hold, nominal_pressure(hold.mean_n, area)) for hold in holds if not math.isnan(hold.mean_n)]
    return [f"hold {hold.number}: mean {made.words}" for hold, made in found if made is not None]
