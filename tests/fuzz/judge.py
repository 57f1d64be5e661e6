"""Damaged bytes through the real decoder and stream, and whether what came out is what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from nmt_sense.blocks import Int64Array, ScanBlock
from nmt_sense.glove import wire
from nmt_sense.glove.stream import ScanStream
from tests.fuzz.sent import Sent

_WRAP = 1 << 32


@dataclass(slots=True)
class Outcome:
    """What became of one damaged stream."""

    given: Int64Array
    """Scan numbers given out."""
    bad_frames: int
    lost: int
    repeated: int
    refused: int
    collisions: int = 0
    """Frames accepted although nobody sent them: CRC-16 lets one in 65536 pass."""
    wrong: int = 0
    """Scans given out that differ from what was measured, and that no collision explains."""
    invented: int = 0
    """Scans given out that came from a collision."""
    failures: list[str] = field(default_factory=list)

    def missed(self, frames: Int64Array, per_frame: int = 3) -> int:
        """How many of these frames, by their first scan, were not given out whole."""
        scans = frames[:, None] + np.arange(per_frame)
        return int((~np.isin(scans, self.given).all(axis=1)).sum())


def judge(sent: Sent, pieces: Iterable[bytes]) -> Outcome:
    """Feed these pieces to a fresh decoder and stream, and check everything that must hold of any bytes at all."""
    decoder, stream = wire.Decoder(), ScanStream(sent.info.channels, sent.info.full_scale)
    blocks, heard = [ScanBlock.empty(sent.info.channels)], []
    failures: list[str] = []
    for piece in pieces:
        messages = list(decoder.feed(piece))
        if len(decoder._rest) > wire.MAX_ENCODED:
            failures.append(f"the decoder keeps {len(decoder._rest)} bytes")
        if len(messages) > 1 + (len(piece) + wire.MAX_ENCODED) // (wire.MIN_ENCODED + 1):
            failures.append(f"{len(messages)} messages out of {len(piece)} bytes")
        blocks.append(stream.feed([message for message in messages if isinstance(message, wire.Data)]))
        heard += messages
    scan = np.concatenate([block.scan for block in blocks])
    counts = np.concatenate([block.counts for block in blocks])
    outcome = Outcome(scan, decoder.bad_frames, stream.lost, stream.repeated, stream.refused, failures=failures)
    failures += _inconsistencies(outcome, stream)
    _explain(outcome, sent, scan[_differs(sent, scan, counts)], heard)
    return outcome


def _inconsistencies(outcome: Outcome, stream: ScanStream) -> Iterator[str]:
    scan = outcome.given
    if np.any(np.diff(scan) <= 0):
        yield "scan numbers do not grow"
    if stream.received != len(scan):
        yield f"{stream.received} scans counted as received, {len(scan)} given out"
    missing = int(scan[-1] - scan[0]) + 1 - len(scan) if len(scan) else 0
    if stream.lost != missing:
        yield f"{stream.lost} scans counted as lost, {missing} missing"


def _differs(sent: Sent, scan: Int64Array, counts: np.ndarray) -> np.ndarray:
    """Rows that are not what the glove measured."""
    known = (scan >= 0) & (scan < len(sent.counts))
    same = (sent.counts[np.where(known, scan, 0)] == counts).all(axis=1)
    return ~(known & same)


def _explain(outcome: Outcome, sent: Sent, wrong: Int64Array, heard: list[wire.Message]) -> None:
    """Tell collisions, which CRC-16 cannot see, from wrong values that it must."""
    if not (len(wrong) or outcome.refused or outcome.repeated):
        return
    packed = ((message, wire.pack(message)) for message in heard if not isinstance(message, wire.Hello))
    invented = [message for message, body in packed if body not in sent.messages]
    outcome.collisions = len(invented)
    numbers = {
        (message.first_scan + i) % _WRAP
        for message in invented
        if isinstance(message, wire.Data)
        for i in range(len(message.counts))
    }
    outcome.wrong = sum(int(scan) % _WRAP not in numbers for scan in wrong)
    outcome.invented = len(wrong) - outcome.wrong
