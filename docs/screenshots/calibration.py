"""Makes calibration.png: a calibration in the window, on a simulated glove with a simulated scale, from step to step.

QT_QPA_PLATFORM=offscreen python docs/screenshots/calibration.py [--at STEP] [--light] [--small] [--out FILE.png]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from nmt_sense.app.calibration_begin import Wish
from nmt_sense.app.calibration_window import SIZE, SMALLEST, CalibrationWindow
from nmt_sense.app.main import make_application
from nmt_sense.app.theme import DARK, LIGHT, palette
from nmt_sense.errors import NmtError
from nmt_sense.live import Live
from nmt_sense.setup import default_setup
from nmt_sense.workspace import open_workspace

TOP_N = 40
LOADS = (4, 10, 20, 30, 40, 30, 20, 10, 4)
STEPS = ",".join(
    [f"{1.1 * TOP_N:g}:2,0:2"] * 5 + ["0:20"] + [f"{load}:8" for load in LOADS] + ["24:100", "14:8", "34:8"]
)
SPEED = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", type=int, default=11, help="steps to take before the picture; 14 shows the verdict")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--small", action="store_true", help="as small as the window may be made")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".png"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = open_workspace(Path(folder))
        live = Live(default_setup(place, f"sim://?rate=100&speed={SPEED}&steps={STEPS}"), place)
        live.start()
        try:
            picture(live, asked.at, asked.light, SMALLEST if asked.small else SIZE, asked.out)
        finally:
            live.close()


def picture(live: Live, at: int, light: bool, size: tuple[int, int], out: Path) -> None:
    application = make_application()
    theme = LIGHT if light else DARK
    application.setPalette(palette(theme))
    window = CalibrationWindow(live)
    window.look(theme)
    until(application, lambda: live.state.info is not None)
    window.resize(*size)  # whatever the screen has room for
    window.show()
    if at >= 0:
        walk(application, window, at)
    for _ in range(10):  # a layout takes several rounds to settle
        application.processEvents()
        time.sleep(0.02)
    window.grab().save(str(out), "PNG")
    window.close()
    window.finish()


def walk(application, window: CalibrationWindow, at: int) -> None:
    window.begin.asked.emit(Wish(False, "thumb", "P07", "kitchen scale", float(TOP_N), "simscale://", "kg"))
    until(application, lambda: window.course is not None)
    machine = window.course.machine
    while machine.number < min(at, len(machine.steps)):
        application.processEvents()
        if not machine.moment.hint:
            try:
                window._take()
            except NmtError as error:
                print(error)
        time.sleep(0.02)
    if at >= len(machine.steps):
        until(application, lambda: window.course.verdict is not None)
    else:
        until(application, lambda: machine.moment.progress > 0.6)


def until(application, true) -> None:
    while not true():
        application.processEvents()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
