"""The whole list behind the quiet line: every check, or every number of the recording."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPen
from PyQt5.QtWidgets import QHeaderView, QStyleOptionViewItem, QVBoxLayout, QWidget

from nmt_sense.app.facts import Row
from nmt_sense.app.theme import DARK, Theme, colour, font
from nmt_sense.app.widgets.facts_line import draw_sign
from nmt_sense.app.widgets.quiet_table import Cells, QuietTable
from nmt_sense.app.widgets.themed import Card
from nmt_sense.checks import Outcome

WIDE, LINE, MARGIN = 860, 28, 16
HEADINGS = ("what", "finding", "in words")
"""Not drawn, but told with each cell."""


class FactsModel(QAbstractTableModel):
    """Rows of name, value and meaning."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = DARK
        self.pixels = 15
        self._rows: tuple[Row, ...] = ()

    def show(self, rows: tuple[Row, ...]) -> None:
        """Replace what is shown; only cells that changed are drawn again."""
        if len(rows) != len(self._rows):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        old, self._rows = self._rows, rows
        for k, (one, other) in enumerate(zip(old, rows, strict=True)):
            if one != other:
                self.dataChanged.emit(self.index(k, 0), self.index(k, 2))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """One row for each fact."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Name, value, meaning."""
        return 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What the columns are."""
        across = orientation == Qt.Orientation.Horizontal
        return HEADINGS[section] if across and role == Qt.ItemDataRole.DisplayRole else None

    def row(self, index: QModelIndex) -> Row:
        """The fact behind a cell."""
        return self._rows[index.row()]

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What Qt asks about a cell."""
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return (row.name, row.value, row.meaning)[column]
            case Qt.ItemDataRole.ToolTipRole:
                return row.meaning
            case Qt.ItemDataRole.FontRole:
                return font(self.pixels, bold=column == 1 or row.heading)
            case Qt.ItemDataRole.ForegroundRole:
                return colour(self._code(row, column))
        return None

    def _code(self, row: Row, column: int) -> str:
        if column == 1 and row.grade is not Outcome.READY:
            return self.theme.high_text
        return self.theme.text if column == 1 or row.heading else self.theme.dim


class SignedCells(Cells):
    """Draws the sign of a doubtful or wrong row before its name."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw sign and name."""
        assert painter is not None
        model = index.model()
        assert isinstance(model, FactsModel)
        row, line = model.row(index), self.table.lines.minimumSectionSize()
        if row.grade is not Outcome.READY:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            centre = QPointF(option.rect.left() + line * 0.45, option.rect.center().y() + 1)
            draw_sign(painter, centre, line * 0.2, row.grade, model.theme.high_text)
            painter.restore()
        shifted = QStyleOptionViewItem(option)
        shifted.rect = option.rect.adjusted(0 if row.heading else line, 0, 0, 0)
        super().paint(painter, shifted, index)


class FactsPanel(Card):
    """Lies over the window's lower left while it is open; never asked for, never shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__()
        self.setParent(parent)
        self._bottom = 0
        self.rows = FactsModel()
        self.table = QuietTable(self.rows, "Checks and numbers of the recording")
        self.table.headings.hide()
        self.table.lines.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)  # a long sentence is wrapped
        self.table.setItemDelegateForColumn(0, SignedCells(self.table))
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.table)
        self.hide()

    def show_rows(self, rows: tuple[Row, ...], bottom: int) -> None:
        """Show the newest facts, the lower edge at ``bottom`` of the window."""
        self.rows.show(rows)
        self._bottom = bottom
        self._place()

    def open(self) -> None:
        """Show the list and give it the keyboard."""
        self.show()
        self.raise_()
        self._place()
        self.table.setFocus(Qt.FocusReason.PopupFocusReason)

    def _place(self) -> None:
        window, edge = self.parentWidget(), self.px(22)
        assert window is not None
        wide = min(self.px(WIDE), window.width() - 2 * edge)
        if wide != self.width():
            self.resize(wide, self.height())
            self._column.activate()
            self.table.resizeRowsToContents()  # how high they are depends on the width
        tall = min(self.sizeHint().height(), self._bottom - self.px(MARGIN))
        self.setGeometry(edge, self._bottom - tall, wide, tall)

    def sizeHint(self) -> QSize:
        """All rows without scrolling."""
        return QSize(self.px(WIDE), self.table.lines.length() + 2 * self.px(MARGIN))

    def styled(self) -> None:
        """Apply colours and sizes."""
        self.rows.theme, self.rows.pixels = self.theme, self.px(15)
        self.table.restyle(self.theme, self.scale)
        self.table.lines.setMinimumSectionSize(self.px(LINE))
        self.table.set_columns((150, 130, 0))
        self._column.setContentsMargins(*[self.px(MARGIN)] * 4)
        self.rows.layoutChanged.emit()
        self._place()

    def paintEvent(self, event: object) -> None:
        """Draw the panel and its edge."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour(self.theme.control), 1.4))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self.px(8), self.px(8))
