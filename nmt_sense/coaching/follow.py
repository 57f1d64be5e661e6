"""Follows a follow phase: a press whose force should run as a template does, from contact on."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.coaching.contact import Contact
from nmt_sense.coaching.cues import Pulses
from nmt_sense.coaching.follower import Follower
from nmt_sense.coaching.pain import Pain
from nmt_sense.coaching.phases import FollowPhase
from nmt_sense.coaching.runs import Edges, Run, Zone, steps
from nmt_sense.coaching.scores import BY_PRACTITIONER
from nmt_sense.coaching.sheet import Sheet, latency_s
from nmt_sense.coaching.state import Advice, Cue, CueKind, HoldProgress, HoldState
from nmt_sense.coaching.sums import ChunkedSums
from nmt_sense.coaching.waits import LET_GO
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import HoldEnd, Kind

UNINTENDED = frozenset({HoldEnd.RELEASED, HoldEnd.RECORDING_ENDED})
LEVEL_S = 1.0
"""Assumed: a target holds when its mean over such a time is that of the time before ..."""
LEVEL_PART = 0.25
"""... but for this part of the tolerance (assumed: a hand's tremor and sag stay below, an increment does not)."""
NEARLY_S, NEARLY = 0.6, 0.25
"""Assumed: letting go so long before the template's end is right, but not more than this part of it."""
SIDES = {-1: CueKind.TOO_LITTLE, 0: None, 1: CueKind.TOO_MUCH}


class Ghost:
    """The template as a function of time since contact."""

    def __init__(self, phase: FollowPhase) -> None:
        self._force = np.array(phase.target_n)
        self._time = np.arange(len(self._force)) * phase.every_s
        self.length_s = phase.length_s

    def at(self, seconds: Float64Array) -> Float64Array:
        """(K,) target force, N, at times (K,) since contact; its last value after its end."""
        made: Float64Array = np.interp(seconds, self._time, self._force).astype(np.float64)
        return made

    def asked_n(self, at_s: float) -> float:
        """Mean target over ``LEVEL_S`` before a time since contact, N; at the beginning over what there was."""
        return float(self.at(np.linspace(max(0.0, at_s - LEVEL_S), at_s, 50)).mean())

    def holds(self, at_s: float, within_n: float) -> bool:
        """The target neither loads nor lets go at a time since contact."""
        return at_s >= 2 * LEVEL_S and abs(self.asked_n(at_s) - self.asked_n(at_s - LEVEL_S)) <= within_n


class FollowFollower(Follower):
    """Contact starts the template; missing scans hold it up; letting go, or its end, ends the press."""

    def __init__(self, phase: FollowPhase, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._phase = phase
        self._ghost = Ghost(phase)
        self._press: Contact | None = None
        self._done = 0
        self._length_steps = steps(phase.length_s, sheet.period_s)
        self._same_n = LEVEL_PART * phase.tolerance_n
        self._renew()

    def _renew(self) -> None:
        self._press = None
        self._pain = Pain(self._same_n)
        self._sums = ChunkedSums(4)
        self._position = 0
        self._pulses = Pulses(self._phase.cues, self.sheet.period_s)
        self._error_n = 0.0

    @property
    def edges(self) -> Edges:
        """All contact is one zone; the template is compared sample by sample."""
        return Edges(self._phase.release_n, self._phase.contact_n)

    def is_off(self) -> None:
        """The hand that had to come off has."""
        self.over = self._all_done

    def follow(self, run: Run) -> int:
        """Take a run, or its first rows: how many."""
        if self._press is None:
            if run.zone < Zone.LOW:
                return len(run)
            first = run.first(1)
            self._press = Contact(self.sheet.period_s, self._phase.release_s, first)
            self._compare(first)
            return 1
        left = self._length_steps - self._position - run.adjacent + 1
        part = run.first(min(len(run), self._press.rows_until_released(run), max(1, left)))
        self._position += run.adjacent
        self._press.add(part)
        self._compare(part)
        if self._press.released:
            self._close(HoldEnd.RELEASED)
        elif self._position >= self._length_steps:
            time_s = float(part.time_s[-1])
            self._end(HoldEnd.COMPLETED, time_s, self.sheet.cue(Cue(time_s, CueKind.DONE)))
        return len(part)

    def _compare(self, part: Run) -> None:
        """Errors against the template; ``_position`` is that of the part's first scan, then of its last."""
        position = np.arange(self._position, self._position + len(part))
        target = self._ghost.at((position * self.sheet.period_s).astype(np.float64))
        error = part.force_n - target
        inside = (np.abs(error) <= self._phase.tolerance_n).astype(np.float64)
        self._sums.add(error, np.abs(error), error * error, inside)
        self._pulse(part, error)
        self._position += len(part) - 1
        self._error_n = float(error[-1])

    def _pulse(self, part: Run, error: Float64Array) -> None:
        """Pulses outside the tolerance, by the same rule as outside a band that stands still."""
        outside = np.abs(error) - self._phase.tolerance_n
        sides = (np.sign(error) * (outside > 0)).astype(np.int8)
        turns = np.flatnonzero(sides[1:] != sides[:-1]) + 1
        for begin, end in itertools.pairwise([0, *turns.tolist(), len(part)]):
            side = SIDES[int(sides[begin])]
            for cue in self._pulses.add(part.piece(begin, end), side, outside[begin:end].item):
                self.sheet.cue(cue)

    @property
    def _all_done(self) -> bool:
        return self._phase.repetitions is not None and self._done >= self._phase.repetitions

    def _close(self, end: HoldEnd) -> None:
        """Letting go ended it: near the template's end that is right, earlier it is not finished."""
        press = self._press
        length_s = self._phase.length_s
        near = press is not None and press.lasted_s >= length_s - min(NEARLY_S, NEARLY * length_s)
        written = self._write(HoldEnd.COMPLETED if near else end)
        self._done += written and near
        self.over = self._all_done
        self._renew()

    def _end(self, end: HoldEnd, at_s: float, chimed: bool = False, **more: float) -> None:
        written = self._write(end, **more)
        self._done += 1
        self._renew()
        self.wait_for_off(at_s, self._phase.release_s, amends=written, chimed=chimed)

    def _write(self, end: HoldEnd, **more: Any) -> bool:
        """A row for the press going on, unless it was a touch that nobody ended on purpose."""
        press = self._press
        if press is None or (end in UNINTENDED and press.lasted_s < self._phase.minimum_s):
            return False
        constant, absolute, square, share = (self._sums.totals() / self._sums.count).tolist()
        variable = math.sqrt(max(0.0, square - constant * constant))
        length_s = self._phase.length_s
        self.sheet.row(
            Kind.FOLLOW,
            end,
            self._pain,
            **press.fields(),
            in_band_s=self._in_band_s,
            wanted_s=length_s,
            share_in_band=share,
            ce_n=constant,
            ae_n=absolute,
            ve_n=variable,
            rmse_n=math.sqrt(square),
            **self._score(share, min(1.0, (press.lasted_s + self.sheet.period_s) / length_s), end),
            repetition=self._done + 1,
            **more,
        )
        self.sheet.hold += 1
        return True

    @staticmethod
    def _score(share: float, done: float, end: HoldEnd) -> dict[str, Any]:
        """As that of a hold: none for what was not over, and what the client ended costs no time."""
        if end is HoldEnd.RECORDING_ENDED and done < 1.0:
            return {}
        kept = done if end in BY_PRACTITIONER else 1.0
        return {"score": 100 * share * kept, "off_time": 100 * share * (1 - kept), "off_rmse": 100 * (1 - share)}

    def finish(self) -> None:
        """The stream ends in a press."""
        self._write(HoldEnd.RECORDING_ENDED)
        self._press = None

    def report(self, event: Event) -> None:
        """The client's stop, pain by the rules that hold everywhere, and the practitioner's next end the press.

        Pain rises while the template holds its force: not while it loads, nor against a lower force than now.
        """
        going_on, now_s = self._press is not None, self.sheet.newest_s
        if event.kind is EventKind.UNDO and event.text == EventKind.NRS:
            self._pain.take_back(event.value)
        held = going_on and self._ghost.holds(self._at_s, self._same_n)
        ended = self.judge(event, self._pain if going_on else Pain(), held, self._ghost.asked_n(self._at_s))
        if event.kind is EventKind.NEXT and not going_on:
            self.leave()
        elif event.kind is EventKind.NEXT:
            self._end(HoldEnd.OPERATOR, now_s)
        elif ended is HoldEnd.CLIENT_STOP and going_on:
            self._end(ended, now_s, stop_latency_s=latency_s(event))
        elif ended is not None and going_on:
            self._end(ended, now_s)

    @property
    def _share(self) -> float:
        """Part of the press so far that was within the tolerance."""
        return float(self._sums.totals()[3]) / self._sums.count

    @property
    def _in_band_s(self) -> float:
        """Time within the tolerance so far."""
        return float(self._sums.totals()[3]) * self.sheet.period_s

    @property
    def _at_s(self) -> float:
        """How far the template has come."""
        return self._position * self.sheet.period_s

    @property
    def _target_n(self) -> float:
        return float(self._ghost.at(np.array([self._at_s]))[0])

    @property
    def progress(self) -> HoldProgress:
        """Where things stand: the band is the template's force plus and minus the tolerance."""
        press, phase = self._press, self._phase
        low, high = max(0.0, self._target_n - phase.tolerance_n), self._target_n + phase.tolerance_n
        if press is None:
            advice = Advice.LESS if self.letting_go is not None else Advice.READY
            state = HoldState.RELEASED if self._done else HoldState.IDLE
            return HoldProgress(state, advice, low, high, phase.length_s, number=self.sheet.number - 1)
        outside = min(0.0, self._error_n + phase.tolerance_n) + max(0.0, self._error_n - phase.tolerance_n)
        advice = Advice.HOLD if outside == 0 else (Advice.LESS if outside > 0 else Advice.MORE)
        return HoldProgress(
            HoldState.IN_BAND if outside == 0 else HoldState.LEFT_BAND,
            advice,
            low,
            high,
            phase.length_s,
            number=self.sheet.number,
            in_band_s=self._in_band_s,
            error_n=outside,
            mean_n=press.mean_n,
            missing_s=press.missing_s,
        )

    @property
    def pressing(self) -> bool:
        """A press is going on."""
        return self._press is not None

    def facts(self, say: str) -> dict[str, Any]:
        """What it knows for the situation; ``say`` is what the phase says."""
        return {
            "say": LET_GO if self.letting_go is not None else say,
            "repetition": max(1, self._done + (0 if self.letting_go is not None else 1)),
            "repetitions": self._phase.repetitions or 0,
            "left_s": max(0.0, self._phase.length_s - self._at_s),
            "target_n": self._target_n,
            "let_go": self.letting_go is not None,
            "match": math.nan if self._press is None else self._share,
        }
