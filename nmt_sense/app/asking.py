"""Questions before the window closes; nothing is lost whatever the answer."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QMessageBox, QWidget

TITLE = "NMT Sense"
Answer = tuple[str, Callable[[], None]]
"""What a button says and what it does."""


def ask(parent: QWidget, question: str, told: str, first: Answer, *others: Answer) -> QMessageBox:
    """A question with a button for each answer; the first is what Enter does, the last what Esc does."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(TITLE)
    box.setText(question)
    box.setInformativeText(told)
    for words, does in (first, *others):
        button = box.addButton(words, QMessageBox.ButtonRole.ActionRole)
        assert button is not None
        button.clicked.connect(does)
        box.setEscapeButton(button)
        if words == first[0]:
            box.setDefaultButton(button)
    return box


def save_first(parent: QWidget, save: Callable[[], None]) -> QMessageBox:
    """A recording runs."""
    return ask(
        parent,
        "A recording is running.",
        "Stop it, save it and close?",
        ("Save and close", save),
        ("Keep recording", lambda: None),
    )


def wait_first(
    parent: QWidget, wait: Callable[[], None], leave: Callable[[], None], stay: Callable[[], None]
) -> QMessageBox:
    """A file is being written."""
    return ask(
        parent,
        "The recording is being written to its file.",
        "Closing at once loses nothing: its journal stays, and the next start makes the file of it, marked recovered.",
        ("Wait, then close", wait),
        ("Close at once", leave),
        ("Stay", stay),
    )
