"""Single edits of a stream of bytes, for tools that search for the worst list of them."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("flip", "drop", "double", "insert", "overwrite", "zero")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change at an offset of what was sent."""

    kind: str
    at: int
    size: int
    """Bytes concerned; for ``flip`` which bit."""
    garbage: bytes = b"\xa5"
    """What is written by ``insert`` and ``overwrite``, over and over."""

    @property
    def past(self) -> int:
        """The first byte of what was sent that is well again."""
        return self.at + (self.size if self.kind in ("drop", "overwrite") else self.kind != "insert")


def edited(stream: bytes, edits: list[Edit]) -> tuple[bytes, int]:
    """The stream after these edits, and from which sent byte on all is well. Of edits that overlap, the first."""
    out, done, made = bytearray(stream), 0, []
    for edit in sorted(edits, key=lambda edit: edit.at):
        if edit.at >= done:
            made.append(edit)
            done = edit.past
    for edit in reversed(made):  # so that the places of those before it do not move
        _apply(out, edit)
    return bytes(out), min(len(stream), done)


def _apply(out: bytearray, edit: Edit) -> None:
    at, end = edit.at, edit.at + edit.size
    filling = (edit.garbage * (edit.size // len(edit.garbage) + 1))[: edit.size] if edit.garbage else b""
    if edit.kind == "flip":
        out[at : at + 1] = bytes(byte ^ 1 << edit.size % 8 for byte in out[at : at + 1])
    elif edit.kind == "zero":
        out[at : at + 1] = b"\0"
    elif edit.kind == "drop":
        del out[at:end]
    elif edit.kind == "double":
        out[at:at] = out[at:end]
    elif edit.kind == "insert":
        out[at:at] = filling
    else:
        out[at:end] = filling
