"""A child looks at a file that somebody sent before this program does.

HDF5's own code can be made to run for ever, or to crash, by a file whose metadata were forged: 21 of 5500 such files (a
few bytes wrong under right checksums) did. Nothing within the same process can stop that.
The child is started when the first file is looked at, and ends with this program.
"""

from __future__ import annotations

import atexit
import importlib
import json
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from nmt_sense.errors import RecordingError

PATIENCE_S = 15.0
"""Opening takes a tenth of a second ..."""
BYTES_PER_S = 10e6
"""... and then all of the file is fetched, maybe from a slow disk."""
_START_S = 60.0
_CHILD = "from nmt_sense.first_look import look_at_each; look_at_each()"
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class _Child:
    """A process that opens what it is told to."""

    def __init__(self) -> None:
        self._answers: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            creationflags=_NO_WINDOW,
        )
        threading.Thread(target=self._collect, name="first-look", daemon=True).start()
        self._answers.get(timeout=_START_S)

    def _collect(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put("")

    def survives(self, opening: str, path: Path) -> bool:
        """True when it has opened the file, or refused to in good order."""
        assert self._process.stdin is not None
        size = path.stat().st_size if path.is_file() else 0
        with suppress(OSError, queue.Empty):
            self._process.stdin.write(json.dumps([opening, str(path)]) + "\n")
            self._process.stdin.flush()
            return bool(self._answers.get(timeout=PATIENCE_S + size / BYTES_PER_S))
        return False

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()


_one_at_a_time = threading.Lock()
_children: list[_Child] = []
"""One, or none."""


def look_first(opening: str, path: Path) -> None:
    """Let the child open a file; ``opening``, as ``module:name``, is the function that will; what it gives is closed.

    Raises :class:`RecordingError` when the child crashed or did not come back.
    """
    with _one_at_a_time:
        if not _children:
            _children.append(_Child())
        if not _children[0].survives(opening, path.absolute()):
            _children.pop().end()
            raise RecordingError(f"{path} is refused: it would hang or crash whatever opens it.")


def forget() -> None:
    """End the child; the next file gets another."""
    with _one_at_a_time:
        while _children:
            _children.pop().end()


atexit.register(forget)


def look_at_each() -> None:
    """What the child does: open each file that stdin names, and say so."""
    print("ready", flush=True)
    for line in sys.stdin:
        opening, path = json.loads(line)
        module, _, name = opening.partition(":")
        look = getattr(importlib.import_module(module), name)
        with suppress(Exception):  # the parent will meet it too, and say it
            look(Path(path)).close()
        print("looked", flush=True)
