"""When frames began to come.

An adapter that gathers bytes (an FTDI chip sends 62 at a time, or what there is after 16 ms) often hands over the end
of a frame much later than its beginning, and with it the beginning of the next. A frame's first byte, too, is never
earlier than its scans, so it is the better witness of when they were.
"""

from __future__ import annotations

Part = tuple[bytes, int]
"""Bytes, and the host time (ns) when the frames that end in them began to come."""


class Parts:
    """Cuts what comes from a port where frames that began to come at different times meet."""

    def __init__(self) -> None:
        self._begun_ns: int | None = None
        """When the first byte came of the frame that is not whole yet."""

    def forget(self) -> None:
        """Somebody else has read from the port: what comes next counts as begun when it comes."""
        self._begun_ns = None

    def cut(self, received: bytes, first_ns: int, last_ns: int) -> list[Part]:
        """The parts of what came, at least one byte, in one or more pieces; only the last of them may end frames.

        ``first_ns``, ``last_ns``: when the first and the last piece came.
        """
        begun_ns = first_ns if self._begun_ns is None else self._begun_ns
        end = received.find(b"\0") + 1
        if not end:
            self._begun_ns = begun_ns
            return [(received, last_ns)]
        self._begun_ns = None if received.endswith(b"\0") else last_ns
        if 0 in received[end:]:
            return [(received[:end], begun_ns), (received[end:], last_ns)]
        return [(received, begun_ns)]
