"""Words for pressure: from the recording of an exercise to a scale that is kept, and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nmt_sense.analysis.judging import Presses
from nmt_sense.coaching.template import Pressed
from nmt_sense.coaching.words import FIVE, WIDEST, Scale, Word, exercise, learn, scale_path
from nmt_sense.errors import NmtError
from nmt_sense.participant import code_problem
from nmt_sense.storing import store
from nmt_sense.strict import toml

CODE_WRONG = "The practitioner's code has 1 to 32 letters, digits, - and _ only, no spaces: a code, never a name."
UNORDERED = "The words do not mean more and more force; look at the order, or do the exercise once more."
MOST_KEPT = 10_000


def named(given: str) -> tuple[str, ...]:
    """Words written with commas between, from the least on. Raises :class:`NmtError` unless there are two or more."""
    names = tuple(name.strip() for name in given.split(","))
    if len(names) < 2 or len(set(names)) < len(names) or not all(names):
        raise NmtError("Give two or more different words, with commas between.")
    return names


def scale_of(
    found: Presses,
    practitioner: str,
    *,
    names: Sequence[str] = FIVE,
    seed: int = 0,
    presses: Sequence[Pressed] | None = None,
) -> Scale:
    """A practitioner's scale, of the presses of an exercise; ``presses`` names those that count, else all do.

    Raises :class:`NmtError` for a code that is none, and when there are not as many presses as words were asked for.
    """
    if code_problem(practitioner):
        raise NmtError(CODE_WRONG)
    counted = found.presses if presses is None else presses
    asked = exercise(names, seed=seed)
    words = learn(asked, [press.meant_n for press in counted], names)
    of_word = {word: [press for name, press in zip(asked, counted, strict=True) if name == word] for word in names}
    words = tuple(_banded(word, of_word[word.name]) for word in words)
    relative = [press.meant_uncertainty_n / press.meant_n for press in counted if press.meant_n > 0]
    widest = max((value for value in relative if math.isfinite(value)), default=WIDEST)
    known = min(widest, WIDEST)
    return Scale(practitioner, found.contact, found.calibration_verdict, known, words, found.simulated)


def _banded(word: Word, presses: Sequence[Pressed]) -> Word:
    """The word with the band of its own presses: an error of calibration is common to them, and does not average out.

    One of them without an upper bound leaves the word without one.
    """
    half, meant = (sum(values) for values in zip(*((p.meant_uncertainty_n, p.meant_n) for p in presses), strict=True))
    share = half / meant if meant > 0 else WIDEST
    return msgspec.structs.replace(word, relative_uncertainty=share if share <= WIDEST else WIDEST)


def keep_scale(root: Path, scale: Scale) -> Path | None:
    """Keep a scale in a workspace's folder. One that was there stays under another name, which is the answer.

    Raises :class:`NmtError` when it cannot be written, and for words that do not mean more and more force: by such a
    scale a firmer press would get a lighter word.
    """
    if not scale.ordered:
        raise NmtError(_unordered(scale))
    path = scale_path(root, scale.practitioner)
    older = _put_aside(path) if path.exists() else None
    store(path, toml.encode(scale))
    return older


def _unordered(scale: Scale) -> str:
    """Which words are not in order, in one sentence."""
    falls = [
        f"“{more.name}” ({more.mean_n:.1f} N) was pressed no harder than “{less.name}” ({less.mean_n:.1f} N)"
        for less, more in itertools.pairwise(scale.words)
        if more.mean_n <= less.mean_n
    ]
    return f"No scale was kept, for {' and '.join(falls)}; look at the order, or do the exercise once more."


def _put_aside(path: Path) -> Path:
    """A copy of the older scale under a free name that is no code, so that it is never taken for a person's."""
    names = (path.with_suffix(f".{number}.toml") for number in range(1, MOST_KEPT))
    free = next((name for name in names if not name.exists()), None)
    if free is None:
        raise NmtError(f"There are too many older scales beside {path}; move some away.")
    try:
        free.write_bytes(path.read_bytes())
    except OSError as error:
        raise NmtError(f"The scale before cannot be kept as {free.name} ({error.strerror or error}).") from error
    return free


def practitioners(root: Path) -> list[str]:
    """Codes of all whose scales a workspace's folder has, in order."""
    return sorted(path.stem for path in (root / "words").glob("*.toml") if not code_problem(path.stem))
