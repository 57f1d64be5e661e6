"""What correcting and converting costs: live as it comes, and ten hours at once."""

from __future__ import annotations

import datetime
import time

import msgspec
import numpy as np

from benchmarks.criterion import Criterion
from nmt_sense.blocks import ScanBlock
from nmt_sense.device import GloveInfo
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.sensing.chain import ForceChain
from nmt_sense.sensing.layout import Layout
from nmt_sense.sensing.profile import CreepTerm, Drift, MonotoneCubic, Play, Point, Profile, UncertaintyTerms

RATE_HZ = 250
FRAME = 3
"""Scans that come at once: a frame every 12 ms."""
LIVE_S = 60.0
HOURS = 10
BLOCK = 30_000
SHARE = 0.01
RECOMPUTE_S = 20.0


def report() -> list[Criterion]:
    """Print what it costs with everything a profile can have, on all sensors."""
    info = virtual_info(Script())
    layout = full_layout(info)
    rng = np.random.default_rng(7)
    counts = rng.integers(0, info.full_scale // 2, (BLOCK, info.channels)).astype(np.uint16)
    live, whole = _live(info, layout, counts), _whole(info, layout, counts)
    print(f"\n## cost: {info.channels} sensors at {RATE_HZ} Hz, each with curve, hysteresis, creep and presses\n")
    print(f"live, {FRAME} scans at a time: {live:.2%} of one core\nten hours at once: {whole:.1f} s")
    return [
        Criterion(f"cost: live at most {SHARE:.0%} of a core", f"{RATE_HZ} Hz", live <= SHARE, f"{live:.2%}"),
        Criterion(
            f"cost: ten hours in at most {RECOMPUTE_S:g} s", f"{RATE_HZ} Hz", whole <= RECOMPUTE_S, f"{whole:.1f} s"
        ),
    ]


def full_layout(info: GloveInfo) -> Layout:
    """Every sensor with a profile that has everything."""
    today = datetime.date(2026, 11, 25)
    profile = Profile(
        format="nmt-sense profile",
        format_version=2,
        title="everything",
        status="calibrated",
        date=today,
        source="made for measuring what it costs",
        range_n=(0.5, 80.0),
        curve=MonotoneCubic(),
        points=tuple(Point(conductance_us=16.0 * force**0.9, force_n=float(force)) for force in range(4, 81, 4)),
        uncertainty=UncertaintyTerms(floor_n=0.5, relative=0.1, source="assumed"),
        play=Play(width=0.1, floor_us=10.0, weight=0.1),
        creep=tuple(CreepTerm(time_s=time_s, share=0.02) for time_s in (1.0, 10.0, 100.0)),
        drift=(Drift(force_n=1.0, deviation=0.1),),
    )
    profiles = {name: msgspec.structs.replace(profile, title=name) for name in info.sensor_names}
    return Layout(
        format="nmt-sense glove layout",
        format_version=1,
        default_profile=info.sensor_names[0],
        default_contact="hand",
        contacts={"hand": "all"},
        sensors={name: name for name in info.sensor_names},
        profiles=profiles,
        used_on=today,
    )


def _live(info: GloveInfo, layout: Layout, counts: np.ndarray) -> float:
    chain, scans = ForceChain(info, layout, "hand"), int(LIVE_S * RATE_HZ)
    began = time.process_time()
    for first in range(0, scans, FRAME):
        at = first % (BLOCK - FRAME)
        chain.feed(ScanBlock(np.arange(first, first + FRAME), counts[at : at + FRAME]))
    return (time.process_time() - began) / LIVE_S


def _whole(info: GloveInfo, layout: Layout, counts: np.ndarray) -> float:
    chain, scans = ForceChain(info, layout, "hand"), HOURS * 3600 * RATE_HZ
    began = time.perf_counter()
    for first in range(0, scans, BLOCK):
        chain.feed(ScanBlock(np.arange(first, first + BLOCK), counts))
    return time.perf_counter() - began
