"""The steps of a calibration: what is done, what is to do now, what is to come."""

from __future__ import annotations

from PyQt5.QtCore import QRect, Qt
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QVBoxLayout

from nmt_sense.app.theme import colour
from nmt_sense.app.widgets.themed import Card, ShortenedText, Text

DONE, NOW, COMING = "✓", "▸", "·"
SAID = {DONE: "done", NOW: "now", COMING: "to come"}


class StepLine(ShortenedText):
    """One step, its sign in a column of its own."""

    def __init__(self) -> None:
        super().__init__(15, "dim")
        self.sign = COMING

    def show_step(self, title: str, sign: str) -> None:
        """Show a step that is done, to do now, or to come."""
        if (title, sign) != (self.text(), self.sign):
            self.sign = sign
            self.setText(title)
            self.setAccessibleName(f"{title}: {SAID[sign]}")
            self.paint_as("text" if sign == NOW else "dim")

    def paintEvent(self, event: object) -> None:
        """Draw the sign, and what fits of the title."""
        painter, gap = QPainter(self), self.px(22)
        painter.setPen(colour(self.theme.low if self.sign == NOW else self.theme.dim))
        painter.drawText(QRect(0, 0, gap, self.height()), int(Qt.AlignmentFlag.AlignVCenter), self.sign)
        painter.setPen(colour(self.theme.text if self.sign == NOW else self.theme.dim))
        room = self.rect().adjusted(gap, 0, 0, 0)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), shown)


class StepList(Card):
    """A line per step."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Text(19, bold=True)
        self.count = Text(14, "dim")
        self.simulated = Text(14, "high_text", bold=True)
        self.simulated.setText("SIMULATED GLOVE")
        self._lines: list[StepLine] = []
        self._column, self._rows = QVBoxLayout(self), QVBoxLayout()
        self._column.addWidget(self.title)
        self._column.addWidget(self.count)
        self._column.addLayout(self._rows)
        self._column.addStretch(1)
        self._column.addWidget(self.simulated)

    def say_simulated(self, simulated: bool) -> None:
        """Say so where it is."""
        self.simulated.setVisible(simulated)

    def show_steps(self, titles: list[str], number: int) -> None:
        """Show all steps; so many of them are done."""
        while len(self._lines) < len(titles):
            self._lines.append(line := StepLine())
            line.restyle(self.theme, self.scale)
            self._rows.addWidget(line)
        for at, line in enumerate(self._lines):
            line.setVisible(at < len(titles))
            if at < len(titles):
                line.show_step(titles[at], DONE if at < number else NOW if at == number else COMING)
        left = len(titles) - number
        self.count.say(f"step {number + 1} of {len(titles)}" if left else f"all {len(titles)} steps done")

    def styled(self) -> None:
        """Apply margins."""
        super().styled()
        self._column.setContentsMargins(self.px(18), self.px(16), self.px(14), self.px(14))
        self._column.setSpacing(self.px(6))
        self._rows.setSpacing(self.px(7))
        self._rows.setContentsMargins(0, self.px(10), 0, 0)
