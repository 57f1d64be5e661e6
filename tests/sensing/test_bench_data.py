import contextlib
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt_sense.sensing import bench_data
from nmt_sense.sensing.bench_data import BenchData, BenchDataError, read
from nmt_sense.sensing.calibration import About, apply, calibrate, check_against
from nmt_sense.sensing.pairs import find_lag, paired
from nmt_sense.sensing.profile import Circuit, to_toml

DIVIDER = Circuit(divider_ohm=10_000, supply_mv=5000)


def written(folder: Path, text: str, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_may_come_in_any_order_with_others_between_and_headers_may_repeat(tmp_path: Path) -> None:
    text = "note,force_n,time_s,voltage_mv\na,1.5,0,2500\nnote,force_n,time_s,voltage_mv\nb,,1,\n,2.5,2,1000\n"
    data = read(written(tmp_path, text))
    assert data.time_s.tolist() == [0.0, 1.0, 2.0]
    np.testing.assert_array_equal(data.force_n, [1.5, np.nan, 2.5])
    np.testing.assert_allclose(data.conductance_us(DIVIDER), [100.0, np.nan, 25.0])


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("conductance_us", [0.0, 5.0, 100.0], [0.0, 5.0, 100.0]),
        ("resistance_ohm", [1e6, 10_000.0, 0.0], [1.0, 100.0, np.inf]),
        ("voltage_mv", [0.0, 2500.0, 5000.0], [0.0, 100.0, np.inf]),
        ("counts", [0.0, 512.0, 1023.0], [0.0, 100.0, 102_300.0]),
    ],
)
def test_every_kind_of_reading_becomes_conductance(
    tmp_path: Path, column: str, values: list[float], expected: list[float]
) -> None:
    rows = "".join(f"{number},{value}\n" for number, value in enumerate(values))
    data = read(written(tmp_path, f"time_s,{column}\n{rows}"))
    np.testing.assert_allclose(data.conductance_us(DIVIDER), expected)


def test_packed_files_and_those_of_windows_editors_are_read(tmp_path: Path) -> None:
    text = "\ufefftime_s,conductance_us\r\n0,1\r\n1,2\r\n"
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(text.encode("utf-8")))
    assert read(path).value.tolist() == [1.0, 2.0]


def test_a_force_column_is_not_looked_at_when_it_should_not_be(tmp_path: Path) -> None:
    path = written(tmp_path, "time_s,conductance_us,force_n\n0,1,5\n1,2,rubbish\n")
    assert np.isnan(read(path, with_force=False).force_n).all()
    assert len(read(path, with_force=False).time_s) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has nothing"),
        ("time_s,force_n\n0,1\n", "it has time_s, force_n"),
        ("time_s,counts,voltage_mv\n0,1,2\n", "one of counts, voltage_mv"),
        ("time_s,counts\n", "no row with a time and a usable reading"),
        ("time_s,counts\n" + "a,b\n" * 50 + "1,2\n", "hold something else than numbers"),
        ("time_s,counts\n0,1\nabc,def\n", r"1 of its 2 rows holds something .*, first of all row 3 \(abc,def\)"),
        ('time_s,counts\n0,"1\n', "is no CSV file"),
    ],
)
def test_what_is_no_bench_data_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BenchDataError, match=said):
        read(written(tmp_path, text))


def test_a_file_that_unpacks_to_more_than_anybody_measures_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_data, "LARGEST", 1 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"time_s,counts\n" + b"1,2\n" * (1 << 19)))
    with pytest.raises(BenchDataError, match="longer than 1 MiB"):
        read(path)


def test_more_rows_than_anybody_measures_and_a_row_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_data, "MOST_BESIDE_FORCE", 100)
    rows = "".join(f"{number},{number}\n" for number in range(101))
    path = written(tmp_path, "time_s,counts\n" + rows)
    with pytest.raises(BenchDataError, match="more than 100 rows"):
        read(path)
    assert len(read(path, with_force=False).value) == 101
    with pytest.raises(BenchDataError, match="a row is longer than"):
        read(written(tmp_path, "time_s,counts\n" + "9" * 100_000 + "\n"))


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08broken", b"\xff\xfe\x00\x00", b"time_s,counts\n0,\xff\n"])
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(BenchDataError, match=r"cannot be read|is not text"):
        read(path)


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(BenchDataError, match="not a regular file"):
        read(tmp_path)


def test_voltages_need_the_divider(tmp_path: Path) -> None:
    with pytest.raises(BenchDataError, match="--divider-ohm"):
        read(written(tmp_path, "time_s,voltage_mv\n0,1\n")).conductance_us(None)


def two_streams(folder: Path, late_s: float) -> Path:
    """A load cell at 7 Hz and a meter at 25 Hz that is late, on rows of their own."""
    cell, meter = np.arange(0.0, 60.0, 1 / 7.0), np.arange(0.03, 60.0, 1 / 25.0)
    rows = [(t, f"{t:.4f},{20 + 15 * np.sin(t):.5f},") for t in cell]
    rows += [(t, f"{t:.4f},,{10 * (20 + 15 * np.sin(t - late_s)):.5f}") for t in meter]
    return written(folder, "time_s,force_n,conductance_us\n" + "\n".join(row for _, row in sorted(rows)))


@pytest.mark.parametrize("late_s", [-0.2, 0.0, 0.1, 0.3])
def test_the_lag_between_two_instruments_is_found(tmp_path: Path, late_s: float) -> None:
    data = [read(two_streams(tmp_path, late_s))]
    lag_s = find_lag(data, None)
    assert lag_s == pytest.approx(late_s, abs=0.021)
    pairs = paired(data, None, lag_s)
    np.testing.assert_allclose(pairs.conductance_us, 10.0 * pairs.force_n, rtol=0.05)


def test_readings_at_an_end_and_forces_beyond_the_reference_are_left_out(tmp_path: Path) -> None:
    force = np.linspace(0.0, 100.0, 200)
    voltage = np.clip(60.0 * force, 0.0, 5000.0)
    rows = "".join(f"{number},{force[number]},{voltage[number]}\n" for number in range(200))
    text = f"time_s,force_n,voltage_mv\n{rows}"
    pairs = paired([read(written(tmp_path, text))], DIVIDER, reference_max_n=70.0)
    assert pairs.force_n.min() > 0.0
    assert pairs.force_n.max() < 70.0
    assert pairs.clipped > 60


def test_a_long_silence_of_the_reference_is_not_bridged(tmp_path: Path) -> None:
    rows = [f"{t:.2f},{t:.2f},{10 * t:.2f}\n" for t in np.arange(0.0, 10.0, 0.1)]
    rows += [f"{t:.2f},,{10 * t:.2f}\n" for t in np.arange(10.0, 20.0, 0.1)]
    rows += [f"{t:.2f},{t:.2f},{10 * t:.2f}\n" for t in np.arange(20.0, 30.0, 0.1)]
    pairs = paired([read(written(tmp_path, "time_s,force_n,conductance_us\n" + "".join(rows)))], None)
    assert not ((pairs.time_s > 10.0) & (pairs.time_s < 19.9)).any()


def test_a_clock_that_starts_anew_begins_another_run(tmp_path: Path) -> None:
    rows = "".join(f"{t},{t + 1},{10 * t + 10}\n" for t in range(40)) * 2
    pairs = paired([read(written(tmp_path, "time_s,force_n,conductance_us\n" + rows))], None)
    assert np.unique(pairs.run).tolist() == [0, 1]


def test_without_a_reference_there_is_nothing_to_fit(tmp_path: Path) -> None:
    with pytest.raises(BenchDataError, match="no force_n"):
        paired([read(written(tmp_path, "time_s,conductance_us\n0,1\n1,2\n"))], None)


@pytest.mark.parametrize(
    ("force", "reading", "said"),
    [
        (np.zeros(50), np.linspace(1, 9, 50), "so nothing pressed"),
        (np.full(50, 1e6), np.linspace(1, 9, 50), "is force_n in newtons"),
        (np.linspace(0, 50, 50), np.full(50, 7.0), "the reading hardly changes"),
        (np.linspace(0, 50, 50), np.zeros(50), r"only 0 readings could be paired .* \(4. show no load"),
    ],
)
def test_data_that_cannot_make_a_curve_say_why(
    tmp_path: Path, force: np.ndarray, reading: np.ndarray, said: str
) -> None:
    rows = "".join(f"{number / 10},{force[number]},{reading[number]}\n" for number in range(50))
    data = read(written(tmp_path, "time_s,force_n,conductance_us\n" + rows))
    with pytest.raises(BenchDataError, match=said):
        calibrate([data], About("thumb"))


@settings(max_examples=60)
@given(st.data())
def test_whatever_numbers_a_file_holds_it_makes_a_profile_or_a_sentence(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    count = data.draw(st.sampled_from([1, 5, 40, 200]))
    kinds = {
        "none": np.zeros(count),
        "same": np.full(count, 10.0),
        "any": rng.uniform(0.0, 50.0, count),
        "huge": rng.normal(0.0, 1e6, count),
        "two": rng.choice([0.0, 20.0], count),
        "missing": np.where(rng.random(count) < 0.5, np.nan, 5.0),
    }
    force, value = (kinds[data.draw(st.sampled_from(sorted(kinds)))] for _ in range(2))
    reading = data.draw(st.sampled_from(bench_data.READINGS))
    some = BenchData(Path("some.csv"), reading, np.cumsum(rng.choice([0.0, 0.1, 3.0], count)), np.abs(value), force)
    with contextlib.suppress(BenchDataError):
        profile = calibrate([some], About("thumb"), DIVIDER).profile
        checked = check_against(profile, some)
        assert "nan" not in to_toml(checked.profile)
        assert np.isfinite(apply(checked.profile, some).force_n).all()
