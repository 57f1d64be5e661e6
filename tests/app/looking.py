"""Looking at what is on the screen, and stepping in where a person would need to be very quick."""

from __future__ import annotations

from PyQt5.QtCore import QPoint
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QWidget

from nmt_sense.app.jobs import Job


def on_the_screen(part: QWidget) -> QImage:
    """What has been drawn piece by piece, as a person sees it; a widget's ``grab`` draws all anew."""
    window = part.window()
    corner = part.mapTo(window, QPoint(0, 0))
    shot = window.screen().grabWindow(int(window.winId()), corner.x(), corner.y(), part.width(), part.height())
    return shot.toImage()


def drawn_anew(part: QWidget) -> QImage:
    """The same part as it is meant to look, in the same format."""
    return part.grab().toImage().convertToFormat(on_the_screen(part).format())


def leave_at_the_first_report(job: Job) -> None:
    """The work is told to stop when it first reports how far it is."""
    tell = job._tell

    def told(share: float) -> None:
        job.leave()
        tell(share)

    job._tell = told
