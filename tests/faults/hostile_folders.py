"""A workspace that somebody sent, with links in it where the program writes: nothing beyond them may change."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from nmt_sense.commands.claim import LOCK_NAME, OWNER_NAME
from nmt_sense.session.elsewhere import SUFFIX, note_of
from nmt_sense.workspace import open_workspace, starting_profiles
from tests.faults.row import Form, Row

DEAR = b"what somebody has written for years\n"
JOURNAL = ("", ".new", ".new-wal", ".new-shm", "-wal", "-shm", ".lock", ".part")
SHORT_TRIALS = 8
Tell = Callable[[tuple[str, ...]], dict[str, Any]]


def links(inside: Path, beside: Path) -> Iterator[Path]:
    """Every name under which a recording writes something, one to ``inside`` and one to ``beside`` the workspace."""
    recordings = inside.parent
    for name in (OWNER_NAME, LOCK_NAME):
        yield from (recordings / name, recordings / f"{name}.new")
    for out in (inside, beside):
        yield from (out, out.with_name(f"{out.name}.part"))
        yield from (out.with_name(f"{out.stem}.nmtj{ending}") for ending in JOURNAL)
    note = note_of(recordings, beside.with_suffix(".nmtj"))
    yield from (note, note.with_name(f"{note.name}.new"))
    yield from (recordings.parent / "calibration" / profile.name for profile in starting_profiles())


def led_astray(form: Form, folder: Path, tell: Tell) -> Row:
    """Record where one of these names is a link to somebody's file, or to where none is yet."""
    row = Row("links in a workspace")
    workspace, beside, dear = folder / "sent", folder / "out", folder / "thesis.txt"
    trials = list(product(links(workspace / "recordings" / "a.h5", beside / "a.h5"), (DEAR, None)))
    for link, before in trials if form is Form.FULL else random.Random(3).sample(trials, SHORT_TRIALS):
        for used in (workspace, beside):
            shutil.rmtree(used, ignore_errors=True)
            used.mkdir()
        open_workspace(workspace)
        dear.unlink(missing_ok=True)
        if before is not None:
            dear.write_bytes(before)
        link.unlink(missing_ok=True)
        link.symlink_to(dear)
        inside = "calibration" in link.parts or (link.parent != beside and SUFFIX not in link.suffixes)
        _try(row, link.name, tell, workspace, (workspace / "recordings" if inside else beside) / "a.h5")
        if (dear.read_bytes() if dear.exists() else None) != before:
            row.wrong += 1
            row.failures.append(f"{link.name}: what it leads to was written to")
    return row


def _try(row: Row, what: str, tell: Tell, workspace: Path, out: Path) -> None:
    words = ("--port", "sim://?speed=max", "--seconds", "0.2", "--out", str(out), "--workspace", str(workspace))
    told = tell(("record", *words))
    row.tried += 1
    row.verdicts["refused" if told["code"] == 2 else "recorded"] += 1
    if told.get("lost") or told["escaped"] or told["code"] not in (0, 2):
        row.failures.append(f"{what}: {told.get('lost') or told.get('escaped') or told['err']}")
