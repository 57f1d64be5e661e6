"""``sim://`` for pyserial: a virtual glove on a virtual port.

``sim://?seed=1&rate=250&speed=1&force=32&hold=6&lapse=3&marker=5,9&client_stop=12&ideal=1``, or
``sim://?steps=5,10,20:90&on=thumb`` for known loads instead of a hand that presses. Every option is optional:
``seed``; ``rate`` in Hz; ``speed`` relative to real time or ``max``; ``force`` in N and ``hold`` in s that the
practitioner aims at; ``lapse``: every so many holds slip (0 never); moments in s at which buttons are pressed;
``ideal``: sensors without spread, hysteresis, creep and noise; ``steps``: loads in N put on one sensor (``on``), each
for six seconds or for as many as stand behind its colon, over and over. A scale under such a glove is ``simscale://``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nmt_sense.blocks import Float32Array
from nmt_sense.glove.fsr import IDEAL, Physics
from nmt_sense.glove.pacing import ByteSource, PacedSerial
from nmt_sense.glove.practitioner import SENSORS, Practice
from nmt_sense.glove.protocol_simscale import lie_under
from nmt_sense.glove.virtual import Script, VirtualGlove
from nmt_sense.glove.weights import weights
from nmt_sense.glove.wire import MAX_RATE_HZ, MIN_RATE_HZ


class GloveSource:
    """A virtual glove whose scan timer follows the port's time.

    Its time stands still until the first START, so that scan 0 is the first one sent and the same seed gives the same
    recording, however long the handshake took.
    """

    def __init__(self, script: Script) -> None:
        self.glove = VirtualGlove(script)
        lie_under(self)
        self._elapsed_s = 0.0
        self.began_s = 0.0
        """When scan 0 was due, on the port's time."""
        self._waiting = True

    @property
    def frame_s(self) -> float:
        """Seconds from one DATA frame to the next."""
        return self.glove.info.scans_per_frame * self.glove.info.period_s

    def advance_to(self, elapsed_s: float) -> bytes:
        """What the glove has sent up to this moment."""
        self._elapsed_s = elapsed_s
        if self._waiting:
            self.began_s = elapsed_s
        # a hair more than a period counts as a whole one: frame_s summed up must not lose a scan to rounding
        due = int((elapsed_s - self.began_s) / self.glove.info.period_s + 1e-6)
        return self.glove.advance(max(due, self.glove.next_scan))

    def receive(self, received: bytes, elapsed_s: float | None = None) -> None:
        """Commands. A change of rate restarts the glove's numbering, and with it its time.

        ``elapsed_s``: the moment of its own time, where that is later than it was last advanced to.
        """
        rate, now_s = self.glove.info.period_ticks, self._elapsed_s if elapsed_s is None else elapsed_s
        since_due_s = now_s - self.began_s - self.glove.next_scan * self.glove.info.period_s
        self.glove.receive(received, max(0, int(since_due_s * self.glove.info.tick_hz)))
        self._waiting &= not self.glove.streaming
        if self.glove.next_scan == 0 or self.glove.info.period_ticks != rate:
            self.began_s = self._elapsed_s

    def reset(self, cause: str) -> None:
        """The glove starts anew, and its scan timer with it."""
        self.glove.reset(cause)
        self.began_s, self._waiting = self._elapsed_s, False

    def load_n(self) -> float:
        """True force on all sensors now, N."""
        return self.glove.load_n(max(0.0, self._elapsed_s - self.began_s))

    def true_newtons(self, first_scan: int, n: int) -> Float32Array | None:
        """The true force behind these scans; None when that was too long ago."""
        try:
            return self.glove.true_newtons(first_scan, n)
        except LookupError:
            return None


class Serial(PacedSerial):
    """The port that pyserial makes for ``sim://``."""

    def make_source(self, path: str, options: dict[str, str]) -> ByteSource:
        """A virtual glove as the URL describes it."""
        return GloveSource(script_from(options))


def _moments(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def script_from(options: dict[str, str]) -> Script:
    """The script that these URL options describe. Raises ValueError with a sentence for unknown or unusable ones."""
    known: dict[str, Callable[[str], Any]] = {
        "seed": int, "rate": int, "force": float, "hold": float, "lapse": int, "marker": _moments,
        "client_stop": _moments, "ideal": int, "steps": str, "on": str,
    }  # fmt: skip
    if unknown := set(options) - set(known):
        raise ValueError(f"unknown option {sorted(unknown)[0]!r}; known are {', '.join(known)} and speed")
    values = {name: _value(name, known[name], text) for name, text in options.items()}
    practice = Practice()
    named = {"force": "force_n", "hold": "hold_s", "lapse": "lapse_every"}
    practice = replace(practice, **{named[key]: value for key, value in values.items() if key in named})
    script = Script(
        seed=values.get("seed", 1),
        rate_hz=values.get("rate", 250),
        practice=practice,
        physics=IDEAL if values.get("ideal") else Physics(),
        client_stop_s=values.get("client_stop", ()),
        marker_s=values.get("marker", ()),
        weights=weights(values["steps"], values.get("on", SENSORS[0])) if "steps" in values else None,
    )
    _check(script)
    return script


def _check(script: Script) -> None:
    """Raises ValueError with a sentence that names the number which cannot be."""
    practice = script.practice
    if not MIN_RATE_HZ <= script.rate_hz <= MAX_RATE_HZ:
        raise ValueError(f"rate must lie between {MIN_RATE_HZ} and {MAX_RATE_HZ} Hz, but is {script.rate_hz}")
    if script.seed < 0:
        raise ValueError(f"seed must not be negative, but is {script.seed}")
    if not 0 < practice.force_n <= 500:
        raise ValueError(f"force must lie above 0 and up to 500 N, but is {practice.force_n:g}")
    if not 0.5 <= practice.hold_s <= 3600:
        raise ValueError(f"hold must lie between 0.5 and 3600 s, but is {practice.hold_s:g}")


def _value(name: str, convert: Callable[[str], Any], text: str) -> Any:
    try:
        return convert(text)
    except ValueError as error:
        raise ValueError(f"option {name}={text!r} is not a number") from error
