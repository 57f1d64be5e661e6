from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt5.QtCore import QCoreApplication, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from scripted import ScriptedLive

from nmt_sense.app.calibration import Calibration
from nmt_sense.app.calibration_window import CalibrationWindow
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.theme import DARK
from nmt_sense.live import Live
from nmt_sense.sensing.guided import Kind, Moment
from nmt_sense.sensing.layout import CALIBRATED, NOMINAL, load_layout
from nmt_sense.setup import default_setup
from nmt_sense.workspace import Workspace, open_workspace

TOP_N = 20
PRESSES = ["22:2", "0:2"] * 5
LOADS = [f"{load}:8" for load in (2, 5, 10, 15, 20, 15, 10, 5, 2)]
CALIBRATING = ",".join([*PRESSES, "0:20", *LOADS, "12:100", "7:8", "17:8"])
CHECKING = "0:10,6:9,16:9"


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        QCoreApplication.processEvents()
        time.sleep(0.005)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path)


@pytest.fixture
def bench(place: Workspace, qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[CalibrationWindow]:
    """A shown window over the real pipeline, with a simulated glove under known loads."""
    steps, speed = request.param
    live = Live(default_setup(place, f"sim://?rate=50&speed={speed}&steps={steps}"), place)
    live.start()
    window = CalibrationWindow(live)
    window.look(DARK)
    until(lambda: live.state.info is not None)
    window.show()
    window.activateWindow()
    yield window
    window.close()
    window.finish()
    window.deleteLater()
    live.close()


def begin(window: CalibrationWindow, check: bool = False, scale: str = "simscale://") -> None:
    window.begin.operator.setText("P07")
    window.begin.top.setValue(TOP_N)
    window.begin.scale_url.setText(scale)
    window.begin.begin(check)
    until(lambda: window.course is not None)


def moment(window: CalibrationWindow) -> Moment:
    assert window.course is not None
    return window.course.machine.moment


def take_all(window: CalibrationWindow) -> None:
    """Enter whenever nothing is missing, as a person does."""
    assert window.course is not None
    machine = window.course.machine
    while machine.step is not None:
        until(lambda: machine.moment.hint == "")
        QTest.keyClick(window, Qt.Key.Key_Return)
    until(lambda: window.course is not None and window.course.verdict is not None)


def use(window: CalibrationWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_Return)
    until(lambda: window.course is None)


@pytest.mark.slow
@pytest.mark.parametrize("bench", [(CALIBRATING, 12)], indirect=True)
def test_a_calibration_from_the_first_key_to_the_profile_in_use(bench: CalibrationWindow, place: Workspace) -> None:
    assert bench._live.state.calibration == NOMINAL
    begin(bench)
    take_all(bench)
    assert bench.page.title.text().startswith("Calibrated")
    assert "Judged by two loads it had not seen" in bench.page.do.text()
    assert bench.page.chart.accessibleDescription().endswith("with a curve")
    use(bench)
    layout = load_layout(place.calibration)
    profile = layout.profile("thumb")
    assert (profile.operator, profile.instrument, profile.version) == ("P07", "kitchen scale (simulated glove)", 1)
    assert layout.verdict(("thumb",)) == CALIBRATED
    truth = place.calibration / f"{layout.sensors['thumb']}.toml"
    assert truth.is_file()
    assert layout.sensors["thumb"] in bench.status.text()
    until(lambda: bench._live.state.calibration == "partly nominal, uncalibrated: palm_thumb")
    # the profile knows what presses: the sensor is not nominal by some per cent, its calibration is right to 5 %
    until(lambda: bench._live.state.newtons[0] > 10.0)

    # and a check of the same sensor, now that there is something to check
    bench._live.set_port(f"sim://?rate=50&speed=8&steps={CHECKING}")
    until(lambda: bench._live.state.info is not None and bench._live.state.time_s < 5.0)
    begin(bench, check=True)
    take_all(bench)
    assert bench.page.title.text() == "Ok: still right"
    use(bench)
    checked = load_layout(place.calibration)
    assert checked.sensors["thumb"] == f"{layout.sensors['thumb']}-v2"
    assert checked.profile("thumb").version == 2
    assert checked.profile("thumb").parent is not None


@pytest.mark.parametrize("bench", [("0:1,20:1", 4)], indirect=True)
def test_leaving_keeps_the_steps_and_giving_up_writes_nothing(bench: CalibrationWindow, place: Workspace) -> None:
    before = sorted(place.calibration.iterdir())
    begin(bench)
    until(lambda: moment(bench).hint == "")
    QTest.keyClick(bench, Qt.Key.Key_PageDown)
    assert moment(bench).step is not None
    assert moment(bench).step.kind is Kind.ZERO
    QTest.keyClick(bench, Qt.Key.Key_Escape)
    assert "kept" in bench.status.text()
    assert bench.begin.resume.accessibleName() == "Go on: thumb, step 2 of 14"
    bench.close()
    bench.show()
    bench.begin.resume.click()
    assert moment(bench).number == 1
    QTest.keyClick(bench, Qt.Key.Key_PageUp)
    assert moment(bench).number == 0
    bench._give_up()
    assert bench.course is None
    assert sorted(place.calibration.iterdir()) == before


@pytest.mark.parametrize("bench", [("0:1,20:1", 4)], indirect=True)
def test_what_is_missing_or_wrong_is_said_in_the_window(bench: CalibrationWindow) -> None:
    bench.begin.operator.setText("Jane Doe")
    bench.begin.begin(check=False)
    assert "never a name" in bench.status.text()
    bench.begin.operator.setText("")
    bench.begin.scale_url.setText("/nowhere/scale")
    bench.begin.begin(check=False)
    until(lambda: "cannot be opened" in bench.status.text())
    begin(bench, scale="")
    QTest.keyClick(bench, Qt.Key.Key_Return)
    assert "more presses" in bench.status.text() or "No reading" in bench.status.text()
    QTest.keyClick(bench, Qt.Key.Key_PageUp)
    assert moment(bench).number == 0
    QTest.keyClick(bench, Qt.Key.Key_F5)
    assert "anew" in bench.status.text()


@pytest.mark.parametrize("bench", [("0:1,20:1", 4)], indirect=True)
def test_a_glove_that_begins_anew_begins_the_step_anew(bench: CalibrationWindow) -> None:
    begin(bench)
    until(lambda: moment(bench).progress > 0.3)
    bench._live.set_port("sim://?rate=50&speed=4&seed=2&steps=0:60")
    until(lambda: "begun anew" in bench.status.text())
    until(lambda: moment(bench).conductance_us == moment(bench).conductance_us)
    assert moment(bench).progress == 0.0


@pytest.mark.parametrize("bench", [("0:1,20:1", 4)], indirect=True)
def test_every_field_and_button_has_a_name_for_a_screen_reader(bench: CalibrationWindow) -> None:
    begin(bench)
    page, first = bench.page, bench.begin
    named = (
        page.take, page.back, page.anew, page.give_up, page.field, page.reading, page.reference, page.chart,
        page.progress, first.sensor, first.operator, first.instrument, first.top, first.scale_url, first.unit,
        first.calibrate, first.check,
    )  # fmt: skip
    assert all(part.accessibleName() for part in named)


def test_the_nominal_profile_cannot_be_checked(place: Workspace, qapp: QApplication) -> None:
    live = Live(default_setup(place, "sim://"), place)
    live.start()
    window = CalibrationWindow(live)
    until(lambda: live.state.info is not None)
    window.show()
    assert window.begin.sensor.currentText() == "thumb – nominal, uncalibrated"
    assert not window.begin.check.isEnabled()
    window.close()
    window.finish()
    window.deleteLater()
    live.close()


def test_the_key_opens_it_and_the_coach_is_quiet_meanwhile(window: LiveWindow, live: ScriptedLive) -> None:
    sound = window._sound
    calibration = Calibration(_with_calibration(live), window, sound)
    QTest.keyClick(window, Qt.Key.Key_K)
    assert calibration.window is not None
    assert calibration.window.isVisible()
    assert sound.muted
    calibration.window.close()
    assert not sound.muted
    calibration.close()


def test_it_does_not_open_while_a_recording_runs(window: LiveWindow, live: ScriptedLive) -> None:
    calibration = Calibration(_with_calibration(live), window, window._sound)
    live.state = replace(live.state, recording=True)
    QTest.keyClick(window, Qt.Key.Key_K)
    assert calibration.window is None
    assert "Stop the recording first" in window.bar.status.text()


def _with_calibration(live: ScriptedLive) -> ScriptedLive:
    from nmt_sense.trace import Scans
    from nmt_sense.workspace import starting_profiles

    live.scans = Scans()
    live.layout = load_layout(starting_profiles()[0].parent)
    return live
