"""What the terminal shows of each kind of phase: the words of the window."""

from __future__ import annotations

import queue
from dataclasses import replace
from io import StringIO

import msgspec
import pytest
from rich.console import Console
from scripted import ScriptedLive

from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.commands.live_view import live_line, live_view
from nmt_sense.commands.terminal import Alarms, Elapsed
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.state import LinkPhase, LiveState


def playing(name: str) -> ScriptedLive:
    live = ScriptedLive()
    live.run(load_technique(name))
    live.press(0.0)
    return live


def shown(state: LiveState) -> str:
    """The drawn view as text."""
    console = Console(file=StringIO(), width=160, no_color=True)
    console.print(live_view(state, state.newest_ns))
    text = console.file
    assert isinstance(text, StringIO)
    return text.getvalue()


def both(state: LiveState) -> tuple[str, str]:
    return live_line(state, state.newest_ns), shown(state)


def test_a_hold_is_told_with_its_band_and_time() -> None:
    live = ScriptedLive()
    live.press(0.0)
    live.press(0.0, 20.0)
    line, view = both(live.state)
    assert "MORE" in line
    assert "20 N ± 2.0" in line
    assert "band 28\N{EN DASH}36 N" in view
    assert "8 N under the band" in view
    assert "█" in view


def test_a_threshold_trial_is_led_by_its_rate_and_never_told_to_press_more() -> None:
    live = playing("trigger-point-threshold")
    live.press(0.0, 60.0, seconds=3.0)
    for text in both(live.state):
        assert "SLOWER" in text
        assert "trial 1 of 3" in text
        assert "MORE" not in text


def test_strokes_are_counted() -> None:
    live = playing("neuromuscular-strokes")
    for _ in range(2):
        live.press(0.0, 25.0, 25.0, 0.0, seconds=2.0)
        live.press(0.0)
    assert "2 of" in live_line(live.state, live.state.newest_ns)


@pytest.mark.parametrize("name", ["pressure-words"])
def test_a_blinded_exercise_gives_no_force_away(name: str) -> None:
    live = playing(name)
    live.press(0.0, 23.0)
    live.press(23.0)
    for text in both(live.state):
        assert "force not shown" in text
        assert "23" not in text
        assert "█" not in text


def test_above_the_ceiling_it_says_so_in_any_technique() -> None:
    live = playing("pressure-words")
    live.set_safety(force_ceiling_n=40.0)
    live.press(0.0, 45.0)
    for text in both(live.state):
        assert "Above the ceiling of 40 N: ease off now." in text


def test_an_alarm_that_goes_on_is_one_line_and_the_next_another(capsys: pytest.CaptureFixture[str]) -> None:
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    for time_s in (1.0, 1.5, 2.0, 6.0):
        cues.put(Cue(time_s, CueKind.CEILING, 3.0))
    cues.put(Cue(6.1, CueKind.DONE))
    Alarms(cues, None).heed()
    told = capsys.readouterr().err.splitlines()
    assert [line.split(" at ")[1] for line in told] == ["1.0 s: ease off now.", "6.0 s: ease off now."]


def test_simulated_forces_say_so_once_the_sensors_are_calibrated_too() -> None:
    live = ScriptedLive()
    live.press(0.0)
    state = replace(live.state, info=virtual_info(Script()), calibration="calibrated", calibration_trusted=True)
    line, view = both(state)
    assert line.endswith("lost  simulated")
    assert "SIMULATED" in view
    real = replace(state, info=msgspec.structs.replace(virtual_info(Script()), serial_number=1))
    assert not any("simulated" in text.lower() for text in both(real))


def test_seconds_are_the_gloves_however_fast_it_is_and_the_computers_while_nothing_comes() -> None:
    live = ScriptedLive()
    live.press(0.0)
    state = replace(live.state, phase=LinkPhase.STREAMING, time_s=1.0)
    elapsed = Elapsed(state, 100.0)
    assert elapsed.at(replace(state, time_s=5.0), 101.0) == 5.0
    assert elapsed.at(replace(state, time_s=5.0), 101.1) == 5.0
    assert elapsed.at(replace(state, time_s=5.0, phase=LinkPhase.STALLED), 103.1) == pytest.approx(7.0)
    assert elapsed.at(replace(state, time_s=0.5), 103.2) == pytest.approx(7.0)
    assert elapsed.at(replace(state, time_s=0.8), 103.3) == pytest.approx(7.3)


def test_an_old_picture_says_that_it_is_old() -> None:
    live = ScriptedLive()
    live.press(0.0, 20.0)
    live.age(2.0)
    state = replace(live.state, problem="")
    assert "WAIT" in live_line(state, state.newest_ns + 2_000_000_000)
