"""A field with its caption above it and a border around it."""

from __future__ import annotations

from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from nmt_sense.app.theme import font
from nmt_sense.app.widgets.controls import FieldFrame
from nmt_sense.app.widgets.themed import Text, Themed


class Captioned(QWidget, Themed):
    """Names the field for a screen reader, too."""

    def __init__(self, field: QWidget, caption: str, key: str = "") -> None:
        super().__init__()
        self.field = field
        label = Text(13, "dim")
        label.setText(f"{caption}  {key}" if key else caption)
        label.setBuddy(field)
        field.setAccessibleName(caption)
        if isinstance(field, QLineEdit | QComboBox | QDoubleSpinBox | QSpinBox):
            field.setFrame(False)
        if isinstance(field, QDoubleSpinBox | QSpinBox):
            field.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.frame = FieldFrame(field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(label)
        column.addWidget(self.frame)

    def styled(self) -> None:
        """Apply sizes."""
        flat(self.field, self.theme.panel)
        self.field.setFont(font(self.px(16)))
        self.field.setFixedHeight(self.px(28))


def flat(field: QWidget, code: str) -> None:
    """Let a field have the ground of its card."""
    made = field.palette()
    for role in (made.ColorRole.Button, made.ColorRole.Base):
        made.setColor(role, QColor(code))
    field.setPalette(made)
