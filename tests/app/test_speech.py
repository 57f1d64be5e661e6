"""Words are spoken by whatever engine is alive; a dead, dying or hanging one changes nothing else."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PyQt5.QtCore import QObject

from nmt_sense.app.sound import Mixer, Sound
from nmt_sense.app.speech import COMMAND, Speech, SpeechState
from nmt_sense.app.voices import CEILING, SpdSay, living_engine
from nmt_sense.coaching.state import Cue, CueKind

STAND_IN = Path(__file__).with_name("stand_in_mouth.py")
HANGS_S = 60.0
"""So long a stand-in that hangs would hold up whoever waits for it."""
SAY = Cue(0.0, CueKind.SAY, text="Rest.")
LOST = Cue(0.0, CueKind.DATA_LOST, text="Glove lost.")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="spd-say is a command of Linux")


@pytest.fixture
def said(tmp_path: Path) -> Callable[[], list[list[object]]]:
    """What the stand-in has been told."""
    notes = tmp_path / "notes"
    return lambda: [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []


@pytest.fixture
def speaking(qtbot, tmp_path: Path) -> Iterator[Callable[[str], Speech]]:
    """Starts a voice whose process is the stand-in; leaves none behind."""
    made: list[Speech] = []

    def start(how: str) -> Speech:
        made.append(Speech((sys.executable, str(STAND_IN), str(tmp_path / "notes"), how)))
        made[-1].start()
        if how != "never":
            qtbot.waitUntil(lambda: made[-1].state is not SpeechState.STARTING, timeout=15_000)
        return made[-1]

    yield start
    for speech in made:
        speech.close()
        speech.close()
    assert not [child for child in psutil.Process().children() if "stand_in_mouth" in " ".join(child.cmdline())]


def heard(mixer: Mixer) -> bool:
    return bool(abs(mixer.samples(4800)).max() > 0)


def test_words_are_spoken_in_place_of_the_tone_that_announces_them(speaking, said, qtbot):
    speech = speaking("speaks")
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    mixer = Mixer(cues, speech.say)
    cues.put(SAY)
    assert not heard(mixer)
    qtbot.waitUntil(lambda: said() == [["say", 1, "Rest.", False, 1.0]])
    qtbot.wait(50)
    assert speech.state is SpeechState.ON


def test_words_from_the_sound_thread_come_in_order_at_their_volume_and_can_be_hushed(speaking, said, qtbot):
    speech = speaking("speaks")
    speech.set_volume(0.5)
    texts = ["Drei, zwei, eins: „los“.", "two\nlines", "Rest."]
    cues = [Cue(0.0, CueKind.SAY, text=text) for text in texts]
    thread = threading.Thread(target=lambda: [*map(speech.say, cues), speech.hush()])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(said()) == 4)
    assert said() == [*(["say", at, text, False, 0.5] for at, text in enumerate(texts, 1)), ["hush"]]


def test_a_lost_glove_is_said_urgently_and_heard_as_well(speaking, said, qtbot):
    speech = speaking("speaks")
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    cues.put(LOST)
    assert heard(Mixer(cues, speech.say))
    qtbot.waitUntil(lambda: said() == [["say", 1, "Glove lost.", True, 1.0]])


@pytest.mark.parametrize("how", ["ends", "hangs"])
def test_a_voice_that_ends_or_hangs_leaves_the_tones(speaking, said, qtbot, how):
    speech = speaking(how)
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    mixer = Mixer(cues, speech.say)
    cues.put(SAY)
    mixer.samples(4800)
    qtbot.waitUntil(lambda: speech.state is SpeechState.NONE, timeout=10_000)
    cues.put(SAY)
    assert heard(mixer)
    assert len(said()) == 1


def test_nothing_waits_for_a_voice_that_hangs(speaking, qtbot):
    speech = speaking("hangs")
    began = time.monotonic()
    for _ in range(1000):  # more than a pipe takes
        speech.say(Cue(0.0, CueKind.SAY, text="Rest. " * 50))
    speech.hush()
    speech.close()
    assert time.monotonic() - began < HANGS_S / 4


def test_a_voice_that_was_given_up_is_tried_again_when_words_are_wanted_again(speaking, said, qtbot):
    speech = speaking("later")
    speech.say(SAY)
    qtbot.waitUntil(lambda: speech.state is SpeechState.NONE, timeout=10_000)
    speech.set_wanted(False)
    speech.set_wanted(True)
    qtbot.waitUntil(lambda: speech.state is SpeechState.ON, timeout=15_000)
    assert speech.say(SAY)
    qtbot.waitUntil(lambda: len(said()) == 2)


def test_a_window_that_stands_still_for_a_while_does_not_cost_the_voice(speaking, qtbot, monkeypatch):
    monkeypatch.setattr("nmt_sense.app.speech.ANSWER_MS", 300)
    speech = speaking("speaks")
    speech.say(SAY)
    time.sleep(0.8)
    qtbot.wait(600)
    assert speech.state is SpeechState.ON


def test_without_any_engine_words_are_tones(speaking):
    speech = speaking("dumb")
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    cues.put(SAY)
    assert heard(Mixer(cues, speech.say))
    assert speech.state is SpeechState.NONE


def test_a_voice_that_cannot_be_started_leaves_the_tones(qtbot, tmp_path):
    speech = Speech((str(tmp_path / "no-such-python"),))
    speech.start()
    qtbot.waitUntil(lambda: speech.state is SpeechState.NONE)
    assert not speech.say(SAY)
    speech.close()


def test_words_that_are_not_wanted_are_tones(speaking, said, qtbot):
    speech = speaking("speaks")
    speech.set_wanted(False)
    assert speech.state is SpeechState.OFF
    assert not speech.say(SAY)
    qtbot.waitUntil(lambda: said() == [["hush"]])


def test_silence_when_right_and_when_muted(speaking, said, qtbot):
    speech = speaking("speaks")
    mixer = Mixer(queue.SimpleQueue(), speech.say)
    assert not heard(mixer)
    mixer.muted = True
    mixer._cues.put(SAY)
    assert not heard(mixer)
    speech.hush()
    qtbot.waitUntil(lambda: bool(said()))
    assert said() == [["hush"]]


def test_the_volume_makes_everything_quieter_and_nothing_louder():
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    loud, quiet = Mixer(cues), Mixer(cues)
    quiet.volume = 0.25
    peaks = []
    for mixer in (loud, quiet):
        cues.put(LOST)
        peaks.append(abs(mixer.samples(48_000)).max())
    assert peaks[1] == pytest.approx(0.25 * peaks[0], rel=1e-3)
    assert CEILING < 1.0


def test_a_speech_system_that_hangs_holds_up_neither_start_nor_end(speaking):
    speech = speaking("never")
    sound = Sound(queue.SimpleQueue(), speech=speech)
    began = time.monotonic()
    assert not speech.say(SAY)
    sound.close()
    assert time.monotonic() - began < HANGS_S / 4


def fake_spd_say(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> Path:
    """A command of that name in the path, which writes down what it is asked; returns where."""
    command, told = folder / "spd-say", folder / "told"
    command.write_text(f'#!/bin/sh\necho "$@" >> {told}\n{does}\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    return told


@linux
@pytest.mark.parametrize(("does", "end"), [("exit 0", "taken"), ("exit 1", "failed"), ("exec sleep 60", "failed")])
def test_spd_say_speaks_and_its_failure_is_noticed(qtbot, tmp_path, monkeypatch, does, end):
    told = fake_spd_say(tmp_path, monkeypatch, does)
    parent = QObject()
    engine = SpdSay(parent)
    assert engine.alive
    ends: list[str] = []
    engine.taken.connect(lambda: ends.append("taken"))
    engine.failed.connect(lambda _: ends.append("failed"))
    engine.say("Rest, -x.", urgent=False, volume=1.0)
    qtbot.waitUntil(lambda: len(ends) == 1)
    engine.say("Glove lost.", urgent=True, volume=0.5)
    qtbot.waitUntil(lambda: len(ends) == 2)
    assert ends == [end, end]
    assert told.read_text().splitlines() == ["-P text -i 20 -- Rest, -x.", "-P important -i -40 -- Glove lost."]
    engine.stop()


def test_a_machine_that_cannot_speak_has_no_engine(qtbot, monkeypatch):
    monkeypatch.setenv("PATH", str(Path("/nowhere")))
    monkeypatch.setitem(sys.modules, "PyQt5.QtTextToSpeech", None)
    assert living_engine(QObject()) is None


MOUTH = """
import ctypes, sys, time
from nmt_sense.app import mouth, voices

class Stuck(voices.Engine):
    alive = True
    def say(self, text, urgent, volume):
        print("what a library prints")
        if text == "hang":  # with Python's lock held, as PyQt does
            ctypes.PyDLL("kernel32").Sleep(60_000) if sys.platform == "win32" else ctypes.PyDLL(None).sleep(60)
        self.taken.emit()
    def stop(self):
        pass

mouth.living_engine = lambda parent: Stuck(parent)
mouth.CALL_S = 0.5
sys.exit(mouth.main())
"""


def mouth_process(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_the_process_that_speaks_answers_for_its_words_and_ends_with_its_input():
    with mouth_process(sys.executable, "-c", MOUTH) as mouth:
        mouth.stdin.write('["say", 7, "Rest.", false, 1.0]\n')
        mouth.stdin.flush()
        assert [mouth.stdout.readline(), mouth.stdout.readline()] == ["ready\n", "7\n"]
        mouth.stdin.close()
        assert mouth.wait(timeout=20) == 0


def test_the_process_that_speaks_ends_by_itself_when_its_engine_never_comes_back():
    with mouth_process(sys.executable, "-c", MOUTH) as mouth:
        assert mouth.stdout.readline() == "ready\n"
        mouth.stdin.write('["say", 1, "hang", false, 1.0]\n')
        mouth.stdin.flush()  # and left open, as by a program that hangs itself
        assert mouth.wait(timeout=20) == 1


@linux
def test_without_qts_speech_the_command_speaks_and_is_left_alone_by_ctrl_c(tmp_path, monkeypatch):
    told = fake_spd_say(tmp_path, monkeypatch, "exit 0")
    without_qt = (
        "import runpy, sys; sys.modules['PyQt5.QtTextToSpeech'] = None; "
        f"runpy.run_module({COMMAND[-1]!r}, run_name='__main__')"
    )
    with mouth_process(sys.executable, "-c", without_qt) as mouth:
        assert mouth.stdout.readline() == "ready\n"
        os.kill(mouth.pid, signal.SIGINT)
        mouth.stdin.write('["say", 1, "Rest.", false, 1.0]\n')
        mouth.stdin.flush()
        assert mouth.stdout.readline() == "1\n"
        mouth.stdin.close()
        assert mouth.wait(timeout=20) == 0
    assert told.read_text() == "-P text -i 20 -- Rest.\n"
