"""The live view for a terminal, and the tables that the command line prints."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.table import Table
from rich.text import Text

from nmt_sense.checks import Check, Outcome
from nmt_sense.coaching.state import Advice, HoldProgress
from nmt_sense.commands.console import warn
from nmt_sense.commands.rows import end_words, number, print_others
from nmt_sense.errors import NmtError
from nmt_sense.holds import Hold, Kind
from nmt_sense.pipeline.preflight import OF_RECORDING, findings
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.sensing.profile import ContactArea
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.units import minutes_seconds

_REDRAW_S = 0.1
_LINE_EVERY_S = 3.0
_BAR_CELLS = 48
_OUTCOME_WORDS = {Outcome.READY: "ok", Outcome.DOUBTFUL: "?", Outcome.WRONG: "WRONG"}
_STYLE = {
    Advice.MORE: ("bold bright_blue", "↑"),
    Advice.LESS: ("bold dark_orange", "↓"),
    Advice.HOLD: ("bold", "•"),
    Advice.DONE: ("bold", "✓"),
    Advice.READY: ("dim", " "),
    Advice.WAIT: ("bold reverse", "…"),
}


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


def watch(console: Console, source: Watched, done: threading.Event, seconds: float | None, *, quiet: bool) -> None:
    """Show a running pipeline until ``done`` is set, ``seconds`` of host time are over, or it fails.

    On a terminal one view is redrawn; in a log a line is printed every few seconds; ``quiet`` shows nothing. What
    should be known about a recording while it goes on is said on stderr, each sentence once.
    """
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    drawn = console.is_terminal and not quiet
    view = RichLive(live_view(source.state), console=console, auto_refresh=False, transient=True)
    told: set[str] = set()
    with view if drawn else contextlib.nullcontext():
        line_at = 0.0
        while not done.wait(_REDRAW_S) and source.failure is None and time.monotonic() < deadline:
            _tell(source.state, told)
            if drawn:
                view.update(live_view(source.state), refresh=True)
            elif not quiet and time.monotonic() >= line_at:
                line_at = time.monotonic() + _LINE_EVERY_S
                console.print(live_line(source.state), soft_wrap=True, highlight=False)
    _tell(source.state, told)


def _tell(state: LiveState, told: set[str]) -> None:
    found = findings(state.checks, OF_RECORDING) if state.recording else []
    for sentence in [*(check.sentence for check in found), *filter(None, [state.warning])]:
        if sentence not in told:
            told.add(sentence)
            warn(sentence)


def live_view(state: LiveState) -> RenderableType:
    """One moment as text: word, force against the band, time in the band, link."""
    progress = state.progress
    style, sign = _STYLE[progress.advice]
    word = Text.assemble((f" {sign} {progress.advice.value:<6}", style), (f" {_force_words(state)}", "bold"))
    held = f" in band {minutes_seconds(progress.in_band_s)} of {minutes_seconds(progress.wanted_s)}"
    lines: list[RenderableType] = [
        Text(f" {_title(state)}", style="dim"),
        word,
        Text.assemble(" ", _bar(state.contact_n, progress, style)),
        Text(f"{held}   hold {progress.number}   lapses {progress.lapses}"),
        Text(f" {_link_words(state)}", style="dim"),
    ]
    lines += [Text(f" {words}", style="bold dark_orange") for words in (state.problem, state.warning) if words]
    return Group(*lines)


def live_line(state: LiveState) -> str:
    """The same moment as one line of plain text, for logs."""
    progress = state.progress
    held = f"in band {minutes_seconds(progress.in_band_s)} of {minutes_seconds(progress.wanted_s)}"
    words = (f"{state.time_s:5.1f} s", f"{progress.advice.value:<5}", _force_words(state), held, _link_words(state))
    worth = "" if state.calibration_trusted else state.calibration
    return "  ".join(part for part in (*words, worth, state.problem) if part)


def _title(state: LiveState) -> str:
    simulated = " · SIMULATED" if state.info is not None and state.info.simulated else ""
    recording = f" · recording {minutes_seconds(state.recorded_s)}" if state.recording else ""
    low, high = state.progress.low_n, state.progress.high_n
    return f"{state.technique} · {state.contact} · band {low:g}-{high:g} N · {state.calibration}{simulated}{recording}"


def _force_words(state: LiveState) -> str:
    pressure = nominal_pressure(state.contact_n, state.contact_area)
    beside = f" ({pressure.words})" if pressure is not None else ""
    return f"{force_text(state.contact_n)} N ± {uncertainty_text(state.contact_uncertainty_n)}{beside}"


def force_text(newtons: float) -> str:
    """A force as digits: whole newtons from 10 N up, else one decimal; never ``-0``."""
    if math.isnan(newtons):
        return "–"
    digits = f"{newtons:.0f}" if abs(newtons) >= 9.95 else f"{newtons:.1f}"
    return "0.0" if digits == "-0.0" else digits


def uncertainty_text(newtons: float) -> str:
    """A half-width as digits; an unlimited one as such."""
    return "∞" if math.isinf(newtons) else force_text(newtons)


def _link_words(state: LiveState) -> str:
    if state.phase is not LinkPhase.STREAMING:
        return str(state.phase.value)
    quality = state.quality
    return f"{quality.rate_hz:.0f} Hz, {quality.lost} lost"


def _bar(force_n: float, progress: HoldProgress, style: str) -> Text:
    """A bar up to the force, with the band's two ends marked on the scale below and above it."""
    top = 1.4 * progress.high_n
    filled = round(min(max(force_n / top, 0.0), 1.0) * _BAR_CELLS)
    low, high = (round(edge / top * _BAR_CELLS) for edge in (progress.low_n, progress.high_n))
    bar = Text()
    for cell in range(_BAR_CELLS):
        mark = "┃" if cell in (low, high) else ("█" if cell < filled else ("░" if low < cell < high else "·"))
        bar.append(mark, style=style if cell < filled else "dim")
    return bar


def holds_table(holds: Sequence[Hold], worth: str = "") -> Table:
    """Finished holds as a table that fits 80 columns; forces in N, times in s, loading rate in N/s.

    ``worth``: what is to be known of the calibration behind its numbers.
    """
    table = Table(
        title=f"Holds – {worth}" if worth else "Holds",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in ("", "start s", "in band s", "mean N", "peak N", "sag N", "N/s", "lapses"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("end")
    for hold in holds:
        table.add_row(
            str(hold.number),
            f"{hold.start_s:.2f}",
            f"{hold.in_band_s:.2f} of {hold.wanted_s:g}",
            f"{number(hold.mean_n)} ± {uncertainty_text(hold.mean_uncertainty_n)}",
            number(hold.peak_n),
            number(hold.sag_n),
            number(hold.ramp_n_per_s),
            str(hold.lapses),
            end_words(hold),
        )
    return table


def check_lines(checks: Sequence[Check]) -> list[str]:
    """Each finding of a pre-flight check as a line: how it came out, what it is about, what was found."""
    return [f"{_OUTCOME_WORDS[check.outcome]:<5} {check.name:<12} {check.sentence}" for check in checks]


def print_holds(console: Console, holds: Sequence[Hold], worth: str = "", area: ContactArea | None = None) -> None:
    """Print the table of holds and what else there is (trials, strokes, timed phases), or say that there are none.

    ``worth``: what is to be known of the calibration; ``area``: declared for the contact, for nominal pressures.
    """
    if not holds:
        console.print("No holds.")
    if pressed := [hold for hold in holds if hold.kind in (Kind.HOLD, Kind.FOLLOW)]:
        console.print(holds_table(pressed, worth))
        for line in pressure_lines(pressed, area):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    print_others(console, holds)
    if worth and len(pressed) < len(holds):
        console.print(f"Calibration: {worth}.", soft_wrap=True, highlight=False, markup=False)


def pressure_lines(holds: Sequence[Hold], area: ContactArea | None) -> list[str]:
    """The mean force of each hold as a nominal pressure; nothing where no area is declared."""
    found = [(hold, nominal_pressure(hold.mean_n, area)) for hold in holds if not math.isnan(hold.mean_n)]
    return [f"hold {hold.number}: mean {made.words}" for hold, made in found if made is not None]
