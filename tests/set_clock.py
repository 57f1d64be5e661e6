"""Setting the clock on the wall under a running program, with libfaketime (Debian package ``faketime``)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Wall:
    """A clock on the wall that can be set under programs started in its :meth:`environment`, and no other clock."""

    def __init__(self, path: Path) -> None:
        """``path``: a file that says how far off the clock is."""
        self._path = path
        self.set(0)

    def set(self, seconds: float) -> None:
        """The clock is to be off by so much from now on."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(f"{seconds:+.3f}\n", encoding="ascii")
        fresh.replace(self._path)

    def environment(self) -> dict[str, str]:
        """What a program's environment must say. Raises FileNotFoundError where ``faketime`` is not installed."""
        library = subprocess.run(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True)
        return os.environ | {
            "LD_PRELOAD": library.stdout.strip(),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
