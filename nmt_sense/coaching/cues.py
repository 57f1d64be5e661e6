"""When to sound what: silence inside the band, pulses outside it, one chime at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nmt_sense.coaching.phases import CuePlan, HoldPhase
from nmt_sense.coaching.press import Press
from nmt_sense.coaching.runs import Dwell, Edges, Run, Zone, steps
from nmt_sense.coaching.state import Cue, CueKind

SIDES = {Zone.SLACK: CueKind.TOO_LITTLE, Zone.LOW: CueKind.TOO_LITTLE, Zone.HIGH: CueKind.TOO_MUCH}


class Pulses:
    """Pulses outside a band, whether it stands still or moves.

    Quiet for ``quiet_s`` after leaving it on one side; then pulses, faster and stronger with the error (strength 0 at
    the edge, 1 at ``full_error_n``). Whoever comes back for less than ``quiet_s``, as a tremor at the edge does, has
    not come back: the time outside goes on adding up.

    The time to the next pulse is set by the error at the last one. Positions are counted in received scans, so a gap
    holds everything up and the cutting of the stream changes nothing.
    """

    def __init__(self, plan: CuePlan, period_s: float) -> None:
        self._plan, self._period_s = plan, period_s
        self._quiet_steps = steps(plan.quiet_s, period_s)
        self._side: CueKind | None = None
        self._outside, self._back = Dwell(), Dwell()
        self._next = 0

    def forget(self) -> None:
        """Nothing is pressed: the next time outside begins anew."""
        self._side = None

    def add(self, run: Run, side: CueKind | None, outside_n: Callable[[int], float], wait: int = 0) -> Iterator[Cue]:
        """Pulses of a run that is outside on one side, or inside (None).

        ``outside_n``: newtons outside, 0 or more, at a row of it. ``wait``: steps from its first scan until a pulse may
        sound at all.
        """
        self._back.add(run, side is None)
        if side is None:
            if self._back.steps >= self._quiet_steps:
                self._side = None
            return
        if side is not self._side:
            self._side, self._outside, self._next = side, Dwell(), self._quiet_steps
        first = self._outside.add(run, True)
        self._next = max(self._next, first + max(0, wait))
        plan = self._plan
        while self._next < first + len(run):
            at = self._next - first
            error = outside_n(at)
            part = min(1.0, error / plan.full_error_n)
            yield Cue(float(run.time_s[at]), side, error, part)
            rate = plan.slowest_hz + (plan.fastest_hz - plan.slowest_hz) * part
            self._next += steps(1.0 / rate, self._period_s)


class CueMaker:
    """Cues of one stream, on the device's clock.

    * Silent without contact, and inside the band; :class:`Pulses` outside it.
    * "Too little" waits until the band was entered once or ``loading_s`` has passed since contact, and never sounds
      again once the wanted time is full: letting go is right then.
    * Done once, when the wanted time is full.
    """

    def __init__(self, phase: HoldPhase, period_s: float) -> None:
        self._loading_steps = steps(phase.cues.loading_s, period_s)
        self._pulses = Pulses(phase.cues, period_s)
        self._announced: Press | None = None

    def add(self, run: Run, press: Press | None, edges: Edges) -> Iterator[Cue]:
        """Cues of the next run, cut by ``edges``, in order; ``press`` is its press, that run already included."""
        if press is None:
            self._pulses.forget()
            return
        if press.done and press is not self._announced:
            self._announced = press
            yield Cue(press.done_s, CueKind.DONE)
        side = SIDES.get(run.zone)
        pulses = self._pulses.add(
            run, side, lambda row: abs(edges.error_n(float(run.force_n[row]))), self._wait_steps(run, press, side)
        )
        lets_go = side is CueKind.TOO_LITTLE and press.done
        yield from (pulse for pulse in pulses if not lets_go)

    def _wait_steps(self, run: Run, press: Press, side: CueKind | None) -> int:
        """Steps from the run's first scan until a cue may sound at all."""
        if side is not CueKind.TOO_LITTLE or press.entered:
            return 0
        return self._loading_steps - (press.steps - len(run) + 1)
