"""The lower part of the desk view: notices, the buttons and fields, how things stand, the status line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from nmt_sense.app.facts import Facts
from nmt_sense.app.setup_bar import SetupBar
from nmt_sense.app.status_bar import StatusBar
from nmt_sense.app.widgets.controls import Button
from nmt_sense.app.widgets.facts_line import FactsLine
from nmt_sense.app.widgets.mark_bar import MarkBar
from nmt_sense.app.widgets.notices import Notice
from nmt_sense.app.widgets.themed import Themed
from nmt_sense.app.widgets.work_bar import WorkBar


class Foot(QWidget, Themed):
    """Nothing in it covers anything: a notice pushes the rest aside until it is over."""

    def __init__(
        self, ports: Callable[[], Sequence[str]], techniques: Sequence[tuple[str, str]], participant: str
    ) -> None:
        super().__init__()
        self.recovered, self.warning = Notice("Recovered", warns=False), Notice("Warning", warns=True)
        self.record, self.mark = Button(15), Button(15)
        self.mark.show_words("Mark", "M")
        self.setup = SetupBar(ports, techniques, participant)
        self.facts, self.work, self._standing = FactsLine("I"), WorkBar(), QStackedWidget()
        self.bar = StatusBar()
        self.marks = MarkBar()
        self._column = QVBoxLayout(self)
        self._arrange()

    def show_facts(self, facts: Facts) -> None:
        """Show how things stand."""
        self._standing.setCurrentWidget(self.facts)
        self.facts.show_facts(facts)

    def show_work(self, words: str, share: float) -> None:
        """Show, in the same place, how far a piece of work is."""
        self._standing.setCurrentWidget(self.work)
        self.work.show_work(words, share)

    @property
    def list_bottom(self) -> int:
        """Where the list behind the quiet line ends, in the window's pixels from its top: it covers no control."""
        return self.y() - self.px(6)

    def styled(self) -> None:
        """Apply spacing."""
        self._column.setSpacing(self.px(7))

    def _arrange(self) -> None:
        controls = QHBoxLayout()
        controls.addWidget(self.record)
        controls.addWidget(self.mark)
        controls.addWidget(self.setup, 1)
        controls.addWidget(self.marks, 1)
        self._standing.addWidget(self.facts)
        self._standing.addWidget(self.work)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.recovered)
        self._column.addWidget(self.warning)
        self._column.addLayout(controls)
        self._column.addWidget(self._standing)
        self._column.addWidget(self.bar)
