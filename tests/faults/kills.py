"""``kill -9`` at any moment: while starting, recording, writing the file, and recovering.

Half of the kills come at random moments, half just before each call that changes a file or a folder. What is lost is
how long ago the program had read the oldest scan that is not in the recording. A program that ended before its kill
came is no trial, but must have ended as if nobody had tried. Every other program starts its journal's log over about
once a second, which in life happens every two minutes.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.row import Form, Row
from tests.faults.shim import environment
from tests.faults.victim import AS_USUAL, OFTEN_STARTED_OVER, Victim, copied, judge, judge_ended, record, workspace

ALLOWED_S = 0.1
SECONDS = 1.0
PHASES = {
    "starting": "killed while starting",
    "recording": "killed while recording",
    "writing": "killed while the file is written",
}
SLOW = "killed while recording on a slow disk"
SYNC_MS, SLOW_SECONDS, SLOW_KILLS = 300, 3.0, 40
"""A memory card, or a disk that others use: each sync takes so much longer."""
RECOVERING = "killed while recovering, then recovered again"
START_CALLS, FILE_CALLS, RECOVER_CALLS = 40, 124, 140
"""File-changing calls until the first scan is stored, from the first write into the new file to the end, and of a
recovery; a few more than there are, so that the last kills come too late and find a finished file."""
AT_A_TIME = 2
FEWER = 40
"""The short form tries one in so many."""
PROMISED = 200

Kill = dict[str, Any]
"""When: what :func:`tests.faults.victim.record` takes."""


def run(form: Form) -> list[Row]:
    """A row for each part of a recording's life."""
    rows = {phase: Row(words, allowed=ALLOWED_S) for phase, words in PHASES.items()}
    recovering, slow = Row(RECOVERING, allowed=ALLOWED_S), Row(SLOW, allowed=ALLOWED_S)
    step = FEWER if form is Form.SHORT else 1
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        recovery = pool.submit(_kill_recoveries, recovering, range(1, RECOVER_CALLS, 2 * step))
        jobs = [pool.submit(_kill, rows, seed, kill) for seed, kill in list(enumerate(_kills()))[::step]]
        jobs += [pool.submit(_kill_on_slow_disk, slow, seed) for seed in range(SLOW_KILLS)[::step]]
        for job in (*jobs, recovery):
            job.result()
    found = [*rows.values(), slow, recovering]
    if form is Form.SHORT:
        return [row for row in found if row.tried or row.wrong or row.failures]
    return [*found, _all(sum(row.tried for row in found))]


def _all(killed: int) -> Row:
    """Programs that were alive when they were killed."""
    row = Row("killed in all", tried=killed)
    if killed < PROMISED:
        row.failures.append(f"only {killed} were killed in time, {PROMISED} are promised")
    return row


def _kills() -> list[Kill]:
    """All kills of a recording program, in an order in which any few of them are of all kinds."""
    chance = random.Random(3)
    kills: list[Kill] = [{"kill_after_s": chance.uniform(0.1, 1.0)} for _ in range(20)]
    kills += [{"streaming_s": chance.uniform(0.0, SECONDS + 0.3)} for _ in range(90)]
    kills += [{"kill_at": number} for number in (*range(1, START_CALLS), *range(START_CALLS, 130, 3))]
    kills += [{"kill_at": number, "start_from": ".nmtj.part"} for number in range(1, FILE_CALLS, 2)]
    chance.shuffle(kills)
    return kills


def _kill(rows: dict[str, Row], seed: int, kill: Kill) -> None:
    with workspace() as folder:
        launcher = OFTEN_STARTED_OVER if seed % 2 else AS_USUAL
        victim = record(folder, SECONDS, seed=seed, launcher=launcher, **kill)
        told = judge if victim.killed_ns else judge_ended
        told(rows[victim.phase], f"seed {seed}, {kill}", victim)


def _kill_on_slow_disk(row: Row, seed: int) -> None:
    """Kill while the log is started over, which takes most of the time here."""
    after_s = random.Random(seed).uniform(0.5, SLOW_SECONDS - 0.2)
    with workspace() as folder:
        victim = record(
            folder, SLOW_SECONDS, seed=seed, launcher=OFTEN_STARTED_OVER, streaming_s=after_s, sync_ms=SYNC_MS
        )
        (judge if victim.killed_ns else judge_ended)(row, f"seed {seed}, after {after_s:.2f} s", victim)


def _kill_recoveries(row: Row, calls: range) -> None:
    """Kill the recovery of one recording before each of these calls, every other time a second one as well."""
    with workspace() as folder:
        victim = record(folder, SECONDS, seed=77, kill_at=90)
        if not victim.killed_ns:
            row.failures.append(f"the recording to be recovered was not killed: {victim.said[-300:]}")
        for number in calls:
            with workspace() as other:
                _try_recovery(row, number, copied(victim, other))


def _try_recovery(row: Row, number: int, victim: Victim) -> None:
    what = f"recovery killed before call {number}"
    killed = False
    for kill_at in (number, number // 2) if number % 4 == 1 and number > 1 else (number,):
        done = _recover_killed(victim, kill_at)
        killed |= done.returncode == -signal.SIGKILL
        if done.returncode not in (0, -signal.SIGKILL) or "Traceback" in done.stderr:
            row.failures.append(f"{what}: exit code {done.returncode}: {done.stderr[-300:]}")
    judge(row, what, victim, counts=killed)


def _recover_killed(victim: Victim, kill_at: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nmt_sense", "recover", "--workspace", str(victim.recordings.parent)]
    shimmed = environment(victim.recordings, kill_at=kill_at)
    return subprocess.run(command, env=shimmed, capture_output=True, text=True, timeout=120, check=False)
