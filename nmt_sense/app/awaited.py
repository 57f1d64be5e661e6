"""Which of the client's reports the phase going on waits for: their keys are pointed out."""

from __future__ import annotations

from nmt_sense.app.keys import Action
from nmt_sense.coaching.phases import HoldPhase, RampPhase, TimedPhase
from nmt_sense.moment.saying import phase_of
from nmt_sense.state import LiveState


def asked(state: LiveState) -> tuple[Action, ...]:
    """Reports that the phase going on waits for."""
    situation, phase = state.situation, phase_of(state)
    if situation is None or situation.finished:
        return ()
    wanted: list[Action] = []
    match phase:
        case RampPhase(measures="threshold"):
            wanted = [Action.THRESHOLD]
        case RampPhase(measures="both"):
            wanted = [Action.THRESHOLD, Action.TOLERANCE]
        case HoldPhase(ends="eased"):
            wanted = [Action.THRESHOLD if situation.searching else Action.EASED]
        case HoldPhase(ends="barrier"):
            wanted = [Action.GAVE_WAY]
        case TimedPhase() if situation.rounds > 1:
            wanted = [Action.NO_GAIN]
    return (*wanted, *((Action.GUIDE,) if situation.schedule == "on_request" else ()))
