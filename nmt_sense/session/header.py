"""What is known when a recording starts, and the counters that grow while it runs."""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec

from nmt_sense.errors import RecordingError
from nmt_sense.participant import code_problem

MOST_SENSORS = 64
"""A HELLO has no room for more."""
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class RecordingHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything known at the start of a recording, enough to derive force and holds from raw counts later."""

    recording_id: str
    """UUID."""
    started_at: str
    """Wall-clock time of the start, ISO 8601 with time zone."""
    participant: str
    """A code, never a name."""
    operator: str
    technique: str
    """Name of the technique."""
    software_version: str
    simulated: bool
    """True when the counts come from a virtual glove or a simulated board."""
    contact: str
    """Name of the group of sensors whose force is coached."""
    period_s: float
    """Seconds from one scan to the next on the device's clock."""
    sensors: tuple[str, ...]
    """Names of the sensors, in channel order (C of them)."""
    device_toml: str
    calibration_toml: str
    technique_toml: str
    host_start_ns: int
    """The host's monotonic clock at the start, ns: the origin that makes ``arrivals`` comparable."""
    start_filter: str
    """Words naming the causal low-pass filter of the contact force."""
    filter_delay_s: float
    """Delay of that filter, s."""
    calibration_verdict: str
    """What the calibration was worth, in words."""
    source: str = ""
    """Port or address that the scans came from: a replay must not pass for a measurement. Empty: not known.

    Left out of the encoded header when empty, so that the digest of files made before it was kept still fits.
    """

    @property
    def channels(self) -> int:
        """Number of sensors, C."""
        return len(self.sensors)


class Counters(msgspec.Struct, frozen=True):
    """Counts that cannot be worked out from the scans; the newest ones are kept."""

    crc_errors: Count = 0
    """Frames the host dropped: CRC, COBS or length wrong."""
    overruns: Count = 0
    """Scans the glove could not start, as it reports."""
    dropped_scans: Count = 0
    """Scans the glove made but could not send, as it reports."""
    drift_ppm: float = 0.0
    """Device clock against host clock, parts per million; positive is a fast device."""
    jitter_p99_ms: float = 0.0
    """99th percentile of arrival delay above the fitted envelope, ms."""
    restarts: Count = 0
    """Times the glove started anew."""


def encode_header(header: RecordingHeader) -> bytes:
    """The header as JSON (UTF-8).

    Raises :class:`RecordingError` when it cannot be kept in a file: no sensors, a period that is not a positive number,
    a participant's name in place of a code, or text with characters that no file can hold.
    """
    if problem := header_problem(header):
        raise RecordingError(f"The recording cannot start. {problem}")
    return msgspec.json.encode(header)


def header_problem(header: RecordingHeader) -> str:
    """Why a header cannot be kept in a file, in a sentence; empty when it can."""
    if not 0 < header.channels <= MOST_SENSORS or not 0.0 < header.period_s < 3600.0:
        return "The glove named no sensors, too many, or no scan period."
    try:
        encoded = msgspec.json.encode(header)
    except UnicodeEncodeError:
        return "A name has characters that are not text."
    if b"\\u0000" in encoded:
        return "A name has a NUL character in it."
    return code_problem(header.participant) if header.participant else ""


def description_digest(header: RecordingHeader, counters: Counters, recovered: bool, unreadable_pieces: int) -> str:
    """SHA-256 (hex) over everything in a recording that no checksum of HDF5 protects: words, settings and counters.

    No restarts are left out, so that the digest of files made before they were counted still fits.
    """
    counted = msgspec.structs.asdict(counters)
    if not counters.restarts:
        del counted["restarts"]
    everything = msgspec.json.encode((header, counted, recovered, unreadable_pieces))
    return hashlib.sha256(everything).hexdigest()
