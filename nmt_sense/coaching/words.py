"""Words for pressure: what each practitioner means, in newtons, by "light" or "firm".

Walton's five levels name pressures without newtons; what one person calls firm is another's light. The force for a
perceived level depends on the order in which levels are asked for (Roberts 2011, Int J Ther Massage Bodywork, article
25), so the exercise asks in a shuffled order, and for each level several times.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from nmt_sense.blocks import Float32Array, Float64Array
from nmt_sense.errors import NmtError, ProfileError
from nmt_sense.holds import Hold
from nmt_sense.participant import check_code
from nmt_sense.strict import toml

FIVE = ("very light", "light", "medium", "firm", "deep")
"""Names to begin with, from the least on; anybody's own may take their place."""
EACH = 4
"""Assumed: presses for each word; five words, six seconds each, are two minutes."""
MIDDLE = 0.6
"""Assumed: part of a press, its middle, whose median is the force that was meant."""
CLEARLY = 2.0
"""Assumed: spreads from which on two words may be called clearly apart."""
TECHNIQUE = "pressure-words"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Newtons = Annotated[float, msgspec.Meta(ge=0, lt=1e6)]


WIDEST = 10.0
"""Half-width over force that a scale can hold; what has no upper bound at all is kept as this."""
Share = Annotated[float, msgspec.Meta(ge=0, le=WIDEST)]


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One word and the presses that it was meant by, N."""

    name: Name
    presses_n: Annotated[tuple[Newtons, ...], msgspec.Meta(min_length=1, max_length=1000)]
    relative_uncertainty: Share | None = None
    """Half-width of the 95 % band over the force, of these presses; None in scales of earlier versions."""

    @property
    def mean_n(self) -> float:
        """What the word means, N."""
        return statistics.fmean(self.presses_n)

    @property
    def sd_n(self) -> float:
        """How much it varies from press to press, N (denominator n - 1); NaN for one press."""
        return statistics.stdev(self.presses_n) if len(self.presses_n) > 1 else math.nan


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A practitioner's words, as kept in ``words/CODE.toml`` of the workspace."""

    practitioner: str
    """A code."""
    contact: str
    """What pressed."""
    calibration: str
    """What the calibration was worth when it was learned, in words."""
    relative_uncertainty: Share
    """Half-width of the 95 % band over the force, of the press where it is widest."""
    words: Annotated[tuple[Word, ...], msgspec.Meta(min_length=2, max_length=20)]
    """From the least to the most."""
    simulated: bool = False
    """No hand pressed."""

    def relative_of(self, name: str) -> float:
        """Half-width of the 95 % band of one word over its force; of a scale that does not say, its widest press's.

        Infinite where the word has no upper bound.
        """
        found = (word.relative_uncertainty for word in self.words if word.name == name)
        share = next((share for share in found if share is not None), self.relative_uncertainty)
        return share if share < WIDEST else math.inf

    def half_of(self, word: Word) -> float:
        """Half-width of the 95 % band of what one of its words means, N; infinite where it has no upper bound."""
        return self.relative_of(word.name) * word.mean_n

    @property
    def ordered(self) -> bool:
        """The words mean more and more force."""
        means = [word.mean_n for word in self.words]
        return all(one < other for one, other in itertools.pairwise(means))

    def word_for(self, newtons: float) -> str:
        """The word for a force: that whose mean is nearest in proportion (halfway is the geometric mean)."""
        if not newtons > 0:
            return ""
        return min(self.words, key=lambda word: abs(math.log(max(word.mean_n, 1e-3) / newtons))).name


def scale_path(root: Path, practitioner: str) -> Path:
    """Where a workspace keeps a practitioner's scale."""
    return root / "words" / f"{practitioner}.toml"


def read_scale(root: Path, practitioner: str) -> Scale:
    """A practitioner's scale, of a workspace's folder. Raises :class:`NmtError` when there is none, or none usable."""
    check_code(practitioner)
    path = scale_path(root, practitioner)
    if not path.is_file():
        raise NmtError(f"There is no scale of {practitioner} in {root}; make one with nmt-sense words learn.")
    return toml.read(path, Scale, f"The scale {path.name}", ProfileError)


class Difference(msgspec.Struct, frozen=True):
    """One word of two people."""

    name: str
    one_n: float
    other_n: float
    percent: float
    """How much more the one presses than the other."""
    apart: float
    """Difference over the root mean square of both spreads; NaN when one is not known."""
    one_uncertainty_n: float
    """Half-width of the 95 % band of ``one_n``; infinite where it has no upper bound."""
    other_uncertainty_n: float
    telling_percent: float
    """How far apart the word must at least be to tell anything where glove or calibration may differ, per cent; by the
    word's own bands. A scale does not keep which ones they were, so that is so of any two."""

    @property
    def telling(self) -> str:
        """``telling_percent`` in words."""
        if math.isnan(self.telling_percent):
            return "–"
        return "∞ %" if math.isinf(self.telling_percent) else f"{self.telling_percent:.0f} %"

    @property
    def clear(self) -> bool:
        """Further apart than both people vary, and than what they pressed is sure to; never with a spread not known."""
        return abs(self.percent) >= self.telling_percent and abs(self.apart) >= CLEARLY


def exercise(names: Sequence[str] = FIVE, each: int = EACH, seed: int = 0) -> list[str]:
    """The words in the order in which they are asked for: shuffled block by block, none twice in a row."""
    rng = np.random.default_rng(seed)
    asked: list[str] = []
    for _ in range(each):
        block = list(names)
        rng.shuffle(block)
        if asked and block[0] == asked[-1]:
            block = [*block[1:], block[0]]
        asked += block
    return asked


def meant_n(time_s: Float64Array, contact_n: Float32Array, half_n: Float32Array, hold: Hold) -> tuple[float, float]:
    """The force that a press was meant to have, N, and the half-width of its 95 % band.

    It is the median of the press's middle part, with the band of the scan (of two scans: of both) that it is of. Arrays
    (N,) are the recording's.
    """
    margin = (hold.end_s - hold.start_s) * (1 - MIDDLE) / 2
    inside = (time_s >= hold.start_s + margin) & (time_s <= hold.end_s - margin)
    if not inside.any():
        return hold.mean_n, hold.mean_uncertainty_n
    force = contact_n[inside]
    order = np.argsort(force, kind="stable")
    median = order[(len(order) - 1) // 2 : len(order) // 2 + 1]
    return float(np.median(force)), float(half_n[inside][median].mean())


def learn(asked: Sequence[str], pressed_n: Sequence[float], names: Sequence[str] = FIVE) -> tuple[Word, ...]:
    """Words from presses (N) in the order in which they were asked for.

    Raises :class:`NmtError` when there are not as many presses as words were asked for.
    """
    if len(asked) != len(pressed_n):
        raise NmtError(f"The exercise asks for {len(asked)} presses, but there are {len(pressed_n)}; do it once more.")
    return tuple(
        Word(name, tuple(force for word, force in zip(asked, pressed_n, strict=True) if word == name)) for name in names
    )


def compare(one: Scale, other: Scale) -> list[Difference]:
    """Word for word, a student with a teacher. Raises :class:`NmtError` when they share no word."""
    theirs = {word.name: word for word in other.words}
    shared = [(word, theirs[word.name]) for word in one.words if word.name in theirs]
    if not shared:
        raise NmtError(f"{one.practitioner} and {other.practitioner} have no word in common.")
    return [_difference(one, word, other, their) for word, their in shared]


def _difference(one: Scale, word: Word, other: Scale, their: Word) -> Difference:
    spread = math.sqrt((word.sd_n**2 + their.sd_n**2) / 2)
    gap = word.mean_n - their.mean_n
    return Difference(
        name=word.name,
        one_n=word.mean_n,
        other_n=their.mean_n,
        percent=100 * gap / their.mean_n if their.mean_n > 0 else math.nan,
        apart=gap / spread if spread > 0 else math.nan,
        one_uncertainty_n=one.half_of(word),
        other_uncertainty_n=other.half_of(their),
        telling_percent=_telling_percent(one, word, other, their),
    )


def _telling_percent(one: Scale, word: Word, other: Scale, their: Word) -> float:
    """Both bands added as squares, as parts of the forces and in newtons: whichever asks for more."""
    parts = math.hypot(one.relative_of(word.name), other.relative_of(their.name))
    newtons = math.hypot(one.half_of(word), other.half_of(their))
    return 100 * max(parts, newtons / their.mean_n) if their.mean_n > 0 else math.nan
