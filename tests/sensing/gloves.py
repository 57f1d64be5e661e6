"""Gloves and layouts for the tests of sensing."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from nmt_sense.blocks import ForceBlock, ScanBlock
from nmt_sense.device import GloveInfo, SensorInfo
from nmt_sense.sensing.chain import ForceChain

CALIBRATION = Path(__file__).parents[2] / "calibration"
SENSORS = ("thumb", "index", "middle", "ring", "little", "palm_thumb", "palm_upper", "palm_side")


def glove(sensors: tuple[str, ...] = SENSORS, divider_ohm: int = 3300, samples: int = 4, shift: int = 1) -> GloveInfo:
    """A glove of 250 scans per second."""
    return GloveInfo(
        protocol=1,
        firmware="1.0.0",
        board="virtual",
        serial_number=0xF0000001,
        boot_count=1,
        reset_cause="power-on",
        config_state="stored",
        name="Test glove",
        tick_hz=2_000_000,
        period_ticks=8000,
        scans_per_frame=2,
        adc_bits=10,
        samples_per_value=samples,
        shift=shift,
        effective_bits=10 + shift,
        full_scale=(1024 * samples) >> shift,
        skew_ticks=0,
        reference_mv=5000,
        sensors=tuple(SensorInfo(name, divider_ohm) for name in sensors),
    )


def counts_for(force_n: np.ndarray, divider_ohm: float = 3300.0, full_scale: int = 2048) -> np.ndarray:
    """Counts of an ideal nominal sensor, straight from Ohm's law: the way back, written separately.

    Four conversions of 10 bits without noise, each cut off, summed and shifted by one.
    """
    siemens = 16.0e-6 * np.asarray(force_n, dtype=float) ** 0.9
    ratio = divider_ohm / (divider_ohm + 1.0 / np.maximum(siemens, 1e-30))
    return (np.floor(ratio * full_scale / 2).astype(np.int64) * 4 >> 1).astype(np.uint16)


def scans(counts: np.ndarray, scan: np.ndarray | None = None) -> ScanBlock:
    numbers = np.arange(len(counts), dtype=np.int64) if scan is None else scan
    return ScanBlock(numbers, counts.astype(np.uint16))


def feed_in_pieces(chain: ForceChain, block: ScanBlock, cuts: list[int]) -> ForceBlock:
    """Feed a block cut at the given places, and join what comes out."""
    bounds = [0, *sorted(cuts), len(block)]
    parts = [chain.feed(ScanBlock(block.scan[a:b], block.counts[a:b])) for a, b in itertools.pairwise(bounds)]
    names = ("scan", "time_s", "newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n")
    return ForceBlock(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
