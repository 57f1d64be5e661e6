"""Sounds the cues, in a thread of its own, so that drawing never delays a sound.

Without a sound device the cues are still taken, and the state says so; nothing else changes.
"""

from __future__ import annotations

import enum
import logging
import queue
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PyQt5.QtCore import QObject, QThread, QTimer, pyqtSignal, pyqtSlot

from nmt_sense.app.speech import Speech
from nmt_sense.blocks import Float32Array
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.tones import CEILING, tone_for

if TYPE_CHECKING:
    from nmt_sense.app.speaker import Speaker

log = logging.getLogger(__name__)
SILENT_POLL_MS = 100


class SoundState(enum.Enum):
    """What the sound is doing. The values are shown."""

    STARTING = "sound starting"
    ON = "sound on"
    MUTED = "sound off"
    NO_DEVICE = "no sound device"


class Mixer:
    """Cues in, samples out. Sounds that overlap are added and held under the ceiling."""

    def __init__(self, cues: queue.SimpleQueue[Cue], speak: Callable[[Cue], bool] = lambda _: False) -> None:
        """``speak`` takes the cues that have words, and says whether they will be heard."""
        self._cues, self._speak = cues, speak
        self._waiting: Float32Array = np.empty(0, np.float32)
        self.muted = False
        self.volume = 1.0
        """Part of the ceiling, 0..1."""
        self.taken = 0

    def take(self) -> None:
        """Take every cue that waits and add its sound to what is playing."""
        while True:
            try:
                cue = self._cues.get_nowait()
            except queue.Empty:
                return
            self.taken += 1
            if not self.muted:
                spoken = bool(cue.text) and self._speak(cue)
                if not (spoken and cue.kind is CueKind.SAY):  # where words are heard, no tone need announce them
                    self._add(tone_for(cue))

    def samples(self, count: int) -> Float32Array:
        """The next ``count`` samples at ``RATE_HZ``, silence where nothing plays; never above the ceiling."""
        self.take()
        out = np.zeros(count, np.float32)
        if not self.muted:
            playing = self._waiting[:count]
            out[: len(playing)] = playing
        self._waiting = self._waiting[count:]
        return np.clip(out, -CEILING, CEILING, out=out) * np.float32(self.volume)

    def _add(self, tone: Float32Array) -> None:
        mixed = np.zeros(max(len(tone), len(self._waiting)), np.float32)
        mixed[: len(self._waiting)] = self._waiting
        mixed[: len(tone)] += tone
        self._waiting = mixed


class _Voice(QObject):
    """Lives in the sound thread and owns the speaker."""

    ready = pyqtSignal(object)

    def __init__(self, mixer: Mixer) -> None:
        super().__init__()
        self._mixer = mixer
        self._make: type[Speaker] | None = None
        self._speaker: Speaker | None = None
        self._poll: QTimer | None = None

    def load(self) -> None:
        """Load Qt's sound, in the window's thread: PyQt tears when another thread uses it while a part of it loads."""
        try:
            from nmt_sense.app.speaker import Speaker
        except ImportError as error:
            log.warning("no sound: %s", error)
            return
        self._make = Speaker

    @pyqtSlot()
    def begin(self) -> None:
        """Open the device; without one, only take the cues."""
        self._speaker = self._make(self._mixer.samples, self._without_device) if self._make else None
        if self._speaker is not None and self._speaker.start():
            self.ready.emit(SoundState.ON)
        else:
            self._without_device()

    @pyqtSlot()
    def end(self) -> None:
        """Close the device, in the thread that opened it."""
        if self._speaker is not None:
            self._speaker.stop()
        if self._poll is not None:
            self._poll.stop()
        self._speaker = self._poll = None

    def _without_device(self) -> None:
        if self._poll is None:
            self._poll = QTimer()
            self._poll.setInterval(SILENT_POLL_MS)
            self._poll.timeout.connect(self._mixer.take)
            self._poll.start()
            self.ready.emit(SoundState.NO_DEVICE)


class Sound(QObject):
    """Plays the cues of a queue from :meth:`start` to :meth:`close`."""

    changed = pyqtSignal(object)

    def __init__(
        self, cues: queue.SimpleQueue[Cue], parent: QObject | None = None, speech: Speech | None = None
    ) -> None:
        super().__init__(parent)
        self.speech = speech or Speech()
        self.speech.changed.connect(lambda _: self.changed.emit(self.state))
        self._mixer = Mixer(cues, self.speech.say)
        self._thread = QThread()
        self._thread.setObjectName("sound")
        self._voice = _Voice(self._mixer)
        self._voice.moveToThread(self._thread)
        self._voice.ready.connect(self._is_ready)
        self._thread.started.connect(self._voice.begin)
        self._thread.finished.connect(self._voice.end)
        self._device = SoundState.STARTING

    @property
    def state(self) -> SoundState:
        """What the sound is doing."""
        return SoundState.MUTED if self._mixer.muted and self._device is SoundState.ON else self._device

    @property
    def taken(self) -> int:
        """Cues taken so far."""
        return self._mixer.taken

    def start(self) -> None:
        """Open the device in the sound thread; never waits for it."""
        self._voice.load()
        self._thread.start(QThread.Priority.TimeCriticalPriority)
        self.speech.start()

    def set_volume(self, part: float) -> None:
        """Loudness of tones and words, as a part of the ceiling, 0..1."""
        self._mixer.volume = part
        self.speech.set_volume(part)

    @property
    def muted(self) -> bool:
        """True when the person wants silence."""
        return self._mixer.muted

    def toggle_mute(self) -> None:
        """Sound off, or on again."""
        self._mixer.muted = not self._mixer.muted
        if self._mixer.muted:
            self.speech.hush()
        self.changed.emit(self.state)

    def close(self) -> None:
        """Stop and leave no thread behind; may be called twice."""
        self._thread.quit()
        self._thread.wait()
        self.speech.close()

    def _is_ready(self, device: SoundState) -> None:
        self._device = device
        self.changed.emit(self.state)
