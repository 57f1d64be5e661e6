"""Ten hours: the real command on a virtual glove that runs fast, watched from outside, compared scan by scan."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from nmt_sense.blocks import Uint16Array
from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.practitioner import Practitioner
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.session.recording import open_recording
from tests.faults.row import Form, Row

HOURS = {Form.SHORT: 0.05, Form.FULL: 10.0}
SPEED = {Form.SHORT: 60, Form.FULL: 150}
"""Times real time. Faster, and frames would be read in larger heaps than they ever come in."""
SETTLED = 0.1
"""Part of the recording after which caches are warm and every ring of the last seconds has gone round."""
GROWTH_MB = 5.0
OPEN_S = 0.3
TRUTH_SCANS = 5000


def run(form: Form) -> list[Row]:
    """Lost scans, growth of memory, and the time to open and draw the file."""
    seconds = 3600 * HOURS[form]
    with tempfile.TemporaryDirectory(prefix="nmt-long-") as folder:
        path = Path(folder) / "long.h5"
        megabytes, writing, said = record(path, seconds, SPEED[form])
        rows = [compared(path, seconds, said)]
        if form is Form.FULL:  # in a short run the program is still warming up, and a busy machine opens nothing fast
            rows += [grown(megabytes), written(megabytes, writing), opened(path)]
    return rows


def record(path: Path, seconds: float, speed: int) -> tuple[list[float], list[float], str]:
    """Resident megabytes while it recorded, and while it wrote the file, and what the command said at its end."""
    command = [sys.executable, "-m", "nmt_sense", "record", "--port", f"sim://?speed={speed}"]
    command += ["--seconds", str(seconds), "--out", str(path), "--workspace", str(path.parent)]
    words = path.with_suffix(".txt")
    with words.open("w") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process:
        seen = list(watched(process, path.with_suffix(".nmtj.part")))
    recording, writing = ([size for size, wrote in seen if wrote is part] for part in (False, True))
    return recording, writing, words.read_text()


def watched(process: subprocess.Popen[bytes], part: Path) -> Iterator[tuple[float, bool]]:
    """Resident megabytes of a process twice a second, and whether it is writing the file."""
    seen = psutil.Process(process.pid)
    while process.poll() is None:
        yield seen.memory_info().rss / 1e6, part.exists()
        time.sleep(0.5)


def compared(path: Path, seconds: float, said: str) -> Row:
    """The recording against what the virtual glove made, scan by scan."""
    row = Row(f"{seconds / 3600:.3g} hours on end, accelerated", lost_unit="scans", allowed=0.0, tried=1)
    if not path.is_file():
        row.failures.append(said.strip().splitlines()[-1] if said.strip() else "it said nothing and wrote nothing")
        return row
    with open_recording(path) as recording:
        row.verdicts[recording.integrity.verdict] += 1
        expected = round(seconds / recording.header.period_s)
        row.lose(expected - len(recording))
        scan, counts = recording.scan, recording.counts
    for first, truth in made(expected):
        rows = slice(*np.searchsorted(scan, (first, first + len(truth))))
        row.wrong += int(np.any(counts[rows] != truth[scan[rows] - first], axis=1).sum())
    return row


def made(scans: int) -> Iterator[tuple[int, Uint16Array]]:
    """What the virtual glove measured: first scan number and (n, C) counts, piece by piece."""
    script = Script()
    sensors = Practitioner(script.practice, script.seed).sensor_newtons
    bank = SensorBank(virtual_info(script), sensors, script.physics, script.seed)
    for first in range(0, scans, TRUTH_SCANS):
        yield first, bank.scans(first, min(TRUTH_SCANS, scans - first))[0]


def grown(megabytes: list[float]) -> Row:
    """How much more memory the end of the recording took than its settled beginning, drawn out to all of it."""
    settled = megabytes[int(SETTLED * len(megabytes)) :]
    tenth = max(1, len(settled) // 10)
    row = Row("memory grown meanwhile", lost_unit="MB", allowed=GROWTH_MB, tried=1)
    seen = statistics.median(settled[-tenth:]) - statistics.median(settled[:tenth])
    row.lose(seen / ((1.0 - SETTLED) * 0.9))  # from the middle of the first tenth to the middle of the last
    return row


def written(recording: list[float], writing: list[float]) -> Row:
    """How much more memory it took to make the file; nothing is promised but that it is seen."""
    row = Row("... and at most while the file was made", lost_unit="MB", tried=1)
    row.lose(max([0.0, *writing]) - statistics.median(recording[-10:]))
    return row


def opened(path: Path) -> Row:
    """Seconds to open the file and draw its overview, in a process of its own whose imports are done."""
    row = Row("... opened and its overview drawn", allowed=OPEN_S, tried=1)
    command = [sys.executable, "-m", "tests.faults.drawing", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        row.failures.append(done.stderr.strip().splitlines()[-1])
    else:
        row.lose(json.loads(done.stdout)["seconds"])
    return row
