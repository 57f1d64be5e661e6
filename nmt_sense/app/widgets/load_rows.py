"""What each part of the hand has pressed in a day, a row for each, with a budget that can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QPainter, QPen
from PyQt5.QtWidgets import QDoubleSpinBox, QGridLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.captioned import flat
from nmt_sense.app.widgets.controls import FieldFrame
from nmt_sense.app.widgets.themed import Text, Themed
from nmt_sense.coaching.own_hands import NEAR, DayLoad
from nmt_sense.moment.numbers import force, number
from nmt_sense.units import minutes_seconds

HEADINGS = (
    "part of the hand",
    "load, N·s",
    "peak",
    "holds",
    "pressing",
    "budget a day",
    "used; the thin line is its 95 % band",
)
RIGHT = Qt.Alignment(Qt.AlignmentFlag.AlignRight) | Qt.AlignmentFlag.AlignVCenter
MOST_NS = 999_999.0
STEP_NS = 1000.0


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One part of the hand."""

    sensor: str
    load: DayLoad | None
    """None: it did not press."""
    budget_ns: float
    """0: none."""


class LoadBar(QProgressBar, Themed):
    """Part of a budget that is used; a thin line over it says how sure that is."""

    def __init__(self) -> None:
        super().__init__()
        self._share: float | None = None
        self._half = 0.0
        self.setRange(0, 100)
        self.setTextVisible(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_share(self, share: float | None, half: float) -> None:
        """``share`` of the budget and the half-width of its 95 % band; None without a budget."""
        self._share, self._half = share, half
        self.setValue(0 if share is None else min(100, round(100 * share)))
        self.update()

    def text(self) -> str:
        """Per cent, which may be more than a hundred."""
        return "" if self._share is None else f"{number(100 * self._share)} %"

    def sizeHint(self) -> QSize:
        """A good size."""
        return QSize(self.px(220), self.px(30))

    def minimumSizeHint(self) -> QSize:
        """Room for the per cent."""
        return QSize(self.px(90), self.px(30))

    def paintEvent(self, event: object) -> None:
        """Draw bar, line and per cent."""
        if self._share is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        near = self._share >= NEAR
        tall, middle = self.px(8), self.height() / 2
        box = QRectF(0, middle - tall / 2, self.width() - self.px(62), tall)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self.theme.track))
        painter.drawRoundedRect(box, tall / 2, tall / 2)
        used = box.width() * min(1.0, self._share)
        painter.setBrush(colour(self.theme.high if near else self.theme.neutral))
        painter.drawRoundedRect(QRectF(box.left(), box.top(), max(used, tall), tall), tall / 2, tall / 2)
        ends = [box.left() + box.width() * min(1.0, max(0.0, self._share + way * self._half)) for way in (-1, 1)]
        painter.setPen(QPen(colour(self.theme.dim), max(1.0, 1.4 * self.scale)))
        y = round(box.bottom() + self.px(5))
        painter.drawLine(round(ends[0]), y, round(ends[1]), y)
        painter.setPen(colour(self.theme.high_text if near else self.theme.text))
        painter.setFont(font(self.px(15), bold=near))
        room = QRectF(box.right() + self.px(10), 0, self.px(52), self.height())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self.text())


class _Line:
    """The widgets of one row."""

    def __init__(self, sensor: str) -> None:
        self.name, self.load = Text(16, bold=True), Text(16)
        self.peak, self.holds, self.pressing = Text(16, "dim"), Text(16, "dim"), Text(16, "dim")
        self.budget, self.bar = QDoubleSpinBox(), LoadBar()
        self.frame = FieldFrame(self.budget)
        self.name.setText(sensor)
        self.budget.setFrame(False)
        self.budget.setDecimals(0)
        self.budget.setRange(0.0, MOST_NS)
        self.budget.setSingleStep(STEP_NS)
        self.budget.setSpecialValueText("none")
        self.budget.setSuffix(" N·s")
        self.budget.setKeyboardTracking(False)
        self.budget.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.budget.setAccessibleName(f"Budget of {sensor}, N·s a day")
        self.bar.setAccessibleName(f"Part of the budget of {sensor} that is used")
        for number_of in (self.load, self.peak, self.holds, self.pressing):
            number_of.setAlignment(RIGHT)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """From left to right."""
        return (self.name, self.load, self.peak, self.holds, self.pressing, self.frame, self.bar)

    def show(self, row: LoadRow) -> None:
        load = row.load
        told = (
            ("–", "–", "–", "–")
            if load is None
            else (
                f"{number(load.impulse_ns)} ± {number(load.uncertainty_ns)}",
                force(load.peak_n, load.peak_uncertainty_n, 0 if load.peak_n >= 9.95 else 1),
                str(load.holds),
                minutes_seconds(load.pressing_s),
            )
        )
        for part, words in zip((self.load, self.peak, self.holds, self.pressing), told, strict=True):
            part.say(words)
        if not self.budget.hasFocus() and self.budget.value() != row.budget_ns:
            self.budget.blockSignals(True)
            self.budget.setValue(row.budget_ns)
            self.budget.blockSignals(False)
        known = row.budget_ns > 0
        share = None if not known else 0.0 if load is None else load.impulse_ns / row.budget_ns
        self.bar.show_share(share, 0.0 if load is None or not known else load.uncertainty_ns / row.budget_ns)
        pressed = "did not press" if load is None else f"{told[0]} N·s, peak {told[1]}, {told[2]} holds, {told[3]}"
        self.budget.setAccessibleDescription(f"{row.sensor}: {pressed}. {self.bar.text()}")
        self.budget.setToolTip("What you want to allow yourself a day; empty or 0: none")


class LoadRows(QWidget, Themed):
    """It changes nothing itself: it tells what budget was asked for."""

    budget_asked = pyqtSignal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, _Line] = {}
        outer, self._grid = QVBoxLayout(self), QGridLayout()
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._grid)
        outer.addStretch(1)
        self._headings = [Text(13, "dim") for _ in HEADINGS]
        for column, (label, words) in enumerate(zip(self._headings, HEADINGS, strict=True)):
            label.setText(words)
            if 1 <= column <= 4:
                label.setAlignment(RIGHT)
            self._grid.addWidget(label, 0, column)
        for column, stretch in enumerate((3, 3, 2, 2, 2, 3, 5)):
            self._grid.setColumnStretch(column, stretch)

    def show_rows(self, rows: Sequence[LoadRow], locked: bool = False) -> None:
        """Show these; ``locked``: budgets cannot be changed."""
        wanted = {row.sensor for row in rows}
        for sensor in [sensor for sensor in self.lines if sensor not in wanted]:
            self._drop(self.lines.pop(sensor))
        for row in rows:
            if row.sensor not in self.lines:  # what is being typed in another row stays
                self.lines[row.sensor] = self._added(row.sensor)
            self.lines[row.sensor].show(row)
            self.lines[row.sensor].budget.setEnabled(not locked)

    def _drop(self, line: _Line) -> None:
        for part in line.parts:
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()

    def _added(self, sensor: str) -> _Line:
        line, at = _Line(sensor), self._grid.rowCount()
        for column, part in enumerate(line.parts):
            self._grid.addWidget(part, at, column)
            for themed in (part, *part.findChildren(QWidget)):
                if isinstance(themed, Themed):
                    themed.restyle(self.theme, self.scale)
        line.budget.valueChanged.connect(lambda value: self.budget_asked.emit(sensor, value))
        self._size(line)
        return line

    def styled(self) -> None:
        """Apply sizes."""
        super().styled()
        self._grid.setHorizontalSpacing(self.px(22))
        self._grid.setVerticalSpacing(self.px(6))
        for line in self.lines.values():
            self._size(line)

    def _size(self, line: _Line) -> None:
        flat(line.budget, self.theme.panel)
        line.budget.setFont(font(self.px(16)))
        line.budget.setFixedHeight(self.px(24))
