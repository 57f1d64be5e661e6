"""The pre-flight check: is what a recording would be made with alive, steady, right, and is there room for it?

A sensor at rest reads 0: its divider is open, and so is that of a broken wire. The two cannot be told apart until the
sensor is pressed, so a sensor counts as heard from once it has answered since the glove was connected.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmt_sense.blocks import Float32Array, Float64Array, Int64Array, ScanBlock, Uint16Array
from nmt_sense.checks import Check, Outcome
from nmt_sense.device import GloveInfo
from nmt_sense.pipeline.surroundings import BATTERY_EMPTY, BATTERY_LOW, Battery, minutes
from nmt_sense.sensing.conductance import top_code
from nmt_sense.sensing.layout import FILE_NAME, Layout
from nmt_sense.session.space import Room
from nmt_sense.state import LinkQuality
from nmt_sense.units import SECONDS_PER_NS

WINDOW_S = 3.0
"""What is looked at. A pressing hand trembles by per cents within a second, so three seconds without one step of change
are no hand's."""
JUDGED_AFTER_S = 2.0
"""Less than this tells nothing."""
STUCK_SHARE = 0.02
"""Of full scale: a sensor that stands still above this is stuck. Below, leakage of one count may well stand still."""
SATURATED_SHARE = 0.5
"""Of the window at the top code: more than a blow on the table, and no test press should last as long."""
HEARD_SHARE = 0.01
"""Of full scale: a larger change within the window is an answer, not noise or leakage."""
REST_S = 1.0
REST_N = 0.5
"""At rest a sensor shows less than this: the nominal profile's own uncertainty at zero."""
REST_KEEPS_S = 60.0
"""For so long a zero once seen is believed."""
RATE_WRONG = 0.01
"""The clock is followed within ±1 %; a glove further off sends something else than it says."""
RATE_DOUBTFUL = 0.005
"""What a board's ceramic resonator may be off at worst."""
RATE_FAR = 0.02
"""Off by this within one window is no drift but another rate: 40 ms, and reads that are late do not count."""
RATE_KNOWN_S = 10.0
"""Before, the clock's fit rests on too few seconds to be told as a fault."""
RECENT = 20
"""So many notes back the link's counters are compared: ten seconds, at two a second."""
LOST_WRONG = 0.01
JITTER_MS = 20.0
"""Above the 16 ms timer of an adapter left as it comes."""
ROOM_WRONG_S = 60.0
ROOM_DOUBTFUL_S = 600.0

OF_RECORDING = frozenset({"sensors", "zero", "rate", "link"})
"""Checks that a recording's first seconds can answer; the others are known before."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The last seconds of a glove's scans."""

    scan: Int64Array
    """(N,)"""
    counts: Uint16Array
    """(N, C)"""
    newtons: Float32Array
    """(N, C) unfiltered"""
    rate_hz: float
    """Scans per host second within this stretch."""


class Preflight:
    """Keeps the newest seconds of one glove, and what it has shown since it was connected."""

    def __init__(self, info: GloveInfo) -> None:
        self._info = info
        self._blocks: deque[tuple[ScanBlock, Float32Array, int]] = deque()
        self._kept = 0
        self._wanted = round(WINDOW_S * info.rate_hz)
        self._heard = np.zeros(info.channels, np.bool_)
        self._rested = np.full(info.channels, -np.inf)
        self._past: deque[LinkQuality] = deque(maxlen=RECENT + 1)

    def forget_scans(self) -> None:
        """Begin another stretch; which sensors have answered stays known."""
        self._blocks.clear()
        self._kept = 0

    @property
    def complete(self) -> bool:
        """A whole window has come since the stretch began."""
        return self._kept >= self._wanted

    def note(self, quality: LinkQuality) -> None:
        """The link's counters now. Call it twice a second."""
        self._past.append(quality)

    def add(self, block: ScanBlock, newtons: Float32Array, now_ns: int) -> None:
        """Scans and their forces (N, C), read at ``now_ns``. As cheap as it can be: it is called for every read."""
        self._blocks.append((block, newtons, now_ns))
        self._kept += len(block)
        while self._kept - len(self._blocks[0][0]) >= self._wanted:
            self._kept -= len(self._blocks.popleft()[0])

    def judge(self) -> tuple[Check, ...]:
        """What the scans and the link show; nothing before there is enough of them. Call it about once a second."""
        if self._kept < JUDGED_AFTER_S * self._info.rate_hz or not self._past:
            return ()
        stretch = self._stretch()
        self._remember(stretch)
        return (
            check_sensors(stretch, self._info),
            check_answers(self._heard, self._info.sensor_names),
            check_zero(stretch, self._rested, self._info),
            check_rate(stretch, self._past[-1], self._info.rate_hz),
            check_link(self._past[0], self._past[-1]),
        )

    def _stretch(self) -> Stretch:
        blocks, newtons, times = zip(*self._blocks, strict=True)
        reads = np.array([(block.scan[-1], time_ns) for block, time_ns in zip(blocks, times, strict=True)])
        return Stretch(
            np.concatenate([block.scan for block in blocks]),
            np.concatenate([block.counts for block in blocks]),
            np.concatenate(newtons),
            measured_rate(reads[:, 0], reads[:, 1], self._info.rate_hz),
        )

    def _remember(self, stretch: Stretch) -> None:
        """Which sensors have answered, and which have rested."""
        self._heard |= np.ptp(stretch.counts, axis=0) > HEARD_SHARE * self._info.full_scale
        length = round(REST_S * self._info.rate_hz)
        for end in range(len(stretch.scan), length - 1, -length):
            second = slice(end - length, end)
            rests = stretch.newtons[second].max(axis=0) < REST_N
            self._rested[rests] = np.maximum(self._rested[rests], stretch.scan[end - 1])


def measured_rate(scans: Int64Array, host_ns: Int64Array, nominal_hz: float) -> float:
    """Scans per host second, from the newest scan of each read and its time, both (M,).

    A read is late and never early: so the least delay within the first third is compared with that within the last.
    """
    delay_s = (host_ns - host_ns[0]) * SECONDS_PER_NS - (scans - scans[0]) / nominal_hz
    third = max(1, len(scans) // 3)
    between_s = (scans[-third] - scans[0]) / nominal_hz
    grown_s = float(delay_s[-third:].min() - delay_s[:third].min())
    return nominal_hz / max(0.01, 1.0 + grown_s / between_s) if between_s > 0 else nominal_hz


def check_sensors(stretch: Stretch, info: GloveInfo) -> Check:
    """None at the end of its range, none stuck at a value above zero."""
    names, counts = info.sensor_names, stretch.counts
    if (at_top := (counts >= top_code(info)).mean(axis=0) > SATURATED_SHARE).any():
        return Check(
            "sensors",
            Outcome.WRONG,
            f"At the end of the range: {_named(names, at_top)}; let go, and if it stays so look for a short circuit.",
        )
    still = (np.ptp(counts, axis=0) == 0) & (counts[-1] > STUCK_SHARE * info.full_scale)
    if still.any():
        return Check(
            "sensors",
            Outcome.WRONG,
            f"Stuck at one value for seconds: {_named(names, still)}; check the wires and the glove's board.",
        )
    return Check("sensors", Outcome.READY, "No sensor is stuck or at the end of its range.")


def check_answers(heard: NDArray[np.bool_], names: Sequence[str]) -> Check:
    """Every sensor has answered since the glove was connected."""
    if heard.all():
        return Check("answers", Outcome.READY, "Every sensor has answered to a press.")
    return Check(
        "answers",
        Outcome.DOUBTFUL,
        f"Not heard from yet: {_named(names, ~heard)}; press each once (at rest a broken wire looks the same).",
    )


def check_zero(stretch: Stretch, rested: Float64Array, info: GloveInfo) -> Check:
    """Every sensor has been seen at rest, near zero; ``rested`` (C,) is the scan at which it was last."""
    lately = rested >= stretch.scan[-1] - REST_KEEPS_S * info.rate_hz
    if lately.all():
        return Check("zero", Outcome.READY, f"At rest every sensor shows less than {REST_N:g} N.")
    return Check(
        "zero",
        Outcome.DOUBTFUL,
        f"Not seen at rest for a whole second: {_named(info.sensor_names, ~lately)}; let go for a moment, and if it "
        "stays so see what presses there.",
    )


def check_rate(stretch: Stretch, quality: LinkQuality, nominal_hz: float) -> Check:
    """As many scans a second as the glove says, by the clock's fit and within the window."""
    if abs(stretch.rate_hz / nominal_hz - 1.0) > RATE_FAR:
        words = f"The glove sends {stretch.rate_hz:.0f} scans a second instead of {nominal_hz:.0f}; plug it in again."
        return Check("rate", Outcome.WRONG, words)
    off = abs(quality.drift_ppm) * 1e-6 if quality.received >= RATE_KNOWN_S * nominal_hz else 0.0
    if off > RATE_DOUBTFUL:
        words = f"The glove's clock is off by {100 * off:.1f} %; times are corrected, but have its board looked at."
        return Check("rate", Outcome.WRONG if off >= RATE_WRONG else Outcome.DOUBTFUL, words)
    return Check("rate", Outcome.READY, f"{nominal_hz:.0f} scans a second, as they should be.")


def check_link(before: LinkQuality, now: LinkQuality) -> Check:
    """Nothing lost or spoilt on the way lately."""
    lost, spoilt = now.lost - before.lost, now.crc_errors - before.crc_errors
    interrupted = now.stalls - before.stalls + now.restarts - before.restarts
    if lost or spoilt or interrupted:
        far = lost > LOST_WRONG * (lost + now.received - before.received)
        return Check(
            "link",
            Outcome.WRONG if far else Outcome.DOUBTFUL,
            f"Just now {lost} scans were lost, {spoilt} frames spoilt and the stream interrupted {interrupted} times; "
            "try another cable or socket.",
        )
    if now.jitter_p99_ms > JITTER_MS:
        words = f"Data come up to {now.jitter_p99_ms:.0f} ms late; close other programs or try another socket."
        return Check("link", Outcome.DOUBTFUL, words)
    return Check("link", Outcome.READY, "Everything arrives.")


def check_calibration(layout: Layout, sensors: Sequence[str], present: Sequence[str]) -> Check:
    """What the calibration of the contact's sensors is worth today, on a glove that has the sensors ``present``."""
    if strange := sorted(set(layout.sensors) - set(present)):
        words = (
            f"{FILE_NAME} has a profile for {', '.join(strange)}, which this glove lacks; it has {', '.join(present)}."
        )
        return Check("calibration", Outcome.DOUBTFUL, words)
    if layout.trusted(sensors):
        return Check("calibration", Outcome.READY, "The sensors are calibrated.")
    words = f"The forces are {layout.verdict(sensors)}; compare them with each other, not with a book."
    return Check("calibration", Outcome.DOUBTFUL, words)


def check_disk(room: Room) -> Check:
    """Room for a recording."""
    if room.free is None:
        return Check("disk", Outcome.DOUBTFUL, "The system does not say how much room the disk has.")
    words = f"The disk has room for {minutes(room.seconds)} of recording"
    if room.seconds < ROOM_DOUBTFUL_S:
        return Check(
            "disk", Outcome.WRONG if room.seconds < ROOM_WRONG_S else Outcome.DOUBTFUL, f"{words}; delete something."
        )
    return Check("disk", Outcome.READY, f"{words}.")


def check_battery(battery: Battery | None) -> Check:
    """The computer will last."""
    if battery is None or battery.plugged:
        return Check("battery", Outcome.READY, "On mains, or no battery.")
    words = f"The battery is at {battery.percent:.0f} %"
    if battery.percent >= BATTERY_LOW:
        return Check("battery", Outcome.READY, f"{words}.")
    outcome = Outcome.WRONG if battery.percent < BATTERY_EMPTY else Outcome.DOUBTFUL
    return Check("battery", outcome, f"{words}; plug the computer in.")


def findings(checks: Iterable[Check], names: Iterable[str]) -> list[Check]:
    """Those of these names that are not ready."""
    return [check for check in checks if check.name in names and check.outcome is not Outcome.READY]


def _named(names: Sequence[str], which: NDArray[np.bool_]) -> str:
    return ", ".join(name for name, one in zip(names, which, strict=True) if one)
