"""Opens the live window over a pipeline and stays until it is closed."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import pyqtgraph as pg  # replaces sys.excepthook when imported, so it comes before our own
from PyQt5.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PyQt5.QtWidgets import QApplication

from nmt_sense.app.after import After
from nmt_sense.app.calibration import Calibration
from nmt_sense.app.calibration_source import CalibratedSource
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.screen import fitting
from nmt_sense.app.sound import Sound
from nmt_sense.app.source import LiveSource
from nmt_sense.app.system_look import remember_palette
from nmt_sense.app.theme import DARK, font, load_fonts, palette
from nmt_sense.ending import noted_orders
from nmt_sense.errors import NmtError
from nmt_sense.participant import ANYBODY

log = logging.getLogger(__name__)
SIZE = (1366, 768)
ORDERS_MS = 50
"""So often it is looked whether an order to end has come."""


def run(
    live: CalibratedSource,
    *,
    ports: Callable[[], Sequence[str]],
    techniques: Sequence[tuple[str, str]],
    participant: str = ANYBODY,
    recordings: Path | None = None,
    screenshot: Path | None = None,
    quit_after_s: float | None = None,
) -> int:
    """Show the live window until it is closed, or for ``quit_after_s``; returns the exit code.

    In ``recordings``, where named, recordings that an earlier run was cut off from writing are brought back first.
    ``screenshot`` names a PNG that gets the window's picture just before it closes. The pipeline is started here and
    closed here.
    """
    application = make_application()
    sound = Sound(live.cues)
    window = LiveWindow(live, sound, ports, techniques, participant)
    calibration, after = Calibration(live, window, sound), After(live, window)
    before, sys.excepthook = sys.excepthook, words_hook(window.say)
    window.resize(fitting(*SIZE))
    window.show()
    with noted_orders() as ordered:
        try:
            _heed(ordered, window)
            _start(live, window, sound)
            if recordings is not None:
                window.recover(recordings)
            gc.freeze()  # what exists now stays until the end: looking through it again and again would cost frames
            if quit_after_s is not None:
                _leave_after(quit_after_s, window, screenshot)
            return application.exec_()
        finally:
            with noted_orders():  # one more must not keep the pipeline from being closed
                calibration.close()
                after.close()
                _shut(live, window, sound)
            gc.unfreeze()
            sys.excepthook = before


def _heed(ordered: threading.Event, window: LiveWindow) -> None:
    """Leave by the event loop once an order to end has come: raised where it falls, a painting might swallow it."""

    def look() -> None:
        if ordered.is_set():
            QApplication.quit()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(ORDERS_MS)


def _leave_after(seconds: float, window: LiveWindow, screenshot: Path | None) -> None:
    timer = QTimer(window)  # goes with the window, should that be closed before
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: _leave(window, screenshot))
    timer.start(round(1000 * seconds))


def _start(live: LiveSource, window: LiveWindow, sound: Sound) -> None:
    sound.start()
    try:
        live.start()
    except NmtError as error:
        window.say(str(error), bad=True)


def _shut(live: LiveSource, window: LiveWindow, sound: Sound) -> None:
    """Save and close. Whatever happens meanwhile the pipeline is closed: its thread would keep the program alive."""
    with contextlib.ExitStack() as closing:
        closing.callback(live.close)
        closing.callback(sound.close)
        _save(live, window)
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _save(live: LiveSource, window: LiveWindow) -> None:
    window.recording_switch.wait()
    window.recovery.leave()
    window.recovery.wait()
    if live.state.recording:  # interrupted: the window had no chance to save
        try:
            live.stop_recording()
        except NmtError as error:
            log.error("%s", error)


def make_application() -> QApplication:
    """The one application, with exact scaling, our letters and colours."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("NMT Sense")
    remember_palette(application)
    application.setStyle("Fusion")
    application.setPalette(palette(DARK))
    load_fonts()
    application.setFont(font(15))
    pg.setConfigOptions(antialias=False)
    return application


Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def words_hook(say: Callable[[str, bool], None]) -> Hook:
    """Logs every mistake of the program and shows it in words; the measuring goes on in its own thread."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("unexpected: %s", "".join(traceback.format_exception(kind, error, trace)))
        say(f"The program made a mistake ({kind.__name__}: {error}). Measuring and recording go on.", True)

    return hook


def _leave(window: LiveWindow, screenshot: Path | None) -> None:
    if screenshot is not None:
        window.grab().save(str(screenshot))
    window.finish()
