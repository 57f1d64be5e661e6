"""The finished file: what is in it, for us and for people who have other tools."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sittings import EVENTS, GLOVE, PERIOD_S, Tenths, fill, header, read_of, recorded, stream

import nmt_sense
from nmt_sense.blocks import Arrivals, ScanBlock
from nmt_sense.errors import RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.holds import Hold, HoldEnd
from nmt_sense.session import layout
from nmt_sense.session.finalize import finalize
from nmt_sense.session.header import Counters, encode_header
from nmt_sense.session.integrity import verify
from nmt_sense.session.journal import Journal, journal_path
from nmt_sense.session.recording import Gap, open_recording
from nmt_sense.session.recovery import orphans, recover

DOCS = Path(__file__).parents[2] / "docs" / "file-format.md"


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    scan, counts = stream(1, 40_000, lost=0.02, first=2**32 - 1000)
    path = recorded(tmp_path, scan, counts)
    assert [file.name for file in tmp_path.iterdir()] == ["sitting.h5"]
    with nmt_sense.open_recording(path) as recording:
        assert recording.header == header()
        assert recording.device == GLOVE
        assert np.array_equal(recording.scan, scan)
        assert np.array_equal(recording.counts, counts)
        assert np.array_equal(recording.time_s, (scan - scan[0]) * PERIOD_S)
        force = Tenths(header(), EVENTS).feed(ScanBlock(scan, counts))
        for name in ("newtons", "uncertainty_n", "contact_n", "contact_uncertainty_n"):
            assert np.array_equal(getattr(recording, name), getattr(force, name))
            assert not np.isnan(getattr(recording, name)).any()
        assert np.array_equal(recording.arrivals.host_ns, 123_456_789_012 + recording.arrivals.scan * 4_000_000)
        assert [event.text for event in recording.events] == ["pédale", "", "unplugged", ""]
        assert recording.holds[0].end is HoldEnd.CLIENT_STOP
        assert np.isnan(recording.holds[0].mean_n)
        said = recording.integrity
        assert (said.expected, said.received) == (scan[-1] - scan[0] + 1, len(scan))
        assert said.counters == Counters(2, 1, 3, drift_ppm=0.0, jitter_p99_ms=0.05)  # as the pairs say, not as live
        assert said.verdict == "gaps"
        assert recording.true_newtons is None


def test_a_replay_says_where_its_scans_came_from(tmp_path: Path) -> None:
    scan, counts = stream(15, 50)
    replayed = recorded(tmp_path, scan, counts, name="again.h5", simulated=False, source="replay://sitting.h5")
    with open_recording(replayed) as recording:
        assert recording.header.source == "replay://sitting.h5"
    assert verify(replayed, Tenths).verdict == "intact"
    with h5py.File(replayed, "r+") as file:
        file.attrs["source"] = "COM3"
    assert verify(replayed, Tenths).verdict == "damaged"


def test_a_file_from_before_sources_were_kept_is_still_read_and_intact(tmp_path: Path) -> None:
    scan, counts = stream(16, 50)
    path = recorded(tmp_path, scan, counts, source="")
    with h5py.File(path, "r+") as file:
        del file.attrs["source"]
    assert b"source" not in encode_header(header(source=""))
    with open_recording(path) as recording:
        assert recording.header.source == ""
    assert verify(path, Tenths).verdict == "intact"


def test_missing_scans_are_declared_and_are_nan_on_a_regular_grid(tmp_path: Path) -> None:
    scan, counts = stream(2, 60)
    here = np.r_[0:20, 23:40, 41:60]
    with open_recording(recorded(tmp_path, scan[here], counts[here], period_s=0.25)) as recording:
        assert recording.gaps == [Gap(20, 3, 5.0, 5.75), Gap(40, 1, 10.0, 10.25)]
        time_s, contact = recording.regular("contact_n")
        assert np.array_equal(time_s, np.arange(60) * 0.25)
        assert np.array_equal(np.flatnonzero(np.isnan(contact)), [20, 21, 22, 40])
        assert np.array_equal(contact[here], recording.contact_n)
        assert recording.regular("newtons")[1].shape == (60, 3)


def test_a_recording_in_which_nothing_arrived_is_a_valid_file_that_says_so(tmp_path: Path) -> None:
    nothing, counts = stream(3, 0)
    path = recorded(tmp_path, nothing, counts)
    report = verify(path, Tenths)
    assert (report.verdict, report.findings) == ("empty", ["Not one scan arrived: nothing was measured."])
    with open_recording(path) as recording:
        assert recording.integrity.verdict == "empty"
        assert len(recording) == 0
        assert recording.integrity.expected == recording.integrity.received == 0
        assert len(recording.regular("newtons")[0]) == 0
        assert [len(level.scan) for level in recording.overview()] == [0]
        assert len(recording.events) == len(EVENTS)
        assert list(recording.blocks()) == []


def test_true_forces_of_a_virtual_glove_are_kept_and_unknown_ones_are_nan(tmp_path: Path) -> None:
    scan, counts = stream(4, 300)
    truth = counts.astype(np.float32) / 7
    journal = Journal.create(tmp_path / "a.nmtj", header())
    for start, known in ((0, False), (100, True), (200, False)):
        rows = slice(start, start + 100)
        block = ScanBlock(scan[rows], counts[rows])
        journal.add(block, read_of(block), truth[rows] if known else None)
    journal.close()
    with open_recording(finalize(journal.path, None, Tenths)) as recording:
        kept = recording.true_newtons
        assert kept is not None
        assert np.array_equal(kept[100:200], truth[100:200])
        assert np.isnan(kept[:100]).all()
        assert np.isnan(kept[200:]).all()


@settings(max_examples=12, deadline=None, derandomize=True)
@given(cuts=st.lists(st.integers(1, 2999), max_size=30, unique=True).map(sorted))
def test_the_file_does_not_depend_on_how_the_stream_was_cut(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    scan, counts = stream(5, 3000, lost=0.01)
    edges = [cut for cut in cuts if cut < len(scan)]
    digests = set()
    for chosen in ([], edges):
        folder = tmp_path_factory.mktemp("cut")
        journal = Journal.create(folder / "a.nmtj", header())
        fill_without_reads(journal, scan, counts, chosen)
        journal.close()
        path = finalize(journal.path, None, Tenths)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1


def fill_without_reads(journal: Journal, scan: np.ndarray, counts: np.ndarray, cuts: list[int]) -> None:
    edges = [0, *cuts, len(scan)]
    for start, stop in pairwise(edges):
        nothing = np.empty(0, np.int64)
        journal.add(ScanBlock(scan[start:stop], counts[start:stop]), Arrivals(nothing, nothing))


def test_large_recordings_are_stored_in_pieces_without_a_seam(tmp_path: Path) -> None:
    scan, counts = stream(6, 150_000, lost=0.001)
    told: list[float] = []
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts, list(range(500, len(scan), 500)))
    journal.close()
    with open_recording(finalize(journal.path, None, Tenths, progress=told.append)) as recording:
        assert np.array_equal(recording.counts, counts)
        joined = [raw.scan for raw, _ in recording.blocks(40_000)]
        assert [len(part) for part in joined[:-1]] == [40_000] * (len(joined) - 1)
        assert np.array_equal(np.concatenate(joined), scan)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 4


def test_the_overview_shows_every_peak_and_never_fills_a_gap(tmp_path: Path) -> None:
    scan, counts = stream(7, 300_000)
    keep = (scan < 100_000) | (scan >= 150_000)
    scan, counts = scan[keep], counts[keep].copy()
    counts[77_777] = 4000
    with open_recording(recorded(tmp_path, scan, counts)) as recording:
        newtons, contact = recording.newtons, recording.contact_n
        assert [level.scans_per_bin for level in recording.overview()] == [64, 256]
        for level in recording.overview():
            width = level.scans_per_bin
            assert level.maximum[:, 0].max() == newtons[77_777, 0]
            assert level.minimum[:, -1].min() == contact.min()
            assert not np.isnan(level.minimum).any()
            assert not np.any((level.scan >= 100_000 + width) & (level.scan < 150_000 - width))
            for row in (0, 5, len(level.scan) - 1):
                inside = (scan >= level.scan[row]) & (scan < level.scan[row] + width)
                assert np.array_equal(level.maximum[row, :-1], newtons[inside].max(axis=0))
                assert np.array_equal(level.minimum[row, :-1], newtons[inside].min(axis=0))
                assert level.maximum[row, -1] == contact[inside].max()


def test_a_finished_file_is_never_overwritten(tmp_path: Path) -> None:
    scan, counts = stream(8, 100)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    for name in ("a.h5", "a-2.h5"):
        (tmp_path / name).write_bytes(b"dear")
    assert finalize(journal.path, tmp_path / "a.h5", Tenths) == tmp_path / "a-3.h5"
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "a-2.h5").read_bytes() == b"dear"


def test_killed_between_renaming_and_deleting_the_journal_makes_no_second_file(tmp_path: Path) -> None:
    scan, counts = stream(9, 500)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts)
    journal.close()
    kept = journal.path.read_bytes()
    path = finalize(journal.path, None, Tenths)
    journal.path.write_bytes(kept)
    (tmp_path / "a.nmtj.part").write_bytes(b"half written")
    assert recover(journal.path, Tenths) == path
    assert orphans(tmp_path) == []
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


def test_somebodys_partial_download_of_the_same_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sitting.h5.part").write_bytes(b"dear")
    recorded(tmp_path, *stream(9, 500))
    assert (tmp_path / "sitting.h5.part").read_bytes() == b"dear"


def test_when_writing_the_file_fails_the_journal_stays_and_no_half_file_is_left(tmp_path: Path) -> None:
    scan, counts = stream(10, 100_000)
    journal = Journal.create(tmp_path / "a.nmtj", header())
    fill(journal, scan, counts, list(range(500, len(scan), 500)))
    journal.close()
    with pytest.raises(RecordingError, match="keeps it safe"):
        finalize(journal.path, tmp_path / "missing" / "a.h5", Tenths)
    asked: list[float] = []
    with pytest.raises(RecordingError, match="cancelled"):
        finalize(journal.path, None, Tenths, progress=asked.append, cancelled=lambda: len(asked) > 0)
    if sys.platform != "win32":
        script = (
            "import resource, sys; sys.path.insert(0, sys.argv[2])\n"
            "from sittings import *; from nmt_sense.errors import RecordingError\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
            "try: finalize(Path(sys.argv[1]), None, Tenths)\n"
            "except RecordingError as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(journal.path), str(Path(__file__).parent)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert "keeps it safe" in done.stdout
        assert len(done.stdout.splitlines()) == 1
        assert done.stderr == ""
    assert not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob("*.h5"))
    with open_recording(finalize(journal.path, None, Tenths)) as recording:
        assert np.array_equal(recording.counts, counts)


def test_the_journal_of_a_living_program_is_not_turned_into_a_file(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "a.nmtj", header())
    with pytest.raises(RecordingError, match="in use"):
        recover(journal.path, Tenths)
    journal.close()


DESIGNED_DATASETS = {
    *(
        "raw/counts",
        "raw/scan",
        "raw/arrivals",
        "raw/utc",
        "raw/pings",
        "time_s",
        "force/newtons",
        "force/uncertainty_n",
        "force/contact_n",
    ),
    *("holds", "events", "gaps", "device", "calibration", "technique", "simulation/true_newtons"),
}
DESIGNED_ATTRIBUTES = {
    *("format", "format_version", "recording_id", "started_at", "participant", "operator", "technique"),
    *("software_version", "simulated", "recovered", "source"),
}


def test_every_name_of_the_design_is_there_with_units(tmp_path: Path) -> None:
    scan, counts = stream(11, 500)
    with h5py.File(recorded(tmp_path, scan, counts, truth=counts.astype(np.float32))) as file:
        assert set(file.attrs) >= DESIGNED_ATTRIBUTES
        assert all(isinstance(file[name], h5py.Dataset) for name in DESIGNED_DATASETS)
        wanted = "expected received lost crc_errors overruns drift_ppm jitter_p99_ms calibration_verdict verdict"
        wanted += " stalls longest_stall_s restarts"
        assert set(wanted.split()) <= set(file["integrity"].attrs)
        assert {"filter", "filter_delay_s", "contact"} <= set(file["force/contact_n"].attrs)
        datasets: list[h5py.Dataset] = []
        file.visititems(lambda _, item: datasets.append(item) if isinstance(item, h5py.Dataset) else None)
        assert len(datasets) > 15
        for dataset in datasets:
            units = dataset.attrs["units"]
            assert len(units) == len(dataset.dtype.names) if dataset.dtype.names else isinstance(units, str)
            if dataset.shape:
                assert (dataset.compression, dataset.shuffle, dataset.fletcher32) == ("gzip", True, True)


def test_tables_hold_every_field_of_holds_and_events() -> None:
    assert set(Hold.__struct_fields__) | set(Event.__struct_fields__) <= set(layout.FIELD_UNITS)
    events = [Event(1.5, kind, 2.0, "é" * length) for length, kind in enumerate(EventKind)]
    assert layout.rows_of(Event, layout.table(Event, events)) == events
    assert layout.rows_of(Event, layout.table(Event, [])) == []


def test_older_hdf5_tools_read_the_file(tmp_path: Path) -> None:
    if shutil.which("h5dump") is None:
        pytest.skip("h5dump is not installed (package hdf5-tools)")
    scan, counts = stream(12, 2000, lost=0.01)
    path = recorded(tmp_path, scan, counts)
    text = subprocess.run(["h5dump", str(path)], capture_output=True, text=True, check=True, timeout=60).stdout
    assert '"unplugged' in text
    assert '"ischemic_compression"' in text
    assert '"client_stop"' in text
    row = subprocess.run(
        ["h5dump", "-d", "/raw/counts", "-s", "1000,0", "-c", "1,3", str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    shown = re.search(r"\(1000,0\): (.*)", row)
    assert shown is not None
    assert [int(value) for value in shown.group(1).split(",")] == counts[1000].tolist()


def test_the_examples_in_the_file_format_page_run(tmp_path: Path) -> None:
    scan, counts = stream(13, 2000, lost=0.01)
    recorded(tmp_path, scan, counts)
    examples = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", example],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": ""},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_the_file_format_page_names_everything_in_the_file(tmp_path: Path) -> None:
    scan, counts = stream(14, 200)
    page = DOCS.read_text(encoding="utf-8")
    missing: list[str] = []

    def look(name: str, item: h5py.Group | h5py.Dataset) -> None:
        words = [f"/{name}"] if not name.startswith("overview/") else []
        words += [*item.attrs, *(item.dtype.names or () if isinstance(item, h5py.Dataset) else ())]
        missing.extend(word for word in words if f"`{word}`" not in page)

    with h5py.File(recorded(tmp_path, scan, counts, truth=counts.astype(np.float32))) as file:
        file.visititems(look)
        missing.extend(name for name in file.attrs if f"`{name}`" not in page)
    assert missing == []


def test_a_journal_lies_beside_its_recording() -> None:
    assert journal_path(Path("somewhere/a.b.h5")) == Path("somewhere/a.b.nmtj")
