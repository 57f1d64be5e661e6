from __future__ import annotations

import queue
import sys

from nmt_sense.app.sound import Sound, SoundState
from nmt_sense.coaching.state import Cue, CueKind


def test_a_machine_without_sound_still_takes_every_cue_and_says_so(qtbot, monkeypatch):
    monkeypatch.setitem(sys.modules, "nmt_sense.app.speaker", None)  # what a missing sound library does to the import
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    sound = Sound(cues)
    sound.start()
    try:
        qtbot.waitUntil(lambda: sound.state is SoundState.NO_DEVICE)
        for kind in CueKind:
            cues.put(Cue(0.0, kind))
        qtbot.waitUntil(lambda: sound.taken == len(CueKind))
        sound.toggle_mute()
        assert sound.state is SoundState.NO_DEVICE
    finally:
        sound.close()


def test_sound_opens_or_says_that_there_is_none_and_closes(qtbot):
    sound = Sound(queue.SimpleQueue())
    sound.start()
    try:
        qtbot.waitUntil(lambda: sound.state is not SoundState.STARTING)
        assert sound.state in (SoundState.ON, SoundState.NO_DEVICE)
    finally:
        sound.close()
        sound.close()
