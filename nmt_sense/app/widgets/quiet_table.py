"""A table that only shows: it keeps the arrow keys and lets every other key pass to the window."""

from __future__ import annotations

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QRect, QSize, Qt
from PyQt5.QtGui import QKeyEvent, QPainter
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from nmt_sense.app.theme import colour
from nmt_sense.app.widgets.themed import Themed

MOVING_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class Cells(QStyledItemDelegate):
    """Draws cells without the style's own frame; the one that has the keyboard is underlined."""

    def __init__(self, table: QuietTable) -> None:
        super().__init__(table)
        self.table = table

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw a cell."""
        assert painter is not None
        plain = QStyleOptionViewItem(option)
        plain.state = QStyle.State()
        plain.state |= QStyle.StateFlag.State_Enabled
        super().paint(painter, plain, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            box = option.rect
            painter.fillRect(QRect(box.left(), box.bottom() - 1, box.width(), 2), colour(self.table.theme.low))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """The text and some air above and below it."""
        return super().sizeHint(option, index) + QSize(0, self.table.px(8))


class QuietTable(QTableView, Themed):
    """No grid, no selection, nothing to edit; Space, letters and Page Down, which pedals send, go to the window."""

    def __init__(self, model: QAbstractTableModel, name: str) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(name)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setItemDelegate(Cells(self))
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines, self.headings = QHeaderView(Qt.Orientation.Vertical), QHeaderView(Qt.Orientation.Horizontal)
        self.setVerticalHeader(self.lines)
        self.setHorizontalHeader(self.headings)
        self.lines.hide()
        self.lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.headings.setHighlightSections(False)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Move with the arrow keys; Space and letters belong to the window."""
        if event is not None and event.key() in MOVING_KEYS:
            super().keyPressEvent(event)
        elif event is not None:
            event.ignore()

    def set_columns(self, widths: tuple[int, ...], air: int = 0) -> None:
        """Fixed widths in pixels of the drawing at 1366 × 768; a column of width 0 takes what is left.

        ``air`` is added to each, in pixels of any window.
        """
        self.headings.setMinimumSectionSize(self.px(16))  # Qt's own is too wide for a small window
        for section, wide in enumerate(widths):
            mode = QHeaderView.ResizeMode.Fixed if wide else QHeaderView.ResizeMode.Stretch
            self.headings.setSectionResizeMode(section, mode)
            if wide:
                self.headings.resizeSection(section, self.px(wide) + air)
