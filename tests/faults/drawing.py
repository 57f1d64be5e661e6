"""``python -m tests.faults.drawing F.h5``: how long it takes to open a recording and to draw its overview, as JSON.

Drawn for real, into the pixels of a picture, but without a screen.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import pyqtgraph as pg
from PyQt5.QtGui import QPixmap

from nmt_sense.session.recording import open_recording

SIZE = 1600, 300


def draw(path: Path) -> QPixmap:
    """A picture of the contact force over the whole recording, from the level that fits the width."""
    with open_recording(path) as recording:
        level = recording.overview()[-1]
        seconds = np.repeat((level.scan - level.scan[0]) * recording.header.period_s, 2)
    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.plot(seconds, np.column_stack((level.minimum[:, -1], level.maximum[:, -1])).ravel())
    return plot.grab()


def main() -> None:
    _application = pg.mkQApp()
    pg.PlotWidget().grab()  # Qt's own first picture, fonts and all, is not the file's fault
    began = time.perf_counter()
    picture = draw(Path(sys.argv[1]))
    seconds = time.perf_counter() - began
    colours = {picture.toImage().pixel(x, SIZE[1] // 2) for x in range(0, SIZE[0], 3)}
    assert len(colours) > 1, "nothing was drawn"
    print(json.dumps({"seconds": seconds}))


main()
