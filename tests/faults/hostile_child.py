"""What opens the files of ``hostile``: the real command line, many trials in one process with little memory.

Reads trials as JSON lines, tells what came of each as a JSON line. Of a hang or a crash the parent takes care.
Recordings are read by a child of the program: its memory counts as well.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from nmt_sense import cli
from nmt_sense.commands.console import warn

MEMORY = 2 << 30
"""Bytes of address space, of which Python and its libraries take 600 MB before anything is opened."""


def main() -> None:
    first = json.loads(sys.stdin.readline())
    warm_up(first)
    _limit_memory()
    print("ready", flush=True)
    for line in sys.stdin:
        trial = json.loads(line)
        if not psutil.Process().children():  # the trial before cost it
            warm_up(first)
        before = _forget_peaks()
        began = time.monotonic()
        told = played(trial["file"]) if trial["arguments"][0] == "play" else ran(trial["arguments"])
        told |= {"seconds": time.monotonic() - began, "grown_kb": _grown_kb(before)}
        print(json.dumps(told), flush=True)


def warm_up(arguments: list[list[str]]) -> None:
    """Load all that is loaded late, so that it does not count as a trial's memory."""
    for command in arguments:
        played(command[1]) if command[0] == "play" else ran(command)


def ran(arguments: list[str]) -> dict[str, Any]:
    """What a command printed and how it ended."""
    return _caught(lambda: cli.main(arguments))


def played(file: str) -> dict[str, Any]:
    """What came of opening a recording as a glove."""

    def play() -> int:
        import serial

        import nmt_sense.glove  # noqa: F401  registers replay://

        try:
            serial.serial_for_url(f"replay://{file}?speed=max").close()
        except serial.SerialException as error:
            warn(str(error))  # as the program says it
            return 2
        return 0

    return _caught(play)


def _caught(work: Callable[[], int]) -> dict[str, Any]:
    out, err = io.StringIO(), io.StringIO()
    code, escaped = -1, ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = work()
        except Exception:
            escaped = traceback.format_exc(limit=-3)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue(), "escaped": escaped}


def _limit_memory() -> None:
    """No more than so much. Windows has no such call: there the peak alone is looked at."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _forget_peaks() -> dict[psutil.Process, int]:
    """What this process and the one that reads files take now, KiB; from here on their peaks count anew (Linux)."""
    processes = [psutil.Process(), *psutil.Process().children()]
    for process in processes:
        with contextlib.suppress(OSError):
            Path(f"/proc/{process.pid}/clear_refs").write_text("5", encoding="ascii")
    return {process: _peak_kb(process) for process in processes}


def _grown_kb(before: dict[psutil.Process, int]) -> int:
    """KiB that they took more since then, at their peak."""
    grown = 0
    for process in (psutil.Process(), *psutil.Process().children()):
        with contextlib.suppress(psutil.NoSuchProcess):
            grown += _peak_kb(process) - before.get(process, 0)
    return grown


def _peak_kb(process: psutil.Process) -> int:
    """The most that a process ever took; on macOS, which does not tell it of others, what it takes now."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0])
    memory = process.memory_info()
    return int(getattr(memory, "peak_wset", memory.rss)) // 1024


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
