"""The live view for a terminal: the words of the window, for every technique, with a bar in place of the tape."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.text import Text

from nmt_sense.commands.rows import force_text, uncertainty_text
from nmt_sense.moment.course_line import course, target_text
from nmt_sense.moment.picture import Picture, picture
from nmt_sense.moment.saying import Tone
from nmt_sense.sensing.pressure import nominal_pressure
from nmt_sense.state import LinkPhase, LiveState
from nmt_sense.units import minutes_seconds

BAR_CELLS = 48
STYLES = {Tone.LOW: "bold bright_blue", Tone.HIGH: "bold dark_orange", Tone.NEUTRAL: "bold", Tone.STALE: "bold reverse"}
ARROWS = {1: "↑", 0: " ", -1: "↓"}
ALARM = "bold reverse dark_orange"


def live_view(state: LiveState, now_ns: int) -> RenderableType:
    """One moment at the host's monotonic time ``now_ns``: word, force against the band, time, place, link."""
    made = picture(state, now_ns)
    style = ALARM if made.alarm else STYLES[made.tone]
    lines = [
        Text(f" {_title(state)}", style="dim"),
        Text.assemble((f" {ARROWS[made.arrow]} {made.word:<8}", style), (f" {_force_words(state, made)}", "bold")),
        Text(f" {made.say}", style=ALARM if made.alarm else ""),
        Text.assemble(" ", _bar(state.contact_n, made, style)),
        Text(f" {_joined(made.held, made.under, made.sentence)}"),
        Text(f" {_joined(*_course_words(state), _link_words(state))}", style="dim"),
    ]
    lines += [Text(f" {words}", style="bold dark_orange") for words in (state.problem, state.warning) if words]
    return Group(*lines)


def live_line(state: LiveState, now_ns: int) -> str:
    """The same moment as one line of plain text, for logs."""
    made = picture(state, now_ns)
    alarm = made.say if made.alarm else ""
    words = (f"{state.time_s:5.1f} s", f"{made.word:<6}", _force_words(state, made), alarm, made.far)
    worth = ", ".join(filter(None, ("" if state.calibration_trusted else state.calibration, _simulated(state))))
    return "  ".join(part for part in (*words, *_course_words(state), _link_words(state), worth, state.problem) if part)


def _joined(*words: str) -> str:
    return " · ".join(filter(None, words))


def _simulated(state: LiveState) -> str:
    return "simulated" if state.info is not None and state.info.simulated else ""


def _title(state: LiveState) -> str:
    simulated = _simulated(state).upper()
    recording = f"recording {minutes_seconds(state.recorded_s)}" if state.recording else ""
    return _joined(state.technique, state.contact, target_text(state), state.calibration, simulated, recording)


def _course_words(state: LiveState) -> tuple[str, ...]:
    line = course(state)
    return (line.title if line.place else "", line.place, *line.facts)


def _force_words(state: LiveState, made: Picture) -> str:
    if made.hidden:
        return "force not shown"
    pressure = nominal_pressure(state.contact_n, state.contact_area)
    beside = f" ({pressure.words})" if pressure is not None else ""
    return f"{force_text(state.contact_n)} N ± {uncertainty_text(state.contact_uncertainty_n)}{beside}"


def _link_words(state: LiveState) -> str:
    if state.phase is not LinkPhase.STREAMING:
        return str(state.phase.value)
    quality = state.quality
    return f"{quality.rate_hz:.0f} Hz, {quality.lost} lost"


def _bar(force_n: float, made: Picture, style: str) -> Text:
    """A bar up to the force, with the ends of what is asked for marked on its scale; empty while force is hidden."""
    filled = 0 if made.hidden else _cell(force_n, made)
    wanted = (made.low_n, made.high_n) if math.isnan(made.target_n) else (made.target_n, made.target_n)
    low, high = (-1 if made.hidden or math.isnan(edge) else _cell(edge, made) for edge in wanted)
    bar = Text()
    for cell in range(BAR_CELLS):
        mark = "┃" if cell in (low, high) else ("█" if cell < filled else ("░" if low < cell < high else "·"))
        bar.append(mark, style=style if cell < filled else "dim")
    return bar


def _cell(newtons: float, made: Picture) -> int:
    return round(min(max(newtons / made.top_n, 0.0), 1.0) * BAR_CELLS)
