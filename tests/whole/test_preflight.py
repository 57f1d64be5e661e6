"""The pre-flight check: what is wrong is said, what is well is not complained about."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journals import header_of
from lines import wait_for
from test_commands import run

from nmt_sense.blocks import Arrivals, Float32Array, ScanBlock, Uint16Array
from nmt_sense.checks import Check, Outcome
from nmt_sense.derivation import Derivation, derive
from nmt_sense.events import EventKind
from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.practitioner import Practitioner
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.live import Live
from nmt_sense.pipeline.preflight import (
    Preflight,
    check_battery,
    check_calibration,
    check_disk,
    check_link,
    measured_rate,
)
from nmt_sense.pipeline.surroundings import Battery
from nmt_sense.sensing.layout import load_layout
from nmt_sense.session.finalize import finalize
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.recording import open_recording
from nmt_sense.session.space import Room
from nmt_sense.setup import default_setup
from nmt_sense.state import LinkQuality
from nmt_sense.workspace import Workspace

GOOD = LinkQuality(rate_hz=250.0, received=1000, jitter_p99_ms=1.0)
SCRIPT = Script(seed=4)
INFO = virtual_info(SCRIPT)
TOP = 2046
"""The largest count of this glove: four conversions of at most 1023, shifted by one."""


Spoil = Callable[[Uint16Array], None]


@dataclass
class Glove:
    """Feeds a pre-flight check with the scans of a virtual glove, spoilt as a test likes."""

    workspace: Workspace

    def __post_init__(self) -> None:
        setup = default_setup(self.workspace, "sim://")
        self.derivation = Derivation(INFO, load_layout(self.workspace.calibration), setup.technique, setup.contact)
        person = Practitioner(SCRIPT.practice, SCRIPT.seed)
        self.bank = SensorBank(INFO, person.sensor_newtons, SCRIPT.physics, SCRIPT.seed)
        self.preflight = Preflight(INFO)
        self.scan = 0

    def send(self, seconds: float, spoil: Spoil = lambda counts: None, pace: float = 1.0) -> None:
        """So many seconds of scans, three at a time; ``pace``: how fast they come, relative to what the glove says."""
        self.preflight.note(GOOD)
        for _ in range(round(seconds * INFO.rate_hz / 3)):
            counts = self.bank.scans(self.scan, 3)[0].copy()
            spoil(counts)
            block = ScanBlock(np.arange(self.scan, self.scan + 3), counts)
            newtons: Float32Array = self.derivation.feed(block).newtons
            self.scan += 3
            self.preflight.add(block, newtons, round(self.scan * INFO.period_s / pace * 1e9))

    def found(self) -> dict[str, Check]:
        return {check.name: check for check in self.preflight.judge()}


@pytest.fixture
def glove(workspace: Workspace) -> Glove:
    return Glove(workspace)


def channel(index: int, value: int) -> Spoil:
    """One sensor shows one value."""

    def spoil(counts: Uint16Array) -> None:
        counts[:, index] = value

    return spoil


def test_a_good_glove_is_ready_but_for_the_sensors_nobody_has_pressed(glove: Glove) -> None:
    glove.send(3.5)
    found = glove.found()
    assert [name for name, check in found.items() if check.outcome is not Outcome.READY] == ["answers"]
    assert "index" in found["answers"].sentence
    assert "thumb" not in found["answers"].sentence


def test_nothing_is_judged_from_less_than_two_seconds(glove: Glove) -> None:
    glove.send(1.9)
    assert glove.preflight.judge() == ()
    glove.send(0.2)
    assert glove.preflight.judge() != ()


@pytest.mark.parametrize(
    ("value", "says"), [(TOP, "end of the range: middle;"), (700, "Stuck at one value for seconds: middle;")]
)
def test_a_saturated_or_stuck_sensor_is_wrong_and_named(value: int, says: str, glove: Glove) -> None:
    middle = INFO.sensor_names.index("middle")
    glove.send(3.0, channel(middle, value))
    check = glove.found()["sensors"]
    assert check.outcome is Outcome.WRONG
    assert says in check.sentence


@pytest.mark.parametrize("value", [0, 1, 20])
def test_a_sensor_that_rests_at_or_near_zero_is_not_called_stuck(value: int, glove: Glove) -> None:
    glove.send(3.0, channel(2, value))
    assert glove.found()["sensors"].outcome is Outcome.READY


def test_a_sensor_is_known_to_be_alive_once_it_has_answered(glove: Glove) -> None:
    glove.send(3.0, channel(5, 0))
    name = INFO.sensor_names[5]
    assert name in glove.found()["answers"].sentence

    def press_all(counts: Uint16Array) -> None:
        counts[:] = np.where(glove.scan % 500 < 250, 400, 0)

    glove.send(3.0, press_all)
    assert glove.found()["answers"].outcome is Outcome.READY
    glove.preflight.forget_scans()
    glove.send(3.0, channel(5, 0))
    assert glove.found()["answers"].outcome is Outcome.READY  # not forgotten


def test_an_offset_at_rest_is_doubtful_until_the_sensor_is_let_go(glove: Glove) -> None:
    rng = np.random.default_rng(1)

    def leaning(counts: Uint16Array) -> None:
        counts[:, 6] = 300 + rng.integers(0, 5, len(counts))

    glove.send(3.0, leaning)
    check = glove.found()["zero"]
    assert check.outcome is Outcome.DOUBTFUL
    assert INFO.sensor_names[6] in check.sentence
    glove.send(1.5, channel(6, 0))
    assert INFO.sensor_names[6] not in glove.found()["zero"].sentence


@pytest.mark.parametrize(("pace", "outcome"), [(1.0, Outcome.READY), (0.5, Outcome.WRONG), (1.03, Outcome.WRONG)])
def test_another_rate_than_the_glove_says_is_wrong(pace: float, outcome: Outcome, glove: Glove) -> None:
    glove.send(3.0, pace=pace)
    assert glove.found()["rate"].outcome is outcome


@settings(max_examples=50)
@given(st.lists(st.floats(0.0, 0.4), min_size=200, max_size=250), st.floats(0.9, 1.1))
def test_late_reads_do_not_change_the_measured_rate(late_s: list[float], pace: float) -> None:
    late = np.array(late_s)
    late[::9] = 0.0  # now and then one is in time
    scans = np.arange(len(late)) * 3
    measured = measured_rate(scans, ((scans * 0.004 / pace + late) * 1e9).astype(np.int64), 250.0)
    assert measured == pytest.approx(250.0 * pace, rel=0.012)


@pytest.mark.parametrize(
    ("drift_ppm", "outcome"), [(-2000, Outcome.READY), (7000, Outcome.DOUBTFUL), (-10_000, Outcome.WRONG)]
)
def test_a_clock_that_is_off_is_told(drift_ppm: float, outcome: Outcome, glove: Glove) -> None:
    glove.send(3.0)
    glove.preflight.note(replace(GOOD, received=5000, drift_ppm=drift_ppm))
    assert glove.found()["rate"].outcome is outcome
    glove.preflight.note(replace(GOOD, received=750, drift_ppm=drift_ppm))  # too early to tell
    assert glove.found()["rate"].outcome is Outcome.READY


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        ({"received": 1750}, Outcome.READY),
        ({"received": 1747, "lost": 3}, Outcome.DOUBTFUL),
        ({"received": 1700, "lost": 50}, Outcome.WRONG),
        ({"crc_errors": 1}, Outcome.DOUBTFUL),
        ({"stalls": 1}, Outcome.DOUBTFUL),
        ({"restarts": 1}, Outcome.DOUBTFUL),
        ({"jitter_p99_ms": 35.0}, Outcome.DOUBTFUL),
    ],
)
def test_a_link_that_loses_or_delays_is_told(now: dict[str, float], outcome: Outcome) -> None:
    assert check_link(GOOD, replace(GOOD, **now)).outcome is outcome  # type: ignore[arg-type]


def test_what_was_lost_long_ago_is_forgotten(glove: Glove) -> None:
    glove.send(3.0)
    later = replace(GOOD, received=2000, lost=5)
    glove.preflight.note(later)
    assert glove.found()["link"].outcome is Outcome.DOUBTFUL
    for _ in range(21):
        glove.preflight.note(later)
    assert glove.found()["link"].outcome is Outcome.READY


@pytest.mark.parametrize(
    ("room", "outcome"),
    [
        (Room(10**9, 30.0), Outcome.WRONG),
        (Room(10**9, 400.0), Outcome.DOUBTFUL),
        (Room(10**9, 9000.0), Outcome.READY),
        (Room(), Outcome.DOUBTFUL),
    ],
)
def test_little_room_is_told(room: Room, outcome: Outcome) -> None:
    assert check_disk(room).outcome is outcome


@pytest.mark.parametrize(
    ("battery", "outcome"),
    [
        (None, Outcome.READY),
        (Battery(5.0, plugged=True), Outcome.READY),
        (Battery(60.0, plugged=False), Outcome.READY),
        (Battery(19.0, plugged=False), Outcome.DOUBTFUL),
        (Battery(6.0, plugged=False), Outcome.WRONG),
    ],
)
def test_a_battery_that_will_not_last_is_told(battery: Battery | None, outcome: Outcome) -> None:
    assert check_battery(battery).outcome is outcome


def test_a_nominal_calibration_is_doubtful(workspace: Workspace) -> None:
    check = check_calibration(load_layout(workspace.calibration), ["thumb"], ["thumb"])
    assert check.outcome is Outcome.DOUBTFUL
    assert "nominal, uncalibrated" in check.sentence


def test_a_profile_for_a_sensor_that_the_glove_lacks_is_told(workspace: Workspace) -> None:
    layout = workspace.calibration / "glove.toml"
    layout.write_text(layout.read_text().replace("[sensors]", "") + '\n[sensors]\nthmub = "nominal-fsr"\n')
    check = check_calibration(load_layout(workspace.calibration), ["thumb"], ["thumb", "index"])
    assert check.outcome is Outcome.DOUBTFUL
    assert "thmub, which this glove lacks; it has thumb, index." in check.sentence


def test_the_checks_are_shown_while_a_glove_streams(running: Callable[..., Live]) -> None:
    live = running("sim://?speed=5")
    wait_for(lambda: live.state.checks != ())
    names = [check.name for check in live.state.checks]
    assert names == ["sensors", "answers", "zero", "rate", "link", "calibration", "disk", "battery"]
    assert live.state.room_s > 60


def test_a_recording_keeps_what_its_first_seconds_showed(workspace: Workspace) -> None:
    """A hand presses from the first moment on: no zero was seen."""
    counts = SensorBank(INFO, lambda time_s: np.tile(25.0, (len(time_s), 8)), SCRIPT.physics, 1).scans(0, 1500)[0]
    out = workspace.recordings / "a.h5"
    words = ["record", "--seconds", 4, "--out", out, "--workspace", workspace.root]
    done = run(*words, "--port", f"replay://{recording_of(counts, workspace)}?speed=max")
    assert done.returncode == 0
    assert "Not seen at rest for a whole second: thumb" in done.stderr
    with open_recording(out) as recording:
        events = [event for event in recording.events if event.kind is EventKind.CHECK]
    assert "Not seen at rest for a whole second" in [event.text.split(":")[0] for event in events]
    assert {event.time_s for event in events} == {0.0}


def recording_of(counts: Uint16Array, workspace: Workspace) -> Path:
    """A recording of these counts (N, 8), to be played."""
    journal = Journal.create(journal_path(workspace.root / "played.h5"), header_of(workspace, INFO))
    last = len(counts) - 1
    read = Arrivals(np.array([last]), np.array([round(last * INFO.period_s * 1e9)]))
    journal.add(ScanBlock(np.arange(last + 1), counts), read)
    journal.close()
    return finalize(journal.path, None, derive)


def test_check_prints_each_finding_and_ends_with_what_it_found(workspace: Workspace) -> None:
    done = run("check", "--port", "sim://", "--workspace", workspace.root)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        "glove", "sensors", "answers", "zero", "rate", "link", "calibration", "disk", "battery",
    ]  # fmt: skip
    assert "?     glove        The glove is simulated: no hand presses it." in done.stdout
    assert "?     answers" in done.stdout
    in_json = run("check", "--port", "sim://", "--json", "--workspace", workspace.root)
    assert [one["outcome"] for one in json.loads(in_json.stdout)[:2]] == ["doubtful", "ready"]
    assert run("check", "--port", "/dev/no-such-port", "--workspace", workspace.root).returncode == 2
    assert list(workspace.recordings.iterdir()) == []


def test_check_ends_with_1_when_something_is_wrong(workspace: Workspace) -> None:
    """All sensors stand still, well above zero."""
    stuck = recording_of(np.full((4000, 8), 700, np.uint16), workspace)
    done = run("check", "--port", f"replay://{stuck}", "--workspace", workspace.root)
    assert done.returncode == 1, done
    assert "WRONG sensors" in done.stdout
