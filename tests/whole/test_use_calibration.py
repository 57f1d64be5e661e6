"""The pipeline takes another calibration while it runs, and shows what it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from nmt_sense.blocks import ScanBlock
from nmt_sense.errors import NmtError
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.live import Live
from nmt_sense.sensing.layout import NOMINAL
from nmt_sense.sensing.profile import load_profile
from nmt_sense.sensing.shelf import assign, put
from nmt_sense.setup import default_setup
from nmt_sense.state import LinkPhase
from nmt_sense.trace import SCAN_BLOCKS, Scans
from nmt_sense.workspace import Workspace, open_workspace


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path)


@pytest.fixture
def live(place: Workspace) -> Iterator[Live]:
    made = Live(replace(default_setup(place, "sim://?steps=20:60&ideal=1"), contact="hand"), place)
    made.start()
    until(lambda: made.state.phase is LinkPhase.STREAMING and made.state.newtons and made.state.newtons[0] > 19.5)
    yield made
    made.close()


def calibrate_all(place: Workspace, live: Live) -> None:
    nominal = load_profile(place.calibration / "nominal-fsr.toml")
    curve = msgspec.structs.replace(nominal.curve, gain_us=32.0)
    name = put(place.calibration, "mine", msgspec.structs.replace(nominal, status="calibrated", curve=curve))
    assert live.state.info is not None
    for sensor in live.state.info.sensor_names:
        assign(place.calibration, sensor, name)


def test_a_new_calibration_is_in_use_at_once_and_its_worth_is_that_of_all_sensors(place: Workspace, live: Live) -> None:
    assert live.state.calibration == NOMINAL  # of a contact of all sensors, too
    before = live.state.newtons[0]
    calibrate_all(place, live)
    live.use_calibration()
    until(lambda: live.state.newtons[0] < 0.6 * before)
    assert live.state.calibration_trusted
    assert live.state.newtons[0] == pytest.approx(before * 0.5 ** (1 / 0.9), rel=0.05)


def test_the_forces_of_one_recording_have_one_calibration(place: Workspace, live: Live) -> None:
    calibrate_all(place, live)
    live.start_recording("P-014")
    with pytest.raises(NmtError, match="Not while recording"):
        live.use_calibration()
    live.stop_recording()
    assert live.state.calibration == NOMINAL


def test_whoever_reads_the_scans_gets_each_once_and_knows_when_numbers_begin_anew() -> None:
    scans, info = Scans(), virtual_info(Script())
    block = ScanBlock.empty(info.channels)
    scans.add(block, info)
    found, mark = scans.since(0)
    assert [taken.run for taken in found] == [0]
    assert scans.since(mark) == ([], mark)
    scans.begin()
    scans.add(block, info)
    found, mark = scans.since(mark)
    assert [taken.run for taken in found] == [1]
    for _ in range(2 * SCAN_BLOCKS):
        scans.add(block, info)
    found, _ = scans.since(mark)
    assert len(found) == SCAN_BLOCKS
