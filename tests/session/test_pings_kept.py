"""When the glove was asked for its time, and answered: kept with the rest, and the clock is the same again from it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from sittings import PINGS, Tenths, header, recorded, stream

from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.glove.clock import HostClock, fit_arrivals
from nmt_sense.session import layout
from nmt_sense.session.finalize import finalize
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal
from nmt_sense.session.recording import open_recording
from tests.glove.adapter import PERIOD_S, SCANS, Scene


def digest_without_pings(file: h5py.File) -> str:
    """``raw_sha256`` as it was before pings were kept, by the words of ``docs/file-format.md``."""
    names = ("raw/counts", "raw/scan", "raw/arrivals", "raw/utc", "events", "simulation/true_newtons")
    sums = [hashlib.sha256(file[name][:].tobytes() if name in file else b"").digest() for name in names]
    return hashlib.sha256(b"".join(sums)).hexdigest()


def test_the_clock_of_a_recording_is_the_one_that_ran_live(tmp_path: Path) -> None:
    scene = Scene(150.0, "brisk", 0.016, "timer", seconds=120)
    arrivals, pings = scene.arrivals(), list(zip(scene.pings().scan, scene.pings().host_ns, strict=True))
    live, journal = HostClock(PERIOD_S), Journal.create(tmp_path / "a.nmtj", header())
    for scan, host_ns in zip(arrivals.scan.tolist(), arrivals.host_ns.tolist(), strict=True):
        while pings and pings[0][0] <= scan:
            ping = tuple(map(int, pings.pop(0)))
            live.add_ping(*ping)
            journal.add_ping(*ping)
        live.add(scan, host_ns)
        numbers = np.arange(scan - SCANS + 1, scan + 1)
        journal.add(ScanBlock(numbers, np.zeros((SCANS, 3), np.uint16)), Arrivals(numbers[-1:], np.array([host_ns])))
    journal.close()
    path = finalize(journal.path, None, Tenths)
    assert verify(path, Tenths).derived == "same"
    with open_recording(path) as recording:
        again = fit_arrivals(PERIOD_S, recording.arrivals, recording.pings)
        said = recording.integrity.counters
    assert again.arrival_lag_ns > 1e6, "the pings count"
    assert [again.host_ns(scan) for scan in (0, 12_345.5, 29_900)] == [live.host_ns(s) for s in (0, 12_345.5, 29_900)]
    assert (said.drift_ppm, said.jitter_p99_ms) == (live.drift_ppm, live.jitter_p99_ms)


def test_a_recording_from_before_there_were_pings_is_intact_and_fitted_without(tmp_path: Path) -> None:
    scan, counts = stream(61, 1000)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        del file["raw/pings"]
    assert verify(path, Tenths).verdict == "damaged", "they cannot be taken out unnoticed"
    with h5py.File(path, "r+") as file:
        file["integrity"].attrs["raw_sha256"] = digest_without_pings(file)
    report = verify(path)
    assert (report.verdict, report.findings) == ("intact", [])
    with open_recording(path) as recording:
        assert not recording.has_pings
        assert len(recording.pings) == 0
        assert fit_arrivals(PERIOD_S, recording.arrivals, recording.pings).arrival_lag_ns == 0.0


def test_an_empty_table_of_pings_cannot_be_slipped_into_a_file_that_has_none(tmp_path: Path) -> None:
    scan, counts = stream(62, 200)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        del file["raw/pings"]
        file["integrity"].attrs["raw_sha256"] = digest_without_pings(file)
        layout.create(file, layout.PINGS, layout.ARRIVAL_TYPE, (0,))
    assert verify(path).verdict == "damaged"


@pytest.mark.parametrize("value", [(-1, 0), (2**49, 0), (0, 2**62), (0, -(2**63)), (10**6, 0)])
def test_pings_that_no_clock_can_have_taken_are_damage_and_stop_nothing(tmp_path: Path, value: tuple[int, int]) -> None:
    scan, counts = stream(63, 200)
    path = recorded(tmp_path, scan, counts)
    with h5py.File(path, "r+") as file:
        file["raw/pings"][0] = value
    report = verify(path, Tenths)
    assert report.verdict == "damaged"
    assert "/raw/pings goes back in time." in report.findings


def test_pings_reach_the_file_as_they_were_taken(tmp_path: Path) -> None:
    scan, counts = stream(64, 1000)
    with open_recording(recorded(tmp_path, scan, counts)) as recording:
        assert list(zip(recording.pings.scan.tolist(), recording.pings.host_ns.tolist(), strict=True)) == PINGS
