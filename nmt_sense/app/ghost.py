"""A target that moves, as a curve around now: a template to follow, or the corridor of an even loading rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nmt_sense.blocks import Float64Array
from nmt_sense.coaching.phases import FollowPhase, RampPhase
from nmt_sense.moment.saying import phase_of, pressing
from nmt_sense.state import LiveState

BEFORE_S = 20.0


@dataclass(frozen=True, slots=True)
class Ghost:
    """A band (K,) at times (K,) relative to now."""

    x: Float64Array
    """s; negative is past."""
    low: Float64Array
    high: Float64Array
    """N."""
    line: Float64Array | None = None
    """The target itself, N, where the band is a tolerance around it."""


def ghost(state: LiveState, ahead_s: float) -> Ghost | None:
    """The moving target from ``BEFORE_S`` ago to ``ahead_s`` from now; None where the target stands still."""
    match phase_of(state):
        case FollowPhase() as phase:
            return _template(state, phase, ahead_s)
        case RampPhase() as phase if pressing(state.progress) and phase.fastest_n_per_s is not None:
            return _corridor(state, phase, ahead_s)
    return None


def _template(state: LiveState, phase: FollowPhase, ahead_s: float) -> Ghost:
    """Before contact the template waits at now, to begin with the press."""
    at_s = _come_s(state, phase) if pressing(state.progress) else 0.0
    time_s = np.arange(len(phase.target_n)) * phase.every_s - at_s
    shown = (time_s >= -BEFORE_S) & (time_s <= ahead_s)
    x, target = time_s[shown].astype(np.float64), np.asarray(phase.target_n, np.float64)[shown]
    step = max(1, len(x) // 400)
    x, target = x[::step], target[::step]
    return Ghost(x, np.maximum(0.0, target - phase.tolerance_n), target + phase.tolerance_n, target)


def _come_s(state: LiveState, phase: FollowPhase) -> float:
    """How far the template has come."""
    return 0.0 if state.situation is None else phase.length_s - state.situation.left_s


def _corridor(state: LiveState, phase: RampPhase, ahead_s: float) -> Ghost | None:
    """A wedge that opens from where contact began: slowest and fastest rate from there."""
    slow, fast = phase.slowest_n_per_s or 0.0, phase.fastest_n_per_s or math.inf
    low_n, high_n = state.progress.low_n, state.progress.high_n
    since_s = (high_n - low_n) / (fast - slow)
    start_n = low_n - slow * since_s
    x = np.linspace(-min(since_s, BEFORE_S), ahead_s, 64)
    elapsed = x + since_s
    low, high = (np.minimum(start_n + rate * elapsed, phase.limit_n).astype(np.float64) for rate in (slow, fast))
    return Ghost(x, low, high)
