"""A card with a title and rows of fields."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nmt_sense.app.widgets.themed import Card, Text


class FieldGroup(Card):
    """What belongs together, under one title."""

    def __init__(self, title: str, rows: Sequence[Sequence[QWidget]]) -> None:
        super().__init__()
        self._column, self._rows = QVBoxLayout(self), [QHBoxLayout() for _ in rows]
        heading = Text(16, bold=True)
        heading.setText(title)
        self._column.addWidget(heading)
        for row, fields in zip(self._rows, rows, strict=True):
            for field in fields:
                row.addWidget(field, 1)
            self._column.addLayout(row)
        self._column.addStretch(1)

    def styled(self) -> None:
        """Apply margins and spacing."""
        super().styled()
        self._column.setContentsMargins(self.px(20), self.px(14), self.px(20), self.px(16))
        self._column.setSpacing(self.px(10))
        for row in self._rows:
            row.setSpacing(self.px(12))
