"""The real window, noting when what it shows was painted. The hooks live here, not in the product."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt5.QtCore import QEvent, QTimer

from benchmarks.watched_live import Usage, WatchedLive
from nmt_sense.app import main as app
from nmt_sense.app.keys import Action
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.state import LinkPhase

WARM_UP_S = 3.0


class WatchedWindow(LiveWindow):
    """The live window; :attr:`painted` has (device time of the force shown, monotonic ns) of each picture.

    A picture counts as painted when Qt has drawn every widget that changed and handed the pixels to the display
    (the end of the update request); one that changed no pixel counts when it was found to be so.
    """

    def __init__(self, *arguments: object) -> None:
        self.painted: list[tuple[float, int]] = []
        self.first_force_painted: Callable[[], None] = lambda: None
        self._shown_s, self._refreshed_ns = 0.0, 0
        self._waits = self._force_seen = False
        super().__init__(*arguments)  # type: ignore[arg-type]

    def refresh(self) -> None:
        """Draw the newest state."""
        if self._waits:
            self._note(self._refreshed_ns)
        state = self._live.state
        super().refresh()
        self._shown_s, self._refreshed_ns = state.time_s, time.monotonic_ns()
        self._waits = state.newest_ns > 0

    def event(self, event: QEvent | None) -> bool:
        """Every event of the window itself; an update request paints."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.UpdateRequest and self._waits:
            self._note(time.monotonic_ns())
        return handled

    def _note(self, moment_ns: int) -> None:
        self._waits = False
        self.painted.append((self._shown_s, moment_ns))
        if not self._force_seen:
            self._force_seen = True
            self.first_force_painted()


def open_watched(prepare: Callable[[WatchedWindow], None]) -> None:
    """Have :func:`nmt_sense.app.main.run` open the watched window, and ``prepare`` it once it exists."""

    def make(*arguments: object) -> WatchedWindow:
        window = WatchedWindow(*arguments)
        prepare(window)
        return window

    app.LiveWindow = make  # type: ignore[attr-defined,assignment]


class Sitting:
    """Plays the user: starts a recording as soon as scans come, stops it after a while, closes the window."""

    def __init__(self, window: WatchedWindow, live: WatchedLive, seconds: float) -> None:
        self.window, self._live, self._seconds = window, live, seconds
        self.usage: Usage | None = None
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._begin)
        self._timer.start(50)
        window.recording_switch.saved.connect(self._close)

    def _close(self) -> None:
        self.window.close()

    def _begin(self) -> None:
        if self._live.failure is not None:
            self.window.close()
        elif self._live.state.phase is LinkPhase.STREAMING:
            self._timer.stop()
            self.window.act(Action.RECORD)
            QTimer.singleShot(round(1000 * WARM_UP_S), self._measure)

    def _measure(self) -> None:
        self.usage = Usage()
        QTimer.singleShot(round(1000 * self._seconds), self._end)

    def _end(self) -> None:
        assert self.usage is not None
        self.usage.stop()
        self.window.act(Action.RECORD)


def run_measured(live: WatchedLive, seconds: float) -> tuple[Usage, list[tuple[float, int]]]:
    """Record through the window for so long; the usage and the pictures painted."""
    sittings: list[Sitting] = []
    open_watched(lambda window: sittings.append(Sitting(window, live, seconds)))
    app.run(live, ports=lambda: [live.setup.port], techniques=[("ischemic-compression", "Ischemic compression")])
    (sitting,) = sittings
    if live.failure is not None:
        raise live.failure
    assert sitting.usage is not None
    return sitting.usage, sitting.window.painted
