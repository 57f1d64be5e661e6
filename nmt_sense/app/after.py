"""Opens the window of what comes after a session beside the live window, and passes on what was made there."""

from __future__ import annotations

from nmt_sense.app.after_window import AfterWindow, Recorded
from nmt_sense.app.live_window import LiveWindow

FIRST = "Stop the recording first; then its presses, words and loads can be looked at."
SAVING = "The last recording is still being saved; its presses can be looked at in a moment."


class After:
    """The window is made when it is first asked for, and stays until the program ends."""

    def __init__(self, live: Recorded, window: LiveWindow) -> None:
        self._live, self._window = live, window
        self.window: AfterWindow | None = None
        window.after_asked.connect(self.open)

    def open(self) -> None:
        """Show the window; not while a recording runs."""
        switch = self._window.recording_switch
        if self._live.state.recording or switch.saving:
            self._window.say(FIRST if self._live.state.recording else SAVING, bad=True)
            return
        if self.window is None:
            self.window = AfterWindow(self._live, self._window.keyPressEvent, self._window)
            self.window.resize(self._window.size())
            self.window.expert.made.connect(self._window.setup.add_technique)
            self.window.expert.use_asked.connect(self._use)
            self.window.words.use_asked.connect(self._use)
            self.window.words.kept.connect(lambda _: self._window.session.take_up_words())
        self.window.look(self._window.desk.theme)
        self.window.open(switch.last.path if switch.last else None, self._window.session.practitioner)

    def close(self) -> None:
        """For good."""
        if self.window is not None:
            self.window.finish()

    def _use(self, name: str) -> None:
        """Choose a technique in the live window and go there."""
        if self.window is not None and self._window.session.choose(name):
            self.window.close()
            self._window.activateWindow()
