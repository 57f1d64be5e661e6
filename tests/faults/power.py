"""The power goes, at any moment of a recording or while it becomes a file (see :mod:`tests.faults.medium`).

The calls are those of real recordings, whose log is started over about once a second, which in life happens every two
minutes.
"""

from __future__ import annotations

import random
from dataclasses import replace

from tests.faults.medium import Medium
from tests.faults.row import Form, Row
from tests.faults.shim import Call
from tests.faults.victim import OFTEN_STARTED_OVER, Victim, judge, record, workspace

ALLOWED_S = 1.0
RECORDING, WRITING = "power cut while recording", "power cut while the file is written"


def run(form: Form) -> list[Row]:
    """A row for recording and one for writing the file."""
    rows = {"recording": Row(RECORDING, allowed=ALLOWED_S), "writing": Row(WRITING, allowed=ALLOWED_S)}
    rows["starting"] = rows["recording"]
    recordings, seconds, cuts = (1, 1.5, 3) if form is Form.SHORT else (4, 8.0, 30)
    for seed in range(recordings):
        with workspace() as folder:
            victim = record(folder, seconds, seed=seed, launcher=OFTEN_STARTED_OVER)
            for number, cut in enumerate(_cuts(victim.log, random.Random(seed), cuts)):
                _cut(rows, victim, cut, random.Random(1000 * seed + number))
    return [rows["recording"], rows["writing"]]


def _cuts(log: list[Call], chance: random.Random, number: int) -> list[int]:
    """Numbers of the calls before which the power goes: at any time, at any call, and just after names changed."""
    begun = next(call for call in log if ".nmtj" in call.path)
    moments = (chance.uniform(begun.time_ns, log[-1].time_ns) for _ in range(number))
    timed = [next(call.number for call in log if call.time_ns >= moment) for moment in moments]
    named = [call.number for call in log[begun.number :] if call.kind in "TCLUM"]
    after = [place + later for place in named for later in (1, 2, 3)]
    if len(after) > 2 * number:
        after = sorted(chance.sample(after, 2 * number))
    return [*timed, *(chance.randrange(begun.number, len(log)) for _ in range(number)), *after]


def _cut(rows: dict[str, Row], victim: Victim, cut: int, chance: random.Random) -> None:
    with workspace() as folder:
        left = replace(victim, recordings=folder / "recordings", log=victim.log[:cut])
        medium = Medium(victim.recordings.resolve())
        for call in left.log:
            medium.replay(call)
        medium.after_cut(chance, left.recordings)
        judge(rows[left.phase], f"cut before call {cut} of {len(victim.log)}", left)
