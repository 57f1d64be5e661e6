"""Files that somebody sent are read by a child process, which hands over what it made of them.

HDF5's own code can be made to run for ever, or to crash, by a file whose metadata were forged: 21 of 5500 such files (a
few bytes wrong under right checksums) did. Nothing within the same process can stop that.
The child is started for the first file and ends with this program. While it reads it says that it gets on: a long file
on a slow computer is waited for, silence is not. It limits its own memory.
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
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

import msgspec
import psutil

from nmt_sense.errors import NmtError, RecordingError

T = TypeVar("T")

PATIENCE_S = 15.0
"""Silence after which a file is given up. Opening takes a tenth of a second, the next rows less."""
LEAST_MEMORY, MOST_MEMORY = 256 << 20, 4 << 30
MEMORY_PER_BYTE = 32
"""Bytes that a file may cost the child, by its length and within these: to play a recording again, of which every scan
is kept until then, takes ten times its file; to play ten hours at 1000 Hz takes 2.6 GB."""
ALIVE_EVERY_S = 0.5
THREAD = "apart"
_START_S = 60.0
_CHILD = "from nmt_sense.strict.apart import serve; serve()"
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_LENGTH = struct.Struct("<Q")
_READY, _ALIVE, _MADE, _PROBLEM = b"r", b"a", b"m", b"p"
"""How messages of the child begin: it has started, it gets on, what was made (MessagePack), a sentence (UTF-8)."""


class _Child:
    """A process that reads what it is told to."""

    def __init__(self) -> None:
        """Raises :class:`RecordingError` when it cannot be started."""
        self._said: queue.Queue[bytes | None] = queue.Queue()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise _not_started(str(error.strerror or error)) from error
        threading.Thread(target=self._listen, name=THREAD, daemon=True).start()
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        try:
            first = self._said.get(timeout=_START_S)
        except queue.Empty:
            self.end()
            raise _not_started(f"it says nothing for {_START_S:g} s") from None
        if first != _READY:
            self.end()
            raise _not_started("it ended at once")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while (message := _read(pipe)) is not None:
                self._said.put(message)
        self._said.put(None)

    def ask(self, function: str, path: Path) -> bytes:
        """Its answer. Raises :class:`RecordingError` when it crashed or does not get on."""
        assert self._process.stdin is not None
        with suppress(OSError):  # it is gone: then it says so
            _write(self._process.stdin, msgspec.msgpack.encode((function, os.fsencode(path))))
        try:
            while (message := self._said.get(timeout=PATIENCE_S)) == _ALIVE:
                pass
        except queue.Empty:
            raise RecordingError(f"{path} is refused: it took too long, as if it were made to hang.") from None
        if message is None:
            raise RecordingError(f"{path} is refused: it would crash whatever reads it.")
        return message

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()


def _not_started(why: str) -> RecordingError:
    return RecordingError(f"The process that reads files could not be started ({why}).")


_one_at_a_time = threading.Lock()
_children: list[_Child] = []
"""One, or none."""


def apart(function: str, path: Path, kind: type[T]) -> T:
    """What ``function``, as ``module:name``, makes of a file, worked out by the child; it is of type ``kind``.

    Raises :class:`RecordingError` when the function raises, when the child crashes, when it does not get on, and when
    there cannot be one.
    """
    with _one_at_a_time:
        if not _children:
            _children.append(_Child())
        try:
            answer = memoryview(_children[0].ask(function, path))
        except RecordingError:
            _children.pop().end()
            raise
    if answer[:1] == _PROBLEM:
        raise RecordingError(bytes(answer[1:]).decode())
    return msgspec.msgpack.decode(answer[1:], type=kind)


def forget() -> None:
    """End the child; the next file gets another."""
    with _one_at_a_time:
        while _children:
            _children.pop().end()


atexit.register(forget)


def serve() -> None:
    """What the child does: read each file that stdin names, and tell what came of it."""
    from nmt_sense.strict import hdf5  # what waits for the child need not load HDF5

    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)  # whatever prints must not get among the answers
        hdf5.progress = _teller(out)
        _write(out, _READY)
        while (message := _read(sys.stdin.buffer)) is not None:
            function, path = msgspec.msgpack.decode(message, type=tuple[str, bytes])
            _write(out, *_answer(function, Path(os.fsdecode(path))))


def _teller(out: IO[bytes]) -> Callable[[], None]:
    """Says that the child gets on, not too often."""
    told = 0.0

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told > ALIVE_EVERY_S:
            told = time.monotonic()
            _write(out, _ALIVE)

    return tell


def _answer(function: str, path: Path) -> tuple[bytes, bytes]:
    module, _, name = function.partition(":")
    try:
        work = getattr(importlib.import_module(module), name)
        _limit_memory(path)
        return _MADE, msgspec.msgpack.encode(work(path))
    except NmtError as error:
        problem = str(error)
    except MemoryError:
        problem = f"{path} is refused: it needs more memory than any recording does."
    except Exception as error:
        problem = f"{path} cannot be read ({error!r})."
    return _PROBLEM, problem.encode(errors="replace")


def _limit_memory(path: Path) -> None:
    """No more for this file than so much beyond what is taken now, where the system has such a limit (Linux)."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        allowed = min(MOST_MEMORY, LEAST_MEMORY + MEMORY_PER_BYTE * path.stat().st_size)
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = psutil.Process().memory_info().vms + allowed
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _read(pipe: IO[bytes]) -> bytes | None:
    """One message, or None at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


def _write(pipe: IO[bytes], *parts: bytes) -> None:
    """One message, of which the parts may be large."""
    for part in (_LENGTH.pack(sum(map(len, parts))), *parts):
        rest = memoryview(part)
        while len(rest):
            rest = rest[pipe.write(rest) :]
    pipe.flush()
