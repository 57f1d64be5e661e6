"""Starting and stopping the processes of a measurement."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.row import Unmeasurable

ROOT = Path(__file__).parents[1]


@contextlib.contextmanager
def feeding(kind: str, rate_hz: int, stamps: Path | None = None, hold_s: float | None = None) -> Iterator[str]:
    """A feeder that runs meanwhile; its port. Its stamps are written when this ends."""
    extra = ["--stamps", str(stamps)] if stamps else []
    extra += [] if hold_s is None else ["--hold", str(hold_s)]
    command = [sys.executable, "-m", "benchmarks.feeder", kind, "--rate", str(rate_hz), *extra]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def run_module(module: str, *arguments: object, display: dict[str, str] | None = None) -> dict[str, Any]:
    """Run a module of ours as a process of its own and return the JSON it prints last.

    Raises :class:`Unmeasurable` with its last words when it fails.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = os.environ | (display or {})
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=1800)
    if done.returncode != 0 or not done.stdout.strip():
        words = done.stderr.strip().splitlines() or ["it printed nothing"]
        raise Unmeasurable(f"{module} failed: {words[-1]}")
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return report


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """Environment of a display to open windows on: a virtual one where there is Xvfb, else the one there is.

    Raises :class:`Unmeasurable` when there is none.
    """
    if shutil.which("Xvfb"):
        with _xvfb() as name:
            yield {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb"}
    elif sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield {}
    else:
        raise Unmeasurable("no display and no Xvfb here")


@contextlib.contextmanager
def _xvfb() -> Iterator[str]:
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        try:
            with os.fdopen(reader) as numbers:
                number = numbers.readline().strip()
            if not number:
                raise Unmeasurable("Xvfb did not start")
            yield f":{number}"
        finally:
            server.terminate()
