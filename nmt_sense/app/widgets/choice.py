"""A list to choose from that has no edge of its own: the frame around the field is its edge."""

from __future__ import annotations

from PyQt5.QtGui import QPaintEvent
from PyQt5.QtWidgets import QComboBox, QStyle, QStyleOption, QStyleOptionComboBox, QStylePainter


class Choice(QComboBox):
    """Qt's style draws a button around such a field even where it is told to draw no frame."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Only what is chosen, and the arrow."""
        painter, option, style = QStylePainter(self), QStyleOptionComboBox(), self.style()
        self.initStyleOption(option)
        painter.fillRect(self.rect(), self.palette().button())
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        if style is not None:
            arrow = QStyleOption(option)
            part = QStyle.SubControl.SC_ComboBoxArrow
            arrow.rect = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
            painter.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorArrowDown, arrow)
