"""``nmt-sense calibrate`` as a real process."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nmt_sense.sensing.profile import load_profile
from nmt_sense.workspace import open_workspace

TOOL = [sys.executable, "-m", "nmt_sense", "calibrate"]
DIVIDER = ("--divider-ohm", 10_000, "--supply-mv", 5000)


def run(*words: object, answers: str | None = None, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    command = [*TOOL, *map(str, words)]
    return subprocess.run(command, input=answers, capture_output=True, text=True, timeout=seconds, check=False)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line with which a command ended with exit code 2."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def written(path: Path, force: np.ndarray, gain: float = 1.0, seed: int = 0) -> Path:
    """What a sensor under a force says in a divider, 20 rows per second, gzip'd."""
    siemens = 30e-6 * (gain * force) ** 0.8 * (1.0 + 0.02 * np.random.default_rng(seed).standard_normal(len(force)))
    millivolts = 5000.0 * siemens * 1e4 / (1.0 + siemens * 1e4)
    rows = "".join(f"{n / 20:.2f},{f:.4f},{v:.2f}\n" for n, (f, v) in enumerate(zip(force, millivolts, strict=True)))
    path.write_bytes(gzip.compress(f"time_s,force_n,voltage_mv\n{rows}".encode()))
    return path


def up_and_down(top_n: float = 40.0) -> np.ndarray:
    levels = np.r_[0:11, 9:-1:-1] * top_n / 10.0
    return np.repeat(levels, 60)


def pressed(count: int = 8, top_n: float = 40.0) -> np.ndarray:
    at = np.arange(count * 100)
    return np.clip(1.6 * np.sin(np.pi * (at % 100) / 100.0), 0.0, 1.0) * top_n * (0.5 + 0.5 * ((at // 100) % 2))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fitted")
    out = folder / "p.toml"
    bench = written(folder / "bench.csv.gz", up_and_down())
    done = run("fit", bench, "--sensor", "thumb", "--out", out, *DIVIDER, "--operator", "P07")
    assert done.returncode == 0, done.stderr
    assert "Good for a sensor of this kind" in done.stdout
    return out


def forces(path: Path) -> np.ndarray:
    assert path.read_text(encoding="utf-8").splitlines()[0] == "time_s,force_n,lower_n,upper_n"
    return np.genfromtxt(path, delimiter=",", names=True)


def test_readings_become_forces_with_a_band_whatever_stands_in_a_force_column(fitted: Path, tmp_path: Path) -> None:
    true = pressed()
    plain = written(tmp_path / "in.csv.gz", true, seed=5)
    text = gzip.decompress(plain.read_bytes()).decode()
    other = tmp_path / "other.csv"
    other.write_text("\n".join(line.replace(line.split(",")[1], "nonsense", 1) if n else line
                               for n, line in enumerate(text.splitlines())), encoding="utf-8")  # fmt: skip
    outs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for source, out in zip((plain, other), outs, strict=True):
        done = run("apply", source, "--profile", fitted, "--out", out)
        assert done.returncode == 0, done.stderr
        assert "was not checked" in done.stderr
    assert outs[0].read_bytes() == outs[1].read_bytes()
    table = forces(outs[0])
    assert len(table) == len(true)
    loaded = true > 4.0
    assert np.sqrt(np.mean((table["force_n"][loaded] / true[loaded] - 1.0) ** 2)) < 0.06
    assert np.mean((table["lower_n"] <= true) & (true <= table["upper_n"])) > 0.95


def test_a_check_finds_drift_writes_the_next_version_and_leaves_the_first_alone(fitted: Path, tmp_path: Path) -> None:
    before = fitted.read_bytes()
    drifted = written(tmp_path / "check.csv.gz", pressed(4), gain=0.6)
    second = tmp_path / "p2.toml"
    done = run("check", drifted, "--profile", fitted, "--out", second, "--json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "stale"
    assert fitted.read_bytes() == before
    assert "so the forces it gave are wrong" in report["words"]
    shown = run("show", second).stdout
    assert "(version 2): ok since its last check, which corrected it" in shown
    assert ": was stale, showed " in shown
    assert "version = 2" in second.read_text(encoding="utf-8")
    again = run("check", drifted, "--profile", second)
    assert (again.returncode, again.stdout.startswith("ok: ")) == (0, True)
    use = written(tmp_path / "use.csv.gz", pressed(), gain=0.6, seed=2)
    done = run("apply", use, "--profile", second, "--out", tmp_path / "use.csv", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["verdict"] == "ok"
    (why,) = said["notes"]
    assert re.match(r"At [34]\d(\.\d)? N the band reaches from \d+(\.\d)? to \d+(\.\d)? N, mostly because ", why)
    in_words = run("apply", use, "--profile", second, "--out", tmp_path / "again.csv")
    assert in_words.stderr == f"nmt-sense: {why}\n"
    true, shown = pressed(), forces(tmp_path / "use.csv")["force_n"]
    loaded = true > 4.0
    assert np.median(np.abs(shown[loaded] / true[loaded] - 1.0)) < 0.08


def test_a_single_visit_is_told_alike_by_check_and_show(fitted: Path, tmp_path: Path) -> None:
    """What showed 23 % too much: one way to say it, and one base."""
    once = written(tmp_path / "once.csv.gz", np.repeat([0.0, 30.0, 0.0], 60), gain=1.23)
    second = tmp_path / "p2.toml"
    done = run("check", once, "--profile", fitted, "--out", second, "--json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    percent = re.search(r"showed (\d+) % more than the true force, which may be chance", report["words"])
    assert percent is not None
    assert report["shown_off"] == pytest.approx(0.23, abs=0.03)
    shown = run("show", second)
    assert f"ok, showed {percent[1]} % more than the true force, left off by 2" in shown.stdout
    assert json.loads(run("show", second, "--json").stdout)["shown_off"] == [report["shown_off"]]


def test_above_the_calibrated_range_there_is_a_lower_bound_only(fitted: Path, tmp_path: Path) -> None:
    strong = written(tmp_path / "strong.csv.gz", np.repeat([10.0, 55.0], 60))
    done = run("apply", strong, "--profile", fitted, "--out", tmp_path / "out.csv")
    assert re.search(r"60 forces lie above the [34]\d(\.\d)? N to which", done.stderr)
    assert "upper_n is inf" in done.stderr
    table = forces(tmp_path / "out.csv")
    np.testing.assert_array_equal(np.isinf(table["upper_n"]), np.repeat([False, True], 60))
    assert (table["lower_n"][60:] < 55.0).all()
    assert (table["lower_n"] > 0.0).all()


def test_a_sensor_that_no_glove_here_has_is_fitted_with_a_warning(tmp_path: Path) -> None:
    bench = written(tmp_path / "bench.csv.gz", up_and_down())
    named = ("--workspace", tmp_path)
    open_workspace(tmp_path)
    done = run("fit", bench, "--sensor", "toe", "--out", tmp_path / "toe.toml", *DIVIDER, *named)
    assert done.returncode == 0
    assert "No sensor here is called toe (there are index, " in done.stderr
    with (tmp_path / "calibration" / "glove.toml").open("a", encoding="utf-8") as file:
        file.write('toe = "nominal-fsr"\n')
    for number, sensor in enumerate(("toe", "thumb")):
        done = run("fit", bench, "--sensor", sensor, "--out", tmp_path / f"{number}.toml", *DIVIDER, *named)
        assert (done.returncode, done.stderr) == (0, "")


def test_readings_that_are_not_used_are_told_with_the_reason(tmp_path: Path) -> None:
    bench = written(tmp_path / "bench.csv.gz", up_and_down())
    done = run("fit", bench, "--sensor", "thumb", "--out", tmp_path / "p.toml", *DIVIDER, "--reference-max", 39)
    assert re.search(
        r"\d+ readings used\. \d+ more tell nothing of the curve: no load, a short circuit, or a reference at its end",
        done.stdout,
    )


def spoilt(path: Path, reading: str, rows: int, force: np.ndarray | None = None) -> Path:
    """Readings of :func:`written`, of which the first so many of the second hundred say something else."""
    plain = gzip.decompress(written(path, pressed(4) if force is None else force).read_bytes()).decode().splitlines()
    for number in range(101, min(101 + rows, len(plain))):
        plain[number] = ",".join([*plain[number].split(",")[:2], reading])
    path.write_text("\n".join(plain) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("reading", ["-5", "nan", "inf", "-1e-3"])
def test_a_reading_that_cannot_be_used_gives_no_force_and_is_told(fitted: Path, tmp_path: Path, reading: str) -> None:
    source, out = spoilt(tmp_path / "in.csv", reading, 3), tmp_path / "out.csv"
    done = run("apply", source, "--profile", fitted, "--out", out)
    assert done.returncode == 0
    said = "Rows with an unusable reading (below zero, or no finite number): 3; their force is left blank."
    assert said in done.stderr
    assert " 397 forces up to " in done.stdout
    assert out.read_text().splitlines()[101:104] == ["5,,,", "5.05,,,", "5.1,,,"]
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(forces(out)["force_n"])), [100, 101, 102])
    found = json.loads(run("apply", source, "--profile", fitted, "--out", tmp_path / "again.csv", "--json").stdout)
    assert (found["rows"], found["no_reading"], found["no_numbers"]) == (400, 3, 0)
    assert found["largest_n"] > 30.0
    assert said in found["notes"]


def test_rows_that_are_no_numbers_are_counted_and_empty_cells_are_another_instruments(
    fitted: Path, tmp_path: Path
) -> None:
    source = spoilt(tmp_path / "in.csv", "", 50)
    with source.open("a", encoding="utf-8") as file:
        file.write("switched off,0,0\n,0,5\n")
    out = tmp_path / "out.csv"
    done = run("apply", source, "--profile", fitted, "--out", out)
    assert "Rows without a time, or with something else than numbers: 2; they are left out." in done.stderr
    assert "unusable" not in done.stderr
    assert len(forces(out)) == 350


def test_a_file_without_any_usable_reading_is_refused(fitted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    for reading in ("-5", "nan"):
        source = spoilt(tmp_path / "in.csv", reading, 400)
        source.write_text("\n".join(source.read_text().splitlines()[:1] + source.read_text().splitlines()[101:]))
        said = refused(run("apply", source, "--profile", fitted, "--out", out))
        assert "has no row with a time and a usable reading" in said
    assert not out.exists()


def test_fit_and_check_tell_the_readings_that_cannot_be_used(fitted: Path, tmp_path: Path) -> None:
    said = "Rows with an unusable reading (below zero, or no finite number): 3; they are not used."
    bench = spoilt(tmp_path / "bench.csv", "-5", 3, up_and_down())
    for words in (("fit", bench, "--sensor", "thumb", *DIVIDER), ("check", bench, "--profile", fitted)):
        done = run(*words, "--out", tmp_path / f"{words[0]}.toml")
        assert done.returncode == 0, done.stderr
        assert said in done.stderr
        found = json.loads(run(*words, "--out", tmp_path / f"{words[0]}2.toml", "--json").stdout)
        assert (found["no_reading"], found["no_numbers"]) == (3, 0)


@pytest.mark.parametrize("temperature", [-41, 86, "nan"])
def test_a_temperature_that_no_profile_can_hold_is_refused_before_it_is_written(
    tmp_path: Path, temperature: object
) -> None:
    bench, out = written(tmp_path / "bench.csv.gz", up_and_down()), tmp_path / "p.toml"
    assert "--temperature-c" in refused(
        run("fit", bench, "--sensor", "thumb", "--out", out, *DIVIDER, f"--temperature-c={temperature}")
    )
    assert not out.exists()


def test_a_profile_that_is_right_is_ok(fitted: Path, tmp_path: Path) -> None:
    done = run("check", written(tmp_path / "check.csv.gz", pressed(4), seed=3), "--profile", fitted)
    assert done.returncode == 0
    assert done.stdout.startswith("ok: ")


def test_a_fit_reports_its_candidates_as_json(tmp_path: Path) -> None:
    bench = written(tmp_path / "bench.csv.gz", up_and_down())
    area = ("--area-cm2", 1.3, "--area-method", "puck, measured")
    done = run("fit", bench, bench, "--sensor", "thumb", "--out", tmp_path / "p.toml", *DIVIDER, *area, "--json")
    report = json.loads(done.stdout)
    assert report["chosen"] in {one["name"] for one in report["candidates"]}
    assert report["range_n"][1] == pytest.approx(40.0, rel=0.05)
    done = run("apply", bench, "--profile", tmp_path / "p.toml", "--out", tmp_path / "o.csv")
    assert "nominal" in done.stdout
    assert "on 1.3 cm² (puck, measured)" in done.stdout


@pytest.mark.parametrize(("name", "begins"), [("picture.svg", b"<svg "), ("picture.png", b"\x89PNG")])
def test_a_profile_is_drawn(fitted: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    done = run("show", fitted, "--out", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert "(version 1): not checked yet" in done.stdout
    assert json.loads(run("show", fitted, "--json").stdout)["verdict"] == "stale"
    assert json.loads(run("show", fitted, "--json").stdout)["profile"]["operator"] == "P07"


def test_nothing_is_ever_overwritten(fitted: Path, tmp_path: Path) -> None:
    readings = written(tmp_path / "in.csv.gz", pressed())
    mine = tmp_path / "mine"
    for command in (
        ("fit", readings, "--sensor", "a", "--out", mine, *DIVIDER),
        ("apply", readings, "--profile", fitted, "--out", mine),
        ("check", readings, "--profile", fitted, "--out", mine),
        ("show", fitted, "--out", mine),
        ("guide", "--port", "sim://", "--sensor", "thumb", "--out", mine),
    ):
        mine.write_text("precious", encoding="utf-8")
        assert "exists already" in refused(run(*command))
        assert mine.read_text(encoding="utf-8") == "precious"


def test_what_cannot_be_used_is_one_sentence(fitted: Path, tmp_path: Path) -> None:
    readings = written(tmp_path / "in.csv.gz", pressed())
    text = tmp_path / "no.csv"
    text.write_text("a,b\n1,2\n", encoding="utf-8")
    out = tmp_path / "out"
    assert "--divider-ohm" in refused(run("fit", readings, "--sensor", "a", "--out", out))
    assert "cannot be read" in refused(run("fit", tmp_path / "none.csv", "--sensor", "a", "--out", out))
    assert "time_s and one of" in refused(run("apply", text, "--profile", fitted, "--out", out))
    assert "cannot be read" in refused(run("apply", readings, "--profile", tmp_path / "none.toml", "--out", out))
    assert "not valid TOML" in refused(run("show", text))
    assert ".svg or .png" in refused(run("show", fitted, "--out", tmp_path / "x.jpg"))
    assert "cannot be written" in refused(run("show", fitted, "--out", tmp_path / "none" / "x.svg"))
    for name in ("", " ", "a long name of it", "Zeh\u00e9"):
        assert "1 to 12 ASCII characters" in refused(run("fit", readings, "--sensor", name, "--out", out, *DIVIDER))
    assert "both --area-cm2" in refused(run("fit", readings, "--sensor", "a", "--out", out, *DIVIDER, "--area-cm2", 2))
    assert not out.exists()


def test_the_guide_shows_the_reading_of_a_glove_and_writes_nothing_when_given_up(tmp_path: Path) -> None:
    out = tmp_path / "p.toml"
    done = run("guide", "--port", "sim://", "--sensor", "thumb", "--out", out, "--top", 30, answers="")
    assert "given up" in refused(done)
    assert "Step 1 of 14: Condition the sensor" in done.stdout
    assert "µS" in done.stdout
    assert "nan" not in done.stdout
    assert not out.exists()


def test_the_guide_needs_a_sensor_that_the_glove_has(tmp_path: Path) -> None:
    done = run("guide", "--port", "sim://", "--sensor", "nose", "--out", tmp_path / "p.toml")
    assert "no sensor nose; it has thumb" in refused(done)


BENCH = ",".join(
    [
        *(["22:2", "0:2"] * 5),
        "0:20",
        *(f"{load}:8" for load in (2, 5, 10, 15, 20, 15, 10, 5, 2)),
        "12:100",
        "7:8",
        "17:8",
    ]
)


@pytest.mark.slow
def test_a_guided_calibration_in_the_terminal_from_the_first_press_to_its_profile(tmp_path: Path) -> None:
    out = tmp_path / "thumb.toml"
    asked = ["guide", "--port", f"sim://?rate=50&speed=12&steps={BENCH}", "--scale", "simscale://",
             "--sensor", "thumb", "--top", "20", "--operator", "P07", "--out", str(out)]  # fmt: skip
    ran = run(*asked, answers="\n" * 500, seconds=300)
    assert ran.returncode == 0, ran
    assert "Step 14 of 14" in ran.stdout
    assert "Judged by two loads it had not seen" in ran.stdout
    profile = load_profile(out)
    assert profile.operator == "P07"
    assert profile.checks[-1].verdict == "ok"
    # the virtual thumb's law is known: 16 µS * N^0.9, off by a gain, a play and creep of a few per cent
    force = profile.to_force()(16.0 * np.array([6.0, 16.0]) ** 0.9)
    np.testing.assert_allclose(force, [6.0, 16.0], rtol=0.25)
