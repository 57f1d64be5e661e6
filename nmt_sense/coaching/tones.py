"""The sounds, made of sines: short, soft at the edges, two octaves between too little and too much."""

from __future__ import annotations

import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.coaching.state import Cue, CueKind

RATE_HZ = 48_000
CEILING = 0.35
"""No sample of any tone is larger, of full scale 1: the loudest is a quiet knock on a speaker set to full."""
RAMP_S = 0.025
"""Slow enough not to startle."""
QUIETEST_DB = -18.0
WORD_STRENGTH = 0.4
LOW_HZ, HIGH_HZ = 220.0, 880.0
DONE_HZ = (523.25, 783.99)
"""C5 and G5: a rising fifth."""
LOST_HZ = (493.88, 369.99, 261.63)
"""Falling, with overtones: unlike every other tone."""
BACK_HZ = (392.0,)
ALARM_HZ = (1046.5, 1046.5, 1046.5)
"""C6 three times, with overtones: above everything else, and the only one that repeats itself."""
LET_GO_HZ = (783.99, 523.25, 783.99, 523.25)
"""G5 and C5, twice: the fifth of "done" upside down, so that it is not taken for praise."""
WORD_HZ = 659.25
"""E5, short: words are coming, or would, where there is no speech."""


def tone_for(cue: Cue) -> Float32Array:
    """The sound of a cue: (N,) samples at ``RATE_HZ``, within ``CEILING``."""
    match cue.kind:
        case CueKind.TOO_LITTLE:
            made = _note(LOW_HZ, 0.12, (1.0, 0.35, 0.15)) * level(cue.strength)
        case CueKind.TOO_MUCH:
            made = _note(HIGH_HZ, 0.12, (1.0, 0.2)) * level(cue.strength)
        case CueKind.DONE:
            made = _melody(DONE_HZ, 0.22, (1.0, 0.3, 0.1), overlap_s=0.05)
        case CueKind.DATA_LOST:
            made = _melody(LOST_HZ, 0.2, (1.0, 0.8, 0.6, 0.5, 0.4), overlap_s=-0.05)
        case CueKind.DATA_BACK:
            made = _note(BACK_HZ[0], 0.16, (1.0, 0.3))
        case CueKind.CEILING:
            made = _melody(ALARM_HZ, 0.09, (1.0, 0.7, 0.5, 0.3), overlap_s=-0.04)
        case CueKind.LET_GO:
            made = _melody(LET_GO_HZ, 0.14, (1.0, 0.5, 0.25), overlap_s=0.02)
        case CueKind.SAY:
            made = _note(WORD_HZ, 0.08, (1.0, 0.1)) * level(WORD_STRENGTH)
    return (CEILING * made).astype(np.float32)


def level(strength: float) -> float:
    """Amplitude 0..1 for a cue's strength 0..1: from ``QUIETEST_DB`` to full."""
    return float(10.0 ** (QUIETEST_DB * (1.0 - min(max(strength, 0.0), 1.0)) / 20.0))


def _note(hertz: float, seconds: float, partials: tuple[float, ...]) -> Float64Array:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    waves = [gain * np.sin(2 * np.pi * hertz * (k + 1) * time) for k, gain in enumerate(partials)]
    made: Float64Array = np.sum(waves, axis=0) / sum(partials) * _envelope(len(time))
    return made


def _envelope(samples: int) -> Float64Array:
    ramp = round(RAMP_S * RATE_HZ)
    edge = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
    made = np.ones(samples)
    made[:ramp] = edge
    made[-ramp:] = edge[::-1]
    return made


def _melody(hertz: tuple[float, ...], seconds: float, partials: tuple[float, ...], overlap_s: float) -> Float64Array:
    step = round((seconds - overlap_s) * RATE_HZ)
    notes = [_note(pitch, seconds, partials) for pitch in hertz]
    made = np.zeros(step * (len(notes) - 1) + len(notes[-1]))
    for k, note in enumerate(notes):
        made[k * step : k * step + len(note)] += note
    return made / max(1.0, float(np.abs(made).max()))
