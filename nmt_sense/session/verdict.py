"""The one word that says how far a recording can be trusted."""

from __future__ import annotations

INTACT = "intact"
"""Every scan from the first to the last is there."""
GAPS = "gaps"
"""Scans are missing; the file says which."""
RECOVERED = "recovered"
"""The program ended before the recording did; up to 0.1 s may be missing at the end, after a power cut 1 s."""
EMPTY = "empty"
"""Not one scan arrived: nothing was measured."""
DAMAGED = "damaged"
"""Something that was stored cannot be read or is not what it was."""


def verdict_word(received: int, lost: int, *, recovered: bool, damaged: bool) -> str:
    """The worst that holds, in the order damaged, empty, recovered, gaps, intact."""
    if damaged:
        return DAMAGED
    if not received:
        return EMPTY
    if recovered:
        return RECOVERED
    return GAPS if lost else INTACT
