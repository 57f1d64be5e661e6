"""What can go wrong, each as one clear sentence for the person at the screen.

Every error a user can cause or meet is an :class:`NmtError`. Its text says what happened and what to do; the
command line prints it on one line and exits with code 2, the window shows it in its status line.
"""

from __future__ import annotations

import enum


class NmtError(Exception):
    """An error worth one sentence to the user: what happened, and what to do about it."""


class LinkReason(enum.Enum):
    """Why there is no glove on a port."""

    NO_DEVICE = "no device"
    BUSY = "busy"
    NO_PERMISSION = "no permission"
    NOT_A_GLOVE = "not a glove"
    OTHER_PROTOCOL = "other protocol version"
    UNPLUGGED = "unplugged"
    SILENT = "silent"
    ENDED = "ended"
    """A recording that was played is over: no failure, and nothing to look for."""


class LinkError(NmtError):
    """The glove cannot be reached, with a typed reason."""

    def __init__(self, reason: LinkReason, port: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.port = port


class ProfileError(NmtError):
    """A calibration profile or glove layout cannot be used."""


class TechniqueError(NmtError):
    """A technique file cannot be used."""


class RecordingError(NmtError):
    """A recording or its journal cannot be written or read."""
