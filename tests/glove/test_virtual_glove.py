"""The virtual glove speaks the real wire format, and its true force is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt_sense.device import Button
from nmt_sense.glove import wire
from nmt_sense.glove.fsr import EXPONENT, GAIN_US, IDEAL
from nmt_sense.glove.practitioner import Practice, Practitioner
from nmt_sense.glove.virtual import Script, VirtualGlove, plan_rate, virtual_info

START = wire.frame(wire.pack(wire.Command(wire.Kind.START, 1)))


def command(kind: wire.Kind, fields: bytes = b"") -> bytes:
    return wire.frame(wire.pack(wire.Command(kind, 9, fields)))


def result_of(glove: VirtualGlove, kind: wire.Kind, fields: bytes = b"") -> wire.Result:
    glove.receive(command(kind, fields))
    acks = [m for m in wire.Decoder().feed(glove.advance(glove.next_scan)) if isinstance(m, wire.Ack)]
    return acks[-1].result


def streamed(script: Script, steps: list[int]) -> bytes:
    glove = VirtualGlove(script)
    glove.receive(START)
    return b"".join(glove.advance(to) for to in steps)


@given(st.lists(st.integers(1, 900), max_size=8))
def test_the_same_seed_sends_the_same_bytes_however_time_is_cut(cuts: list[int]) -> None:
    script = Script(seed=5, marker_s=(1.0,))
    assert streamed(script, [*sorted(cuts), 900]) == streamed(script, [900])


def test_another_seed_is_another_session() -> None:
    assert streamed(Script(seed=1), [1000]) != streamed(Script(seed=2), [1000])


def test_counts_of_ideal_sensors_follow_the_stated_law() -> None:
    glove = VirtualGlove(Script(physics=IDEAL))
    glove.receive(START)
    frames = [m for m in wire.Decoder().feed(glove.advance(1500)) if isinstance(m, wire.Data)]
    first = frames[0].first_scan
    counts = np.concatenate([frame.counts for frame in frames])
    truth = glove.true_newtons(first, len(counts)).astype(float)
    conductance = GAIN_US * truth**EXPONENT
    expected = conductance / (conductance + 1e6 / 3300) * glove.info.full_scale
    step = glove.info.samples_per_value >> glove.info.shift  # one step of a single conversion, which is cut off
    lost = expected - counts
    assert lost.min() > -0.01  # the truth is kept in single precision
    assert lost.max() < step + 0.01
    assert truth[:, 0].max() > 20


def test_real_sensors_differ_from_the_law_but_not_wildly() -> None:
    glove = VirtualGlove(Script(seed=4))
    glove.advance(3000)
    ideal = VirtualGlove(Script(seed=4, physics=IDEAL))
    ideal.advance(3000)
    held = slice(900, 1500)
    real_counts = glove._bank.scans(0, 3000)[0][held, 0].astype(float)
    ideal_counts = ideal._bank.scans(0, 3000)[0][held, 0].astype(float)
    ratio = real_counts.mean() / ideal_counts.mean()
    assert 0.8 < ratio < 1.2
    assert ratio != 1.0


@pytest.mark.parametrize(("rate", "samples", "per_frame"), [(50, 16, 1), (250, 4, 3), (1000, 1, 8), (333, 1, 3)])
def test_oversampling_fills_what_the_rate_leaves_free(rate: int, samples: int, per_frame: int) -> None:
    info = plan_rate(virtual_info(Script()), rate)
    assert (info.samples_per_value, info.scans_per_frame) == (samples, per_frame)
    assert info.full_scale == 1024 * samples >> info.shift
    assert info.rate_hz == pytest.approx(rate, rel=1e-3)


def test_buttons_are_reported_with_their_own_time() -> None:
    glove = VirtualGlove(Script(client_stop_s=(0.5,)))
    edges = [m for m in wire.Decoder().feed(glove.advance(300)) if isinstance(m, wire.ButtonEdge)]
    assert [(edge.button, edge.down) for edge in edges] == [(Button.CLIENT_STOP, True), (Button.CLIENT_STOP, False)]
    moments = [edge.scan * glove.info.period_s + edge.ticks / glove.info.tick_hz for edge in edges]
    assert moments == pytest.approx([0.5, 0.7], abs=1e-6)


def test_a_change_of_rate_starts_the_numbering_anew_and_is_refused_while_streaming() -> None:
    glove = VirtualGlove(Script())
    glove.advance(100)
    assert result_of(glove, wire.Kind.RATE, wire.rate_fields(500)) is wire.Result.DONE
    assert (glove.next_scan, round(glove.info.rate_hz)) == (0, 500)
    glove.receive(START)
    assert result_of(glove, wire.Kind.RATE, wire.rate_fields(250)) is wire.Result.NOT_WHILE_STREAMING


@pytest.mark.parametrize(
    ("kind", "fields", "result"),
    [
        (wire.Kind.RATE, wire.rate_fields(49), wire.Result.OUT_OF_RANGE),
        (wire.Kind.RATE, b"\x01", wire.Result.WRONG_LENGTH),
        (wire.Kind.NAME, b"\x03abc", wire.Result.DONE),
        (wire.Kind.NAME, b"\x09abc", wire.Result.WRONG_LENGTH),
        (wire.Kind.NAME, b"\x02a\x07", wire.Result.OUT_OF_RANGE),
        (wire.Kind.CUE, b"\x06", wire.Result.OUT_OF_RANGE),
        (wire.Kind.IDENTIFY, b"\x1e", wire.Result.DONE),
        (wire.Kind.SERIAL, b"\x01\x00\x00\x00", wire.Result.OUT_OF_RANGE),
        (wire.Kind.HELLO, b"", wire.Result.UNKNOWN_COMMAND),
    ],
)
def test_commands_are_answered_as_the_protocol_says(kind: wire.Kind, fields: bytes, result: wire.Result) -> None:
    glove = VirtualGlove(Script())
    if kind < 0x80:
        kind = wire.Kind(kind)
        glove._handle(wire.Command(0x99, 9, fields))
        acks = [m for m in wire.Decoder().feed(glove.advance(0)) if isinstance(m, wire.Ack)]
        assert acks[-1].result is result
    else:
        assert result_of(glove, kind, fields) is result


def test_the_practitioner_presses_and_lets_go_as_planned() -> None:
    practitioner = Practitioner(Practice(lapse_every=0), seed=2)
    time_s = np.arange(0, 60, 0.01)
    force = practitioner.contact_newtons(time_s)
    presses = practitioner.presses(0.0, 60.0)
    pressing = force > 1.0
    assert np.count_nonzero(np.diff(pressing.astype(int)) == 1) == len(presses)
    first = presses[0]
    held = force[(time_s > first.hold_from) & (time_s < first.hold_to)]
    assert held.mean() == pytest.approx(first.force_n, rel=0.05)
    assert 0 < held.std() < 0.05 * first.force_n
