"""The steps of a calibration: what is done, what is to do now, what is to come."""

from __future__ import annotations

from PyQt5.QtWidgets import QVBoxLayout

from nmt_sense.app.widgets.themed import Card, ShortenedText, Text

DONE, NOW, COMING = "✓", "▸", "·"


class StepList(Card):
    """A line per step."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Text(19, bold=True)
        self.count = Text(14, "dim")
        self._lines: list[ShortenedText] = []
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.title)
        self._column.addWidget(self.count)
        self._rows = QVBoxLayout()
        self._column.addLayout(self._rows)
        self._column.addStretch(1)

    def show_steps(self, titles: list[str], number: int) -> None:
        """Show all steps; so many of them are done."""
        while len(self._lines) < len(titles):
            line = ShortenedText(15, "dim")
            line.restyle(self.theme, self.scale)
            self._lines.append(line)
            self._rows.addWidget(line)
        for at, line in enumerate(self._lines):
            line.setVisible(at < len(titles))
        for at, (line, title) in enumerate(zip(self._lines, titles, strict=False)):
            line.say(f"{DONE if at < number else NOW if at == number else COMING}  {title}")
            line.paint_as("text" if at == number else "dim")
        done = min(number, len(titles))
        self.count.say(f"step {done + 1} of {len(titles)}" if done < len(titles) else f"all {len(titles)} steps done")

    def styled(self) -> None:
        """Apply margins."""
        super().styled()
        self._column.setContentsMargins(self.px(18), self.px(16), self.px(14), self.px(14))
        self._column.setSpacing(self.px(6))
        self._rows.setSpacing(self.px(7))
        self._rows.setContentsMargins(0, self.px(10), 0, 0)
