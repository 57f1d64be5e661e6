"""Files that somebody sent: each is opened by the real command line, in a child with little memory and little time.

``wrong`` counts files that were accepted as good (``intact`` or ``gaps``) although they differ from the good recording
they were made of, and output in which a terminal would find orders. Everything else must be refused in one sentence or
be called damaged.
"""

from __future__ import annotations

import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nmt_sense.derivation import derive
from nmt_sense.session import layout
from nmt_sense.session.recording import Recording, open_recording
from nmt_sense.session.recovery import recover
from tests.faults import hostile_csv as tables
from tests.faults import hostile_files as files
from tests.faults import hostile_texts as texts
from tests.faults.hostile_folders import led_astray
from tests.faults.hostile_metadata import forged, structures
from tests.faults.row import Form, Row

HERE = Path(__file__).parents[2]
HANG_S = 90.0
"""The program itself gives up on a file after 15 s, and then starts anew what looked at it."""
SLOW_S = 60.0
START_S = 120.0
ORDERS = "hostile.h5" if os.name == "nt" else "hostile \x1b[31m\x9b2J.h5"
"""A file name that a terminal would obey."""
GROWN_KB = 256 * 1024
"""Memory that one file may cost at most, read and computed again as it is."""
REFUSED = ("by filter 4", "by filter 6")
"""Trials that HDF5 itself may refuse to make: szip and scale-offset of tables."""
SHORT_TRIALS = 8
KILLED_AFTER_S = 2.0
NAMESAKES = {Form.SHORT: 4, Form.FULL: 400}
MUTATIONS = {Form.SHORT: 40, Form.FULL: 3000}
FORGERIES = {Form.SHORT: 8, Form.FULL: 1000}


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to open, and what is done with it."""

    name: str
    file: Path
    commands: tuple[tuple[str, ...], ...]
    forged: bool = False
    """Its words were changed and signed anew: then ``intact`` is right."""
    leads_out: bool = False
    """It must be refused outright: anything else may have been read from another file."""


def run(form: Form) -> list[Row]:
    """A row for each family."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder = Path(name)
        whole = _recording(folder)
        with Opener(whole) as opener:
            rows = [_tried(row, trials, opener, whole) for row, trials in _families(form, folder, whole)]
            return [*rows, led_astray(form, folder, opener.tell)]


def _recording(folder: Path) -> Path:
    """A good recording of a virtual glove, with holds and events."""
    whole = folder / "whole.h5"
    port = "sim://?seed=5&speed=max&client_stop=4&marker=2"
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", port, "--seconds", "6", "--out", str(whole)]
    done = subprocess.run(
        [*command, "--participant", "P-1", "--workspace", str(folder / "workspace")],
        cwd=HERE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not whole.exists():
        raise RuntimeError(done.stderr)
    return whole


def _families(form: Form, folder: Path, whole: Path) -> Iterator[tuple[Row, Iterable[Trial]]]:
    secret, pipe = folder / "secret.h5", folder / "secret.pipe"
    shutil.copyfile(whole, secret)
    with suppress(AttributeError):
        os.mkfifo(pipe)
    changed = {
        "links out of the file": files.links(secret, pipe),
        "declared sizes": files.sizes(),
        "compression bombs": files.bombs(),
        "wrong types": files.types(whole),
        "numbers that are none": files.numbers(),
        "names with tricks": files.names(),
    }
    for fault, family in changed.items():
        chosen = _chosen(list(family), form)
        yield Row(fault), (made for name, change in chosen for made in _made(folder, whole, fault, name, change))
    yield Row("mutated bytes"), _mutations(folder, whole, MUTATIONS[form])
    yield Row("forged metadata"), _forgeries(folder, whole, FORGERIES[form])
    yield Row("profiles and techniques"), _texts(folder, form)
    yield Row("CSV of other benches"), _tables(folder, form)
    yield Row("a forged file of a killed recording's name"), _namesakes(folder, NAMESAKES[form])
    yield Row("not a regular file"), _odd(folder, whole)


def _chosen(family: list[Any], form: Form) -> list[Any]:
    """All, or the first two and a few more."""
    if form is Form.FULL:
        return family
    return family[:2] + random.Random(len(family)).sample(family[2:], SHORT_TRIALS - 2)


def _opened(file: Path) -> tuple[tuple[str, ...], ...]:
    return ("verify", str(file)), ("holds", "--json", str(file)), ("play", str(file))


def _made(folder: Path, whole: Path, fault: str, name: str, change: files.Change) -> Iterator[Trial]:
    """The trial, unless HDF5 itself refuses to write such a file."""
    file = folder / ORDERS
    shutil.copyfile(whole, file)
    try:
        with h5py.File(file, "r+") as opened:
            change(opened)
    except ValueError:
        if not name.endswith(REFUSED):  # a mistake of the change, which must not take its trial away in silence
            raise
        return
    leads_out = fault == "links out of the file" and not name.endswith("is the root")  # which is in the file
    yield Trial(name, file, _opened(file), forged=fault == "names with tricks", leads_out=leads_out)


def _mutations(folder: Path, whole: Path, number: int) -> Iterator[Trial]:
    data, file = whole.read_bytes(), folder / "mutated.h5"
    for seed in range(number):
        file.write_bytes(files.mutated(data, seed))
        yield Trial(f"seed {seed}", file, _opened(file)[:1])


def _forgeries(folder: Path, whole: Path, number: int) -> Iterator[Trial]:
    data, file = whole.read_bytes(), folder / "forged.h5"
    places = structures(data, number)
    for seed in range(number):
        file.write_bytes(forged(data, places, seed))
        yield Trial(f"seed {seed}", file, _opened(file)[:1])


def _texts(folder: Path, form: Form) -> Iterator[Trial]:
    for name, place, words, text in _chosen(list(texts.texts()), form):
        workspace = folder / "own"
        shutil.rmtree(workspace, ignore_errors=True)
        texts.furnish(workspace, place, text)
        yield Trial(name, workspace / place, (("live", "--workspace", str(workspace), *words),))


def _tables(folder: Path, form: Form) -> Iterator[Trial]:
    file = folder / "bench.csv"
    file.write_bytes(tables.HEADER + tables.good_rows())
    calibrate = ("calibrate", "fit", "--sensor", "thumb", "--out", str(folder / "known.toml"), str(file))
    subprocess.run([sys.executable, "-m", "nmt_sense", *calibrate], cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    for name, content in _chosen(list(tables.files()), form):
        file.write_bytes(content)
        yield Trial(name, file, tables.commands(folder, file))


def _namesakes(folder: Path, number: int) -> Iterator[Trial]:
    """A killed recording, and beside it what somebody made of the file that it was to become."""
    place = folder / "killed"
    place.mkdir()
    journal = place / "a.nmtj"
    left = _left_by_a_kill(journal)
    made = recover(journal, derive)
    data = made.read_bytes()
    places = structures(data, number)
    for seed in range(number):
        for file in place.iterdir():
            file.unlink()
        for name, content in left.items():
            (place / name).write_bytes(content)
        made.write_bytes(forged(data, places, seed))
        yield Trial(f"seed {seed}", journal, (("recover", str(journal)),), forged=True)


def _left_by_a_kill(journal: Path) -> dict[str, bytes]:
    """Names and contents of what lies there when a recording was killed."""
    command = [
        sys.executable,
        "-m",
        "nmt_sense",
        "record",
        "--port",
        "sim://",
        "--out",
        str(journal.with_suffix(".h5")),
    ]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not journal.exists():
            time.sleep(0.05)
        time.sleep(KILLED_AFTER_S)
        process.kill()
    return {file.name: file.read_bytes() for file in journal.parent.iterdir() if not file.name.endswith(".lock")}


def _odd(folder: Path, whole: Path) -> Iterator[Trial]:
    odd = folder / "odd"
    odd.mkdir()
    for file in files.odd_files(odd, whole):
        yield Trial(file.name, file, _opened(file))
    places = ("calibration/glove.toml", "calibration/nominal-fsr.toml", "techniques/own.toml")
    for place in places if hasattr(os, "mkfifo") else ():
        workspace = folder / "own"
        shutil.rmtree(workspace, ignore_errors=True)
        texts.furnish(workspace, place, None)
        words = texts.LIVE if "calibration" in place else (*texts.LIVE, "--technique", "own")
        yield Trial(f"{place} is a pipe", workspace / place, (("live", "--workspace", str(workspace), *words),))


def _tried(row: Row, trials: Iterable[Trial], opener: Opener, whole: Path) -> Row:
    for trial in trials:
        row.tried += 1
        for command in trial.commands:
            told = opener.tell(command)
            row.failures += [f"{trial.name}, {command[0]}: {problem}" for problem in _problems(told, command[0])]
            row.wrong += _note(row, _raw(told), f"{trial.name}, {command[0]}: a terminal would obey what it printed")
            if command == trial.commands[0]:
                row.verdicts[_word(told)] += 1
                row.wrong += _note(row, _accepted_wrongly(_word(told), trial, whole), f"{trial.name}: accepted")
    return row


def _note(row: Row, wrong: bool, sentence: str) -> bool:
    row.failures += [sentence] if wrong else []
    return wrong


def _word(told: dict[str, Any]) -> str:
    if told["code"] == 2:
        return "refused"
    first = told["out"].partition(":")[0]
    return first if first in ("intact", "gaps", "recovered", "empty", "damaged") else "accepted"


def _problems(told: dict[str, Any], command: str) -> Iterator[str]:
    if told.get("lost"):
        yield told["lost"]
        return
    if told["escaped"]:
        yield told["escaped"].strip().splitlines()[-1]
    if told["code"] == 2 and (told["err"].count("\n") != 1 or not told["err"].startswith("nmt-sense: ")):
        yield f"refused in other words than one sentence: {told['err'][:200]!r}"
    if told["code"] != 2 and told["err"] and command != "calibrate":  # which warns of what was never checked
        yield f"complained: {told['err'][:200]!r}"
    if told["seconds"] > SLOW_S:
        yield f"took {told['seconds']:.0f} s"
    if told["grown_kb"] > GROWN_KB:
        yield f"took {told['grown_kb'] // 1024} MB"


def _raw(told: dict[str, Any]) -> bool:
    """True when a terminal would obey something in what was printed."""
    printed = (told["out"] + told["err"]).replace("\n", "")
    return any(not sign.isprintable() for sign in printed)


def _accepted_wrongly(word: str, trial: Trial, whole: Path) -> bool:
    if trial.leads_out:
        return word != "refused"
    return word in ("intact", "gaps", "recovered", "empty") and not trial.forged and not _same(trial.file, whole)


def _same(file: Path, whole: Path) -> bool:
    """True when all that can be read of the two is equal: then what was changed is a byte that nothing depends on."""
    with open_recording(file) as one, open_recording(whole) as other:
        return _content(one) == _content(other)


def _content(recording: Recording) -> tuple[Any, ...]:
    rows = {name: np.asarray(recording.read(name)).tobytes() for name in recording.tables}
    return recording.header, repr(recording.integrity), recording.recovered, rows, layout.FORMAT_VERSION


class Opener:
    """Children that open what they are told to, one after the other; one that dies or hangs is replaced."""

    def __init__(self, whole: Path) -> None:
        self._warm_up = json.dumps([*_opened(whole), ("live", *texts.LIVE)])
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Opener:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def tell(self, command: tuple[str, ...]) -> dict[str, Any]:
        """What came of one command."""
        child = self._child or self._start()
        assert child.stdin is not None
        child.stdin.write(json.dumps({"arguments": list(command), "file": command[-1]}) + "\n")
        child.stdin.flush()
        try:
            line = self._lines.get(timeout=HANG_S)
        except queue.Empty:
            line = ""
        if line:
            told: dict[str, Any] = json.loads(line)
            return told
        return {"lost": self._end(), "code": -1, "out": "", "err": ""}

    def _start(self) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hostile_child"],
            cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._child, self._lines = child, queue.Queue()
        threading.Thread(target=_collect, args=(child, self._lines), daemon=True).start()
        assert child.stdin is not None
        child.stdin.write(self._warm_up + "\n")
        child.stdin.flush()
        self._lines.get(timeout=START_S)
        return child

    def _end(self) -> str:
        """Stop the child; how it ended."""
        child, self._child = self._child, None
        if child is None:
            return ""
        hung = child.poll() is None
        child.kill()
        code = child.wait()
        assert child.stdin is not None
        with suppress(OSError):
            child.stdin.close()
        return f"no answer in {HANG_S:g} s" if hung else f"the program died ({code})"


def _collect(child: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert child.stdout is not None
    with child.stdout as out:
        for line in out:
            lines.put(line)
    lines.put("")
