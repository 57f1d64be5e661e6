"""Raw scans -> forces and holds: the one way, used live, at the end of a recording, at recovery and in verification."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nmt_sense.blocks import Arrivals, ForceBlock, ScanBlock
from nmt_sense.coaching.coach import Coach
from nmt_sense.coaching.state import Cue
from nmt_sense.coaching.technique import Technique
from nmt_sense.device import GloveInfo
from nmt_sense.errors import RecordingError
from nmt_sense.events import COACHED, Event
from nmt_sense.glove.clock import HostClock
from nmt_sense.glove.hello import check_info
from nmt_sense.holds import Hold
from nmt_sense.sensing.chain import ForceChain
from nmt_sense.sensing.layout import Layout
from nmt_sense.session.header import RecordingHeader
from nmt_sense.strict import toml


class Derivation:
    """Forces and holds of one run of scans. Results do not depend on how the run is cut into blocks."""

    def __init__(self, info: GloveInfo, layout: Layout, technique: Technique, contact: str) -> None:
        self.chain = ForceChain(info, layout, contact)
        self.coach = Coach(technique, info.period_s)
        self.newest_s = 0.0
        """Device time of the newest scan fed, s."""

    def advance(self, block: ScanBlock) -> tuple[ForceBlock, list[Cue]]:
        """Forces of these scans, and the cues that they call for."""
        force = self.chain.feed(block)
        cues = self.coach.feed(force)
        if len(force):
            self.newest_s = float(force.time_s[-1])
        return force, cues

    def feed(self, block: ScanBlock) -> ForceBlock:
        """Forces of these scans."""
        return self.advance(block)[0]

    def finish(self) -> list[Hold]:
        """All holds; one that is still going on ends with the recording."""
        self.coach.finish(self.newest_s)
        return list(self.coach.holds)


class Recomputation:
    """All that follows from a recording's raw data: forces, holds, and how the two clocks ran."""

    def __init__(self, derivation: Derivation, clock: HostClock) -> None:
        self._derivation = derivation
        self._clock = clock

    def feed(self, block: ScanBlock) -> ForceBlock:
        """Forces of the next scans."""
        return self._derivation.feed(block)

    def ping(self, pings: Arrivals) -> None:
        """Take all answered pings, scan and host time, before the first pairs."""
        self._clock.add_pings(pings)

    def arrive(self, arrivals: Arrivals) -> None:
        """Take the next pairs of scan and host time, both never falling."""
        self._clock.add_many(arrivals.scan, arrivals.host_ns)

    def finish(self) -> list[Hold]:
        """All holds, after the last scan."""
        return self._derivation.finish()

    @property
    def drift_ppm(self) -> float:
        """Device clock against host clock over the pairs taken, parts per million; positive is a fast device."""
        return self._clock.drift_ppm

    @property
    def jitter_p99_ms(self) -> float:
        """99th percentile of the arrivals' lateness, ms."""
        return self._clock.jitter_p99_ms


def derive(header: RecordingHeader, events: Sequence[Event]) -> Recomputation:
    """The computation that a recording's own settings describe, with the stops, marks and pain reports it holds.

    Raises :class:`NmtError` when the settings in the header cannot be used.
    """
    info = _glove(header)
    layout = Layout.from_toml(header.calibration_toml)
    derivation = Derivation(info, layout, Technique.from_toml(header.technique_toml), header.contact)
    for event in events:
        if event.kind in COACHED and math.isfinite(event.time_s):
            derivation.coach.report(event)
    return Recomputation(derivation, HostClock(header.period_s))


def _glove(header: RecordingHeader) -> GloveInfo:
    """The glove that a recording describes. Raises :class:`RecordingError` when none can be so, or not this one."""
    what = "The recording's description of its glove"
    info = toml.decode(header.device_toml, GloveInfo, what, RecordingError)
    try:
        check_info(info)
    except (ValueError, ArithmeticError, MemoryError) as error:
        raise RecordingError(f"{what} cannot be used: {error}.") from error
    if info.sensor_names != header.sensors or info.period_s != header.period_s:
        raise RecordingError(f"{what} cannot be used: its sensors or its period are not those of the scans.")
    return info
