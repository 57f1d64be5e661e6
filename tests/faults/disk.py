"""Disks that fill up, fail or refuse: ``nmt-sense record`` on small real ones, and what is kept.

Each try has a disk of its own, a tmpfs of some megabytes or a small ext4 in a file, so this needs root. Scans come from
``sim://``, whose counts are known for each seed.
"""

from __future__ import annotations

import errno
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nmt_sense.derivation import derive
from nmt_sense.glove.fsr import SensorBank
from nmt_sense.glove.practitioner import Practitioner
from nmt_sense.glove.virtual import Script, virtual_info
from nmt_sense.pipeline.readiness import DISK_FULL
from nmt_sense.session.durable import lock_journal
from nmt_sense.session.integrity import verify
from nmt_sense.session.recording import open_recording
from nmt_sense.session.recovery import recover
from nmt_sense.workspace import open_workspace
from tests.faults.row import Form, Row
from tests.faults.victim import OWN

TOOL = [sys.executable, "-m", "nmt_sense"]
NO_GLOVE = "/dev/no-such-port"
"""Whoever complains about this port has tried to open it."""
FOLDERS = ("out", "workspace", "file")
NAMES = ("journal", "file", "lock", "broken link")
AT_A_TIME = 3
KB = 1024


@dataclass(slots=True)
class Outcome:
    """What came of one try."""

    verdict: str
    lost_s: float = 0.0
    wrong: int = 0
    failures: list[str] = field(default_factory=list)


class NoDisk(Exception):
    """A small disk cannot be mounted here."""


def run(form: Form) -> list[Row]:
    """A row for each way in which a disk or a folder can refuse."""
    short = form is Form.SHORT
    chance = random.Random(5)
    sizes = [round(size) for size in np.linspace(7_900, 8_500 if short else 14_000, 3 if short else 24)]
    moments = [chance.uniform(0.3, 2.0) for _ in range(1 if short else 12)]
    left = [round(part) for part in ([] if short else np.linspace(0, 400, 16))]
    free = [100] if short else [0, 4, 60, 100, 500, 2000, 5000]
    failing = [] if short else [chance.uniform(0.5, 3.0) for _ in range(8)]
    jobs: list[tuple[Row, Callable[..., Outcome], Sequence[object]]] = [
        (Row("disk filled by the recording itself", allowed=0.0), filled_by_itself, sizes),
        (Row("disk filled by another program, recovered when there was room", allowed=0.0), filled_at_once, moments),
        (Row("disk full while the file is written, recovered when there was room", allowed=0.0), full_at_end, left),
        (Row("disk failed and turned read-only by the system, recovered", allowed=1.0), turned_read_only, failing),
        (Row("disk full at the start"), full_at_start, free),
        (
            Row("folder that cannot be written"),
            unwritable,
            FOLDERS[: 1 if short else None],
        ),
        (Row("name in use"), name_in_use, NAMES[: 1 if short else None]),
        (Row("two programs on one workspace"), two_programs, range(1 if short else 12)),
    ]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        waiting = [(row, case, pool.submit(_tried, work, case)) for row, work, cases in jobs for case in cases]
        for row, case, done in waiting:
            _take(row, str(case), done.result())
    return [row for row, _, cases in jobs if cases]


def _tried(work: Callable[..., Outcome], case: object) -> Outcome:
    try:
        return work(case)
    except (NoDisk, AssertionError, subprocess.TimeoutExpired, OSError) as error:
        return Outcome("?", failures=[f"{type(error).__name__}: {error}"])


def _take(row: Row, what: str, outcome: Outcome) -> None:
    row.tried += 1
    row.verdicts[outcome.verdict] += 1
    row.lose(outcome.lost_s)
    row.wrong += outcome.wrong
    row.failures += [f"{what}: {failure}" for failure in outcome.failures]


# -- disks -------------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(kilobytes: int) -> Iterator[Path]:
    """A workspace that is a disk of its own."""
    with mounted("-t", "tmpfs", "-o", f"size={kilobytes}k", "none") as folder:
        open_workspace(folder)
        yield folder


@contextmanager
def mounted(*words: str) -> Iterator[Path]:
    """Something mounted, gone afterwards. Raises :class:`NoDisk`."""
    folder = Path(tempfile.mkdtemp(prefix="nmt-faults-disk-"))
    try:
        _system("mount", *words, str(folder))
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
    finally:
        folder.rmdir()


def _system(*words: str) -> None:
    try:
        subprocess.run(words, capture_output=True, check=True, text=True, timeout=30)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or error
        raise NoDisk(f"{words[0]} does not work here, run this as root on Linux: {str(reason).strip()}") from error


def fill(folder: Path, leave_kb: int) -> Path:
    """Another program that leaves only so much of the disk; its file. What is recorded meanwhile may take the rest."""
    ballast = folder / "ballast"
    with suppress_full_disk(), ballast.open("wb", buffering=0) as file:
        while (over := shutil.disk_usage(folder).free - leave_kb * KB) > 0:
            file.write(bytes(min(over, 1024 * KB)))
    return ballast


@contextmanager
def suppress_full_disk() -> Iterator[None]:
    """Nothing more fits, which is what was wanted."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


# -- the program -------------------------------------------------------------------------------------------------------


def start(folder: Path, *words: object) -> subprocess.Popen[str]:
    command = [*TOOL, "record", "--workspace", str(folder), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> list[str]:
    """What it said on stderr, line by line; each must be one of its sentences."""
    try:
        _, said = process.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        process.kill()
        _, said = process.communicate()
        raise AssertionError(f"it did not end, and said: {said}") from None
    lines = said.strip().splitlines()
    assert all(line.startswith("nmt-sense: ") for line in lines), said
    return [line.removeprefix("nmt-sense: ") for line in lines]


def recording_of(folder: Path) -> Path | None:
    """The journal that is being written."""
    return next((folder / "recordings").glob("*.nmtj"), None)


@contextmanager
def recorded_for(seconds: float, folder: Path, seed: int, speed: float = 1.0) -> Iterator[subprocess.Popen[str]]:
    """A program that has been recording for so long; it is gone afterwards in any case."""
    process = start(folder, "--port", f"sim://?seed={seed}&speed={speed:g}")
    try:
        deadline = time.monotonic() + 30
        while recording_of(folder) is None:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "it did not begin to record"
            time.sleep(0.01)
        time.sleep(seconds)
        yield process
    finally:
        process.kill()
        process.wait()


def recovered(folder: Path) -> None:
    done = subprocess.run(
        [*TOOL, "recover", "--workspace", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """The journal as it is at this moment, somewhere else."""
    with tempfile.TemporaryDirectory(prefix="nmt-faults-") as place:
        journal = recording_of(folder)
        assert journal is not None
        for path in (journal, journal.with_name(journal.name + "-wal")):
            if path.exists():
                shutil.copy(path, place)
        yield Path(place) / journal.name


def linked_journal(folder: Path) -> Path:
    """A workspace on the same disk, whose journal is the one that is being written, and stays; it costs no room."""
    journal = recording_of(folder)
    assert journal is not None
    place = folder / "linked"
    (place / "recordings").mkdir(parents=True)
    for path in (journal, journal.with_name(journal.name + "-wal")):
        deadline = time.monotonic() + 10
        while not path.exists():
            assert time.monotonic() < deadline, f"{path.name} is not there"
            time.sleep(0.01)
        (place / "recordings" / path.name).hardlink_to(path)
    return place


def judge(folder: Path, seed: int, copy: Path | None = None) -> Outcome:
    """The one recording in a workspace against what the glove measured; what an earlier copy of its journal holds."""
    found = [path for path in (folder / "recordings").iterdir() if path.name not in OWN]
    if len(found) != 1 or found[0].suffix != ".h5":
        return Outcome("?", failures=[f"left in the folder: {sorted(path.name for path in found)}"])
    report = verify(found[0], derive)
    with open_recording(found[0]) as recording:
        scan, counts = recording.scan, recording.counts
    missing = int(scan[-1]) + 1 - len(scan)
    wrong = int((counts != made(seed, int(scan[-1]) + 1)[scan]).any(axis=1).sum())
    outcome = Outcome(report.verdict, missing * 0.004, wrong)
    if copy is not None:
        with open_recording(recover(copy, derive)) as before:
            outcome.lost_s += max(0, len(before.scan) - len(scan)) * 0.004
    if report.verdict not in ("intact", "recovered"):
        outcome.failures.append(f"{report.verdict}: {report.findings}")
    return outcome


def made(seed: int, scans: int) -> np.ndarray:
    """Counts (N, C) that ``sim://`` makes of its first scans."""
    script = Script(seed=seed)
    person = Practitioner(script.practice, seed)
    bank = SensorBank(virtual_info(script), person.sensor_newtons, script.physics, seed)
    return np.concatenate([bank.scans(first, 500)[0] for first in range(0, scans + 500, 500)])


# -- faults ------------------------------------------------------------------------------------------------------------


def filled_by_itself(kilobytes: int) -> Outcome:
    """Record until it ends by itself, at forty times the speed."""
    with small_disk(kilobytes) as folder, recorded_for(0, folder, kilobytes, speed=40) as process:
        linked = linked_journal(folder)
        said = ended(process)
        with copied(linked) as copy:  # all that was ever in it
            outcome = judge(folder, kilobytes, copy)
        if process.returncode != 2 or said[-1:] != [DISK_FULL] or not any("room for" in line for line in said[:-1]):
            outcome.failures.append(f"exit code {process.returncode}, said {said}")
        if outcome.verdict != "intact":
            outcome.failures.append(f"{outcome.verdict} instead of intact")
        return outcome


def filled_at_once(moment_s: float) -> Outcome:
    seed = round(1000 * moment_s)
    with small_disk(9_000) as folder, recorded_for(moment_s, folder, seed) as process, copied(folder) as copy:
        ballast = fill(folder, 0)
        said = ended(process)
        ballast.unlink()
        recovered(folder)
        return told(judge(folder, seed, copy), process, said)


def full_at_end(left_kb: int) -> Outcome:
    """Stop at a moment at which so much is left: nothing, a part of the file, or all it needs."""
    with small_disk(16_000) as folder:
        with recorded_for(1.5, folder, left_kb, speed=60) as process:
            ballast = fill(folder, left_kb)
            with copied(folder) as copy:
                process.send_signal(signal.SIGINT)
                said = ended(process)
                ballast.unlink()
                recovered(folder)
                outcome = judge(folder, left_kb, copy)
        return outcome if process.returncode == 0 else told(outcome, process, said)


def turned_read_only(moment_s: float) -> Outcome:
    """A drive fails, and Linux makes it read-only; mounted again it has what had been forced to it."""
    seed = round(1000 * moment_s)
    with tempfile.NamedTemporaryFile(prefix="nmt-faults-disk-") as image, ExitStack() as kept:
        image.truncate(24 * 1024 * KB)
        _system("mkfs.ext4", "-q", "-F", image.name)
        with mounted("-o", "loop,errors=remount-ro", image.name) as folder:
            open_workspace(folder)
            device = subprocess.check_output(["findmnt", "-no", "SOURCE", str(folder)], text=True).strip()
            with recorded_for(moment_s, folder, seed) as process:
                copy = kept.enter_context(copied(folder))
                (Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error").write_text("1")
                said = ended(process)
        subprocess.run(["e2fsck", "-fy", image.name], capture_output=True, check=False)
        with mounted("-o", "loop", image.name) as folder:
            recovered(folder)
            return told(judge(folder, seed, copy), process, said)


def told(outcome: Outcome, process: subprocess.Popen[str], said: list[str]) -> Outcome:
    """The same outcome; it must have ended with exit code 2 and a sentence that says where the recording is."""
    if process.returncode != 2 or not said or not ("safe" in said[-1] or "kept" in said[-1]):
        outcome.failures.append(f"exit code {process.returncode}, said {said}")
    return outcome


def full_at_start(free_kb: int) -> Outcome:
    with small_disk(9_000) as folder:
        fill(folder, free_kb)
        return refused(folder, ["No space", "no room"], "--port", NO_GLOVE)


def refused(folder: Path, words: list[str], *arguments: object) -> Outcome:
    """The program must end with exit code 2 and one sentence, before it opens a glove, and leave nothing behind."""
    before = contents(folder)
    said = ended(process := start(folder, *arguments))
    outcome = Outcome("refused")
    if process.returncode != 2 or len(said) != 1 or not any(word in said[0] for word in words):
        outcome.failures.append(f"exit code {process.returncode}, said {said}")
    if contents(folder) != before:
        outcome.failures.append(f"left behind: {contents(folder).keys() - before.keys()}")
    return outcome


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in OWN)
    return {str(path): path.read_bytes() for path in files}


def unwritable(where: str) -> Outcome:
    """A disk mounted read-only, as the workspace or as the place to record to; or a file where the folder should be."""
    with small_disk(9_000) as folder, tempfile.TemporaryDirectory() as elsewhere:
        if where == "file":
            (folder / "recordings").rmdir()
            (folder / "recordings").write_text("somebody's")
            return refused(folder, ["cannot be used"], "--port", NO_GLOVE)
        _system("mount", "-o", "remount,ro", str(folder))
        if where == "workspace":
            return refused(folder, ["Read-only file system"], "--port", NO_GLOVE)
        open_workspace(Path(elsewhere))
        out = folder / "a.h5"
        return refused(Path(elsewhere), ["Read-only file system"], "--port", NO_GLOVE, "--out", out)


def name_in_use(kind: str) -> Outcome:
    """Somebody's file, a journal that a living program writes, its lock alone, or a link that leads nowhere."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as held:
        folder = Path(place)
        open_workspace(folder)
        out = folder / "recordings" / "a.h5"
        journal = out.with_suffix(".nmtj")
        if kind == "file":
            out.write_text("somebody's")
        elif kind == "broken link":
            out.symlink_to(folder / "nowhere")
        else:
            held.callback(lock_journal(journal).release)
            if kind == "journal":
                journal.write_text("somebody's")
        return refused(folder, ["never overwritten", "in use"], "--port", NO_GLOVE, "--out", out)


def two_programs(seed: int) -> Outcome:
    """Two at the same moment: one records, the other is told that it does."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        open_workspace(folder)
        words = ["--port", f"sim://?seed={seed}", "--seconds", 3, "--participant"]
        pair = [start(folder, *words, code) for code in ("P-1", "P-2")]  # so that their files could both be there
        said = [ended(process) for process in pair]
        outcome = judge(folder, seed)
        codes = [process.returncode for process in pair]
        refusals = [lines[-1] for lines, code in zip(said, codes, strict=True) if code == 2 and lines]
        if sorted(codes) != [0, 2] or "Another program" not in refusals[0]:
            outcome.failures.append(f"exit codes {codes}, said {said}")
        return outcome
