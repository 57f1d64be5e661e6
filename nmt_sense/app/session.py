"""This client and this practitioner, and what was set up for good, as far as the window asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QWidget

from nmt_sense.app.keys import Action, pedal_action
from nmt_sense.app.session_dialog import SessionDialog
from nmt_sense.app.settings import Settings
from nmt_sense.app.sound import Sound
from nmt_sense.app.source import LiveSource
from nmt_sense.app.wishes import Wishes, in_use
from nmt_sense.coaching.words import Scale
from nmt_sense.errors import NmtError
from nmt_sense.moment.course_line import references

MEASURED = {"threshold_n": "threshold", "tolerance_n": "tolerance", "maximum_n": "maximum"}


class Session(QObject):
    """Holds the wishes, so that another technique does not forget them; asks by a dialog."""

    changed = pyqtSignal()

    def __init__(self, live: LiveSource, sound: Sound, settings: Settings, say: Callable[[str, bool], None]) -> None:
        super().__init__()
        self._live, self._sound, self._settings, self._say = live, sound, settings, say
        self._wishes = Wishes()
        self.words: Scale | None = None
        """The practitioner's words for pressure."""
        self.pedal = settings.pedal
        self._take_up()

    @property
    def practitioner(self) -> str:
        """A code, or nothing."""
        return self._settings.practitioner

    @property
    def pedal_marks(self) -> bool:
        """The pedal sets markers."""
        return pedal_action(self.pedal) is Action.MARK

    def dialog(self, parent: QWidget) -> SessionDialog:
        """The dialog, filled with what is in use; what is agreed there is done."""
        state = self._live.state
        made = SessionDialog(parent, in_use(state), self._settings, state.recording)
        made.settled.connect(self._settle)
        return made

    def set_technique(self, name: str) -> None:
        """Another technique that knows all that was set and measured before. Raises ``NmtError``."""
        state = self._live.state
        known, told_before = in_use(state), references(state, state.situation) if state.situation else {}
        measured = {field: getattr(known, field) or None for field in MEASURED}
        self._wishes = replace(self._wishes, **measured)
        self._live.set_technique(name)
        own = in_use(self._live.state)
        wishes = self._wishes.within(own)
        wishes.ask(self._live)
        told = [words for field, word in MEASURED.items() if measured[field] and (words := told_before.get(word))]
        told += [f"pain above {wishes.pain_ceiling:g} ends a hold"] if wishes.pain_ceiling else []
        told += [f"force above {wishes.force_ceiling_n:g} N sounds an alarm"] if wishes.force_ceiling_n else []
        if told:
            self._say(f"Set or known for this client, and taken along: {', '.join(told)}.", False)

    def choose(self, name: str) -> bool:
        """Another technique, as somebody asked for it, or why not; whether it is so."""
        try:
            self.set_technique(name)
        except NmtError as error:
            self._say(str(error), True)
            return False
        return True

    def another_client(self) -> None:
        """What was known of one client is not true for another."""
        if self._wishes.knows_client:
            self._wishes = self._wishes.without_client
            self._live.set_references(threshold_n=0.0, tolerance_n=0.0, maximum_n=0.0)
            self._say("Another client: threshold, tolerance and maximum are forgotten.", False)

    def toggle_voice(self) -> None:
        """Words off, or on again."""
        self._settings.voice = not self._settings.voice
        self._sound.speech.set_wanted(self._settings.voice)

    def _settle(self, wishes: Wishes | None) -> None:
        try:
            if wishes is not None and wishes.asks:
                wishes.ask(self._live)
                self._wishes = self._wishes.then(wishes)
            self._say("Set for this session.", False)
        except NmtError as error:
            self._say(str(error), True)
        self._take_up()
        self.changed.emit()

    def _take_up(self) -> None:
        """Use what the settings say."""
        self.pedal = self._settings.pedal
        self._sound.set_volume(self._settings.volume)
        self._sound.speech.set_wanted(self._settings.voice)
        self._read_words()

    def take_up_words(self) -> None:
        """A scale was made: show its words beside newtons."""
        self._read_words()
        self.changed.emit()

    def _read_words(self) -> None:
        self.words = None
        if self.practitioner:
            try:
                self.words = self._live.scale_of(self.practitioner)
            except NmtError as error:
                self._say(str(error), True)
