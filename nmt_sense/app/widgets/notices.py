"""What stays on the screen until it is over."""

from __future__ import annotations

from PyQt5.QtCore import Qt

from nmt_sense.app.theme import mixed
from nmt_sense.app.widgets.themed import Text


class Notice(Text):
    """Sentences in a line of their own, as many lines as they need; gone when there is nothing to say.

    The Tab key reaches it, so that a screen reader can read it.
    """

    def __init__(self, name: str, warns: bool) -> None:
        self._warns = warns
        super().__init__(15, "high_text" if warns else "text", wrap=True)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoFillBackground(True)
        self.hide()

    def say(self, text: str) -> None:
        """Show ``text``; empty hides the line."""
        super().say(f"⚠  {text}" if text and self._warns else text)
        self.setVisible(bool(text))

    def styled(self) -> None:
        """Apply colours, size and margins."""
        super().styled()
        made = self.palette()
        edge = self.theme.high_text if self._warns else self.theme.dim
        made.setColor(self.backgroundRole(), mixed(edge, self.theme.window, 0.12))
        self.setPalette(made)
        self.setContentsMargins(self.px(12), self.px(5), self.px(12), self.px(5))
