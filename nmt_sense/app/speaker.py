"""The sound device, pulled and unbuffered: about 40 ms from asking to sounding.

Imported only where it is used: on a Linux without the sound system's libraries this import fails, and the program
goes on without sound.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from PyQt5.QtCore import QIODevice, QObject
from PyQt5.QtMultimedia import QAudio, QAudioDeviceInfo, QAudioFormat, QAudioOutput

from nmt_sense.blocks import Float32Array
from nmt_sense.coaching.tones import RATE_HZ

AHEAD_MS = 60
FULL_SCALE = 32767


class Samples(QIODevice):
    """What the audio output pulls from: ``next_samples(count)``, as 16-bit."""

    def __init__(self, next_samples: Callable[[int], Float32Array]) -> None:
        super().__init__()
        self._next_samples = next_samples
        mode = QIODevice.OpenMode()
        mode |= QIODevice.OpenModeFlag.ReadOnly
        mode |= QIODevice.OpenModeFlag.Unbuffered
        self.open(mode)

    def readData(self, maxlen: int) -> bytes:
        """The next ``maxlen`` bytes at most."""
        return (self._next_samples(maxlen // 2) * FULL_SCALE).astype("<i2").tobytes()

    def bytesAvailable(self) -> int:
        """There is always something to play, if only silence."""
        return RATE_HZ


class Speaker(QObject):
    """Plays from :meth:`start` to :meth:`stop`, both called in the thread that plays."""

    def __init__(self, next_samples: Callable[[int], Float32Array], gone: Callable[[], None]) -> None:
        super().__init__()
        self._samples = Samples(next_samples)
        self._gone = gone
        self._output: QAudioOutput | None = None

    def start(self) -> bool:
        """Open the default device; False when there is none that plays. Qt raises nothing, so its state is asked."""
        device, wanted = default_device(), sample_format()
        if device.isNull() or not device.isFormatSupported(wanted):
            return False
        self._output = QAudioOutput(device, wanted)
        self._output.setBufferSize(RATE_HZ * 2 * AHEAD_MS // 1000)
        self._output.start(self._samples)
        if self._output.state() == QAudio.State.StoppedState:
            self._output = None
            return False
        self._output.stateChanged.connect(self._changed)
        return True

    def stop(self) -> None:
        """Close the device."""
        if self._output is not None:
            self._output.stateChanged.disconnect(self._changed)
            self._output.stop()
            self._output = None

    def _changed(self, state: int) -> None:
        if state == QAudio.State.StoppedState:
            self._gone()


def sample_format() -> QAudioFormat:
    """One channel of 16-bit samples at ``RATE_HZ``."""
    made = QAudioFormat()
    made.setSampleRate(RATE_HZ)
    made.setChannelCount(1)
    made.setSampleSize(16)
    made.setCodec("audio/pcm")
    made.setByteOrder(QAudioFormat.Endian.LittleEndian)
    made.setSampleType(QAudioFormat.SampleType.SignedInt)
    return made


def default_device() -> QAudioDeviceInfo:
    """The system's default output; on Windows its WASAPI face, for the other one is two seconds late."""
    default = QAudioDeviceInfo.defaultOutputDevice()
    if sys.platform != "win32":
        return default
    faces = [info for info in QAudioDeviceInfo.availableDevices(QAudio.Mode.AudioOutput) if info.realm() == "wasapi"]
    named = [info for info in faces if info.deviceName() == default.deviceName()]
    return (named or faces or [default])[0]
