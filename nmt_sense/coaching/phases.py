"""The kinds of phases that a technique is made of. Every number names its source, or says "assumed"."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from nmt_sense.coaching.runs import Edges

Positive = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
Percent = Annotated[float, msgspec.Meta(gt=0, le=1000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Words = Annotated[str, msgspec.Meta(min_length=1)]
LONGEST_SAY = 200
"""Characters of what is to be said: it must fit into an event."""
Say = Annotated[str, msgspec.Meta(max_length=LONGEST_SAY)]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What every table of a technique has in common: nothing unknown, nothing changed after reading."""


def numbers(struct: msgspec.Struct) -> list[str]:
    """Names of the fields that are numbers."""
    found = ((field.encode_name, getattr(struct, field.name)) for field in msgspec.structs.fields(struct))
    return [name for name, value in found if isinstance(value, int | float) and not isinstance(value, bool)]


def check_sources(sources: dict[str, str], wanted: set[str], what: str) -> None:
    """Raises :class:`ValueError` unless ``sources`` says where each number comes from, and of nothing else."""
    for name in sorted(wanted - sources.keys()):
        raise ValueError(f'sources does not say where {name} comes from (write "assumed" if from nowhere)')
    for name in sorted(sources.keys() - wanted):
        raise ValueError(f"sources names {name}, which is no number of this {what}")


class CuePlan(Strict, frozen=True, kw_only=True):
    """When cues sound, and how fast."""

    quiet_s: Positive
    """Time outside the band before the first pulse."""
    loading_s: Positive
    """Time allowed from contact to the band before "too little" may sound at all."""
    slowest_hz: Positive
    """Pulses per second just outside the band."""
    fastest_hz: Positive
    """Pulses per second at ``full_error_n`` and beyond."""
    full_error_n: Positive
    """Newtons outside the band at which a cue is fastest and strongest."""


class Pressing(Strict, frozen=True, kw_only=True):
    """What every phase in which somebody presses has."""

    title: Words
    say: Say = ""
    """What to say when the phase begins; the title when nothing is given."""
    contact_n: Positive
    """A press begins when the force reaches this ..."""
    release_n: Positive
    """... and ends when it stays below this."""
    minimum_s: Positive
    """A shorter press is a touch and leaves no row."""
    first_round_only: bool = False
    """Left out from the second round on."""
    sources: dict[str, Words]
    """For every number above, by its field name, where it comes from; "assumed" where from nowhere."""

    def _check(self) -> None:
        if not self.release_n < self.contact_n:
            raise ValueError(f"release_n ({self.release_n:g} N) must be below contact_n ({self.contact_n:g} N)")
        check_sources(self.sources, self._sourced(), "phase")

    def _sourced(self) -> set[str]:
        return set(numbers(self))

    def __post_init__(self) -> None:
        self._check()


Reference = Literal["threshold", "tolerance", "midway", "maximum"]
"""What percent may be of: the client's pressure pain threshold, tolerance, the middle between the two, a maximum."""


class HoldPhase(Pressing, frozen=True, kw_only=True, tag_field="kind", tag="hold"):
    """Press into the band and stay there until the wanted time is reached, or the client or practitioner ends it."""

    low_n: Positive
    high_n: Positive
    percent_of: Reference | None = None
    """With it, the band is ``low_percent`` to ``high_percent`` of what was measured; newtons until that is known."""
    low_percent: Percent | None = None
    high_percent: Percent | None = None
    hold_s: Positive
    """Wanted time inside the band."""
    release_s: Positive
    """Below ``release_n`` for this long is letting go."""
    grace_s: Positive
    """Leaving the band for no longer than this is no lapse."""
    fastest_n_per_s: Positive | None = None
    """Loading faster than this is out of limits."""
    ends: Literal["time", "eased", "barrier"] = "time"
    """``time``: when the wanted time is full. ``eased``: patient-led, see ``levels``. ``barrier``: when the
    practitioner felt the tissue give way."""
    levels: Count | None = None
    """Increments of a hold that ends otherwise than by time; 1 when not given."""
    ease_percent: Percent | None = None
    """``eased``: the pain must fall by this much before the next increment."""
    tolerance_n: Positive | None = None
    """``eased``: the band is the force at the client's report plus and minus this."""
    limit_s: Positive | None = None
    """Longest time from contact, all increments together; then it ends."""
    advance: Literal["release", "time"] = "release"
    """The phase goes on when the practitioner has let go, or at once when the time is full."""
    repetitions: Count | None = None
    """Holds that the phase asks for; without limit when not given."""
    rest_s: Positive | None = None
    """Rest between two of them."""
    countdown_s: Annotated[int, msgspec.Meta(ge=1, le=60)] | None = None
    """Whole seconds that are spoken before the time is full; before ``limit_s`` where no time in the band ends it."""
    cues: CuePlan

    def __post_init__(self) -> None:
        if not self.low_n < self.high_n:
            raise ValueError(f"low_n ({self.low_n:g} N) must be below high_n ({self.high_n:g} N)")
        if not self.contact_n < self.low_n:
            raise ValueError(f"contact_n ({self.contact_n:g} N) must be below low_n ({self.low_n:g} N)")
        if not self.cues.slowest_hz <= self.cues.fastest_hz:
            raise ValueError("cues.slowest_hz must not be above cues.fastest_hz")
        self._check_percent()
        self._check_levels()
        self._check()

    def _check_percent(self) -> None:
        given = [value for value in (self.low_percent, self.high_percent) if value is not None]
        if (self.percent_of is None and given) or (self.percent_of is not None and len(given) < 2):
            raise ValueError("percent_of, low_percent and high_percent are given together, or not at all")
        if len(given) == 2 and not given[0] < given[1]:
            raise ValueError(f"low_percent ({given[0]:g} %) must be below high_percent ({given[1]:g} %)")

    def _check_levels(self) -> None:
        patient_led = {"ease_percent": self.ease_percent, "tolerance_n": self.tolerance_n}
        for name, value in patient_led.items():
            if (self.ends == "eased") != (value is not None):
                raise ValueError(f'{name} belongs to ends = "eased", and is needed there')
        if self.ends == "eased" and self.limit_s is None:
            raise ValueError('limit_s is needed with ends = "eased": the pain may never ease')
        if self.ends == "time" and self.levels is not None:
            raise ValueError('levels belongs to ends = "eased" or "barrier"')
        if self.ends != "time" and self.advance == "time":
            raise ValueError('advance = "time" belongs to ends = "time"')

    def _sourced(self) -> set[str]:
        return set(numbers(self)) | {f"cues.{name}" for name in numbers(self.cues)}

    def edges(self, measured_n: float | None = None) -> Edges:
        """The edges of its zones, where ``measured_n`` is what its percent are of, if that is known.

        A band that begins below twice ``contact_n`` takes the thresholds for contact and release down with it.
        """
        low, high = self.low_n, self.high_n
        if measured_n is not None and self.low_percent is not None and self.high_percent is not None:
            low, high = measured_n * self.low_percent / 100, measured_n * self.high_percent / 100
        contact = min(self.contact_n, low if low == self.low_n else low / 2)
        return Edges(min(self.release_n, contact * self.release_n / self.contact_n), contact, low, high)

    @property
    def open_edges(self) -> Edges:
        """The edges while no band is known yet."""
        return Edges(self.release_n, self.contact_n)


class RampPhase(Pressing, frozen=True, kw_only=True, tag_field="kind", tag="ramp"):
    """Press harder at an even rate until the client reports, or as hard as one can: a measurement."""

    measures: Literal["threshold", "both", "maximum"]
    """The pressure pain threshold, threshold and then tolerance, or the largest force that is sustained."""
    release_s: Positive
    slowest_n_per_s: Positive | None = None
    fastest_n_per_s: Positive | None = None
    limit_n: Positive
    """The trial ends here whatever the client says."""
    trials: Count = 1
    discard_first: bool = False
    """The first trial does not count."""
    rest_s: Positive | None = None
    sustain_s: Positive | None = None
    """``maximum``: the largest force that was not fallen below for so long."""
    least_change_n: Positive | None = None
    """Smallest real change between two sittings that was published; a smaller change is never an improvement."""
    other_rater_change_n: Positive | None = None
    """The same where not the same person pressed in both."""
    probe_cm2: Positive | None = None
    """Tip that the newtons here are for. On another area, where one is declared, the two before are in proportion;
    the limits of the rate are not, and that is said (:func:`nmt_sense.coaching.thresholds.other_tip`)."""
    pulse_hz: Positive
    """Pulses per second while the rate is out of its limits."""

    def __post_init__(self) -> None:
        slowest, fastest = self.slowest_n_per_s, self.fastest_n_per_s
        if slowest is not None and fastest is not None and not slowest < fastest:
            raise ValueError("slowest_n_per_s must be below fastest_n_per_s")
        if not self.contact_n < self.limit_n:
            raise ValueError(f"contact_n ({self.contact_n:g} N) must be below limit_n ({self.limit_n:g} N)")
        if (self.measures == "maximum") != (self.sustain_s is not None):
            raise ValueError('sustain_s belongs to measures = "maximum", and is needed there')
        if self.discard_first and self.trials < 2:
            raise ValueError("trials must be 2 or more when the first is discarded")
        self._check()


class TimedPhase(Strict, frozen=True, kw_only=True, tag_field="kind", tag="timed"):
    """Something that takes its time, whatever the force: relaxing, stretching, resting."""

    title: Words
    say: Say = ""
    role: Literal["relax", "stretch", "rest", "wait"]
    duration_s: Positive
    countdown_s: Annotated[int, msgspec.Meta(ge=1, le=60)] | None = None
    first_round_only: bool = False
    sources: dict[str, Words]

    def __post_init__(self) -> None:
        check_sources(self.sources, set(numbers(self)), "phase")


class StrokesPhase(Pressing, frozen=True, kw_only=True, tag_field="kind", tag="strokes"):
    """Strokes, counted; each peak wanted in the band. How fast the hand moved over the skin is not known."""

    low_n: Positive
    high_n: Positive
    strokes: Count
    slowest_per_min: Positive
    fastest_per_min: Positive

    def __post_init__(self) -> None:
        if not self.contact_n < self.low_n < self.high_n:
            raise ValueError("contact_n must be below low_n, and that below high_n")
        if not self.slowest_per_min < self.fastest_per_min:
            raise ValueError("slowest_per_min must be below fastest_per_min")
        self._check()


MOST_POINTS = 20_000


class FollowPhase(Pressing, frozen=True, kw_only=True, tag_field="kind", tag="follow"):
    """Follow a template: a force over time from contact on."""

    target_n: Annotated[tuple[Annotated[float, msgspec.Meta(ge=0, lt=1e9)], ...], msgspec.Meta(min_length=2)]
    """(K,) target force, N, the first at contact."""
    every_s: Positive
    """Time from one point of the target to the next."""
    tolerance_n: Positive
    release_s: Annotated[float, msgspec.Meta(ge=0, lt=1e9)]
    """0: the first scan below ``release_n`` is letting go, as of a stroke."""
    repetitions: Count | None = None
    made_from: Words
    """Whose hold it was."""
    cues: CuePlan

    def __post_init__(self) -> None:
        if len(self.target_n) > MOST_POINTS:
            raise ValueError(f"target_n must have {MOST_POINTS} points at most")
        if not all(map(math.isfinite, self.target_n)):
            raise ValueError("target_n must be numbers")
        self._check()

    def _sourced(self) -> set[str]:
        return set(numbers(self)) | {f"cues.{name}" for name in numbers(self.cues)}

    @property
    def length_s(self) -> float:
        """Length of the template."""
        return (len(self.target_n) - 1) * self.every_s


Phase = HoldPhase | RampPhase | TimedPhase | StrokesPhase | FollowPhase
