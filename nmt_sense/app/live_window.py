"""The live window: draws the newest state at the display's pace and passes the user's wishes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PyQt5.QtWidgets import QApplication, QDialog, QStackedWidget, QVBoxLayout, QWidget

from nmt_sense.app.asking import TITLE, save_first, wait_first
from nmt_sense.app.awaited import asked
from nmt_sense.app.facts import facts, first_wrong
from nmt_sense.app.following import FreezeWatch
from nmt_sense.app.foot import Foot
from nmt_sense.app.keys import Action, action_for, pain_of, pedal_action
from nmt_sense.app.keys_away import KeysAway
from nmt_sense.app.keys_dialog import KeysDialog
from nmt_sense.app.marks import MarkWatch
from nmt_sense.app.pages import DeskPage, DistancePage
from nmt_sense.app.port_wish import PortWish
from nmt_sense.app.recording_switch import RecordingSwitch
from nmt_sense.app.recovery import Recovery, Result
from nmt_sense.app.reports import KINDS, Reports
from nmt_sense.app.screen import fitting, scale_of
from nmt_sense.app.session import Session
from nmt_sense.app.settings import Settings
from nmt_sense.app.sound import Sound, SoundState
from nmt_sense.app.source import LiveSource
from nmt_sense.app.theme import DARK, LIGHT, palette, system_theme
from nmt_sense.app.widgets.facts_panel import FactsPanel
from nmt_sense.app.widgets.themed import restyle_all
from nmt_sense.errors import NmtError
from nmt_sense.moment.picture import Scale, Tone, picture
from nmt_sense.participant import ANYBODY, code_problem
from nmt_sense.state import LiveState
from nmt_sense.units import minutes_seconds

FRAME_MS = 16
SMALLEST = (960, 600)
PACE_NS = 200_000_000
"""Digits and everything quiet follow this often; tape, ring and curve follow every frame."""
FRAMES_PER_CURVE = 2
"""The curve moves one pixel a frame at most, and is the dearest thing to draw: half as often looks the same."""


class LiveWindow(QWidget):
    """One glove, one practitioner, one client."""

    calibration_asked = pyqtSignal()
    after_asked = pyqtSignal()

    def __init__(
        self,
        live: LiveSource,
        sound: Sound,
        ports: Callable[[], Sequence[str]],
        techniques: Sequence[tuple[str, str]],
        participant: str = ANYBODY,
    ) -> None:
        super().__init__()
        self._live, self._sound = live, sound
        self._theme, self._look_chosen = system_theme(), False
        self._scale = Scale()
        self.desk, self.distance = DeskPage(), DistancePage()
        self.foot = Foot(ports, techniques, participant)
        self.setup, self.bar = self.foot.setup, self.foot.bar
        self.record_button, self.mark_button = self.foot.record, self.foot.mark
        self.panel = FactsPanel(self)
        self.recording_switch, self.recovery = RecordingSwitch(live, self), Recovery(self)
        self._ports = PortWish(live, self)
        self.session = Session(live, sound, Settings(), self.say)
        self._reports, self._marks = Reports(live, self.say), MarkWatch()
        self._freezes, self._before = FreezeWatch(), live.state.quality
        self._paced_ns = self._frames = 0
        self._situation: tuple[object, ...] = ()
        self._closing = self._was_recording = False
        self._away = KeysAway(lambda: self.act(pedal_action(self.session.pedal)))
        self._arrange()
        self._connect()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.refresh)
        self.setMinimumSize(fitting(*SMALLEST))
        self._restyle()
        self.refresh()
        self._timer.start()

    # what is shown

    def refresh(self) -> None:
        """Draw the newest state."""
        state, now = self._live.state, time.monotonic_ns()
        self._follow(state, now)
        shown = picture(state, now, self._scale.top_n(state))
        told = self._marks.told(now)
        self.distance.echo = self._away.words or told
        if (told := told or self._freezes.back(now)) and shown.tone is not Tone.STALE and not shown.alarm:
            shown = replace(shown, sentence=told)
        situation = (shown.tone, shown.word, state.phase, state.recording, state.frozen, state.verdict, told)
        paced = now - self._paced_ns >= PACE_NS or situation != self._situation
        self._situation = situation
        self.desk.show_moment(state, shown, paced)
        if self._pages.currentWidget() is self.distance:
            self.distance.show_moment(state, shown, self.desk.force)
        elif shown.tone is not Tone.STALE and self._curve_turn():
            self.desk.show_trace(self._live.trace, state, self._marks.labels)
        if paced:
            self._paced_ns = now
            self._show_quiet(state)

    def _curve_turn(self) -> bool:
        self._frames += 1
        return self._frames % FRAMES_PER_CURVE == 0

    def say(self, sentence: str, bad: bool = False) -> None:
        """Show a sentence in the status line."""
        self.bar.status.say(sentence, bad)

    def _follow(self, state: LiveState, now_ns: int) -> None:
        if (news := self._freezes.follow(state, now_ns)) is not None:
            self.say(news.sentence, news.bad)
        self.session.follow(state)
        recording = state.recording
        if recording != self._was_recording or not self.record_button.text():
            self._before = state.quality
            self._show_recording(recording)
        if recording and self._live.full.is_set() and not self.recording_switch.saving:
            self.recording_switch.stop(str(self._live.over or "The recording has reached its length."))
        if told := self._marks.follow(state, self._live.trace, now_ns):
            self.say(f"{told[:1].upper()}{told[1:]}.")

    def _show_quiet(self, state: LiveState) -> None:
        self.desk.header.show_state(state, self.setup.participant.text())
        self.foot.marks.show_asked(asked(state))
        if not state.recording:
            self.setup.show_state(state)
        running = f"● {minutes_seconds(state.recorded_s)} recording – {TITLE}"
        self.setWindowTitle(running if state.recording else f"{TITLE} – not recording")
        self.foot.warning.say(state.warning)
        self._show_standing(state)

    def _show_standing(self, state: LiveState) -> None:
        """What is being written, or else how things stand."""
        found = facts(state, self._before, self.recording_switch.last)
        if self.recording_switch.saving:
            self.foot.show_work("Writing the recording", self.recording_switch.share)
        elif self.recovery.share is not None and not state.recording:
            self.foot.show_work("Recovering a recording", self.recovery.share)
        else:
            self.foot.show_facts(found)
        if self.panel.isVisible():
            self.panel.show_rows(found.rows, self.foot.list_bottom)

    def _show_recording(self, recording: bool) -> None:
        self._was_recording = recording
        self._away.over()
        self.record_button.show_words("Stop recording" if recording else "Start recording", "Space")
        self.mark_button.setEnabled(recording)
        self.setup.setVisible(not recording)
        self.foot.marks.setVisible(recording)
        if recording:
            self.foot.recovered.say("")
            self.setFocus()

    def recover(self, folder: Path) -> None:
        """Bring back recordings in a folder that an earlier run was cut off from writing."""
        self.recovery.start(folder)

    def _recovered(self, results: list[Result]) -> None:
        self.foot.recovered.say("\n".join(map(str, results)))

    def finish(self) -> None:
        """Close without asking; a running recording is saved first."""
        if self._live.state.recording:
            self._save_and_close()
        else:
            self.close()

    # what the user asks for

    def act(self, action: Action) -> None:
        """Do what a key or button stands for."""
        {
            Action.RECORD: self._record,
            Action.SESSION: lambda: self._open(self.session.dialog(self)),
            Action.VOICE: self.session.toggle_voice,
            Action.FACTS: self._turn_list,
            Action.DISTANCE: self._turn_page,
            Action.SOUND: self._sound.toggle_mute,
            Action.THEME: self._other_theme,
            Action.CALIBRATE: self.calibration_asked.emit,
            Action.AFTER: self.after_asked.emit,
            Action.FULL_SCREEN: self._full_screen,
            Action.LEAVE: self._leave,
            Action.KEYS: lambda: self._open(KeysDialog(self, self.session.pedal)),
            Action.QUIT: self.close,
        }.get(action, lambda: self._report(action))()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Keys that no field has used."""
        action = action_for(event, self.session.pedal) if event is not None else None
        pain = pain_of(event.key()) if event is not None and action is Action.PAIN else None
        if pain is not None:
            self._reports.pain(pain)
        elif action is not None:
            self.act(action)
        elif event is not None:
            event.ignore()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Close; while recording or writing ask first."""
        assert event is not None
        event.ignore()
        if self.recording_switch.saving:
            self._ask_to_wait()
        elif self._live.state.recording and not self._closing:
            self._open(save_first(self, self._save_and_close))
        else:
            self._timer.stop()
            self.recovery.leave()
            self.recovery.wait()
            self._ports.wait()
            event.accept()

    def changeEvent(self, event: QEvent | None) -> None:
        """Say so when the keys, and with them the pedal, go elsewhere during a recording."""
        if event is not None and event.type() == QEvent.Type.ActivationChange:
            if not self._live.state.recording:
                self._follow_system()
            elif told := self._away.follow(QApplication.activeWindow() is None, self.session.pedal):
                self.say(f"{told}.", bad=bool(self._away.words))
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Follow the window's size."""
        self._restyle()

    def _record(self) -> None:
        state = self._live.state
        if self.recording_switch.saving:
            self.say("The last recording is still being saved.")
        elif state.recording:
            self.recording_switch.stop()
        elif problem := code_problem(code := self.setup.participant.text().strip()):
            self._enter_field(Action.PARTICIPANT)  # where it is wrong
            self.say(problem, bad=True)
        elif self.recording_switch.start(code, self.session.practitioner) and (wrong := first_wrong(state)):
            self.say(f"Recording {code}, although: {wrong}", bad=True)

    def _report(self, action: Action) -> None:
        if action in KINDS:
            self._reports.report(action)
        else:
            self._enter_field(action)

    def _turn_page(self) -> None:
        desk = self._pages.currentWidget() is self.desk
        self._pages.setCurrentWidget(self.distance if desk else self.desk)
        self.foot.setVisible(not desk)
        self.panel.hide()
        self._restyle()
        self.refresh()

    def _turn_list(self) -> None:
        if self.panel.isVisible() or not self.foot.isVisible():
            self.panel.hide()
            self.setFocus()
        else:
            found = facts(self._live.state, self._before, self.recording_switch.last)
            self.panel.show_rows(found.rows, self.foot.list_bottom)
            self.panel.open()

    def _leave(self) -> None:
        self.panel.hide()
        if self._pages.currentWidget() is self.distance:
            self._turn_page()
        self.setFocus()

    def _enter_field(self, action: Action) -> None:
        if not self.setup.enter(action):
            self.say("This can be changed when no recording runs.", bad=True)

    def _full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _other_theme(self) -> None:
        self._look_chosen = True
        self._theme = LIGHT if self._theme is DARK else DARK
        self._restyle()

    def _follow_system(self) -> None:
        if not self._look_chosen and (wanted := system_theme()) is not self._theme:
            self._theme = wanted
            self._restyle()

    def _ask_to_wait(self) -> None:
        if not self._closing:  # asked once; while the question stands the file may get done, and then the window closes
            self._closing = True
            self._open(wait_first(self, lambda: None, self.recording_switch.leave, self._not_saved))

    def _open(self, dialog: QDialog) -> None:
        """Open a dialog with an edge of its own: some desktops draw none."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setStyleSheet(f"QDialog {{ border: 2px solid {self._theme.control}; }}")
        restyle_all(dialog, self._theme, self.desk.scale)
        dialog.open()

    def _save_and_close(self) -> None:
        self._closing = True
        self.recording_switch.stop()

    def _saved(self) -> None:
        if self._closing:
            self.close()

    def _not_saved(self) -> None:
        self._closing = False  # the sentence must be seen; closing again closes

    def _ask_technique(self, name: str) -> None:
        self.session.choose(name)

    def _ask_target(self, low_n: float, high_n: float, hold_s: float) -> None:
        progress = self._live.state.progress
        if (low_n, high_n, hold_s) == (progress.low_n, progress.high_n, progress.wanted_s):
            return
        try:
            self._live.set_target(low_n, high_n, hold_s)
        except NmtError as error:
            self.say(str(error), bad=True)

    # how it is put together

    def _arrange(self) -> None:
        self._pages = QStackedWidget()
        self._pages.addWidget(self.desk)
        self._pages.addWidget(self.distance)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._pages, 1)
        self._column.addWidget(self.foot)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _connect(self) -> None:
        for button, action in (
            (self.record_button, Action.RECORD),
            (self.mark_button, Action.MARK),
            (self.foot.facts, Action.FACTS),
            (self.bar.sound, Action.SOUND),
            (self.bar.voice, Action.VOICE),
            (self.bar.session, Action.SESSION),
            (self.bar.after, Action.AFTER),
            (self.bar.distance, Action.DISTANCE),
            (self.bar.look, Action.THEME),
            (self.bar.keys, Action.KEYS),
        ):
            button.clicked.connect(lambda _, action=action: self.act(action))
        self.setup.port_asked.connect(self._ports.ask)
        self.setup.technique_asked.connect(self._ask_technique)
        self.setup.target_asked.connect(self._ask_target)
        self.setup.participant_changed.connect(self.session.another_client)
        self.foot.marks.asked.connect(self.act)
        self.session.changed.connect(self._session_changed)
        self.setup.problem.connect(lambda problem: self.say(problem, bad=bool(problem)))
        self.setup.left.connect(self.setFocus)
        self.recording_switch.said.connect(self.say)
        self.recording_switch.saved.connect(self._saved)
        self.recording_switch.not_saved.connect(self._not_saved)
        self.recording_switch.left.connect(self._saved)
        self.recovery.told.connect(self._recovered)
        self._ports.said.connect(self.say)
        self._sound.changed.connect(self._sound_changed)
        self._sound_changed(self._sound.state)
        self._session_changed()

    def _session_changed(self) -> None:
        """Another pedal, practitioner or voice."""
        self.desk.scale_of_words, self.desk.earlier = self.session.words, self.session.measured
        self.mark_button.show_words("Mark", f"M, {self.session.pedal.name}" if self.session.pedal_marks else "M")

    def _sound_changed(self, state: SoundState) -> None:
        self.bar.sound.show_words(state.value, "S")
        self.bar.voice.show_words(self._sound.speech.state.value, "V")

    def _restyle(self) -> None:
        theme, scale = self._theme, scale_of(self.size(), (1366, 768))
        if QApplication.palette().window().color().name() != theme.window:
            QApplication.setPalette(palette(theme))
        self.setPalette(palette(theme))
        margin = round(22 * scale)
        self._column.setContentsMargins(margin, round(10 * scale), margin, round(8 * scale))
        self._column.setSpacing(round(10 * scale))
        restyle_all(self, theme, scale)
        self.bar.look.show_words("light" if theme is DARK else "dark", "A")
