"""Changes that other threads ask the acquisition thread to make between two reads."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Requests:
    """A queue of changes. One thread answers them; any thread asks."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()

    def post(self, change: Callable[[], Any]) -> None:
        """Have a change made and do not wait for it."""
        self._waiting.put((change, Future()))

    def ask(self, change: Callable[[], Any], thread: threading.Thread | None) -> Any:
        """Have ``thread`` make a change and wait for its result; made here and now when the thread does not run."""
        if thread is None or not thread.is_alive():
            return change()
        answer: Future[Any] = Future()
        self._waiting.put((change, answer))
        while thread.is_alive():
            try:
                return answer.result(timeout=0.1)
            except TimeoutError:
                if answer.done():  # it was the change itself that timed out
                    raise
        self.answer()
        return answer.result(timeout=1.0)

    def answer_until(self, deadline: float, stopping: threading.Event) -> None:
        """Make every change that is asked for until then (``time.monotonic``), or until told to stop."""
        while time.monotonic() < deadline and not stopping.wait(0.05):
            self.answer()

    def answer(self) -> None:
        """Make every change that is waiting."""
        while True:
            try:
                change, answer = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                answer.set_result(change())
            except Exception as error:
                answer.set_exception(error)
