"""The whole path, real at every step: firmware in its simulator, pseudo-terminal, recording, verified file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nmt_sense.events import EventKind
from nmt_sense.glove.clock import fit_arrivals
from nmt_sense.glove.fsr import EXPONENT, GAIN_US
from nmt_sense.holds import HoldEnd
from nmt_sense.sensing.profile import PowerLaw, load_profile
from nmt_sense.session.recording import open_recording
from nmt_sense.workspace import Workspace
from tests.firmware.simulator import SCENARIOS, Simulator, make, missing_tools

pytestmark = pytest.mark.avr
LOW_N, HIGH_N = 28.0, 36.0
REPOSITORY = Path(__file__).parents[2]
TOOL = [sys.executable, "-m", "nmt_sense"]
SCENARIO = SCENARIOS / "three_holds.txt"


@pytest.fixture(scope="module", autouse=True)
def simulator_built() -> None:
    if reason := missing_tools():
        pytest.skip(f"needs the AVR tools: {reason}")
    make("all")
    make("sim")


def contact_knots() -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and contact force (N) of the scenario: its ``force`` lines summed over the contact's sensors."""
    lines = [line.split() for line in SCENARIO.read_text().splitlines() if line.startswith("force ")]
    knots = [np.array([[float(x) for x in knot.split(":")] for knot in words[2:]]) for words in lines]
    times = knots[0][:, 0]
    return times, sum(np.interp(times, line[:, 0], line[:, 1]) for line in knots)


def scenario_holds() -> list[tuple[float, float]]:
    """Time in the band (s) and mean force in it (N) of each press, from the scenario's own numbers."""
    times, force = contact_knots()
    fine_s = np.arange(0, times[-1], 1e-4)
    fine_n = np.interp(fine_s, times, force)
    inside = (fine_n >= LOW_N) & (fine_n <= HIGH_N)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside, [0]))))
    return [((b - a) * 1e-4, float(fine_n[a:b].mean())) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_holds_recorded_from_the_firmware_are_those_of_the_scenario(workspace: Workspace) -> None:
    out = workspace.recordings / "x.h5"
    with Simulator(SCENARIO) as glove:
        command = [*TOOL, "record", "--port", glove.port, "--seconds", "28", "--out", str(out)]
        done = subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    checked = subprocess.run([*TOOL, "verify", "--json", str(out)], capture_output=True, check=True)
    (report,) = json.loads(checked.stdout)
    assert (report["verdict"], report["lost"], report["simulated"]) == ("intact", 0, True)
    with open_recording(out) as recording:
        assert len(recording.pings) > 20, "the firmware is asked for its time, and answers"
        assert recording.integrity.counters.crc_errors == 0, "and is believed"
        fitted = fit_arrivals(recording.header.period_s, recording.arrivals, recording.pings)
        assert 0.0 < fitted.arrival_lag_ns < 20e6
        holds, events, first_s = recording.holds, recording.events, float(recording.scan[0]) * recording.header.period_s
    expected = scenario_holds()
    assert len(holds) == len(expected) == 3
    for hold, (in_band_s, mean_n) in list(zip(holds, expected, strict=True))[:2]:
        assert hold.in_band_s == pytest.approx(in_band_s, abs=0.020)
        assert hold.mean_n == pytest.approx(mean_n, rel=0.02)
        assert hold.end is HoldEnd.RELEASED
    # the client stops the third hold at 28.5 s on the scenario's clock
    stop_s = next(event.time_s for event in events if event.kind is EventKind.CLIENT_STOP)
    assert stop_s == pytest.approx(28.5 - first_s, abs=0.05)
    assert (holds[2].end, holds[2].end_s) == (HoldEnd.CLIENT_STOP, pytest.approx(stop_s, abs=0.05))


def test_simulator_virtual_glove_and_nominal_profile_share_one_law() -> None:
    curve = load_profile(REPOSITORY / "calibration" / "nominal-fsr.toml").curve
    assert isinstance(curve, PowerLaw)
    assert (curve.gain_us, curve.exponent) == (GAIN_US, EXPONENT)
    sources = "".join(path.read_text() for path in (REPOSITORY / "firmware" / "sim").glob("*.[ch]"))
    assert float(re.findall(r"#define NOMINAL_GAIN (\S+)", sources)[0]) == GAIN_US
    assert float(re.findall(r"#define NOMINAL_EXPONENT (\S+)", sources)[0]) == EXPONENT
