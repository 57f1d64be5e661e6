"""Where in the technique things are, in words: phase, round, level, trial, pain, what was found, loading rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nmt_sense.coaching.metrics import own_share
from nmt_sense.coaching.phases import HoldPhase, RampPhase, StrokesPhase, TimedPhase
from nmt_sense.coaching.protocol import protocol_of
from nmt_sense.coaching.state import HoldProgress, PhaseKind, Situation
from nmt_sense.coaching.technique import References
from nmt_sense.coaching.thresholds import Threshold, counted, other_tip, published, threshold
from nmt_sense.holds import Hold
from nmt_sense.moment.numbers import countdown, force, number, plain
from nmt_sense.moment.saying import phase_of, pressing
from nmt_sense.sensing.layout import NOMINAL
from nmt_sense.state import LiveState
from nmt_sense.units import minutes_seconds

NOUNS = {
    PhaseKind.RAMP: "trial",
    PhaseKind.HOLD: "repetition",  # the rows beside it are numbered holds, and one let go early is none of these
    PhaseKind.STROKES: "stroke",
    PhaseKind.FOLLOW: "press",
}
FIELDS = {"threshold": "report_n", "tolerance": "tolerance_n", "maximum": "report_n"}
"""What is measured of a client, and where trials keep it."""
Force = tuple[float, float]
"""Newtons, and the half-width of their 95 % band; NaN where that is not known."""
Earlier = Mapping[str, Force]
"""What of a client was measured in recordings before, by name."""
NOTHING: Earlier = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Course:
    """One quiet line."""

    title: str
    place: str
    """Phase, course and round, as far as there are several."""
    facts: tuple[str, ...]
    rate_n_per_s: float = math.nan
    slowest_n_per_s: float = math.nan
    fastest_n_per_s: float = math.nan
    """The loading rate is shown where there is a fastest one."""


def course(state: LiveState, earlier: Earlier = NOTHING) -> Course:
    """The line at a moment; ``earlier``: what recordings before have measured of this client."""
    situation = state.situation
    if situation is None:
        return Course("", "", ())
    shows_rate = not situation.blinded and situation.kind is PhaseKind.HOLD and _loads(state, situation)
    rates = situation.rate_n_per_s, situation.slowest_n_per_s, situation.fastest_n_per_s
    return Course(
        "Finished" if situation.finished else situation.title,
        _place(situation),
        tuple(filter(None, _facts(state, situation, earlier))),
        *(rates if shows_rate and not situation.finished else ()),
    )


def target_text(state: LiveState) -> str:
    """The target in words, for the header."""
    situation, phase = state.situation, phase_of(state)
    if situation is not None and situation.blinded:
        return "blinded: target hidden"
    match phase:
        case RampPhase(measures="maximum"):
            return "as hard as is comfortable"
        case RampPhase(slowest_n_per_s=float(slow), fastest_n_per_s=float(fast)):
            return f"{plain(slow)}–{plain(fast)} N/s until the client says so"
        case RampPhase():
            return "evenly harder until the client says so"
        case TimedPhase():
            return f"{countdown(phase.duration_s)}, no force asked for"
        case StrokesPhase():
            return f"{phase.strokes} strokes, peaks {plain(phase.low_n)}–{plain(phase.high_n)} N"
        case HoldPhase() if situation is not None and situation.searching:
            return "slowly harder until the client says so"
    if situation is not None and situation.kind is PhaseKind.FOLLOW:
        return f"follow, {minutes_seconds(state.progress.wanted_s)}"
    return band_text(state.progress)


def band_text(progress: HoldProgress) -> str:
    """The target in words, e.g. ``band 28-36 N, hold 1:30``."""
    low, high = plain(progress.low_n), plain(progress.high_n)
    return f"band {low}–{high} N, hold {minutes_seconds(progress.wanted_s)}"


def _loads(state: LiveState, situation: Situation) -> bool:
    """The loading rate matters until the band is reached; of a ramp the ring shows it."""
    if situation.let_go:
        return False
    return not pressing(state.progress) or math.isfinite(situation.rate_n_per_s)


def _place(situation: Situation) -> str:
    parts = [f"phase {situation.phase} of {situation.phases}" if situation.phases > 1 else ""]
    parts += [f"course {situation.course}" if situation.course > 1 else ""]
    parts += [f"round {situation.round} of {situation.rounds}" if situation.rounds > 1 else ""]
    return " · ".join(filter(None, parts))


def _facts(state: LiveState, situation: Situation, earlier: Earlier) -> list[str]:
    if situation.finished:
        return _found(state, situation, earlier)
    return [
        _counted(state, situation),
        f"level {situation.level} of {situation.levels}" if situation.levels > 1 else "",
        _longest(situation),
        _pain(state, situation),
        *_found(state, situation, earlier),
        _schedule(situation),
    ]


def _counted(state: LiveState, situation: Situation) -> str:
    noun = NOUNS.get(situation.kind)
    if noun is None or situation.repetitions == 1:
        return ""
    told = f"{noun} {situation.repetition}" + (f" of {situation.repetitions}" if situation.repetitions else "")
    return f"next: {told}" if _between(state, situation) else told


def _between(state: LiveState, situation: Situation) -> bool:
    """One is over, and the next has not begun. Strokes follow each other too fast to be told so."""
    over = situation.repetition > 1 and not situation.let_go and not pressing(state.progress)
    return over and situation.kind is not PhaseKind.STROKES


def _longest(situation: Situation) -> str:
    held = situation.kind is PhaseKind.HOLD and not situation.searching and math.isfinite(situation.left_s)
    return f"{countdown(situation.left_s)} at most" if held else ""


def _pain(state: LiveState, situation: Situation) -> str:
    limit = f" (above {plain(state.plan.pain_limit)} ends it)" if state.plan else ""
    name = "pain" if state.recording else "last pain"  # nobody may still feel it
    return "" if math.isnan(situation.pain) else f"{name} {plain(situation.pain)}{limit}"


def _found(state: LiveState, situation: Situation, earlier: Earlier) -> list[str]:
    """Thresholds and the like; of this sitting's own trials with what is known of their error."""
    if situation.blinded:
        return []
    told = references(state, situation, earlier)
    if made := _threshold(state, situation):
        told = {"threshold": made} | {name: words for name, words in told.items() if name != "threshold"}
        return list(told.values())
    return [_first(state, situation), *told.values()]


def _first(state: LiveState, situation: Situation) -> str:
    """A first trial that does not count, while there is none that does."""
    ramp = state.plan.measurement if state.plan else None
    first = counted(_trials(state, situation), discard_first=False)
    if ramp is None or not ramp.discard_first or not first:
        return ""
    will_be = "will be " if situation.kind is PhaseKind.RAMP and not situation.finished else ""
    return f"first trial {force(first[-1].report_n, first[-1].report_uncertainty_n)}, {will_be}discarded"


def references(state: LiveState, situation: Situation, earlier: Earlier = NOTHING) -> dict[str, str]:
    """What is known of the client, by name: with its band, and as given or as measured where no trial here did so."""
    here = measured(state)
    known = {"threshold": situation.threshold_n, "tolerance": situation.tolerance_n, "maximum": situation.maximum_n}
    return {
        name: _known(name, newtons, here.get(name), earlier.get(name))
        for name, newtons in known.items()
        if math.isfinite(newtons)
    }


def _known(name: str, newtons: float, here: Force | None, earlier: Force | None) -> str:
    if here is not None:
        return f"{name} {force(*here)}"
    if earlier is not None and math.isclose(earlier[0], newtons):
        return f"{name} {force(*earlier)} as measured"
    return f"{name} {force(newtons, math.nan)} as given"


def measured(state: LiveState) -> dict[str, Force]:
    """What the trials of these rows have measured of the client, by name, each with the band of the newest of them."""
    situation, given = state.situation, state.plan.references if state.plan else References()
    if situation is None:
        return {}
    known = {name: float(getattr(situation, f"{name}_n")) for name in FIELDS}
    return {
        name: (newtons, _share(state, FIELDS[name]) * newtons)
        for name, newtons in known.items()
        if math.isfinite(newtons) and newtons != getattr(given, f"{name}_n")
    }


def _share(state: LiveState, field: str) -> float:
    """Relative band of the newest trial that has such a number; NaN without one."""
    newest = _newest(state, field)
    return math.nan if newest is None else own_share(newest, field)


def _newest(state: LiveState, field: str) -> Hold | None:
    """The newest trial that counts and has such a number."""
    ramp = state.plan.measurement if state.plan else None
    rows = counted(state.totals.trials, discard_first=ramp is not None and ramp.discard_first)
    return next((row for row in reversed(rows) if not math.isnan(getattr(row, field))), None)


def _trials(state: LiveState, situation: Situation) -> list[Hold]:
    """Those of this course: the one before was mostly at another spot."""
    return [row for row in state.totals.trials if row.course == situation.course]


def _threshold(state: LiveState, situation: Situation) -> str:
    plan = state.plan
    ramp = plan.measurement if plan else None
    if plan is None or ramp is None:
        return ""
    area = state.contact_area
    studies = published(ramp, area.cm2 if area is not None else None)
    found = threshold(_trials(state, situation), protocol_of(ramp), studies=studies)
    if found is None:
        return ""
    many = f"{found.trials} of {found.protocol.counting}" if found.short else f"{found.trials}"
    trials = f"{many} trial{'' if many == '1' else 's'}"
    sem = "" if math.isnan(found.sem_n) else f", SEM {number(found.sem_n, 1)} N"
    least = _least(state, found)
    flagged = f"; rate out of limits in {found.rate_out}" if found.rate_out else ""
    flagged += f"; rest too short before {found.rest_short}" if found.rest_short else ""
    flagged += f"; {tip}" if (tip := other_tip(ramp, area.cm2 if area is not None else None)) else ""
    return f"threshold {force(found.mean_n, found.uncertainty_n)} ({trials}{sem}){least}{flagged}"


def _least(state: LiveState, found: Threshold) -> str:
    """Which change from or to this would be real, by the same person; or that none can be judged."""
    if NOMINAL in state.calibration:
        return "; uncalibrated: no change can be judged"
    if math.isnan(found.least_change_n) or found.short:
        return ""
    return f"; smallest real change {number(found.least_change_n, 1)} N beyond the calibration's band"


def _schedule(situation: Situation) -> str:
    if situation.schedule == "constant":
        return ""
    return f"feedback {situation.schedule.replace('_', ' ')}: {'with' if situation.guided else 'without'}"
