"""What a recording says of itself in its attributes and texts: read, and not believed where nobody could mean it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from nmt_sense.errors import RecordingError
from nmt_sense.participant import code_problem
from nmt_sense.session import layout
from nmt_sense.session.header import MOST_SENSORS, Counters, RecordingHeader
from nmt_sense.strict.hdf5 import StrictFile, damage

LONGEST_WORDS = 1 << 16
"""Characters that a name, a version or a verdict may have; ``/device`` and its like may be longer."""
_LATER = ("restarts", "stalls", "longest_stall_s", "raw_sha256")
"""Attributes of ``/integrity`` that the oldest files lack, with ``/raw/utc``."""


class Integrity(msgspec.Struct, frozen=True):
    """What the file says about its own completeness."""

    expected: int
    """Scans from the first to the last that arrived."""
    received: int
    lost: int
    counters: Counters
    unreadable_pieces: int
    """Pieces of the journal that could not be read when the file was made; their scans are among the lost."""
    calibration_verdict: str
    verdict: str
    """intact, gaps, recovered, empty or damaged."""
    description_sha256: str
    stalls: int = 0
    """Times more than a quarter of a second passed between two reads that brought scans."""
    longest_stall_s: float = 0.0
    raw_sha256: str = ""
    """Empty in the oldest files, which know nothing of stalls and restarts either."""
    derived_sha256: str = ""
    """Empty in files made before forces and holds had a checksum."""


def read_header(file: StrictFile) -> RecordingHeader:
    """Everything that was known when the recording started. Raises :class:`RecordingError`."""
    with damage(file.path):
        fields: dict[str, Any] = {name: _text(file.attribute("/", name)) for name in _root_fields(file)}
        fields["simulated"] = truth(file, "simulated")
        fields |= {field: file.text(path) for path, field in layout.TEXTS.items()}
        for path, attribute, field in layout.PLACED_FIELDS:
            fields[field] = _placed(file, path, attribute)
        header = msgspec.convert(fields, RecordingHeader)
    _refuse(file, _header_problems(header))
    return header


def truth(file: StrictFile, name: str) -> bool:
    """A root attribute that is true or false. Raises :class:`RecordingError`."""
    value = file.attribute("/", name)
    if not isinstance(value, np.bool_):
        raise RecordingError(f"{file.path} is damaged: {name} is neither true nor false.")
    return bool(value)


def read_integrity(file: StrictFile, header: RecordingHeader) -> Integrity:
    """What the file says of its own completeness. Raises :class:`RecordingError`."""
    if not file.has(layout.UTC) and any(file.has_attribute(layout.INTEGRITY, name) for name in _LATER):
        raise RecordingError(f"{file.path} is damaged: {layout.UTC} is missing.")
    known = [name for name in (*layout.COUNTER_FIELDS, *Integrity.__struct_fields__) if _is_there(file, name)]
    with damage(file.path):
        said = {name: _placed(file, layout.INTEGRITY, name) for name in known}
        counters = msgspec.convert(said, Counters)
        integrity = msgspec.convert(said | {"counters": counters}, Integrity)
    _refuse(file, _integrity_problems(integrity))
    return integrity


def _is_there(file: StrictFile, name: str) -> bool:
    if name == "derived_sha256" and int(file.attribute("/", "format_version")) < layout.DERIVED_DIGEST_FROM:
        return file.has_attribute(layout.INTEGRITY, name)
    return name != "counters" and (name not in _LATER or file.has(layout.UTC))


def _root_fields(file: StrictFile) -> Iterator[str]:
    return (name for name in layout.ROOT_FIELDS if name != layout.SOURCE or file.has_attribute("/", name))


def _placed(file: StrictFile, path: str, attribute: str) -> Any:
    if attribute == "sensors":
        return [_text(name) for name in file.attribute_list(path, attribute, MOST_SENSORS)]
    value = file.attribute(path, attribute)
    return value.item() if isinstance(value, np.number) else _text(value)


def _text(value: Any) -> str:
    text = value.decode() if isinstance(value, bytes) else value
    if not isinstance(text, str) or len(text) > LONGEST_WORDS:
        raise TypeError(f"expected words, found {type(value).__name__}")
    return text


def _header_problems(header: RecordingHeader) -> Iterator[str]:
    if not 0.0 < header.period_s < 3600.0:
        yield "period_s is no time from one scan to the next"
    if not 0.0 <= header.filter_delay_s < 3600.0:
        yield "filter_delay_s is no delay"
    if not header.sensors or not all(header.sensors):
        yield "it names no sensors"
    if header.participant and code_problem(header.participant):
        yield "participant is no code"
    if not re.fullmatch(r"[0-9A-Fa-f-]{32,36}", header.recording_id):
        yield "recording_id is no UUID"


def _integrity_problems(said: Integrity) -> Iterator[str]:
    counters = msgspec.structs.asdict(said.counters) | msgspec.structs.asdict(said)
    for name, value in counters.items():
        if isinstance(value, int | float) and not math.isfinite(value):
            yield f"{name} is not a number"
        if isinstance(value, int | float) and value < 0 and name != "drift_ppm":
            yield f"{name} is less than nothing"


def _refuse(file: StrictFile, problems: Iterator[str]) -> None:
    for problem in problems:
        raise RecordingError(f"{file.path} is damaged: {problem}.")
