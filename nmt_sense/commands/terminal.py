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
from nmt_sense.commands.rows import HOLDS, print_others, say_below
from nmt_sense.commands.tables import print_table
from nmt_sense.errors import NmtError
from nmt_sense.holds import Hold, Kind
from nmt_sense.pipeline.preflight import OF_RECORDING, findings
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.state import LiveState

if TYPE_CHECKING:
    from nmt_sense.analysis.judging import Held

_REDRAW_S = 0.1
_LINE_EVERY_S = 3.0
GOES_ON_S = 2 * AGAIN_S
"""Alarms closer than this are one."""
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
    """Show a running pipeline until ``done`` is set, ``seconds`` of host time are over, or it fails.

    On a terminal one view is redrawn; in a log a line is printed every few seconds; ``quiet`` shows nothing. What
    should be known about a recording while it goes on is said on stderr, each sentence once.
    """
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    drawn = console.is_terminal and not quiet
    view = RichLive(live_view(source.state, time.monotonic_ns()), console=console, auto_refresh=False, transient=True)
    told: set[str] = set()
    alarms = Alarms(source.cues, console if drawn else None)
    with view if drawn else contextlib.nullcontext():
        line_at = 0.0
        while not done.wait(_REDRAW_S) and source.failure is None and time.monotonic() < deadline:
            _tell(source.state, told)
            alarms.heed()
            if drawn:
                view.update(live_view(source.state, time.monotonic_ns()), refresh=True)
            elif not quiet and time.monotonic() >= line_at:
                line_at = time.monotonic() + _LINE_EVERY_S
                console.print(live_line(source.state, time.monotonic_ns()), soft_wrap=True, highlight=False)
    _tell(source.state, told)
    alarms.heed()


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


def check_lines(checks: Sequence[Check]) -> list[str]:
    """Each finding of a pre-flight check as a line: how it came out, what it is about, what was found."""
    return [f"{_OUTCOME_WORDS[check.outcome]:<5} {check.name:<12} {check.sentence}" for check in checks]


def print_holds(console: Console, found: Held) -> None:
    """Print the table of holds and what else there is (trials, strokes, timed phases), or say that there are none."""
    holds, worth = found.holds, found.worth
    if not holds:
        console.print("No holds.")
    if pressed := [hold for hold in holds if hold.kind in (Kind.HOLD, Kind.FOLLOW)]:
        print_table(console, f"Holds – {worth}" if worth else "Holds", pressed, HOLDS)
        say_below(console, pressed, "peak, sag and N/s")
        for line in pressure_lines(pressed, found.area):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    print_others(console, holds, found.early)
    if worth and len(pressed) < len(holds):
        console.print(f"Calibration: {worth}.", soft_wrap=True, highlight=False, markup=False)


def pressure_lines(holds: Sequence[Hold], area: ContactArea | None) -> list[str]:
    """The mean force of each hold as a nominal pressure; nothing where no area is declared."""
    found = [(hold, nominal_pressure(hold.mean_n, area)) for hold in holds if not math.isnan(hold.mean_n)]
    return [f"hold {hold.number}: mean {made.words}" for hold, made in found if made is not None]
