"""A file that hangs or crashes whatever reads it costs a child, and the next file is read all the same."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from nmt_sense.errors import RecordingError
from nmt_sense.strict import apart
from nmt_sense.strict.hdf5 import StrictFile


def read(path: Path) -> list[float | str]:
    """What the child is to make of a file."""
    word = path.read_text(encoding="utf-8")
    print("words of a library, which are no answer")
    if word == "hang":
        time.sleep(60)
    elif word == "crash":
        os._exit(11)
    elif word == "refuse":
        raise RecordingError(f"no, thank you, not {path.name}")
    elif word == "devour":
        return [float(len(bytearray(2 * apart.LEAST_MEMORY + 1)))]
    return [math.inf, word]


def read_slowly(path: Path) -> int:
    """Rows of a file, as a slow computer would read them."""
    with StrictFile(path) as file:
        rows = file.rows("rows")
        for start in range(0, len(rows), 64):
            time.sleep(0.7)
            rows.read(slice(start, start + 64))
        return len(rows)


def asked(path: Path, word: str) -> list[float | str]:
    path.write_text(word, encoding="utf-8")
    return apart.apart("test_apart:read", path, list[float | str])


@pytest.fixture(autouse=True)
def own_child(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A child that finds the functions above."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    apart.forget()
    yield
    apart.forget()


@pytest.mark.parametrize(("harm", "told"), [("hang", "took too long"), ("crash", "would crash")])
def test_a_file_that_does_harm_is_refused_and_the_next_is_read(
    harm: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sent ä.h5"
    for _ in range(2):
        assert asked(path, "fine") == [math.inf, "fine"]
        with pytest.raises(RecordingError, match="no, thank you"):
            asked(path, "refuse")
        with monkeypatch.context() as hurried:
            hurried.setattr(apart, "PATIENCE_S", 1.0 if harm == "hang" else 60.0)
            with pytest.raises(RecordingError, match=told):
                asked(path, harm)


@pytest.mark.parametrize("what", ["report_on", "holds_of"])
def test_a_file_that_is_not_there_is_not_called_harmful(what: str, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.h5", tmp_path):
        with pytest.raises(RecordingError, match=r"no recording|not a file|regular"):
            apart.apart(f"nmt_sense.analysis.judging:{what}", path, object)


def test_a_file_whose_name_is_no_text_is_read_and_refused_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "bad\udcff.h5"
    if sys.platform == "darwin":  # has no such names
        with pytest.raises(RecordingError, match="cannot be read"):
            apart.apart("test_apart:read", path, object)
        return
    assert asked(path, "fine") == [math.inf, "fine"]
    with pytest.raises(RecordingError, match="no, thank you, not bad"):
        asked(path, "refuse")


def test_a_long_file_on_a_slow_computer_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.h5"
    with h5py.File(path, "w") as file:
        stored = {"chunks": (64,), "compression": "gzip", "shuffle": True, "fletcher32": True}
        file.create_dataset("rows", data=np.arange(6 * 64), maxshape=(None,), **stored)
    asked(tmp_path / "first.h5", "fine")  # the child has loaded all
    monkeypatch.setattr(apart, "PATIENCE_S", 3.0)
    assert apart.apart("test_apart:read_slowly", path, int) == 6 * 64


@pytest.mark.parametrize("program", ["raise SystemExit", "import time; time.sleep(60)", None])
def test_a_child_that_does_not_start_is_not_the_files_fault(
    program: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        if program is None:
            broken.setattr(sys, "executable", str(tmp_path / "no python"))
        else:
            broken.setattr(apart, "_CHILD", program)
            broken.setattr(apart, "_START_S", 1.0)
        with pytest.raises(RecordingError, match="process that reads files could not be started"):
            asked(tmp_path / "fine.h5", "fine")
    assert asked(tmp_path / "fine.h5", "fine") == [math.inf, "fine"]


def test_a_file_that_needs_more_memory_than_any_recording_is_refused(tmp_path: Path) -> None:
    if sys.platform == "linux":  # the others have no such limit
        with pytest.raises(RecordingError, match="more memory"):
            asked(tmp_path / "bomb.h5", "devour")
    assert asked(tmp_path / "fine.h5", "fine") == [math.inf, "fine"]
