"""Opens the calibration window beside the live window, and keeps the coach quiet meanwhile."""

from __future__ import annotations

from nmt_sense.app.calibration_source import CalibratedSource
from nmt_sense.app.calibration_window import CalibrationWindow
from nmt_sense.app.live_window import LiveWindow
from nmt_sense.app.sound import Sound


class Calibration:
    """The window is made when it is first asked for, and stays until the program ends."""

    def __init__(self, live: CalibratedSource, window: LiveWindow, sound: Sound) -> None:
        self._live, self._window, self._sound = live, window, sound
        self._quiet = False
        self.window: CalibrationWindow | None = None
        window.calibration_asked.connect(self.open)

    def open(self) -> None:
        """Show the window; not while a recording runs, whose forces must not change their meaning half-way."""
        if self._live.state.recording:
            self._window.say("Stop the recording first; then the sensors can be calibrated.", bad=True)
            return
        if self.window is None:
            self.window = CalibrationWindow(self._live, self._window)
            self.window.left.connect(self._left)
        self.window.look(self._window.desk.theme)
        if not self._sound.muted and not self._quiet:
            self._sound.toggle_mute()  # loads on a bench are no holds: cues would only disturb
            self._quiet = True
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()

    def close(self) -> None:
        """For good."""
        if self.window is not None:
            self.window.finish()

    def _left(self) -> None:
        if self._quiet:
            self._quiet = False
            if self._sound.muted:
                self._sound.toggle_mute()
