"""Findings of a pre-flight check: what is ready before a recording, what is doubtful, what is wrong."""

from __future__ import annotations

import enum

import msgspec


class Outcome(enum.StrEnum):
    """How a check came out."""

    READY = "ready"
    DOUBTFUL = "doubtful"
    """A recording can be made, but something about it should be known first."""
    WRONG = "wrong"
    """A recording made now would be worth little, or could not be kept."""


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    """A few words: ``sensors``, ``zero``, ``rate``, ``link``, ``disk``, ``battery``."""
    outcome: Outcome
    sentence: str
    """What was found and, unless all is well, what to do."""
