"""The computer's clock is set, the computer sleeps: both are told of, and neither moves our own clock."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from nmt_sense.host_time import Finding, Happening, Reading, Watch, awake_ns, now_ns, read_clocks
from tests.set_clock import Wall

SECOND = 10**9
START = Reading(host_ns=5_000 * SECOND, utc_ns=1_700_000_000 * SECOND, awake_ns=4_000 * SECOND)


def after(seconds: float, slept: float = 0.0, set_by: float = 0.0, start: Reading = START) -> Reading:
    """Clocks so many seconds of waking later."""
    host = round((seconds + slept) * SECOND)
    return Reading(
        start.host_ns + host, start.utc_ns + host + round(set_by * SECOND), start.awake_ns + round(seconds * SECOND)
    )


def findings(*readings: Reading) -> list[Finding]:
    """What a watch says at the last of these readings."""
    watch = Watch(iter(readings).__next__)
    for _ in readings[2:]:
        watch.look()
    return watch.look()


def test_where_nothing_happens_nothing_is_told() -> None:
    assert findings(START, after(10)) == []


@pytest.mark.parametrize("set_by", [3600.0, -0.5])
def test_a_clock_that_was_set_is_told_of(set_by: float) -> None:
    [found] = findings(START, after(10, set_by=set_by))
    assert found == Finding(Happening.CLOCK_SET, pytest.approx(set_by, abs=1e-6))
    assert ("forward by 3600.0 s" if set_by > 0 else "back by 0.5 s") in found.sentence


def test_a_clock_that_is_slewed_is_not_told_of() -> None:
    assert findings(START, after(10, set_by=0.005), after(3000, set_by=1.5)) == []


def test_a_computer_that_slept_is_told_of_and_its_clock_was_not_set() -> None:
    [found] = findings(START, after(10, slept=7200))
    assert found == Finding(Happening.SLEPT, pytest.approx(7200, abs=1e-6))
    assert found.sentence == "The computer slept for 7200.0 s."


def test_a_clock_set_while_the_computer_slept_is_told_of_as_both() -> None:
    found = findings(START, after(10, slept=60, set_by=-3))
    assert [finding.what for finding in found] == [Happening.SLEPT, Happening.CLOCK_SET]


def test_each_thing_is_told_of_once() -> None:
    assert findings(START, after(10, slept=60, set_by=-3), after(20, slept=60, set_by=-3)) == []


def test_our_clock_is_the_systems_and_runs_with_the_others() -> None:
    first = read_clocks()
    time.sleep(0.05)
    second = read_clocks()
    passed = second.host_ns - first.host_ns
    assert passed >= 45_000_000
    assert second.awake_ns - first.awake_ns == pytest.approx(passed, abs=5e6)
    assert abs(time.time_ns() - read_clocks().utc_ns) < 60 * SECOND
    assert first.host_ns < now_ns() < first.host_ns + 60 * SECOND
    assert first.awake_ns < awake_ns() < first.awake_ns + 60 * SECOND


LOOKING = """
import sys
from nmt_sense.host_time import Watch, now_ns
watch, began = Watch(), now_ns()
for line in sys.stdin:
    found = watch.look()
    passed = (now_ns() - began) / 1e9
    print(*(f"{each.what.value} {each.seconds:.0f}" for each in found), "|", 0 <= passed < 60, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="libfaketime is tried on Linux only")
def test_a_running_program_sees_that_the_clock_is_set_under_it(tmp_path: Path) -> None:
    wall = Wall(tmp_path / "wall")
    with subprocess.Popen(
        [sys.executable, "-c", LOOKING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=wall.environment(),
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        said = []
        for offset in (0, 7200, 7200, -86400):
            wall.set(offset)
            program.stdin.write("\n")
            program.stdin.flush()
            said.append(program.stdout.readline().strip())
        program.stdin.close()
    assert said == ["| True", "clock_set 7200 | True", "| True", "clock_set -93600 | True"]
