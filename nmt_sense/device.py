"""What a glove says of itself: the content of its HELLO, as the rest of the house needs it."""

from __future__ import annotations

import enum

import msgspec

SIMULATED_SERIALS_FROM = 0xF000_0000
"""Serial numbers from here up belong to simulated gloves (firmware/PROTOCOL.md, "Serial numbers")."""


class Button(enum.IntEnum):
    """The glove's two buttons, numbered as on the wire."""

    CLIENT_STOP = 0
    MARKER = 1


class SensorInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sensor of the glove: its name and the resistor below it in the divider."""

    name: str
    divider_ohm: int


class GloveInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the host must know to turn counts into conductance and scans into time."""

    protocol: int
    firmware: str
    """Firmware version, ``major.minor.patch``."""
    board: str
    serial_number: int
    boot_count: int
    reset_cause: str
    """Words joined by ``+``: power-on, external, brown-out, watchdog; or ``unknown``."""
    config_state: str
    """``stored``, ``blank`` (defaults in use) or ``broken`` (checksum wrong, defaults in use)."""
    name: str
    tick_hz: int
    """Ticks per second of the device's timer."""
    period_ticks: int
    """Ticks from one scan to the next, exact."""
    scans_per_frame: int
    adc_bits: int
    samples_per_value: int
    """ADC conversions summed into one value."""
    shift: int
    """Right shift of that sum."""
    effective_bits: int
    full_scale: int
    """Counts that stand for the whole reference voltage: 2**adc_bits * samples_per_value >> shift."""
    skew_ticks: int
    """Ticks between the samples of neighbouring channels."""
    reference_mv: int
    """Nominal supply of the dividers, which is also the ADC's reference (ratiometric)."""
    sensors: tuple[SensorInfo, ...]

    @property
    def period_s(self) -> float:
        """Seconds from one scan to the next on the device's clock."""
        return self.period_ticks / self.tick_hz

    @property
    def rate_hz(self) -> float:
        """Scans per second on the device's clock."""
        return self.tick_hz / self.period_ticks

    @property
    def channels(self) -> int:
        """Number of sensors, C."""
        return len(self.sensors)

    @property
    def sensor_names(self) -> tuple[str, ...]:
        """Names of the sensors, in channel order."""
        return tuple(sensor.name for sensor in self.sensors)

    @property
    def simulated(self) -> bool:
        """True for a virtual glove and for the firmware running in a simulator."""
        return self.serial_number >= SIMULATED_SERIALS_FROM
