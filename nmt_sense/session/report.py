"""What verification finds out about a recording."""

from __future__ import annotations

import msgspec

from nmt_sense.session.header import Counters


class Report(msgspec.Struct, frozen=True):
    """What verification found. All numbers are worked out anew except those that only the file can know."""

    path: str
    verdict: str
    """intact, gaps, recovered, empty or damaged."""
    findings: list[str]
    """One sentence for each thing worth knowing."""
    expected: int
    """Scans from the first to the last that arrived."""
    received: int
    lost: int
    gaps: int
    """Runs of missing scans."""
    recovered: bool
    counters: Counters
    """Drift and jitter are those that the stored pairs of scan and host time give."""
    stalls: int
    """Times more than a quarter of a second passed between two reads that brought scans."""
    longest_stall_s: float
    calibration_verdict: str
    simulated: bool
    derived: str
    """``same`` or ``differs`` from a fresh computation, or ``not compared``."""
