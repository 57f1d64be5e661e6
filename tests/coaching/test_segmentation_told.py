"""What the benchmark of real presses says at its end: only what was judged is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.segmentation import main


def write(path: Path, newtons: float, presses: int) -> None:
    """A recording of presses, a second each with a second between."""
    path.parent.mkdir(exist_ok=True)
    time_s = np.arange(0, 2 * presses + 2, 0.01)
    force = np.where((time_s % 2 >= 1) & (time_s < 2 * presses), newtons, 0.0)
    np.savetxt(path, np.column_stack([time_s, force]), delimiter=",", header="time_s,force_n", comments="")


def test_runs_that_nobody_judges_are_named_and_not_counted_as_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "mat_presses" / "thumb.csv.gz", 20.0, 6)
    write(tmp_path / "velostat" / "robot_force_10_reference.csv.gz", 10.0, 16)
    write(tmp_path / "velostat" / "robot_force_1_reference.csv.gz", 1.0, 28)
    assert main([str(tmp_path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("2 of 2 judged runs as they should be; not judged, near 1 N: robot_force_1_reference")
    assert "(28 found, 28 plain, worst 0 ms)" in last


def test_a_judged_run_with_too_few_presses_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "velostat" / "robot_force_10_reference.csv.gz", 10.0, 9)
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 of 1 judged runs as they should be"
