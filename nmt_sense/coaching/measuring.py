"""What a phase needs to know before it can begin, and which phase measures it."""

from __future__ import annotations

from collections.abc import Sequence

from nmt_sense.coaching.phases import HoldPhase, Phase, RampPhase, Reference
from nmt_sense.coaching.technique import References

MEASURED: dict[str, tuple[Reference, ...]] = {
    "threshold": ("threshold",),
    "both": ("threshold", "tolerance"),
    "maximum": ("maximum",),
}
"""What each kind of measurement gives."""
NO_DATA = "No data when the client reported: once more."
"""Said where the force of a report is not known."""


def unknown(phase: Phase, known: References) -> Reference | None:
    """What the band of a phase is a percentage of and nobody has measured; None where nothing is missing."""
    if not isinstance(phase, HoldPhase) or phase.percent_of is None:
        return None
    parts: tuple[Reference, ...] = ("threshold", "tolerance") if phase.percent_of == "midway" else (phase.percent_of,)
    return next((part for part in parts if known.measured(part) is None), None)


def measured_by(phases: Sequence[Phase], what: Reference) -> int | None:
    """Which of these phases, the last of them, measures it."""
    ramps = [at for at, phase in enumerate(phases) if isinstance(phase, RampPhase) and what in MEASURED[phase.measures]]
    return ramps[-1] if ramps else None


def measures(phase: Phase) -> tuple[Reference, ...]:
    """What a phase would make known."""
    return MEASURED[phase.measures] if isinstance(phase, RampPhase) else ()


def once_more(what: Reference) -> str:
    """Said when the course goes back to measure it."""
    return f"The {what} is not known: measure again."


def without(what: Reference, phase: HoldPhase) -> str:
    """Said when nothing can measure it, or the practitioner went past its measurement: which force is asked for."""
    return f"No {what} is known: {phase.low_n:g} to {phase.high_n:g} newtons."
