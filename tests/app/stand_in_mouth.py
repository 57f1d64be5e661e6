"""Stands in for the process that speaks, where no sound may come out of a test.

    python stand_in_mouth.py NOTES HOW

Writes what it is told to NOTES. HOW: ``speaks``; ``dumb`` (has no engine); ``never`` (finds one never); ``ends`` or
``hangs`` (at the first words); ``later`` (like ``hangs``, but the next one that is started speaks).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    notes, how = Path(sys.argv[1]), sys.argv[2]
    if how == "later":
        how = "speaks" if notes.exists() else "hangs"
    if how == "dumb":
        return
    if how == "never":
        time.sleep(60)
    print("ready", flush=True)
    for line in sys.stdin:
        with notes.open("a") as file:
            file.write(line)
        what, *details = json.loads(line)
        if what == "hush":
            continue
        if how == "ends":
            return
        if how == "hangs":
            time.sleep(60)
        print(details[0], flush=True)


main()
