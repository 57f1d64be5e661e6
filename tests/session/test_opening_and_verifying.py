"""What opening refuses, and what verification finds."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from sittings import Tenths, recorded, stream

from nmt_sense.blocks import ForceBlock, ScanBlock
from nmt_sense.errors import ProfileError, RecordingError
from nmt_sense.events import Event, EventKind
from nmt_sense.session import integrity, layout
from nmt_sense.session.finalize import Derivation
from nmt_sense.session.integrity import verify
from nmt_sense.session.opening import LARGEST_TABLE
from nmt_sense.session.recording import open_recording


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An intact recording of more than one chunk."""
    scan, counts = stream(21, 20_000)
    return recorded(tmp_path_factory.mktemp("sitting"), scan, counts)


def changed(sitting: Path, folder: Path, change: Callable[[h5py.File], object]) -> Path:
    copy = folder / "changed.h5"
    shutil.copyfile(sitting, copy)
    with h5py.File(copy, "r+") as file:
        change(file)
    return copy


def replace_with(name: str, target: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = target

    return change


def stored_as(name: str, values: np.ndarray) -> Callable[[h5py.File], None]:
    """Put other values in the place of a dataset, stored as a recording stores its rows."""

    def change(file: h5py.File) -> None:
        del file[name]
        layout.create(file, name, values.dtype, values.shape, "1")[:] = values

    return change


def test_an_intact_recording_has_nothing_to_be_found(sitting: Path) -> None:
    before = sitting.read_bytes()
    report = verify(sitting, Tenths)
    assert (report.verdict, report.findings, report.derived) == ("intact", [], "same")
    assert (report.expected, report.received, report.lost, report.gaps) == (20_000, 20_000, 0, 0)
    assert report.calibration_verdict == "nominal, uncalibrated"
    assert verify(sitting).derived == "not compared"
    assert sitting.read_bytes() == before


def test_missing_scans_and_recovery_are_told(tmp_path: Path) -> None:
    scan, counts = stream(22, 3000, lost=0.01)
    report = verify(recorded(tmp_path, scan, counts, name="gaps.h5"), Tenths)
    assert report.verdict == "gaps"
    assert report.lost == scan[-1] - scan[0] + 1 - len(scan)
    assert report.findings == [f"{report.lost} of {report.expected} scans never arrived, in {report.gaps} gaps."]
    report = verify(recorded(tmp_path, scan, counts, name="saved.h5", recovered=True), Tenths)
    assert (report.verdict, report.recovered, len(report.findings)) == ("recovered", True, 2)


@pytest.mark.parametrize(
    "name",
    ["raw/counts", "raw/scan", "time_s", "force/newtons", "raw/arrivals", "events", "holds", "overview/64/maximum"],
)
def test_a_flipped_byte_in_the_data_is_found(sitting: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "flipped.h5"
    shutil.copyfile(sitting, copy)
    with h5py.File(copy) as file:
        chunk = file[name].id.get_chunk_info(0)
    with copy.open("r+b") as raw:
        raw.seek(chunk.byte_offset + chunk.size // 2)
        (byte,) = raw.read(1)
        raw.seek(-1, 1)
        raw.write(bytes([byte ^ 0x10]))
    report = verify(copy, Tenths)
    assert report.verdict == "damaged"
    assert any(name.split("/64")[0] in finding for finding in report.findings)


def test_random_flipped_bytes_are_never_taken_for_an_intact_recording(sitting: Path, tmp_path: Path) -> None:
    """Unless the byte is one that nothing depends on: then every value must still be the same."""
    whole = sitting.read_bytes()
    copy = tmp_path / "flipped.h5"
    random = np.random.default_rng(23)
    with open_recording(sitting) as recording:
        counts = recording.counts
    judged = {"refused": 0, "damaged": 0, "harmless": 0}
    for position in random.integers(0, len(whole), 60):
        copy.write_bytes(whole[:position] + bytes([whole[position] ^ 0x40]) + whole[position + 1 :])
        try:
            report = verify(copy, Tenths)
        except RecordingError:
            judged["refused"] += 1
            continue
        if report.verdict == "damaged":
            judged["damaged"] += 1
        else:
            judged["harmless"] += 1
            with open_recording(copy) as recording:
                assert np.array_equal(recording.counts, counts)
    assert judged["refused"] + judged["damaged"] >= 50, judged


def longer_hold(file: h5py.File) -> None:
    table = file["holds"][:]
    table["in_band_s"] = 29.0
    file["holds"][:] = table


TAMPERINGS = {
    "force": lambda file: file["force/newtons"].__setitem__((5, 1), 250.0),
    "contact": lambda file: file["force/contact_n"].__setitem__(17_000, 0.0),
    "uncertainty": lambda file: file["force/uncertainty_n"].__setitem__((0, 0), 0.0),
    "hold": longer_hold,
    "counts": lambda file: file["raw/counts"].__setitem__((5, 1), 4000),
    "scan": lambda file: file["raw/scan"].__setitem__(19_999, 20_001),
    "order": lambda file: file["raw/scan"].__setitem__(5, 5000),
    "time": lambda file: file["time_s"].__setitem__(9, 0.0),
    "participant": lambda file: file.attrs.__setitem__("participant", "P08"),
    "simulated": lambda file: file.attrs.__setitem__("simulated", False),
    "recovered": lambda file: file.attrs.__setitem__("recovered", True),
    "counter": lambda file: file["integrity"].attrs.__setitem__("crc_errors", 0),
    "lost": lambda file: file["integrity"].attrs.__setitem__("lost", 3),
    "overview": lambda file: file["overview/64/maximum"].__setitem__((3, 0), 0.0),
    "calibration": replace_with("calibration", "verdict = 'good'"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_changed_value_is_found_although_its_checksum_is_right(sitting: Path, tmp_path: Path, what: str) -> None:
    report = verify(changed(sitting, tmp_path, TAMPERINGS[what]), Tenths)
    assert report.verdict == "damaged"
    assert report.findings


class OtherTenths(Tenths):
    """As another version computes it."""

    def feed(self, block: ScanBlock) -> ForceBlock:
        force = super().feed(block)
        return replace(force, uncertainty_n=2 * force.uncertainty_n)


def test_another_versions_forces_are_mentioned_but_are_no_damage(tmp_path: Path) -> None:
    scan, counts = stream(24, 500)
    path = recorded(tmp_path, scan, counts, software_version="0.0.9")
    report = verify(path, OtherTenths)
    assert (report.verdict, report.derived) == ("intact", "differs")
    assert "0.0.9" in report.findings[0]


def test_forces_and_holds_changed_in_another_versions_file_are_damage(tmp_path: Path) -> None:
    scan, counts = stream(24, 500)
    path = recorded(tmp_path, scan, counts, software_version="0.0.9")
    with h5py.File(path, "r+") as file:
        file["force/uncertainty_n"][7, 1] += 0.5
    report = verify(path, OtherTenths)
    assert report.verdict == "damaged"
    assert "Forces or holds are not those that were written: their checksum is wrong." in report.findings


def test_another_versions_settings_that_no_longer_load_are_told_and_the_rest_is_verified(
    sitting: Path, tmp_path: Path
) -> None:
    def derive(*_: object) -> Derivation:
        raise ProfileError("The profile has no points.")

    scan, counts = stream(27, 500)
    report = verify(recorded(tmp_path, scan, counts, software_version="0.0.9"), derive)
    assert (report.verdict, report.derived) == ("intact", "not compared")
    assert report.findings == ["Forces cannot be computed afresh: The profile has no points."]
    assert verify(sitting, derive).verdict == "damaged"  # this very version wrote it, and could read it then


def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    scan, counts = stream(25, 400)
    whole = recorded(tmp_path, scan, counts).read_bytes()
    cut = tmp_path / "cut.h5"
    for length in [*range(200), *range(200, len(whole), 997), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(RecordingError, match=r"cut\.h5 cannot be opened as a recording: it is"):
            open_recording(cut)


@pytest.mark.parametrize("content", [b"", b"time_s,force_n\n0,1\n", b"\x00" * 4096])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="no HDF5 file"):
        open_recording(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.h5", tmp_path):
        with pytest.raises(RecordingError, match="There is no recording"):
            open_recording(str(path))


def leave(name: str) -> Callable[[h5py.File], None]:
    """Put a column whose data lie in another file in the place of a recording's own."""

    def change(file: h5py.File) -> None:
        shape, dtype = file[name].shape, file[name].dtype
        del file[name]
        elsewhere = h5py.VirtualLayout(shape, dtype)
        elsewhere[:] = h5py.VirtualSource("secret.h5", name, shape)
        file.create_virtual_dataset(name, elsewhere)

    return change


def outside(file: h5py.File) -> None:
    shape, dtype = file["time_s"].shape, file["time_s"].dtype
    del file["time_s"]
    file.create_dataset("time_s", shape, dtype, external=[("secret.bin", 0, h5py.h5f.UNLIMITED)])


HOSTILE = {
    "another format": (lambda file: file.attrs.__setitem__("format", "other"), "not a recording of this program"),
    "no format": (lambda file: file.attrs.__delitem__("format"), "not a recording of this program"),
    "newer": (lambda file: file.attrs.__setitem__("format_version", layout.FORMAT_VERSION + 1), "newer than this"),
    "no checksum of forces": (lambda file: file["integrity"].attrs.__delitem__("derived_sha256"), "is damaged"),
    "odd version": (lambda file: file.attrs.__setitem__("format_version", "x"), "is damaged"),
    "external link": (replace_with("events", h5py.ExternalLink("/etc/x.h5", "/events")), "leads out of the file"),
    "soft link": (replace_with("raw/scan", h5py.SoftLink("/raw/counts")), "leads out of the file"),
    "link nobody follows": (lambda file: file.__setitem__("extra", h5py.ExternalLink("x.h5", "/")), "leads out"),
    "such a link deep inside": (
        lambda file: file.create_group("raw/more/still").__setitem__("x", h5py.SoftLink("/raw")),
        "/raw/more/still/x leads out of the file",
    ),
    "a circle, and a link": (
        lambda file: (file.__setitem__("raw/a", file["/"]), file.__setitem__("z", h5py.SoftLink("/raw"))),
        "leads out",
    ),
    "far too many links": (lambda file: [file.create_group(f"more/{n}") for n in range(5000)], "has more in it"),
    "linked group": (replace_with("raw", h5py.ExternalLink("x.h5", "/raw")), "leads out of the file"),
    "virtual": (leave("force/newtons"), "lie outside the file"),
    "external storage": (outside, "lie outside the file"),
    "missing": (lambda file: file.__delitem__("gaps"), "gaps is missing"),
    "another type": (stored_as("time_s", np.zeros(20_000, np.float32)), "another type"),
    "another length": (stored_as("time_s", np.zeros(5)), "another type or length"),
    "no chunks": (replace_with("time_s", np.zeros(20_000)), "no table of rows"),
    "group for data": (lambda file: (file.__delitem__("holds"), file.create_group("holds")), "not a dataset"),
    "fields missing": (stored_as("events", np.zeros(3, [("time_s", "f8"), ("kind", "S9")])), "lacks fields"),
    "participant a number": (lambda file: file.attrs.__setitem__("participant", 7), "is damaged"),
    "no participant": (lambda file: file.attrs.__delitem__("participant"), "is damaged"),
    "sensors": (lambda file: file["raw"].attrs.__setitem__("sensors", ["a", "b"]), "is damaged"),
    "period": (lambda file: file["raw"].attrs.__setitem__("period_s", "soon"), "is damaged"),
    "overview of numbers": (replace_with("overview", 5), "is missing|damaged"),
    "overview level": (lambda file: file["overview"].create_group("x"), "missing|damaged"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_made_to_mislead_is_refused_with_one_sentence(sitting: Path, tmp_path: Path, what: str) -> None:
    change, sentence = HOSTILE[what]
    with pytest.raises(RecordingError, match=sentence) as refusal:
        open_recording(changed(sitting, tmp_path, change))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", layout.MOST_ROWS)
def test_a_table_of_more_rows_than_a_recording_has_is_refused(sitting: Path, tmp_path: Path, name: str) -> None:
    with h5py.File(sitting) as file:
        rows = np.zeros(layout.MOST_ROWS[name] + 1, file[name].dtype)
    path = changed(sitting, tmp_path, stored_as(name, rows))
    assert path.stat().st_size < 2e6
    with pytest.raises(RecordingError, match="longer than it can be"):
        open_recording(path)


def test_as_many_events_as_there_may_be_are_read_at_a_modest_price(sitting: Path, tmp_path: Path) -> None:
    events = layout.table(Event, [Event(1.0, EventKind.CUE, 2.0, "x" * layout.LONGEST_WORDS)])
    path = changed(sitting, tmp_path, stored_as(layout.EVENTS, np.repeat(events, 40_000)))
    with open_recording(path) as recording:
        tracemalloc.start()
        assert len(recording.events) == 40_000
        assert tracemalloc.get_traced_memory()[1] / 40_000 < 1000
        tracemalloc.stop()
    assert events.itemsize * layout.MOST_EVENTS <= LARGEST_TABLE


def test_more_gaps_than_a_recording_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recorded(tmp_path, *stream(22, 20_000, lost=0.1))
    gaps = verify(path).gaps
    monkeypatch.setattr(integrity, "MOST_GAPS", gaps)
    assert verify(path).gaps == gaps
    monkeypatch.setattr(integrity, "MOST_GAPS", gaps - 1)
    with pytest.raises(RecordingError, match="more gaps"):
        verify(path)


def test_a_grid_of_absurd_length_is_refused(tmp_path: Path) -> None:
    scan, counts = stream(26, 10)
    scan[-1] = 2**40
    with (
        open_recording(recorded(tmp_path, scan, counts)) as recording,
        pytest.raises(RecordingError, match="too long"),
    ):
        recording.regular("contact_n")
