"""The calibration window: begin, step by step, verdict, in use. Enter goes on, Page Up goes back, Esc leaves."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from nmt_sense.app.asking import TITLE, ask
from nmt_sense.app.calibration_begin import BeginPage, Wish
from nmt_sense.app.calibration_course import Course, today
from nmt_sense.app.calibration_source import CalibratedSource
from nmt_sense.app.calibration_steps import StepsPage
from nmt_sense.app.jobs import Job
from nmt_sense.app.screen import fitting, scale_of
from nmt_sense.app.status_bar import StatusField
from nmt_sense.app.theme import DARK, Theme, palette
from nmt_sense.app.widgets.calibration_chart import Drawn
from nmt_sense.app.widgets.themed import restyle_all
from nmt_sense.errors import NmtError
from nmt_sense.sensing.known_loads import KnownLoads
from nmt_sense.sensing.scale import Scale, typed

SIZE, SMALLEST = (1180, 760), (820, 600)
PUMP_MS = 50
QUALITY = ("Good", "Usable", "Poor")
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
KEPT = "The steps taken so far are kept until the program ends; open this again to go on."
TITLES = {"ok": "Ok: still right", "rescaled": "Rescaled: it was off", "stale": "Stale: it was far off"}
ADVICE = {
    "ok": "Nothing was moved: it only counts as checked today.",
    "rescaled": "The new version is corrected at the loads checked; far from them its band stays wide.",
    "stale": "The new version is corrected as far as the loads tell. Calibrate again when there is time.",
}


class CalibrationWindow(QWidget):
    """Lives beside the live window, whose pipeline keeps the glove; closing it loses nothing."""

    left = pyqtSignal()
    """It was closed."""

    def __init__(self, live: CalibratedSource, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._live = live
        self.course: Course | None = None
        self._wish: Wish | None = None
        self._theme = DARK
        self.begin, self.page, self.status = BeginPage(), StepsPage(), StatusField()
        self._pages = QStackedWidget()
        self._column = QVBoxLayout(self)
        self._opening = Job("opening the scale", self)
        self._timer = QTimer(self)
        self._timer.setInterval(PUMP_MS)
        self._arrange()
        self._connect()
        self.setWindowTitle(f"{TITLE} – calibration")

    # what is shown

    def refresh(self) -> None:
        """Take what the sensor reads and show it."""
        course = self.course
        if course is None or self._pages.currentWidget() is not self.page:
            return
        if said := course.pump():
            self.say(said, bad=True)
        if course.machine.step is not None:
            self.page.show_moment(course.machine.moment, course.live_scale)
            self._show_chart(course)

    def say(self, sentence: str, bad: bool = False) -> None:
        """Show a sentence in the status line."""
        self.status.say(sentence, bad)

    def look(self, theme: Theme) -> None:
        """Take the live window's colours."""
        self._theme = theme
        self._restyle()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Follow the window's size."""
        self._restyle()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin where things stand: the sensors that are there, and what was interrupted."""
        self._show_begin()
        self._timer.start()
        super().showEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Close; the steps taken wait."""
        self._timer.stop()
        self.left.emit()
        super().closeEvent(event)

    def finish(self) -> None:
        """For good: let go of the scale, wait for what runs."""
        self._timer.stop()
        self._opening.wait()
        self._end()

    def _show_begin(self) -> None:
        info, layout, day = self._live.state.info, self._live.layout, today()
        names = info.sensor_names if info is not None else ()
        self.begin.show_sensors(
            [(name, layout.verdict((name,), day), not layout.profile(name).nominal) for name in names]
        )
        self.begin.show_kept(_kept(self.course))
        self._pages.setCurrentWidget(self.begin)
        self.begin.sensor.setFocus()
        if not names:
            self.say("No glove sends data; connect one in the live window first.", bad=True)

    def _show_course(self) -> None:
        course = self.course
        assert course is not None
        what = "Check" if isinstance(course.machine, KnownLoads) else "Calibrate"
        info = self._live.state.info
        self.page.steps.title.say(f"{what} {course.wish.sensor}")
        self.page.steps.say_simulated(info is not None and info.simulated)
        self.page.show_steps_again()
        self._pages.setCurrentWidget(self.page)
        self._show_progress()
        if course.verdict is not None:
            self._judged()
        self.refresh()

    def _show_progress(self) -> None:
        """After a step was taken or taken back."""
        assert self.course is not None
        machine = self.course.machine
        self.page.steps.show_steps([step.title for step in machine.steps], machine.number)
        self._show_chart(self.course)
        self.page.field.clear()
        if machine.step is not None:
            self.page.show_moment(machine.moment, self.course.live_scale)
        elif self.course.verdict is None:
            self.page.show_working("Fitting and judging ...")
        self.page.look_to_enter()

    def _show_chart(self, course: Course) -> None:
        machine = course.machine
        judged_on = today() if course.verdict is not None else None
        wished = 0.0 if course.wish.check else course.wish.top_n
        top_n = max(wished, course.curve.range_n[1] if course.curve else 0.0)
        self.page.chart.show_drawn(Drawn(top_n, machine.points, course.curve, judged_on, machine.largest_us))

    def _judged(self) -> None:
        assert self.course is not None
        verdict = self.course.verdict
        if verdict is None:
            return
        self._show_chart(self.course)
        checked = self.course.wish.check
        quality = next((word for word in QUALITY if f"{word}:" in verdict.words or f"{word} for" in verdict.words), "")
        advice = ADVICE[verdict.word] if checked else "Kept under a new name; nothing is overwritten."
        title = TITLES[verdict.word] if checked else f"Calibrated. {quality}.".replace(" .", "")
        self.page.show_verdict(title, verdict.words, advice, "Save and use")
        self.page.look_to_enter()
        self.say("")

    # what the person asks for

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Keys that no field has used."""
        assert event is not None
        act = self._action(event.key())
        if act is None or event.isAutoRepeat():
            event.ignore()
        else:
            act()

    def _action(self, key: int) -> Callable[[], object] | None:
        focused = self.focusWidget()
        if key in ENTER and isinstance(focused, QPushButton):
            return lambda: focused.click()
        if key == Qt.Key.Key_Escape:
            return self._leave
        if self._pages.currentWidget() is self.begin:
            return (lambda: self.begin.begin(check=False)) if key in ENTER else None
        if key in (*ENTER, Qt.Key.Key_PageDown):
            return self._take
        others: dict[int, Callable[[], object]] = {Qt.Key.Key_PageUp: self._back, Qt.Key.Key_F5: self._anew}
        return others.get(key)

    def _ask(self, wish: Wish) -> None:
        """Begin; a scale is opened first, which may take a while."""
        self._wish = wish
        if not wish.scale_url:
            self._start(None)
            return
        self.say(f"Opening the scale on {wish.scale_url}.")
        self._opening.start(lambda _: Scale(wish.scale_url, unit=wish.scale_unit))

    def _start(self, scale: object) -> None:
        assert self._wish is not None
        self._end()
        shown = scale if isinstance(scale, Scale) else None
        try:
            self.course = Course(self._live, self._wish, shown, self)
        except NmtError as error:
            if shown is not None:
                shown.close()
            self.say(str(error), bad=True)
            return
        self.course.fitted.connect(self._fitted)
        self.course.judged.connect(self._judged)
        self.course.saved.connect(self._saved)
        self.course.failed.connect(self._failed)
        self.say("Enter or Page Down takes a step, Page Up takes it back, Esc leaves and keeps what was taken.")
        self._show_course()

    def _fitted(self) -> None:
        if self.course is not None:
            self._show_chart(self.course)

    def _go_on(self) -> None:
        if self.course is not None:
            self.course.rejoin()
            self._show_course()

    def _take(self) -> None:
        course = self.course
        if course is None or not self.page.take.isEnabled():
            return
        if course.verdict is not None:
            self.page.take.setEnabled(False)
            self.say("Saving ...")
            course.save()
            return
        self._try(lambda: course.accept(self._force()))

    def _force(self) -> float | None:
        text = self.page.field.text().strip()
        return typed(text) if text and self.page.field.isVisible() else None

    def _back(self) -> None:
        if self.course is not None and self.page.back.isEnabled():
            self.page.show_steps_again()
            self._try(self.course.back)

    def _anew(self) -> None:
        if self.course is not None and self.course.machine.step is not None:
            self.course.machine.restart()
            self.say("This step begins anew.")

    def _try(self, wish: Callable[[], None]) -> None:
        try:
            wish()
        except NmtError as error:
            self.say(str(error), bad=True)
            return
        self.say("")
        self._show_progress()
        self.refresh()

    def _saved(self, sentence: str) -> None:
        self._end()
        self._show_begin()
        self.say(sentence)

    def _failed(self, sentence: str) -> None:
        self.say(sentence, bad=True)
        self.page.take.setEnabled(self.course is not None and self.course.verdict is not None)
        self.page.back.setEnabled(True)
        if self.course is not None and self.course.verdict is None:
            self.page.title.say("No profile came of it")
            self.page.do.say("Page Up takes the last step back, to do it again.")

    def _leave(self) -> None:
        if self._pages.currentWidget() is self.page:
            self._show_begin()
            self.say(KEPT if self.course is not None else "")
        else:
            self.close()

    def _ask_to_give_up(self) -> None:
        box = ask(
            self,
            "Give up this calibration?",
            "Nothing was written so far; the steps taken are forgotten.",
            ("Go on with it", lambda: None),
            ("Give up", self._give_up),
            ("Leave it for later", self._leave),
        )
        box.open()

    def _give_up(self) -> None:
        self._end()
        self._show_begin()
        self.say("The calibration was given up; nothing was written.")

    def _end(self) -> None:
        if self.course is not None:
            self.course.close()
            self.course.deleteLater()
            self.course = None

    # how it is put together

    def _arrange(self) -> None:
        self._pages.addWidget(self.begin)
        self._pages.addWidget(self.page)
        self._column.addWidget(self._pages, 1)
        self._column.addWidget(self.status)
        self.setMinimumSize(fitting(*SMALLEST))
        self.resize(fitting(*SIZE))

    def _restyle(self) -> None:
        scale = scale_of(self.size(), SIZE)
        margin = round(20 * scale)
        self.setPalette(palette(self._theme))
        self._column.setContentsMargins(margin, margin, margin, round(10 * scale))
        self._column.setSpacing(round(10 * scale))
        restyle_all(self, self._theme, scale)

    def _connect(self) -> None:
        self._timer.timeout.connect(self.refresh)
        self.begin.asked.connect(self._ask)
        self.begin.go_on.connect(self._go_on)
        self.begin.problem.connect(lambda sentence: self.say(sentence, bad=True))
        self.page.take.clicked.connect(self._take)
        self.page.back.clicked.connect(self._back)
        self.page.anew.clicked.connect(self._anew)
        self.page.give_up.clicked.connect(self._ask_to_give_up)
        self._opening.finished.connect(self._start)
        self._opening.failed.connect(lambda sentence: self.say(sentence, bad=True))


def _kept(course: Course | None) -> str:
    if course is None:
        return ""
    done, of = course.machine.number, len(course.machine.steps)
    where = "the verdict" if done == of else f"step {done + 1} of {of}"
    return f"Go on: {course.wish.sensor}, {where}"
