"""Building ``io_shim.c``, running programs under it, and reading its log. Linux only."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("io_shim.c")
RECORD = struct.Struct("<QQQIHHc7x")
"""``struct record`` of the shim."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changed a file or folder, or a read from a terminal."""

    number: int
    """From 0, in the order in which the calls were made."""
    time_ns: int
    """CLOCK_MONOTONIC at its end."""
    kind: str
    """See the shim."""
    file: int
    offset: int
    path: str
    path2: str
    data: bytes


@functools.cache
def library() -> Path:
    """The shim, built into a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="nmt-shim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    built = folder / "io_shim.so"
    command = [
        "gcc",
        "-shared",
        "-fPIC",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-o",
        built,
        SOURCE,
        "-ldl",
        "-lpthread",
    ]
    subprocess.run(command, check=True)
    return built


def environment(
    folder: Path, log: Path | None = None, kill_at: int = 0, start_from: str = "", sync_ms: int = 0
) -> dict[str, str]:
    """What a process needs to run under the shim, which looks at ``folder``."""
    wanted = {"LD_PRELOAD": str(library()), "IO_SHIM_FOLDER": str(folder.resolve())}
    if log is not None:
        wanted["IO_SHIM_LOG"] = str(log)
    if sync_ms:
        wanted["IO_SHIM_SYNC_MS"] = str(sync_ms)
    if kill_at:
        wanted["IO_SHIM_KILL_AT"] = str(kill_at)
    if start_from:
        wanted["IO_SHIM_FROM"] = start_from
    return os.environ | wanted


def calls(log: Path) -> list[Call]:
    """Everything in a log; a last record that was cut off is left out."""
    content = log.read_bytes() if log.exists() else b""
    found: list[Call] = []
    at = 0
    while at + RECORD.size <= len(content):
        time_ns, file, offset, length, path, path2, kind = RECORD.unpack_from(content, at)
        at += RECORD.size
        ends = (at + path, at + path + path2, at + path + path2 + length)
        if ends[2] > len(content):
            break
        names = content[at : ends[0]].decode(), content[ends[0] : ends[1]].decode()
        found.append(Call(len(found), time_ns, kind.decode(), file, offset, *names, content[ends[1] : ends[2]]))
        at = ends[2]
    return found
