"""A recording window on a real X server, driven from outside: it says on its standard output what it was told.

    python far_window.py

Prints ``ready`` with its X window, then a line for every mark that is set, and what its status line says when its keys
come and go; ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from opened import open_window
from PyQt5.QtCore import QSettings, QTimer
from scripted import ScriptedLive

from nmt_sense.app.main import make_application


def main() -> None:
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(Path(sys.argv[1])))
    application = make_application()
    live = ScriptedLive()
    window = open_window(live)
    live.press(0.0)
    live.start_recording("P-014")
    window.refresh()
    told: list[str] = []

    def look() -> None:
        window.refresh()
        now = [*live.marks, window._away.words]
        if now != told:
            told[:] = now
            print(len(live.marks), window._away.words or "here", flush=True)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    print("ready", int(window.winId()), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), application.exit()), daemon=True).start()
    application.exec_()


if __name__ == "__main__":
    main()
