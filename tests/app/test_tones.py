from __future__ import annotations

import queue

import numpy as np
import pytest

from nmt_sense.app.sound import Mixer
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.tones import CEILING, RAMP_S, RATE_HZ, tone_for

KINDS = list(CueKind)


def cue(kind: CueKind, strength: float = 1.0) -> Cue:
    return Cue(0.0, kind, 1.0, strength)


def loudest_hz(tone: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(tone, 8 * RATE_HZ))
    return float(np.argmax(spectrum)) / 8


def test_too_little_and_too_much_lie_two_octaves_apart():
    low, high = loudest_hz(tone_for(cue(CueKind.TOO_LITTLE))), loudest_hz(tone_for(cue(CueKind.TOO_MUCH)))
    assert low == pytest.approx(220, abs=6)
    assert high == pytest.approx(880, abs=6)


def test_pulses_last_an_eighth_of_a_second():
    assert len(tone_for(cue(CueKind.TOO_LITTLE))) == len(tone_for(cue(CueKind.TOO_MUCH))) == round(0.12 * RATE_HZ)


def test_done_rises_and_data_lost_falls_in_three_notes():
    done, lost = tone_for(cue(CueKind.DONE)), tone_for(cue(CueKind.DATA_LOST))
    first, last = loudest_hz(done[: len(done) // 3]), loudest_hz(done[-len(done) // 3 :])
    assert last > 1.3 * first
    notes = [loudest_hz(part) for part in np.array_split(lost, 3)]
    assert notes[0] > 1.15 * notes[1] > 1.3 * notes[2]


@pytest.mark.parametrize("kind", KINDS)
def test_no_sound_startles(kind):
    tone = tone_for(cue(kind))
    ramp = round(RAMP_S * RATE_HZ)
    assert RAMP_S >= 0.025
    assert abs(tone[0]) < 1e-3 * CEILING
    assert abs(tone[-1]) < 0.01 * CEILING
    half = np.abs(tone).max() / 2
    assert np.abs(tone[: ramp // 4]).max() < half
    assert np.abs(tone[-ramp // 4 :]).max() < half


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strength", [-1.0, 0.0, 0.5, 1.0, 7.0])
def test_no_sound_is_louder_than_the_ceiling(kind, strength):
    tone = tone_for(cue(kind, strength))
    assert 0.0 < np.abs(tone).max() <= CEILING


def test_pulses_grow_with_the_error_by_eighteen_decibels():
    quiet, loud = (np.abs(tone_for(cue(CueKind.TOO_MUCH, s))).max() for s in (0.0, 1.0))
    assert 20 * np.log10(loud / quiet) == pytest.approx(18, abs=0.1)


def test_all_cues_sound_different():
    tones = [tone_for(cue(kind)) for kind in KINDS]
    for k, one in enumerate(tones):
        for other in tones[:k]:
            size = min(len(one), len(other))
            assert np.corrcoef(one[:size], other[:size])[0, 1] < 0.5


def test_cues_at_the_same_time_stay_under_the_ceiling():
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    for kind in KINDS:
        cues.put(cue(kind))
    sound = np.concatenate([Mixer(cues).samples(RATE_HZ)])
    assert 0.5 * CEILING < np.abs(sound).max() <= CEILING


def test_pieces_of_sound_join_without_a_seam():
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    cues.put(cue(CueKind.DONE))
    mixer, tone = Mixer(cues), tone_for(cue(CueKind.DONE))
    pieces = np.concatenate([mixer.samples(count) for count in (1, 479, 960, 17, len(tone))])
    np.testing.assert_array_equal(pieces[: len(tone)], tone)
    assert not pieces[len(tone) :].any()


def test_muted_is_silent_and_still_takes_the_cues():
    cues: queue.SimpleQueue[Cue] = queue.SimpleQueue()
    cues.put(cue(CueKind.DONE))
    mixer = Mixer(cues)
    mixer.muted = True
    assert not mixer.samples(4800).any()
    assert (mixer.taken, cues.empty()) == (1, True)


def test_without_cues_there_is_silence():
    assert not Mixer(queue.SimpleQueue()).samples(4800).any()
