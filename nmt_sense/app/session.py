"""This client and this practitioner, and what was set up for good, as far as the window asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QWidget

from nmt_sense.app.keys import Action, pedal_action
from nmt_sense.app.session_dialog import SessionDialog
from nmt_sense.app.settings import Settings
from nmt_sense.app.sound import Sound
from nmt_sense.app.source import LiveSource
from nmt_sense.app.wishes import Wishes, in_use
from nmt_sense.coaching.technique import References
from nmt_sense.coaching.words import Scale
from nmt_sense.errors import NmtError
from nmt_sense.moment.course_line import Earlier, measured, references
from nmt_sense.moment.numbers import force
from nmt_sense.moment.summing_up import hidden
from nmt_sense.state import LiveState

MEASURED = {"threshold_n": "threshold", "tolerance_n": "tolerance", "maximum_n": "maximum"}


class Session(QObject):
    """Holds the wishes, so that another technique does not forget them; asks by a dialog."""

    changed = pyqtSignal()

    def __init__(self, live: LiveSource, sound: Sound, settings: Settings, say: Callable[[str, bool], None]) -> None:
        super().__init__()
        self._live, self._sound, self._settings, self._say = live, sound, settings, say
        self._wishes = Wishes()
        self._recorded: LiveState | None = None
        """The newest moment of the recording that goes on."""
        self.measured: Earlier = {}
        """What recordings have measured of this client."""
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
        self.follow(state)
        used = in_use(state) if state.recording else replace(in_use(state), **self._of_client(state))
        made = SessionDialog(parent, used, self._settings, state.recording)
        made.settled.connect(self._settle)
        return made

    def follow(self, state: LiveState) -> None:
        """What a recording has measured of the client is theirs once it is over; a press that nobody records never is.

        Nor is what one has measured on oneself: it is higher than what the same person bears from another. To be told
        every picture of now.
        """
        if state.recording:
            self._recorded = state
        elif self._recorded is not None:
            found, self._recorded = {} if _on_oneself(self._recorded) else measured(self._recorded), None
            if found:
                known: dict[str, Any] = {f"{name}_n": newtons for name, (newtons, _) in found.items()}
                self._wishes, self.measured = replace(self._wishes, **known), {**self.measured, **found}
                self.changed.emit()

    def set_technique(self, name: str) -> None:
        """Another technique that knows all that was set and measured before. Raises ``NmtError``."""
        before = self._live.state
        self.follow(before)
        self._wishes = replace(self._wishes, **self._of_client(before))
        self._live.set_technique(name)
        wishes = self._wishes.within(in_use(self._live.state))
        wishes.ask(self._live)
        told = self._taken_along(self._live.state, wishes)
        told += [f"pain above {wishes.pain_ceiling:g} ends a hold"] if wishes.pain_ceiling else []
        told += [f"force above {wishes.force_ceiling_n:g} N sounds an alarm"] if wishes.force_ceiling_n else []
        said = [f"Set or known for this client, and taken along: {', '.join(told)}."] if told else []
        if left := self._left_behind(before):
            why = "Measured on oneself" if _on_oneself(before) else "Not recorded"
            said.append(f"{why}, and so not taken along: {', '.join(left)}.")
        if said:
            self._say(" ".join(said), False)

    def _taken_along(self, state: LiveState, wishes: Wishes) -> list[str]:
        """What the technique that runs now was told of the client, in words."""
        told = references(state, state.situation, self.measured) if state.situation else {}
        return [told[name] for field, name in MEASURED.items() if getattr(wishes, field) and name in told]

    def _left_behind(self, state: LiveState) -> list[str]:
        """What presses showed that nobody has recorded, or that somebody pressed on themselves, in words."""
        found = {} if hidden(state) else measured(state)
        known = {name: getattr(self._wishes, field) for field, name in MEASURED.items()}
        return [f"{name} {force(*shown)}" for name, shown in found.items() if shown[0] != known[name]]

    def _of_client(self, state: LiveState) -> dict[str, Any]:
        """Newtons given or recorded of the client, by field; None without, whatever an unrecorded press has shown."""
        given = state.plan.references if state.plan else References()
        return {field: getattr(self._wishes, field) or getattr(given, field) for field in MEASURED}

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
        self.follow(self._live.state)
        if self._wishes.knows_client:
            self._wishes, self.measured = self._wishes.without_client, {}
            self._live.set_references(threshold_n=0.0, tolerance_n=0.0, maximum_n=0.0)
            self._say("Another client: threshold, tolerance and maximum are forgotten.", False)
            self.changed.emit()

    def toggle_voice(self) -> None:
        """Words off, or on again."""
        self._settings.voice = not self._settings.voice
        self._sound.speech.set_wanted(self._settings.voice)

    def _settle(self, wishes: Wishes | None) -> None:
        said = "Set for this session."
        try:
            if wishes is not None and wishes.asks:
                said += " The technique begins anew." if self._live.state.holds else ""
                wishes.ask(self._live)
                self._wishes = self._wishes.then(wishes)
            self._say(said, False)
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


def _on_oneself(state: LiveState) -> bool:
    """What is measured is by the hand of whom it is measured on."""
    return state.plan is not None and state.plan.applied_by == "self"
