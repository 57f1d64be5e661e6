"""NMT Sense: a sensing glove, live coaching and trustworthy recordings for neuromuscular massage therapy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmt_sense.session.recording import open_recording as open_recording

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Fetch ``open_recording`` when it is first asked for: HDF5 takes a while to load."""
    if name != "open_recording":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nmt_sense.session.recording import open_recording

    return open_recording
