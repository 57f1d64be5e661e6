"""The first page of calibrating: which sensor, who, with what, how far; or a check of the day."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QDoubleSpinBox, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from nmt_sense.app.widgets.captioned import Captioned
from nmt_sense.app.widgets.choice import Choice
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.themed import Card, Text, Themed
from nmt_sense.participant import code_problem

UNITS = ("kg", "g", "N", "lb")
OPERATOR_HINT = "An operator code has letters, digits, - and _ only: a code, never a name. It may stay empty."
STEPS_TOLD = (
    "Ten minutes: press the sensor in, zero, loads up and down, a hold of 90 s, and two loads the curve has not seen, "
    "by which it is judged. You need a kitchen scale or a force gauge. Press as you will press in use."
)
CHECK_TOLD = (
    "Half a minute before work, with a scale or two known weights: ok, rescaled or stale. Such sensors drift by tens "
    "of per cent from day to day, so a calibration is worth only what its last check says."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person has chosen."""

    check: bool
    """A check of the day, not a whole calibration."""
    sensor: str
    operator: str
    instrument: str
    top_n: float
    scale_url: str
    """Port of a scale that is read live; empty when forces are typed."""
    scale_unit: str


class BeginPage(QWidget, Themed):
    """Fields; it says what was asked for."""

    asked = pyqtSignal(object)
    """A :class:`Wish`."""
    problem = pyqtSignal(str)
    go_on = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.sensor, self.operator, self.instrument = Choice(), QLineEdit(), QLineEdit("kitchen scale")
        self.top, self.scale_url, self.unit = QDoubleSpinBox(), QLineEdit(), Choice()
        self.calibrate, self.check, self.resume = Button(16), Button(16), Button(16)
        self._title, self._steps, self._check = (
            Text(26, bold=True),
            Text(15, "dim", wrap=True),
            Text(15, "dim", wrap=True),
        )
        self._grid, self._card = QGridLayout(), Card()
        self._column = QVBoxLayout(self._card)
        self._furnish()
        self._arrange()

    def show_sensors(self, sensors: list[tuple[str, str, bool]]) -> None:
        """The glove's sensors: name, what its profile is worth, and whether there is a calibration to check."""
        before = self.sensor.currentData()
        self.sensor.clear()
        for name, worth, checkable in sensors:
            self.sensor.addItem(f"{name} – {worth}", (name, checkable))
        found = next((at for at, one in enumerate(sensors) if before and one[0] == before[0]), 0)
        self.sensor.setCurrentIndex(found)
        self._sensor_chosen()

    def show_kept(self, words: str) -> None:
        """Offer to go on with what was interrupted; empty: there is nothing."""
        self.resume.setVisible(bool(words))
        self.resume.show_words(words, "")

    def begin(self, check: bool) -> None:
        """Ask for what the fields say, or tell what is wrong with them."""
        code = self.operator.text().strip()
        if self.sensor.currentData() is None:
            self.problem.emit("No glove sends data, so there is no sensor to calibrate; connect one first.")
        elif code and code_problem(code):
            self.operator.setFocus()
            self.problem.emit(OPERATOR_HINT)
        else:
            sensor, _ = self.sensor.currentData()
            self.asked.emit(
                Wish(check, sensor, code, self.instrument.text().strip(), self.top.value(),
                     self.scale_url.text().strip(), self.unit.currentText())
            )  # fmt: skip

    def _sensor_chosen(self) -> None:
        data = self.sensor.currentData()
        self.calibrate.setEnabled(data is not None)
        self.check.setEnabled(bool(data and data[1]))

    def _furnish(self) -> None:
        self._title.setText("Calibrate a sensor")
        self._steps.setText(STEPS_TOLD)
        self._check.setText(CHECK_TOLD)
        self.top.setRange(2.0, 2000.0)
        self.top.setDecimals(0)
        self.top.setValue(50.0)
        self.top.setSuffix(" N")
        self.unit.addItems(UNITS)
        self.operator.setPlaceholderText("a code, never a name")
        self.scale_url.setPlaceholderText("empty: type what the scale shows; or its port, e.g. COM4")
        self.calibrate.show_words("Calibrate", "Enter")
        self.check.show_words("Check with known loads", "")
        self.resume.hide()
        self.calibrate.clicked.connect(lambda: self.begin(check=False))
        self.check.clicked.connect(lambda: self.begin(check=True))
        self.resume.clicked.connect(self.go_on)
        self.sensor.currentIndexChanged.connect(lambda _: self._sensor_chosen())

    def _arrange(self) -> None:
        fields: tuple[tuple[QWidget, str, int, int, int], ...] = (
            (self.sensor, "Sensor", 0, 0, 4),
            (self.top, "Largest load it will be used with", 0, 4, 2),
            (self.operator, "Operator", 1, 0, 3),
            (self.instrument, "Instrument that measures the force", 1, 3, 3),
            (self.scale_url, "Port of the scale", 2, 0, 5),
            (self.unit, "Its unit", 2, 5, 1),
        )
        for field, caption, row, column, span in fields:
            self._grid.addWidget(Captioned(field, caption), row, column, 1, span)
        buttons = QHBoxLayout()
        for button in (self.calibrate, self.check, self.resume):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for part in (self._title, self._steps):
            self._column.addWidget(part)
        self._column.addLayout(self._grid)
        self._column.addWidget(self._check)
        self._column.addLayout(buttons)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._card)
        outer.addStretch(1)

    def styled(self) -> None:
        """Apply sizes."""
        self._column.setContentsMargins(*[self.px(26)] * 4)
        self._column.setSpacing(self.px(18))
        self._grid.setHorizontalSpacing(self.px(16))
        self._grid.setVerticalSpacing(self.px(14))
