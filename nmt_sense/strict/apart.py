"""Files that somebody sent are read by a child process, which hands over what it made of them.

HDF5's own code can be made to run for ever, or to crash, by a file whose metadata were forged: 21 of 5500 such files (a
few bytes wrong under right checksums) did. Nothing within the same process can stop that.
The child is started for the first file and ends with this program.
"""

from __future__ import annotations

import atexit
import importlib
import os
import queue
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from nmt_sense.errors import NmtError, RecordingError

T = TypeVar("T")

PATIENCE_S = 15.0
"""Opening takes a tenth of a second ..."""
BYTES_PER_S = 10e6
"""... and then all of the file is read, maybe from a slow disk."""
THREAD = "apart"
_START_S = 60.0
_CHILD = "from nmt_sense.strict.apart import serve; serve()"
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_LENGTH = struct.Struct("<Q")
_READY = b"ready"


class Answer(msgspec.Struct):
    """What the child says."""

    made: msgspec.Raw = msgspec.Raw(b"\xc0")
    """What the function gave; nil with a problem."""
    problem: str = ""
    """Why the file cannot be used, in a sentence."""


class _Child:
    """A process that reads what it is told to."""

    def __init__(self) -> None:
        self._said: queue.Queue[bytes | None] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=_NO_WINDOW,
        )
        threading.Thread(target=self._listen, name=THREAD, daemon=True).start()
        self._said.get(timeout=_START_S)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while (message := _read(pipe)) is not None:
                self._said.put(message)
        self._said.put(None)

    def ask(self, function: str, path: Path) -> Answer | None:
        """What it makes of a file; None when it crashed or did not come back."""
        assert self._process.stdin is not None
        size = path.stat().st_size if path.is_file() else 0
        with suppress(OSError, queue.Empty, msgspec.DecodeError):
            _write(self._process.stdin, msgspec.msgpack.encode((function, str(path))))
            message = self._said.get(timeout=PATIENCE_S + size / BYTES_PER_S)
            return None if message is None else msgspec.msgpack.decode(message, type=Answer)
        return None

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


def apart(function: str, path: Path, kind: type[T]) -> T:
    """What ``function``, as ``module:name``, makes of a file, worked out by the child; it is of type ``kind``.

    Raises :class:`RecordingError` when the function raises, when the child crashes, and when it does not come back.
    """
    with _one_at_a_time:
        if not _children:
            _children.append(_Child())
        answer = _children[0].ask(function, path)
        if answer is None:
            _children.pop().end()
            raise RecordingError(f"{path} is refused: it would hang or crash whatever reads it.")
    if answer.problem:
        raise RecordingError(answer.problem)
    return msgspec.msgpack.decode(answer.made, type=kind)


def forget() -> None:
    """End the child; the next file gets another."""
    with _one_at_a_time:
        while _children:
            _children.pop().end()


atexit.register(forget)


def serve() -> None:
    """What the child does: read each file that stdin names, and tell what came of it."""
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)  # whatever prints must not get among the answers
        _write(out, _READY)
        while (message := _read(sys.stdin.buffer)) is not None:
            function, path = msgspec.msgpack.decode(message, type=tuple[str, str])
            _write(out, msgspec.msgpack.encode(_answer(function, Path(path))))


def _answer(function: str, path: Path) -> Answer:
    module, _, name = function.partition(":")
    try:
        made = getattr(importlib.import_module(module), name)(path)
        return Answer(made=msgspec.Raw(msgspec.msgpack.encode(made)))
    except NmtError as error:
        return Answer(problem=str(error))
    except Exception as error:
        return Answer(problem=f"{path} cannot be read ({error!r}).")


def _read(pipe: IO[bytes]) -> bytes | None:
    """One message, or None at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


def _write(pipe: IO[bytes], message: bytes) -> None:
    rest = memoryview(_LENGTH.pack(len(message)) + message)
    while len(rest):
        rest = rest[pipe.write(rest) :]
    pipe.flush()
