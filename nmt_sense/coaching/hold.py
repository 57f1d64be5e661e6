"""The hold tracker: finds holds by themselves, from contact to release."""

from __future__ import annotations

from nmt_sense.coaching.press import Press
from nmt_sense.coaching.runs import Dwell, Run, Zone, steps
from nmt_sense.coaching.state import Advice, HoldProgress, HoldState
from nmt_sense.coaching.technique import HoldPhase
from nmt_sense.holds import Hold, HoldEnd


class HoldTracker:
    """Idle, loading, in the band, left the band, released.

    Missing scans freeze it: they add no time, end nothing, and are counted. A touch (shorter than ``minimum_s``)
    leaves no trace.
    """

    def __init__(self, phase: HoldPhase, period_s: float) -> None:
        self._phase, self._period_s = phase, period_s
        self._release_steps = steps(phase.release_s, period_s)
        self._must_let_go = False
        self._away = Dwell()
        self.press: Press | None = None
        """The press going on, hold or still a touch."""
        self.holds: list[Hold] = []
        """Finished holds, oldest first."""

    def add(self, run: Run) -> Press | None:
        """Take the next run; returns the press it belongs to, which it may have begun or ended."""
        if self._must_let_go:
            self._away.add(run, run.zone is Zone.AWAY)
            self._must_let_go = not (self._away.active and self._away.steps >= self._release_steps)
            return None
        press = self.press
        if press is None:
            if run.zone >= Zone.LOW:
                self.press = Press(self._phase, self._period_s, run)
            return self.press
        press.add(run)
        if press.released:
            self._close(HoldEnd.COMPLETED if press.done else HoldEnd.RELEASED)
        return press

    def stop(self) -> None:
        """The client's stop: the press ends now, however short, and the next one needs a release first."""
        if self.press is not None:
            self._close(HoldEnd.CLIENT_STOP)
            self._must_let_go = True
            self._away = Dwell()

    def finish(self) -> None:
        """The stream ends: a press still going on is closed."""
        if self.press is not None:
            self._close(HoldEnd.RECORDING_ENDED)

    def _close(self, end: HoldEnd) -> None:
        press, self.press = self.press, None
        if press is not None and (end is HoldEnd.CLIENT_STOP or not press.is_touch()):
            self.holds.append(press.hold(len(self.holds) + 1, end))

    @property
    def progress(self) -> HoldProgress:
        """Where things stand after the newest scan."""
        press, phase = self.press, self._phase
        if press is None:
            return self._resting()
        return HoldProgress(
            state=self._state(press),
            advice=self._advice(press),
            low_n=phase.low_n,
            high_n=phase.high_n,
            wanted_s=phase.hold_s,
            number=len(self.holds) + 1,
            in_band_s=press.in_band_s,
            error_n=press.error_n,
            mean_n=press.mean_n,
            lapses=press.lapses,
            missing_s=press.missing_s,
        )

    def _resting(self) -> HoldProgress:
        phase = self._phase
        advice = Advice.LESS if self._must_let_go else Advice.READY
        if not self.holds:
            return HoldProgress(HoldState.IDLE, advice, phase.low_n, phase.high_n, phase.hold_s)
        last = self.holds[-1]
        return HoldProgress(
            state=HoldState.RELEASED,
            advice=advice,
            low_n=phase.low_n,
            high_n=phase.high_n,
            wanted_s=phase.hold_s,
            number=last.number,
            in_band_s=last.in_band_s,
            mean_n=last.mean_n,
            lapses=last.lapses,
            missing_s=last.missing_s,
        )

    @staticmethod
    def _state(press: Press) -> HoldState:
        if not press.entered:
            return HoldState.LOADING
        return HoldState.LEFT_BAND if press.lapsed else HoldState.IN_BAND

    @staticmethod
    def _advice(press: Press) -> Advice:
        if press.done:
            return Advice.DONE
        if press.entered and not press.lapsed:
            return Advice.HOLD
        return Advice.LESS if press.error_n > 0 else Advice.MORE
