"""The names of pages; the one that is open is underlined."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetricsF, QPainter
from PyQt5.QtWidgets import QTabBar

from nmt_sense.app.theme import colour, font
from nmt_sense.app.widgets.themed import Themed

PIXELS = 17


class TabRow(QTabBar, Themed):
    """Qt's own row of tabs, painted quietly: arrow keys and screen readers know it."""

    def __init__(self, tabs: Sequence[tuple[str, str]], name: str) -> None:
        """``tabs``: words, and the key that does the same."""
        super().__init__()
        self._tabs = tuple(tabs)
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        for words, key in self._tabs:
            self.setTabToolTip(self.addTab(words), f"{words}: key {key}")

    def tabSizeHint(self, index: int) -> QSize:
        """Words, key and air."""
        words, key = self._tabs[index]
        wide = QFontMetricsF(font(self.px(PIXELS), bold=True)).horizontalAdvance(words)
        wide += QFontMetricsF(font(self.px(PIXELS - 3))).horizontalAdvance(key)
        return QSize(round(wide) + self.px(44), self.px(42))

    def minimumTabSizeHint(self, index: int) -> QSize:
        """The same."""
        return self.tabSizeHint(index)

    def styled(self) -> None:
        """Another font makes Qt measure the tabs anew."""
        self.setFont(font(self.px(PIXELS), bold=True))
        super().styled()

    def paintEvent(self, event: object) -> None:
        """Draw the words, the keys, and the line under the open one."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), colour(self.theme.line))
        for index in range(self.count()):
            self._draw(painter, QRectF(self.tabRect(index)), index)

    def _draw(self, painter: QPainter, box: QRectF, index: int) -> None:
        words, key = self._tabs[index]
        open_ = index == self.currentIndex()
        bold, left = font(self.px(PIXELS), bold=True), box.left() + self.px(14)
        baseline = round(box.center().y() + QFontMetricsF(bold).capHeight() / 2)
        painter.setFont(bold)
        painter.setPen(colour(self.theme.text if open_ else self.theme.dim))
        painter.drawText(round(left), baseline, words)
        left += QFontMetricsF(bold).horizontalAdvance(words) + self.px(9)
        painter.setFont(font(self.px(PIXELS - 3)))
        painter.setPen(colour(self.theme.dim))
        painter.drawText(round(left), baseline, key)
        if open_:
            tall = self.px(3)
            code = self.theme.low if self.hasFocus() else self.theme.text
            line = QRectF(box.left() + self.px(8), box.bottom() - tall + 1, box.width() - self.px(16), tall)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(code))
            painter.drawRoundedRect(line, tall / 2, tall / 2)
