"""The presses of a recording, each with a box to tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter
from PyQt5.QtWidgets import QStyleOptionViewItem

from nmt_sense.app.theme import DARK, colour, font
from nmt_sense.app.widgets.quiet_table import Cells, QuietTable
from nmt_sense.app.widgets.tick import SIZE, draw_box

INDICATOR = QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
BOX = 0
"""Column of the boxes."""


@dataclass(frozen=True, slots=True)
class PressRow:
    """One press in words."""

    number: int
    cells: tuple[str, ...]
    """Behind the box."""
    problem: str = ""
    """Why it cannot be ticked; empty when it can."""


class PressModel(QAbstractTableModel):
    """Rows of words and which of them are ticked."""

    ticks_changed = pyqtSignal()

    def __init__(self, headings: Sequence[tuple[str, str]], left: Sequence[int]) -> None:
        """``headings``: words and meaning of each column behind the box; ``left``: columns that stand left."""
        super().__init__()
        self._headings = (("", "Counts"), *headings)
        self._left = frozenset(left)
        self.rows: tuple[PressRow, ...] = ()
        self.ticked: frozenset[int] = frozenset()
        """Numbers of the presses ticked."""
        self.theme, self.pixels = DARK, 15

    def show(self, rows: Sequence[PressRow], ticked: frozenset[int]) -> None:
        """Take other rows."""
        self.beginResetModel()
        self.rows, self.ticked = tuple(rows), ticked
        self.endResetModel()

    def rewrite(self, rows: Sequence[PressRow]) -> None:
        """Other words for the same presses: the keyboard stays where it is."""
        self.rows = tuple(rows)
        self._changed()

    def turn(self, row: int) -> None:
        """Tick a press, or no longer."""
        if 0 <= row < len(self.rows) and not self.rows[row].problem:
            self.ticked ^= {self.rows[row].number}
            self._changed()
            self.ticks_changed.emit()

    def turn_all(self) -> None:
        """Tick all that can be; none where all are."""
        possible = frozenset(row.number for row in self.rows if not row.problem)
        self.ticked = frozenset() if self.ticked == possible else possible
        self._changed()
        self.ticks_changed.emit()

    def _changed(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self._headings) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """One for each press."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """The box, and one for each fact."""
        return 0 if parent is not None and parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Headings and, as tool tips, what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._headings[section][0]
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._headings[section][1]
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._align(section)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A word, a tick, and how they look."""
        row, column = self.rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return "" if column == BOX else row.cells[column - 1]
            case Qt.ItemDataRole.CheckStateRole if column == BOX and not row.problem:
                return Qt.CheckState.Checked if row.number in self.ticked else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._told(row, column)
            case Qt.ItemDataRole.ToolTipRole:
                return row.problem or None
            case Qt.ItemDataRole.TextAlignmentRole:
                return self._align(column)
            case Qt.ItemDataRole.FontRole:
                return font(self.pixels, bold=column == 1)
            case Qt.ItemDataRole.ForegroundRole:
                return colour(self.theme.text if row.number in self.ticked else self.theme.dim)
        return None

    def _told(self, row: PressRow, column: int) -> str:
        if column == BOX:
            return f"Press {row.number}: {row.problem or ('ticked' if row.number in self.ticked else 'not ticked')}"
        return f"{self._headings[column][1]}: {row.cells[column - 1]}"

    def _align(self, column: int) -> int:
        left = column == BOX or column - 1 in self._left
        return Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight)


class BoxCells(Cells):
    """Draws the box of a row; the other cells as ever."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw a cell."""
        if index.column() != BOX:
            super().paint(painter, option, index)
            return
        assert painter is not None
        table, state = self.table, index.data(Qt.ItemDataRole.CheckStateRole)
        super().paint(painter, option, index)
        if state is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size, middle = table.px(SIZE), option.rect.top() + option.rect.height() / 2
        box = QRectF(option.rect.left() + table.px(4), middle - size / 2, size, size)
        draw_box(painter, box, state == Qt.CheckState.Checked, table.theme)
        painter.restore()

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Without the style's own box."""
        super().initStyleOption(option, index)
        if option is not None:
            features = QStyleOptionViewItem.ViewItemFeatures(option.features)
            option.features = features & ~QStyleOptionViewItem.ViewItemFeatures(INDICATOR)


class PressTable(QuietTable):
    """Space, or a click, ticks a row; arrow keys move."""

    def __init__(self, name: str, headings: Sequence[tuple[str, str]], left: Sequence[int]) -> None:
        self.presses = PressModel(headings, left)
        super().__init__(self.presses, name)
        self.setItemDelegate(BoxCells(self))
        self._widths: tuple[int, ...] = ()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Space ticks; all else as in any quiet table."""
        if event is not None and event.key() == Qt.Key.Key_Space:
            self.presses.turn(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """A click anywhere in a row ticks it."""
        super().mouseReleaseEvent(event)
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.presses.turn(self.indexAt(event.pos()).row())

    def look_to(self, row: int = 0) -> None:
        """Lead the keyboard to a row."""
        if 0 <= row < len(self.presses.rows):
            self.setCurrentIndex(self.presses.index(row, BOX))
        self.setFocus()

    def divide(self, widths: tuple[int, ...]) -> None:
        """Widths of the columns behind the box, as in :meth:`set_columns`."""
        self._widths = (34, *widths)
        self.styled()

    def sizeHint(self) -> QSize:
        """A good size."""
        return QSize(self.px(460), self.px(300))

    def minimumSizeHint(self) -> QSize:
        """Some rows and the headings."""
        return QSize(self.px(260), self.px(110))

    def styled(self) -> None:
        """Apply colours and sizes."""
        theme = self.theme
        self.presses.theme, self.presses.pixels = theme, self.px(15)
        self.lines.setDefaultSectionSize(self.px(32))
        self.setStyleSheet(
            f"QTableView {{ background: {theme.panel}; }}"
            f"QScrollBar:vertical {{ background: {theme.panel}; width: {self.px(10)}px; }}"
            f"QScrollBar::handle:vertical {{ background: {theme.control}; border-radius: {self.px(3)}px;"
            f" margin: 0 {self.px(2)}px; min-height: {self.px(30)}px; }}"
            "QScrollBar::add-line, QScrollBar::sub-line { height: 0; }"
        )
        self.headings.setStyleSheet(
            f"QHeaderView {{ background: {theme.panel}; }}"
            f"QHeaderView::section {{ background: {theme.panel}; color: {theme.dim}; border: none;"
            f" padding: 2px; font: {self.px(13)}px Inter; }}"
        )
        self.set_columns(self._widths)
        self.presses.layoutChanged.emit()
