"""Journals for tests that need no glove."""

from __future__ import annotations

import uuid

import msgspec

from nmt_sense.derivation import Derivation
from nmt_sense.device import GloveInfo
from nmt_sense.sensing.layout import load_layout
from nmt_sense.session.header import RecordingHeader
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace


def header_of(workspace: Workspace, info: GloveInfo) -> RecordingHeader:
    """What a recording of this glove knows at its start."""
    setup, layout = default_setup(workspace, "sim://"), load_layout(workspace.calibration)
    chain = Derivation(info, layout, setup.technique, setup.contact).chain
    return RecordingHeader(
        recording_id=str(uuid.uuid4()), started_at="2026-11-22T20:00:00.000+01:00", participant="P-1", operator="",
        technique=setup.technique.name, software_version="0", simulated=True, source="sim://", contact=setup.contact,
        period_s=info.period_s, sensors=info.sensor_names, device_toml=msgspec.toml.encode(info).decode(),
        calibration_toml=layout.to_toml(), technique_toml=setup.technique.to_toml(), host_start_ns=0,
        start_filter=chain.filter_name, filter_delay_s=chain.filter_delay_s, calibration_verdict=chain.verdict,
    )  # fmt: skip
