"""How things stand with the recording, in words: the checks before it, its verdict while it runs, and afterwards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from nmt_sense.checks import Check, Outcome
from nmt_sense.moment.picture import lasting, number
from nmt_sense.session.described import Integrity
from nmt_sense.state import LinkPhase, LinkQuality, LiveState

ROOM_SHOWN_BELOW_S = 3600.0
ORDER = (Outcome.WRONG, Outcome.DOUBTFUL, Outcome.READY)
VERDICTS = {
    "intact": (Outcome.READY, "every scan from the first to the last is there"),
    "gaps": (Outcome.DOUBTFUL, "scans are missing, and the file says which"),
    "recovered": (Outcome.DOUBTFUL, "the program was cut off; up to 0.1 s may be missing at the end"),
    "empty": (Outcome.WRONG, "not one scan has arrived"),
    "damaged": (Outcome.WRONG, "something that was stored cannot be read"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: what, how much, and what that means."""

    name: str
    value: str = ""
    meaning: str = ""
    grade: Outcome = Outcome.READY
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """One quiet line and the list behind it."""

    grade: Outcome
    word: str
    rest: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that has been written, and what it says about itself."""

    path: Path
    integrity: Integrity

    def __str__(self) -> str:
        """What the status line says."""
        told = self.integrity
        missing = f", {_count(told.lost)} of {_count(told.expected)} lost" if told.lost else ""
        return f"Saved: {self.path} – {told.verdict}, {_count(told.received)} scans{missing}."


def facts(state: LiveState, before: LinkQuality, last: Finished | None) -> Facts:
    """How things stand now. ``before``: the stream's counters when the recording began; ``last``: the file before."""
    if state.recording:
        return _recording(state, before)
    found = _ready(state)
    heading = (Row("Last recording", heading=True),) if last else ()
    return Facts(found.grade, found.word, found.rest, (*found.rows, *heading, *(finished_rows(last) if last else ())))


def first_wrong(state: LiveState) -> str:
    """What the checks find wrong, first of all; empty when nothing is."""
    return next((check.sentence for check in state.checks if check.outcome is Outcome.WRONG), "")


def finished_rows(finished: Finished) -> list[Row]:
    """What a file says about itself, row for row."""
    told, counters = finished.integrity, finished.integrity.counters
    return [
        _verdict_row(told.verdict),
        Row("file", finished.path.name, str(finished.path.parent)),
        *_scan_rows(told.expected, told.received, told.lost),
        *_fault_rows(counters.crc_errors, counters.overruns, told.stalls, counters.restarts),
        *_clock_rows(counters.drift_ppm, counters.jitter_p99_ms),
    ]


# before


def _ready(state: LiveState) -> Facts:
    if state.info is None or state.phase is not LinkPhase.STREAMING:
        missing = Check("glove", Outcome.WRONG, "No glove sends data; connect one.")
        return Facts(Outcome.DOUBTFUL, "Not ready", "no glove sends data", (_check_row(missing),))
    if not state.checks:
        looked_at = "sensors, zero, rate and disk"
        return Facts(Outcome.READY, "Checking", looked_at, (Row("checking", "", looked_at),))
    checks = sorted(state.checks, key=lambda check: ORDER.index(check.outcome))
    worst, wanting = checks[0], sum(check.outcome is not Outcome.READY for check in checks)
    rows = tuple(map(_check_row, checks))
    if not wanting:
        return Facts(Outcome.READY, "Ready", _short_room(state), rows)
    more = f"  (and {wanting - 1} more)" if wanting > 1 else ""
    return Facts(worst.outcome, _title(worst.name), worst.sentence + more, rows)


def _check_row(check: Check) -> Row:
    return Row(check.name, check.outcome.value, check.sentence, check.outcome)


# while it runs


def _recording(state: LiveState, before: LinkQuality) -> Facts:
    grade, _ = VERDICTS.get(state.verdict, (Outcome.READY, ""))
    expected, lost = _expected(state), max(0, state.quality.lost - before.lost)
    quality = state.quality
    crc, overruns, stalls, restarts = (
        max(0, getattr(quality, name) - getattr(before, name))
        for name in ("crc_errors", "overruns", "stalls", "restarts")
    )
    received = max(0, expected - lost)
    rows = (
        _verdict_row(state.verdict),
        *_scan_rows(expected, received, lost),
        *_fault_rows(crc, overruns, stalls, restarts),
        *_clock_rows(quality.drift_ppm, quality.jitter_p99_ms),
        *_room_rows(state),
    )
    parts = [f"{_count(received)} scans", *_troubles(lost, crc, overruns, stalls, restarts), _short_room(state)]
    return Facts(grade, _title(state.verdict or "recording"), ", ".join(filter(None, parts)), rows)


def _expected(state: LiveState) -> int:
    if state.info is None or state.recorded_s <= 0.0:
        return 0
    return round(state.recorded_s / state.info.period_s) + 1


def _troubles(lost: int, crc: int, overruns: int, stalls: int, restarts: int) -> list[str]:
    """Only what is not zero."""
    counted = (
        (lost, "lost", "lost"),
        (crc, "CRC error", "CRC errors"),
        (overruns, "overrun", "overruns"),
        (stalls, "stall", "stalls"),
        (restarts, "restart", "restarts"),
    )
    return [f"{_count(n)} {one if n == 1 else many}" for n, one, many in counted if n]


# rows


def _verdict_row(verdict: str) -> Row:
    grade, meaning = VERDICTS.get(verdict, (Outcome.READY, ""))
    return Row("verdict", verdict or "–", meaning, grade)


def _scan_rows(expected: int, received: int, lost: int) -> list[Row]:
    return [
        Row("expected", _count(expected), "scans from the first to the newest"),
        Row("received", _count(received)),
        _counted("lost", lost, "scans that the numbering shows missing"),
    ]


def _fault_rows(crc: int, overruns: int, stalls: int, restarts: int) -> list[Row]:
    return [
        _counted("CRC errors", crc, "frames that came in broken and were dropped"),
        _counted("overruns", overruns, "scans the glove could not take in time"),
        _counted("stalls", stalls, "times nothing came for more than a quarter of a second"),
        _counted("restarts", restarts, "times the glove started anew"),
    ]


def _clock_rows(drift_ppm: float, jitter_ms: float) -> list[Row]:
    drift = number(drift_ppm)
    signed = drift if drift[0] in "−0" else f"+{drift}"
    return [
        Row("drift", f"{signed} ppm", "the glove's clock against this computer's"),
        Row("jitter", f"{number(jitter_ms, 1)} ms", "99 of 100 arrivals are at most so late"),
    ]


def _room_rows(state: LiveState) -> tuple[Row, ...]:
    if not math.isfinite(state.room_s):
        return ()
    return (Row("room", lasting(state.room_s), "of recording at this rate until the disk is full"),)


def _short_room(state: LiveState) -> str:
    return f"disk full in {lasting(state.room_s)}" if state.room_s < ROOM_SHOWN_BELOW_S else ""


def _counted(name: str, count: int, meaning: str) -> Row:
    return Row(name, _count(count), meaning, Outcome.DOUBTFUL if count else Outcome.READY)


def _count(value: int) -> str:
    """Digits in groups of three, so that long counts can be read."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _title(words: str) -> str:
    return words[:1].upper() + words[1:]
