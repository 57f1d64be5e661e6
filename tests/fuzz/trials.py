"""Many damaged streams of one kind, judged and added up."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.fuzz import damage, hostile, uart
from tests.fuzz.judge import judge
from tests.fuzz.programs import PROGRAMS
from tests.fuzz.sent import Bytes, Sent, sent

Trial = tuple[Bytes, int, int]
"""What arrives; and the offsets in what was sent between which all frames must come out, but for one."""
HOSTILE = "hostile frames with valid CRCs"
"""Here it is no collision that a frame is accepted that the glove did not send, but it must not be given out."""
SIZES, SHARES = (2048, 8192, 65_536), (0.3, 0.3, 0.4)
_SMALLEST_TAIL, _LARGEST_TAIL = 500, 1100


@dataclass(slots=True)
class Tally:
    """What became of all of them."""

    way: str
    trials: int = 0
    size: int = 0
    """Bytes fed."""
    missed: int = 0
    """Most frames that began after the last bad byte and were not given out."""
    wrong: int = 0
    collisions: int = 0
    bad_frames: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Join another worker's."""
        self.trials += other.trials
        self.size += other.size
        self.missed = max(self.missed, other.missed)
        self.wrong += other.wrong
        self.collisions += other.collisions
        self.bad_frames += other.bad_frames
        self.failures += other.failures


def _damaged(way: damage.Damage, rng: np.random.Generator, true: Sent, size: int) -> Trial:
    begin, end = true.section(rng, size)
    tail = end - int(rng.integers(_SMALLEST_TAIL, _LARGEST_TAIL))
    arrived, clean = way(rng, true.stream[begin:tail])
    return np.concatenate([arrived, true.stream[tail:end]]), begin + clean, end


def _at_another_rate(rng: np.random.Generator, true: Sent, size: int) -> Trial:
    baud = int(rng.choice(uart.BAUDS))

    def misread(rng: np.random.Generator, piece: Bytes) -> tuple[Bytes, int]:
        return uart.received(uart.on_the_line(piece, rng), baud, bool(rng.random() < 0.5)), len(piece)

    return _damaged(misread, rng, true, size)


def _after_another_program(rng: np.random.Generator, true: Sent, size: int) -> Trial:
    begin, end = true.section(rng, 2000)
    name = str(rng.choice(list(PROGRAMS)))
    chatter = np.frombuffer(PROGRAMS[name](rng, size), np.uint8)
    at = int(rng.integers(begin, end - _LARGEST_TAIL))
    return np.concatenate([true.stream[begin:at], chatter, true.stream[at:end]]), at, end


def _among_hostile_frames(rng: np.random.Generator, true: Sent, size: int) -> Trial:
    begin, end = true.section(rng, size)
    begin = int(true.starts[np.searchsorted(true.starts, begin)])
    return hostile.between(rng, true, begin, end), begin, end


def _way(way: damage.Damage) -> Callable[[np.random.Generator, Sent, int], Trial]:
    return lambda rng, true, size: _damaged(way, rng, true, size)


WAYS: dict[str, Callable[[np.random.Generator, Sent, int], Trial]] = {
    "bit flips": _way(damage.flip),
    "dropped bytes": _way(damage.drop),
    "doubled bytes": _way(damage.double),
    "garbage bursts": _way(damage.burst),
    "all of these at once": _way(damage.shuffle),
    "a wrong baud rate": _at_another_rate,
    "another program's output": _after_another_program,
    HOSTILE: _among_hostile_frames,
}


def cut(rng: np.random.Generator, arrived: bytes) -> list[bytes]:
    """As reads may return it: byte by byte, in USB packets, in pieces of any size, or all at once."""
    mean = int(rng.choice([1, 62, 1000, 100_000])) if len(arrived) < 10_000 else int(rng.choice([62, 5000, 100_000]))
    sizes = rng.geometric(1 / mean, 2 + 2 * len(arrived) // mean)
    ends = [0, *np.cumsum(sizes)[np.cumsum(sizes) < len(arrived)].tolist(), len(arrived)]
    return [arrived[a:b] for a, b in itertools.pairwise(ends)]


def run(way: str, seed: int, size: int) -> Tally:
    """So many bytes damaged in this way."""
    rng = np.random.default_rng([seed, list(WAYS).index(way)])
    tally = Tally(way)
    while tally.size < size:
        _one(tally, rng, sent(seed=1 + seed % 3))
    return tally


def _one(tally: Tally, rng: np.random.Generator, true: Sent) -> None:
    arrived, clean, end = WAYS[tally.way](rng, true, int(rng.choice(SIZES, p=SHARES)))
    outcome = judge(true, cut(rng, arrived.tobytes()))
    missed = outcome.missed(true.frames_between(clean, end))
    tally.trials += 1
    tally.size += len(arrived)
    tally.missed = max(tally.missed, missed)
    tally.wrong += outcome.wrong + (outcome.invented if tally.way == HOSTILE else 0)
    tally.collisions += outcome.collisions
    tally.bad_frames += outcome.bad_frames
    tally.failures += [f"{failure} (trial {tally.trials})" for failure in outcome.failures]
