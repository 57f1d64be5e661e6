"""A file that hangs or crashes whatever reads it costs a child, and the next file is read all the same."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest

from nmt_sense.errors import RecordingError
from nmt_sense.strict import apart


def read(path: Path) -> list[float | str]:
    """What the child is to make of a file."""
    word = path.read_text(encoding="utf-8")
    print("words of a library, which are no answer")
    if word == "hang":
        time.sleep(60)
    elif word == "crash":
        os._exit(11)
    elif word == "refuse":
        raise RecordingError("no, thank you")
    return [math.inf, word]


def asked(path: Path, word: str) -> list[float | str]:
    path.write_text(word, encoding="utf-8")
    return apart.apart("test_apart:read", path, list[float | str])


@pytest.mark.parametrize("harm", ["hang", "crash"])
def test_a_file_that_does_harm_is_refused_and_the_next_is_read(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    path = tmp_path / "sent ä.h5"
    apart.forget()
    for _ in range(2):
        assert asked(path, "fine") == [math.inf, "fine"]
        with pytest.raises(RecordingError, match="no, thank you"):
            asked(path, "refuse")
        with monkeypatch.context() as hurried:
            hurried.setattr(apart, "PATIENCE_S", 1.0 if harm == "hang" else 60.0)
            with pytest.raises(RecordingError, match="would hang or crash"):
                asked(path, harm)
    apart.forget()


@pytest.mark.parametrize("what", ["report_on", "holds_of"])
def test_a_file_that_is_not_there_is_not_called_harmful(what: str, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.h5", tmp_path):
        with pytest.raises(RecordingError, match=r"no recording|not a file|regular"):
            apart.apart(f"nmt_sense.commands.judging:{what}", path, object)
    apart.forget()
