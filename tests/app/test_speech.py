"""Words are spoken by whatever engine is alive; a dead, dying or hanging one changes nothing else."""

from __future__ import annotations

import queue
import sys
import threading
from pathlib import Path

import pytest
from PyQt5.QtCore import QObject

from nmt_sense.app.sound import Mixer, Sound
from nmt_sense.app.speech import Speech, SpeechState
from nmt_sense.app.voices import CEILING, SpdSay, living_engine
from nmt_sense.coaching.state import Cue, CueKind

SAY = Cue(0.0, CueKind.SAY, text="Rest.")
LOST = Cue(0.0, CueKind.DATA_LOST, text="Glove lost.")


class Engine:
    """Remembers what it was asked to say."""

    name = "test"

    def __init__(self, dies_at: int = 99, raises: bool = False) -> None:
        self.said: list[tuple[str, bool, float]] = []
        self.alive, self._dies_at, self._raises = True, dies_at, raises
        self.thread = ""

    def say(self, text: str, urgent: bool, volume: float) -> None:
        self.thread = threading.current_thread().name
        self.said.append((text, urgent, volume))
        if self._raises:
            raise RuntimeError("the engine is gone")
        self.alive = len(self.said) < self._dies_at

    def stop(self) -> None: ...


@pytest.fixture
def speaking(qtbot):
    made: list[Speech] = []

    def start(engine: Engine | None) -> Speech:
        speech = Speech(lambda _: engine)
        made.append(speech)
        speech.start()
        qtbot.waitUntil(lambda: speech.state is not SpeechState.STARTING)
        return speech

    yield start
    for speech in made:
        speech.close()
        speech.close()


def heard(mixer: Mixer) -> bool:
    return bool(abs(mixer.samples(4800)).max() > 0)


def test_words_are_spoken_in_place_of_the_tone_that_announces_them(speaking, qtbot):
    engine = Engine()
    speech = speaking(engine)
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    mixer = Mixer(cues, speech.say)
    cues.put(SAY)
    assert not heard(mixer)
    qtbot.waitUntil(lambda: engine.said == [("Rest.", False, 1.0)])
    assert engine.thread != threading.main_thread().name


def test_a_lost_glove_is_said_urgently_and_heard_as_well(speaking, qtbot):
    engine = Engine()
    speech = speaking(engine)
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    cues.put(LOST)
    assert heard(Mixer(cues, speech.say))
    qtbot.waitUntil(lambda: engine.said == [("Glove lost.", True, 1.0)])


@pytest.mark.parametrize("engine", [Engine(dies_at=1), Engine(raises=True)])
def test_an_engine_that_dies_leaves_the_tones(speaking, qtbot, engine):
    speech = speaking(engine)
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    mixer = Mixer(cues, speech.say)
    cues.put(SAY)
    mixer.samples(4800)
    qtbot.waitUntil(lambda: speech.state is SpeechState.NONE)
    cues.put(SAY)
    assert heard(mixer)
    assert len(engine.said) == 1


def test_without_any_engine_words_are_tones(speaking):
    speech = speaking(None)
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    cues.put(SAY)
    assert heard(Mixer(cues, speech.say))
    assert speech.state is SpeechState.NONE


def test_words_that_are_not_wanted_are_tones(speaking):
    engine = Engine()
    speech = speaking(engine)
    speech.set_wanted(False)
    assert speech.state is SpeechState.OFF
    assert not speech.say(SAY)
    assert engine.said == []


def test_silence_when_right_and_when_muted(speaking):
    engine = Engine()
    mixer = Mixer(queue.SimpleQueue(), speaking(engine).say)
    assert not heard(mixer)
    mixer.muted = True
    mixer._cues.put(SAY)
    assert not heard(mixer)
    assert engine.said == []


def test_the_volume_makes_everything_quieter_and_nothing_louder(speaking):
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    loud, quiet = Mixer(cues), Mixer(cues)
    quiet.volume = 0.25
    peaks = []
    for mixer in (loud, quiet):
        cues.put(LOST)
        peaks.append(abs(mixer.samples(48_000)).max())
    assert peaks[1] == pytest.approx(0.25 * peaks[0], rel=1e-3)
    assert CEILING < 1.0


def test_a_speech_system_that_hangs_holds_up_neither_start_nor_end(qtbot, monkeypatch):
    monkeypatch.setattr("nmt_sense.app.speech.CLOSE_MS", 50)
    let_go = threading.Event()
    speech = Speech(lambda _: let_go.wait(20) and None)  # type: ignore[func-returns-value,arg-type]
    sound = Sound(queue.SimpleQueue(), speech=speech)
    sound.start()
    assert not speech.say(SAY)
    sound.close()
    let_go.set()
    assert speech._thread.wait(5000)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="spd-say is a command of Linux")
@pytest.mark.parametrize(("code", "alive"), [(0, True), (1, False)])
def test_spd_say_speaks_and_its_failure_is_noticed(qtbot, tmp_path, monkeypatch, code, alive):
    command, told = tmp_path / "spd-say", tmp_path / "told"
    command.write_text(f'#!/bin/sh\necho "$@" >> {told}\nexit {code}\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    parent = QObject()
    engine = SpdSay(parent)
    assert engine.alive
    engine.say("Rest, -x.", urgent=False, volume=1.0)
    qtbot.waitUntil(lambda: not engine._running)
    engine.say("Glove lost.", urgent=True, volume=0.5)
    qtbot.waitUntil(lambda: not engine._running)
    assert engine.alive is alive
    assert told.read_text().splitlines() == ["-P text -i 20 -- Rest, -x.", "-P important -i -40 -- Glove lost."]
    engine.stop()


def test_a_machine_that_cannot_speak_has_no_engine(qtbot, monkeypatch):
    monkeypatch.setenv("PATH", str(Path("/nowhere")))
    monkeypatch.setitem(sys.modules, "PyQt5.QtTextToSpeech", None)
    assert living_engine(QObject()) is None
