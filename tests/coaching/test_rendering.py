"""The cue stream as a WAV file: what a practitioner hears, looked at as numbers."""

from __future__ import annotations

import wave
from pathlib import Path

import msgspec
import numpy as np
import pytest
from practised import force, run, said
from presses import block, holds_of

from nmt_sense.coaching.kept_cues import cue_words
from nmt_sense.coaching.rendering import recorded_cues, render, write_wav
from nmt_sense.coaching.state import Cue, CueKind
from nmt_sense.coaching.technique import load_technique
from nmt_sense.coaching.template import make_template, pressed
from nmt_sense.coaching.tones import CEILING, DONE_HZ, HIGH_HZ, LET_GO_HZ, LOW_HZ, RATE_HZ, WORD_HZ, tone_for
from nmt_sense.errors import NmtError
from nmt_sense.events import Event, EventKind

TECHNIQUE = load_technique().with_target(hold_s=30)
POINTS = (0, 0), (0.5, 0), (3.7, 32), (8, 32), (8.01, 24), (11, 24), (11.01, 32), (15, 32), (15.01, 42), (18, 42)
MADE = force(*POINTS, (18.01, 32), (21, 32), (21.01, 0), (22, 0))
"""Right from 3.3 s to 8 s, too little until 11 s, right until 15 s, too much until 18 s, right until 21 s."""


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    _, cues = run(TECHNIQUE, MADE)
    return render(cues, 22.0)


def heard(sound: np.ndarray, from_s: float, to_s: float) -> np.ndarray:
    return sound[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]


def strongest_hz(piece: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    return float(np.argmax(spectrum) * RATE_HZ / len(piece))


def test_the_first_phase_is_announced_at_once(sound: np.ndarray) -> None:
    assert strongest_hz(heard(sound, 0.0, 0.1)) == pytest.approx(WORD_HZ, rel=0.02)


def test_it_is_silent_in_the_band_and_without_contact(sound: np.ndarray) -> None:
    for from_s, to_s in ((0.1, 8.25), (11.2, 15.25), (18.2, 22.0)):
        assert not heard(sound, from_s, to_s).any()


def test_too_little_and_too_much_lie_two_octaves_apart(sound: np.ndarray) -> None:
    low, high = strongest_hz(heard(sound, 8.2, 11.2)), strongest_hz(heard(sound, 15.2, 18.2))
    assert low == pytest.approx(LOW_HZ, rel=0.02)
    assert high == pytest.approx(HIGH_HZ, rel=0.02)
    assert high / low == pytest.approx(4.0, rel=0.03)


def test_pulses_are_faster_and_louder_with_the_error() -> None:
    pulses, loudest = [], []
    for newtons in (37.0, 40.0, 44.0):
        _, cues = run(TECHNIQUE, force((0, 0), (0.5, 0), (3.7, 32), (5, 32), (5.01, newtons), (15, newtons)))
        piece = heard(render(cues, 15.0), 5.0, 15.0)
        loud = np.abs(piece) > 0.001
        loudest.append(float(np.abs(piece).max()))
        quiet_before = np.flatnonzero(loud[1:] & ~loud[:-1])
        pulses.append(1 + np.count_nonzero(np.diff(quiet_before) > 0.05 * RATE_HZ))
    assert pulses[0] < pulses[1] < pulses[2]
    assert loudest[0] < loudest[1] < loudest[2]


def test_a_template_is_silent_while_it_is_followed_and_heard_where_it_is_not() -> None:
    expert = force((0, 0), (0.5, 0), (3.7, 32), (10, 25), (20, 32), (20.5, 0), (22, 0))
    whole = block(expert)
    (hold,) = holds_of(whole)
    press = pressed(whole.time_s, whole.contact_n, whole.contact_uncertainty_n, hold)
    template = make_template([press], TECHNIQUE, name="expert", made_from="a hold", tolerance_n=4.0)
    time_s = np.arange(len(expert)) * 0.01
    wrong = np.select([(time_s > 6) & (time_s <= 8), (time_s > 11) & (time_s <= 13)], [-8.0, 8.0])
    trembling = np.where((time_s > 15) & (time_s <= 18), 4.4 + 0.6 * np.sin(2 * np.pi * 8 * time_s), 0.0)
    right, student = (render(run(template, made)[1], 22.0) for made in (expert, expert + wrong + trembling))
    assert not heard(right, 0.1, 20.3).any()  # then the chime: it is over
    for from_s, to_s in ((0.1, 6.25), (8.2, 11.25), (13.2, 15.25), (18.2, 20.3)):
        assert not heard(student, from_s, to_s).any()
    pitches = [strongest_hz(heard(student, from_s, to_s)) for from_s, to_s in ((6.2, 8.2), (11.2, 13.2), (15.2, 18.2))]
    assert pitches == pytest.approx([LOW_HZ, HIGH_HZ, HIGH_HZ], rel=0.02)


def test_nothing_is_above_the_ceiling_however_much_sounds_at_once() -> None:
    everything = [Cue(1.0 + k / 1000, kind) for k in range(40) for kind in CueKind]
    samples = render(everything, 4.0)
    assert np.abs(samples).max() == pytest.approx(CEILING)
    assert len(samples) == 4 * RATE_HZ


def test_letting_go_sounds_like_nothing_else() -> None:
    """Not the chime upside up, not the high pulses, and not once only: four notes, down and up and down again."""
    tone = tone_for(Cue(0.0, CueKind.LET_GO))
    notes = [strongest_hz(tone[round(at * RATE_HZ) :][: round(0.1 * RATE_HZ)]) for at in (0.02, 0.14, 0.26, 0.38)]
    assert notes == pytest.approx(LET_GO_HZ, rel=0.03)
    others = [tone_for(Cue(0.0, kind)) for kind in CueKind if kind is not CueKind.LET_GO]
    assert all(abs(len(tone) - len(other)) > 0.02 * RATE_HZ for other in others)
    assert LET_GO_HZ[:2] == DONE_HZ[::-1]


def test_whoever_does_not_let_go_hears_it_in_the_file() -> None:
    made = force((0, 0), (0.5, 0), (3.7, 32), (9, 32), (9.01, 0), (10, 0))
    _, cues = run(TECHNIQUE, made, [said(6.0, EventKind.CLIENT_STOP)])
    events = [Event(cue.time_s, EventKind.CUE, cue.error_n, cue.kind.value) for cue in cues]
    sound = rendered(events, 10.0)
    assert [heard(sound, at, at + 0.5).any() for at in (5.4, 6.0, 6.6, 8.0, 8.6)] == [False, True, False, True, False]


def test_a_wav_file_holds_what_was_rendered(tmp_path: Path, sound: np.ndarray) -> None:
    path = tmp_path / "cues.wav"
    write_wav(path, sound)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, RATE_HZ, len(sound))
        stored = np.frombuffer(file.readframes(len(sound)), "<i2") / 32767
    np.testing.assert_allclose(stored, sound, atol=1e-4)
    with pytest.raises(NmtError, match="never overwritten"):
        write_wav(path, sound)


def rendered(events: list[Event], seconds: float) -> np.ndarray:
    return render([kept.cue for kept in recorded_cues(events, TECHNIQUE)], seconds)


def test_cues_of_a_recording_sound_as_they_did(sound: np.ndarray) -> None:
    _, cues = run(TECHNIQUE, MADE)
    events = [Event(cue.time_s, EventKind.CUE, cue.error_n, cue_words(cue)) for cue in cues]
    strange = [Event(1.0, EventKind.CUE, 1.0, "whistle"), Event(1.0, EventKind.MARKER)]
    np.testing.assert_array_equal(rendered([*events, *strange], 22.0), sound)


@pytest.mark.parametrize("strength", [0.0, 0.031, 0.0571428, 1 / 3, 1.0])
def test_a_pulse_is_as_strong_afterwards_as_it_was_whatever_its_error(strength: float) -> None:
    """A trial's rate has no error in newtons, a stroke's strength is of another width than a hold's."""
    for kind, error_n in ((CueKind.TOO_MUCH, float("nan")), (CueKind.TOO_LITTLE, 0.25)):
        live = Cue(1.0, kind, error_n, strength)
        event = Event(1.0, EventKind.CUE, error_n, cue_words(live))
        np.testing.assert_array_equal(rendered([event], 2.0), render([live], 2.0))


@pytest.mark.parametrize("text", ["too_much", "too_much: ", "too_much: loud", "too_much: 7", "too_much: nan"])
def test_a_strength_that_was_never_kept_is_said_to_be_unknown(text: str) -> None:
    (kept,) = recorded_cues([Event(1.0, EventKind.CUE, text=text)], TECHNIQUE)
    assert (kept.strength_known, kept.cue.strength) == (False, 1.0)
    (chime,) = recorded_cues([Event(1.0, EventKind.CUE, text="done")], TECHNIQUE)
    assert chime.strength_known


def test_the_pulses_of_an_older_recording_of_holds_sound_as_they_did(sound: np.ndarray) -> None:
    _, cues = run(TECHNIQUE, MADE)
    older = [Event(cue.time_s, EventKind.CUE, cue.error_n, cue.kind.value) for cue in cues]
    assert all(kept.strength_known for kept in recorded_cues(older, TECHNIQUE))
    np.testing.assert_array_equal(rendered(older, 22.0), sound)
    apart = load_technique("ischemic-compression-percent"), load_technique("neuromuscular-strokes")
    mixed = msgspec.structs.replace(apart[0], phases=(*apart[0].phases, *apart[1].phases))
    assert not any(kept.strength_known for kept in recorded_cues(older, mixed) if kept.cue.kind is CueKind.TOO_LITTLE)
