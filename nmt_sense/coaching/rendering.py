"""Cues to sound without a sound device: the whole stream as samples, and as a WAV file."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from nmt_sense.blocks import Float32Array
from nmt_sense.coaching.kept_cues import Kept, kept_cue, loudest_n
from nmt_sense.coaching.state import Cue
from nmt_sense.coaching.technique import Technique
from nmt_sense.coaching.tones import CEILING, RATE_HZ, tone_for
from nmt_sense.errors import NmtError
from nmt_sense.events import Event, EventKind

FULL_SCALE = 32767
TAIL_S = 1.0
"""Silence after the last cue, so that it ends whole."""
LONGEST_S = 3600.0 * 4
"""Assumed: a WAV file of more than four hours is a mistake."""


def render(cues: Iterable[Cue], seconds: float) -> Float32Array:
    """(N,) samples at ``RATE_HZ`` of so many seconds: each cue's tone at its time, overlapping ones added.

    No sample is above ``CEILING``. Cues after the end are left out.
    """
    samples = np.zeros(max(0, round(seconds * RATE_HZ)), np.float32)
    for cue in cues:
        start = round(cue.time_s * RATE_HZ)
        tone = tone_for(cue)[: max(0, len(samples) - start)]
        if start >= 0:
            samples[start : start + len(tone)] += tone
    return np.clip(samples, -CEILING, CEILING, out=samples)


def write_wav(path: Path, samples: Float32Array) -> None:
    """Write samples (N,) as 16 bit mono. Raises :class:`NmtError` when it is there already or cannot be."""
    data = np.round(samples * FULL_SCALE).astype("<i2").tobytes()
    try:
        with path.open("xb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE_HZ)
            sound.writeframes(data)
    except FileExistsError:
        raise NmtError(f"{path} exists already and is never overwritten; choose another name.") from None
    except OSError as error:
        raise NmtError(f"{path} cannot be written ({error.strerror or error}).") from error


def recorded_cues(events: Iterable[Event], technique: Technique) -> list[Kept]:
    """The cues among a recording's events, as strong as they were; others are left out.

    A recording made before strengths were kept knows them only of pulses with an error in newtons, and only where its
    technique is as loud in all phases.
    """
    loudest = loudest_n(technique)
    timely = (event for event in events if event.kind is EventKind.CUE and 0 <= event.time_s < LONGEST_S)
    return [kept for event in timely if (kept := kept_cue(event, loudest)) is not None]
