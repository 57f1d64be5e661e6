"""When to sound what: silence inside the band, pulses outside it, one chime at the end."""

from __future__ import annotations

from collections.abc import Iterator

from nmt_sense.coaching.phases import FollowPhase, HoldPhase
from nmt_sense.coaching.press import Press
from nmt_sense.coaching.runs import Dwell, Edges, Run, Zone, steps
from nmt_sense.coaching.state import Cue, CueKind

SIDES = {Zone.SLACK: CueKind.TOO_LITTLE, Zone.LOW: CueKind.TOO_LITTLE, Zone.HIGH: CueKind.TOO_MUCH}


class CueMaker:
    """Cues of one stream, on the device's clock.

    * Silent without contact, and inside the band.
    * Quiet for ``quiet_s`` after leaving the band on one side; then pulses, faster and stronger with the error
      (strength 0 at the edge, 1 at ``full_error_n``). Whoever comes back for less than ``quiet_s``, as a tremor at the
      edge does, has not come back: the time outside goes on adding up.
    * "Too little" waits until the band was entered once or ``loading_s`` has passed since contact, and never sounds
      again once the wanted time is full: letting go is right then.
    * Done once, when the wanted time is full.

    The time to the next pulse is set by the error at the last one. Positions are counted in received scans, so a gap
    holds everything up and the cutting of the stream changes nothing.
    """

    def __init__(self, phase: HoldPhase | FollowPhase, period_s: float) -> None:
        self._phase, self._period_s = phase, period_s
        self._quiet_steps = steps(phase.cues.quiet_s, period_s)
        self._loading_steps = steps(phase.cues.loading_s, period_s)
        self._side: CueKind | None = None
        self._outside, self._back = Dwell(), Dwell()
        self._next = 0
        self._announced: Press | None = None

    def add(self, run: Run, press: Press | None, edges: Edges) -> Iterator[Cue]:
        """Cues of the next run, cut by ``edges``, in order; ``press`` is its press, that run already included."""
        if press is not None and press.done and press is not self._announced:
            self._announced = press
            yield Cue(press.done_s, CueKind.DONE)
        side = None if press is None else SIDES.get(run.zone)
        self._back.add(run, side is None)
        if press is None or (side is None and self._back.steps >= self._quiet_steps):
            self._side = None
        if side is not None and side is not self._side:
            self._side, self._outside, self._next = side, Dwell(), self._quiet_steps
        if press is not None and side is not None:
            first = self._outside.add(run, True)
            if not (side is CueKind.TOO_LITTLE and press.done):
                yield from self._pulses(run, side, first, first + self._wait_steps(run, press, side), edges)

    def _wait_steps(self, run: Run, press: Press, side: CueKind) -> int:
        """Steps from the run's first scan until a cue may sound at all."""
        if side is CueKind.TOO_MUCH or press.entered:
            return 0
        return self._loading_steps - (press.steps - len(run) + 1)

    def _pulses(self, run: Run, side: CueKind, first: int, earliest: int, edges: Edges) -> Iterator[Cue]:
        self._next = max(self._next, earliest)
        while self._next < first + len(run):
            at = self._next - first
            error = abs(edges.error_n(float(run.force_n[at])))
            part = min(1.0, error / self._phase.cues.full_error_n)
            yield Cue(float(run.time_s[at]), side, error, part)
            rate = self._phase.cues.slowest_hz + (self._phase.cues.fastest_hz - self._phase.cues.slowest_hz) * part
            self._next += steps(1.0 / rate, self._period_s)
