"""A file that hangs or crashes whatever opens it costs a child, and the next file is opened all the same."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nmt_sense import first_look
from nmt_sense.errors import RecordingError
from nmt_sense.first_look import look_first


class Opened:
    """What opening a file gives."""

    def __init__(self, path: Path) -> None:
        word = path.read_text(encoding="utf-8")
        if word == "hang":
            time.sleep(60)
        elif word == "crash":
            os._exit(11)
        elif word == "refuse":
            raise RecordingError("no")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("harm", ["hang", "crash"])
def test_a_file_that_does_harm_is_refused_and_the_next_is_opened(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_look, "PATIENCE_S", 1.0 if harm == "hang" else 60.0)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    first_look.forget()
    for number, word in enumerate((harm, "fine", "refuse", harm)):
        path = tmp_path / f"{number} ä.h5"
        path.write_text(word, encoding="utf-8")
        if word == harm:
            with pytest.raises(RecordingError, match="would hang or crash"):
                look_first("test_first_look:Opened", path)
        else:
            monkeypatch.setattr(first_look, "PATIENCE_S", 60.0)
            look_first("test_first_look:Opened", path)
            monkeypatch.setattr(first_look, "PATIENCE_S", 1.0 if harm == "hang" else 60.0)
    first_look.forget()


def test_a_file_that_is_not_there_is_not_called_harmful(tmp_path: Path) -> None:
    look_first("nmt_sense.session.looking:look_through", tmp_path / "missing.h5")
    look_first("nmt_sense.session.looking:look_through", tmp_path)
    first_look.forget()
