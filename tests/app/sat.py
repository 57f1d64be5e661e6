"""Sessions that somebody has had: real recordings of simulated gloves, made once, in workspaces of their own."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from atexit import register
from pathlib import Path

import numpy as np

from nmt_sense.coaching.words import FIVE, exercise
from nmt_sense.strict import apart
from nmt_sense.workspace import Workspace, open_workspace

MEANT_N = dict(zip(FIVE, (3.5, 8.0, 15.0, 26.0, 42.0), strict=True))
"""What the one who does the exercise means by each word."""
EACH_S = 4.0
"""A press and the pause before it."""


def sat(place: Workspace, *names: str) -> list[Path]:
    """Put recordings into a workspace; they are said to have been made in this order."""
    made = []
    for at, name in enumerate(names):
        made.append(Path(shutil.copy(_recorded(name), place.recordings / f"{name}.h5")))
        os.utime(made[-1], (1_700_000_000 + at, 1_700_000_000 + at))
    return made


def send_the_child_home() -> None:
    """End the process that reads files, and wait until nobody listens to it."""
    apart.forget()
    for thread in threading.enumerate():
        if thread.name == apart.THREAD:
            thread.join()


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="nmt sat "))
    register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def _recorded(name: str) -> Path:
    port, seconds, technique, operator = {
        "holds": ("sim://?seed=4&speed=max&lapse=0&hold=6", 42.0, "ischemic-compression", "P-014"),
        "nothing": ("sim://?speed=max&steps=0:30", 5.0, "ischemic-compression", "P-014"),
        "words": (f"sim://?speed=max&ideal=1&steps={_presses()}", 1 + EACH_S * 20, "pressure-words", "P-014"),
        "few-words": (f"sim://?speed=max&ideal=1&steps={_presses()}", 1 + EACH_S * 7, "pressure-words", "P-014"),
    }[name]
    place, out = open_workspace(_folder()), _folder() / f"{name}.h5"
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", port, "--seconds", f"{seconds:g}", "--json"]
    options = ["--technique", technique, "--participant", operator, "--out", str(out), "--workspace", str(place.root)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return out


def _presses() -> str:
    """Loads in the order of the exercise, none twice the same, with rests between."""
    rng = np.random.default_rng(3)
    loads = (f"0:1,{MEANT_N[word] * rng.normal(1, 0.09):.1f}:{EACH_S - 1:g}" for word in exercise())
    return ",".join((*loads, "0:9"))
