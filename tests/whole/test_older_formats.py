"""Recordings of earlier format versions stay readable, and nobody calls them damaged."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from nmt_sense.derivation import derive
from nmt_sense.errors import RecordingError
from nmt_sense.session import layout
from nmt_sense.session.integrity import verify
from nmt_sense.session.raw_digest import DERIVED, DerivedDigest
from nmt_sense.session.recording import open_recording

EXAMPLE = Path(__file__).parents[2] / "recordings" / "example_simulated.h5"


def good(*words: object) -> str:
    command = [sys.executable, "-m", "nmt_sense", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three trials of a threshold."""
    root = tmp_path_factory.mktemp("workspace")
    port = "sim://?seed=4&speed=max&lapse=0&client_stop=2.6,12.6,22.9"
    good("record", "--port", port, "--seconds", 40, "--technique", "trigger-point-threshold", "--json",
         "--workspace", root, "--out", root / "trials.h5")  # fmt: skip
    return root / "trials.h5"


def older(recording: Path, version: int, out: Path) -> Path:
    """The same recording as a program of an older format version wrote it."""
    out.write_bytes(recording.read_bytes())
    with h5py.File(out, "r+") as file:
        rows = file[layout.HOLDS][:]
        names = list(layout.hold_fields(version))
        del file[layout.HOLDS]
        first = np.zeros(len(rows), [(name, rows.dtype[name]) for name in names])
        for name in names:
            first[name] = rows[name]
        layout.create(file, layout.HOLDS, first.dtype, first.shape)[:] = first
        file.attrs["format_version"] = np.int64(version)
        digest = DerivedDigest()
        for name in DERIVED:
            digest.feed(name, file[name][:])
        file[layout.INTEGRITY].attrs["derived_sha256"] = digest.hexdigest()
        if version < layout.DERIVED_DIGEST_FROM:
            del file[layout.INTEGRITY].attrs["derived_sha256"]
    return out


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_recording_of_an_older_format_version_is_read_and_verified(version: int, tmp_path: Path) -> None:
    """As the example recording was before: ``/holds`` ends earlier, and nothing else is different."""
    old = older(EXAMPLE, version, tmp_path / "old.h5")
    report = verify(old, derive)
    assert (report.verdict, report.derived) == ("intact", "same")
    with open_recording(old) as recording:
        assert np.isnan(recording.holds[0].score) == (version == 1)
        assert recording.holds[0].mean_n > 0
        assert np.isnan(recording.holds[0].peak_uncertainty_n)
    again = good("verify", old, "--json")
    assert json.loads(again)[0]["verdict"] == "intact"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_peaks_and_reports_of_older_recordings_have_the_bands_that_were_told_then(
    version: int, made: Path, tmp_path: Path
) -> None:
    old = older(EXAMPLE, version, tmp_path / "old.h5")
    assert re.search("95 % band of peak(: ± |, sag and N/s: ± )5[0-9]", good("holds", old))
    first, *_ = json.loads(good("holds", old, "--json"))
    share = first["mean_uncertainty_n"] / first["mean_n"]
    assert first["uncertainty"]["peak_n"] == pytest.approx(share * first["peak_n"])
    if version > 1:
        trials = older(made, version, tmp_path / "trials.h5")
        assert re.search("95 % band of .*reported N and N/s: ± 5", good("holds", trials))
        (found,) = json.loads(good("thresholds", trials, "--json"))
        _, *counted = json.loads(good("holds", trials, "--json"))
        scaled = [row["report_n"] * row["mean_uncertainty_n"] / row["mean_n"] for row in counted]
        assert found["measured"]["threshold"]["uncertainty_n"] == pytest.approx(max(scaled))


def test_a_file_that_says_another_format_version_than_it_has_is_damaged(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        wrong = tmp_path / f"{version}.h5"
        wrong.write_bytes((EXAMPLE).read_bytes())
        with h5py.File(wrong, "r+") as file:
            file.attrs["format_version"] = np.int64(version)
        with pytest.raises(RecordingError, match="/holds is not that of its format version"):
            open_recording(wrong)
    old = older(EXAMPLE, 3, tmp_path / "old.h5")
    with h5py.File(old, "r+") as file:
        file.attrs["format_version"] = np.int64(layout.FORMAT_VERSION)
    with pytest.raises(RecordingError, match="/holds lacks fields that it should have"):
        open_recording(old)
